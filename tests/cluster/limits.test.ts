// A limit holds for all nodes together, and for each alone while Redis is away.
import { describe, expect, inject, test } from 'vitest';
import { systemClock } from '../../src/core/clock.ts';
import type { RateRule } from '../../src/core/contract.ts';
import { createRedisLimits } from '../../src/core/limits-redis.ts';
import { createLogger } from '../../src/core/logger.ts';
import { until } from '../support/until.ts';

const logger = createLogger({ level: 'silent', format: 'json' });
const node = (url: string) => createRedisLimits({ url, clock: systemClock, logger, factor: 1 });
const takes = (limits: ReturnType<typeof node>, rule: RateRule, key: string, count: number): number => {
  let taken = 0;
  for (let i = 0; i < count; i++) {
    try {
      void limits.take(rule, key);
      taken++;
    } catch {}
  }
  return taken;
};

describe.runIf(inject('redisUrl'))('limits of a cluster', () => {
  const rule: RateRule = { bucket: 'test', points: 100, seconds: 3600 };

  test('what two nodes let through together is refused on both', async () => {
    const [a, b] = [node(inject('redisUrl') as string), node(inject('redisUrl') as string)];
    await Promise.all([a.start(), b.start()]);
    try {
      expect(takes(a, rule, 'ada', 70)).toBe(70);
      expect(takes(b, rule, 'ada', 70)).toBe(70);
      await until('one of them refuses', () => takes(a, rule, 'ada', 3) < 3 || takes(b, rule, 'ada', 3) < 3);
      await until('both refuse', () => takes(a, rule, 'ada', 3) === 0 && takes(b, rule, 'ada', 3) === 0);
      expect(takes(a, rule, 'bob', 50)).toBe(50);
    } finally {
      await Promise.all([a.stop(), b.stop()]);
    }
  });

  test('without Redis a node goes by its own', async () => {
    const alone = node('redis://127.0.0.1:1');
    await alone.start();
    try {
      expect(takes(alone, rule, 'eve', 150)).toBe(100);
    } finally {
      await alone.stop();
    }
  });
});
