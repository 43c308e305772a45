// The wire of feedback on agents' answers, and of what it suggests to those who answer for the agent.
import { z } from 'zod';
import { defineOperation } from '../../core/contract.ts';
import { Id, Page, Timestamp } from '../../server/identity/contract.ts';
import { AgentPersonality, ResponseMode } from '../profiles/contract.ts';

const Comment = z.string().trim().min(1).max(1000);

export const Feedback = z.object({
  messageId: Id,
  agentId: Id,
  roomId: Id,
  userId: Id,
  rating: z.union([z.literal(-1), z.literal(1)]),
  comment: z.string().optional(),
  updatedAt: Timestamp,
});
export type Feedback = z.infer<typeof Feedback>;

export const Suggestion = z.object({
  id: Id,
  agentId: Id,
  /** `teach` changes nothing by itself: train the agent, or correct its instructions. */
  kind: z.enum(['shorter', 'longer', 'speak_less', 'kinder', 'teach']),
  /** People whose comments say so. */
  votes: z.number().int(),
  /** What accepting it changes. */
  change: z.object({ personality: AgentPersonality.optional(), responseMode: ResponseMode.optional() }),
  status: z.enum(['open', 'accepted', 'dismissed']),
  createdAt: Timestamp,
  decidedAt: Timestamp.optional(),
});
export type Suggestion = z.infer<typeof Suggestion>;

const tag = 'Agents';

export const agentFeedback = defineOperation({
  name: 'agents.feedback',
  summary: 'Say whether an agent’s answer helped; the last word counts, 0 takes it back',
  description:
    'Moves how readily the agent speaks unasked in the room, by 0.1 at most, and how strong the memories are that the answer was made with. Its settings change only by its owner.',
  tag,
  rest: { method: 'post', path: '/api/messages/:messageId/feedback' },
  socket: 'agent_feedback',
  input: z.strictObject({
    messageId: Id,
    rating: z.union([z.literal(-1), z.literal(0), z.literal(1)]),
    comment: Comment.optional(),
  }),
  output: z.object({ messageId: Id, agentId: Id, rating: z.number().int() }),
  permission: 'signed_in',
  effect: 'reversible',
  rate: { bucket: 'agents.feedback', points: 120, seconds: 60 },
});

export const listFeedback = defineOperation({
  name: 'agents.list_feedback',
  summary: 'What people think of an agent’s answers (its owner, or an administrator)',
  tag,
  rest: { method: 'get', path: '/api/agents/:agentId/feedback' },
  socket: 'list_agent_feedback',
  input: z.object({ agentId: Id, ...Page }),
  output: z.object({
    liked: z.number().int(),
    disliked: z.number().int(),
    /** Share of liked answers; absent without feedback. */
    satisfaction: z.number().optional(),
    /** Rooms in which feedback moves the score of speaking unasked. */
    readiness: z.array(z.object({ roomId: Id, shift: z.number() })),
    data: z.array(Feedback),
    nextCursor: z.string().optional(),
  }),
  permission: 'signed_in',
  effect: 'read',
});

export const listSuggestions = defineOperation({
  name: 'agents.suggestions',
  summary: 'Changes that several people’s feedback suggests (its owner, or an administrator)',
  tag,
  rest: { method: 'get', path: '/api/agents/:agentId/suggestions' },
  socket: 'list_suggestions',
  input: z.object({ agentId: Id }),
  output: z.object({ data: z.array(Suggestion) }),
  permission: 'signed_in',
  effect: 'read',
});

export const decideSuggestion = defineOperation({
  name: 'agents.decide_suggestion',
  summary: 'Accept a suggestion, which changes the agent in a new revision, or dismiss it (a person)',
  tag,
  rest: { method: 'post', path: '/api/suggestions/:suggestionId/decide' },
  socket: 'decide_suggestion',
  input: z.strictObject({ suggestionId: Id, accept: z.boolean() }),
  output: Suggestion,
  permission: 'signed_in',
  effect: 'reversible',
});
