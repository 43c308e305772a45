// Queries that count what is unread for members: derived, never stored. No policy.
import { sql } from 'kysely';
import type { Db, Tx } from '../../core/db/database.ts';
import type { MemberRole } from './contract.ts';
import type { MemberRow } from './members-repository.ts';
import type { RoomRow } from './repository.ts';

/** Unread is counted up to here; more says nothing more to a reader. */
export const UNREAD_CAP = 1000;

/** Everything above is unread: after the read mark, or from where the room was marked unread. */
const readUpTo = sql`least(m.read_seq, m.unread_from - 1)`;

export interface Counts {
  unread: number;
  mentions: number;
  unreadFrom: number | null;
}

/**
 * A member with the messages by others after his read mark, and of these the ones that mention him. Derived, never
 * stored; in one look.
 */
export async function findMemberWithCounts(
  db: Db | Tx,
  roomId: string,
  userId: string,
): Promise<(MemberRow & Counts) | undefined> {
  const { rows } = await sql<MemberRow & Counts>`
    select m.role, m.joined_at, m.read_seq, m.unread_from, u.id, u.kind, u.handle, u.name, u.avatar_url, u.owner_id, n.unread, n.mentions,
      case when u.sanctioned then muted_here(u.id, m.room_id) end as muted_here
    from memberships m
    join users u on u.id = m.user_id
    cross join lateral (
      select count(*)::int as unread, (count(*) filter (where mentioned))::int as mentions from (
        select ${mentionsUser(userId)} as mentioned from messages
        where room_id = m.room_id and seq > ${readUpTo} and author_id <> m.user_id and deleted_at is null
        limit ${UNREAD_CAP}) newer) n
    where m.room_id = ${roomId} and m.user_id = ${userId}`.execute(db);
  return rows[0];
}

const mentionsUser = (userId: string) =>
  sql<boolean>`(mentions <> '[]'::jsonb and (mentions @> jsonb_build_array(jsonb_build_object('userId', ${userId}::text))
    or mentions @> '[{"kind":"all"}]'::jsonb or mentions @> jsonb_build_array(jsonb_build_object('userIds', jsonb_build_array(${userId}::text)))))`;

export type RoomWithMembership = RoomRow & {
  role: MemberRole;
  joinedAt: Date;
  readSeq: number;
  mutedHere: Date | null;
} & Counts;

export async function listRoomsOf(
  db: Db,
  tenantId: string,
  userId: string,
  limit: number,
  afterId?: string,
  /** Only these, where given. */
  among: string[] | null = null,
): Promise<RoomWithMembership[]> {
  const { rows } = await sql<RoomWithMembership>`
    select r.*, m.role, m.joined_at, m.read_seq, m.unread_from, u.unread, u.mentions,
      (select case when sanctioned then muted_here(id, r.id) end from users where id = m.user_id) as muted_here
    from memberships m
    join rooms r on r.id = m.room_id and r.deleted_at is null
    cross join lateral (
      select count(*)::int as unread, (count(*) filter (where mentioned))::int as mentions from (
        select ${mentionsUser(userId)} as mentioned from messages
        where room_id = r.id and seq > ${readUpTo} and author_id <> ${userId} and deleted_at is null
        limit ${UNREAD_CAP}) newer) u
    where m.user_id = ${userId} and m.tenant_id = ${tenantId} and r.id > ${afterId ?? '00000000-0000-0000-0000-000000000000'}::uuid
      and (${among}::uuid[] is null or r.id = any(${among}::uuid[]))
    order by r.id limit ${limit}`.execute(db);
  return rows;
}
