// The wire of conversations with agents: one written to directly, and what was talked about where.
import { z } from 'zod';
import { defineOperation } from '../../core/contract.ts';
import { Id, Page, Timestamp } from '../../server/identity/contract.ts';
import { Message } from '../../server/messages/contract.ts';

export const Conversation = z.object({
  id: Id,
  agentId: Id,
  roomId: Id,
  /** Only for members of the room. */
  roomName: z.string().optional(),
  /** Sentences of those who let the agent remember; only for members of the room. */
  summary: z.string().optional(),
  lastMessage: Message.optional(),
  lastMessageAt: Timestamp.optional(),
  /** The agent's answers, and the messages it answered. */
  messageCount: z.number().int(),
  /** Others' only for those who answer for the agent. */
  relationships: z.array(
    z.object({
      userId: Id,
      exchanges: z.number().int(),
      firstAt: Timestamp,
      lastAt: Timestamp,
      liked: z.number().int(),
      disliked: z.number().int(),
    }),
  ),
});
export type Conversation = z.infer<typeof Conversation>;

const tag = 'Agents';

export const chat = defineOperation({
  name: 'agents.chat',
  summary: 'Write to an agent alone: in our direct room, which is opened if there is none',
  description:
    'Answers with my message and where the answer will come: `reply.messageId` in the log of `reply.roomId`, streamed there before. `reply` is absent when the agent does not answer; then `silentBecause` says why.',
  tag,
  rest: { method: 'post', path: '/api/agents/:agentId/chat', status: 201 },
  socket: 'agent_chat',
  input: z.strictObject({
    agentId: Id,
    message: z.string().min(1).max(16_384),
    /** The same again answers the first result. */
    id: Id.optional(),
  }),
  output: z.object({
    message: Message,
    reply: z.object({ runId: Id, messageId: Id, roomId: Id, topic: z.string() }).optional(),
    silentBecause: z.string().optional(),
  }),
  permission: 'signed_in',
  effect: 'reversible',
  rate: { bucket: 'agents.invoke', points: 120, seconds: 60 },
});

export const listConversations = defineOperation({
  name: 'agents.conversations',
  summary:
    'Conversations with an agent, newest first: all for those who answer for it, else those in my rooms',
  tag,
  rest: { method: 'get', path: '/api/agents/:agentId/conversations' },
  socket: 'list_conversations',
  input: z.object({ agentId: Id, ...Page }),
  output: z.object({ data: z.array(Conversation), nextCursor: z.string().optional() }),
  permission: 'signed_in',
  effect: 'read',
});
