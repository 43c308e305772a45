// Queries on appeals. No policy.
import { type Insertable, type Selectable, sql } from 'kysely';
import type { Db, Tx } from '../../core/db/database.ts';
import { type RecordRow, standing } from './repository.ts';
import type { ModerationAppealsTable } from './tables.ts';

export type AppealRow = Selectable<ModerationAppealsTable>;
export type AppealedRecord = RecordRow;

const records = (at: Db | Tx, tenantId: string, id: string) =>
  at
    .selectFrom('moderationRecords')
    .selectAll()
    .select(standing.as('standing'))
    .where('tenantId', '=', tenantId)
    .where('id', '=', id);

export const findRecord = (at: Db | Tx, tenantId: string, id: string): Promise<RecordRow | undefined> =>
  records(at, tenantId, id).executeTakeFirst();

export const lockRecord = (tx: Tx, tenantId: string, id: string): Promise<RecordRow | undefined> =>
  records(tx, tenantId, id).forUpdate().executeTakeFirst();

/** The appeal, or undefined where there is one against the act already. */
export const insert = (tx: Tx, row: Insertable<ModerationAppealsTable>): Promise<AppealRow | undefined> =>
  tx
    .insertInto('moderationAppeals')
    .values(row)
    .onConflict((oc) => oc.column('recordId').doNothing())
    .returningAll()
    .executeTakeFirst();

export const find = (at: Db | Tx, tenantId: string, id: string): Promise<AppealRow | undefined> =>
  at
    .selectFrom('moderationAppeals')
    .selectAll()
    .where('tenantId', '=', tenantId)
    .where('id', '=', id)
    .executeTakeFirst();

export const listByRecords = async (db: Db, tenantId: string, recordIds: string[]): Promise<AppealRow[]> =>
  recordIds.length === 0
    ? []
    : db
        .selectFrom('moderationAppeals')
        .selectAll()
        .where('tenantId', '=', tenantId)
        .where('recordId', 'in', recordIds)
        .execute();

export const countOpen = async (db: Db, tenantId: string, userId: string): Promise<number> =>
  (
    await db
      .selectFrom('moderationAppeals')
      .select((eb) => eb.fn.countAll<number>().as('n'))
      .where('tenantId', '=', tenantId)
      .where('userId', '=', userId)
      .where('status', '=', 'open')
      .executeTakeFirstOrThrow()
  ).n;

/** Newest first. @param roomIds undefined: of all rooms, and of none */
export const list = (
  db: Db,
  tenantId: string,
  page: {
    roomIds: string[] | undefined;
    status: 'open' | 'decided' | 'all';
    beforeId: string | undefined;
    limit: number;
  },
): Promise<AppealRow[]> => {
  let query = db.selectFrom('moderationAppeals').selectAll().where('tenantId', '=', tenantId);
  if (page.roomIds !== undefined)
    query = query.where('roomId', '=', sql<string>`any(${page.roomIds}::uuid[])`);
  if (page.status !== 'all') query = query.where('status', page.status === 'open' ? '=' : '!=', 'open');
  if (page.beforeId !== undefined) query = query.where('id', '<', page.beforeId);
  return query.orderBy('id', 'desc').limit(page.limit).execute();
};

/** Decides what is open; undefined where it was decided already. */
export const decide = (
  tx: Tx,
  tenantId: string,
  id: string,
  set: { status: 'granted' | 'upheld'; note: string; decidedBy: string },
): Promise<AppealRow | undefined> =>
  tx
    .updateTable('moderationAppeals')
    .set({ ...set, decidedAt: sql<Date>`now()` })
    .where('tenantId', '=', tenantId)
    .where('id', '=', id)
    .where('status', '=', 'open')
    .returningAll()
    .executeTakeFirst();

export const listAdministrators = async (tx: Tx, tenantId: string, limit: number): Promise<string[]> =>
  (
    await tx
      .selectFrom('users')
      .select('id')
      .where('tenantId', '=', tenantId)
      .where('role', '=', 'admin')
      .where('deletedAt', 'is', null)
      .orderBy('id')
      .limit(limit)
      .execute()
  ).map(({ id }) => id);
