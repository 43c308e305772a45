// Queries on turns and runs. Times are the database's: the clocks of nodes may differ. No policy.
import { type Insertable, type Selectable, sql } from 'kysely';
import type { Db, Tx } from '../../core/db/database.ts';
import type { AgentRunsTable, AgentTurnsTable, RunStatus, RunStepsTable } from './tables.ts';

export type RunRow = Selectable<AgentRunsTable>;

export type TurnRow = Selectable<AgentTurnsTable>;

export type StepRow = Selectable<RunStepsTable>;

export const insertTurns = async (tx: Tx, turns: Insertable<AgentTurnsTable>[]): Promise<void> => {
  await tx
    .insertInto('agentTurns')
    .values(turns)
    .onConflict((oc) => oc.doNothing())
    .execute();
};

/** Inserts runs whose agent has none for the trigger yet, and answers those. */
export const insertRuns = (tx: Tx, runs: Insertable<AgentRunsTable>[]): Promise<RunRow[]> =>
  tx
    .insertInto('agentRuns')
    .values(runs)
    .onConflict((oc) => oc.columns(['agentId', 'triggerMessageId']).doNothing())
    .returningAll()
    .execute();

export const findRun = (db: Db | Tx, tenantId: string, id: string): Promise<RunRow | undefined> =>
  db
    .selectFrom('agentRuns')
    .selectAll()
    .where('tenantId', '=', tenantId)
    .where('id', '=', id)
    .executeTakeFirst();

export const findRunByTrigger = (
  db: Db | Tx,
  tenantId: string,
  agentId: string,
  messageId: string,
): Promise<RunRow | undefined> =>
  db
    .selectFrom('agentRuns')
    .selectAll()
    .where('tenantId', '=', tenantId)
    .where('agentId', '=', agentId)
    .where('triggerMessageId', '=', messageId)
    .executeTakeFirst();

/** Newest first. */
export const listRuns = (
  db: Db,
  tenantId: string,
  agentId: string,
  page: { status: RunStatus | undefined; beforeId: string | undefined; limit: number },
): Promise<RunRow[]> => {
  let query = db
    .selectFrom('agentRuns')
    .selectAll()
    .where('tenantId', '=', tenantId)
    .where('agentId', '=', agentId);
  if (page.status !== undefined) query = query.where('status', '=', page.status);
  if (page.beforeId !== undefined) query = query.where('id', '<', page.beforeId);
  return query.orderBy('id', 'desc').limit(page.limit).execute();
};

export const listSteps = (db: Db | Tx, tenantId: string, runId: string): Promise<StepRow[]> =>
  db
    .selectFrom('runSteps')
    .selectAll()
    .where('tenantId', '=', tenantId)
    .where('runId', '=', runId)
    .orderBy('step')
    .execute();

export const insertStep = async (tx: Tx, step: Insertable<RunStepsTable>): Promise<void> => {
  await tx.insertInto('runSteps').values(step).execute();
};

export const listOpenRuns = (db: Db | Tx, tenantId: string, agentId: string): Promise<RunRow[]> =>
  db
    .selectFrom('agentRuns')
    .selectAll()
    .where('tenantId', '=', tenantId)
    .where('agentId', '=', agentId)
    .where('status', 'in', ['queued', 'running', 'paused', 'waiting_approval'])
    .orderBy('id')
    .execute();

export type TurnWithRun = Omit<TurnRow, 'runId'> & {
  runId: string | null;
  runStatus: RunStatus | null;
  runReason: string | null;
};

/** Of the newest messages first. */
export const listTurns = (
  db: Db,
  tenantId: string,
  roomId: string,
  page: { messageId: string | undefined; limit: number },
): Promise<TurnWithRun[]> => {
  let query = db
    .selectFrom('agentTurns')
    .leftJoin('agentRuns as own', (join) =>
      join
        .onRef('own.agentId', '=', 'agentTurns.agentId')
        .onRef('own.triggerMessageId', '=', 'agentTurns.messageId'),
    )
    .leftJoin('agentRuns as other', 'other.id', 'agentTurns.runId')
    .selectAll('agentTurns')
    .select((eb) => [
      eb.fn.coalesce('own.id', 'other.id').as('runId'),
      eb.fn.coalesce('own.status', 'other.status').as('runStatus'),
      eb.fn.coalesce('own.reason', 'other.reason').as('runReason'),
    ])
    .where('agentTurns.tenantId', '=', tenantId)
    .where('agentTurns.roomId', '=', roomId);
  if (page.messageId !== undefined) query = query.where('agentTurns.messageId', '=', page.messageId);
  return query
    .orderBy('agentTurns.createdAt', 'desc')
    .orderBy('agentTurns.messageId')
    .limit(page.limit)
    .execute();
};

/** By a person's word on this very run: what it had said stays as a message. */
export const LEAVES_ITS_WORDS = new Set(['stopped', 'given_up']);

