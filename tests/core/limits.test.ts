// Rate limits: a full bucket, refilled continuously; each key and each bucket by itself; the refusal says when to come back.
import { beforeEach, expect, test } from 'vitest';
import type { Clock } from '../../src/core/clock.ts';
import type { RateRule } from '../../src/core/contract.ts';
import type { AppError } from '../../src/core/errors.ts';
import type { Limits } from '../../src/core/limits.ts';
import { createMemoryLimits } from '../../src/core/limits-memory.ts';

let now = 0;
let limits: Limits;
const clock = {
  elapsed: () => now,
  now: () => now,
  date: () => new Date(now),
  sleep: async () => {},
} satisfies Clock;
beforeEach(() => {
  now = 1000;
  limits = createMemoryLimits(clock);
});

const TEN: RateRule = { bucket: 'ten', points: 10, seconds: 1 };

/** Calls that pass before the first refusal. */
function passing(rule: RateRule, key: string): number {
  for (let n = 0; ; n++) {
    try {
      void limits.take(rule, key);
    } catch {
      return n;
    }
  }
}
const retryAfter = (rule: RateRule, key: string): number | undefined => {
  try {
    void limits.take(rule, key);
    return undefined;
  } catch (error) {
    return (error as AppError).details.retryAfterMs;
  }
};

test('as many calls as there are points pass at once, and no more', () => {
  expect(passing(TEN, 'ada')).toBe(10);
  expect(passing(TEN, 'ada')).toBe(0);
});

test('points come back as time passes, up to the whole bucket', () => {
  passing(TEN, 'ada');
  now += 300;
  expect(passing(TEN, 'ada')).toBe(3);
  now += 3_600_000;
  expect(passing(TEN, 'ada')).toBe(10);
});

test('a refusal names the moment from which a call passes', () => {
  passing(TEN, 'ada');
  const wait = retryAfter(TEN, 'ada') as number;
  expect(wait).toBeGreaterThan(0);
  now += wait - 1;
  expect(retryAfter(TEN, 'ada')).toBeGreaterThan(0);
  now += 2;
  expect(retryAfter(TEN, 'ada')).toBeUndefined();
});

test('keys and buckets do not share', () => {
  passing(TEN, 'ada');
  expect(passing(TEN, 'bob')).toBe(10);
  expect(passing({ ...TEN, bucket: 'other' }, 'ada')).toBe(10);
  // Neither do a key and a bucket that together read alike.
  expect(passing({ ...TEN, bucket: 'te' }, 'nada')).toBe(10);
});

test('the factor multiplies every rule', () => {
  limits = createMemoryLimits(clock, 3);
  expect(passing(TEN, 'ada')).toBe(30);
});
