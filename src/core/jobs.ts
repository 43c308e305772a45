// Durable jobs on pg-boss, enqueued in the transaction that makes them necessary.
// Jobs only wake workers: they carry ids, may run twice, and are the one durable retry loop of the system.

import { sql } from 'kysely';
import { fromKysely, fromPglite, type JobInsert, PgBoss } from 'pg-boss';
import type { Database, Tx } from './db/database.ts';
import { createDirect } from './direct-jobs.ts';
import { newId } from './ids.ts';
import type { Logger } from './logger.ts';

export interface JobDef<T extends object> {
  /** Dotted: `agents.turn`. */
  name: string;
  /** Retries after the first failure, with exponential backoff and jitter. */
  retryLimit: number;
  /** Longest run of one job, in seconds; then it is given to another worker. */
  expireInSeconds: number;
  /** Jobs of this name that run at once on this node. */
  concurrency: number;
  /**
   * Somebody waits for it: the node that stores such a job begins at once when it commits. What is stored stands in when that node
   * does not come to it in time.
   */
  direct?: boolean;
  /** May be called twice for one job. A throw is retried; what should not be retried is a value, not a throw. */
  handle(data: T, context: JobContext): Promise<void>;
}

export interface JobContext {
  signal: AbortSignal;
  attempt: number;
  /** From here on something else sees to it that the work is done, whatever becomes of this worker: the job is not needed any more. */
  taken(): void;
}

/** As given to `Jobs`; the data type is checked where the job is declared. */
// biome-ignore lint/suspicious/noExplicitAny: a list of jobs with different data has no common type
export type AnyJobDef = JobDef<any>;

export interface EnqueueOptions {
  /** Seconds to wait before the job may start. */
  delaySeconds?: number;
  /** A second job with the same id is not stored: makes enqueueing idempotent. */
  id?: string;
}

export interface Jobs {
  /** Stores jobs inside `tx`; workers are woken when it commits. */
  enqueue<T extends object>(
    tx: Tx,
    job: Pick<JobDef<T>, 'name'>,
    data: T[],
    options?: EnqueueOptions,
  ): Promise<void>;
  start(defs: AnyJobDef[]): Promise<void>;
  /** Resolves when no job is waiting (deferred ones excepted) or running. For tests and for draining. */
  settle(): Promise<void>;
  /** Lets running jobs end, up to `timeoutMs`, then aborts them. */
  stop(timeoutMs?: number): Promise<void>;
}

const SCHEMA = 'jobs';
/** How often each queue is looked at for jobs that nobody rang for: retries, deferred ones, other nodes' jobs. */
const POLL_MS = 2000;
/** Each worker's own look, far apart: a hundred idle workers must cost nothing. */
const IDLE_POLL_SECONDS = 60;
/** How long a direct job waits for the node that stored it, before any node takes it. */
const HEAD_START_SECONDS = 3;
const AGAIN_SECONDS = 1;

