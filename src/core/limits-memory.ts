// Rate limits of one node, as token buckets. Must never wait: it runs before every operation.
import type { Clock } from './clock.ts';
import type { RateRule } from './contract.ts';
import { AppError } from './errors.ts';
import type { Limits } from './limits.ts';

interface Bucket {
  tokens: number;
  at: number;
}

const SWEEP_ABOVE = 50_000;

/**
 * Token buckets that refill continuously. Written here rather than taken from a library because the check is on
 * the path of every send and must be synchronous, without a timer or a promise a call.
 * @param factor multiplies every rule
 */
export function createMemoryLimits(clock: Clock, factor = 1): Limits {
  /** By rule, then by key: joining the two into one word costs more than the second look. */
  const rules = new Map<string, Map<string, Bucket>>();

  function sweep(buckets: Map<string, Bucket>, now: number): void {
    for (const [key, bucket] of buckets) if (now - bucket.at > 120_000) buckets.delete(key);
  }

  return {
    take(rule: RateRule, key: string) {
      const now = clock.elapsed();
      const points = rule.points * factor;
      let buckets = rules.get(rule.bucket);
      if (buckets === undefined) {
        buckets = new Map();
        rules.set(rule.bucket, buckets);
      }
      let bucket = buckets.get(key);
      if (bucket === undefined) {
        if (buckets.size > SWEEP_ABOVE) sweep(buckets, now);
        bucket = { tokens: points, at: now };
        buckets.set(key, bucket);
      }
      const perMs = points / (rule.seconds * 1000);
      bucket.tokens = Math.min(points, bucket.tokens + (now - bucket.at) * perMs);
      bucket.at = now;
      if (bucket.tokens >= 1) {
        bucket.tokens -= 1;
        return;
      }
      const retryAfterMs = Math.ceil((1 - bucket.tokens) / perMs);
      throw new AppError(
        'rate_limited',
        'rate_limited',
        `At most ${points} calls of "${rule.bucket}" in ${rule.seconds} s; try again in ${retryAfterMs} ms.`,
        { retryAfterMs },
      );
    },
    start: async () => {},
    async stop() {
      rules.clear();
    },
  };
}
