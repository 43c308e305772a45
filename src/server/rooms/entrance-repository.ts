// Queries about many people and rooms at once, each answered in its place.
import { sql } from 'kysely';
import type { Db } from '../../core/db/database.ts';
import { type Counts, UNREAD_CAP } from './counted-repository.ts';
import type { MemberRow } from './members-repository.ts';
import type { RoomRow } from './repository.ts';

export interface Who {
  tenantId: string;
  roomId: string;
  userId: string;
}

const asked = (who: Who[]) =>
  sql`unnest(${who.map((w) => w.tenantId)}::uuid[], ${who.map((w) => w.roomId)}::uuid[], ${who.map((w) => w.userId)}::uuid[])
      with ordinality as q(tenant_id, room_id, user_id, place)`;

function inPlace<R extends { place: number }, T>(
  who: Who[],
  rows: R[],
  of: (row: R) => T,
): (T | undefined)[] {
  const answers = new Array<T | undefined>(who.length).fill(undefined);
  for (const row of rows) answers[row.place - 1] = of(row);
  return answers;
}

/** Rooms, and whether these people are members of them. */
export async function findSeen(
  db: Db,
  who: Who[],
): Promise<({ row: RoomRow; member: boolean; bannedUntil: Date | null } | undefined)[]> {
  const { rows } = await sql<RoomRow & { place: number; member: boolean; bannedUntil: Date | null }>`
    select q.place, r.*, m.user_id is not null as member,
      case when r.has_bans and m.user_id is null then banned_until(q.user_id, r.id) end as banned_until
    from ${asked(who)}
    join rooms r on r.id = q.room_id and r.tenant_id = q.tenant_id and r.deleted_at is null
    left join memberships m on m.room_id = r.id and m.user_id = q.user_id`.execute(db);
  return inPlace(who, rows, ({ place: _, member, bannedUntil, ...row }) => ({
    row,
    member,
    bannedUntil,
  }));
}

/** Members with the messages by others after their read marks, and of these the ones that mention them. */
export async function findCounted(db: Db, who: Who[]): Promise<((MemberRow & Counts) | undefined)[]> {
  const { rows } = await sql<MemberRow & Counts & { place: number }>`
    select q.place, m.role, m.joined_at, m.read_seq, m.unread_from, u.id, u.kind, u.handle, u.name, u.avatar_url, u.owner_id, n.unread, n.mentions,
      case when u.sanctioned then muted_here(u.id, m.room_id) end as muted_here
    from ${asked(who)}
    join memberships m on m.room_id = q.room_id and m.user_id = q.user_id and m.tenant_id = q.tenant_id
    join users u on u.id = m.user_id
    cross join lateral (
      select count(*)::int as unread, (count(*) filter (where mentioned))::int as mentions from (
        select (mentions <> '[]'::jsonb and (mentions @> jsonb_build_array(jsonb_build_object('userId', m.user_id::text))
          or mentions @> '[{"kind":"all"}]'::jsonb or mentions @> jsonb_build_array(jsonb_build_object('userIds', jsonb_build_array(m.user_id::text))))) as mentioned from messages
        where room_id = m.room_id and seq > least(m.read_seq, m.unread_from - 1) and author_id <> m.user_id and deleted_at is null
        limit ${UNREAD_CAP}) newer) n`.execute(db);
  return inPlace(who, rows, ({ place: _, ...row }) => row);
}
