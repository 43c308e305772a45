// Queries on messages and on the room log. No policy, no events, no clocks.
import { type Insertable, type Selectable, sql, type Updateable } from 'kysely';
import { plainArray } from '../../core/db/columns.ts';
import type { Db, Tx } from '../../core/db/database.ts';
import type { RoomRights } from '../rooms/contract.ts';
import type { HeldMessagesTable } from '../rules/service.ts';
import type { MessagesTable } from './tables.ts';

export type MessageRow = Selectable<MessagesTable>;

interface AuthorColumns {
  authorKind: 'human' | 'agent';
  authorHandle: string;
  authorName: string;
  authorAvatarUrl: string | null;
  authorOwnerId: string | null;
}
export type MessageWithAuthor = MessageRow & AuthorColumns;

const AUTHOR = [
  'users.kind as authorKind',
  'users.handle as authorHandle',
  'users.name as authorName',
  'users.avatarUrl as authorAvatarUrl',
  'users.ownerId as authorOwnerId',
] as const;

const withAuthor = (db: Db | Tx) =>
  db
    .selectFrom('messages')
    .innerJoin('users', 'users.id', 'messages.authorId')
    .selectAll('messages')
    .select(AUTHOR);

export const findMessage = (
  db: Db | Tx,
  tenantId: string,
  id: string,
): Promise<MessageWithAuthor | undefined> =>
  withAuthor(db).where('messages.tenantId', '=', tenantId).where('messages.id', '=', id).executeTakeFirst();

/** A message of a room and those before it, oldest first; none where the user may not see the room. */
export const listLeadingTo = (
  db: Db,
  tenantId: string,
  userId: string,
  { roomId, messageId, limit }: { roomId: string; messageId: string; limit: number },
): Promise<MessageWithAuthor[]> =>
  withAuthor(db)
    .where('messages.tenantId', '=', tenantId)
    .where('messages.roomId', '=', roomId)
    .where(
      'messages.seq',
      '<=',
      sql<number>`(select t.seq from messages t where t.id = ${messageId} and t.room_id = ${roomId})`,
    )
    .where(
      sql<boolean>`exists (select from rooms r left join memberships m on m.room_id = r.id and m.user_id = ${userId}
        where r.id = ${roomId} and r.tenant_id = ${tenantId} and r.deleted_at is null
          and (r.visibility = 'public' or m.user_id is not null))`,
    )
    .orderBy('messages.seq', 'desc')
    .limit(limit + 1)
    .execute()
    .then((rows) => rows.reverse());

/** Of these, what a user may read as a member of their rooms at this moment. */
export const listReadable = (
  db: Db,
  tenantId: string,
  userId: string,
  ids: string[],
): Promise<MessageWithAuthor[]> =>
  withAuthor(db)
    .innerJoin('memberships', (on) =>
      on.onRef('memberships.roomId', '=', 'messages.roomId').on('memberships.userId', '=', userId),
    )
    .innerJoin('rooms', 'rooms.id', 'messages.roomId')
    .where('messages.tenantId', '=', tenantId)
    .where('messages.id', '=', sql<string>`any(${ids}::uuid[])`)
    .where('messages.deletedAt', 'is', null)
    .where('rooms.deletedAt', 'is', null)
    .execute();

/** One page, oldest first. Asks for one more than `limit` so that the caller knows whether there is more. */
export async function listMessages(
  db: Db,
  roomId: string,
  page: {
    before?: number | undefined;
    after?: number | undefined;
    threadId?: string | undefined;
    repliesTo?: string | undefined;
    limit: number;
  },
): Promise<MessageWithAuthor[]> {
  let query = withAuthor(db).where('messages.roomId', '=', roomId);
  if (page.threadId !== undefined) {
    const threadId = page.threadId;
    query = query.where((eb) =>
      eb.or([eb('messages.threadId', '=', threadId), eb('messages.id', '=', threadId)]),
    );
  }
  if (page.repliesTo !== undefined) query = query.where('messages.threadId', '=', page.repliesTo);
  if (page.before !== undefined) query = query.where('messages.seq', '<', page.before);
  if (page.after !== undefined) query = query.where('messages.seq', '>', page.after);
  const forwards = page.after !== undefined && page.before === undefined;
  const rows = await query
    .orderBy('messages.seq', forwards ? 'asc' : 'desc')
    .limit(page.limit + 1)
    .execute();
  return forwards ? rows : rows.reverse();
}

