// Queries on credentials for MCP servers and consents under way. No policy.
import { type Insertable, type Selectable, sql } from 'kysely';
import type { Db, Tx } from '../../../core/db/database.ts';
import type { McpCredentialsTable, McpOauthFlowsTable } from '../tables.ts';

export type CredentialRow = Selectable<McpCredentialsTable>;
export type FlowRow = Selectable<McpOauthFlowsTable>;

export const find = (db: Db, tenantId: string, serverId: string): Promise<CredentialRow | undefined> =>
  db
    .selectFrom('mcpCredentials')
    .selectAll()
    .where('tenantId', '=', tenantId)
    .where('serverId', '=', serverId)
    .executeTakeFirst();

export async function put(tx: Tx, credential: Insertable<McpCredentialsTable>): Promise<void> {
  const { serverId: _, tenantId: __, ...changes } = credential;
  await tx
    .insertInto('mcpCredentials')
    .values(credential)
    .onConflict((oc) =>
      oc.column('serverId').doUpdateSet((eb) => ({
        ...changes,
        version: eb('mcpCredentials.version', '+', 1),
        updatedAt: sql<Date>`now()`,
      })),
    )
    .execute();
}

/** Changes what is still of that version. */
export async function update(
  db: Db,
  { tenantId, serverId, version }: CredentialRow,
  changes: Partial<
    Pick<CredentialRow, 'status' | 'sealed' | 'scope' | 'expiresAt' | 'requiredScope' | 'resourceMetadataUrl'>
  >,
): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('mcpCredentials')
    .set((eb) => ({
      ...changes,
      refreshingUntil: null,
      version: eb('version', '+', 1),
      updatedAt: sql<Date>`now()`,
    }))
    .where('tenantId', '=', tenantId)
    .where('serverId', '=', serverId)
    .where('version', '=', version)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** Whether the caller alone may spend the refresh token of this version. */
export async function lease(
  db: Db,
  { tenantId, serverId, version }: CredentialRow,
  now: Date,
  until: Date,
): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('mcpCredentials')
    .set({ refreshingUntil: until })
    .where('tenantId', '=', tenantId)
    .where('serverId', '=', serverId)
    .where('version', '=', version)
    .where((eb) => eb.or([eb('refreshingUntil', 'is', null), eb('refreshingUntil', '<', now)]))
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

export async function release(db: Db, { tenantId, serverId, version }: CredentialRow): Promise<void> {
  await db
    .updateTable('mcpCredentials')
    .set({ refreshingUntil: null })
    .where('tenantId', '=', tenantId)
    .where('serverId', '=', serverId)
    .where('version', '=', version)
    .execute();
}

export async function remove(tx: Tx, tenantId: string, serverId: string): Promise<CredentialRow | undefined> {
  await removeFlows(tx, tenantId, serverId);
  return tx
    .deleteFrom('mcpCredentials')
    .where('tenantId', '=', tenantId)
    .where('serverId', '=', serverId)
    .returningAll()
    .executeTakeFirst();
}

/** In place of the one of this server that was under way. */
export async function insertFlow(tx: Tx, flow: Insertable<McpOauthFlowsTable>): Promise<void> {
  await tx
    .insertInto('mcpOauthFlows')
    .values(flow)
    .onConflict((oc) =>
      oc.column('serverId').doUpdateSet((eb) => ({
        id: eb.ref('excluded.id'),
        userId: eb.ref('excluded.userId'),
        signInId: eb.ref('excluded.signInId'),
        stateHash: eb.ref('excluded.stateHash'),
        sealed: eb.ref('excluded.sealed'),
        expiresAt: eb.ref('excluded.expiresAt'),
      })),
    )
    .execute();
}

/** Once: whoever asks again finds nothing. By its state alone, which names tenant and person. */
export const takeFlow = (db: Db, stateHash: string): Promise<FlowRow | undefined> =>
  db.deleteFrom('mcpOauthFlows').where('stateHash', '=', stateHash).returningAll().executeTakeFirst();

async function removeFlows(tx: Tx, tenantId: string, serverId: string): Promise<void> {
  await tx
    .deleteFrom('mcpOauthFlows')
    .where('tenantId', '=', tenantId)
    .where('serverId', '=', serverId)
    .execute();
}
