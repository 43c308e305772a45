// Queries on to-dos, calendars and files of rooms, and on agents' knowledge. No policy, no clocks but the database's.
import { type Insertable, type Selectable, sql, type Updateable } from 'kysely';
import type { Db, Tx } from '../../core/db/database.ts';
import type {
  CalendarEventsTable,
  KnowledgeArticlesTable,
  RoomFilesTable,
  RoomTodosTable,
} from './tables.ts';

export type TodoRow = Selectable<RoomTodosTable>;
export type EventRow = Selectable<CalendarEventsTable>;
export type FileRow = Selectable<RoomFilesTable>;
export type ArticleRow = Omit<Selectable<KnowledgeArticlesTable>, 'words'>;

type Kept = 'roomTodos' | 'calendarEvents' | 'roomFiles' | 'knowledgeArticles';

/** Rows of these tables in all, per room or agent. */
export async function countIn(
  tx: Tx,
  table: Kept,
  tenantId: string,
  at: { roomId: string } | { agentId: string },
): Promise<number> {
  const [column, value] = 'roomId' in at ? ['room_id', at.roomId] : ['agent_id', at.agentId];
  const { rows } = await sql<{ count: number }>`select count(*)::int as count from ${sql.table(snake(table))}
    where tenant_id = ${tenantId} and ${sql.ref(column as string)} = ${value}`.execute(tx);
  return rows[0]?.count ?? 0;
}

export async function remove(tx: Tx, table: Kept, tenantId: string, id: string): Promise<boolean> {
  const { numAffectedRows } =
    await sql`delete from ${sql.table(snake(table))} where tenant_id = ${tenantId} and id = ${id}`.execute(
      tx,
    );
  return (numAffectedRows ?? 0n) > 0n;
}

const snake = (table: Kept): string => table.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

export const listTodos = (
  db: Db,
  tenantId: string,
  roomId: string,
  page: { open: boolean | undefined; afterId: string | undefined; limit: number },
): Promise<TodoRow[]> => {
  let query = db
    .selectFrom('roomTodos')
    .selectAll()
    .where('tenantId', '=', tenantId)
    .where('roomId', '=', roomId);
  if (page.open !== undefined) query = query.where('doneAt', page.open ? 'is' : 'is not', null);
  if (page.afterId !== undefined)
    query = query.where(
      sql<boolean>`(created_at, id) > (select created_at, id from room_todos where id = ${page.afterId})`,
    );
  return query.orderBy('createdAt').orderBy('id').limit(page.limit).execute();
};

export const findTodo = (db: Db | Tx, tenantId: string, id: string): Promise<TodoRow | undefined> =>
  db
    .selectFrom('roomTodos')
    .selectAll()
    .where('tenantId', '=', tenantId)
    .where('id', '=', id)
    .executeTakeFirst();

export const insertTodo = (tx: Tx, row: Insertable<RoomTodosTable>): Promise<TodoRow | undefined> =>
  tx
    .insertInto('roomTodos')
    .values(row)
    .onConflict((oc) => oc.column('id').doNothing())
    .returningAll()
    .executeTakeFirst();

export const updateTodo = (
  tx: Tx,
  tenantId: string,
  id: string,
  { done, ...set }: Updateable<RoomTodosTable> & { done?: boolean | undefined },
): Promise<TodoRow | undefined> =>
  tx
    .updateTable('roomTodos')
    .set({
      ...set,
      ...(done === undefined ? {} : { doneAt: done ? sql<Date>`coalesce(done_at, now())` : null }),
      version: sql<number>`version + 1`,
      updatedAt: sql<Date>`now()`,
    })
    .where('tenantId', '=', tenantId)
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirst();

export const listEvents = (
  db: Db,
  tenantId: string,
  roomId: string,
  span: { from: Date; to: Date; limit: number },
): Promise<EventRow[]> =>
  db
    .selectFrom('calendarEvents')
    .selectAll()
    .where('tenantId', '=', tenantId)
    .where('roomId', '=', roomId)
    .where('startsAt', '<', span.to)
    .where('endsAt', '>', span.from)
    .orderBy('startsAt')
    .orderBy('id')
    .limit(span.limit)
    .execute();

export const findEvent = (db: Db | Tx, tenantId: string, id: string): Promise<EventRow | undefined> =>
  db
    .selectFrom('calendarEvents')
    .selectAll()
    .where('tenantId', '=', tenantId)
    .where('id', '=', id)
    .executeTakeFirst();

export const insertEvent = (tx: Tx, row: Insertable<CalendarEventsTable>): Promise<EventRow | undefined> =>
  tx
    .insertInto('calendarEvents')
    .values(row)
    .onConflict((oc) => oc.column('id').doNothing())
    .returningAll()
    .executeTakeFirst();

