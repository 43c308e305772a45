// The wire of emergency stops, and of what was taken out of agents' texts.
import { z } from 'zod';
import { defineOperation } from '../../core/contract.ts';
import { Id, Page, Timestamp } from '../../server/identity/contract.ts';
import { Appeal, ModerationRecord } from '../../server/moderation/contract.ts';

const StopTarget = z.enum(['agent', 'owner', 'room', 'all']);
const Reason = z.string().trim().min(1, 'says why, for whoever looks at it later').max(500);

export const AgentStop = z.object({
  id: Id,
  target: StopTarget,
  /** The agent, the owner or the room; absent for `all`. */
  targetId: Id.optional(),
  reason: z.string(),
  setBy: Id,
  /** Set by an administrator: only administrators lift it. */
  byAdministrator: z.boolean(),
  /** Runs that ended when it was set. */
  stoppedRuns: z.number().int(),
  createdAt: Timestamp,
  /** Absent while it stands. */
  liftedAt: Timestamp.optional(),
  liftedBy: Id.optional(),
  liftReason: z.string().optional(),
});
export type AgentStop = z.infer<typeof AgentStop>;

const tag = 'Agent safety';

export const setStop = defineOperation({
  name: 'agent_stops.set',
  summary:
    'Emergency stop: end at once what an agent, all agents of an owner, those of a room, or all are doing',
  description:
    'Streams end, nothing that was under way is published, and nothing begins until it is lifted. An agent: its owner; my agents: `owner` with my own id; a room: its admins; all of these and `all`: administrators. Setting a stop that stands answers the one there is.',
  tag,
  rest: { method: 'post', path: '/api/agent-stops', status: 201 },
  socket: 'set_agent_stop',
  input: z.strictObject({ target: StopTarget, targetId: Id.optional(), reason: Reason }),
  output: AgentStop,
  permission: 'signed_in',
  effect: 'reversible',
  rate: { bucket: 'agent_stops.set', points: 60, seconds: 60 },
});

export const liftStop = defineOperation({
  name: 'agent_stops.lift',
  summary: 'Lift an emergency stop (whoever may set it; one of an administrator: administrators)',
  tag,
  rest: { method: 'post', path: '/api/agent-stops/:stopId/lift' },
  socket: 'lift_agent_stop',
  input: z.strictObject({ stopId: Id, reason: Reason }),
  output: AgentStop,
  permission: 'signed_in',
  effect: 'reversible',
});

export const listStops = defineOperation({
  name: 'agent_stops.list',
  summary: 'Emergency stops that concern me, newest first; administrators see all',
  tag,
  rest: { method: 'get', path: '/api/agent-stops' },
  socket: 'list_agent_stops',
  input: z.object({ ...Page, state: z.enum(['standing', 'all']).default('standing') }),
  output: z.object({ data: z.array(AgentStop), nextCursor: z.string().optional() }),
  permission: 'signed_in',
  effect: 'read',
});

const ContentCheck = z.object({
  id: Id,
  agentId: Id,
  roomId: Id,
  runId: Id.optional(),
  /** The message that the text was written for; absent for one that a person put into a call. */
  messageId: Id.optional(),
  /** The call, as in `tool_execution`. */
  executionId: Id.optional(),
  /** The server's own rules, or a moderation service. */
  judge: z.enum(['rules', 'moderation']),
  verdict: z.enum(['redacted', 'blocked']),
  /**
   * How often each rule found something: `secret`, `private_key`, `card_number`, `role_marker`, `remote_image`; of a moderation
   * service its categories, or `unavailable`.
   */
  findings: z.record(z.string(), z.number().int()),
  createdAt: Timestamp,
});
export type ContentCheck = z.infer<typeof ContentCheck>;

export const listContentChecks = defineOperation({
  name: 'agents.content_checks',
  summary:
    "What was taken out of an agent's texts or withheld, newest first; never the text (its owner, or an administrator)",
  tag,
  rest: { method: 'get', path: '/api/agents/:agentId/content-checks' },
  socket: 'list_content_checks',
  input: z.object({ agentId: Id, ...Page }),
  output: z.object({ data: z.array(ContentCheck), nextCursor: z.string().optional() }),
  permission: 'signed_in',
  effect: 'read',
});

const AgentModerationRecord = ModerationRecord.extend({ appeal: Appeal.optional() });
export type AgentModerationRecord = z.infer<typeof AgentModerationRecord>;

const agent = { agentId: Id };

export const listAgentModeration = defineOperation({
  name: 'agents.moderation_history',
  summary: 'What moderators did about an agent, newest first, with appeals (its owner, or an administrator)',
  tag,
  rest: { method: 'get', path: '/api/agent-manager/agents/:agentId/moderation-history' },
  socket: 'list_agent_moderation',
  input: z.object({ ...agent, ...Page }),
  output: z.object({ data: z.array(AgentModerationRecord), nextCursor: z.string().optional() }),
  permission: 'signed_in',
  effect: 'read',
});

export const SafetyState = z.object({
  agentId: Id,
  /** An emergency stop stands for it, its owner or all agents. */
  isSuspended: z.boolean(),
  stops: z.array(AgentStop),
  /** In every room; of single rooms `restrictions` tell. */
  isMuted: z.boolean(),
  /** Absent where it is muted for good. */
  mutedUntil: Timestamp.optional(),
  /** Mutes and bans that hold now. */
  restrictions: z.array(ModerationRecord),
  lastModerationAction: ModerationRecord.optional(),
  openAppeals: z.number().int(),
});
export type SafetyState = z.infer<typeof SafetyState>;

export const getSafetyState = defineOperation({
  name: 'agents.safety_state',
  summary: 'Whether an agent is stopped, muted or banned somewhere now (its owner, or an administrator)',
  tag,
  rest: { method: 'get', path: '/api/agent-manager/agents/:agentId/safety-state' },
  socket: 'get_agent_safety_state',
  input: z.object(agent),
  output: SafetyState,
  permission: 'signed_in',
  effect: 'read',
});

export const appealModeration = defineOperation({
  name: 'agents.appeal',
  summary: 'Appeal against a mute, a kick, a ban or a message turned down of my agent; once for each',
  description:
    'Moderators of the room are told, of a mute in every room administrators. The outcome comes as a notification and stands in the history.',
  tag,
  rest: { method: 'post', path: '/api/agent-manager/agents/:agentId/appeal', status: 201 },
  socket: 'appeal_agent_moderation',
  input: z.strictObject({
    ...agent,
    /** Of the history. */
    actionId: Id,
    reason: z.string().trim().min(1, 'says why the act was wrong').max(1000),
  }),
  output: Appeal,
  permission: 'signed_in',
  effect: 'reversible',
  rate: { bucket: 'agents.appeal', points: 30, seconds: 60 },
});
