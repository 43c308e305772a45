// Keeps files in a folder. Must never name a file by anything but an id.
import { createReadStream } from 'node:fs';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { AppError } from './errors.ts';
import { isUuid } from './ids.ts';
import type { Objects } from './objects.ts';

/** @param folder asked for when it is first needed */
export function createDiskObjects(folder: () => Promise<string>): Objects {
  async function pathOf(key: string): Promise<string> {
    if (!isUuid(key)) throw new Error('A key of a stored file is an id.');
    // The last characters of an id are random, so that folders fill evenly.
    return join(await folder(), key.slice(-2).toLowerCase(), key.toLowerCase());
  }

  return {
    async put(key, file) {
      const path = await pathOf(key);
      await mkdir(dirname(path), { recursive: true, mode: 0o700 });
      await synced(file.path);
      await rename(file.path, path);
      await synced(dirname(path));
    },

    async read(key, range) {
      const path = await pathOf(key);
      const file = await open(path).catch(() => {
        throw new AppError(
          'unavailable',
          'file_unavailable',
          'The file cannot be read now; try again later.',
        );
      });
      return createReadStream(path, { ...range, fd: file, autoClose: true });
    },

    remove: async (key) => rm(await pathOf(key), { force: true }),
    stop: async () => undefined,
  };
}

/** What was written is on the disk when this resolves. */
async function synced(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
