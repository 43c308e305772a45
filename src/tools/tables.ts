// Table of tool executions, as Kysely sees it. Inputs and outputs are stored redacted.
import type { ColumnType, Generated } from 'kysely';

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
  executedAt: Generated<Date>;
  executionTimeMs: number | null;
}

export interface ToolsTables {
  toolExecutions: ToolExecutionsTable;
}
