// The journal of one run under one lease: reads what is done, and adds to it only while the lease is this worker's.
// Every commit checks the epoch, so a worker that was frozen, stopped or replaced writes nothing any more.
import type { Database, Tx } from '../../core/db/database.ts';
import type { Failpoints } from '../../core/failpoints.ts';
import { Halted } from '../safety/halted.ts';
import * as leaseRepo from './lease-repository.ts';
import * as repo from './repository.ts';
import type { StepData } from './steps.ts';

/** The run is not this worker's any more: stopped, taken over or over. Nothing is left to do but to leave. */
export class RunLost extends Error {
  override readonly name = 'RunLost';
  constructor() {
    super('The run was stopped or taken over by another worker.');
  }
}

/** The run rests until a person has said something; that it rests is committed already. Nothing is left to do but to leave. */
export class RunRests extends Error {
  override readonly name = 'RunRests';
  readonly status: 'waiting_approval' | 'needs_attention';
  constructor(status: 'waiting_approval' | 'needs_attention') {
    super(`The run rests: ${status}.`);
    this.status = status;
  }
}

export interface StepCost {
  inputTokens?: number;
  outputTokens?: number;
  costUsd?: number | undefined;
  durationMs?: number;
  /** What the run is shown to have been answered by, from this step on. */
  chosen?: { provider: string; model: string };
}

export interface Journal {
  readonly steps: readonly StepData[];
  /** Words that people had added when the newest step was committed; undefined where that was not looked at. */
  readonly added: number | undefined;
  /** Runs `fn` in a transaction that is refused once the run is lost. @throws RunLost */
  commit<T>(fn: (tx: Tx) => Promise<T>, cost?: StepCost): Promise<T>;
  /** Adds a finished step, and what belongs to it, in one transaction; alone, in one round trip. @throws RunLost, Halted */
  append(step: StepData, cost?: StepCost, also?: (tx: Tx) => Promise<unknown>): Promise<void>;
}

export interface LeasedRun {
  tenantId: string;
  id: string;
  epoch: number;
}

export async function openJournal(
  database: Database,
  failpoints: Failpoints,
  run: LeasedRun & { agentId: string; roomId: string },
  /** Refuses what an emergency stop has halted. */
  check: (tx: Tx) => Promise<void>,
): Promise<Journal> {
  // Nobody else has had it.
  const rows = run.epoch === 1 ? [] : await repo.listSteps(database.db, run.tenantId, run.id);
  const steps = rows.map((row) => row.data);

  const commit = <T>(fn: (tx: Tx) => Promise<T>, cost: StepCost = {}): Promise<T> =>
    database.transaction(async (tx) => {
      const { inputTokens = 0, outputTokens = 0, costUsd = 0 } = cost;
      // Before the run's row is locked: whoever sets a stop locks in this order, too.
      await check(tx);
      if (!(await leaseRepo.spend(tx, run, { inputTokens, outputTokens, costUsd }))) throw new RunLost();
      return fn(tx);
    });

  let added: number | undefined;

  async function appendAlone(step: StepData, cost: StepCost): Promise<void> {
    const { inputTokens = 0, outputTokens = 0, costUsd = null, durationMs = 0, chosen } = cost;
    const place = { number: steps.length + 1, kind: step.kind, data: JSON.stringify(step), durationMs };
    added = await leaseRepo.journalStep(
      database.db,
      run,
      place,
      { inputTokens, outputTokens, costUsd },
      chosen,
    );
    if (added === leaseRepo.STOPPED) throw new Halted();
    if (added === leaseRepo.LOST) throw new RunLost();
  }

  return {
    steps,
    get added() {
      return added;
    },
    commit,
    async append(given, cost = {}, also) {
      const step = storable(given) as StepData;
      added = undefined;
      if (also === undefined) await appendAlone(step, cost);
      else
        await commit(async (tx) => {
          await repo.insertStep(tx, {
            runId: run.id,
            step: steps.length + 1,
            tenantId: run.tenantId,
            kind: step.kind,
            data: JSON.stringify(step),
            inputTokens: cost.inputTokens ?? 0,
            outputTokens: cost.outputTokens ?? 0,
            costUsd: cost.costUsd ?? null,
            durationMs: cost.durationMs ?? 0,
          });
          await also(tx);
        }, cost);
      steps.push(step);
      failpoints.hit(`after-step-${steps.length}`);
    },
  };
}

/** Models say what no database takes: NUL characters and halves of characters. */
function storable(value: unknown): unknown {
  if (typeof value === 'string') return value.replaceAll('\u0000', '').toWellFormed();
  if (Array.isArray(value)) return value.map(storable);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, entry]) => [storable(key) as string, storable(entry)]),
  );
}
