// The wire of tools: which there are, which an agent has, what they did.
import { z } from 'zod';
import { defineOperation } from '../core/contract.ts';
import { Id, Page, Timestamp } from '../server/identity/contract.ts';
import { RoomKey } from '../server/rooms/contract.ts';
import { ToolDecision, ToolGrant, ToolGrantInput } from './grants/contract.ts';

export const ToolInfo = z.object({
  name: z.string(),
  description: z.string(),
  effect: z.enum(['pure', 'read', 'write_internal', 'write_external', 'irreversible']),
  /** JSON Schema of the input. */
  parameters: z.record(z.string(), z.unknown()),
  timeoutMs: z.number().int(),
  /** What the asker must be: `room_admin`, `agent_owner`, `admin`. */
  permissions: z.array(z.string()),
  audience: z.enum(['room', 'asker']),
  /** Why it cannot be used on this server, and what its operator does about it. */
  unavailable: z.string().optional(),
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
  ruling: z.enum(['allow', 'ask', 'refuse']).optional(),
  executedAt: Timestamp,
  executionTimeMs: z.number().int().optional(),
});
export type ToolExecution = z.infer<typeof ToolExecution>;

const AgentTools = z.object({ data: z.array(ToolInfo), grants: z.array(ToolGrant).optional() });

const tag = 'Tools';

export const listTools = defineOperation({
  name: 'tools.list',
  summary: 'Tools that agents may be given',
  description:
    'With `agentId`, those that this agent may be given: tools of people and of MCP servers among them (its owner, or an administrator).',
  tag,
  rest: { method: 'get', path: '/api/tools' },
  socket: 'list_tools',
  input: z.object({ agentId: Id.optional() }),
  output: z.object({ data: z.array(ToolInfo) }),
  permission: 'signed_in',
  effect: 'read',
});

export const listAgentTools = defineOperation({
  name: 'agents.tools',
  summary: 'Tools that are enabled for an agent; the limits on them only for who answers for it',
  tag,
  rest: { method: 'get', path: '/api/agents/:agentId/tools' },
  socket: 'list_agent_tools',
  input: z.object({ agentId: Id }),
  output: AgentTools,
  permission: 'signed_in',
  effect: 'read',
});

export const putAgentTools = defineOperation({
  name: 'agents.put_tools',
  summary: 'Say which tools an agent has, and within which limits (its owner, or an administrator)',
  description:
    'Takes the place of all that it had. A tool may be named several times: a call is allowed by any entry that fits. The tools are those of the profile’s `capabilities` from then on.',
  tag,
  rest: { method: 'put', path: '/api/agents/:agentId/tools' },
  socket: 'put_agent_tools',
  input: z.strictObject({ agentId: Id, tools: z.array(ToolGrantInput).max(200) }),
  output: AgentTools,
  permission: 'signed_in',
  effect: 'reversible',
});

export const invokeTool = defineOperation({
  name: 'agents.invoke_tool',
  summary: "Call a tool by hand, as the agent would at my word (the agent's owner, or an administrator)",
  description:
    'Decided like a call in a run. What a person must agree to is only done with `confirm`; `dryRun` decides and does nothing. Without a room it happens in my direct room with the agent.',
  tag,
  rest: { method: 'post', path: '/api/agents/:agentId/invoke-tool' },
  socket: 'invoke_tool',
  input: z.strictObject({
    agentId: Id,
    tool: z.string().min(1).max(64),
    input: z.record(z.string(), z.unknown()).default({}),
    roomId: RoomKey.optional(),
    confirm: z.boolean().default(false),
    dryRun: z.boolean().default(false),
  }),
  output: z.object({
    status: z.enum(['success', 'error', 'refused', 'needs_approval', 'decided']),
    executionId: Id.optional(),
    output: z.unknown().optional(),
    error: z.object({ code: z.string(), message: z.string() }).optional(),
    durationMs: z.number().int().optional(),
    decision: ToolDecision.optional(),
    /** What it would do, in words, where it was not done and the tool can say so. */
    preview: z.string().optional(),
  }),
  permission: 'signed_in',
  effect: 'irreversible',
  rate: { bucket: 'agents.invoke_tool', points: 120, seconds: 60 },
});

export const listExecutions = defineOperation({
  name: 'tools.executions',
  summary: "An agent's tool calls, newest first (its owner, or an administrator)",
  tag,
  rest: { method: 'get', path: '/api/tools/executions' },
  socket: 'list_tool_executions',
  input: z.object({ agentId: Id, tool: z.string().min(1).max(200).optional(), ...Page }),
  output: z.object({ data: z.array(ToolExecution), nextCursor: z.string().optional() }),
  permission: 'signed_in',
  effect: 'read',
});
