// Tables of outside MCP servers and their tools, as Kysely sees them.
import type { ColumnType, Generated } from 'kysely';
import type { McpDefinition } from './definition.ts';

export type McpEffect = 'read' | 'write_external' | 'irreversible';

export interface McpServersTable {
  id: string;
  tenantId: string;
  ownerId: string;
  name: string;
  /** This or `program`. */
  url: string | null;
  /** A name of the administrator's configuration. */
  program: string | null;
  /** The headers that go with every request, sealed. */
  sealedHeaders: string | null;
  headerNames: ColumnType<string[], string | undefined, string>;
  isActive: Generated<boolean>;
  /** Counts changes, so that a connection made before one is not used after it. */
  revision: Generated<number>;
  lastError: string | null;
  listedAt: Date | null;
  createdAt: Generated<Date>;
  updatedAt: Generated<Date>;
  deletedAt: Date | null;
}

export interface McpToolsTable {
  id: string;
  tenantId: string;
  serverId: string;
  /** As the server calls it. */
  name: string;
  /** As agents call it: `server__tool`. */
  toolName: string;
  definition: ColumnType<McpDefinition, string, string>;
  hash: string;
  /** Whether the server still had it when it was last asked. */
  isOffered: Generated<boolean>;
  approvedHash: string | null;
  approvedEffect: McpEffect | null;
  approvedBy: string | null;
  approvedAt: Date | null;
  seenAt: Generated<Date>;
}

export interface McpTables {
  mcpServers: McpServersTable;
  mcpTools: McpToolsTable;
}
