// Queries on what the identity provider told, in whatever order it told it: older news never replaces newer.
import type { Selectable } from 'kysely';
import type { Db, Tx } from '../../core/db/database.ts';
import type { UserRow } from './repository.ts';
import type { DirectoryTable, TenantsTable } from './tables.ts';

export type Entry = Selectable<DirectoryTable>;
export type TenantRow = Selectable<TenantsTable>;

export const membershipId = (orgId: string, userId: string): string => `${orgId}/${userId}`;

export const findEntries = (db: Db | Tx, ids: string[]): Promise<Entry[]> =>
  db.selectFrom('directory').selectAll().where('externalId', 'in', ids).execute();

/** False when something newer is known already. */
export async function writeEntry(
  tx: Tx,
  externalId: string,
  changedAt: Date,
  set: Partial<Pick<Entry, 'name' | 'handle' | 'avatarUrl' | 'role' | 'removedAt'>>,
): Promise<boolean> {
  const row = await tx
    .insertInto('directory')
    .values({ externalId, changedAt, ...set })
    .onConflict((oc) =>
      oc
        .column('externalId')
        .doUpdateSet({ changedAt, ...set })
        .whereRef('directory.changedAt', '<=', 'excluded.changedAt'),
    )
    .returning('externalId')
    .executeTakeFirst();
  return row !== undefined;
}

/** For good: ids of people and organisations are never given again. */
export const removeEntry = (tx: Tx, externalId: string, at: Date) =>
  tx
    .insertInto('directory')
    .values({ externalId, changedAt: at, removedAt: at })
    .onConflict((oc) =>
      oc.column('externalId').doUpdateSet({ name: null, handle: null, avatarUrl: null, removedAt: at }),
    )
    .execute();

export const findTenantByExternalId = (db: Db | Tx, externalId: string): Promise<TenantRow | undefined> =>
  db.selectFrom('tenants').selectAll().where('externalId', '=', externalId).executeTakeFirst();

export const insertExternalTenant = (db: Db | Tx, tenant: { id: string; externalId: string; name: string }) =>
  db
    .insertInto('tenants')
    .values(tenant)
    .onConflict((oc) => oc.column('externalId').doNothing())
    .execute();

export const updateTenant = (
  tx: Tx,
  externalId: string,
  set: Partial<Pick<TenantRow, 'name' | 'deletedAt'>>,
): Promise<TenantRow | undefined> =>
  tx.updateTable('tenants').set(set).where('externalId', '=', externalId).returningAll().executeTakeFirst();

export const findUserByExternalId = (
  db: Db | Tx,
  tenantId: string,
  externalId: string,
): Promise<UserRow | undefined> =>
  db
    .selectFrom('users')
    .selectAll()
    .where('externalId', '=', externalId)
    .where('tenantId', '=', tenantId)
    .executeTakeFirst();

/** The same person in every tenant. */
export const findUsersOfPerson = (tx: Tx, externalId: string): Promise<UserRow[]> =>
  tx.selectFrom('users').selectAll().where('externalId', '=', externalId).execute();

/** False when this delivery was taken in before. */
export async function receive(tx: Tx, id: string): Promise<boolean> {
  const row = await tx
    .insertInto('webhookReceipts')
    .values({ id })
    .onConflict((oc) => oc.column('id').doNothing())
    .returning('id')
    .executeTakeFirst();
  return row !== undefined;
}

export const forgetReceipts = (tx: Tx, before: Date) =>
  tx.deleteFrom('webhookReceipts').where('receivedAt', '<', before).execute();
