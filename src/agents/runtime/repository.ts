// Queries on turns and runs. Times are the database's: the clocks of nodes may differ. No policy.
import { type Insertable, type Selectable, sql } from 'kysely';
import type { Db, Tx } from '../../core/db/database.ts';
import type { MemberRole, RoomRights } from '../../server/rooms/contract.ts';
import { isSpent } from '../budgets/repository.ts';
import { noteFailure, RECOVERY } from '../health/repository.ts';
import type { ProactiveSettings } from '../proactive/contract.ts';
import type { Interruption, Pending, UnderWay } from './floor-plan.ts';
import type { Lane } from './lanes.ts';
import type { AgentRunsTable, AgentTurnsTable, RunStatus, RunStepsTable } from './tables.ts';
import type { AgentMode, RoomMode } from './turn-taking.ts';

export type RunRow = Selectable<AgentRunsTable>;
/** A run that a worker took, with what else it should know to begin, read in the same look. */
export type ClaimedRun = RunRow & Outlook;
export type TurnRow = Selectable<AgentTurnsTable>;
export type StepRow = Selectable<RunStepsTable>;

/** A worker that says nothing for so long has lost its run. */
export const LEASE_SECONDS = 10;
/** Resting runs that are shown to those who come in, of all rooms that are asked for at once. */
const MOST_RESTING = 200;
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

export interface RoomAgent {
  tenantId: string;
  roomId: string;
  agentId: string;
  isActive: boolean;
  suspended: boolean;
  /** By an emergency stop. */
  stopped: boolean;
  agentsAllowed: boolean;
  /** By a moderator. */
  mutedUntil: Date | null;
  roomKind: 'channel' | 'group' | 'direct';
  visibility: 'public' | 'private';
  /** What the room changed of the usual rights; its own role is read only then. */
  rights: RoomRights | null;
  roomRole: MemberRole | null;
  responseMode: AgentMode;
  /** The most that agents may do in the room. */
  roomMode: RoomMode;
  interruption: Interruption;
  /** What it, its owner or its tenant may spend today is spent. */
  broke: boolean;
  interests: string[] | null;
  expertise: string[] | null;
  pending: Pending | null;
  /** Oldest first. */
  underWay: UnderWay[] | null;
  /** 0 to 1, where its character says. */
  extraversion: number | null;
  /** What people's feedback adds to the score. */
  readiness: number;
  proactive: Partial<ProactiveSettings>;
}

/** Agents of all these rooms at once; reads nothing else when there are none. */
export async function listRoomAgents(tx: Db | Tx, roomIds: string[]): Promise<RoomAgent[]> {
  const { rows } = await sql<RoomAgent>`
    select ar.tenant_id, ar.room_id, ar.agent_id, ar.readiness, a.is_active, a.response_mode, a.proactive,
      (a.personality->'traits'->>'extraversion')::real as extraversion, u.suspended_at is not null as suspended, r.agents_allowed,
      case when u.sanctioned then muted_until(ar.agent_id, ar.room_id) end as muted_until, r.kind as room_kind, r.visibility, r.rights,
      case when r.rights is not null then (select role from memberships where room_id = ar.room_id and user_id = ar.agent_id) end as room_role,
      a.personality->'interests' as interests, a.personality->'expertise' as expertise,
      coalesce(f.response_mode, 'lively') as room_mode, coalesce(f.interruption, 'queue') as interruption,
      ${isSpent(sql`ar.tenant_id`, sql`a.created_by`, sql`ar.agent_id`)} as broke,
      (select jsonb_build_object('id', p.id, 'askerId', p.asker_id, 'reason', p.trigger_reason) from agent_runs p
        where p.agent_id = ar.agent_id and p.room_id = ar.room_id and p.status = 'queued' and p.gathers) as pending,
      (select jsonb_agg(jsonb_build_object('id', w.id, 'askerId', w.asker_id, 'generation', w.generation) order by w.created_at, w.id)
        from agent_runs w where w.room_id = ar.room_id and w.agent_id = ar.agent_id
        and w.status in ('queued', 'running') and not w.gathers and w.lane = 'interactive') as under_way,
      exists (select from agent_stops s where s.tenant_id = ar.tenant_id and s.lifted_at is null and (s.target = 'all'
        or (s.target = 'agent' and s.target_id = ar.agent_id) or (s.target = 'room' and s.target_id = ar.room_id)
        or (s.target = 'owner' and s.target_id = a.created_by))) as stopped
    from agent_rooms ar
    join ai_agents a on a.id = ar.agent_id and a.tenant_id = ar.tenant_id and a.deleted_at is null
    join users u on u.id = ar.agent_id
    join rooms r on r.id = ar.room_id
    left join room_floor f on f.room_id = ar.room_id
    where ar.room_id = any(${roomIds}::uuid[])`.execute(tx);
  return rows;
}

export async function listAuthors(tx: Tx, messageIds: string[]): Promise<Map<string, string>> {
  const rows = await tx
    .selectFrom('messages')
    .select(['id', 'authorId'])
    .where('id', 'in', messageIds)
    .execute();
  return new Map(rows.map((row) => [row.id, row.authorId]));
}

