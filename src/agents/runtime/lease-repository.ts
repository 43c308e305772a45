// Queries of who works on runs: a worker takes one under a lease, journals its steps, ends it; others take back what it lost. Times are
// the database's: the clocks of nodes may differ. No policy.
import { sql } from 'kysely';
import type { Db, Tx } from '../../core/db/database.ts';
import { noteFailure, RECOVERY } from '../health/repository.ts';
import type { Lane } from './lanes.ts';
import { NO_WAIT, type RunRow } from './repository.ts';
import type { RunStatus } from './tables.ts';

/** A run that a worker took, with what else it should know to begin, read in the same look. */
export type ClaimedRun = RunRow & Outlook;

/** A worker that says nothing for so long has lost its run. */
export const LEASE_SECONDS = 10;

/** A queued run without a worker for so long has lost its job: a worker took it as Postgres died, and never heard that it had. */
const STALE_QUEUE_SECONDS = 15;

/** A turn waits so long behind another one in its room, then begins beside it. */
const QUEUE_WAIT_SECONDS = 20;

export interface Outlook {
  /** By an emergency stop; asked again under its lock by whatever commits something. */
  stopped: boolean;
  /** The agent may look, and change nothing by tools. */
  analysisOnly: boolean;
  /** It was trained with documents. */
  trained: boolean;
  /** There are tools in its tenant besides those that are built in. */
  moreTools: boolean;
}

/** Takes a queued run of the lane under a new epoch; undefined when somebody else has it or it is over. */
export async function claimRun(db: Db, id: string, lane: Lane): Promise<ClaimedRun | undefined> {
  return db
    .updateTable('agentRuns')
    .set((eb) => ({
      status: 'running',
      gathers: false,
      leaseEpoch: eb('leaseEpoch', '+', 1),
      attempts: eb('attempts', '+', 1),
      leaseUntil: leaseEnd(),
      partial: null,
      startedAt: sql<Date>`coalesce(started_at, now())`,
      revision: sql<number>`coalesce(agent_runs.revision, (select a.revision from ai_agents a where a.id = agent_runs.agent_id))`,
      updatedAt: sql<Date>`now()`,
    }))
    .where('id', '=', id)
    .where('lane', '=', lane)
    .where('status', '=', 'queued')
    .where('dueAt', 'is', null)
    .where('afterRunId', 'is', null)
    .returningAll()
    .returning([
      sql<boolean>`exists (select from agent_stops s where s.tenant_id = agent_runs.tenant_id and s.lifted_at is null
        and (s.target = 'all' or (s.target = 'agent' and s.target_id = agent_runs.agent_id)
          or (s.target = 'room' and s.target_id = agent_runs.room_id)
          or (s.target = 'owner' and s.target_id = (select created_by from ai_agents where id = agent_runs.agent_id))))`.as(
        'stopped',
      ),
      sql<boolean>`exists (select from agent_health h where h.agent_id = agent_runs.agent_id
        and h.tenant_id = agent_runs.tenant_id and h.analysis_only_since is not null)`.as('analysisOnly'),
      sql<boolean>`exists (select from training_documents d where d.tenant_id = agent_runs.tenant_id
        and d.agent_id = agent_runs.agent_id)`.as('trained'),
      sql<boolean>`(exists (select from custom_tools c where c.tenant_id = agent_runs.tenant_id)
        or exists (select from mcp_tools m where m.tenant_id = agent_runs.tenant_id))`.as('moreTools'),
    ])
    .executeTakeFirst();
}

const leaseEnd = () => sql<Date>`now() + make_interval(secs => ${LEASE_SECONDS})`;

/** Renews the leases a node holds and answers those it still has, as `id:epoch`; the rest were stopped or taken over. */
export async function renewLeases(db: Db, held: { id: string; epoch: number }[]): Promise<Set<string>> {
  const rows = await db
    .updateTable('agentRuns')
    .set({ leaseUntil: leaseEnd() })
    .where(
      sql<boolean>`(id, lease_epoch) in (${sql.join(held.map((lease) => sql`(${lease.id}::uuid, ${lease.epoch}::int)`))})`,
    )
    .where('status', '=', 'running')
    .returning(['id', 'leaseEpoch'])
    .execute();
  return new Set(rows.map((row) => `${row.id}:${row.leaseEpoch}`));
}

/** True if the run is this worker's still; then it stays so until the transaction ends. */
export async function spend(
  tx: Tx,
  run: { tenantId: string; id: string; epoch: number },
  cost: { inputTokens: number; outputTokens: number; costUsd: number },
): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('agentRuns')
    .set((eb) => ({
      inputTokens: eb('inputTokens', '+', cost.inputTokens),
      outputTokens: eb('outputTokens', '+', cost.outputTokens),
      costUsd: eb('costUsd', '+', cost.costUsd),
      leaseUntil: leaseEnd(),
      updatedAt: sql<Date>`now()`,
    }))
    .where('tenantId', '=', run.tenantId)
    .where('id', '=', run.id)
    .where('leaseEpoch', '=', run.epoch)
    .where('status', '=', 'running')
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** Ends or parks a run that is this worker's still; how its agent is doing is noted with it. */
export async function closeRun(
  tx: Tx,
  run: { tenantId: string; id: string; epoch: number },
  set: {
    status: Exclude<RunStatus, 'running' | 'completed'>;
    reason?: string | null;
    replyMessageId?: string;
    provider?: string;
    model?: string;
  },
): Promise<boolean> {
  const closed = await tx
    .updateTable('agentRuns')
    .set({
      ...set,
      leaseUntil: null,
      updatedAt: sql<Date>`now()`,
      ...(set.status === 'queued' ? {} : { finishedAt: sql<Date>`now()` }),
    })
    .where('tenantId', '=', run.tenantId)
    .where('id', '=', run.id)
    .where('leaseEpoch', '=', run.epoch)
    .where('status', '=', 'running')
    .returning('agentId')
    .executeTakeFirst();
  if (closed === undefined) return false;
  if (set.status === 'failed') await noteFailure(tx, run.tenantId, closed.agentId, set.reason ?? 'failed');
  return true;
}

