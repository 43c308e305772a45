// What may be asked about tools. Who answers for an agent is decided by the checks that are passed in.
import type { InputOf } from '../core/contract.ts';
import type { Database } from '../core/db/database.ts';
import type { Scope } from '../core/scope.ts';
import { isUuid } from '../server/identity/service.ts';
import type { listExecutions, ToolExecution, ToolInfo } from './contract.ts';
import type { ToolRegistry } from './registry.ts';
import * as repo from './repository.ts';
import { type Tool, toolParameters } from './tool.ts';

export { redact } from './redact.ts';
export type { ToolRegistry } from './registry.ts';
export { outcomeOf, type RunTool, type ToolOutcome } from './run-tool.ts';
export {
  parseToolInput,
  type Tool,
  type ToolContext,
  type ToolResult,
  toolFailure,
  toolParameters,
  type Verified,
} from './tool.ts';

export type ToolsService = ReturnType<typeof createToolsService>;

export interface ToolsDeps {
  database: Database;
  registry: ToolRegistry;
  /** Names of the tools enabled for an agent the caller may see. @throws AppError not_found */
  enabledFor(scope: Scope, agentId: string): Promise<readonly string[]>;
  /** Throws unless the caller answers for the agent. */
  requireOwned(scope: Scope, agentId: string): Promise<unknown>;
}

export function createToolsService({ database, registry, enabledFor, requireOwned }: ToolsDeps) {
  return {
    list: (): { data: ToolInfo[] } => ({ data: registry.list().map(toInfo) }),

    async ofAgent(scope: Scope, agentId: string): Promise<{ data: ToolInfo[] }> {
      const enabled = new Set(await enabledFor(scope, agentId));
      return {
        data: registry
          .list()
          .filter((tool) => enabled.has(tool.name))
          .map(toInfo),
      };
    },

    async executions(scope: Scope, { agentId, limit, cursor }: InputOf<typeof listExecutions>) {
      await requireOwned(scope, agentId);
      const rows = await repo.listExecutions(database.db, scope.tenantId, agentId, {
        beforeId: cursor !== undefined && isUuid(cursor) ? cursor : undefined,
        limit: limit + 1,
      });
      const data = rows.slice(0, limit).map(toExecution);
      const last = data.at(-1);
      return { data, ...(rows.length > limit && last !== undefined ? { nextCursor: last.id } : {}) };
    },
  };
}

const toInfo = (tool: Tool): ToolInfo => ({
  name: tool.name,
  description: tool.description,
  effect: tool.effect,
  parameters: toolParameters(tool),
  timeoutMs: tool.timeoutMs,
  permissions: [...tool.permissions],
});

const toExecution = (row: repo.ExecutionRow): ToolExecution => ({
  id: row.id,
  agentId: row.agentId,
  ...(row.runId === null ? {} : { runId: row.runId }),
  toolName: row.toolName,
  inputData: row.inputData,
  outputData: row.outputData,
  executionStatus: row.executionStatus,
  ...(row.errorMessage === null ? {} : { errorMessage: row.errorMessage }),
  executedAt: row.executedAt.toISOString(),
  ...(row.executionTimeMs === null ? {} : { executionTimeMs: row.executionTimeMs }),
});
