// A backup as one tar file that any tar can list: parts are streamed, and each one's SHA-256 is known when it is written or read.
// Must never hold a part in memory, nor take a name or a size from an archive without checking it.
import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { Readable } from 'node:stream';

const BLOCK = 512;
const MAX_TEXT = 4 * 1024 * 1024;

export interface ArchiveWriter {
  /** @returns the SHA-256 of what was written, and how many bytes it was */
  add(name: string, content: AsyncIterable<Uint8Array>): Promise<{ sha256: string; bytes: number }>;
  close(): Promise<void>;
}

/** @throws Error EEXIST when there is such a file */
export async function createArchive(path: string, mtimeMs: number): Promise<ArchiveWriter> {
  const file = await open(path, 'wx', 0o600);
  let at = 0;
  const write = async (bytes: Uint8Array, position: number) => {
    for (let done = 0; done < bytes.length; ) {
      const { bytesWritten } = await file.write(bytes, done, bytes.length - done, position + done);
      done += bytesWritten;
    }
  };
  return {
    async add(name, content) {
      const start = at;
      at += BLOCK;
      const hash = createHash('sha256');
      for await (const chunk of content) {
        hash.update(chunk);
        await write(chunk, at);
        at += chunk.length;
      }
      const bytes = at - start - BLOCK;
      // The size is known only now.
      await write(header(name, bytes, mtimeMs), start);
      const padding = (BLOCK - (bytes % BLOCK)) % BLOCK;
      await write(Buffer.alloc(padding), at);
      at += padding;
      return { sha256: hash.digest('hex'), bytes };
    },
    async close() {
      await write(Buffer.alloc(2 * BLOCK), at);
      await file.sync();
      await file.close();
    },
  };
}

export interface ArchiveReader {
  names: string[];
  read(name: string): Readable;
  text(name: string): Promise<string>;
  sha256(name: string): Promise<string>;
  close(): Promise<void>;
}

/** @throws Error in plain words when it is not an archive or is cut off */
export async function openArchive(path: string): Promise<ArchiveReader> {
  const file = await open(path, 'r');
  try {
    const parts = await listParts(file);
    const part = (name: string) => {
      const found = parts.get(name);
      if (found === undefined) throw new Error(`The backup has no ${name}.`);
      return found;
    };
    const read = (name: string): Readable => {
      const { start, bytes } = part(name);
      if (bytes === 0) return Readable.from([]);
      return file.createReadStream({ start, end: start + bytes - 1, autoClose: false });
    };
    return {
      names: [...parts.keys()],
      read,
      async text(name) {
        if (part(name).bytes > MAX_TEXT) throw new Error(`The backup's ${name} is too large.`);
        const chunks: Buffer[] = [];
        for await (const chunk of read(name)) chunks.push(chunk);
        return Buffer.concat(chunks).toString('utf8');
      },
      async sha256(name) {
        const hash = createHash('sha256');
        for await (const chunk of read(name)) hash.update(chunk);
        return hash.digest('hex');
      },
      close: () => file.close(),
    };
  } catch (error) {
    await file.close();
    throw error;
  }
}

async function listParts(file: FileHandle): Promise<Map<string, { start: number; bytes: number }>> {
  const { size } = await file.stat();
  const parts = new Map<string, { start: number; bytes: number }>();
  const block = Buffer.alloc(BLOCK);
  for (let at = 0; ; ) {
    const { bytesRead } = await file.read(block, 0, BLOCK, at);
    if (bytesRead < BLOCK) throw new Error(at === 0 ? NOT_A_BACKUP : CUT_OFF);
    if (block.every((byte) => byte === 0)) return parts;
    if (checksum(block) !== Number.parseInt(block.toString('latin1', 148, 156), 8))
      throw new Error(at === 0 ? NOT_A_BACKUP : CUT_OFF);
    const name = block.toString('utf8', 0, 100).split('\0', 1)[0] as string;
    const bytes = readSize(block);
    const start = at + BLOCK;
    at = start + Math.ceil(bytes / BLOCK) * BLOCK;
    if (!Number.isSafeInteger(bytes) || at > size) throw new Error(CUT_OFF);
    parts.set(name, { start, bytes });
  }
}

const NOT_A_BACKUP = 'This file is not a backup made by Parley.';
const CUT_OFF = 'The backup is cut off or damaged; take another one.';

function header(name: string, bytes: number, mtimeMs: number): Buffer {
  const block = Buffer.alloc(BLOCK);
  block.write(name, 0, 100, 'utf8');
  const octal = (value: number, at: number, length: number) =>
    block.write(`${value.toString(8).padStart(length - 1, '0')}\0`, at, 'latin1');
  octal(0o600, 100, 8);
  octal(0, 108, 8);
  octal(0, 116, 8);
  // Eleven octal digits end at 8 GiB; beyond, the size is binary with the highest bit set.
  if (bytes < 8 ** 11) octal(bytes, 124, 12);
  else {
    block.writeUInt8(0x80, 124);
    block.writeBigUInt64BE(BigInt(bytes), 128);
  }
  octal(Math.floor(mtimeMs / 1000), 136, 12);
  block.write('0', 156, 'latin1');
  block.write('ustar\u000000', 257, 'latin1');
  block.write(`${checksum(block).toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return block;
}

function readSize(block: Buffer): number {
  if (((block[124] as number) & 0x80) !== 0) return Number(block.readBigUInt64BE(128));
  return Number.parseInt(block.toString('latin1', 124, 136), 8);
}

/** Sum of all bytes, those of the checksum itself taken as spaces. */
function checksum(block: Buffer): number {
  let sum = 0;
  for (let i = 0; i < BLOCK; i++) sum += i >= 148 && i < 156 ? 32 : (block[i] as number);
  return sum;
}
