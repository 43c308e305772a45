// Operations that have no name on the socket: one HTTP request each, under the same token, refused in the same words.
// Must never repeat a request that may have been carried out: only a refused token is followed by a second try.
import type { CallOptions, ClientOptions, TokenRequest } from './api.ts';
import { fromProblem, ParleyError } from './error.ts';
import type { Timers } from './ports.ts';
import { isProblem } from './sign-in.ts';

export interface RequestParts {
  url: string;
  fetch: ClientOptions['fetch'];
  token(reason: TokenRequest['reason']): Promise<string>;
  timers: Timers;
  timeoutMs: number;
}

/** `name` is the method and the path, as in `GET /api/things/:thingId`. */
export type Request = (name: string, input: object, options?: CallOptions) => Promise<unknown>;

export function createRequests({ url, fetch, token, timers, timeoutMs }: RequestParts): Request {
  const origin = url.replace(/\/+$/, '');

  return async function request(name, input, { signal, timeoutMs: mine = timeoutMs } = {}) {
    const ours = new AbortController();
    const cancel = timers.after(mine, () => ours.abort());
    const both = signal === undefined ? ours.signal : AbortSignal.any([signal, ours.signal]);
    try {
      const { address, init } = addressOf(name, input);
      const send = async (reason: TokenRequest['reason']) =>
        (fetch ?? globalThis.fetch)(`${origin}${address}`, {
          ...init,
          headers: { ...init.headers, authorization: `Bearer ${await token(reason)}` },
          signal: both,
        });
      let response = await send('connect');
      if (response.status === 401) response = await send('unauthorized');
      return await answerOf(name, response);
    } catch (cause) {
      if (signal?.aborted) throw new ParleyError('aborted', 'aborted', `${name} was aborted`, { cause });
      if (ours.signal.aborted)
        throw new ParleyError('timeout', 'timeout', `${name} got no answer within ${mine} ms`, { cause });
      if (cause instanceof ParleyError) throw cause;
      throw new ParleyError('unavailable', 'unreachable', 'The server cannot be reached', { cause });
    } finally {
      cancel();
    }
  };
}

/** Path parameters are filled from the input; the rest goes into the query, or into the body as JSON. */
function addressOf(name: string, input: object): { address: string; init: RequestInit } {
  const [method = 'GET', path = ''] = name.split(' ');
  const rest = new Map(Object.entries(input).filter(([, value]) => value !== undefined));
  const filled = path.replaceAll(/:(\w+)/g, (_, key: string) => {
    const value = rest.get(key);
    rest.delete(key);
    return encodeURIComponent(String(value));
  });
  if (method !== 'GET' && method !== 'DELETE') {
    const headers = { 'content-type': 'application/json' };
    return { address: filled, init: { method, headers, body: JSON.stringify(Object.fromEntries(rest)) } };
  }
  const query = new URLSearchParams([...rest].map(([key, value]): [string, string] => [key, String(value)]));
  return { address: rest.size === 0 ? filled : `${filled}?${query}`, init: { method } };
}

/** What a response says, or the ParleyError that it is. */
export async function answerOf(name: string, response: Response): Promise<unknown> {
  const body: unknown = await response.json().catch(() => undefined);
  if (response.ok && body !== undefined) return body;
  if (isProblem(body)) throw fromProblem(body);
  throw new ParleyError('unavailable', 'bad_answer', `${name} got ${response.status} without a reason`);
}