export const updateMessage = (tx: Tx, id: string, set: Updateable<MessagesTable>) =>
  tx
    .updateTable('messages')
    .set({ ...set, version: sql<number>`version + 1` })
    .where('id', '=', id)
    .execute();

/** Which emoji someone gave each of these messages. */
export async function listReactionsBy(
  db: Db | Tx,
  userId: string,
  messageIds: string[],
): Promise<Map<string, Set<string>>> {
  const rows = await db
    .selectFrom('messageReactions')
    .select(['messageId', 'emoji'])
    .where('userId', '=', userId)
    .where(sql<boolean>`message_id = any(${messageIds}::uuid[])`)
    .execute();
  return new Map(
    [...Map.groupBy(rows, (row) => row.messageId)].map(([id, some]) => [
      id,
      new Set(some.map((row) => row.emoji)),
    ]),
  );
}

/** Keeps what a message says before it is changed. */
export const keepVersion = (tx: Tx, row: MessageRow) =>
  tx
    .insertInto('messageVersions')
    .values({
      messageId: row.id,
      version: row.version,
      tenantId: row.tenantId,
      body: row.body,
      mentions: JSON.stringify(row.mentions),
      writtenAt: row.editedAt ?? row.createdAt,
    })
    .execute();

/** @returns how many there were */
export const deleteVersions = async (tx: Tx, messageId: string): Promise<number> =>
  Number(
    (await tx.deleteFrom('messageVersions').where('messageId', '=', messageId).executeTakeFirst())
      .numDeletedRows,
  );

export const listByIds = (db: Db | Tx, tenantId: string, ids: string[]): Promise<MessageWithAuthor[]> =>
  withAuthor(db)
    .where('messages.tenantId', '=', tenantId)
    .where(sql<boolean>`messages.id = any(${ids}::uuid[])`)
    .execute();

/** Counts the replies to a message anew: one of them was deleted. */
export const recountReplies = (tx: Tx, messageId: string) =>
  sql`
  update messages set reply_count = r.n, last_reply_seq = r.seq, last_reply_at = r.at
  from (select count(*)::int as n, max(seq) as seq, max(created_at) as at
    from messages where thread_id = ${messageId}::uuid and deleted_at is null) r
  where id = ${messageId}::uuid`.execute(tx);

/** What people did with its cards. */
export const deleteCardActions = (tx: Tx, messageId: string) =>
  tx.deleteFrom('cardActions').where('messageId', '=', messageId).execute();

export const deleteReactions = (tx: Tx, messageId: string) =>
  tx.deleteFrom('messageReactions').where('messageId', '=', messageId).execute();

/** Messages that stand, oldest first, before a time or by an author. */
export const listToWipe = (
  tx: Tx,
  tenantId: string,
  roomId: string,
  which: { before: Date } | { authorId: string } | { ids: string[] },
  limit: number,
): Promise<MessageRow[]> => {
  const query = tx
    .selectFrom('messages')
    .selectAll()
    .where('tenantId', '=', tenantId)
    .where('roomId', '=', roomId)
    .where('deletedAt', 'is', null);
  const those =
    'before' in which
      ? query.where('createdAt', '<', which.before)
      : 'ids' in which
        ? query.where(sql<boolean>`id = any(${which.ids}::uuid[])`)
        : query.where('authorId', '=', which.authorId);
  return those.orderBy('seq').limit(limit).execute();
};

export const setPreviews = (tx: Tx, id: string, previews: string) =>
  tx.updateTable('messages').set({ previews }).where('id', '=', id).execute();

export interface EventRow {
  seq: number;
  type: string;
  payload: Record<string, unknown> | null;
  messageId: string | null;
  message: MessageWithAuthor | null;
}