const FILE_HEAD = [
  'id',
  'tenantId',
  'roomId',
  'path',
  'contentType',
  'encoding',
  'bytes',
  'version',
  'writtenBy',
  'updatedBy',
  'createdAt',
  'updatedAt',
] as const;
export type FileHead = Pick<FileRow, (typeof FILE_HEAD)[number]>;

export const listFiles = (
  db: Db,
  tenantId: string,
  roomId: string,
  page: { afterPath: string | undefined; limit: number },
): Promise<FileHead[]> => {
  let query = db
    .selectFrom('roomFiles')
    .select(FILE_HEAD)
    .where('tenantId', '=', tenantId)
    .where('roomId', '=', roomId);
  if (page.afterPath !== undefined) query = query.where('path', '>', page.afterPath);
  return query.orderBy('path').limit(page.limit).execute();
};

export const findFile = (
  db: Db | Tx,
  tenantId: string,
  by: { id: string } | { roomId: string; path: string },
): Promise<FileRow | undefined> => {
  const query = db.selectFrom('roomFiles').selectAll().where('tenantId', '=', tenantId);
  return (
    'id' in by
      ? query.where('id', '=', by.id)
      : query.where('roomId', '=', by.roomId).where('path', '=', by.path)
  ).executeTakeFirst();
};

/** @param version what must stand there now: 0 for nothing, undefined for whatever */
export const writeFile = (
  tx: Tx,
  row: Insertable<RoomFilesTable>,
  version: number | undefined,
): Promise<FileHead | undefined> =>
  tx
    .insertInto('roomFiles')
    .values(row)
    .onConflict((oc) =>
      oc
        .columns(['roomId', 'path'])
        .doUpdateSet({
          body: row.body,
          bytes: row.bytes,
          contentType: row.contentType,
          encoding: row.encoding,
          writtenBy: row.writtenBy ?? null,
          updatedBy: row.updatedBy,
          version: sql<number>`room_files.version + 1`,
          updatedAt: sql<Date>`now()`,
        })
        .where(sql<boolean>`${version === undefined} or room_files.version = ${version ?? 0}`),
    )
    .returning(FILE_HEAD)
    .executeTakeFirst();

export const listArticles = (
  db: Db,
  tenantId: string,
  agentId: string,
  page: { afterId: string | undefined; limit: number },
): Promise<ArticleRow[]> => {
  let query = db
    .selectFrom('knowledgeArticles')
    .select(['id', 'tenantId', 'agentId', 'title', 'body', 'createdBy', 'createdAt'])
    .where('tenantId', '=', tenantId)
    .where('agentId', '=', agentId);
  if (page.afterId !== undefined) query = query.where('id', '>', page.afterId);
  return query.orderBy('id').limit(page.limit).execute();
};

export const findArticle = (db: Db | Tx, tenantId: string, id: string): Promise<ArticleRow | undefined> =>
  db
    .selectFrom('knowledgeArticles')
    .select(['id', 'tenantId', 'agentId', 'title', 'body', 'createdBy', 'createdAt'])
    .where('tenantId', '=', tenantId)
    .where('id', '=', id)
    .executeTakeFirst();

export const insertArticle = async (
  tx: Tx,
  row: Insertable<KnowledgeArticlesTable>,
): Promise<ArticleRow | undefined> => {
  const inserted = await tx
    .insertInto('knowledgeArticles')
    .values(row)
    .onConflict((oc) => oc.column('id').doNothing())
    .returning('id')
    .executeTakeFirst();
  return inserted && findArticle(tx, row.tenantId, row.id);
};

/** Any of the words counts: asked for all of them, most questions find nothing. */
export async function searchArticles(
  db: Db,
  tenantId: string,
  agentId: string,
  query: string,
  limit: number,
): Promise<{ id: string; title: string; passage: string; score: number }[]> {
  const { rows } = await sql<{ id: string; title: string; passage: string; score: number }>`
    with asked as (
      select string_agg(quote_literal(lexeme), ' | ')::tsquery as q
      from unnest(to_tsvector('english', ${query})) as words(lexeme, positions, weights)
    )
    select id, title, ts_rank_cd(words, q, 1) as score,
      ts_headline('english', body, q, 'StartSel="", StopSel="", MaxFragments=2, MaxWords=90, MinWords=40') as passage
    from knowledge_articles, asked
    where tenant_id = ${tenantId} and agent_id = ${agentId} and words @@ q
    order by score desc, id
    limit ${limit}`.execute(db);
  return rows;
}
