// Uploads: a file goes to the server in pieces, and on from where the server stands after whatever went wrong.
// Keeps I28 of SPEC.md. Must never send a byte twice that the server has, nor give up while tries bring progress.
import type { ClientOptions, TokenRequest } from './api.ts';
import type { UploadOptions, UploadSnapshot, UploadSource, Uploads, UploadTask } from './api-uploads.ts';
import { backoff, RESEND } from './backoff.ts';
import { ParleyError, toParleyError } from './error.ts';
import type { Clock, StorageLike, Timers } from './ports.ts';
import { answerOf, type Request } from './requests.ts';
import { quietly } from './storage.ts';
import { createStore } from './store.ts';
import type { Upload } from './wire.ts';

export interface UploadsParts {
  url: string;
  storage: StorageLike | null;
  fetch: ClientOptions['fetch'];
  token(reason: TokenRequest['reason']): Promise<string>;
  request: Request;
  clock: Clock;
  timers: Timers;
  random: () => number;
}

/** Pieces begin small, and grow while they go through quickly: a request ends within 30 s. */
const FIRST_PIECE = 256 * 1024;
const LEAST_PIECE = 64 * 1024;
const MOST_PIECE = 4 * 1024 * 1024;
const QUICK_MS = 1000;
const SLOW_MS = 8000;
const PIECE_TIMEOUT_MS = 40_000;
/** Tries in a row that bring nothing. */
const MAX_TRIES = 8;

export function createUploads(parts: UploadsParts): Uploads & { close(): void } {
  const running = new Set<() => void>();
  /** Uploads that a task of this client goes on with. */
  const taken = new Set<string>();
  return {
    upload(source, options = {}) {
      const { task, stop } = createUpload({ ...parts, taken }, source, options);
      running.add(stop);
      task.subscribe(() => {
        const { status } = task.getSnapshot();
        if (status === 'ready' || status === 'cancelled') running.delete(stop);
      });
      return task;
    },
    close() {
      for (const stop of running) stop();
    },
  };
}

