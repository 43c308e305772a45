// Queries on pins, which stand with their messages. No policy, no events, no clocks.
import { sql } from 'kysely';
import type { Db, Tx } from '../../core/db/database.ts';

export const countPins = async (tx: Tx, roomId: string): Promise<number> =>
  (
    await tx
      .selectFrom('messages')
      .select((eb) => eb.fn.countAll<number>().as('n'))
      .where('roomId', '=', roomId)
      .where('pinnedAt', 'is not', null)
      .executeTakeFirstOrThrow()
  ).n;

/** Answers the time of the pin. */
export const pin = async (tx: Tx, messageId: string, userId: string): Promise<Date> =>
  (
    await tx
      .updateTable('messages')
      .set({ pinnedAt: sql<Date>`now()`, pinnedBy: userId })
      .where('id', '=', messageId)
      .returning('pinnedAt')
      .executeTakeFirstOrThrow()
  ).pinnedAt as Date;

export const unpin = (tx: Tx, messageId: string) =>
  tx.updateTable('messages').set({ pinnedAt: null, pinnedBy: null }).where('id', '=', messageId).execute();

/** The one pinned last first. */
export async function listPinned(db: Db, roomId: string): Promise<string[]> {
  const rows = await db
    .selectFrom('messages')
    .select('id')
    .where('roomId', '=', roomId)
    .where('pinnedAt', 'is not', null)
    .orderBy('pinnedAt', 'desc')
    .orderBy('seq', 'desc')
    .execute();
  return rows.map((row) => row.id);
}
