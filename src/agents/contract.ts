// The wire of agents that every surface shares: what a room hears while an agent works, and commands to it.
import { z } from 'zod';
import { defineEvent, defineOperation } from '../core/contract.ts';
import { Id } from '../server/identity/contract.ts';
import { Message } from '../server/messages/contract.ts';
import { RoomKey } from '../server/rooms/contract.ts';

export const AgentStatus = z.enum([
  'queued',
  'thinking',
  'using_tool',
  'waiting_approval',
  'paused',
  /** Its worker died: what it was writing is void, and begins anew unless the run ends. */
  'interrupted',
  'writing',
  'idle',
  'error',
]);
export type AgentStatus = z.infer<typeof AgentStatus>;

/** Somebody waits for an interactive run; one in the background may take long. */
export const Lane = z.enum(['interactive', 'background']);

const run = { roomId: Id, agentId: Id, runId: Id };

export const agentThinking = defineEvent({
  type: 'agent_thinking',
  summary: 'What an agent is doing in the room now; follows the lease on its run',
  kind: 'signal',
  audience: 'room',
  payload: z.object({ ...run, status: AgentStatus, triggerMessageId: Id.optional() }),
});
export const agentMessageDelta = defineEvent({
  type: 'agent_message_delta',
  summary: 'More text of the message an agent is writing; `at` is its offset in UTF-16 units',
  kind: 'signal',
  audience: 'room',
  payload: z.object({ ...run, messageId: Id, at: z.number().int(), text: z.string() }),
});
export const agentAction = defineEvent({
  type: 'agent_action',
  summary: 'An agent did something: it used a tool, with success',
  kind: 'signal',
  audience: 'room',
  payload: z.object({ ...run, action: z.enum(['used_tool']), tool: z.string(), executionId: Id }),
});
export const toolExecution = defineEvent({
  type: 'tool_execution',
  summary: 'A tool call of an agent changed its status',
  kind: 'signal',
  audience: 'room',
  payload: z.object({
    ...run,
    executionId: Id,
    tool: z.string(),
    status: z.enum(['running', 'success', 'error']),
    /** Redacted. */
    input: z.unknown().optional(),
    /** A short preview. */
    output: z.string().optional(),
    error: z.string().optional(),
    durationMs: z.number().int().optional(),
  }),
});

export const agentEvents = [agentThinking, agentMessageDelta, agentAction, toolExecution];

export const invokeAgent = defineOperation({
  name: 'agents.invoke',
  summary: 'Ask an agent of the room to act now',
  description:
    'With a prompt, the prompt is sent as my message mentioning the agent; without one, the agent answers the newest message. With `lane: background` it is a long task: it has more time, and never keeps others waiting.',
  tag: 'Agents',
  rest: { method: 'post', path: '/api/rooms/:roomId/agents/:agentId/invoke', status: 201 },
  socket: 'invoke_agent',
  input: z.object({
    roomId: RoomKey,
    agentId: Id,
    prompt: z.string().min(1).max(8000).optional(),
    lane: Lane.default('interactive'),
  }),
  output: z.object({ runId: Id.optional(), message: Message.optional() }),
  permission: 'signed_in',
  effect: 'reversible',
  rate: { bucket: 'agents.invoke', points: 120, seconds: 60 },
});

export const commandAgent = defineOperation({
  name: 'agents.command',
  summary: 'Stop, steer, pause, resume or ask the status of an agent',
  description:
    'What it had said when it was stopped stays as its message, marked by the status of its run. Stop, steer, pause and resume are for who asked, the agent’s owner and the admins of the room.',
  tag: 'Agents',
  rest: { method: 'post', path: '/api/agents/:agentId/command' },
  socket: 'agent_command',
  input: z.object({
    agentId: Id,
    roomId: RoomKey.optional(),
    command: z.enum(['stop', 'steer', 'pause', 'resume', 'status']),
    /** For `steer`: what is added to the turn under way. */
    text: z.string().min(1).max(8000).optional(),
  }),
  output: z.object({
    agentId: Id,
    status: AgentStatus,
    runs: z.array(z.object({ id: Id, roomId: Id, status: z.string() })),
  }),
  permission: 'signed_in',
  effect: 'reversible',
  rate: { bucket: 'agents.command', points: 120, seconds: 60 },
});
