// Files that are still arriving, in a folder of this node: what came stays when a connection breaks. Must never keep more of one
// than was announced.

import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, open, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { AppError } from '../../core/errors.ts';
import { isUuid } from '../../core/ids.ts';

export type Parts = ReturnType<typeof createParts>;

/** @param folder asked for when it is first needed */
export function createParts(folder: () => Promise<string>) {
  const pathOf = async (id: string): Promise<string> => {
    const path = await folder();
    await mkdir(path, { recursive: true, mode: 0o700 });
    return join(path, id);
  };

  return {
    pathOf,

    async received(id: string): Promise<number> {
      return (await stat(await pathOf(id)).catch(() => undefined))?.size ?? 0;
    },

    /**
     * Adds to what is there.
     * @param onHead told the first bytes, up to `headBytes`, each time there are more of them
     */
    async append(
      id: string,
      body: Readable,
      limits: { bytes: number; headBytes: number; signal: AbortSignal },
      onHead: (head: Uint8Array, total: number) => Promise<void>,
    ): Promise<void> {
      const path = await pathOf(id);
      let head = await headOf(path, limits.headBytes);
      let total = (await stat(path).catch(() => undefined))?.size ?? 0;
      await pipeline(
        body,
        async function* (pieces: AsyncIterable<Buffer>) {
          for await (const piece of pieces) {
            total += piece.length;
            if (total > limits.bytes)
              throw new AppError(
                'too_large',
                'more_than_announced',
                `The file was announced with ${limits.bytes} bytes, and more came; announce it again.`,
              );
            if (head.length < limits.headBytes) {
              head = Buffer.concat([head, piece.subarray(0, limits.headBytes - head.length)]);
              await onHead(head, total);
            }
            yield piece;
          }
        },
        createWriteStream(path, { flags: 'a', mode: 0o600 }),
        { signal: limits.signal },
      );
    },

    async hash(id: string): Promise<string> {
      const hash = createHash('sha256');
      await pipeline(createReadStream(await pathOf(id)), hash);
      return hash.digest('hex');
    },

    remove: async (id: string): Promise<void> => rm(await pathOf(id), { force: true }),

    /** Ids of those that lie here. */
    list: async (): Promise<string[]> => (await readdir(await folder()).catch(() => [])).filter(isUuid),
  };
}

async function headOf(path: string, bytes: number): Promise<Buffer> {
  const file = await open(path).catch(() => undefined);
  if (file === undefined) return Buffer.alloc(0);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(bytes), 0, bytes, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}