/** What the functions below answer instead of a number of words that people added. */
export const LOST = -1;

export const STOPPED = -2;

/** Journals a finished step under the lease, in one round trip. Answers how many words people have added, or one of the above. */
export async function journalStep(
  db: Db,
  run: { tenantId: string; agentId: string; roomId: string; id: string; epoch: number },
  step: { number: number; kind: string; data: string; durationMs: number },
  cost: { inputTokens: number; outputTokens: number; costUsd: number | null },
  chosen: { provider: string; model: string } | undefined,
): Promise<number> {
  const { rows } = await sql<{ added: number }>`
    select journal_step(${run.tenantId}::uuid, ${run.agentId}::uuid, ${run.roomId}::uuid, ${run.id}::uuid, ${run.epoch}::int,
      ${LEASE_SECONDS}::float8, ${step.number}::int, ${step.kind}, ${step.data}::jsonb, ${cost.inputTokens}::int,
      ${cost.outputTokens}::int, ${cost.costUsd}::float8, ${step.durationMs}::int,
      ${chosen?.provider ?? null}::text, ${chosen?.model ?? null}::text) as added`.execute(db);
  return rows[0]?.added ?? LOST;
}

/** Ends a run with its answer. Answers how many words people have added, or that the lease is lost. */
export async function completeRun(
  tx: Tx,
  run: { tenantId: string; id: string; epoch: number },
  set: { replyMessageId: string; provider: string; model: string },
): Promise<number> {
  const { rows } = await sql<{ added: number }>`
    select complete_run(${run.tenantId}::uuid, ${run.id}::uuid, ${run.epoch}::int, ${set.replyMessageId}::uuid,
      ${set.provider}::text, ${set.model}::text, ${RECOVERY}::int) as added`.execute(tx);
  return rows[0]?.added ?? LOST;
}

/** Counts what a worker spent on a run, however it ended, and lets those go on that waited for it. Answers these. */
export async function addRunningMs(
  tx: Tx,
  tenantId: string,
  id: string,
  ms: number,
): Promise<{ id: string; lane: Lane }[]> {
  const { rows } = await sql<{ id: string; lane: Lane; isDue: boolean }>`
    with counted as (
      update agent_runs set running_ms = running_ms + ${ms}::int where tenant_id = ${tenantId} and id = ${id}
      returning id, status)
    update agent_runs waiting set after_run_id = null, updated_at = now() from counted
    where waiting.after_run_id = counted.id and counted.status not in ('queued', 'running') and waiting.status = 'queued'
    returning waiting.id, waiting.lane, waiting.due_at is null as is_due`.execute(tx);
  return rows.filter(({ isDue }) => isDue);
}

/** Opens a run again that failed or was stopped, as if new. */
export async function reopenRun(tx: Tx, tenantId: string, id: string): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('agentRuns')
    .set((eb) => ({
      status: 'queued',
      reason: null,
      attempts: 0,
      runningMs: 0,
      replyMessageId: null,
      partial: null,
      revision: null,
      ...NO_WAIT,
      generation: eb('generation', '+', 1),
      finishedAt: null,
      updatedAt: sql<Date>`now()`,
    }))
    .where('tenantId', '=', tenantId)
    .where('id', '=', id)
    .where('status', 'in', ['failed', 'cancelled', 'silent'])
    .executeTakeFirst();
  if (numUpdatedRows === 0n) return false;
  await tx.deleteFrom('runSteps').where('tenantId', '=', tenantId).where('runId', '=', id).execute();
  await tx.deleteFrom('runSteers').where('tenantId', '=', tenantId).where('runId', '=', id).execute();
  return true;
}

/** A run that was given back; `interrupted` if a worker had it in hands. */
export type TakenBack = RunRow & { interrupted: boolean };

/**
 * Gives back runs that nobody works on: those whose lease ran out, those whose job was lost, and those that waited long enough.
 * @param everything also those whose lease still runs, and those that somebody is just writing to; right only when no other
 *   process can hold one
 */
export async function takeBackRuns(tx: Tx, everything: boolean, limit = 100): Promise<TakenBack[]> {
  const { rows } = await sql<TakenBack>`
    update agent_runs r set status = 'queued', lease_until = null, due_at = null, after_run_id = null, updated_at = now()
    from (
      select id, status = 'running' as interrupted from agent_runs
      where (status = 'running' and (lease_until < now() or ${everything}))
        or (status = 'queued' and (${everything} or case
          when due_at is not null then due_at < now()
          when after_run_id is not null then updated_at < now() - make_interval(secs => ${QUEUE_WAIT_SECONDS})
            or not exists (select from agent_runs first where first.id = agent_runs.after_run_id and first.status in ('queued', 'running'))
          else updated_at < now() - make_interval(secs => ${STALE_QUEUE_SECONDS}) end))
      order by id limit ${limit} for update ${everything ? sql`` : sql`skip locked`}) gone
    where r.id = gone.id
    returning r.*, gone.interrupted`.execute(tx);
  return rows;
}
