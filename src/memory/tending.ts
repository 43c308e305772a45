// Wakes the daily care of memories: one job in each span of time for all nodes. Must never carry more than the wish to look.
import type { Clock } from '../core/clock.ts';
import type { Database, Tx } from '../core/db/database.ts';
import { derivedId } from '../core/ids.ts';
import type { JobDef, Jobs } from '../core/jobs.ts';
import type { createUpkeep } from './upkeep.ts';

const TEND_JOB = 'memory.tend';
const SPAN_SECONDS = 6 * 3600;
/** Agents of one job; the next span takes the rest. */
const MOST_AGENTS = 200;

export function createTending(deps: {
  database: Database;
  clock: Clock;
  jobs: Jobs;
  upkeep: ReturnType<typeof createUpkeep>;
}) {
  const { database, clock, jobs, upkeep } = deps;

  const wake = (tx: Tx): Promise<void> =>
    jobs.enqueue(tx, { name: TEND_JOB }, [{}], {
      delaySeconds: SPAN_SECONDS,
      id: derivedId('memory-tend', String(Math.floor(clock.now() / (SPAN_SECONDS * 1000)))),
    });

  const job: JobDef<object> = {
    name: TEND_JOB,
    retryLimit: 3,
    expireInSeconds: 3600,
    concurrency: 1,
    async handle(_, { signal }) {
      await database.transaction(wake);
      for (const holder of await upkeep.due(MOST_AGENTS)) {
        signal.throwIfAborted();
        await upkeep.tend(holder, signal);
      }
    },
  };

  return { job, start: (): Promise<void> => database.transaction(wake) };
}
