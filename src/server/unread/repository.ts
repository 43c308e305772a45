// What is newer than a read mark, with the counts of the same moment. One statement, so that the list and the badge are of one state.
import { type RawBuilder, sql } from 'kysely';
import type { Db } from '../../core/db/database.ts';
import type { Mention } from '../messages/contract.ts';

export interface Mark {
  readSeq: number;
  readAt: Date | null;
  unreadFrom: number | null;
  countsAfter: number;
  lastSeq: number;
  unread: number;
  mentions: number;
}

export interface Newer {
  id: string;
  seq: number;
  threadId: string | null;
  deleted: boolean;
  mentioned: Mention[];
  authorId: string;
  handle: string;
  name: string;
}

/** Messages after the mark that are looked at. */
const MOST = 2000;
/** Badges count up to here. */
const CAP = 1000;

type Row = Mark & { [K in keyof Newer]: Newer[K] | null };

export const findRoom = (db: Db, tenantId: string, roomId: string, userId: string) =>
  find(
    db,
    userId,
    sql`select m.read_seq, m.read_at, m.unread_from, least(m.read_seq, m.unread_from - 1) as counts_after, r.last_seq
      from memberships m join rooms r on r.id = m.room_id
      where m.tenant_id = ${tenantId}::uuid and m.room_id = ${roomId}::uuid and m.user_id = ${userId}::uuid`,
    sql`x.room_id = ${roomId}::uuid`,
  );

export const findThread = (
  db: Db,
  tenantId: string,
  { id: rootId, roomId }: { id: string; roomId: string },
  userId: string,
) =>
  find(
    db,
    userId,
    sql`select coalesce(t.read_seq, 0) as read_seq, null::timestamptz as read_at, null::bigint as unread_from, coalesce(t.read_seq, 0) as counts_after, r.last_seq
      from rooms r
      join memberships m on m.room_id = r.id and m.user_id = ${userId}::uuid
      left join thread_marks t on t.root_id = ${rootId}::uuid and t.user_id = m.user_id
      where r.tenant_id = ${tenantId}::uuid and r.id = ${roomId}::uuid`,
    sql`x.thread_id = ${rootId}::uuid`,
  );

/** Undefined for who is not a member. */
async function find(
  db: Db,
  userId: string,
  mark: RawBuilder<unknown>,
  among: RawBuilder<unknown>,
): Promise<{ mark: Mark; newer: Newer[] } | undefined> {
  const { rows } = await sql<Row>`
    with mark as (${mark})
    select mark.*, n.unread, n.mentions, newer.*
    from mark
    cross join lateral (
      select count(*)::int as unread, (count(*) filter (where meant))::int as mentions from (
        select x.mentions @> jsonb_build_array(jsonb_build_object('userId', ${userId}::text))
          or x.mentions @> '[{"kind":"all"}]'::jsonb or x.mentions @> jsonb_build_array(jsonb_build_object('userIds', jsonb_build_array(${userId}::text))) as meant
        from messages x
        where ${among} and x.seq > mark.counts_after and x.author_id <> ${userId}::uuid and x.deleted_at is null
        limit ${CAP}) counted) n
    left join lateral (
      select x.id, x.seq, x.thread_id, x.deleted_at is not null as deleted, x.mentions as mentioned, x.author_id, u.handle, u.name
      from messages x join users u on u.id = x.author_id
      where ${among} and x.seq > mark.counts_after
      order by x.seq limit ${MOST}) newer on true
    order by newer.seq`.execute(db);
  const [first] = rows;
  if (first === undefined) return undefined;
  return { mark: first, newer: rows.filter((row): row is Row & Newer => row.id !== null) };
}

/** Entries after a seq that are no messages. */
export async function countOthers(db: Db, roomId: string, after: number): Promise<number> {
  const { rows } = await sql<{ n: number }>`
    select greatest(0, r.last_seq - ${after}::bigint - (
      select count(*) from messages x where x.room_id = r.id and x.seq > ${after}::bigint))::int as n
    from rooms r where r.id = ${roomId}::uuid`.execute(db);
  return rows[0]?.n ?? 0;
}
