// Queries on what moderators did and on reports. Whether a measure holds is a comparison of times by the database. No policy.
import { type Insertable, type Selectable, sql } from 'kysely';
import type { Db, Tx } from '../../core/db/database.ts';
import type { HeldMessagesTable } from '../rules/service.ts';
import type { MessageReportsTable, ModerationRecordsTable } from './tables.ts';

export type RecordRow = Selectable<ModerationRecordsTable> & { standing: boolean };
export type HeldRow = Selectable<HeldMessagesTable>;
export type ReportRow = Selectable<MessageReportsTable>;

/** Holds at this moment. */
export const standing = sql<boolean>`(kind in ('mute', 'ban') and ended_at is null and (until is null or until > now()))`;

export const insertRecord = (tx: Tx, row: Insertable<ModerationRecordsTable>): Promise<RecordRow> =>
  tx
    .insertInto('moderationRecords')
    .values(row)
    .returningAll()
    .returning(standing.as('standing'))
    .executeTakeFirstOrThrow();

/** Ends what stands of this kind. Answers whether something did. */
export async function endStanding(
  tx: Tx,
  of: { tenantId: string; roomId: string | null; userId: string; kind: 'mute' | 'ban' },
  by: string,
): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('moderationRecords')
    .set({ endedAt: sql<Date>`now()`, endedBy: by })
    .where('tenantId', '=', of.tenantId)
    .where('userId', '=', of.userId)
    .where('kind', '=', of.kind)
    .where('roomId', of.roomId === null ? 'is' : '=', of.roomId)
    .where(standing)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** Whoever asks about him looks further from now on. */
export const markSanctioned = (tx: Tx, tenantId: string, userId: string) =>
  tx
    .updateTable('users')
    .set({ sanctioned: true })
    .where('tenantId', '=', tenantId)
    .where('id', '=', userId)
    .where('sanctioned', '=', false)
    .execute();

export const findUser = (
  at: Db | Tx,
  tenantId: string,
  id: string,
): Promise<{ id: string; role: 'admin' | 'member' } | undefined> =>
  at
    .selectFrom('users')
    .select(['id', 'role'])
    .where('tenantId', '=', tenantId)
    .where('id', '=', id)
    .where('deletedAt', 'is', null)
    .executeTakeFirst();

/** Newest first. @param roomId undefined: of all rooms, and of none */
export const listRecords = (
  db: Db,
  tenantId: string,
  page: {
    roomId: string | undefined;
    userId: string | undefined;
    standing: boolean;
    beforeId: string | undefined;
    limit: number;
  },
): Promise<RecordRow[]> => {
  let query = db
    .selectFrom('moderationRecords')
    .selectAll()
    .select(standing.as('standing'))
    .where('tenantId', '=', tenantId);
  if (page.roomId !== undefined) query = query.where('roomId', '=', page.roomId);
  if (page.userId !== undefined) query = query.where('userId', '=', page.userId);
  if (page.standing) query = query.where(standing);
  if (page.beforeId !== undefined) query = query.where('id', '<', page.beforeId);
  return query.orderBy('id', 'desc').limit(page.limit).execute();
};

/** The report, or undefined where the reporter has reported the message already. */
export const insertReport = (tx: Tx, row: Insertable<MessageReportsTable>): Promise<ReportRow | undefined> =>
  tx
    .insertInto('messageReports')
    .values(row)
    .onConflict((oc) => oc.columns(['messageId', 'reporterId']).doNothing())
    .returningAll()
    .executeTakeFirst();

export const findReportBy = (tx: Tx, messageId: string, reporterId: string): Promise<ReportRow> =>
  tx
    .selectFrom('messageReports')
    .selectAll()
    .where('messageId', '=', messageId)
    .where('reporterId', '=', reporterId)
    .executeTakeFirstOrThrow();

export const findReport = (db: Db | Tx, tenantId: string, id: string): Promise<ReportRow | undefined> =>
  db
    .selectFrom('messageReports')
    .selectAll()
    .where('tenantId', '=', tenantId)
    .where('id', '=', id)
    .executeTakeFirst();

/** Newest first. @param roomIds undefined: of all rooms */
export const listReports = (
  db: Db,
  tenantId: string,
  page: {
    roomIds: string[] | undefined;
    status: 'open' | 'resolved' | 'all';
    beforeId: string | undefined;
    limit: number;
  },
): Promise<ReportRow[]> => {
  let query = db.selectFrom('messageReports').selectAll().where('tenantId', '=', tenantId);
  if (page.roomIds !== undefined)
    query = query.where('roomId', '=', sql<string>`any(${page.roomIds}::uuid[])`);
  if (page.status !== 'all') query = query.where('status', '=', page.status);
  if (page.beforeId !== undefined) query = query.where('id', '<', page.beforeId);
  return query.orderBy('id', 'desc').limit(page.limit).execute();
};

/** Settles what is open about a message. Answers what was settled. */
export const resolveReports = (
  tx: Tx,
  tenantId: string,
  messageId: string,
  set: { action: NonNullable<ReportRow['action']>; note: string; resolvedBy: string },
): Promise<ReportRow[]> =>
  tx
    .updateTable('messageReports')
    .set({ ...set, status: 'resolved', resolvedAt: sql<Date>`now()` })
    .where('tenantId', '=', tenantId)
    .where('messageId', '=', messageId)
    .where('status', '=', 'open')
    .returningAll()
    .execute();

export const findHeld = (db: Db | Tx, tenantId: string, id: string): Promise<HeldRow | undefined> =>
  db
    .selectFrom('heldMessages')
    .selectAll()
    .where('tenantId', '=', tenantId)
    .where('id', '=', id)
    .executeTakeFirst();

/** What waits, newest first. @param authorId undefined: of everybody */
export const listHeld = (
  db: Db,
  tenantId: string,
  roomId: string,
  page: { authorId: string | undefined; beforeId: string | undefined; limit: number },
): Promise<HeldRow[]> => {
  let query = db
    .selectFrom('heldMessages')
    .selectAll()
    .where('tenantId', '=', tenantId)
    .where('roomId', '=', roomId)
    .where('state', '=', 'waiting');
  if (page.authorId !== undefined) query = query.where('authorId', '=', page.authorId);
  if (page.beforeId !== undefined) query = query.where('id', '<', page.beforeId);
  return query.orderBy('id', 'desc').limit(page.limit).execute();
};

/** Decides about what waits; answers how it stood before. */
export async function decideHeld(
  tx: Tx,
  id: string,
  set: { state: 'released' | 'rejected'; note: string; decidedBy: string },
): Promise<HeldRow['state']> {
  const { state } = await tx
    .selectFrom('heldMessages')
    .select('state')
    .where('id', '=', id)
    .forUpdate()
    .executeTakeFirstOrThrow();
  if (state === 'waiting')
    await tx
      .updateTable('heldMessages')
      .set({ ...set, decidedAt: sql<Date>`now()` })
      .where('id', '=', id)
      .execute();
  return state;
}