/** Log entries with afterSeq < seq ≤ upTo, oldest first, each with the present state of the message it is about. */
export async function listEvents(
  db: Db,
  roomId: string,
  afterSeq: number,
  upTo: number,
  limit: number,
): Promise<EventRow[]> {
  const rows = await db
    .selectFrom('roomEvents')
    .leftJoin('messages', 'messages.id', 'roomEvents.messageId')
    .leftJoin('users', 'users.id', 'messages.authorId')
    .select(['roomEvents.seq as eventSeq', 'roomEvents.type', 'roomEvents.payload', 'roomEvents.messageId'])
    .selectAll('messages')
    .select(AUTHOR)
    .where('roomEvents.roomId', '=', roomId)
    .where('roomEvents.seq', '>', afterSeq)
    .where('roomEvents.seq', '<=', upTo)
    .orderBy('roomEvents.seq')
    .limit(limit)
    .execute();
  return rows.map(({ eventSeq, type, payload, messageId, ...message }) => ({
    seq: eventSeq,
    type,
    payload,
    messageId,
    message: message.id === null ? null : (message as MessageWithAuthor),
  }));
}

export const getLastSeq = async (db: Db, roomId: string): Promise<number> =>
  (await db.selectFrom('rooms').select('lastSeq').where('id', '=', roomId).executeTakeFirst())?.lastSeq ?? 0;

export const getLastSeqs = async (db: Db, roomIds: string[]): Promise<Map<string, number>> => {
  const rows = await db
    .selectFrom('rooms')
    .select(['id', 'lastSeq'])
    .where(sql<boolean>`id = any(${roomIds}::uuid[])`)
    .execute();
  return new Map(rows.map((row) => [row.id, row.lastSeq]));
};

export const bumpLastSeq = async (tx: Tx, roomId: string, by: number): Promise<number> =>
  (
    await tx
      .updateTable('rooms')
      .set({ lastSeq: sql<number>`last_seq + ${by}` })
      .where('id', '=', roomId)
      .returning('lastSeq')
      .executeTakeFirstOrThrow()
  ).lastSeq;

export const insertEvents = (
  tx: Tx,
  rows: {
    roomId: string;
    seq: number;
    tenantId: string;
    type: string;
    messageId: string | null;
    payload: string | null;
  }[],
) => tx.insertInto('roomEvents').values(rows).execute();

/** Members of a room whose folded handle is one of these. */
export const findMembersByHandle = (db: Db | Tx, roomId: string, keys: string[]) =>
  db
    .selectFrom('memberships')
    .innerJoin('users', 'users.id', 'memberships.userId')
    .select(['users.id', 'users.kind', 'users.handleKey'])
    .where('memberships.roomId', '=', roomId)
    .where('users.handleKey', 'in', keys)
    .execute();

/** Those of these people who are members. */
export const listMembersAmong = async (db: Db | Tx, roomId: string, userIds: string[]): Promise<string[]> =>
  (
    await db
      .selectFrom('memberships')
      .select('userId')
      .where('roomId', '=', roomId)
      .where(sql<boolean>`user_id = any(${userIds}::uuid[])`)
      .orderBy('userId')
      .execute()
  ).map(({ userId }) => userId);

export const countMembers = async (db: Db | Tx, roomId: string): Promise<number> =>
  (
    await db
      .selectFrom('memberships')
      .select((eb) => eb.fn.countAll<number>().as('n'))
      .where('roomId', '=', roomId)
      .executeTakeFirstOrThrow()
  ).n;

// ——— the writer's three statements ———

export interface LockedRoom {
  id: string;
  tenantId: string;
  kind: 'channel' | 'group' | 'direct';
  visibility: 'public' | 'private';
  /** Somebody hears of every message. */
  loud: boolean;
  /** An agent is or was a member. */
  heard: boolean;
  rights: RoomRights | null;
  slowModeSeconds: number;
  rulesVersion: number;
  lastSeq: number;
  /** The transaction's time, by the database's clock; `at` as clients see it. */
  now: Date;
  at: string;
}

