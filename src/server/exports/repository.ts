// Queries of exports: their rows, and what is exported, in pages by id so that nothing is held for long. No policy.
import { type Insertable, type Selectable, sql, type Updateable } from 'kysely';
import type { Db, Tx } from '../../core/db/database.ts';
import type { ExportsTable } from './tables.ts';

export type ExportRow = Selectable<ExportsTable>;

export const insertExport = (tx: Tx, row: Insertable<ExportsTable>): Promise<ExportRow> =>
  tx.insertInto('exports').values(row).returningAll().executeTakeFirstOrThrow();

export const findExport = (db: Db, id: string): Promise<ExportRow | undefined> =>
  db.selectFrom('exports').selectAll().where('id', '=', id).executeTakeFirst();

export const updateExport = (db: Db, id: string, set: Updateable<ExportsTable>) =>
  db.updateTable('exports').set(set).where('id', '=', id).execute();

export const takeOld = (db: Db): Promise<{ id: string }[]> =>
  db
    .deleteFrom('exports')
    .where(sql<boolean>`created_at < now() - interval '7 days'`)
    .returning('id')
    .execute();

type Line = { id: string } & Record<string, unknown>;

const PAGE = 500;

/** All rows of a query that goes on after an id. */
async function* pages(ask: (after: string) => Promise<Line[]>): AsyncGenerator<Line> {
  let after = '00000000-0000-0000-0000-000000000000';
  for (;;) {
    const rows = await ask(after);
    yield* rows;
    const last = rows.at(-1);
    if (rows.length < PAGE || last === undefined) return;
    after = last.id;
  }
}

export interface Within {
  tenantId: string;
  roomId?: string | undefined;
  userId?: string | undefined;
}

export const users = (db: Db, { tenantId, userId }: Within) =>
  pages(async (after) => {
    const query = db
      .selectFrom('users')
      .select(['id', 'kind', 'handle', 'name', 'avatarUrl', 'ownerId', 'role', 'createdAt', 'deletedAt'])
      .where('tenantId', '=', tenantId)
      .where('id', '>', after);
    return (userId === undefined ? query : query.where('id', '=', userId))
      .orderBy('id')
      .limit(PAGE)
      .execute();
  });

export const rooms = (db: Db, { tenantId, roomId }: Within) =>
  pages(async (after) => {
    const query = db
      .selectFrom('rooms')
      .select(['id', 'slug', 'kind', 'name', 'topic', 'visibility', 'createdBy', 'createdAt', 'deletedAt'])
      .where('tenantId', '=', tenantId)
      .where('id', '>', after);
    return (roomId === undefined ? query : query.where('id', '=', roomId))
      .orderBy('id')
      .limit(PAGE)
      .execute();
  });

/** Of one room, or one person's. */
export const memberships = (db: Db, { tenantId, roomId, userId }: Within) => {
  let query = db
    .selectFrom('memberships')
    .innerJoin('users', 'users.id', 'memberships.userId')
    .select([
      'memberships.roomId',
      'memberships.userId',
      'users.handle',
      'users.name',
      'memberships.role',
      'memberships.readSeq',
      'memberships.joinedAt',
    ])
    .where('memberships.tenantId', '=', tenantId);
  if (roomId !== undefined) query = query.where('memberships.roomId', '=', roomId);
  if (userId !== undefined) query = query.where('memberships.userId', '=', userId);
  return query.orderBy('memberships.roomId').orderBy('memberships.userId').execute();
};

export const messages = (db: Db, { tenantId, roomId, userId }: Within) =>
  pages(async (after) => {
    const { rows } = await sql<Line>`
      select m.id, m.room_id, m.seq, m.author_id, u.handle as author_handle, m.kind, m.body, m.thread_id, m.mentions,
        m.attachments, m.reactions, m.cards, m.previews, m.metadata, m.version, m.created_at, m.edited_at, m.deleted_at,
        (select coalesce(jsonb_agg(jsonb_build_object('version', v.version, 'body', v.body, 'writtenAt', v.written_at)
          order by v.version), '[]') from message_versions v where v.message_id = m.id) as versions
      from messages m join users u on u.id = m.author_id
      where m.tenant_id = ${tenantId} and m.id > ${after}
        and (${roomId ?? null}::uuid is null or m.room_id = ${roomId ?? null}::uuid)
        and (${userId ?? null}::uuid is null or m.author_id = ${userId ?? null}::uuid)
      order by m.id limit ${PAGE}`.execute(db);
    return rows;
  });

export const uploads = (db: Db, { tenantId, userId, roomId }: Within) =>
  pages(async (after) => {
    const { rows } = await sql<Line>`
      select u.id, u.user_id, u.name, u.bytes, u.content_type, u.width, u.height, b.sha256, u.created_at
      from uploads u left join blobs b on b.id = u.blob_id
      where u.tenant_id = ${tenantId} and u.id > ${after}
        and (${userId ?? null}::uuid is null or u.user_id = ${userId ?? null}::uuid)
        and (${roomId ?? null}::uuid is null or exists (
          select 1 from message_attachments a where a.upload_id = u.id and a.room_id = ${roomId ?? null}::uuid))
      order by u.id limit ${PAGE}`.execute(db);
    return rows;
  });
