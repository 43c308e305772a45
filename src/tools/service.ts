// What may be asked about tools: which there are, which an agent has and within which limits, what they did, and to call one by
// hand. Who answers for an agent is decided by the checks that are passed in.
import type { Clock } from '../core/clock.ts';
import type { InputOf } from '../core/contract.ts';
import type { Database, Tx } from '../core/db/database.ts';
import { untimed } from '../core/db/deadline.ts';
import { AppError } from '../core/errors.ts';
import { newId } from '../core/ids.ts';
import type { Scope } from '../core/scope.ts';
import { isUuid } from '../server/identity/service.ts';
import type { RoomsService } from '../server/rooms/service.ts';
import type { invokeTool, listExecutions, ToolExecution, ToolInfo } from './contract.ts';
import type { ToolGrantInput } from './grants/contract.ts';
import type { GrantsService } from './grants/service.ts';
import type { ToolRegistry } from './registry.ts';
import * as repo from './repository.ts';
import type { RunTool } from './run-tool.ts';
import { parseToolInput, type Tool, type ToolContext, toolParameters } from './tool.ts';

export { SEND_CARD } from './builtin/card-tools.ts';
export { offerTools, toolsFound } from './catalogue.ts';
export { isWithinHours } from './grants/hours.ts';
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
  toolResultText,
  type Verified,
} from './tool.ts';

export type ToolsService = ReturnType<typeof createToolsService>;

export interface ToolsDeps {
  database: Database;
  clock: Clock;
  registry: ToolRegistry;
  grants: GrantsService;
  runTool: RunTool;
  rooms: Pick<RoomsService, 'requireMember' | 'openDirect'>;
  /** Names of the tools enabled for an agent the caller may see. @throws AppError not_found */
  enabledFor(scope: Scope, agentId: string): Promise<readonly string[]>;
  /** Throws unless the caller answers for the agent. */
  requireOwned(scope: Scope, agentId: string): Promise<unknown>;
  answersFor(scope: Scope, agentId: string): Promise<boolean>;
  /** Changes the profile's tools; `within` is part of the same transaction. */
  enable(scope: Scope, agentId: string, names: string[], within: (tx: Tx) => Promise<void>): Promise<unknown>;
}

/** A call by hand ends with the operation's own deadline. */
const MOST_BY_HAND_MS = 60_000;
/** Characters of what a tool says it would do. */
const MOST_PREVIEW = 2000;

