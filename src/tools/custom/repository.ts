// Queries on tools that people defined. No policy, no clocks but the database's.
import { type Insertable, type Selectable, sql, type Updateable } from 'kysely';
import type { Db, Tx } from '../../core/db/database.ts';
import type { CustomToolsTable } from './tables.ts';

export type CustomToolRow = Selectable<CustomToolsTable>;

const live = (db: Db | Tx, tenantId: string) =>
  db.selectFrom('customTools').selectAll().where('tenantId', '=', tenantId).where('deletedAt', 'is', null);

export const find = (db: Db | Tx, tenantId: string, id: string): Promise<CustomToolRow | undefined> =>
  live(db, tenantId).where('id', '=', id).executeTakeFirst();

export const list = (
  db: Db,
  tenantId: string,
  page: { ownerId: string | undefined; afterId: string | undefined; limit: number },
): Promise<CustomToolRow[]> => {
  let query = live(db, tenantId);
  if (page.ownerId !== undefined) query = query.where('ownerId', '=', page.ownerId);
  if (page.afterId !== undefined) query = query.where('id', '>', page.afterId);
  return query.orderBy('id').limit(page.limit).execute();
};

export async function countOf(tx: Tx, tenantId: string, ownerId: string): Promise<number> {
  const { count } = await tx
    .selectFrom('customTools')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('tenantId', '=', tenantId)
    .where('ownerId', '=', ownerId)
    .where('deletedAt', 'is', null)
    .executeTakeFirstOrThrow();
  return Number(count);
}

/** Undefined when its owner has one of this name. */
export const insert = (tx: Tx, row: Insertable<CustomToolsTable>): Promise<CustomToolRow | undefined> =>
  tx
    .insertInto('customTools')
    .values(row)
    .onConflict((oc) => oc.doNothing())
    .returningAll()
    .executeTakeFirst();

export const update = (
  tx: Tx,
  tenantId: string,
  id: string,
  set: Updateable<CustomToolsTable>,
): Promise<CustomToolRow | undefined> =>
  tx
    .updateTable('customTools')
    .set({ ...set, updatedAt: sql<Date>`now()` })
    .where('tenantId', '=', tenantId)
    .where('id', '=', id)
    .where('deletedAt', 'is', null)
    .returningAll()
    .executeTakeFirst();

export const remove = async (tx: Tx, tenantId: string, id: string): Promise<void> => {
  await tx
    .updateTable('customTools')
    .set({ deletedAt: sql<Date>`now()`, sealedHeaders: null })
    .where('tenantId', '=', tenantId)
    .where('id', '=', id)
    .execute();
};

/**
 * Those that an agent of this owner may have: the owner's own before what is shared.
 * @param ownerId null for an agent that administrators look after
 */
export const listUsable = (
  db: Db,
  tenantId: string,
  ownerId: string | null,
  name?: string,
): Promise<CustomToolRow[]> => {
  let query = live(db, tenantId)
    .where('isActive', '=', true)
    .where((eb) =>
      ownerId === null
        ? eb('shared', '=', true)
        : eb.or([eb('shared', '=', true), eb('ownerId', '=', ownerId)]),
    );
  if (name !== undefined) query = query.where('name', '=', name);
  return query.orderBy(sql`owner_id is not distinct from ${ownerId}`, 'desc').orderBy('id').execute();
};

/** Who answers for an agent; undefined when there is none of this id. */
export const findOwner = (
  db: Db,
  tenantId: string,
  agentId: string,
): Promise<{ createdBy: string | null } | undefined> =>
  db
    .selectFrom('aiAgents')
    .select('createdBy')
    .where('tenantId', '=', tenantId)
    .where('id', '=', agentId)
    .executeTakeFirst();
