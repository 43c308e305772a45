// Signing in by name, where the server offers it. Must never keep the token: that is the application's.
import type { Problem, User } from './api.ts';
import { fromProblem, ParleyError } from './error.ts';

export interface SignInOptions {
  signal?: AbortSignal;
  /** Default: the global fetch. */
  fetch?: typeof globalThis.fetch;
}

/** `POST /api/session`. Throws ParleyError: the server's refusal, `unavailable` when it cannot be reached, `aborted`. */
export async function signIn(
  url: string,
  name: string,
  options: SignInOptions = {},
): Promise<{ token: string; user: User }> {
  const send = options.fetch ?? globalThis.fetch;
  let response: Response;
  try {
    response = await send(`${url.replace(/\/+$/, '')}/api/session`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ name }),
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    });
  } catch (cause) {
    if (options.signal?.aborted)
      throw new ParleyError('aborted', 'aborted', 'Signing in was aborted', { cause });
    throw new ParleyError('unavailable', 'unreachable', 'The server cannot be reached', { cause });
  }
  const body: unknown = await response.json().catch(() => undefined);
  if (response.ok && isSession(body)) return body;
  if (isProblem(body)) throw fromProblem(body);
  throw new ParleyError(
    'unavailable',
    'bad_answer',
    `The server answered ${response.status} without saying why`,
  );
}

function isSession(body: unknown): body is { token: string; user: User } {
  return typeof body === 'object' && body !== null && 'token' in body && typeof body.token === 'string';
}

export function isProblem(body: unknown): body is Problem {
  return typeof body === 'object' && body !== null && 'code' in body && 'reason' in body;
}
