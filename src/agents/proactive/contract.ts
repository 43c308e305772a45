// The wire of agents that speak first: their settings, goals, what they considered saying, and why a message came.
import { z } from 'zod';
import { defineOperation } from '../../core/contract.ts';
import { Id, Page, Timestamp } from '../../server/identity/contract.ts';
import { RoomKey } from '../../server/rooms/contract.ts';

const Time = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'is a time such as 22:00');

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}

/** When and why an agent may speak although nobody has addressed it. What is left out gets its default. */
export const ProactiveSettings = z.strictObject({
  enabled: z.boolean().default(false),
  /** Messages that it may begin a day in one room; days are those of the quiet hours' time zone, else UTC. */
  perDay: z.number().int().min(1).max(24).default(2),
  /** How long nobody must have said anything in the room. */
  minSilenceMinutes: z.number().int().min(0).max(10_080).default(10),
  /** Nor does it answer unaddressed in these hours; from a time to the same time is the whole day. */
  quietHours: z
    .strictObject({
      start: Time,
      end: Time,
      timeZone: z.string().max(64).refine(isTimeZone, 'is a time zone such as Europe/Berlin'),
    })
    .nullable()
    .default(null),
  /** Null: every room it is in. */
  rooms: z.array(Id).max(200).nullable().default(null),
  /** `goals`: its open goals; `due`: to-dos that are due and calendar entries about to begin; `unanswered`: a question left alone. */
  prompts: z.array(z.enum(['goals', 'due', 'unanswered'])).default(['goals', 'due', 'unanswered']),
  /** How long a question has been left alone. */
  unansweredMinutes: z.number().int().min(5).max(1440).default(60),
});
export type ProactiveSettings = z.infer<typeof ProactiveSettings>;

const Text = z.string().trim().min(1, 'needs at least one character').max(1000);

export const Goal = z.object({
  id: Id,
  agentId: Id,
  /** Absent: pursued in every room where the agent may speak first. */
  roomId: Id.optional(),
  text: z.string(),
  dueAt: Timestamp.optional(),
  state: z.enum(['open', 'done']),
  /** The agent itself, where it made the goal with a tool. */
  createdBy: Id,
  createdAt: Timestamp,
  doneAt: Timestamp.optional(),
  doneBy: Id.optional(),
});
export type Goal = z.infer<typeof Goal>;

export const OpeningKind = z.enum(['goal', 'todo_due', 'calendar_soon', 'unanswered']);
export type OpeningKind = z.infer<typeof OpeningKind>;

export const Opening = z.object({
  id: Id,
  agentId: Id,
  roomId: Id,
  kind: OpeningKind,
  /** The goal, to-do, calendar entry or message that it is about. */
  subjectId: Id,
  decision: z.enum(['speak', 'silent']),
  /** Why it kept silent when it was last looked at, or `speak`. */
  reason: z.string(),
  /** Present when it decided to speak; a run that is `silent` says why in its own reason. */
  run: z.object({ id: Id, status: z.string(), reason: z.string().optional() }).optional(),
  createdAt: Timestamp,
  updatedAt: Timestamp,
});
export type Opening = z.infer<typeof Opening>;

const tag = 'Agents';
const agent = { agentId: Id };

export const createGoal = defineOperation({
  name: 'goals.create',
  summary: 'Give an agent a goal that it pursues across conversations (its owner, or an administrator)',
  tag,
  rest: { method: 'post', path: '/api/agents/:agentId/goals', status: 201 },
  socket: 'create_goal',
  input: z.strictObject({
    ...agent,
    id: Id.optional(),
    text: Text,
    dueAt: Timestamp.optional(),
    roomId: RoomKey.optional(),
  }),
  output: Goal,
  permission: 'signed_in',
  effect: 'reversible',
});

export const listGoals = defineOperation({
  name: 'goals.list',
  summary: 'Goals of an agent, newest first (its owner, or an administrator)',
  tag,
  rest: { method: 'get', path: '/api/agents/:agentId/goals' },
  socket: 'list_goals',
  input: z.object({
    ...agent,
    state: z.enum(['open', 'done']).optional(),
    roomId: RoomKey.optional(),
    ...Page,
  }),
  output: z.object({ data: z.array(Goal), nextCursor: z.string().optional() }),
  permission: 'signed_in',
  effect: 'read',
});

export const updateGoal = defineOperation({
  name: 'goals.update',
  summary: 'Change a goal, or say that it is done',
  tag,
  rest: { method: 'patch', path: '/api/goals/:goalId' },
  socket: 'update_goal',
  input: z.strictObject({
    goalId: Id,
    text: Text.optional(),
    dueAt: Timestamp.nullable().optional(),
    state: z.enum(['open', 'done']).optional(),
  }),
  output: Goal,
  permission: 'signed_in',
  effect: 'reversible',
});

export const deleteGoal = defineOperation({
  name: 'goals.delete',
  summary: 'Take a goal away from an agent',
  tag,
  rest: { method: 'delete', path: '/api/goals/:goalId' },
  socket: 'delete_goal',
  input: z.object({ goalId: Id }),
  output: z.object({ deleted: z.literal(true) }),
  permission: 'signed_in',
  effect: 'irreversible',
});

export const listOpenings = defineOperation({
  name: 'agents.openings',
  summary:
    'What an agent had a reason to say first, and why it did or did not (its owner, or an administrator)',
  tag,
  rest: { method: 'get', path: '/api/agents/:agentId/openings' },
  socket: 'list_openings',
  input: z.object({ ...agent, ...Page }),
  output: z.object({ data: z.array(Opening), nextCursor: z.string().optional() }),
  permission: 'signed_in',
  effect: 'read',
});

export const explainMessage = defineOperation({
  name: 'messages.explain',
  summary: 'Why an agent wrote a message: what it answers, or why it came unasked',
  tag,
  rest: { method: 'get', path: '/api/messages/:messageId/explain' },
  socket: 'explain_message',
  input: z.object({ messageId: Id }),
  output: z.object({
    messageId: Id,
    agentId: Id,
    runId: Id,
    /** `mentioned`, `direct_room`, `reply_to_agent`, `invoked`, `score`, or `proactive_` and the kind of `unasked`. */
    reason: z.string(),
    /** In a sentence. */
    because: z.string(),
    /** The message that it answers. */
    triggerMessageId: Id.optional(),
    unasked: z
      .object({
        kind: OpeningKind,
        subjectId: Id,
        /** The text of a goal is for those who answer for the agent. */
        about: z.string().optional(),
        at: Timestamp,
      })
      .optional(),
  }),
  permission: 'signed_in',
  effect: 'read',
});
