// Queries on threads. A thread is the replies of one message in the room's own sequence; nothing of it is stored but marks.
import { type RawBuilder, sql } from 'kysely';
import type { Db, Tx } from '../../core/db/database.ts';

/** Unread replies are counted up to here. */
const UNREAD_CAP = 1000;

export interface ThreadState {
  rootId: string;
  readSeq: number;
  unread: number;
  mentions: number;
  following: boolean;
}

const mentionsUser = (message: string, userId: string): RawBuilder<boolean> => {
  const mentions = sql.ref(`${message}.mentions`);
  return sql<boolean>`(${mentions} <> '[]'::jsonb
    and ${mentions} @> jsonb_build_array(jsonb_build_object('userId', ${userId}::text)))`;
};

/** Whether a user follows the thread of the message `r`: by choice, or because of taking part. */
const follows = (
  userId: string,
): RawBuilder<boolean> => sql<boolean>`coalesce(t.following, r.author_id = ${userId}
    or ${mentionsUser('r', userId)}
    or exists (select from messages p where p.thread_id = r.id and p.deleted_at is null
      and (p.author_id = ${userId} or ${mentionsUser('p', userId)})))`;

const STATE = (userId: string) => sql`
  cross join lateral (
    select count(*)::int as unread, (count(*) filter (where mentioned))::int as mentions from (
      select (${mentionsUser('m', userId)} or m.mentions @> '[{"kind":"all"}]'::jsonb or m.mentions @> jsonb_build_array(jsonb_build_object('userIds', jsonb_build_array(${userId}::text)))) as mentioned
      from messages m
      where m.thread_id = r.id and m.seq > coalesce(t.read_seq, 0) and m.author_id <> ${userId} and m.deleted_at is null
      limit ${UNREAD_CAP}) newer) n`;

/** How the threads of these messages stand for a user. */
export async function listStates(db: Db | Tx, userId: string, rootIds: string[]): Promise<ThreadState[]> {
  const { rows } = await sql<ThreadState>`
    select r.id as root_id, coalesce(t.read_seq, 0) as read_seq, n.unread, n.mentions, ${follows(userId)} as following
    from messages r left join thread_marks t on t.root_id = r.id and t.user_id = ${userId}
    ${STATE(userId)}
    where r.id = any(${rootIds}::uuid[])`.execute(db);
  return rows;
}

/** Roots of threads with replies, newest reply first, below a seq. */
export async function listRoots(
  db: Db,
  roomId: string,
  userId: string,
  page: { following: boolean; before: number | null; limit: number },
): Promise<{ id: string; lastReplySeq: number }[]> {
  const { rows } = await sql<{ id: string; lastReplySeq: number }>`
    select r.id, r.last_reply_seq from messages r
    left join thread_marks t on t.root_id = r.id and t.user_id = ${userId}
    where r.room_id = ${roomId} and r.reply_count > 0
      and (${page.before}::bigint is null or r.last_reply_seq < ${page.before}::bigint)
      and (not ${page.following}::boolean or ${follows(userId)})
    order by r.last_reply_seq desc limit ${page.limit}`.execute(db);
  return rows;
}

/** Moves a mark forward, never back, nor beyond the room's newest entry. */
export const advance = (
  db: Db | Tx,
  mark: { rootId: string; userId: string; tenantId: string; roomId: string },
  seq: number,
) =>
  sql`
  insert into thread_marks (root_id, user_id, tenant_id, read_seq)
  select ${mark.rootId}::uuid, ${mark.userId}::uuid, ${mark.tenantId}::uuid, least(${seq}::bigint, last_seq)
  from rooms where id = ${mark.roomId}::uuid
  on conflict (root_id, user_id) do update set read_seq = greatest(thread_marks.read_seq, excluded.read_seq)`.execute(
    db,
  );

export const setFollowing = (
  db: Db | Tx,
  mark: { rootId: string; userId: string; tenantId: string },
  following: boolean,
) =>
  db
    .insertInto('threadMarks')
    .values({ ...mark, following })
    .onConflict((oc) => oc.columns(['rootId', 'userId']).doUpdateSet({ following }))
    .execute();
