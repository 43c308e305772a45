// Queries on agents' profiles. No policy, no clocks.
import { type Insertable, type Selectable, sql, type Updateable } from 'kysely';
import type { Db, Tx } from '../../core/db/database.ts';
import { recordRevision, SETTINGS } from '../revisions/repository.ts';
import type { AiAgentsTable } from './tables.ts';

export type AgentRow = Selectable<AiAgentsTable> & {
  handle: string;
  avatarUrl: string | null;
  suspendedAt: Date | null;
};

const agents = (db: Db | Tx, tenantId: string) =>
  db
    .selectFrom('aiAgents')
    .innerJoin('users', 'users.id', 'aiAgents.id')
    .where('aiAgents.tenantId', '=', tenantId)
    .where('aiAgents.deletedAt', 'is', null)
    .selectAll('aiAgents')
    .select(['users.handle', 'users.avatarUrl', 'users.suspendedAt']);

export const findAgent = (db: Db | Tx, tenantId: string, id: string): Promise<AgentRow | undefined> =>
  agents(db, tenantId).where('aiAgents.id', '=', id).executeTakeFirst();

export async function hasHandle(tx: Tx, tenantId: string, key: string): Promise<boolean> {
  const row = await tx
    .selectFrom('users')
    .select('id')
    .where('tenantId', '=', tenantId)
    .where('handleKey', '=', key)
    .where('deletedAt', 'is', null)
    .executeTakeFirst();
  return row !== undefined;
}

/** True once the tenant has had an agent without an owner, also when it was deleted. */
export async function hadBuiltIn(db: Db | Tx, tenantId: string): Promise<boolean> {
  const row = await db
    .selectFrom('aiAgents')
    .select('id')
    .where('tenantId', '=', tenantId)
    .where('createdBy', 'is', null)
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}

/** @param createdBy undefined for agents of everyone */
export const listAgents = (
  db: Db,
  tenantId: string,
  page: { createdBy: string | undefined; afterId: string | undefined; limit: number },
): Promise<AgentRow[]> => {
  let query = agents(db, tenantId);
  if (page.createdBy !== undefined) query = query.where('aiAgents.createdBy', '=', page.createdBy);
  if (page.afterId !== undefined) query = query.where('aiAgents.id', '>', page.afterId);
  return query.orderBy('aiAgents.id').limit(page.limit).execute();
};

/** Ids of the agents that a user answers for. */
export async function listAgentIdsOf(tx: Tx, tenantId: string, createdBy: string): Promise<string[]> {
  const rows = await tx
    .selectFrom('aiAgents')
    .select('id')
    .where('tenantId', '=', tenantId)
    .where('createdBy', '=', createdBy)
    .where('deletedAt', 'is', null)
    .orderBy('id')
    .execute();
  return rows.map((row) => row.id);
}

export const insertAgent = async (tx: Tx, agent: Insertable<AiAgentsTable>): Promise<void> => {
  await tx.insertInto('aiAgents').values(agent).execute();
  await recordRevision(tx, agent.tenantId, agent.id, agent.createdBy ?? null);
};

/** Where settings change, a revision is recorded. @param by who changes it; null for the server itself */
export const updateAgent = async (
  tx: Tx,
  tenantId: string,
  id: string,
  set: Updateable<AiAgentsTable>,
  by: string | null = null,
): Promise<boolean> => {
  const { numUpdatedRows } = await tx
    .updateTable('aiAgents')
    .set((eb) => ({ ...set, updatedAt: eb.fn<Date>('now') }))
    .where('tenantId', '=', tenantId)
    .where('id', '=', id)
    .where('deletedAt', 'is', null)
    .executeTakeFirst();
  if (numUpdatedRows > 0n && SETTINGS.some((name) => set[name] !== undefined))
    await recordRevision(tx, tenantId, id, by);
  return numUpdatedRows > 0n;
};

/** Notes the membership of a user who is an agent with a profile; nothing happens for any other. @param by who brought it */
export const insertAgentRoom = async (
  tx: Tx,
  tenantId: string,
  roomId: string,
  agentId: string,
  by: string,
): Promise<void> => {
  const byAdmin = sql<boolean>`exists (select from memberships m join rooms r on r.id = m.room_id join users u on u.id = m.user_id
    where m.room_id = ${roomId} and m.user_id = ${by} and u.kind = 'human'
      and (r.kind = 'direct' or m.role in ('owner', 'admin')))`;
  await tx
    .insertInto('agentRooms')
    .columns(['roomId', 'agentId', 'tenantId', 'invitedByAdmin', 'broughtBy'])
    .expression((eb) =>
      eb
        .selectFrom('aiAgents')
        .select([
          eb.cast<string>(eb.val(roomId), 'uuid').as('roomId'),
          'id',
          'tenantId',
          byAdmin.as('invitedByAdmin'),
          eb.cast<string>(eb.val(by), 'uuid').as('broughtBy'),
        ])
        .where('tenantId', '=', tenantId)
        .where('id', '=', agentId),
    )
    .onConflict((oc) => oc.doNothing())
    .execute();
};

export const deleteAgentRoom = async (
  tx: Tx,
  tenantId: string,
  roomId: string,
  agentId: string,
): Promise<void> => {
  await tx
    .deleteFrom('agentRooms')
    .where('tenantId', '=', tenantId)
    .where('roomId', '=', roomId)
    .where('agentId', '=', agentId)
    .execute();
};