export function createToolsService(deps: ToolsDeps) {
  const { database, registry, grants, enabledFor, requireOwned } = deps;

  async function ofAgent(scope: Scope, agentId: string) {
    const enabled = new Set(await enabledFor(scope, agentId));
    const all = await registry.all({ tenantId: scope.tenantId, agentId });
    const data = all.filter((tool) => enabled.has(tool.name)).map(toInfo);
    if (!(await deps.answersFor(scope, agentId))) return { data };
    return { data, grants: await grants.list(scope, agentId) };
  }

  return {
    async list(scope: Scope, agentId: string | undefined): Promise<{ data: ToolInfo[] }> {
      if (agentId === undefined) return { data: registry.list().map(toInfo) };
      await requireOwned(scope, agentId);
      return { data: (await registry.all({ tenantId: scope.tenantId, agentId })).map(toInfo) };
    },

    ofAgent,

    async put(scope: Scope, agentId: string, wanted: readonly ToolGrantInput[]) {
      await requireOwned(scope, agentId);
      if (!isPerson(scope) && wanted.some(({ approval }) => approval === 'never'))
        throw new AppError(
          'forbidden',
          'person_needed',
          'Only a person who signed in may say that nobody has to be asked.',
        );
      const all = await registry.all({ tenantId: scope.tenantId, agentId });
      const tools = new Map(all.map((tool) => [tool.name, tool]));
      const names = [...new Set(wanted.map(({ tool }) => tool))];
      await deps.enable(scope, agentId, names, (tx) => grants.replace(tx, scope, agentId, wanted, tools));
      return ofAgent(scope, agentId);
    },

    async invoke(scope: Scope, input: InputOf<typeof invokeTool>) {
      const { agentId, tool: name, confirm, dryRun } = input;
      await requireOwned(scope, agentId);
      const tool = await registry.resolve({ tenantId: scope.tenantId, agentId }, name);
      if (tool === undefined) return refused('unknown_tool', `There is no tool named "${name}".`);
      const roomId =
        input.roomId === undefined
          ? (await deps.rooms.openDirect(scope, [agentId])).id
          : (await deps.rooms.requireMember(scope, input.roomId)).row.id;
      const parsed = parseToolInput(tool, input.input);
      if (!parsed.ok) return { status: 'refused' as const, error: parsed.error };
      const executionId = newId();
      const context: ToolContext = {
        tenantId: scope.tenantId,
        agentId,
        runId: executionId,
        roomId,
        asker: { userId: scope.user.id, name: scope.user.name },
        now: deps.clock.date(),
        signal: AbortSignal.timeout(MOST_BY_HAND_MS),
      };
      const call = { tool, args: input.input, executionId, context };
      const decision = await grants.decide(database.db, call, false);
      if (dryRun)
        return { status: 'decided' as const, decision, ...(await previewOf(tool, parsed.input, context)) };
      if (decision.ruling === 'refuse')
        return { ...refused(decision.reason, decision.explanation), decision };
      const agreed = confirm && isPerson(scope);
      if (decision.ruling === 'ask' && !agreed)
        return {
          status: 'needs_approval' as const,
          decision,
          ...(await previewOf(tool, parsed.input, context)),
        };
      // It may take longer than a call has for the database.
      const outcome = await untimed(async () => {
        const outcome = await deps.runTool({
          call: { executionId, name, args: input.input },
          granted: [name],
          context,
          commit: (fn) => database.transaction(fn),
          approved: agreed,
          byHand: true,
        });
        await database.transaction(outcome.record);
        return outcome;
      });
      const { result, durationMs } = outcome;
      const done = { executionId, durationMs, decision };
      return result.ok
        ? { status: 'success' as const, output: result.output, ...done }
        : { status: 'error' as const, error: result.error, ...done };
    },

    async executions(scope: Scope, { agentId, tool, limit, cursor }: InputOf<typeof listExecutions>) {
      await requireOwned(scope, agentId);
      const rows = await repo.listExecutions(database.db, scope.tenantId, agentId, {
        toolName: tool,
        beforeId: cursor !== undefined && isUuid(cursor) ? cursor : undefined,
        limit: limit + 1,
      });
      const data = rows.slice(0, limit).map(toExecution);
      const last = data.at(-1);
      return { data, ...(rows.length > limit && last !== undefined ? { nextCursor: last.id } : {}) };
    },
  };
}

/** Whoever signed in as themselves; a key or a program in their name agrees to nothing. */
const isPerson = ({ user, via, allows }: Scope): boolean =>
  user.kind === 'human' &&
  allows === undefined &&
  (via === 'rest' || via === 'socketio' || via === 'phoenix');

/** A tool that cannot say what it would do says nothing. */
async function previewOf(tool: Tool, input: unknown, context: ToolContext): Promise<{ preview?: string }> {
  try {
    const words = await untimed(async () => tool.preview?.(input, context));
    return words === undefined ? {} : { preview: words.slice(0, MOST_PREVIEW).toWellFormed() };
  } catch {
    return {};
  }
}

const refused = (code: string, message: string) => ({
  status: 'refused' as const,
  error: { code, message },
});

const toInfo = (tool: Tool): ToolInfo => ({
  name: tool.name,
  description: tool.description,
  effect: tool.effect,
  parameters: toolParameters(tool),
  timeoutMs: tool.timeoutMs,
  permissions: [...tool.permissions],
  audience: tool.audience ?? 'room',
  ...(tool.unavailable === undefined ? {} : { unavailable: tool.unavailable }),
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
  ...(row.ruling === null ? {} : { ruling: row.ruling }),
  executedAt: row.executedAt.toISOString(),
  ...(row.executionTimeMs === null ? {} : { executionTimeMs: row.executionTimeMs }),
});
