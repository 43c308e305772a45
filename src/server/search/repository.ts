// Queries on the index of words. No policy beyond what the statement itself says: whoever searches is a member of the room now.
import { type SqlBool, sql } from 'kysely';
import type { Db, Tx } from '../../core/db/database.ts';
import type { SearchLanguage } from '../settings/contract.ts';

export interface Criteria {
  tenantId: string;
  userId: string;
  /** A tsquery; undefined matches every message. */
  words: string | undefined;
  authorIds: string[];
  roomIds: string[];
  before: Date | undefined;
  after: Date | undefined;
  link: boolean;
  mention: boolean;
  file: boolean;
  image: boolean;
  byAgent: boolean;
  inThread: boolean;
}

/** Place in the results: of the last one of the page before. */
export interface Place {
  rank: number;
  createdAt: string;
  id: string;
}

/** Ids of messages that match, best first, each with its place; one more than `limit` if there is one. */
export async function search(
  db: Db,
  q: Criteria,
  page: { order: 'newest' | 'relevance'; after: Place | undefined; limit: number },
): Promise<Place[]> {
  const byRank = page.order === 'relevance' && q.words !== undefined;
  // In whole numbers, so that a cursor means the same place each time.
  const rank = byRank
    ? sql<number>`(ts_rank_cd(w.words, ${q.words}::tsquery, 1) * 1000000)::int`
    : sql<number>`0`;
  const conditions = [
    sql<SqlBool>`w.tenant_id = ${q.tenantId}`,
    ...(q.words === undefined ? [] : [sql<SqlBool>`w.words @@ ${q.words}::tsquery`]),
    ...(q.authorIds.length === 0 ? [] : [sql<SqlBool>`w.author_id = any(${q.authorIds}::uuid[])`]),
    ...(q.roomIds.length === 0 ? [] : [sql<SqlBool>`w.room_id = any(${q.roomIds}::uuid[])`]),
    ...(q.before === undefined ? [] : [sql<SqlBool>`w.created_at < ${q.before}::timestamptz`]),
    ...(q.after === undefined ? [] : [sql<SqlBool>`w.created_at >= ${q.after}::timestamptz`]),
    ...(q.link ? [sql<SqlBool>`w.has_link`] : []),
    ...(q.mention ? [sql<SqlBool>`m.mentions <> '[]'::jsonb`] : []),
    ...(q.file ? [sql<SqlBool>`m.attachments <> '[]'::jsonb`] : []),
    ...(q.image
      ? [sql<SqlBool>`jsonb_path_exists(m.attachments, '$[*] ? (@.contentType starts with "image/")')`]
      : []),
    ...(q.byAgent ? [sql<SqlBool>`m.kind = 'agent'`] : []),
    ...(q.inThread ? [sql<SqlBool>`m.thread_id is not null`] : []),
    ...(page.after === undefined
      ? []
      : [
          sql<SqlBool>`(${rank}, w.created_at, w.message_id) <
            (${page.after.rank}::int, ${page.after.createdAt}::timestamptz, ${page.after.id}::uuid)`,
        ]),
  ];
  const { rows } = await sql<Place>`
    select w.message_id as id, ${rank} as rank, w.created_at::text as created_at
    from message_words w
    join memberships mine on mine.room_id = w.room_id and mine.user_id = ${q.userId} and mine.tenant_id = ${q.tenantId}
    join rooms r on r.id = w.room_id and r.deleted_at is null
    join messages m on m.id = w.message_id and m.deleted_at is null
    where ${sql.join(conditions, sql` and `)}
    order by ${byRank ? sql`rank desc,` : sql``} w.created_at desc, w.message_id desc
    limit ${page.limit + 1}`.execute(db);
  return rows;
}

/** Rooms of a member, by id or slug. */
export const findMyRooms = (db: Db, tenantId: string, userId: string, ids: string[], slugs: string[]) =>
  db
    .selectFrom('rooms')
    .innerJoin('memberships', 'memberships.roomId', 'rooms.id')
    .where('rooms.tenantId', '=', tenantId)
    .where('memberships.userId', '=', userId)
    .where('rooms.deletedAt', 'is', null)
    .where((eb) =>
      eb.or([
        eb('rooms.id', '=', sql<string>`any(${ids}::uuid[])`),
        eb('rooms.slug', '=', sql<string>`any(${slugs}::text[])`),
      ]),
    )
    .select(['rooms.id', 'rooms.slug'])
    .execute();