export function createJobs(database: Database, logger: Logger): Jobs {
  const boss =
    'pglite' in database.driver
      ? new PgBoss({
          db: fromPglite(database.driver.pglite),
          backend: 'pglite',
          schema: SCHEMA,
          reindex: false,
          monitorVacuum: false,
        })
      : new PgBoss({ db: poolAdapter(database.driver.pool), schema: SCHEMA });
  /** One worker a slot, by queue; the one rung longest ago first. */
  const workersOf = new Map<string, { id: string; busy: boolean }[]>();
  const stopping = new AbortController();
  let running = 0;
  let started = false;
  let polling: NodeJS.Timeout | undefined;
  const direct = createDirect({
    logger,
    stopping: stopping.signal,
    remove: (name, ids) => boss.deleteJob(name, ids),
    again: (name, data) => boss.insert(name, [{ data, startAfter: AGAIN_SECONDS }]),
  });
  boss.on('error', (error) => {
    if (!stopping.signal.aborted) logger.warn({ err: error }, 'the job queue reported an error');
  });

  /** Wakes as many free workers as there are new jobs; busy ones look again by themselves. */
  function ring(name: string, count: number): void {
    const workers = workersOf.get(name) ?? [];
    for (const worker of workers.filter((w) => !w.busy).slice(0, Math.min(count, direct.free(name)))) {
      workers.push(...workers.splice(workers.indexOf(worker), 1));
      boss.notifyWorker(worker.id);
    }
  }

  return {
    async enqueue(tx, job, data, options = {}) {
      if (data.length === 0) return;
      const { id, delaySeconds } = options;
      const atOnce = direct.has(job.name) && delaySeconds === undefined && id === undefined;
      const startAfter = atOnce ? HEAD_START_SECONDS : delaySeconds;
      const jobs = data.map((item) => ({
        data: item,
        ...(atOnce ? { id: newId() } : id === undefined ? {} : { id }),
        ...(startAfter === undefined ? {} : { startAfter }),
      })) satisfies JobInsert[];
      await boss.insert(job.name, jobs, { db: fromKysely(tx) });
      database.afterCommit(tx, () => {
        if (!atOnce) return ring(job.name, data.length);
        for (const { id, data } of jobs) if (id !== undefined) direct.give(job.name, id, data);
      });
    },

    async start(defs) {
      await boss.start();
      for (const def of defs) {
        await boss.createQueue(def.name, {
          retryLimit: def.retryLimit,
          retryBackoff: true,
          retryDelay: 1,
          retryDelayMax: 300,
          expireInSeconds: def.expireInSeconds,
          deleteAfterSeconds: 3600,
        });
        const workers: { id: string; busy: boolean }[] = [];
        workersOf.set(def.name, workers);
        if (def.direct === true) direct.add(def);
        for (let slot = 0; slot < def.concurrency; slot++) {
          const worker = { id: '', busy: false };
          worker.id = await boss.work<object>(
            def.name,
            { pollingIntervalSeconds: IDLE_POLL_SECONDS, includeMetadata: true },
            async (batch) => {
              worker.busy = true;
              // Where one job was, there may be more.
              ring(def.name, 1);
              for (const job of batch) {
                running++;
                const leave = await direct.enter(def.name);
                try {
                  await def.handle(job.data, {
                    signal: AbortSignal.any([stopping.signal, job.signal]),
                    attempt: job.retryCount + 1,
                    taken: () => undefined,
                  });
                } catch (error) {
                  if (!stopping.signal.aborted)
                    logger.warn({ err: error, job: def.name, attempt: job.retryCount + 1 }, 'a job failed');
                  throw error;
                } finally {
                  leave();
                  running--;
                  worker.busy = false;
                  // More may wait: without this a worker sleeps out its polling interval between two jobs.
                  boss.notifyWorker(worker.id);
                }
              }
            },
          );
          workers.push(worker);
        }
        // Puts the queue's settings into pg-boss's cache: looking them up inside a transaction would hang on PGlite.
        await boss.getQueueStats(def.name);
      }
      started = true;
      polling = setInterval(() => {
        for (const name of workersOf.keys()) ring(name, 1);
      }, POLL_MS);
    },

    async settle() {
      for (;;) {
        const { rows } = await sql<{ waiting: number }>`
          select count(*)::int as waiting from ${sql.raw(SCHEMA)}.job
          where state in ('created', 'retry', 'active') and start_after <= now()`.execute(database.db);
        if ((rows[0]?.waiting ?? 0) === 0 && running === 0 && direct.running() === 0) return;
        for (const name of workersOf.keys()) ring(name, 1);
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    },

    async stop(timeoutMs = 10_000) {
      if (!started) return;
      started = false;
      clearInterval(polling);
      const abort = setTimeout(() => stopping.abort(new Error('the server is stopping')), timeoutMs);
      await direct.stop(timeoutMs);
      await boss.stop({ graceful: true, timeout: timeoutMs + 1000, close: false });
      clearTimeout(abort);
      stopping.abort(new Error('the server has stopped'));
    },
  };
}

function poolAdapter(pool: import('pg').Pool) {
  return {
    executeSql: async (text: string, values?: unknown[]) => {
      const result = await pool.query(text, values as unknown[]);
      // Several statements in one text answer with a list of results.
      const results = (Array.isArray(result) ? result : [result]) as { rows: unknown[] }[];
      return { rows: results.flatMap((r) => r.rows ?? []) as never[] };
    },
  };
}
