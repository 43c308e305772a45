// Queries on saved messages. No policy, no events, no clocks.
import { sql } from 'kysely';
import type { Db, Tx } from '../../core/db/database.ts';

interface Saved {
  userId: string;
  messageId: string;
  tenantId: string;
  roomId: string;
  note: string;
}

/** Keeps the time of the first save. Answers undefined when the list is full. */
export async function save(tx: Tx, row: Saved, max: number): Promise<Date | undefined> {
  // Two devices that fill the list at once take turns.
  await sql`select 1 from users where id = ${row.userId} for no key update`.execute(tx);
  const { rows } = await sql<{ savedAt: Date }>`
    insert into saved_messages (user_id, message_id, tenant_id, room_id, note)
    select ${row.userId}::uuid, ${row.messageId}::uuid, ${row.tenantId}::uuid, ${row.roomId}::uuid, ${row.note}
    where (select count(*) from saved_messages where user_id = ${row.userId} and message_id <> ${row.messageId}) < ${max}
    on conflict (user_id, message_id) do update set note = excluded.note
    returning saved_at`.execute(tx);
  return rows[0]?.savedAt;
}

export const remove = async (db: Db, userId: string, messageId: string): Promise<string | undefined> =>
  (
    await db
      .deleteFrom('savedMessages')
      .where('userId', '=', userId)
      .where('messageId', '=', messageId)
      .returning('roomId')
      .executeTakeFirst()
  )?.roomId;

/** A place in the list, exact to what the database keeps. */
export interface Place {
  at: string;
  messageId: string;
}

/** Newest first, after a place. */
export async function list(
  db: Db,
  tenantId: string,
  userId: string,
  limit: number,
  after: Place | undefined,
): Promise<(Place & { note: string; savedAt: Date })[]> {
  const { rows } = await sql<Place & { note: string; savedAt: Date }>`
    select message_id, note, saved_at, saved_at::text as at from saved_messages
    where tenant_id = ${tenantId} and user_id = ${userId}
      and (${after?.at ?? null}::timestamptz is null or (saved_at, message_id) < (${after?.at ?? null}::timestamptz, ${after?.messageId ?? null}::uuid))
    order by saved_at desc, message_id desc limit ${limit}`.execute(db);
  return rows;
}
