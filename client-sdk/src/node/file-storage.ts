// Keeps a client's outbox or an agent's place in a file, so that it outlives the process. One process per file.
// Must never leave a half-written file: it is written beside and then renamed.
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { StorageLike } from '../ports.ts';

/**
 * @param path made if missing, with its folder
 * @throws Error when the file is there and holds something else
 */
export function fileStorage(path: string): StorageLike {
  const entries = new Map<string, string>(read(path));
  function write(): void {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(`${path}.new`, JSON.stringify([...entries]), { mode: 0o600 });
    renameSync(`${path}.new`, path);
  }
  return {
    get length() {
      return entries.size;
    },
    key: (index) => [...entries.keys()][index] ?? null,
    getItem: (key) => entries.get(key) ?? null,
    setItem(key, value) {
      if (entries.get(key) === value) return;
      entries.set(key, value);
      write();
    },
    removeItem(key) {
      if (entries.delete(key)) write();
    },
  };
}

function read(path: string): [string, string][] {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
  const parsed: unknown = JSON.parse(text);
  const isPair = (one: unknown) =>
    Array.isArray(one) && one.length === 2 && one.every((x) => typeof x === 'string');
  if (!Array.isArray(parsed) || !parsed.every(isPair))
    throw new Error(`${path} holds something else than a client's storage; give another path.`);
  return parsed as [string, string][];
}
