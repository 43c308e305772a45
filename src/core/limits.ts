// Port: rate limits by key. Memory twin in limits-memory.ts.
import type { RateRule } from './contract.ts';

export interface Limits {
  /** Takes one point of the rule's bucket for this key. @throws AppError rate_limited with retryAfterMs */
  take(rule: RateRule, key: string): Promise<void> | void;
  stop(): void;
}
