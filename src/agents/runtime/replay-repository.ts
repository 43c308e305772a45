// Queries on reports of runs that were asked anew. No policy.
import { type Insertable, type Selectable, sql } from 'kysely';
import type { Db, Tx } from '../../core/db/database.ts';
import type { AgentReplayRunsTable, AgentReplaysTable } from './tables.ts';

export type ReplayRow = Selectable<AgentReplaysTable> & { done: number };
export type ReplayRunRow = Selectable<AgentReplayRunsTable>;

/** Finished runs with a journal, newest first. @param ownerId whose agents; undefined for everyone's */
export async function listReplayable(
  db: Db,
  tenantId: string,
  of: { roomId: string; agentId: string | undefined; ownerId: string | undefined; limit: number },
): Promise<{ id: string; agentId: string }[]> {
  const { rows } = await sql<{ id: string; agentId: string }>`
    select r.id, r.agent_id from agent_runs r
    join ai_agents a on a.id = r.agent_id and a.tenant_id = r.tenant_id and a.deleted_at is null
    where r.tenant_id = ${tenantId} and r.room_id = ${of.roomId} and r.status in ('completed', 'silent', 'failed', 'cancelled')
      and (${of.agentId ?? null}::uuid is null or r.agent_id = ${of.agentId ?? null})
      and (${of.ownerId ?? null}::uuid is null or a.created_by = ${of.ownerId ?? null})
      and exists (select from run_steps s where s.run_id = r.id and s.kind = 'context')
    order by r.id desc limit ${of.limit}`.execute(db);
  return rows;
}

export async function insertReplay(
  tx: Tx,
  replay: Insertable<AgentReplaysTable>,
  runs: { id: string; agentId: string }[],
): Promise<void> {
  await tx.insertInto('agentReplays').values(replay).execute();
  await tx
    .insertInto('agentReplayRuns')
    .values(
      runs.map((run, i) => ({
        replayId: replay.id,
        n: i + 1,
        tenantId: replay.tenantId,
        runId: run.id,
        agentId: run.agentId,
      })),
    )
    .execute();
}

const replays = (db: Db | Tx) =>
  db
    .selectFrom('agentReplays')
    .selectAll()
    .select(
      sql<number>`(select count(*)::int from agent_replay_runs n where n.replay_id = agent_replays.id and n.status <> 'queued')`.as(
        'done',
      ),
    );

export const findReplay = (db: Db | Tx, id: string): Promise<ReplayRow | undefined> =>
  replays(db).where('id', '=', id).executeTakeFirst();

/** Newest first. */
export const listReplays = (
  db: Db,
  tenantId: string,
  requestedBy: string,
  page: { beforeId: string | undefined; limit: number },
): Promise<ReplayRow[]> => {
  let query = replays(db).where('tenantId', '=', tenantId).where('requestedBy', '=', requestedBy);
  if (page.beforeId !== undefined) query = query.where('id', '<', page.beforeId);
  return query.orderBy('id', 'desc').limit(page.limit).execute();
};

export const listReplayRuns = (
  db: Db,
  tenantId: string,
  replayId: string,
  page: { after: number; limit: number; waiting?: boolean },
): Promise<ReplayRunRow[]> => {
  let query = db
    .selectFrom('agentReplayRuns')
    .selectAll()
    .where('tenantId', '=', tenantId)
    .where('replayId', '=', replayId)
    .where('n', '>', page.after);
  if (page.waiting === true) query = query.where('status', '=', 'queued');
  return query.orderBy('n').limit(page.limit).execute();
};

export const setReplayRun = (
  tx: Tx,
  row: Pick<ReplayRunRow, 'tenantId' | 'replayId' | 'n'>,
  set: {
    status: 'done' | 'failed';
    reason: string | null;
    result?: string;
    inputTokens?: number;
    outputTokens?: number;
    costUsd?: number | null;
  },
): Promise<unknown> =>
  tx
    .updateTable('agentReplayRuns')
    .set(set)
    .where('tenantId', '=', row.tenantId)
    .where('replayId', '=', row.replayId)
    .where('n', '=', row.n)
    .execute();

/** Changes a report that is not over. */
export async function setReplay(
  tx: Tx,
  tenantId: string,
  id: string,
  status: 'running' | 'completed' | 'cancelled',
): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('agentReplays')
    .set({ status, ...(status === 'running' ? {} : { finishedAt: sql<Date>`now()` }) })
    .where('tenantId', '=', tenantId)
    .where('id', '=', id)
    .where('status', 'in', ['queued', 'running'])
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

export const deleteReplay = async (tx: Tx, tenantId: string, id: string): Promise<void> => {
  await tx.deleteFrom('agentReplays').where('tenantId', '=', tenantId).where('id', '=', id).execute();
};
