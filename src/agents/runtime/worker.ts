// Works on runs under a lease: takes them when a job wakes it, renews while it works, gives them back when it stops, and takes
// back what dead workers left. Must never hold a run without a lease, nor decide what a run does.
import type { Clock } from '../../core/clock.ts';
import type { Database } from '../../core/db/database.ts';
import { AppError } from '../../core/errors.ts';
import type { JobDef, Jobs } from '../../core/jobs.ts';
import type { Logger } from '../../core/logger.ts';
import { LlmError } from '../llm/llm.ts';
import { EMERGENCY_STOP, Halted } from '../safety/halted.ts';
import { RunLost } from './journal.ts';
import { enqueueRuns, LANES, type Lane, queueOf, type RunJob } from './lanes.ts';
import * as leaseRepo from './lease-repository.ts';
import type { Execute, Remains } from './loop.ts';
import * as repo from './repository.ts';
import type { RunSignals, SignalsFor } from './signals.ts';

export interface WorkerDeps {
  database: Database;
  jobs: Jobs;
  clock: Clock;
  logger: Logger;
  execute: Execute;
  signalsFor: SignalsFor;
  /** Of each lane: runs at once, and the longest time that workers may spend on one, in ms. */
  lanes: Record<Lane, { maxConcurrent: number; timeoutMs: number }>;
  onOutcome: (status: string, lane: Lane) => void;
  /** Ends what waited too long for a person. */
  expire: () => Promise<void>;
  onBoundary?: ((at: { boundary: string; runId: string; epoch: number }) => void | Promise<void>) | undefined;
}

/** Also the longest time until a stop reaches a run on another node that does not hear of it. */
const RENEW_MS = 400;
/** How often runs are looked for whose worker is gone. */
export const SWEEP_MS = 2000;
/** Workers that may die of one run before it is given up. */
const MAX_ATTEMPTS = 5;
const PARKED_DELAY_SECONDS = 1;
/** Time that a stop gives to effects outside that are under way; a lease outlives it. */
const EFFECT_GRACE_MS = 5000;
/** Longest wait for a room of slow mode; less than a queued run may be without a worker. */
const MOST_SLOW_MS = 10_000;

/** Why a run's signal aborts. */
class Parked extends Error {
  override readonly name = 'Parked';
}
class TimedOut extends Error {
  override readonly name = 'TimedOut';
}

interface Active {
  run: repo.RunRow;
  controller: AbortController;
  remains: Remains;
  done: Promise<void>;
}

