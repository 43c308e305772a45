// The token in hand: fetched once at a time, used until refused or too old, refreshed at 80 % of its life.
// Must never store a token anywhere but in memory, and never verify one: that is the server's work.
import type { TokenRequest } from './api.ts';
import { ParleyError } from './error.ts';
import type { Clock, Timers } from './ports.ts';

/** A token that could not be fetched, or was as old as the last one, is asked for again at half of what is left, while that is more. */
const MIN_REFRESH_MS = 1000;

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
  /** Told of every token that was fetched. */
  onFresh: (token: string) => void = () => {},
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
    planRefresh();
    onFresh(fresh);
    return fresh;
  }

  function planRefresh(): void {
    cancelRefresh();
    const life = token === undefined ? undefined : lifeOf(token, clock.now());
    if (life === undefined || stopped) return;
    const onTime = life.leftMs - life.wholeMs * (1 - REFRESH_AT);
    const wait = onTime >= MIN_REFRESH_MS ? onTime : life.leftMs / 2;
    if (wait < MIN_REFRESH_MS || wait >= MAX_TIMER_MS) return;
    cancelRefresh = timers.after(wait, () => {
      fetchToken('expired').catch((error: unknown) => {
        // Nobody is signed in any more: whoever connects next hears it.
        if (!(error instanceof ParleyError && error.code === 'unauthorized')) planRefresh();
      });
    });
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
