// Queries on reactions. No policy, no events, no clocks.
import type { Tx } from '../../core/db/database.ts';

/** Emoji that someone gave a message. */
export async function listOf(tx: Tx, messageId: string, userId: string): Promise<string[]> {
  const rows = await tx
    .selectFrom('messageReactions')
    .select('emoji')
    .where('messageId', '=', messageId)
    .where('userId', '=', userId)
    .execute();
  return rows.map((row) => row.emoji);
}

export const insert = (tx: Tx, row: { tenantId: string; messageId: string; userId: string; emoji: string }) =>
  tx.insertInto('messageReactions').values(row).execute();

export const remove = (tx: Tx, messageId: string, userId: string, emoji: string) =>
  tx
    .deleteFrom('messageReactions')
    .where('messageId', '=', messageId)
    .where('userId', '=', userId)
    .where('emoji', '=', emoji)
    .execute();

/** What the message shows of its reactions. */
export const setSummary = (tx: Tx, messageId: string, summary: { emoji: string; count: number }[]) =>
  tx
    .updateTable('messages')
    .set({ reactions: JSON.stringify(summary) })
    .where('id', '=', messageId)
    .execute();