export function createRunWorker(deps: WorkerDeps) {
  const { database, jobs, clock, logger, execute, signalsFor, onOutcome } = deps;
  const active = new Set<Active>();
  const stopped = new AbortController();
  let loops: Promise<unknown> = Promise.resolve();

  const jobOf = (lane: Lane): JobDef<RunJob> => ({
    name: queueOf(lane),
    retryLimit: 5,
    expireInSeconds: Math.ceil(deps.lanes[lane].timeoutMs / 1000) + 60,
    concurrency: deps.lanes[lane].maxConcurrent,
    direct: true,
    async handle({ runId }, { taken }) {
      if (stopped.signal.aborted)
        return database.transaction((tx) =>
          enqueueRuns(jobs, tx, [{ id: runId, lane }], PARKED_DELAY_SECONDS),
        );
      const run = await leaseRepo.claimRun(database.db, runId, lane);
      // Over, or in other hands.
      if (run === undefined) return;
      // Its lease brings it back now, if this worker does not.
      taken();
      const controller = new AbortController();
      if (stopped.signal.aborted) controller.abort(new Parked());
      const remains: Remains = {};
      const working = work(run, controller, remains);
      const entry: Active = { run, controller, remains, done: working.catch(() => undefined) };
      active.add(entry);
      try {
        await working;
      } finally {
        active.delete(entry);
      }
    },
  });

  async function work(
    run: leaseRepo.ClaimedRun,
    controller: AbortController,
    remains: Remains,
  ): Promise<void> {
    const { signal } = controller;
    const signals = signalsFor(run, signal);
    const timer = new AbortController();
    const started = clock.elapsed();
    clock.sleep(Math.max(0, deps.lanes[run.lane].timeoutMs - run.runningMs), timer.signal).then(
      () => controller.abort(new TimedOut()),
      () => undefined,
    );
    try {
      if (run.attempts > MAX_ATTEMPTS) return await fail(run, signals, remains, 'too_many_attempts');
      const { status } = await execute(run, signals, signal, remains);
      if (status !== 'waiting_approval') onOutcome(status, run.lane);
      if (status === 'completed' || status === 'silent') signals.status('idle');
    } catch (error) {
      await end(run, signals, remains, signal.aborted ? signal.reason : error);
    } finally {
      timer.abort();
      const ms = Math.round(clock.elapsed() - started);
      await database
        .transaction(async (tx) =>
          enqueueRuns(jobs, tx, await leaseRepo.addRunningMs(tx, run.tenantId, run.id, ms)),
        )
        .catch((error: unknown) => logger.warn({ err: error }, 'the time of a run could not be counted'));
    }
  }

  /** What follows from how a run broke off. */
  async function end(run: repo.RunRow, signals: RunSignals, remains: Remains, error: unknown): Promise<void> {
    if (error instanceof RunLost) return leave(run, signals, remains);
    if (error instanceof Halted) return halt(run, signals);
    if (error instanceof Parked) return giveBack(run, signals);
    if (error instanceof TimedOut) return fail(run, signals, remains, 'timeout');
    if (error instanceof LlmError) {
      logger.warn({ runId: run.id, kind: error.kind, status: error.status }, 'a model call failed');
      if (error.kind === 'budget_exhausted') return fallSilent(run, signals, remains, error.kind);
      return fail(run, signals, remains, `model_${error.kind}`);
    }
    if (error instanceof AppError && error.reason === 'slow_mode')
      return waitFor(run, signals, remains, error);
    if (error instanceof AppError && !['unavailable', 'internal', 'rate_limited'].includes(error.code))
      return fail(run, signals, remains, error.reason);
    // The database went away, or a defect: the job tries again, and stops after MAX_ATTEMPTS.
    await deps.onBoundary?.({ boundary: 'release', runId: run.id, epoch: run.leaseEpoch });
    await database.transaction((tx) => leaseRepo.closeRun(tx, leaseOf(run), { status: 'queued' }));
    throw error;
  }

  /** The run is not ours any more; if it is over, the room should know. */
  async function leave(run: repo.RunRow, signals: RunSignals, remains: Remains): Promise<void> {
    await remains.keep?.();
    const now = await repo.findRun(database.db, run.tenantId, run.id);
    // Stopped by a person: what it had said stays, marked.
    if (now?.status === 'cancelled' && now.reason === 'stopped')
      await remains.publish?.({ status: 'cancelled' });
    if (now?.status === 'paused') return signals.status('paused');
    if (now?.status !== 'running' && now?.status !== 'queued') signals.status('idle');
  }

  /** An agent that may not go on says no more; what it had said stays, marked. */
  async function fallSilent(
    run: repo.RunRow,
    signals: RunSignals,
    remains: Remains,
    reason: string,
  ): Promise<void> {
    const over =
      (await remains.publish?.({ status: 'failed', reason })) ||
      (await database.transaction((tx) =>
        leaseRepo.closeRun(tx, leaseOf(run), { status: 'silent', reason }),
      ));
    if (!over) return leave(run, signals, {});
    onOutcome('silent', run.lane);
    signals.status('idle');
  }

  /** Nothing of a halted run is published. */
  async function halt(run: repo.RunRow, signals: RunSignals): Promise<void> {
    await database.transaction((tx) =>
      leaseRepo.closeRun(tx, leaseOf(run), { status: 'cancelled', reason: EMERGENCY_STOP }),
    );
    signals.status('idle');
  }

  async function giveBack(run: repo.RunRow, signals: RunSignals): Promise<void> {
    await database.transaction(async (tx) => {
      if (await leaseRepo.closeRun(tx, leaseOf(run), { status: 'queued' }))
        await enqueueRuns(jobs, tx, [run], PARKED_DELAY_SECONDS);
    });
    signals.status('queued');
  }

  /** The room is slow: the words are kept and said later, or not at all where that is long. */
  async function waitFor(
    run: repo.RunRow,
    signals: RunSignals,
    remains: Remains,
    { details, reason }: AppError,
  ): Promise<void> {
    const ms = details.retryAfterMs ?? 0;
    if (ms > MOST_SLOW_MS) return fallSilent(run, signals, remains, reason);
    await database.transaction(async (tx) => {
      if (await leaseRepo.closeRun(tx, leaseOf(run), { status: 'queued' }))
        await enqueueRuns(jobs, tx, [run], Math.ceil(ms / 1000));
    });
    signals.status('queued');
  }

  /** The room hears a status, and sees what was said until then; never an error. */
  async function fail(
    run: repo.RunRow,
    signals: RunSignals,
    remains: Remains,
    reason: string,
  ): Promise<void> {
    const failed =
      (await remains.publish?.({ status: 'failed', reason })) ||
      (await database.transaction((tx) =>
        leaseRepo.closeRun(tx, leaseOf(run), { status: 'failed', reason }),
      ));
    if (!failed) return leave(run, signals, {});
    onOutcome('failed', run.lane);
    signals.status('error');
  }

  async function renew(): Promise<void> {
    const held = [...active];
    if (held.length === 0) return;
    const kept = await leaseRepo.renewLeases(
      database.db,
      held.map(({ run }) => ({ id: run.id, epoch: run.leaseEpoch })),
    );
    for (const { run, controller } of held)
      if (!kept.has(`${run.id}:${run.leaseEpoch}`)) controller.abort(new RunLost());
  }

  async function takeBack(everything: boolean): Promise<void> {
    const runs = await database.transaction(async (tx) => {
      const rows = await leaseRepo.takeBackRuns(tx, everything);
      await enqueueRuns(jobs, tx, rows);
      return rows;
    });
    for (const run of runs) {
      // What was being written is over; it begins anew with the next worker.
      if (run.interrupted) signalsFor(run).status('interrupted');
      signalsFor(run).status('queued');
    }
  }

  async function every(ms: number, what: string, fn: () => Promise<void>): Promise<void> {
    while (!stopped.signal.aborted) {
      try {
        await clock.sleep(ms, stopped.signal);
        await fn();
      } catch (error) {
        if (!stopped.signal.aborted) logger.warn({ err: error }, `${what} failed; trying again`);
      }
    }
  }

  /** What is under way outside may end and be recorded, or nobody would know what became of it. */
  async function effectsOver(): Promise<void> {
    const timer = new AbortController();
    const limit = clock.sleep(EFFECT_GRACE_MS, timer.signal).catch(() => undefined);
    await Promise.race([limit, Promise.all([...active].map(({ remains }) => remains.acting))]);
    timer.abort();
  }

  return {
    jobs: LANES.map(jobOf),
    takeBack,

    /** Takes over what was left, then renews and sweeps until stopped. */
    async start(): Promise<void> {
      // One process owns an embedded database: whatever says it is running died with the last one.
      await takeBack(database.kind === 'pglite');
      loops = Promise.all([
        every(RENEW_MS, 'renewing leases', renew),
        every(SWEEP_MS, 'sweeping runs', () => takeBack(false)),
        every(SWEEP_MS, 'ending what waited too long', deps.expire),
      ]);
    },

    /** Ends these runs here at once, if this node works on them. */
    abort(runIds: readonly string[]): void {
      for (const { run, controller } of active) if (runIds.includes(run.id)) controller.abort(new RunLost());
    },

    /** Parks every run in flight so that another process resumes it. */
    async stop(): Promise<void> {
      stopped.abort();
      await loops;
      await effectsOver();
      for (const { controller } of active) controller.abort(new Parked());
      await Promise.all([...active].map((entry) => entry.done));
    },
  };
}

const leaseOf = (run: repo.RunRow) => ({ tenantId: run.tenantId, id: run.id, epoch: run.leaseEpoch });
