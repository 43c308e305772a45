// The wire of runs and turns: what an agent did, and why it did or did not speak.
import { z } from 'zod';
import { defineEvent, defineOperation } from '../../core/contract.ts';
import { Id, Page, Timestamp } from '../../server/identity/contract.ts';
import { RoomKey } from '../../server/rooms/contract.ts';
import { Lane } from '../contract.ts';

export const RunStatusName = z.enum([
  'queued',
  'running',
  'waiting_approval',
  'paused',
  'completed',
  'silent',
  'failed',
  'cancelled',
  'needs_attention',
]);

export const Run = z.object({
  id: Id,
  agentId: Id,
  roomId: Id,
  triggerMessageId: Id,
  /** `mentioned`, `direct_room`, `reply_to_agent`, `invoked`, `score` or `follow_up`. */
  triggerReason: z.string(),
  askerId: Id,
  lane: Lane,
  status: RunStatusName,
  /** Why it ended silent, failed or cancelled. */
  reason: z.string().optional(),
  provider: z.string().optional(),
  model: z.string().optional(),
  inputTokens: z.number().int(),
  outputTokens: z.number().int(),
  costUsd: z.number(),
  replyMessageId: Id.optional(),
  /** Of the agent's settings that it goes by. */
  revision: z.number().int().optional(),
  /** Workers that took it; more than one after a crash or a restart. */
  attempts: z.number().int(),
  createdAt: Timestamp,
  startedAt: Timestamp.optional(),
  finishedAt: Timestamp.optional(),
});
export type Run = z.infer<typeof Run>;

export const RunStep = z.object({
  step: z.number().int(),
  kind: z.enum(['context', 'model', 'approval', 'intent', 'tool', 'steer']),
  /** Redacted. */
  data: z.record(z.string(), z.unknown()),
  inputTokens: z.number().int(),
  outputTokens: z.number().int(),
  costUsd: z.number().optional(),
  durationMs: z.number().int(),
  createdAt: Timestamp,
});
export type RunStep = z.infer<typeof RunStep>;

export const Turn = z.object({
  messageId: Id,
  agentId: Id,
  roomId: Id,
  decision: z.enum(['speak', 'silent']),
  reason: z.string(),
  /** How much spoke for an answer unasked, 0 to 1, for an agent that may speak unasked. */
  score: z.number().optional(),
  /** What moved the score, strongest first; below zero it spoke against. */
  parts: z.array(z.object({ name: z.string(), by: z.number() })).optional(),
  /**
   * What became of a message without a turn of its own at once: `coalesced` (answered with a newer message of the same burst),
   * `queued` (its turn waits for the one under way), `merged` (taken up by the turn under way), `superseded` (the turn began anew
   * for a newer message), `restarted` (that newer message).
   */
  handling: z.enum(['coalesced', 'queued', 'merged', 'superseded', 'restarted']).optional(),
  /** The turn that answers it; present when it decided to speak. */
  run: z.object({ id: Id, status: RunStatusName, reason: z.string().optional() }).optional(),
  createdAt: Timestamp,
});
export type Turn = z.infer<typeof Turn>;

export const runNeedsAttention = defineEvent({
  type: 'run_needs_attention',
  summary: 'A run of an agent that I answer for cannot go on without a person’s word',
  kind: 'signal',
  audience: 'user',
  payload: z.object({
    runId: Id,
    agentId: Id,
    roomId: Id,
    executionId: Id,
    tool: z.string(),
    /** `outcome_unknown`: the server stopped in the middle of the call. */
    reason: z.string(),
  }),
});

const tag = 'Agents';

export const listRuns = defineOperation({
  name: 'agents.runs',
  summary: 'What an agent did, newest first (its owner, or an administrator)',
  tag,
  rest: { method: 'get', path: '/api/agents/:agentId/runs' },
  socket: 'list_runs',
  input: z.object({ agentId: Id, status: RunStatusName.optional(), ...Page }),
  output: z.object({ data: z.array(Run), nextCursor: z.string().optional() }),
  permission: 'signed_in',
  effect: 'read',
});

export const getRun = defineOperation({
  name: 'runs.get',
  summary: "One run with its journal (the agent's owner, an administrator, or who asked)",
  tag,
  rest: { method: 'get', path: '/api/runs/:runId' },
  socket: 'get_run',
  input: z.object({ runId: Id }),
  output: z.object({ ...Run.shape, steps: z.array(RunStep) }),
  permission: 'signed_in',
  effect: 'read',
});