/** A run that waits for nothing and takes nothing up. */
export const NO_WAIT = { gathers: false, dueAt: null, afterRunId: null };

/** Ends open runs whoever works on them: their later commits are refused. */
export const cancelRuns = (tx: Tx, tenantId: string, ids: string[], reason: string): Promise<RunRow[]> =>
  ids.length === 0
    ? Promise.resolve([])
    : tx
        .updateTable('agentRuns')
        .set({
          status: 'cancelled',
          reason,
          ...(LEAVES_ITS_WORDS.has(reason) ? {} : { partial: null }),
          leaseUntil: null,
          updatedAt: sql<Date>`now()`,
          finishedAt: sql<Date>`now()`,
        })
        .where('tenantId', '=', tenantId)
        .where('id', 'in', ids)
        .where('status', 'in', ['queued', 'running', 'paused', 'waiting_approval', 'needs_attention'])
        .returningAll()
        .execute();

/** Open runs rest until they are resumed; whoever works on them is refused from here on. */
export const pauseRuns = (tx: Tx, tenantId: string, ids: string[]): Promise<RunRow[]> =>
  ids.length === 0
    ? Promise.resolve([])
    : tx
        .updateTable('agentRuns')
        .set({ status: 'paused', leaseUntil: null, ...NO_WAIT, updatedAt: sql<Date>`now()` })
        .where('tenantId', '=', tenantId)
        .where('id', 'in', ids)
        .where('status', 'in', ['queued', 'running'])
        .returningAll()
        .execute();

export const resumeRuns = (tx: Tx, tenantId: string, ids: string[]): Promise<RunRow[]> =>
  ids.length === 0
    ? Promise.resolve([])
    : tx
        .updateTable('agentRuns')
        .set({ status: 'queued', attempts: 0, updatedAt: sql<Date>`now()` })
        .where('tenantId', '=', tenantId)
        .where('id', 'in', ids)
        .where('status', '=', 'paused')
        .returningAll()
        .execute();

export type Rest = { status: 'waiting_approval' } | { status: 'needs_attention'; reason: string };

/** Puts a run that is this worker's still to rest: nobody holds it, and its clock stands. */
export async function restRun(
  tx: Tx,
  run: { tenantId: string; id: string; epoch: number },
  set: Rest & { partial: string | null },
): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('agentRuns')
    .set({ ...set, leaseUntil: null, updatedAt: sql<Date>`now()` })
    .where('tenantId', '=', run.tenantId)
    .where('id', '=', run.id)
    .where('leaseEpoch', '=', run.epoch)
    .where('status', '=', 'running')
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** Gives resting runs back to the queue. */
export const wakeRuns = (
  tx: Tx,
  tenantId: string,
  ids: string[],
  from: 'waiting_approval' | 'needs_attention',
): Promise<RunRow[]> =>
  ids.length === 0
    ? Promise.resolve([])
    : tx
        .updateTable('agentRuns')
        .set({ status: 'queued', reason: null, attempts: 0, updatedAt: sql<Date>`now()` })
        .where('tenantId', '=', tenantId)
        .where('id', 'in', ids)
        .where('status', '=', from)
        .returningAll()
        .execute();

/** Adds words to an open run; undefined when it is over. Numbered under the run's lock. */
export async function insertSteer(
  tx: Tx,
  run: { tenantId: string; id: string },
  by: string,
  text: string,
  messageId: string | null = null,
): Promise<number | undefined> {
  const open = await tx
    .selectFrom('agentRuns')
    .select('id')
    .where('tenantId', '=', run.tenantId)
    .where('id', '=', run.id)
    .where('status', 'in', ['queued', 'running', 'paused', 'waiting_approval'])
    .forUpdate()
    .executeTakeFirst();
  if (open === undefined) return undefined;
  const { n } = await tx
    .selectFrom('runSteers')
    .select((eb) => eb.fn.countAll<number>().as('n'))
    .where('runId', '=', run.id)
    .executeTakeFirstOrThrow();
  const next = Number(n) + 1;
  await tx
    .insertInto('runSteers')
    .values({ runId: run.id, n: next, tenantId: run.tenantId, byId: by, text, messageId })
    .execute();
  return next;
}

/** What was added after the first `taken`, oldest first, with the names of those who did. */
export const listSteers = (db: Db | Tx, tenantId: string, runId: string, taken: number) =>
  db
    .selectFrom('runSteers')
    .innerJoin('users', 'users.id', 'runSteers.byId')
    .select(['runSteers.n', 'runSteers.byId', 'runSteers.text', 'runSteers.messageId', 'users.name'])
    .where('runSteers.tenantId', '=', tenantId)
    .where('runSteers.runId', '=', runId)
    .where('runSteers.n', '>', taken)
    .orderBy('runSteers.n')
    .execute();
