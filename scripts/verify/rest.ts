// REST calls of the verification to the deployment itself, past the faulty networks, and what to say when one fails.
// Must never put a token into a message.

/** The deployment cannot be reached or used: nothing is proved either way. */
export class Unusable extends Error {
  override readonly name = 'Unusable';
  readonly next: string;
  constructor(message: string, next: string) {
    super(message);
    this.next = next;
  }
}

const LIMIT_MS = 10_000;
const TRIES = 5;

/** @throws Unusable */
export async function rest<T>(
  url: string,
  token: string,
  method: string,
  path: string,
  body?: object,
): Promise<T> {
  for (let left = TRIES; ; left--) {
    const response = await fetch(`${url}${path}`, {
      method,
      signal: AbortSignal.timeout(LIMIT_MS),
      headers: {
        connection: 'close',
        ...(token === '' ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    }).catch((error: Error) => {
      const why = (error.cause as { code?: string } | undefined)?.code ?? error.message;
      throw new Unusable(`${url} cannot be reached (${why}).`, 'Start the server there, or correct --url.');
    });
    const answer = (await response.json().catch(() => undefined)) as
      | (T & { reason?: string; retryable?: boolean; retryAfterMs?: number })
      | undefined;
    if (response.ok && answer !== undefined) return answer;
    if (answer?.retryable === true && left > 1) {
      await new Promise((resolve) => setTimeout(resolve, Math.min(answer.retryAfterMs ?? 500, 5000)));
      continue;
    }
    const what = `${method} ${path} was answered with ${response.status} ${answer?.reason ?? ''}`.trim();
    if (path === '/api/session')
      throw new Unusable(`${what}.`, 'Sign-in by name is not offered there: give --token <token>.');
    if (response.status === 401) throw new Unusable(`${what}.`, 'Give a --token that is valid there.');
    throw new Unusable(
      `${what}.`,
      'Check that --url is a Parley server and that the token may create rooms.',
    );
  }
}