const Decision = z.object({
  /** `context`, `model`, `ask` (a person), `begin` (an effect outside), `tool`, `steer` or `reply`. */
  do: z.string(),
  provider: z.string().optional(),
  model: z.string().optional(),
  round: z.number().int().optional(),
  tool: z.string().optional(),
  /** Why the call is not carried out. */
  refused: z.string().optional(),
});

export const Replay = z.object({
  runId: Id,
  /** Of the agent's settings that were replayed under. */
  revision: z.number().int(),
  /** Every decision, and the answer, are as they were. */
  same: z.boolean(),
  /** One for each step of the journal, and what comes after it. */
  decisions: z.array(
    z.object({
      step: z.number().int(),
      same: z.boolean(),
      was: Decision.optional(),
      now: Decision.optional(),
    }),
  ),
  /** `now` is put together from the journal; `was` is the message, unless it was changed or is gone. */
  reply: z.object({ was: z.string().optional(), now: z.string(), same: z.boolean() }),
});
export type Replay = z.infer<typeof Replay>;

export const replayRun = defineOperation({
  name: 'runs.replay',
  summary:
    'Go through a recorded run again and say what would be decided otherwise now (the agent’s owner, or an administrator)',
  description:
    'Model outputs and tool results are taken from the journal; no model is called, no tool run, nothing changed. With `revision`, under other settings of the agent.',
  tag,
  rest: { method: 'post', path: '/api/agents/:agentId/runs/:runId/replay' },
  socket: 'replay_run',
  input: z.strictObject({ agentId: Id, runId: Id, revision: z.number().int().min(1).optional() }),
  output: Replay,
  permission: 'signed_in',
  effect: 'read',
});

const replaySettings = {
  /** Of the agent's settings; without it, those that the run began with. */
  revision: z.number().int().min(1).optional(),
  llmProvider: z.enum(['anthropic', 'openai', 'cloudflare', 'scripted', 'auto']).optional(),
  modelName: z.string().trim().max(200).optional(),
  systemPrompt: z.string().max(16_000).optional(),
};

const ReplayedCall = z.object({
  tool: z.string(),
  /** Redacted. */
  arguments: z.unknown(),
  /** `journal`: as it was; `computed`: a tool that only computes was run; `not_executed`: nothing was done. */
  answeredBy: z.enum(['journal', 'computed', 'not_executed']),
  failed: z.boolean(),
});
export type ReplayedCall = z.infer<typeof ReplayedCall>;

export const ReplayReport = z.object({
  id: Id,
  agentId: Id.optional(),
  roomId: Id.optional(),
  settings: z.object(replaySettings),
  status: z.enum(['queued', 'running', 'completed', 'cancelled']),
  /** Runs in all, and those that are done or failed. */
  total: z.number().int(),
  done: z.number().int(),
  createdAt: Timestamp,
  finishedAt: Timestamp.optional(),
});
export type ReplayReport = z.infer<typeof ReplayReport>;

export const ReplayedRun = z.object({
  runId: Id,
  agentId: Id,
  triggerMessageId: Id.optional(),
  status: z.enum(['queued', 'done', 'failed']),
  /** Why it failed. */
  reason: z.string().optional(),
  /** `reply` is the message as it stands; absent where there was none, or it was changed or is gone. */
  was: z.object({ reply: z.string().optional(), calls: z.array(ReplayedCall) }),
  now: z
    .object({ reply: z.string(), calls: z.array(ReplayedCall), provider: z.string(), model: z.string() })
    .optional(),
  sameReply: z.boolean().optional(),
  /** The same tools with the same arguments, in the same order. */
  sameCalls: z.boolean().optional(),
  inputTokens: z.number().int(),
  outputTokens: z.number().int(),
  costUsd: z.number().optional(),
});
export type ReplayedRun = z.infer<typeof ReplayedRun>;

export const createReplay = defineOperation({
  name: 'agents.replay_anew',
  summary:
    'Ask a model anew about a recorded run, or the last runs of a room, under other settings (the agent’s owner, or an administrator)',
  description:
    'A job makes the report. Nothing happens in the room: results of tools come from the journal, tools that only compute are run, other calls are answered as not executed. Calls of models count against the budgets of the agents. With `roomId`, runs of the agents there that I answer for.',
  tag,
  rest: { method: 'post', path: '/api/agent-replays', status: 201 },
  socket: 'create_replay',
  input: z.strictObject({
    runId: Id.optional(),
    roomId: RoomKey.optional(),
    agentId: Id.optional(),
    /** Runs of the room, newest first. */
    last: z.number().int().min(1).max(50).default(10),
    ...replaySettings,
  }),
  output: ReplayReport,
  permission: 'signed_in',
  effect: 'reversible',
  rate: { bucket: 'agents.replay', points: 20, seconds: 60 },
});

