// Queries on tenants and users. No policy, no clocks.
import { type Selectable, sql } from 'kysely';
import type { Db, Tx } from '../../core/db/database.ts';
import type { UsersTable } from './tables.ts';

export type UserRow = Selectable<UsersTable>;

export const findUserById = (db: Db | Tx, tenantId: string, id: string): Promise<UserRow | undefined> =>
  db.selectFrom('users').selectAll().where('tenantId', '=', tenantId).where('id', '=', id).executeTakeFirst();

export const findUserByKey = (db: Db | Tx, tenantId: string, key: string): Promise<UserRow | undefined> =>
  db
    .selectFrom('users')
    .selectAll()
    .where('tenantId', '=', tenantId)
    .where('handleKey', '=', key)
    .executeTakeFirst();

/** Of whatever tenant: the caller compares it. */
export const findUsersAnywhere = (db: Db, ids: string[]): Promise<UserRow[]> =>
  db.selectFrom('users').selectAll().where(sql<boolean>`id = any(${ids}::uuid[])`).execute();

/** Those of them who were not removed. */
export const findUsersByIds = (db: Db | Tx, tenantId: string, ids: string[]): Promise<UserRow[]> =>
  ids.length === 0
    ? Promise.resolve([])
    : db
        .selectFrom('users')
        .selectAll()
        .where('tenantId', '=', tenantId)
        .where('id', 'in', ids)
        .where('deletedAt', 'is', null)
        .execute();

export function listUsers(
  db: Db,
  tenantId: string,
  page: {
    limit: number;
    afterHandle?: string | undefined;
    query?: string | undefined;
    kind?: 'human' | 'agent' | undefined;
  },
): Promise<UserRow[]> {
  let query = db
    .selectFrom('users')
    .selectAll()
    .where('tenantId', '=', tenantId)
    .where('deletedAt', 'is', null);
  if (page.afterHandle !== undefined) query = query.where('handle', '>', page.afterHandle);
  if (page.kind !== undefined) query = query.where('kind', '=', page.kind);
  if (page.query !== undefined && page.query !== '') {
    const pattern = `%${page.query.toLowerCase().replace(/[\\%_]/g, '\\$&')}%`;
    query = query.where((eb) =>
      eb.or([eb('handle', 'like', pattern), eb(eb.fn<string>('lower', ['name']), 'like', pattern)]),
    );
  }
  return query.orderBy('handle').limit(page.limit).execute();
}

/** Inserts unless the handle is taken; answers undefined then. */
export const insertUser = (
  tx: Tx | Db,
  user: Pick<UserRow, 'id' | 'tenantId' | 'kind' | 'handle' | 'handleKey' | 'name' | 'ownerId' | 'role'> &
    Partial<Pick<UserRow, 'avatarUrl' | 'externalId'>>,
): Promise<UserRow | undefined> =>
  tx
    .insertInto('users')
    .values(user)
    .onConflict((oc) => oc.columns(['tenantId', 'handleKey']).doNothing())
    .returningAll()
    .executeTakeFirst();

export const updateUser = (
  tx: Tx,
  tenantId: string,
  id: string,
  set: Partial<
    Pick<UserRow, 'name' | 'avatarUrl' | 'role' | 'suspendedAt' | 'deletedAt' | 'handle' | 'handleKey'>
  >,
): Promise<UserRow | undefined> =>
  tx
    .updateTable('users')
    .set(set)
    .where('tenantId', '=', tenantId)
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirst();

/** Counts a change of name or picture before it is made. @returns whether `set` makes one */
export async function raiseProfileVersion(
  tx: Tx,
  tenantId: string,
  id: string,
  { name, avatarUrl }: { name?: string | undefined; avatarUrl?: string | null | undefined },
): Promise<boolean> {
  if (name === undefined && avatarUrl === undefined) return false;
  const { numUpdatedRows } = await tx
    .updateTable('users')
    .set((eb) => ({ profileVersion: eb('profileVersion', '+', 1) }))
    .where('tenantId', '=', tenantId)
    .where('id', '=', id)
    .where((eb) =>
      eb.or([
        ...(name === undefined ? [] : [eb('name', 'is distinct from', name)]),
        ...(avatarUrl === undefined ? [] : [eb('avatarUrl', 'is distinct from', avatarUrl)]),
      ]),
    )
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

export async function hasHuman(db: Db | Tx, tenantId: string, of?: { externally: true }): Promise<boolean> {
  let query = db
    .selectFrom('users')
    .select('id')
    .where('tenantId', '=', tenantId)
    .where('kind', '=', 'human')
    .limit(1);
  if (of !== undefined) query = query.where('externalId', 'is not', null);
  return (await query.executeTakeFirst()) !== undefined;
}

export const countAdmins = async (tx: Tx, tenantId: string): Promise<number> => {
  const { count } = await tx
    .selectFrom('users')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('tenantId', '=', tenantId)
    .where('role', '=', 'admin')
    .where('suspendedAt', 'is', null)
    .where('deletedAt', 'is', null)
    .executeTakeFirstOrThrow();
  return Number(count);
};

/**
 * Takes the tenant's row so that two first sign-ins cannot both become administrator. Rows that refer to the tenant may be
 * written meanwhile: whoever does that under a room's lock would otherwise wait for one who waits for the room.
 */
export const lockTenant = (tx: Tx, tenantId: string) =>
  tx.selectFrom('tenants').select('id').where('id', '=', tenantId).forNoKeyUpdate().executeTakeFirst();

export const insertTenant = (tx: Tx | Db, id: string, name: string) =>
  tx
    .insertInto('tenants')
    .values({ id, name })
    .onConflict((oc) => oc.column('id').doNothing())
    .execute();

/** Everyone but the agents. */
export const removePeople = (tx: Tx, tenantId: string, at: Date) =>
  tx
    .updateTable('users')
    .set({ deletedAt: at })
    .where('tenantId', '=', tenantId)
    .where('kind', '=', 'human')
    .where('deletedAt', 'is', null)
    .execute();

/** Takes the name from someone who was removed. What the provider told of him goes when no other tenant has him. */
export async function eraseUser(
  tx: Tx,
  tenantId: string,
  userId: string,
  set: { name: string; handle: string; handleKey: string },
): Promise<void> {
  const row = await tx
    .updateTable('users')
    .set({ ...set, avatarUrl: null })
    .where('tenantId', '=', tenantId)
    .where('id', '=', userId)
    .where('deletedAt', 'is not', null)
    .returning('externalId')
    .executeTakeFirst();
  if (row?.externalId == null) return;
  const others = await tx
    .selectFrom('users')
    .select('id')
    .where('externalId', '=', row.externalId)
    .where('deletedAt', 'is', null)
    .executeTakeFirst();
  if (others === undefined)
    await tx
      .updateTable('directory')
      .set({ name: null, handle: null, avatarUrl: null })
      .where('externalId', '=', row.externalId)
      .execute();
}
