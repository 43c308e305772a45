// Queries on messages and on the room log. No policy, no events, no clocks.
import { type Selectable, sql, type Updateable } from 'kysely';
import type { Db, Tx } from '../../core/db/database.ts';
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