/** Locks rooms in one order, so that two writers cannot wait for each other. */
export async function lockRooms(tx: Tx, ids: string[], skipLocked: boolean): Promise<LockedRoom[]> {
  const { rows } = await sql<Omit<LockedRoom, 'now' | 'at'> & { nowMs: number }>`
    select id, tenant_id, kind, visibility, loud, heard, rights, slow_mode_seconds, rules_version, last_seq,
      (extract(epoch from now()) * 1000)::float8 as now_ms
    from rooms
    where id = any(${plainArray(ids)}::uuid[]) and deleted_at is null
    order by id for update ${sql.raw(skipLocked ? 'skip locked' : '')}`.execute(tx);
  // One time for all of them: it is the transaction's.
  const now = new Date(rows[0]?.nowMs ?? 0);
  const at = now.toISOString();
  return rows.map(({ nowMs: _, ...room }) => ({ ...room, now, at }));
}

export interface SendCheck {
  /** Place of the send in the batch, from 1. */
  place: number;
  roomRole: 'owner' | 'admin' | 'member' | null;
  /** How its author is shown now. */
  authorName: string | null;
  authorAvatarUrl: string | null;
  /** What is not as for most; null where all is. */
  odd: {
    suspended: boolean;
    /** Administrator of the server. */
    admin: boolean;
    mutedUntil: string | null;
    /** When he spoke last, in a room of slow mode. */
    spokeAt: string | null;
    /** Of a message with this id that a rule held, by this author in this room. */
    held: 'waiting' | 'released' | 'rejected' | null;
    /** Something stands in the author's composer of this room. */
    drafted: boolean;
    /** The message the thread hangs on, also where a reply of it was named. */
    threadRoot: string | null;
    /** The message that already has this id. */
    existingAuthor: string | null;
    existingRoom: string | null;
  } | null;
}

/** For each send of a batch: is its author a member now, and is its id in use? Runs after the rooms are locked. */
export async function checkSends(
  tx: Tx,
  sends: {
    roomId: string;
    authorId: string;
    id: string;
    threadId: string | null;
  }[],
): Promise<SendCheck[]> {
  const { rows } = await sql<SendCheck>`
    select p.place::int as place, m.role as room_role, u.name as author_name, u.avatar_url as author_avatar_url,
      case when u.id is null or u.sanctioned or u.role = 'admin' or u.suspended_at is not null or u.deleted_at is not null
        or m.draft is not null or p.thread_id is not null or x.id is not null or r.slow_mode_seconds > 0 or r.rules_version > 0
      then json_build_object(
        'suspended', coalesce(u.suspended_at is not null or u.deleted_at is not null, true),
        'admin', coalesce(u.role = 'admin', false),
        'drafted', m.draft is not null,
        'threadRoot', coalesce(t.thread_id, t.id),
        'existingAuthor', x.author_id, 'existingRoom', x.room_id,
        'mutedUntil', case when u.sanctioned then muted_until(p.author_id, p.room_id) end,
        'spokeAt', case when r.slow_mode_seconds > 0 then (select spoke_at from room_speakers where room_id = p.room_id and user_id = p.author_id) end,
        'held', case when r.rules_version > 0 then (select state from held_messages where id = p.id and author_id = p.author_id and room_id = p.room_id) end)
      end as odd
    from unnest(${plainArray(sends.map((s) => s.roomId))}::uuid[], ${plainArray(sends.map((s) => s.authorId))}::uuid[],
      ${plainArray(sends.map((s) => s.id))}::uuid[], ${plainArray(sends.map((s) => s.threadId))}::uuid[])
      with ordinality as p(room_id, author_id, id, thread_id, place)
    join rooms r on r.id = p.room_id
    left join memberships m on m.room_id = p.room_id and m.user_id = p.author_id
    left join users u on u.id = p.author_id
    left join messages x on x.id = p.id
    left join messages t on t.id = p.thread_id and t.room_id = p.room_id`.execute(tx);
  return rows;
}

/** Ends the drafts of these people in these rooms; an older one that comes late is then too late. */
export const endDrafts = (tx: Tx, drafts: { roomId: string; authorId: string }[], now: Date) =>
  sql`
  update memberships m set draft = null, draft_at = ${now}::timestamptz
  from unnest(${drafts.map((d) => d.roomId)}::uuid[], ${drafts.map((d) => d.authorId)}::uuid[]) as d(room_id, user_id)
  where m.room_id = d.room_id and m.user_id = d.user_id`.execute(tx);

/** Keeps a message for a moderator; nothing when it is kept already. */
export const holdMessage = (tx: Tx, row: Insertable<HeldMessagesTable>) =>
  tx
    .insertInto('heldMessages')
    .values(row)
    .onConflict((oc) => oc.doNothing())
    .execute();

