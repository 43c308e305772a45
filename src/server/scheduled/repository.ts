// Queries on what is left for later. Whatever ends an item asks that it still waits, in the same statement. No policy, no events.
import { type Insertable, type Selectable, sql } from 'kysely';
import type { Db, Tx } from '../../core/db/database.ts';
import type { ScheduledItemsTable } from './tables.ts';

export type ItemRow = Selectable<ScheduledItemsTable>;

/** Answers undefined when as many wait as may. */
export async function insert(
  tx: Tx,
  row: Insertable<ScheduledItemsTable>,
  max: number,
): Promise<ItemRow | undefined> {
  await sql`select 1 from users where id = ${row.userId} for no key update`.execute(tx);
  const { n } = await tx
    .selectFrom('scheduledItems')
    .select((eb) => eb.fn.countAll<number>().as('n'))
    .where('userId', '=', row.userId)
    .where('status', '=', 'waiting')
    .executeTakeFirstOrThrow();
  if (n >= max) return undefined;
  return tx.insertInto('scheduledItems').values(row).returningAll().executeTakeFirstOrThrow();
}

export const find = (db: Db | Tx, tenantId: string, id: string): Promise<ItemRow | undefined> =>
  db
    .selectFrom('scheduledItems')
    .selectAll()
    .where('tenantId', '=', tenantId)
    .where('id', '=', id)
    .executeTakeFirst();

/** Made last first. */
export const list = (
  db: Db,
  tenantId: string,
  userId: string,
  page: { waiting: boolean; before: string | undefined; limit: number },
): Promise<ItemRow[]> => {
  let query = db
    .selectFrom('scheduledItems')
    .selectAll()
    .where('tenantId', '=', tenantId)
    .where('userId', '=', userId);
  if (page.waiting) query = query.where('status', '=', 'waiting');
  if (page.before !== undefined) query = query.where('id', '<', page.before);
  return query.orderBy('id', 'desc').limit(page.limit).execute();
};

const waiting = (tx: Db | Tx, id: string) =>
  tx.updateTable('scheduledItems').where('id', '=', id).where('status', '=', 'waiting').returningAll();

export const change = (
  tx: Tx,
  id: string,
  set: { body?: string; dueAt?: Date },
): Promise<ItemRow | undefined> =>
  waiting(tx, id)
    .set({ ...set, version: sql<number>`version + 1` })
    .executeTakeFirst();

export const cancel = (db: Db, id: string): Promise<ItemRow | undefined> =>
  waiting(db, id).set({ status: 'cancelled', doneAt: sql<Date>`now()` }).executeTakeFirst();

/** Ends the item in the version that was read; undefined when it was changed or ended meanwhile. */
export const finish = (
  tx: Db | Tx,
  { id, version }: Pick<ItemRow, 'id' | 'version'>,
  outcome: { sentMessageId?: string; failure?: string },
): Promise<ItemRow | undefined> =>
  waiting(tx, id)
    .where('version', '=', version)
    .set({
      status: outcome.failure === undefined ? 'done' : 'failed',
      reason: outcome.failure ?? null,
      sentMessageId: outcome.sentMessageId ?? null,
      doneAt: sql<Date>`now()`,
    })
    .executeTakeFirst();

/** Items whose time has come, oldest first. */
export const listDue = (db: Db, at: Date, limit: number): Promise<ItemRow[]> =>
  db
    .selectFrom('scheduledItems')
    .selectAll()
    .where('status', '=', 'waiting')
    .where('dueAt', '<=', at)
    .orderBy('dueAt')
    .limit(limit)
    .execute();