function createUpload(
  parts: UploadsParts & { taken: Set<string> },
  source: UploadSource,
  { name = nameOf(source), signal, onProgress }: UploadOptions,
): { task: UploadTask; stop(): void } {
  const { timers, request } = parts;
  const blob = source instanceof Blob ? source : new Blob([source]);
  const bytes = blob.size;
  const store = createStore<UploadSnapshot>({ status: 'sending', name, bytes, sent: 0 });
  let upload: Upload | undefined;
  let memory: Promise<string | undefined> | undefined;
  let piece = FIRST_PIECE;
  let failures = 0;
  let controller = new AbortController();
  let turn = newTurn();

  function show(status: UploadSnapshot['status'], error?: ParleyError): void {
    store.set({
      status,
      name,
      bytes,
      sent: upload?.received ?? 0,
      ...(upload === undefined ? {} : { upload }),
      ...(error === undefined ? {} : { error }),
    });
  }

  async function begin(): Promise<Upload> {
    const key = await place();
    const made = async (): Promise<Upload> => {
      const fresh = (await call('POST /api/uploads', { name, bytes })) as Upload;
      parts.taken.add(fresh.id);
      if (key !== undefined) quietly(() => parts.storage?.setItem(key, fresh.id));
      return fresh;
    };
    const known = key === undefined ? null : remembered(parts.storage, key);
    if (known !== null && !parts.taken.has(known)) {
      parts.taken.add(known);
      try {
        const found = (await call('GET /api/uploads/:uploadId', { uploadId: known })) as Upload;
        if (found.bytes === bytes && found.name === name && found.status === 'open') return found;
      } catch (error) {
        if (toParleyError(error).code === 'not_found') return made();
        parts.taken.delete(known);
        throw error;
      }
    }
    return made();
  }
  const call = (operation: string, input: object) => request(operation, input, { signal: controller.signal });

  /** Where the id is kept over a reload: by what is in the file. Of another person's the server knows nothing. */
  function place(): Promise<string | undefined> {
    memory ??= parts.storage === null ? Promise.resolve(undefined) : hashOf(blob);
    return memory.then((hash) => (hash === undefined ? undefined : `parley:upload:${parts.url}:${hash}`));
  }

  async function send(at: number): Promise<Upload> {
    const { signal: stopped } = controller;
    const late = new AbortController();
    const cancel = timers.after(PIECE_TIMEOUT_MS, () => late.abort());
    const started = parts.clock.now();
    try {
      const put = async (reason: TokenRequest['reason']) =>
        (parts.fetch ?? globalThis.fetch)(
          `${parts.url.replace(/\/+$/, '')}/api/uploads/${(upload as Upload).id}/content`,
          {
            method: 'PUT',
            headers: {
              authorization: `Bearer ${await parts.token(reason)}`,
              'upload-offset': String(at),
              'content-type': 'application/octet-stream',
            },
            body: blob.slice(at, at + piece),
            signal: AbortSignal.any([stopped, late.signal]),
          },
        );
      let response = await put('connect');
      if (response.status === 401) response = await put('unauthorized');
      const answer = (await answerOf('The upload', response)) as Upload;
      const took = parts.clock.now() - started;
      if (took < QUICK_MS) piece = Math.min(MOST_PIECE, piece * 2);
      if (took > SLOW_MS) piece = Math.max(LEAST_PIECE, piece / 2);
      return answer;
    } catch (cause) {
      if (cause instanceof ParleyError) throw cause;
      piece = Math.max(LEAST_PIECE, piece / 2);
      throw new ParleyError('unavailable', 'unreachable', 'The server cannot be reached', { cause });
    } finally {
      cancel();
    }
  }

  function arrived(next: Upload): void {
    if (next.received > (upload?.received ?? -1)) failures = 0;
    upload = next;
    show('sending');
    onProgress?.({ sent: next.received, bytes });
  }

  async function step(): Promise<void> {
    if (upload === undefined) return arrived(await begin());
    arrived(await send(upload.received));
  }

  /** Makes ready for the next try: waits where that helps, and asks where the server stands. */
  async function recover(error: ParleyError): Promise<void> {
    if (error.reason === 'upload_not_found') {
      // The server let go of it: it starts anew.
      await forget();
      upload = undefined;
    }
    if (!isElsewhere(error)) {
      show('waiting', error);
      await pause(backoff(RESEND, Math.max(1, failures), parts.random, error.retryAfterMs));
    }
    if (upload !== undefined)
      arrived((await call('GET /api/uploads/:uploadId', { uploadId: upload.id })) as Upload);
  }

  function pause(ms: number): Promise<void> {
    const { signal: stopped } = controller;
    return new Promise((resolve, reject) => {
      const end = () => {
        cancel();
        reject(new ParleyError('aborted', 'aborted', 'The upload was stopped'));
      };
      const cancel = timers.after(ms, () => {
        stopped.removeEventListener('abort', end);
        resolve();
      });
      stopped.addEventListener('abort', end, { once: true });
      if (stopped.aborted) end();
    });
  }

  async function run(): Promise<void> {
    const mine = turn;
    try {
      let failed: ParleyError | undefined;
      while (upload?.status !== 'ready') {
        try {
          if (failed === undefined) await step();
          else await recover(failed);
          failed = undefined;
        } catch (thrown) {
          failed = toParleyError(thrown);
          failures += 1;
          if (controller.signal.aborted || !mayHelp(failed) || failures >= MAX_TRIES) throw failed;
        }
      }
      await forget();
      show('ready');
      mine.resolve(upload);
    } catch (error) {
      if (mine !== turn || store.getSnapshot().status === 'cancelled') return;
      const why = toParleyError(error);
      show('failed', why);
      mine.reject(why);
    }
  }

  async function forget(): Promise<void> {
    const key = await place();
    if (key !== undefined) quietly(() => parts.storage?.removeItem(key));
  }

  function cancel(): void {
    if (store.getSnapshot().status === 'cancelled') return;
    const error = new ParleyError('aborted', 'aborted', 'The upload was cancelled', {
      cause: signal?.reason,
    });
    show('cancelled', error);
    controller.abort();
    turn.reject(error);
    signal?.removeEventListener('abort', cancel);
    void forget();
    if (upload !== undefined)
      request('DELETE /api/uploads/:uploadId', { uploadId: upload.id }).catch(() => {});
  }

  const task: UploadTask = {
    subscribe: store.subscribe,
    getSnapshot: store.getSnapshot,
    get done() {
      return turn.promise;
    },
    retry() {
      if (store.getSnapshot().status !== 'failed') return;
      controller = new AbortController();
      turn = newTurn();
      failures = 0;
      show('sending');
      void run();
    },
    cancel,
  };
  signal?.addEventListener('abort', cancel, { once: true });
  if (signal?.aborted) cancel();
  else void run();
  return { task, stop: () => controller.abort() };
}

/** The server stands at another place than we thought. */
const isElsewhere = ({ reason }: ParleyError): boolean =>
  reason === 'wrong_offset' || reason === 'upload_complete';

/** Trying again may help. */
const mayHelp = (error: ParleyError): boolean =>
  error.retryable ||
  isElsewhere(error) ||
  error.reason === 'upload_not_found' ||
  error.reason === 'upload_busy';

/** SHA-256 in hex; undefined where the page may not (it needs a secure context). */
async function hashOf(blob: Blob): Promise<string | undefined> {
  try {
    const digest = await crypto.subtle.digest('SHA-256', await blob.arrayBuffer());
    return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
  } catch {
    return undefined;
  }
}

function remembered(storage: StorageLike | null, key: string): string | null {
  let id: string | null = null;
  quietly(() => {
    id = storage?.getItem(key) ?? null;
  });
  return id;
}

const nameOf = (source: UploadSource): string =>
  'name' in source && typeof source.name === 'string' && source.name !== '' ? source.name : 'file';

function newTurn() {
  const turn = Promise.withResolvers<Upload>();
  turn.promise.catch(() => {});
  return turn;
}
