// Queries on API keys. No policy, no clocks.
import type { Selectable } from 'kysely';
import type { Db, Tx } from '../../core/db/database.ts';
import type { ApiKeysTable } from './tables.ts';

export type KeyRow = Selectable<ApiKeysTable>;

export const insertKey = (
  tx: Tx,
  { scopes, ...key }: Omit<KeyRow, 'createdAt' | 'lastUsedAt' | 'revokedAt'>,
): Promise<KeyRow> =>
  tx
    .insertInto('apiKeys')
    .values({ ...key, scopes: JSON.stringify(scopes) })
    .returningAll()
    .executeTakeFirstOrThrow();

/** Across tenants: the key itself says which one it belongs to. */
export const findKeyByShortId = (db: Db, shortId: string): Promise<KeyRow | undefined> =>
  db.selectFrom('apiKeys').selectAll().where('shortId', '=', shortId).executeTakeFirst();

export function listKeys(
  db: Db,
  tenantId: string,
  page: { limit: number; after?: string | undefined },
): Promise<KeyRow[]> {
  let query = db.selectFrom('apiKeys').selectAll().where('tenantId', '=', tenantId);
  if (page.after !== undefined) query = query.where('id', '>', page.after);
  return query.orderBy('id').limit(page.limit).execute();
}

/** Undefined when there is none, or it is revoked already. */
export const revokeKey = (tx: Tx, tenantId: string, id: string, at: Date): Promise<KeyRow | undefined> =>
  tx
    .updateTable('apiKeys')
    .set({ revokedAt: at })
    .where('tenantId', '=', tenantId)
    .where('id', '=', id)
    .where('revokedAt', 'is', null)
    .returningAll()
    .executeTakeFirst();

export const revokeKeysOf = (tx: Tx, tenantId: string, userId: string, at: Date) =>
  tx
    .updateTable('apiKeys')
    .set({ revokedAt: at })
    .where('tenantId', '=', tenantId)
    .where('userId', '=', userId)
    .where('revokedAt', 'is', null)
    .execute();

/** Written at most once in `before`..`at`, whoever else uses the key. */
export const touchKey = (db: Db, id: string, at: Date, before: Date) =>
  db
    .updateTable('apiKeys')
    .set({ lastUsedAt: at })
    .where('id', '=', id)
    .where((eb) => eb.or([eb('lastUsedAt', 'is', null), eb('lastUsedAt', '<', before)]))
    .execute();
