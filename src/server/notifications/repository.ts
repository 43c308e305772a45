// Queries on notifications. No policy, no events, no clocks.
import { type Selectable, sql } from 'kysely';
import type { Db, Tx } from '../../core/db/database.ts';
import { newId } from '../../core/ids.ts';
import type { Notification } from './contract.ts';
import type { NotificationsTable } from './tables.ts';

export type NotificationRow = Selectable<NotificationsTable>;

export interface Wanted {
  userId: string;
  kind: Notification['kind'];
}

/** How a message stands to a person of its room. */
export interface Wish extends Wanted {
  roomId: string;
  level: 'all' | 'mentions' | 'none';
  muted: boolean;
  /** Addressed to him: a mention, an answer to him, or a reply in a thread that he follows. */
  meant: boolean;
}

/** The wishes of all people of the room of a message but its author. */
const wishes = (tenantId: string, messageIds: string[]) => sql`
  select w.user_id, w.message_id, w.room_id, w.level, w.muted, w.mentioned or w.answered or w.follows as meant, case
      when w.mentioned then 'mention' when w.answered or w.follows then 'reply' when w.room_kind = 'direct' then 'direct' else 'message' end as kind
  from (
    select m.user_id, x.id as message_id, x.room_id, r.kind as room_kind,
      coalesce(m.notify, case when r.kind = 'direct' then 'all' else 'mentions' end) as level,
      coalesce(m.muted_until > now(), false) as muted,
      x.mentions <> '[]'::jsonb and (x.mentions @> jsonb_build_array(jsonb_build_object('userId', m.user_id::text))
        or x.mentions @> '[{"kind":"all"}]'::jsonb or x.mentions @> jsonb_build_array(jsonb_build_object('userIds', jsonb_build_array(m.user_id::text)))) as mentioned,
      coalesce(x.kind = 'agent' and o.author_id = m.user_id, false) as answered,
      coalesce(t.following, x.thread_id is not null and (f.author_id = m.user_id
        or f.mentions @> jsonb_build_array(jsonb_build_object('userId', m.user_id::text))
        or exists (select from messages p where p.thread_id = x.thread_id and p.id <> x.id and p.deleted_at is null
          and (p.author_id = m.user_id or p.mentions @> jsonb_build_array(jsonb_build_object('userId', m.user_id::text)))))) as follows
    from messages x
    join rooms r on r.id = x.room_id and r.deleted_at is null
    join memberships m on m.room_id = x.room_id and m.user_id <> x.author_id
    join users u on u.id = m.user_id and u.kind = 'human' and u.deleted_at is null
    left join messages f on f.id = x.thread_id
    left join messages o on o.id = x.root_id
    left join thread_marks t on t.root_id = x.thread_id and t.user_id = m.user_id
    where x.id = any(${messageIds}::uuid[]) and x.tenant_id = ${tenantId} and x.deleted_at is null) w`;

/**
 * Who is to be told of a message, and why: people of its room but its author, by their level for the room. An agent's answer is
 * for whoever its run was for.
 */
export async function listWanted(tx: Tx, tenantId: string, messageId: string): Promise<Wish[]> {
  const { rows } = await sql<Wish>`
    select * from (${wishes(tenantId, [messageId])}) w
    where not muted and (level = 'all' or (level = 'mentions' and meant))
    order by user_id`.execute(tx);
  return rows;
}

/** How one person's settings stand now to messages that are for him. */
export async function listWishes(
  db: Db,
  tenantId: string,
  messageIds: string[],
  userId: string,
): Promise<Map<string, Wish>> {
  const { rows } = await sql<Wish & { messageId: string }>`
    select * from (${wishes(tenantId, messageIds)}) w where user_id = ${userId}::uuid`.execute(db);
  return new Map(rows.map((row) => [row.messageId, row]));
}

/** What is unread and not counted: its owner may not read it any more. */
export async function listLost(
  db: Db,
  tenantId: string,
  userId: string,
  limit: number,
): Promise<{ id: string; place: number; deleted: boolean }[]> {
  const { rows } = await sql<{ id: string; place: number; deleted: boolean }>`
    select n.id, n.place, coalesce((select x.deleted_at is not null from messages x where x.id = n.message_id), true) as deleted
    from notifications n
    where n.tenant_id = ${tenantId}::uuid and n.user_id = ${userId}::uuid and n.read_at is null and not ${readable}
    order by n.place desc limit ${limit}`.execute(db);
  return rows;
}

export const findByKey = (db: Db, tenantId: string, userId: string, key: string) =>
  db
    .selectFrom('notifications')
    .selectAll()
    .where('tenantId', '=', tenantId)
    .where('userId', '=', userId)
    .where('key', '=', key)
    .executeTakeFirst();

export interface NewNotification {
  tenantId: string;
  key: string;
  roomId: string | null;
  messageId: string | null;
  subject: Record<string, unknown>;
}