export interface Lag {
  roomId: string;
  tenantId: string;
}

/** Rooms of a member whose newest entries are not in the index yet. */
export async function listLaggingOf(
  db: Db,
  tenantId: string,
  userId: string,
  roomIds: string[],
): Promise<Lag[]> {
  const { rows } = await sql<Lag>`
    select r.id as room_id, r.tenant_id from memberships mine
    join rooms r on r.id = mine.room_id and r.deleted_at is null
    left join search_marks s on s.room_id = r.id
    where mine.tenant_id = ${tenantId} and mine.user_id = ${userId} and r.last_seq > coalesce(s.seq, 0)
      and (${roomIds.length === 0} or r.id = any(${roomIds}::uuid[]))
    order by r.id`.execute(db);
  return rows;
}

/** Of all rooms. */
export async function listLagging(db: Db, limit: number): Promise<Lag[]> {
  const { rows } = await sql<Lag>`
    select r.id as room_id, r.tenant_id from rooms r
    left join search_marks s on s.room_id = r.id
    where r.deleted_at is null and r.last_seq > coalesce(s.seq, 0)
    limit ${limit}`.execute(db);
  return rows;
}

/** Languages that the rooms of a member are indexed in. */
export async function listLanguagesOf(db: Db, tenantId: string, userId: string): Promise<SearchLanguage[]> {
  const { rows } = await sql<{ language: SearchLanguage }>`
    select distinct coalesce(s.language, 'english') as language from memberships mine
    left join room_settings s on s.room_id = mine.room_id
    where mine.tenant_id = ${tenantId} and mine.user_id = ${userId}`.execute(db);
  return rows.map((row) => row.language);
}

// ——— the indexer's statements ———

/** Up to where a room is indexed, locked. Undefined when another indexer has it and this one may not wait. */
export async function lockMark(tx: Tx, room: Lag, wait: boolean): Promise<number | undefined> {
  await sql`insert into search_marks (room_id, tenant_id) values (${room.roomId}, ${room.tenantId})
    on conflict do nothing`.execute(tx);
  const { rows } = await sql<{ seq: number }>`
    select seq from search_marks where room_id = ${room.roomId}
    for update ${sql.raw(wait ? '' : 'skip locked')}`.execute(tx);
  return rows[0]?.seq;
}

export interface EntryRow {
  seq: number;
  messageId: string | null;
  authorId: string | null;
  body: string | null;
  createdAt: Date | null;
  deletedAt: Date | null;
}

export async function listEntries(
  tx: Tx,
  roomId: string,
  afterSeq: number,
  limit: number,
): Promise<EntryRow[]> {
  const { rows } = await sql<EntryRow>`
    select e.seq, e.message_id, m.author_id, m.body, m.created_at, m.deleted_at
    from room_events e left join messages m on m.id = e.message_id
    where e.room_id = ${roomId} and e.seq > ${afterSeq}
    order by e.seq limit ${limit}`.execute(tx);
  return rows;
}

export interface WordsRow {
  messageId: string;
  authorId: string;
  hasLink: boolean;
  createdAt: Date;
  words: string;
}

export async function putWords(tx: Tx, room: Lag, rows: WordsRow[]): Promise<void> {
  if (rows.length === 0) return;
  const column = <K extends keyof WordsRow>(key: K) => rows.map((row) => row[key]);
  await sql`
    insert into message_words (message_id, tenant_id, room_id, author_id, has_link, created_at, words)
    select message_id, ${room.tenantId}, ${room.roomId}, author_id, has_link, created_at, words::tsvector
    from unnest(${column('messageId')}::uuid[], ${column('authorId')}::uuid[], ${column('hasLink')}::boolean[],
      ${column('createdAt').map((at) => at.toISOString())}::timestamptz[], ${column('words')}::text[])
      as n(message_id, author_id, has_link, created_at, words)
    on conflict (message_id) do update set words = excluded.words, has_link = excluded.has_link`.execute(tx);
}

export const dropWords = async (tx: Tx, messageIds: string[]): Promise<void> => {
  if (messageIds.length > 0)
    await sql`delete from message_words where message_id = any(${messageIds}::uuid[])`.execute(tx);
};

export const setMark = (tx: Tx, roomId: string, seq: number) =>
  tx.updateTable('searchMarks').set({ seq }).where('roomId', '=', roomId).execute();

/** The room is read again from its start. */
export const resetMark = (tx: Tx, roomId: string) => setMark(tx, roomId, 0);