export const listReplays = defineOperation({
  name: 'agents.replays',
  summary: 'My reports of runs asked anew, newest first',
  tag,
  rest: { method: 'get', path: '/api/agent-replays' },
  socket: 'list_replays',
  input: z.object(Page),
  output: z.object({ data: z.array(ReplayReport), nextCursor: z.string().optional() }),
  permission: 'signed_in',
  effect: 'read',
});

export const getReplay = defineOperation({
  name: 'agents.replay_report',
  summary:
    'A report, run by run: what was said and done, and what would be (who asked for it, or an administrator)',
  tag,
  rest: { method: 'get', path: '/api/agent-replays/:replayId' },
  socket: 'get_replay',
  input: z.object({ replayId: Id, ...Page }),
  output: z.object({ ...ReplayReport.shape, data: z.array(ReplayedRun), nextCursor: z.string().optional() }),
  permission: 'signed_in',
  effect: 'read',
});

export const deleteReplay = defineOperation({
  name: 'agents.delete_replay',
  summary: 'Take a report away; what is not done yet is not begun',
  tag,
  rest: { method: 'delete', path: '/api/agent-replays/:replayId' },
  socket: 'delete_replay',
  input: z.object({ replayId: Id }),
  output: z.object({ deleted: z.literal(true) }),
  permission: 'signed_in',
  effect: 'irreversible',
});

export const resolveRun = defineOperation({
  name: 'runs.resolve',
  summary:
    'Say what became of a call whose outcome nobody knows (a person: the agent’s owner, or an administrator)',
  description:
    'For a run that needs attention. With `happened` or `not_happened` it goes on, told so; the call is not repeated by itself. With `give_up` it ends.',
  tag,
  rest: { method: 'post', path: '/api/runs/:runId/resolve' },
  socket: 'resolve_run',
  input: z.strictObject({
    runId: Id,
    outcome: z.enum(['happened', 'not_happened', 'give_up']),
    /** For the agent to read. */
    note: z.string().trim().min(1).max(1000).optional(),
  }),
  output: Run,
  permission: 'signed_in',
  effect: 'irreversible',
});

export const listTurns = defineOperation({
  name: 'rooms.turns',
  summary: 'Why agents of the room did or did not answer, newest message first',
  tag,
  rest: { method: 'get', path: '/api/rooms/:roomId/turns' },
  socket: 'list_turns',
  input: z.object({
    roomId: RoomKey,
    messageId: Id.optional(),
    limit: z.coerce.number().int().min(1).max(200).default(50),
  }),
  output: z.object({
    data: z.array(Turn),
    /** The most messages that the room's agents can write after one act of a person. */
    bound: z.number().int(),
  }),
  permission: 'signed_in',
  effect: 'read',
});

export const RoomAgentSettings = z.object({
  roomId: Id,
  /** The most that agents may do here; an agent that is set to less does less. `off`: not even who is mentioned answers. */
  responseMode: z.enum(['off', 'mention', 'helpful', 'lively']),
  /** What a message does that concerns an agent at work: it waits, is taken up by the turn under way, begins it anew, or is left alone. */
  interruption: z.enum(['queue', 'merge', 'restart', 'ignore']),
});
export type RoomAgentSettings = z.infer<typeof RoomAgentSettings>;

export const getRoomAgentSettings = defineOperation({
  name: 'rooms.agent_settings',
  summary: 'How ready agents may be to speak in a room, and what interrupts them',
  tag,
  rest: { method: 'get', path: '/api/rooms/:roomId/agent-settings' },
  socket: 'get_room_agent_settings',
  input: z.object({ roomId: RoomKey }),
  output: RoomAgentSettings,
  permission: 'signed_in',
  effect: 'read',
});

export const updateRoomAgentSettings = defineOperation({
  name: 'rooms.update_agent_settings',
  summary:
    'Set how ready agents may be to speak in a room, and what interrupts them (owner or admin of the room)',
  description:
    'What is left out stays. It counts from the next message on; `off` also for answers under way.',
  tag,
  rest: { method: 'put', path: '/api/rooms/:roomId/agent-settings' },
  socket: 'update_room_agent_settings',
  input: z.strictObject({
    roomId: RoomKey,
    responseMode: RoomAgentSettings.shape.responseMode.optional(),
    interruption: RoomAgentSettings.shape.interruption.optional(),
  }),
  output: RoomAgentSettings,
  permission: 'signed_in',
  effect: 'reversible',
});
