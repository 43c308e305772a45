// The wire of counts explained: why a room, or a thread, shows so many unread messages and mentions.
import { z } from 'zod';
import { defineOperation } from '../../core/contract.ts';
import { Id, Timestamp } from '../identity/contract.ts';
import { RoomKey } from '../rooms/contract.ts';

const Entry = z.object({
  seq: z.number().int(),
  messageId: Id,
  author: z.object({ id: Id, handle: z.string(), name: z.string() }),
  threadId: Id.optional(),
  /** own, deleted: left out; mention_*: counts as a mention as well. */
  reason: z.enum(['message', 'reply', 'mention_me', 'mention_all', 'mention_here', 'own', 'deleted']),
  /** In a sentence. */
  because: z.string(),
});
export type UnreadEntry = z.infer<typeof Entry>;

const Explained = z.object({
  roomId: Id,
  userId: Id,
  /** As the badge shows them, at this moment. */
  unread: z.number().int(),
  mentions: z.number().int(),
  mark: z.object({
    readSeq: z.number().int(),
    /** When it was moved the last time; absent where joining put it. */
    readAt: Timestamp.optional(),
    unreadFrom: z.number().int().optional(),
    /** What is newer than this counts. */
    countsAfter: z.number().int(),
    because: z.string(),
  }),
  lastSeq: z.number().int(),
  /** Oldest first, 50 at most; `more` says how many are not shown. */
  counted: z.array(Entry),
  mentioned: z.array(Entry),
  excluded: z.array(Entry),
  more: z.object({ counted: z.number().int(), mentioned: z.number().int(), excluded: z.number().int() }),
  because: z.string(),
});
export type UnreadExplained = z.infer<typeof Explained>;

const userId = z.string().min(1).max(100).optional().describe('Id or handle; myself unless given.');
const rate = { bucket: 'explain', points: 120, seconds: 60 };

export const explainUnread = defineOperation({
  name: 'rooms.explainUnread',
  summary: 'Why a room shows so many unread messages: the read mark, what counts after it and what does not',
  description: 'Of myself; of others for who moderates the room.',
  tag: 'Rooms',
  rest: { method: 'get', path: '/api/rooms/:roomId/unread/explain' },
  socket: 'explain_unread',
  input: z.object({ roomId: RoomKey, userId }),
  output: z.object({
    ...Explained.shape,
    /** Entries of the log after the mark that are no messages: edits, reactions, comings and goings. They never count. */
    otherEntries: z.number().int(),
  }),
  permission: 'signed_in',
  effect: 'read',
  rate,
});

export const explainThreadUnread = defineOperation({
  name: 'threads.explainUnread',
  summary: 'Why a thread shows so many unread replies',
  description: 'Of myself; of others for who moderates the room.',
  tag: 'Threads',
  rest: { method: 'get', path: '/api/messages/:messageId/thread/unread/explain' },
  socket: 'explain_thread_unread',
  input: z.object({ messageId: Id, userId }),
  output: Explained,
  permission: 'signed_in',
  effect: 'read',
  rate,
});
