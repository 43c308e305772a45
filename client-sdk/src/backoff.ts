// How long to wait before trying again: full jitter, so that many clients do not come back together. Pure.

export interface BackoffRule {
  /** Upper bound of the first wait, in ms; doubles with each failure. */
  base: number;
  /** Upper bound of any wait, in ms. */
  cap: number;
}

export const RECONNECT: BackoffRule = { base: 1000, cap: 30_000 };
export const RESEND: BackoffRule = { base: 500, cap: 30_000 };
export const REFETCH: BackoffRule = { base: 500, cap: 15_000 };

/**
 * Milliseconds to wait after `failures` (≥ 1) failures in a row. What the server asked for is a lower bound.
 * Source: "Exponential Backoff And Jitter", AWS Architecture Blog, 2015 (full jitter).
 */
export function backoff(
  rule: BackoffRule,
  failures: number,
  random: () => number,
  retryAfterMs: number | undefined = 0,
): number {
  const bound = Math.min(rule.cap, rule.base * 2 ** Math.min(failures - 1, 30));
  return Math.round(retryAfterMs + random() * bound);
}
