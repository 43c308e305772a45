// The wire of threads: the replies to a message, which stand in the room's own sequence, and what I have read of them.
import { z } from 'zod';
import { defineEvent, defineOperation } from '../../core/contract.ts';
import { Id } from '../identity/contract.ts';
import { Message } from '../messages/contract.ts';
import { RoomKey } from '../rooms/contract.ts';

const Seq = z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER);
const rate = { bucket: 'threads.mark', points: 1200, seconds: 60 };
const tag = 'Threads';

/** How a thread stands for me. */
export const MyThread = z.object({
  roomId: Id,
  /** The message that the thread hangs on. */
  messageId: Id,
  /** Newest seq I have read in it; apart from what I have read of the room. */
  readSeq: z.number().int(),
  /** Replies by others after it; derived, never stored. */
  unread: z.number().int(),
  /** Of these, replies that mention me. */
  mentions: z.number().int(),
  /** I chose to, or I take part: I wrote its first message, replied, or am mentioned in it. */
  following: z.boolean(),
});
export type MyThread = z.infer<typeof MyThread>;

export const getThread = defineOperation({
  name: 'threads.get',
  summary: 'A thread: its first message, its replies oldest first, and what I have read of it',
  description: 'Give at most one of before and after (each a seq). Without any, the newest replies.',
  tag,
  rest: { method: 'get', path: '/api/messages/:messageId/thread' },
  socket: 'get_thread',
  input: z.object({
    messageId: Id,
    before: Seq.optional(),
    after: Seq.optional(),
    limit: z.coerce.number().int().min(1).max(200).default(50),
  }),
  output: z.object({
    root: Message,
    data: z.array(Message),
    hasMoreBefore: z.boolean(),
    hasMoreAfter: z.boolean(),
    /** Absent for who is not a member. */
    me: MyThread.optional(),
  }),
  permission: 'signed_in',
  effect: 'read',
});

export const listThreads = defineOperation({
  name: 'threads.list',
  summary: 'Threads of a room, the one with the newest reply first; with following, only those I follow',
  tag,
  rest: { method: 'get', path: '/api/rooms/:roomId/threads' },
  socket: 'list_threads',
  input: z.object({
    roomId: RoomKey,
    following: z.boolean().default(false),
    limit: z.coerce.number().int().min(1).max(100).default(50),
    cursor: z.string().max(500).optional(),
  }),
  output: z.object({
    data: z.array(z.object({ root: Message, me: MyThread })),
    nextCursor: z.string().optional(),
  }),
  permission: 'signed_in',
  effect: 'read',
});

export const readThread = defineOperation({
  name: 'threads.read',
  summary: 'Move my read mark of a thread forward; it never moves back',
  tag,
  rest: { method: 'post', path: '/api/messages/:messageId/thread/read' },
  socket: 'mark_thread_read',
  input: z.object({ messageId: Id, seq: Seq }),
  output: MyThread,
  permission: 'signed_in',
  effect: 'reversible',
  rate,
});

export const followThread = defineOperation({
  name: 'threads.follow',
  summary: 'Follow a thread, or stop following one I take part in',
  tag,
  rest: { method: 'put', path: '/api/messages/:messageId/thread/following' },
  socket: 'follow_thread',
  input: z.object({ messageId: Id, following: z.boolean() }),
  output: MyThread,
  permission: 'signed_in',
  effect: 'reversible',
  rate,
});

export const threadChanged = defineEvent({
  type: 'thread_changed',
  summary: 'I read in a thread, or follow it or not, on another connection',
  kind: 'signal',
  audience: 'user',
  payload: MyThread,
});
