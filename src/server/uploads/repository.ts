// Queries on uploads, their contents and what they are attached to. No policy.
import { type Selectable, sql } from 'kysely';
import type { Db, Tx } from '../../core/db/database.ts';
import type { UploadsTable } from './tables.ts';

export type UploadRow = Selectable<UploadsTable>;

export const findUpload = (db: Db | Tx, tenantId: string, id: string): Promise<UploadRow | undefined> =>
  db
    .selectFrom('uploads')
    .selectAll()
    .where('tenantId', '=', tenantId)
    .where('id', '=', id)
    .executeTakeFirst();

/** What a user has stored and what he has begun, with his row locked, so that two uploads cannot pass one limit. */
export async function lockUsage(
  tx: Tx,
  tenantId: string,
  userId: string,
): Promise<{ bytes: number; open: number }> {
  await tx
    .selectFrom('users')
    .select('id')
    .where('tenantId', '=', tenantId)
    .where('id', '=', userId)
    .forNoKeyUpdate()
    .execute();
  const { rows } = await sql<{ bytes: number; open: number }>`
    select coalesce(sum(bytes), 0)::bigint as bytes, count(*) filter (where blob_id is null)::int as open
    from uploads where tenant_id = ${tenantId} and user_id = ${userId}`.execute(tx);
  return rows[0] ?? { bytes: 0, open: 0 };
}

export const insertUpload = (
  tx: Tx,
  row: Pick<UploadRow, 'id' | 'tenantId' | 'userId' | 'name' | 'bytes'>,
): Promise<UploadRow> => tx.insertInto('uploads').values(row).returningAll().executeTakeFirstOrThrow();

export const setKind = (
  db: Db,
  id: string,
  set: { contentType: string; width: number | null; height: number | null },
) => db.updateTable('uploads').set(set).where('id', '=', id).execute();

/** The content with this hash, which stays as long as the transaction lasts. */
export const findBlob = (
  tx: Db | Tx,
  tenantId: string,
  sha256: string,
): Promise<{ id: string } | undefined> =>
  tx
    .selectFrom('blobs')
    .select('id')
    .where('tenantId', '=', tenantId)
    .where('sha256', '=', sha256)
    .forKeyShare()
    .executeTakeFirst();

export const insertBlob = (tx: Tx, row: { id: string; tenantId: string; sha256: string; bytes: number }) =>
  tx
    .insertInto('blobs')
    .values(row)
    .onConflict((oc) => oc.columns(['tenantId', 'sha256']).doNothing())
    .returning('id')
    .executeTakeFirst();

export const setBlob = (tx: Tx, id: string, blobId: string): Promise<UploadRow | undefined> =>
  tx.updateTable('uploads').set({ blobId }).where('id', '=', id).returningAll().executeTakeFirst();

/** Uploads that are to be sent, kept from being deleted meanwhile. */
export const lockToAttach = (tx: Tx, ids: string[]): Promise<UploadRow[]> =>
  tx
    .selectFrom('uploads')
    .selectAll()
    .where('id', '=', sql<string>`any(${ids}::uuid[])`)
    .forKeyShare()
    .execute();

export async function attach(
  tx: Tx,
  rows: { messageId: string; uploadId: string; tenantId: string; roomId: string }[],
): Promise<void> {
  await tx.insertInto('messageAttachments').values(rows).execute();
  await tx
    .updateTable('uploads')
    .set({ attachedAt: sql<Date>`coalesce(attached_at, now())` })
    .where('id', 'in', [...new Set(rows.map((row) => row.uploadId))])
    .execute();
}

/** A file that a user may read now: his own, or of a message that stands in a room he is a member of. */
export async function findReadable(
  db: Db,
  tenantId: string,
  userId: string,
  id: string,
): Promise<UploadRow | undefined> {
  const { rows } = await sql<UploadRow>`
    select u.* from uploads u
    join users reader on reader.id = ${userId} and reader.tenant_id = u.tenant_id
      and reader.suspended_at is null and reader.deleted_at is null
    where u.id = ${id} and u.tenant_id = ${tenantId} and u.blob_id is not null and (
      u.user_id = ${userId} or exists (
        select 1 from message_attachments a
        join messages m on m.id = a.message_id and m.deleted_at is null
        join rooms r on r.id = a.room_id and r.deleted_at is null
        join memberships mine on mine.room_id = a.room_id and mine.user_id = ${userId}
        where a.upload_id = u.id))`.execute(db);
  return rows[0];
}

/** Deletes one that is attached to nothing. @throws a foreign key violation when it is being sent */
export const deleteUpload = (
  db: Db | Tx,
  tenantId: string,
  id: string,
): Promise<{ blobId: string | null } | undefined> =>
  db
    .deleteFrom('uploads')
    .where('tenantId', '=', tenantId)
    .where('id', '=', id)
    .where((eb) =>
      eb.not(
        eb.exists(
          eb.selectFrom('messageAttachments').select('uploadId').whereRef('uploadId', '=', 'uploads.id'),
        ),
      ),
    )
    .returning('blobId')
    .executeTakeFirst();

/** Everything that someone uploaded, taken from the messages that had it. */
export async function takeAllOf(db: Db, tenantId: string, userId: string): Promise<string[]> {
  const mine = sql`select id from uploads where tenant_id = ${tenantId} and user_id = ${userId}`;
  await sql`delete from message_attachments where upload_id in (${mine})`.execute(db);
  const { rows } = await sql<{ id: string }>`
    delete from uploads where tenant_id = ${tenantId} and user_id = ${userId} returning id`.execute(db);
  return rows.map(({ id }) => id);
}

// ——— tidying ———

/** What belonged to messages that were deleted belongs to nothing. */
export const detachDeleted = (db: Db): Promise<unknown> =>
  sql`delete from message_attachments a using messages m
    where m.id = a.message_id and m.deleted_at is not null`.execute(db);

/** Uploads that were sent and are attached to nothing any more, or were not sent within a day. */
export async function listUnused(db: Db, limit: number): Promise<{ id: string; tenantId: string }[]> {
  const { rows } = await sql<{ id: string; tenantId: string }>`
    select id, tenant_id from uploads u
    where (attached_at is not null or created_at < now() - interval '24 hours')
      and not exists (select 1 from message_attachments a where a.upload_id = u.id)
    limit ${limit}`.execute(db);
  return rows;
}

/** Takes contents that no upload has any more out of the table, and answers their ids. */
export async function takeUnusedBlobs(db: Db, limit: number): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    select id from blobs b where not exists (select 1 from uploads u where u.blob_id = b.id) limit ${limit}`.execute(
    db,
  );
  const taken: string[] = [];
  for (const { id } of rows) {
    const gone = await db.deleteFrom('blobs').where('id', '=', id).returning('id').executeTakeFirst();
    if (gone !== undefined) taken.push(id);
  }
  return taken;
}

export const hasBlob = async (db: Db, id: string): Promise<boolean> =>
  (await db.selectFrom('blobs').select('id').where('id', '=', id).executeTakeFirst()) !== undefined;