/** Puts it into these inboxes, each once; answers the rows that are new. */
export async function insert(tx: Tx, about: NewNotification, wanted: Wanted[]): Promise<NotificationRow[]> {
  if (wanted.length === 0) return [];
  const users = wanted.map((w) => w.userId);
  const { rows } = await sql<NotificationRow>`
    with wanted as (
      select w.user_id, w.kind, w.id
      from unnest(${users}::uuid[], ${wanted.map((w) => w.kind)}::text[], ${wanted.map(() => newId())}::uuid[]) as w(user_id, kind, id)
      where not exists (select from notifications n where n.user_id = w.user_id and n.key = ${about.key})
    ), places as (
      insert into notification_settings as s (user_id, tenant_id, last_place)
      select user_id, ${about.tenantId}::uuid, 1 from wanted order by user_id
      on conflict (user_id) do update set last_place = s.last_place + 1
      returning user_id, last_place
    )
    insert into notifications (id, tenant_id, user_id, place, key, kind, room_id, message_id, subject)
    select w.id, ${about.tenantId}::uuid, w.user_id, p.last_place, ${about.key}, w.kind, ${about.roomId}::uuid, ${about.messageId}::uuid,
      ${JSON.stringify(about.subject)}::jsonb
    from wanted w join places p using (user_id)
    on conflict (user_id, key) do nothing
    returning *`.execute(tx);
  return rows;
}

/** What its owner may still read: without a message, or with one in a room of theirs. */
const readable = sql<boolean>`(n.message_id is null or exists (
  select from messages x join memberships m on m.room_id = x.room_id and m.user_id = n.user_id
  where x.id = n.message_id and x.deleted_at is null))`;

export const list = async (
  db: Db,
  tenantId: string,
  userId: string,
  page: { unread: boolean; before: number | null; limit: number },
): Promise<NotificationRow[]> => {
  const { rows } = await sql<NotificationRow>`
    select n.* from notifications n
    where n.tenant_id = ${tenantId} and n.user_id = ${userId} and ${readable}
      and (${page.before}::bigint is null or n.place < ${page.before}::bigint)
      and (not ${page.unread}::boolean or n.read_at is null)
    order by n.place desc limit ${page.limit}`.execute(db);
  return rows;
};

export const countUnread = async (db: Db, userId: string): Promise<number> => {
  const { rows } = await sql<{ n: number }>`
    select count(*)::int as n from notifications n
    where n.user_id = ${userId} and n.read_at is null and ${readable}`.execute(db);
  return rows[0]?.n ?? 0;
};

export const markRead = (
  db: Db,
  tenantId: string,
  userId: string,
  which: { ids?: string[] | undefined; upTo?: number | undefined },
) =>
  sql`
  update notifications set read_at = now()
  where tenant_id = ${tenantId} and user_id = ${userId} and read_at is null
    and (${which.ids ?? null}::uuid[] is null or id = any(${which.ids ?? null}::uuid[]))
    and (${which.upTo ?? null}::bigint is null or place <= ${which.upTo ?? null}::bigint)`.execute(db);

export const markUnread = async (db: Db, tenantId: string, userId: string, id: string): Promise<boolean> => {
  const { numUpdatedRows } = await db
    .updateTable('notifications')
    .set({ readAt: null })
    .where('tenantId', '=', tenantId)
    .where('userId', '=', userId)
    .where('id', '=', id)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
};

export const listSettings = (db: Db | Tx, userIds: string[]) =>
  db
    .selectFrom('notificationSettings')
    .selectAll()
    .where(sql<boolean>`user_id = any(${userIds}::uuid[])`)
    .execute();

export const setQuiet = (
  db: Db,
  row: {
    userId: string;
    tenantId: string;
    quietFrom: string | null;
    quietTo: string | null;
    timeZone: string | null;
  },
) => {
  const { userId: _, tenantId: __, ...set } = row;
  return db
    .insertInto('notificationSettings')
    .values(row)
    .onConflict((oc) => oc.column('userId').doUpdateSet(set))
    .execute();
};

export const findRoomNotify = (db: Db | Tx, roomId: string, userId: string) =>
  db
    .selectFrom('memberships')
    .select(['notify', 'mutedUntil'])
    .where('roomId', '=', roomId)
    .where('userId', '=', userId)
    .executeTakeFirst();

export const setRoomNotify = (
  tx: Tx,
  roomId: string,
  userId: string,
  set: { notify?: 'all' | 'mentions' | 'none'; mutedUntil?: Date | null },
) =>
  tx.updateTable('memberships').set(set).where('roomId', '=', roomId).where('userId', '=', userId).execute();

/** From now on each message of the room is looked at. */
export const makeLoud = (tx: Tx, roomId: string) =>
  tx.updateTable('rooms').set({ loud: true }).where('id', '=', roomId).where('loud', '=', false).execute();
