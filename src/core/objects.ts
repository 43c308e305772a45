// Port: where the contents of files are kept, by a key that is an id. Twins: objects-disk.ts and objects-s3.ts. Types only.
import type { Readable } from 'node:stream';

export interface StoredFile {
  path: string;
  bytes: number;
  /** Of the content, in hexadecimal. */
  sha256: string;
}

export interface Objects {
  /** Keeps a file's content under a key, for good once it resolves; the file may be gone then. */
  put(key: string, file: StoredFile): Promise<void>;
  /** @param range first and last byte, both included */
  read(key: string, range: { start: number; end: number }, signal?: AbortSignal): Promise<Readable>;
  /** Does nothing when there is none. */
  remove(key: string): Promise<void>;
  stop(): Promise<void>;
}
