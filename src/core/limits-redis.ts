// Rate limits of a cluster: each node decides at once by its own buckets, and tells Redis now and then what it let through.
// A key that all nodes together have overdrawn is refused everywhere until its window ends. Without Redis each node goes on alone.
import type { Clock } from './clock.ts';
import type { RateRule } from './contract.ts';
import { AppError } from './errors.ts';
import type { Limits } from './limits.ts';
import { createMemoryLimits } from './limits-memory.ts';
import type { Logger } from './logger.ts';
import { connectRedis } from './redis.ts';

interface Used {
  rule: RateRule;
  /** Taken here since the last report. */
  taken: number;
  since: number;
}

const REPORT_MS = 250;
/** Keys of one report; the rest waits for the next. */
const MAX_REPORTED = 5000;
/** Only a key that uses a fair part of its rule on one node can overdraw it on all. */
const WORTH_REPORTING = 0.02;

export function createRedisLimits(deps: {
  url: string;
  clock: Clock;
  logger: Logger;
  factor: number;
}): Limits {
  const { clock, logger, factor } = deps;
  const local = createMemoryLimits(clock, factor);
  const redis = connectRedis(deps.url, 'limits', logger);
  const used = new Map<string, Used>();
  /** Keys refused until a time of `clock.now()`. */
  const blocked = new Map<string, number>();
  const stopped = new AbortController();
  let reporting: Promise<void> = Promise.resolve();

  const windowOf = (rule: RateRule, now: number) => Math.floor(now / (rule.seconds * 1000));

  async function report(): Promise<void> {
    const now = clock.now();
    for (const [id, until] of blocked) if (until <= now) blocked.delete(id);
    for (const [id, { rule, since }] of used) if (now - since > rule.seconds * 1000) used.delete(id);
    const batch = [...used]
      .filter(([, u]) => u.taken >= u.rule.points * factor * WORTH_REPORTING)
      .slice(0, MAX_REPORTED);
    if (batch.length === 0 || !redis.client.isReady) return;
    const pipeline = redis.client.multi();
    for (const [id, { rule, taken }] of batch) {
      used.delete(id);
      const name = `parley-limit:${id}:${windowOf(rule, now)}`;
      pipeline.incrBy(name, taken).pExpire(name, rule.seconds * 2000);
    }
    const totals = (await pipeline.execAsPipeline()) as unknown[];
    for (const [i, [id, { rule }]] of batch.entries()) {
      if (Number(totals[i * 2]) > rule.points * factor)
        blocked.set(id, (windowOf(rule, now) + 1) * rule.seconds * 1000);
    }
  }

  async function run(): Promise<void> {
    while (!stopped.signal.aborted) {
      try {
        await clock.sleep(REPORT_MS, stopped.signal);
        await report();
      } catch (error) {
        if (!stopped.signal.aborted)
          logger.debug({ err: error }, 'limits could not be shared; this node goes by its own');
      }
    }
  }

  return {
    take(rule, key) {
      if (rule.perNode === true) return local.take(rule, key);
      const id = `${rule.bucket}:${key}`;
      const until = blocked.get(id);
      if (until !== undefined) {
        const retryAfterMs = until - clock.now();
        if (retryAfterMs > 0) {
          throw new AppError(
            'rate_limited',
            'rate_limited',
            `At most ${rule.points * factor} calls of "${rule.bucket}" in ${rule.seconds} s; try again in ${retryAfterMs} ms.`,
            { retryAfterMs },
          );
        }
      }
      local.take(rule, key);
      const entry = used.get(id);
      if (entry === undefined) used.set(id, { rule, taken: 1, since: clock.now() });
      else entry.taken++;
    },
    async start() {
      await redis.start();
      reporting = run();
    },
    async stop() {
      stopped.abort();
      await reporting;
      await redis.stop();
      await local.stop();
    },
  };
}
