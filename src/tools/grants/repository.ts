// Queries on grants, and on what a decision needs to know. No policy, no clocks but the database's.
import { type Selectable, sql } from 'kysely';
import type { Db, Tx } from '../../core/db/database.ts';
import type { ToolGrantsTable } from '../tables.ts';

export type GrantRow = Selectable<ToolGrantsTable>;

export const listGrants = (db: Db | Tx, tenantId: string, agentId: string): Promise<GrantRow[]> =>
  db
    .selectFrom('toolGrants')
    .selectAll()
    .where('tenantId', '=', tenantId)
    .where('agentId', '=', agentId)
    .orderBy('id')
    .execute();

/** Puts these rows in place of all that an agent had. */
export async function replaceGrants(
  tx: Tx,
  tenantId: string,
  agentId: string,
  rows: Omit<GrantRow, 'createdAt'>[],
): Promise<void> {
  await tx.deleteFrom('toolGrants').where('tenantId', '=', tenantId).where('agentId', '=', agentId).execute();
  if (rows.length === 0) return;
  await tx
    .insertInto('toolGrants')
    .values(rows.map((row) => ({ ...row, limits: JSON.stringify(row.limits) })))
    .execute();
}

/** Grants of one tool. @param lock they stay as they are, and their calls are counted by one at a time */
export function listGrantsOf(
  db: Db | Tx,
  call: { tenantId: string; agentId: string; toolName: string },
  lock: boolean,
): Promise<GrantRow[]> {
  const query = db
    .selectFrom('toolGrants')
    .selectAll()
    .where('tenantId', '=', call.tenantId)
    .where('agentId', '=', call.agentId)
    .where('toolName', '=', call.toolName)
    .orderBy('id');
  return (lock ? query.forUpdate() : query).execute();
}

/** Calls that were begun within the last `seconds`, besides the one of this id. */
export async function countCalls(
  db: Db | Tx,
  call: { tenantId: string; agentId: string; toolName: string; executionId: string },
  seconds: number,
): Promise<number> {
  const { count } = await db
    .selectFrom('toolExecutions')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('tenantId', '=', call.tenantId)
    .where('agentId', '=', call.agentId)
    .where('toolName', '=', call.toolName)
    .where('id', '!=', call.executionId)
    .where('ruling', '!=', 'refuse')
    .where(sql<boolean>`executed_at > now() - ${seconds} * interval '1 second'`)
    .executeTakeFirstOrThrow();
  return Number(count);
}

/** Who asks, who acts and who reads, as they are now. */
export async function readStanding(
  db: Db | Tx,
  call: { tenantId: string; agentId: string; askerId: string; roomId: string },
) {
  const { tenantId, agentId, askerId, roomId } = call;
  const users = await db
    .selectFrom('users')
    .leftJoin('memberships', (join) =>
      join.onRef('memberships.userId', '=', 'users.id').on('memberships.roomId', '=', roomId),
    )
    .select([
      'users.id',
      'users.kind',
      'users.ownerId',
      'users.role',
      'users.suspendedAt',
      'users.deletedAt',
      'memberships.role as roomRole',
    ])
    .where('users.tenantId', '=', tenantId)
    .where('users.id', 'in', [agentId, askerId])
    .execute();
  const room = await db
    .selectFrom('rooms')
    .select((eb) => [
      'visibility',
      sql<Date>`now()`.as('now'),
      eb
        .selectFrom('memberships')
        .select((inner) => inner.fn.countAll<number>().as('count'))
        .whereRef('memberships.roomId', '=', 'rooms.id')
        .where('memberships.userId', 'not in', [agentId, askerId])
        .as('others'),
    ])
    .where('tenantId', '=', tenantId)
    .where('id', '=', roomId)
    .where('deletedAt', 'is', null)
    .executeTakeFirst();
  return {
    agent: users.find((user) => user.id === agentId),
    asker: users.find((user) => user.id === askerId),
    room,
  };
}
