// How a tool calls operations: as the agent, and, to know whether the asker may, as the asker. Both are named by the run, never by
// arguments, and what an operation refuses is a value for the model to read.
import { AppError } from '../core/errors.ts';
import type { Scope } from '../core/scope.ts';
import { type ToolContext, type ToolResult, toolFailure } from './tool.ts';

export interface Operate {
  asAgent<T>(ctx: ToolContext, name: string, input: object): Promise<T>;
  asAsker<T>(ctx: ToolContext, name: string, input: object): Promise<T>;
}

/** Text of a model that writes for a tool; undefined where no model is configured. */
export type WriteText = (
  place: { tenantId: string; agentId: string; runId: string; signal: AbortSignal },
  request: { task: string; text: string; maxTokens: number },
) => Promise<string | undefined>;

export function createOperate(deps: {
  agentScope(tenantId: string, agentId: string): Promise<Scope>;
  /** Someone's scope with the rights they have now. */
  wordScope(tenantId: string, userId: string): Promise<Scope>;
  call(name: string, scope: Scope, input: object): Promise<unknown>;
}): Operate {
  return {
    async asAgent<T>(ctx: ToolContext, name: string, input: object) {
      ctx.signal.throwIfAborted();
      return (await deps.call(name, await deps.agentScope(ctx.tenantId, ctx.agentId), input)) as T;
    },
    async asAsker<T>(ctx: ToolContext, name: string, input: object) {
      ctx.signal.throwIfAborted();
      return (await deps.call(name, await deps.wordScope(ctx.tenantId, ctx.asker.userId), input)) as T;
    },
  };
}

/** Whatever an operation refuses becomes a failure; a defect stays one. */
export async function refusable(fn: () => Promise<ToolResult>): Promise<ToolResult> {
  try {
    return await fn();
  } catch (error) {
    if (error instanceof AppError && error.code !== 'internal')
      return toolFailure(error.reason, error.message);
    throw error;
  }
}
