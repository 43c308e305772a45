// The private Postgres and Redis of one test run, from whatever binaries the machine has.
// Must never touch a server it did not start. On CI a missing binary is a failure, elsewhere one line of notice.
import { startPostgres } from './postgres.ts';
import { startRedis } from './redis.ts';
import type { Service } from './service.ts';

export { createDatabase } from './postgres.ts';

export interface Services {
  postgresUrl?: string;
  redisUrl?: string;
  /** Ends both and removes their folders; safe to call twice. */
  stop(): Promise<void>;
}

export async function startServices(): Promise<Services> {
  const starting = [startPostgres(), startRedis()] as const;
  const settled = await Promise.allSettled(starting);
  const stop = async () => {
    await Promise.all(
      settled.map((result) => (result.status === 'fulfilled' ? stopIfStarted(result.value) : undefined)),
    );
  };
  const missing: string[] = [];
  for (const result of settled) {
    if (result.status === 'rejected') {
      await stop();
      throw result.reason;
    }
    if ('missing' in result.value) missing.push(result.value.missing);
  }
  if (missing.length > 0 && isCi()) {
    await stop();
    throw new Error(`On CI every suite must run, but something is missing:\n${missing.join('\n')}`);
  }
  for (const line of missing) console.warn(line);
  const [postgres, redis] = await Promise.all(starting);
  return {
    ...('missing' in postgres ? {} : { postgresUrl: postgres.url }),
    ...('missing' in redis ? {} : { redisUrl: redis.url }),
    stop,
  };
}

async function stopIfStarted(result: Service | { missing: string }): Promise<void> {
  if (!('missing' in result)) await result.stop();
}

function isCi(): boolean {
  return process.env.CI === 'true' || process.env.CI === '1';
}
