// Tables of tools, as Kysely sees them. Inputs and outputs of executions are stored redacted.
import type { ColumnType, Generated } from 'kysely';
import type { CustomToolsTable } from './custom/tables.ts';
import type { GrantLimits } from './grants/contract.ts';
import type { WorkspaceTables } from './workspace/tables.ts';

export interface ToolExecutionsTable {
  id: string;
  tenantId: string;
  agentId: string;
  runId: string | null;
  roomId: string | null;
  toolName: string;
  inputData: ColumnType<unknown, string, never>;
  outputData: ColumnType<unknown, string | null | undefined, string | null>;
  executionStatus: ColumnType<
    'pending' | 'success' | 'error' | 'unknown',
    'pending' | undefined,
    'pending' | 'success' | 'error' | 'unknown'
  >;
  errorMessage: string | null;
  /** Null where nothing was decided: an unknown tool, arguments that are not JSON. */
  ruling: 'allow' | 'ask' | 'refuse' | null;
  executedAt: Generated<Date>;
  executionTimeMs: number | null;
}

export interface ToolGrantsTable {
  id: string;
  tenantId: string;
  agentId: string;
  toolName: string;
  limits: ColumnType<GrantLimits, string, string>;
  approval: 'by_effect' | 'always' | 'never';
  expiresAt: Date | null;
  grantedBy: string;
  createdAt: Generated<Date>;
}

export interface ToolsTables extends WorkspaceTables {
  toolExecutions: ToolExecutionsTable;
  toolGrants: ToolGrantsTable;
  customTools: CustomToolsTable;
}
