// Port: rate limits by key. Twins: limits-memory.ts for one node, limits-redis.ts for several.
import type { RateRule } from './contract.ts';

export interface Limits {
  /** Takes one point of the rule's bucket for this key. @throws AppError rate_limited with retryAfterMs */
  take(rule: RateRule, key: string): void;
  start(): Promise<void>;
  stop(): Promise<void>;
}