/** Who spoke just now in rooms of slow mode. */
export const noteSpeakers = (
  tx: Tx,
  speakers: { roomId: string; authorId: string; tenantId: string }[],
  now: Date,
) =>
  sql`
  insert into room_speakers (room_id, user_id, tenant_id, spoke_at)
  select room_id, user_id, tenant_id, ${now}::timestamptz from unnest(${speakers.map((s) => s.roomId)}::uuid[],
    ${speakers.map((s) => s.authorId)}::uuid[], ${speakers.map((s) => s.tenantId)}::uuid[]) as s(room_id, user_id, tenant_id)
  on conflict (room_id, user_id) do update set spoke_at = excluded.spoke_at`.execute(tx);

export interface NewMessageRow {
  id: string;
  tenantId: string;
  roomId: string;
  seq: number;
  authorId: string;
  kind: 'text' | 'agent' | 'system';
  type: 'new_message' | 'agent_message';
  body: string;
  threadId: string | null;
  rootId: string | null;
  hop: number;
  /** What most messages have nothing of; undefined where there is nothing of any. */
  more:
    | Partial<{ mentions: object[]; attachments: object[]; cards: object[]; metadata: object; run: object }>
    | undefined;
}

/** Messages, their log entries and the rooms' new last seq, in one statement. */
export async function insertMessages(
  tx: Tx,
  rows: NewMessageRow[],
  now: Date,
  lastSeqs: Map<string, number>,
): Promise<void> {
  // Only where someone replies: what a message shows of its replies, in the same statement.
  const answered = rows.every((row) => row.threadId === null)
    ? sql``
    : sql`, answered as (
      update messages set reply_count = reply_count + r.n, last_reply_seq = r.seq, last_reply_at = ${now}::timestamptz
      from (select thread_id, count(*) as n, max(seq) as seq from sent where thread_id is not null group by thread_id) r
      where messages.id = r.thread_id)`;
  const column = (
    key: 'id' | 'tenantId' | 'roomId' | 'seq' | 'authorId' | 'kind' | 'type' | 'threadId' | 'rootId' | 'hop',
  ) => plainArray(rows.map((row) => row[key]));
  // Shorter than the other columns it is filled up with nulls.
  const more = rows.some((row) => row.more !== undefined) ? rows.map((row) => row.more ?? null) : [];
  await sql`
    with sent as (
      select * from rows from (
        unnest(${column('id')}::uuid[], ${column('tenantId')}::uuid[], ${column('roomId')}::uuid[], ${column('seq')}::bigint[],
          ${column('authorId')}::uuid[], ${column('kind')}::text[], ${column('type')}::text[], ${column('threadId')}::uuid[],
          ${column('rootId')}::uuid[], ${column('hop')}::int[]),
        json_array_elements_text(${JSON.stringify(rows.map((row) => row.body))}::json),
        json_array_elements(${JSON.stringify(more)}::json))
        as s(id, tenant_id, room_id, seq, author_id, kind, type, thread_id, root_id, hop, body, more)
    ), inserted as (
      insert into messages (id, tenant_id, room_id, seq, author_id, kind, body, thread_id, mentions, attachments, cards, metadata, run, root_id, hop, created_at)
      select id, tenant_id, room_id, seq, author_id, kind, body, thread_id, coalesce((more->'mentions')::jsonb, '[]'), coalesce((more->'attachments')::jsonb, '[]'),
        coalesce((more->'cards')::jsonb, '[]'), coalesce((more->'metadata')::jsonb, '{}'), (more->'run')::jsonb, root_id, hop, ${now}::timestamptz from sent
    ), logged as (
      insert into room_events (room_id, seq, tenant_id, type, message_id, created_at)
      select room_id, seq, tenant_id, type, id, ${now}::timestamptz from sent
    )${answered}
    update rooms set last_seq = l.last_seq
    from unnest(${plainArray([...lastSeqs.keys()])}::uuid[], ${plainArray([...lastSeqs.values()])}::bigint[]) as l(id, last_seq)
    where rooms.id = l.id`.execute(tx);
}
