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

/** What an owner was given by the authorization server of one of his servers. */
export interface McpCredentialsTable {
  serverId: string;
  tenantId: string;
  ownerId: string;
  status: 'connected' | 'needs_authorization';
  issuer: string | null;
  /** Client, tokens and what was discovered; null where nothing was given yet. */
  sealed: string | null;
  scope: string | null;
  /** What the server asked for when it last refused. */
  requiredScope: string | null;
  resourceMetadataUrl: string | null;
  expiresAt: Date | null;
  /** Counts changes, so that two nodes do not spend one refresh token. */
  version: Generated<number>;
  refreshingUntil: Date | null;
  connectedAt: Date | null;
  updatedAt: Generated<Date>;
}

/** A consent under way: one for each server. */
export interface McpOauthFlowsTable {
  id: string;
  tenantId: string;
  serverId: string;
  userId: string;
  /** The session in which it was begun. */
  signInId: string;
  stateHash: string;
  sealed: string;
  expiresAt: Date;
  createdAt: Generated<Date>;
}

export interface McpTables {
  mcpServers: McpServersTable;
  mcpTools: McpToolsTable;
  mcpCredentials: McpCredentialsTable;
  mcpOauthFlows: McpOauthFlowsTable;
}
