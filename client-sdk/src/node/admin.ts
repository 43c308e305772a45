// Every operation over REST under an API key, by the names that the socket has. Must never repeat what may have changed
// something: only readings are tried again.
import type { CallOptions } from '../api.ts';
import { systemTimers } from '../environment.ts';
import { ParleyError } from '../error.ts';
import { createRequests } from '../requests.ts';
import type { InputOf, OperationName, ReplyOf, RestInputOf, RestName, RestReplyOf } from '../wire.ts';
import { ROUTES } from './routes.ts';

const TIMEOUT_MS = 10_000;
const MAX_WAIT_MS = 5000;

export interface AdminOptions {
  /** Origin of the server, e.g. `https://chat.example.org`. */
  url: string;
  /** An API key (`pk_…`), or a session's token. */
  key: string;
  /** Milliseconds to wait for each answer, 10 000 unless told. */
  timeoutMs?: number;
  /** How often a reading that failed for a while (`retryable`) is tried again; 2 unless told. */
  retries?: number;
  /** Default: the global fetch. */
  fetch?: typeof globalThis.fetch;
}

/** Operations that have both a name on the socket and a route. */
type RoutedName = OperationName & keyof typeof ROUTES;

export interface Admin {
  /** An operation by its socket name. Rejects with ParleyError, as `client.call` does. */
  call<N extends RoutedName>(name: N, input: InputOf<N>, options?: CallOptions): Promise<ReplyOf<N>>;
  /** An operation that only REST has, by method and path. */
  request<N extends RestName>(name: N, input: RestInputOf<N>, options?: CallOptions): Promise<RestReplyOf<N>>;
  /** Every item of a list, page by page as it is read. */
  each<N extends Listing>(name: N, input: InputOf<N>, options?: CallOptions): AsyncGenerator<ItemOf<N>>;
}

/** Operations whose answers come in pages. */
type Listing = {
  [N in RoutedName]: ReplyOf<N> extends { data: unknown[]; nextCursor?: string | undefined } ? N : never;
}[RoutedName];
type ItemOf<N extends Listing> = ReplyOf<N> extends { data: (infer Item)[] } ? Item : never;

/** Opens nothing: each call is one request. */
export function createAdmin({ url, key, timeoutMs = TIMEOUT_MS, retries = 2, fetch }: AdminOptions): Admin {
  const once = createRequests({ url, fetch, token: async () => key, timers: systemTimers, timeoutMs });

  async function request(name: string, input: object, options: CallOptions = {}): Promise<unknown> {
    const tries = name.startsWith('GET ') ? retries + 1 : 1;
    for (let left = tries - 1; ; left--) {
      try {
        return await once(name, input, options);
      } catch (error) {
        if (left === 0 || !(error instanceof ParleyError) || !error.retryable) throw error;
        await pause(Math.min(error.retryAfterMs ?? 250 * (tries - left), MAX_WAIT_MS), options.signal);
      }
    }
  }

  const call: Admin['call'] = (name, input, options) =>
    request(ROUTES[name], input as object, options) as never;

  return {
    call,
    request: (name, input, options) => request(name, input as object, options) as never,
    async *each(name, input, options) {
      let cursor: string | undefined;
      do {
        const page = (await call(
          name,
          { ...input, ...(cursor === undefined ? {} : { cursor }) },
          options,
        )) as {
          data: never[];
          nextCursor?: string;
        };
        yield* page.data;
        cursor = page.nextCursor;
      } while (cursor !== undefined);
    },
  };
}

function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const over = () => {
      cancel();
      reject(new ParleyError('aborted', 'aborted', 'The call was aborted'));
    };
    const cancel = systemTimers.after(ms, () => {
      signal?.removeEventListener('abort', over);
      resolve();
    });
    signal?.addEventListener('abort', over, { once: true });
  });
}
