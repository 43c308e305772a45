// Queries on outside MCP servers and their tools. No policy.
import { type Insertable, type Selectable, sql } from 'kysely';
import type { Db, Tx } from '../../core/db/database.ts';
import type { ToolPlace } from '../registry.ts';
import type { McpEffect, McpServersTable, McpToolsTable } from './tables.ts';

export type McpServerRow = Selectable<McpServersTable>;
export type McpToolRow = Selectable<McpToolsTable>;

/** Until `tx` is over nobody else adds a server of this owner. */
export async function lockOwner(tx: Tx, ownerId: string): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtextextended(${`mcp_servers:${ownerId}`}::text, 0))`.execute(tx);
}

const standing = (db: Db, tenantId: string) =>
  db.selectFrom('mcpServers').selectAll().where('tenantId', '=', tenantId).where('deletedAt', 'is', null);

export const listServers = (db: Db, tenantId: string, ownerId?: string): Promise<McpServerRow[]> => {
  const query = standing(db, tenantId).orderBy('id').limit(1000);
  return (ownerId === undefined ? query : query.where('ownerId', '=', ownerId)).execute();
};

export const findServer = (db: Db, tenantId: string, id: string): Promise<McpServerRow | undefined> =>
  standing(db, tenantId).where('id', '=', id).executeTakeFirst();

export const insertServer = (tx: Tx, server: Insertable<McpServersTable>): Promise<McpServerRow> =>
  tx.insertInto('mcpServers').values(server).returningAll().executeTakeFirstOrThrow();

/** Counts as a change: connections that were made before are not used after it. */
export const updateServer = (
  tx: Tx,
  tenantId: string,
  id: string,
  changes: { sealedHeaders?: string | null; headerNames?: string; isActive?: boolean },
): Promise<McpServerRow | undefined> =>
  tx
    .updateTable('mcpServers')
    .set((eb) => ({ ...changes, revision: eb('revision', '+', 1), updatedAt: sql<Date>`now()` }))
    .where('tenantId', '=', tenantId)
    .where('id', '=', id)
    .where('deletedAt', 'is', null)
    .returningAll()
    .executeTakeFirst();

/** Its credential goes at once. */
export async function deleteServer(tx: Tx, tenantId: string, id: string): Promise<void> {
  await tx
    .updateTable('mcpServers')
    .set({ sealedHeaders: null, headerNames: '[]', deletedAt: sql<Date>`now()` })
    .where('tenantId', '=', tenantId)
    .where('id', '=', id)
    .execute();
}

export async function noteAsked(
  db: Db,
  tenantId: string,
  id: string,
  outcome: { lastError: string | null },
): Promise<void> {
  await db
    .updateTable('mcpServers')
    .set({ ...outcome, ...(outcome.lastError === null ? { listedAt: sql<Date>`now()` } : {}) })
    .where('tenantId', '=', tenantId)
    .where('id', '=', id)
    .execute();
}

export const listTools = (db: Db, tenantId: string, serverId: string): Promise<McpToolRow[]> =>
  db
    .selectFrom('mcpTools')
    .selectAll()
    .where('tenantId', '=', tenantId)
    .where('serverId', '=', serverId)
    .orderBy('name')
    .execute();

export async function deleteTools(tx: Tx, tenantId: string, serverId: string): Promise<void> {
  await tx.deleteFrom('mcpTools').where('tenantId', '=', tenantId).where('serverId', '=', serverId).execute();
}

/** Stores what the server offers now; what it does not offer any more stays, as such. */
export async function storeOffered(
  tx: Tx,
  tenantId: string,
  serverId: string,
  offered: { id: string; name: string; toolName: string; definition: string; hash: string }[],
): Promise<void> {
  await tx
    .updateTable('mcpTools')
    .set({ isOffered: false })
    .where('tenantId', '=', tenantId)
    .where('serverId', '=', serverId)
    .where('isOffered', '=', true)
    .$if(offered.length > 0, (query) =>
      query.where(
        'name',
        'not in',
        offered.map(({ name }) => name),
      ),
    )
    .execute();
  if (offered.length === 0) return;
  await tx
    .insertInto('mcpTools')
    .values(offered.map((tool) => ({ ...tool, tenantId, serverId })))
    .onConflict((oc) =>
      oc.columns(['serverId', 'name']).doUpdateSet((eb) => ({
        toolName: eb.ref('excluded.toolName'),
        definition: eb.ref('excluded.definition'),
        hash: eb.ref('excluded.hash'),
        isOffered: true,
        seenAt: sql<Date>`now()`,
      })),
    )
    .execute();
}

/** Whether the tool still was what it was looked at as. */
export async function setApproval(
  tx: Tx,
  tenantId: string,
  serverId: string,
  tool: { name: string; hash: string },
  approval: { effect: McpEffect; by: string } | null,
): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('mcpTools')
    .set({
      approvedHash: approval === null ? null : tool.hash,
      approvedEffect: approval?.effect ?? null,
      approvedBy: approval?.by ?? null,
      approvedAt: approval === null ? null : sql<Date>`now()`,
    })
    .where('tenantId', '=', tenantId)
    .where('serverId', '=', serverId)
    .where('name', '=', tool.name)
    .where('hash', '=', tool.hash)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** Approved tools, unchanged since, of the active servers of whoever answers for the agent. */
export const listUsable = (
  db: Db,
  { tenantId, agentId, ownerId }: ToolPlace,
  toolName?: string,
): Promise<McpToolRow[]> => {
  const query = db
    .selectFrom('mcpTools as tool')
    .innerJoin('mcpServers as server', 'server.id', 'tool.serverId')
    .selectAll('tool')
    .where('tool.tenantId', '=', tenantId)
    .where('server.tenantId', '=', tenantId)
    .where('server.ownerId', '=', (eb) =>
      ownerId === undefined
        ? eb
            .selectFrom('aiAgents')
            .select('createdBy')
            .where('tenantId', '=', tenantId)
            .where('id', '=', agentId)
        : eb.val(ownerId),
    )
    .where('server.deletedAt', 'is', null)
    .where('server.isActive', '=', true)
    .where('tool.isOffered', '=', true)
    .whereRef('tool.approvedHash', '=', 'tool.hash')
    .orderBy('tool.toolName');
  return (toolName === undefined ? query : query.where('tool.toolName', '=', toolName)).execute();
};