export interface SaidRow {
  id: string;
  seq: number;
  authorId: string;
  handle: string;
  body: string;
  threadId: string | null;
  mentions: { userId?: string }[];
  createdAt: Date;
}

/** What was said last in a room, oldest first, without what was taken back. */
export async function listSaid(tx: Db | Tx, roomId: string, limit: number): Promise<SaidRow[]> {
  const rows = await tx
    .selectFrom('messages as m')
    .innerJoin('users as u', 'u.id', 'm.authorId')
    .select(['m.id', 'm.seq', 'm.authorId', 'u.handle', 'm.body', 'm.threadId', 'm.mentions', 'm.createdAt'])
    .where('m.roomId', '=', roomId)
    .where('m.deletedAt', 'is', null)
    .where('m.kind', '<>', 'system')
    .orderBy('m.seq', 'desc')
    .limit(limit)
    .execute();
  return rows.reverse() as SaidRow[];
}

/** Answers of agents to agents that one act of a person has caused so far, at most `limit`. */
export async function countChain(tx: Tx, roomId: string, rootId: string, limit: number): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*)::int as count from (
      select from messages where room_id = ${roomId} and root_id = ${rootId} and kind = 'agent' and hop > 1
        and seq > coalesce((select seq from messages where id = ${rootId}), 0) limit ${limit}) counted`.execute(
    tx,
  );
  return rows[0]?.count ?? 0;
}

/** Runs of agents that were to answer agents, by the act of a person that began it. */
export async function countChainRuns(tx: Tx, rootIds: string[]): Promise<Map<string, number>> {
  const { rows } = await sql<{ rootId: string; count: number }>`
    select root_id, count(*)::int as count from agent_runs where root_id = any(${rootIds}::uuid[]) and hop > 1
    group by root_id`.execute(tx);
  return new Map(rows.map((row) => [row.rootId, row.count]));
}

/** Agents in a room. */
export async function countAgents(db: Db, roomId: string): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*)::int as count from agent_rooms where room_id = ${roomId}`.execute(db);
  return rows[0]?.count ?? 0;
}

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

/** By a person's word on this very run: what it had said stays as a message. */
const LEAVES_ITS_WORDS = new Set(['stopped', 'given_up']);

/** A run that waits for nothing and takes nothing up. */
const NO_WAIT = { gathers: false, dueAt: null, afterRunId: null };

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

/** Gives a stopped run the message that holds what it had said; once. */
export async function attachPartial(
  tx: Tx,
  run: { tenantId: string; id: string; epoch: number },
  messageId: string,
): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('agentRuns')
    .set({ replyMessageId: messageId, partial: null, updatedAt: sql<Date>`now()` })
    .where('tenantId', '=', run.tenantId)
    .where('id', '=', run.id)
    .where('leaseEpoch', '=', run.epoch)
    .where('status', '=', 'cancelled')
    .where('reason', 'in', [...LEAVES_ITS_WORDS])
    .where('replyMessageId', 'is', null)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** Keeps the text of a run that was paused in this worker's hands. */
export const keepPartial = (
  tx: Tx,
  run: { tenantId: string; id: string; epoch: number },
  partial: string | null,
): Promise<unknown> =>
  tx
    .updateTable('agentRuns')
    .set({ partial })
    .where('tenantId', '=', run.tenantId)
    .where('id', '=', run.id)
    .where('leaseEpoch', '=', run.epoch)
    .where('status', '=', 'paused')
    .execute();

export const dropPartial = (tx: Tx, tenantId: string, id: string): Promise<unknown> =>
  tx
    .updateTable('agentRuns')
    .set({ partial: null })
    .where('tenantId', '=', tenantId)
    .where('id', '=', id)
    .where('status', '=', 'cancelled')
    .execute();

/** A run that was stopped and whose words are still to be published. */
export const findStopped = (db: Db, id: string): Promise<RunRow | undefined> =>
  db
    .selectFrom('agentRuns')
    .selectAll()
    .where('id', '=', id)
    .where('status', '=', 'cancelled')
    .where('partial', 'is not', null)
    .executeTakeFirst();

export type RestingRun = Pick<
  RunRow,
  'id' | 'roomId' | 'agentId' | 'triggerMessageId' | 'generation' | 'partial'
> & { status: 'waiting_approval' | 'paused' | 'queued' };

/** Runs of these rooms that nobody works on, oldest first: those that wait for a person, and those put back with a text. */
export async function listResting(db: Db, roomIds: string[]): Promise<RestingRun[]> {
  const { rows } = await sql<RestingRun>`
    select id, room_id, agent_id, trigger_message_id, generation, partial, status from agent_runs
    where room_id = any(${roomIds}::uuid[])
      and (status in ('waiting_approval', 'paused') or partial is not null)
      and status in ('waiting_approval', 'paused', 'queued')
    order by id limit ${MOST_RESTING}`.execute(db);
  return rows;
}

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
