// A tool of an MCP server as a tool of ours. Its schema is shown to models as the server wrote it; arguments are only looked at
// roughly, since the server checks them itself and a stranger's schema is not run here. Must never throw for what a server does.
import { z } from 'zod';
import { AppError } from '../../core/errors.ts';
import { defineTool, type Tool, type ToolContext, type ToolResult, toolFailure } from '../tool.ts';
import { isRefusal, MCP_LIMITS, whyNot } from './connection.ts';
import type { McpDefinition } from './definition.ts';
import type { McpToolRow } from './repository.ts';

/** `gone`: the server is not there for this agent any more. `changed`: the tool is not what was agreed to. */
export type CallMcpTool = (
  tool: McpToolRow,
  args: Record<string, unknown>,
  context: ToolContext,
) => Promise<ToolResult | 'gone' | 'changed'>;

const MAX_ARGUMENT_CHARS = 64_000;

export function toAgentTool(row: McpToolRow, call: CallMcpTool): Tool {
  const { definition, toolName } = row;
  return defineTool<Record<string, unknown>>({
    name: toolName,
    description: definition.description ?? definition.title ?? toolName,
    input: inputOf(definition),
    parameters: definition.inputSchema,
    effect: row.approvedEffect ?? 'write_external',
    timeoutMs: MCP_LIMITS.connectMs + MCP_LIMITS.listMs + MCP_LIMITS.callMs,
    permissions: [],
    fingerprint: row.hash,
    async execute(args, context) {
      try {
        const result = await call(row, args, context);
        context.signal.throwIfAborted();
        if (result === 'gone')
          return toolFailure('unknown_tool', `The server of ${toolName} is not connected any more.`);
        if (result === 'changed')
          return toolFailure(
            'definition_changed',
            `${toolName} is not what its owner agreed to any more. Say that the owner has to look at it again.`,
          );
        return result;
      } catch (error) {
        if (context.signal.aborted) throw context.signal.reason;
        return failed(toolName, error);
      }
    },
  });
}

function failed(toolName: string, error: unknown): ToolResult {
  if (isRefusal(error))
    return toolFailure('tool_error', `${toolName} refused the call: ${error.message.slice(0, 500)}`);
  const { reason, message } = error instanceof AppError ? error : whyNot(error);
  return toolFailure(reason, message);
}

function inputOf({ inputSchema }: McpDefinition): z.ZodType<Record<string, unknown>> {
  const required = Array.isArray(inputSchema.required)
    ? inputSchema.required.filter((name) => typeof name === 'string')
    : [];
  return z.record(z.string(), z.unknown()).superRefine((value, context) => {
    for (const name of required) {
      if (!Object.hasOwn(value, name))
        context.addIssue({ code: 'custom', path: [name], message: 'is required' });
    }
    if (JSON.stringify(value).length > MAX_ARGUMENT_CHARS)
      context.addIssue({ code: 'custom', message: `has more than ${MAX_ARGUMENT_CHARS} characters` });
  });
}
