// The token in hand: fetched once at a time, used until refused or too old, refreshed at 80 % of its life.
// Must never store a token anywhere but in memory, and never verify one: that is the server's work.
import type { TokenRequest } from './api.ts';
import type { Clock, Timers } from './ports.ts';

export interface TokenSource {
  /** The token to use now. `unauthorized` always asks for a new one. */
  get(reason: TokenRequest['reason']): Promise<string>;
  stop(): void;
}

const REFRESH_AT = 0.8;
/** Timers of JavaScript overflow at about 24.8 days. */
const MAX_TIMER_MS = 2 ** 31 - 1;

export function createTokenSource(
  getToken: (request: TokenRequest) => string | Promise<string>,
  clock: Clock,
  timers: Timers,
): TokenSource {
  let token: string | undefined;
  let pending: Promise<string> | undefined;
  let cancelRefresh = () => {};
  let stopped = false;

  function fetchToken(reason: TokenRequest['reason']): Promise<string> {
    pending ??= Promise.resolve()
      .then(() => getToken({ reason }))
      .then(adopt)
      .finally(() => {
        pending = undefined;
      });
    return pending;
  }

  function adopt(fresh: string): string {
    token = fresh;
    cancelRefresh();
    const life = lifeOf(fresh, clock.now());
    if (life === undefined || stopped) return fresh;
    const wait = life.leftMs - life.wholeMs * (1 - REFRESH_AT);
    if (wait > 0 && wait < MAX_TIMER_MS)
      cancelRefresh = timers.after(wait, () => {
        // A failure here is no harm: the next connection asks again.
        fetchToken('expired').catch(() => {});
      });
    return fresh;
  }

  return {
    get(reason) {
      if (reason === 'unauthorized' || token === undefined) return fetchToken(reason);
      const life = lifeOf(token, clock.now());
      if (life !== undefined && life.leftMs <= 0) return fetchToken('expired');
      return pending ?? Promise.resolve(token);
    },
    stop() {
      stopped = true;
      cancelRefresh();
    },
  };
}

/** Life of a JWT, by its `exp` and `iat`; undefined when it is no JWT. Without `iat` it begins now. */
export function lifeOf(token: string, now: number): { leftMs: number; wholeMs: number } | undefined {
  const part = token.split('.')[1];
  if (part === undefined) return undefined;
  try {
    const claims: unknown = JSON.parse(atob(part.replaceAll('-', '+').replaceAll('_', '/')));
    const { exp, iat } = claims as { exp?: unknown; iat?: unknown };
    if (typeof exp !== 'number') return undefined;
    const leftMs = exp * 1000 - now;
    return { leftMs, wholeMs: typeof iat === 'number' ? (exp - iat) * 1000 : leftMs };
  } catch {
    return undefined;
  }
}
