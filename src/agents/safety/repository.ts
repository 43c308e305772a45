// Queries on emergency stops and on what the filter found. No policy.
import { type Insertable, type Selectable, sql } from 'kysely';
import type { Db, Tx } from '../../core/db/database.ts';
import type { AgentStopsTable, ContentChecksTable, StopTarget } from './tables.ts';

export type StopRow = Selectable<AgentStopsTable>;
export type CheckRow = Selectable<ContentChecksTable>;

/** Whoever commits something for an agent of the tenant waits until this transaction is over, and then knows of its stop. */
export async function lockStops(tx: Tx, tenantId: string): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtextextended(${`agent_stops:${tenantId}`}::text, 0))`.execute(
    tx,
  );
}

/** Whether a stop stands for the agent in this room; none is set before this transaction is over. */
export async function isStopped(
  tx: Tx,
  { tenantId, agentId, roomId }: { tenantId: string; agentId: string; roomId: string | null },
): Promise<boolean> {
  const { rows } = await sql<{ stopped: boolean }>`
    select agent_is_stopped(${tenantId}::uuid, ${agentId}::uuid, ${roomId}::uuid) as stopped`.execute(tx);
  return rows[0]?.stopped === true;
}

/** Inserts the stop unless one stands for the same target by the same authority. */
export const insertStop = (tx: Tx, stop: Insertable<AgentStopsTable>): Promise<StopRow | undefined> =>
  tx
    .insertInto('agentStops')
    .values(stop)
    .onConflict((oc) => oc.doNothing())
    .returningAll()
    .executeTakeFirst();

export const findStanding = (
  tx: Tx,
  tenantId: string,
  of: { target: StopTarget; targetId: string | null; byAdministrator: boolean },
): Promise<StopRow | undefined> =>
  tx
    .selectFrom('agentStops')
    .selectAll()
    .where('tenantId', '=', tenantId)
    .where('target', '=', of.target)
    .where('targetId', of.targetId === null ? 'is' : '=', of.targetId)
    .where('byAdministrator', '=', of.byAdministrator)
    .where('liftedAt', 'is', null)
    .executeTakeFirst();

export const findStop = (tx: Tx, tenantId: string, id: string): Promise<StopRow | undefined> =>
  tx
    .selectFrom('agentStops')
    .selectAll()
    .where('tenantId', '=', tenantId)
    .where('id', '=', id)
    .forUpdate()
    .executeTakeFirst();

export const updateStop = (
  tx: Tx,
  tenantId: string,
  id: string,
  set: { stoppedRuns: number } | { liftedBy: string; liftReason: string },
): Promise<StopRow> =>
  tx
    .updateTable('agentStops')
    .set({ ...set, ...('liftedBy' in set ? { liftedAt: sql<Date>`now()` } : {}) })
    .where('tenantId', '=', tenantId)
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirstOrThrow();

/** Newest first. @param seenBy undefined for all of the tenant, else those that concern this user */
export const listStops = (
  db: Db,
  tenantId: string,
  page: {
    seenBy: string | undefined;
    standing: boolean;
    beforeId: string | undefined;
    limit: number;
  },
): Promise<StopRow[]> => {
  const { seenBy } = page;
  let query = db.selectFrom('agentStops').selectAll().where('tenantId', '=', tenantId);
  if (page.standing) query = query.where('liftedAt', 'is', null);
  if (page.beforeId !== undefined) query = query.where('id', '<', page.beforeId);
  if (seenBy !== undefined) query = query.where(concerns(seenBy));
  return query.orderBy('id', 'desc').limit(page.limit).execute();
};

/** Those that stand for an agent wherever it is, newest first. */
export const listStopsOf = (
  db: Db,
  tenantId: string,
  { agentId, ownerId }: { agentId: string; ownerId: string | null },
): Promise<StopRow[]> =>
  db
    .selectFrom('agentStops')
    .selectAll()
    .where('tenantId', '=', tenantId)
    .where('liftedAt', 'is', null)
    .where((eb) =>
      eb.or([
        eb('target', '=', 'all'),
        eb.and([eb('target', '=', 'agent'), eb('targetId', '=', agentId)]),
        eb.and([eb('target', '=', 'owner'), eb('targetId', '=', ownerId)]),
      ]),
    )
    .orderBy('id', 'desc')
    .execute();

/** Whether a stop concerns a user: his agents, himself, a room he is in, or everyone. */
export async function doesConcern(tx: Tx, tenantId: string, id: string, userId: string): Promise<boolean> {
  const row = await tx
    .selectFrom('agentStops')
    .select('id')
    .where('tenantId', '=', tenantId)
    .where('id', '=', id)
    .where(concerns(userId))
    .executeTakeFirst();
  return row !== undefined;
}

const concerns = (userId: string) => sql<boolean>`(
  target = 'all'
  or (target = 'owner' and target_id = ${userId}::uuid)
  or (target = 'agent' and exists (
    select from ai_agents a where a.id = agent_stops.target_id and a.created_by = ${userId}::uuid))
  or (target = 'room' and exists (
    select from memberships m where m.room_id = agent_stops.target_id and m.user_id = ${userId}::uuid)))`;

/** True if the tenant has it: for administrators, who need not be members of a room. */
export async function hasTarget(
  db: Db,
  tenantId: string,
  target: Exclude<StopTarget, 'all'>,
  id: string,
): Promise<boolean> {
  const found =
    target === 'room'
      ? db.selectFrom('rooms').where('deletedAt', 'is', null)
      : target === 'agent'
        ? db.selectFrom('aiAgents').where('deletedAt', 'is', null)
        : db.selectFrom('users').where('kind', '=', 'human');
  const row = await (found as ReturnType<typeof db.selectFrom<'rooms'>>)
    .select('id')
    .where('tenantId', '=', tenantId)
    .where('id', '=', id)
    .executeTakeFirst();
  return row !== undefined;
}

/** Ids of the open runs that a stop ends. */
export async function listRunsUnder(
  tx: Tx,
  tenantId: string,
  { target, targetId }: { target: StopTarget; targetId: string | null },
): Promise<string[]> {
  let query = tx
    .selectFrom('agentRuns')
    .select('agentRuns.id')
    .where('agentRuns.tenantId', '=', tenantId)
    .where('agentRuns.status', 'in', ['queued', 'running', 'paused', 'waiting_approval']);
  if (target === 'agent') query = query.where('agentRuns.agentId', '=', targetId);
  if (target === 'room') query = query.where('agentRuns.roomId', '=', targetId);
  if (target === 'owner')
    query = query.where('agentRuns.agentId', 'in', (eb) =>
      eb
        .selectFrom('aiAgents')
        .select('aiAgents.id')
        .where('aiAgents.tenantId', '=', tenantId)
        .where('aiAgents.createdBy', '=', targetId),
    );
  return (await query.orderBy('agentRuns.id').execute()).map((row) => row.id);
}

export const insertCheck = async (tx: Tx, check: Insertable<ContentChecksTable>): Promise<void> => {
  await tx.insertInto('contentChecks').values(check).execute();
};

/** Newest first. */
export const listChecks = (
  db: Db,
  tenantId: string,
  agentId: string,
  page: { beforeId: string | undefined; limit: number },
): Promise<CheckRow[]> => {
  let query = db
    .selectFrom('contentChecks')
    .selectAll()
    .where('tenantId', '=', tenantId)
    .where('agentId', '=', agentId);
  if (page.beforeId !== undefined) query = query.where('id', '<', page.beforeId);
  return query.orderBy('id', 'desc').limit(page.limit).execute();
};
