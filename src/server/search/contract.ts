// The wire of search: messages of the rooms I am in, by their words and by operators.
import { z } from 'zod';
import { defineOperation } from '../../core/contract.ts';
import { Message } from '../messages/contract.ts';

export const Highlight = z.object({
  /** Place in the message's body, in UTF-16 units. */
  offset: z.number().int(),
  length: z.number().int(),
});
export type Highlight = z.infer<typeof Highlight>;

export const Found = z.object({ message: Message, highlights: z.array(Highlight) });
export type Found = z.infer<typeof Found>;

export const searchMessages = defineOperation({
  name: 'search.messages',
  summary: 'Find messages in the rooms I am a member of',
  description:
    'Words that all occur, "phrases" in quotes, start* of a word, -without; operators from:@ada or from:me, in:room, has:link, has:mention, has:file, has:image, before:2026-02-01 (earlier than that day, UTC), after:2026-01-15 (from that day on), is:agent, is:thread. An operator that is repeated means either, except has: and is:, which mean both. Other words with a colon go in quotes.',
  tag: 'Search',
  rest: { method: 'get', path: '/api/search' },
  socket: 'search_messages',
  input: z.object({
    q: z.string().min(1).max(500),
    order: z.enum(['newest', 'relevance']).default('newest'),
    limit: z.coerce.number().int().min(1).max(50).default(20),
    cursor: z.string().max(200).optional(),
  }),
  output: z.object({
    data: z.array(Found),
    nextCursor: z.string().optional(),
    /** Some of the newest messages are not indexed yet; ask again in a moment. */
    indexing: z.boolean(),
  }),
  permission: 'signed_in',
  effect: 'read',
  rate: { bucket: 'search', points: 120, seconds: 60 },
  tool: { description: 'Find messages by words and operators (from:, in:, has:, before:, after:, is:).' },
});
