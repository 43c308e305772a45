// The wire of tools: which there are, which an agent has, what they did.
import { z } from 'zod';
import { defineOperation } from '../core/contract.ts';
import { Id, Page, Timestamp } from '../server/identity/contract.ts';

export const ToolInfo = z.object({
  name: z.string(),
  description: z.string(),
  effect: z.enum(['pure', 'read', 'write_internal', 'write_external', 'irreversible']),
  /** JSON Schema of the input. */
  parameters: z.record(z.string(), z.unknown()),
  timeoutMs: z.number().int(),
  permissions: z.array(z.string()),
});
export type ToolInfo = z.infer<typeof ToolInfo>;

export const ToolExecution = z.object({
  id: Id,
  agentId: Id,
  runId: Id.optional(),
  toolName: z.string(),
  /** Redacted, as is the output. */
  inputData: z.unknown(),
  outputData: z.unknown(),
  /** `unknown`: it was begun, and nobody knows whether it took effect. */
  executionStatus: z.enum(['pending', 'success', 'error', 'unknown']),
  errorMessage: z.string().optional(),
  executedAt: Timestamp,
  executionTimeMs: z.number().int().optional(),
});
export type ToolExecution = z.infer<typeof ToolExecution>;

const tag = 'Tools';

export const listTools = defineOperation({
  name: 'tools.list',
  summary: 'Tools that agents may be given',
  tag,
  rest: { method: 'get', path: '/api/tools' },
  socket: 'list_tools',
  input: z.object({}),
  output: z.object({ data: z.array(ToolInfo) }),
  permission: 'signed_in',
  effect: 'read',
});

export const listAgentTools = defineOperation({
  name: 'agents.tools',
  summary: 'Tools that are enabled for an agent',
  tag,
  rest: { method: 'get', path: '/api/agents/:agentId/tools' },
  socket: 'list_agent_tools',
  input: z.object({ agentId: Id }),
  output: z.object({ data: z.array(ToolInfo) }),
  permission: 'signed_in',
  effect: 'read',
});

export const listExecutions = defineOperation({
  name: 'tools.executions',
  summary: "An agent's tool calls, newest first (its owner, or an administrator)",
  tag,
  rest: { method: 'get', path: '/api/tools/executions' },
  socket: 'list_tool_executions',
  input: z.object({ agentId: Id, ...Page }),
  output: z.object({ data: z.array(ToolExecution), nextCursor: z.string().optional() }),
  permission: 'signed_in',
  effect: 'read',
});

export const toolsOperations = [listTools, listAgentTools, listExecutions];
