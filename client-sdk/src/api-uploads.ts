// Uploads as public types. Must never hold code.
import type { Store } from './api.ts';
import type { ParleyError } from './error.ts';
import type { Upload } from './wire.ts';

/** A File, a Blob, or bytes. */
export type UploadSource = Blob | ArrayBuffer | Uint8Array<ArrayBuffer>;

export interface UploadOptions {
  /** Default: the File's own. */
  name?: string;
  /** Aborting is `cancel()`. */
  signal?: AbortSignal;
  onProgress?: (progress: { sent: number; bytes: number }) => void;
}

export interface UploadSnapshot {
  /** `waiting`: for the next try. */
  readonly status: 'sending' | 'waiting' | 'ready' | 'failed' | 'cancelled';
  readonly name: string;
  readonly bytes: number;
  /** Bytes that the server has. */
  readonly sent: number;
  /** From the first answer on; type and size of an image come with the first bytes. */
  readonly upload?: Upload;
  readonly error?: ParleyError;
}

export interface UploadTask extends Store<UploadSnapshot> {
  /** Settles with this try: the upload, ready to be attached, or the ParleyError. Never an unhandled rejection. */
  readonly done: Promise<Upload>;
  /** After `failed`: goes on where it stopped; `done` is a new promise. */
  retry(): void;
  /** Stops, and tells the server to forget the file unless it was sent with a message. */
  cancel(): void;
}

export interface Uploads {
  /**
   * Sends a file in pieces, goes on after broken connections where the server stands, and gives up after eight tries
   * without progress. The same file chosen again after a reload goes on as well. Needs no socket.
   */
  upload(source: UploadSource, options?: UploadOptions): UploadTask;
}
