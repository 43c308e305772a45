// Queries on what was done with cards. No policy, no events.
import { type Insertable, type Selectable, sql } from 'kysely';
import type { Tx } from '../../core/db/database.ts';
import type { CardActionsTable } from './tables.ts';

export type ActionRow = Selectable<CardActionsTable>;

export const insertAction = (tx: Tx, row: Insertable<CardActionsTable>): Promise<ActionRow> =>
  tx.insertInto('cardActions').values(row).returningAll().executeTakeFirstOrThrow();

/** One press of an action of a message, by the id that was chosen for it. */
export const findPress = (
  tx: Tx,
  messageId: string,
  actionId: string,
  pressId: string,
): Promise<ActionRow | undefined> =>
  tx
    .selectFrom('cardActions')
    .selectAll()
    .where('messageId', '=', messageId)
    .where('actionId', '=', actionId)
    .where('pressId', '=', pressId)
    .executeTakeFirst();

export interface Presses {
  count: number;
  /** Who was first, with the name of now. */
  first: { id: string; name: string } | null;
  /** The asker has pressed. */
  mine: boolean;
}

/** How often an action was pressed, by whom first, and whether by this one. */
export async function countPresses(
  tx: Tx,
  messageId: string,
  actionId: string,
  userId: string,
): Promise<Presses> {
  const { rows } = await sql<Presses>`
    select count(*)::int as count, coalesce(bool_or(a.user_id = ${userId}), false) as mine,
      (select jsonb_build_object('id', u.id, 'name', u.name) from card_actions f join users u on u.id = f.user_id
        where f.message_id = ${messageId} and f.action_id = ${actionId} order by f.created_at, f.id limit 1) as first
    from card_actions a where a.message_id = ${messageId} and a.action_id = ${actionId}`.execute(tx);
  return rows[0] ?? { count: 0, first: null, mine: false };
}
