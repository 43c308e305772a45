// What the database knows of one message and one user. Queries only.
import { sql } from 'kysely';
import type { Db } from '../../core/db/database.ts';

export interface Standing {
  suspendedAt: Date | null;
  joinedAt: Date | null;
  readSeq: number | null;
  readAt: Date | null;
  unreadFrom: number | null;
  /** Of the thread that the message stands in. */
  threadReadSeq: number | null;
  loggedAt: Date | null;
  mutedUntil: Date | null;
  bannedUntil: Date | null;
}

export async function findStanding(
  db: Db,
  tenantId: string,
  userId: string,
  at: { roomId: string; seq: number; threadId: string | null },
): Promise<Standing | undefined> {
  const { rows } = await sql<Standing>`
    select u.suspended_at, m.joined_at, m.read_seq, m.read_at, m.unread_from, t.read_seq as thread_read_seq, e.created_at as logged_at,
      case when u.sanctioned then muted_until(u.id, ${at.roomId}::uuid) end as muted_until,
      case when u.sanctioned then banned_until(u.id, ${at.roomId}::uuid) end as banned_until
    from users u
    left join memberships m on m.user_id = u.id and m.room_id = ${at.roomId}::uuid
    left join thread_marks t on t.user_id = u.id and t.root_id = ${at.threadId}::uuid
    left join room_events e on e.room_id = ${at.roomId}::uuid and e.seq = ${at.seq}::bigint
    where u.id = ${userId}::uuid and u.tenant_id = ${tenantId}::uuid`.execute(db);
  return rows[0];
}

/** One time that a user came into a room or went. */
export interface ComingOrGoing {
  seq: number;
  type: 'member_joined' | 'member_left';
  /** Who did it; of a joining unknown. */
  by: string | null;
  createdAt: Date;
}

/** The newest of them, oldest first. */
export async function listComings(
  db: Db,
  tenantId: string,
  roomId: string,
  userId: string,
  limit: number,
): Promise<ComingOrGoing[]> {
  // As the index has it.
  const { rows } = await sql<ComingOrGoing>`
    select seq, type, payload ->> 'by' as by, created_at from room_events
    where tenant_id = ${tenantId}::uuid and room_id = ${roomId}::uuid and type in ('member_joined', 'member_left')
      and coalesce(payload ->> 'userId', payload -> 'member' -> 'user' ->> 'id') = ${userId}::text
    order by seq desc limit ${limit}`.execute(db);
  return rows.reverse();
}

export interface HeldRow {
  id: string;
  roomId: string;
  authorId: string;
  rule: string;
  state: 'waiting' | 'released' | 'rejected';
  note: string;
  createdAt: Date;
  decidedAt: Date | null;
}

/** What a rule of its room held of this id. */
export const findHeld = (db: Db, tenantId: string, id: string): Promise<HeldRow | undefined> =>
  db
    .selectFrom('heldMessages')
    .select(['id', 'roomId', 'authorId', 'rule', 'state', 'note', 'createdAt', 'decidedAt'])
    .where('tenantId', '=', tenantId)
    .where('id', '=', id)
    .executeTakeFirst();
