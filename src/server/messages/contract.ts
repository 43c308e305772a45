// The wire of messages: send, edit, delete, history, the room log, read marks, typing.
import { z } from 'zod';
import { defineEvent, defineOperation } from '../../core/contract.ts';
import { Card, Cards, ShownCard } from '../cards/contract.ts';
import { Id, Timestamp, User } from '../identity/contract.ts';
import { Member, MyMembership, Room, RoomKey } from '../rooms/contract.ts';
import { MOST_ATTACHMENTS } from '../uploads/contract.ts';

/** Bytes of a message's text in UTF-8. */
export const MAX_BODY_BYTES = 16 * 1024;

export const Mention = z.object({
  /**
   * all is everyone in the room, here those who were present when it was said; only who may mention everyone makes one, of others
   * it is words.
   */
  kind: z.enum(['user', 'agent', 'here', 'all']),
  userId: Id.optional(),
  /** Of here: who was present. */
  userIds: z.array(Id).optional(),
  /** Place of `@handle` in the body, in UTF-16 units. */
  offset: z.number().int(),
  length: z.number().int(),
});
export type Mention = z.infer<typeof Mention>;

export const RunSummary = z.object({
  id: Id,
  status: z.string(),
  model: z.string(),
  /** Input and output tokens together. */
  tokens: z.number().int(),
  costUsd: z.number().nullable(),
});
export type RunSummary = z.infer<typeof RunSummary>;

export const Attachment = z.object({
  id: Id,
  name: z.string().max(255),
  contentType: z.string().max(100),
  bytes: z.number().int(),
  /** Of an image, in pixels. */
  width: z.number().int().optional(),
  height: z.number().int().optional(),
});
export type Attachment = z.infer<typeof Attachment>;

/** What a linked page says of itself, as plain text. */
export const LinkPreview = z.object({
  url: z.string(),
  title: z.string(),
  description: z.string().optional(),
  siteName: z.string().optional(),
});
export type LinkPreview = z.infer<typeof LinkPreview>;
export const ReactionSummary = z.object({ emoji: z.string(), count: z.number().int(), mine: z.boolean() });

/** Who pinned the message to its room, and when. */
const Pinned = z.object({ by: Id, at: Timestamp });

/** What a message shows of the replies to it; absent while there are none. */
const ThreadSummary = z.object({
  /** Replies that are not deleted. */
  replies: z.number().int(),
  lastReplySeq: z.number().int(),
  lastReplyAt: Timestamp,
});

export const Message = z.object({
  id: Id,
  roomId: Id,
  /** Place in the room's log; gapless within the room together with all other entries. */
  seq: z.number().int(),
  author: User,
  kind: z.enum(['text', 'agent', 'system']),
  /** Empty once deleted. */
  body: z.string(),
  /** The message whose thread this one stands in: always the first of it, also when a reply is answered. */
  threadId: Id.optional(),
  thread: ThreadSummary.optional(),
  mentions: z.array(Mention),
  attachments: z.array(Attachment),
  /** What it shows besides its text, with what was done with it. */
  cards: z.array(ShownCard).optional(),
  /** Of links in the body; come with message_updated, some time after the message. */
  previews: z.array(LinkPreview).optional(),
  reactions: z.array(ReactionSummary),
  pinned: Pinned.optional(),
  /** 1, and one more with every edit. */
  version: z.number().int(),
  metadata: z.record(z.string(), z.unknown()),
  createdAt: Timestamp,
  editedAt: Timestamp.optional(),
  deletedAt: Timestamp.optional(),
  /** Present on an agent's message: the run that wrote it. */
  run: RunSummary.optional(),
});
export type Message = z.infer<typeof Message>;

const NOTHING_TO_SEE = 'needs at least one visible character';
const isVisible = (text: string): boolean => text.trim() !== '';
const Text = z.string().refine(
  // No character takes more than three bytes for each unit of its length.
  (text) => text.length * 3 <= MAX_BODY_BYTES || new TextEncoder().encode(text).length <= MAX_BODY_BYTES,
  `has at most ${MAX_BODY_BYTES} bytes; split it or upload a file`,
);
const Body = Text.refine(isVisible, NOTHING_TO_SEE);

/** However they were given. */
export const cardsOf = (input: { card?: Card | undefined; cards?: Card[] | undefined }): Card[] =>
  input.cards ?? (input.card === undefined ? [] : [input.card]);

const Metadata = z
  .record(z.string().max(64), z.unknown())
  .refine((value) => JSON.stringify(value).length <= 4096, 'has at most 4096 characters as JSON');

const Confirm = z
  .boolean()
  .optional()
  .describe(
    'Mention more than 20 members; without it that is refused (409 confirm_mention) with their number.',
  );

const room = { roomId: RoomKey };
const Seq = z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER);
/** Which life of the database a client knows: given back with afterSeq, it tells when the two do not belong together. */
const Epoch = z.string().min(1).max(64);
const tag = 'Messages';

export const sendMessage = defineOperation({
  name: 'messages.send',
  summary: 'Send a message to a room I am a member of',
  description:
    'The answer means: committed, in order, for good. Choose `id` (a UUID) yourself to make a retry safe: the same id and body answer the first result, another body is a conflict.',
  tag,
  rest: { method: 'post', path: '/api/rooms/:roomId/messages', status: 201 },
  socket: 'send_message',
  input: z
    .object({
      ...room,
      /** May be empty when there are attachments or cards. */
      body: Text.default(''),
      id: Id.optional(),
      threadId: Id.optional(),
      /** Uploads of mine that are ready. */
      attachments: z.array(Id).max(MOST_ATTACHMENTS).optional(),
      metadata: Metadata.optional(),
      cards: Cards.optional().describe(
        'Buttons, fields and forms; where the body is empty it becomes their fallback.',
      ),
      card: Card.optional().describe('The same as `cards` with one.'),
      confirm: Confirm,
    })
    .refine((input) => input.card === undefined || input.cards === undefined, {
      path: ['card'],
      error: 'give card or cards, not both',
    })
    .refine((input) => input.card === undefined || Cards.safeParse([input.card]).success, {
      path: ['card'],
      error: 'is too large, or uses an actionId twice',
    })
    .refine(
      (input) => (input.attachments ?? []).length > 0 || cardsOf(input).length > 0 || isVisible(input.body),
      { path: ['body'], error: NOTHING_TO_SEE },
    ),
  output: Message,
  permission: 'signed_in',
  effect: 'reversible',
  rate: { bucket: 'messages.send', points: 5000, seconds: 10 },
  tool: { description: 'Send a message to a room.' },
});

export const listMessages = defineOperation({
  name: 'messages.list',
  summary: 'History of a room, oldest first in each page',
  description: 'Give at most one of before, after, around (each a seq). Without any, the newest messages.',
  tag,
  rest: { method: 'get', path: '/api/rooms/:roomId/messages' },
  socket: 'list_messages',
  input: z.object({
    ...room,
    before: Seq.optional(),
    after: Seq.optional(),
    around: Seq.optional(),
    threadId: Id.optional(),
    limit: z.coerce.number().int().min(1).max(200).default(50),
    cursor: z.string().max(500).optional(),
  }),
  output: z.object({
    data: z.array(Message),
    hasMoreBefore: z.boolean(),
    hasMoreAfter: z.boolean(),
    nextCursor: z.string().optional(),
  }),
  permission: 'signed_in',
  effect: 'read',
  tool: { description: 'Read the history of a room.' },
});

export const getMessage = defineOperation({
  name: 'messages.get',
  summary: 'One message',
  tag,
  rest: { method: 'get', path: '/api/messages/:messageId' },
  socket: 'get_message',
  input: z.object({ messageId: Id }),
  output: Message,
  permission: 'signed_in',
  effect: 'read',
});

export const editMessage = defineOperation({
  name: 'messages.edit',
  summary: 'Change the text of my message',
  description:
    'Give `expectedVersion` (or `version`, its older name) to refuse the edit (409) when someone changed the message since.',
  tag,
  rest: { method: 'patch', path: '/api/messages/:messageId' },
  socket: 'edit_message',
  input: z.object({
    messageId: Id,
    body: Body,
    expectedVersion: z.number().int().min(1).optional(),
    version: z.number().int().min(1).optional(),
    confirm: Confirm,
  }),
  output: Message,
  permission: 'signed_in',
  effect: 'reversible',
  rate: { bucket: 'messages.edit', points: 600, seconds: 60 },
});

export const deleteMessage = defineOperation({
  name: 'messages.delete',
  summary: "Delete my message, or anyone's as admin of the room; a tombstone keeps its seq",
  tag,
  rest: { method: 'delete', path: '/api/messages/:messageId' },
  socket: 'delete_message',
  input: z.object({ messageId: Id }),
  output: Message,
  permission: 'signed_in',
  effect: 'irreversible',
  rate: { bucket: 'messages.edit', points: 600, seconds: 60 },
});

export const LogEvent = z.object({
  seq: z.number().int(),
  type: z.string(),
  payload: z.record(z.string(), z.unknown()),
});
export type LogEvent = z.infer<typeof LogEvent>;

export const listEvents = defineOperation({
  name: 'rooms.events',
  summary: "Entries of a room's log after a seq, oldest first",
  description:
    'At most 500 a page; hasMore says that there are more. resync: the log does not reach afterSeq, or epoch is not the one given (the database was restored); fetch the room afresh.',
  tag,
  rest: { method: 'get', path: '/api/rooms/:roomId/events' },
  socket: 'list_events',
  input: z.object({
    ...room,
    afterSeq: Seq,
    epoch: Epoch.optional(),
    limit: z.coerce.number().int().min(1).max(500).default(500),
  }),
  output: z.object({
    events: z.array(LogEvent),
    lastSeq: z.number().int(),
    hasMore: z.boolean(),
    resync: z.boolean(),
    epoch: Epoch.optional(),
  }),
  permission: 'signed_in',
  effect: 'read',
});

export const markRead = defineOperation({
  name: 'rooms.read',
  summary: 'Move my read mark forward; it never moves back',
  tag,
  rest: { method: 'post', path: '/api/rooms/:roomId/read' },
  socket: 'mark_read',
  input: z.object({ ...room, seq: Seq }),
  output: MyMembership,
  permission: 'signed_in',
  effect: 'reversible',
  rate: { bucket: 'rooms.read', points: 1200, seconds: 60 },
});

export const setTyping = defineOperation({
  name: 'rooms.typing',
  summary: 'Say that I am typing, or have stopped; expires after 6 s by itself',
  tag,
  rest: { method: 'post', path: '/api/rooms/:roomId/typing' },
  socket: 'typing',
  input: z.object({ ...room, on: z.boolean() }),
  output: z.object({ ok: z.literal(true) }),
  permission: 'signed_in',
  effect: 'reversible',
  rate: { bucket: 'rooms.typing', points: 600, seconds: 60 },
});

/** Input of `join_room` (Socket.IO) and of `phx_join` on `room:*`. */
export const JoinInput = z.object({ afterSeq: Seq.optional(), epoch: Epoch.optional() });

/** What a join answers, on both socket protocols. */
export const JoinReply = z.object({
  room: Room,
  me: MyMembership,
  /** At most 200; page the rest with rooms.members. */
  members: z.array(Member),
  presence: z.record(z.string(), z.object({ metas: z.array(z.record(z.string(), z.unknown())) })),
  events: z.array(LogEvent),
  lastSeq: z.number().int(),
  hasMore: z.boolean(),
  resync: z.boolean(),
  /** Send it back with the next afterSeq. Servers always answer it; optional because older ones did not. */
  epoch: Epoch.optional(),
});
export type JoinReply = z.infer<typeof JoinReply>;

const entry = { roomId: Id, seq: z.number().int() };

export const newMessage = defineEvent({
  type: 'new_message',
  summary: 'A person sent a message',
  kind: 'log',
  audience: 'room',
  payload: Message,
});
export const agentMessage = defineEvent({
  type: 'agent_message',
  summary: 'An agent sent a message',
  kind: 'log',
  audience: 'room',
  payload: Message,
});
export const messageUpdated = defineEvent({
  type: 'message_updated',
  summary: 'A message was edited',
  kind: 'log',
  audience: 'room',
  payload: z.object({ ...entry, message: Message }),
});
export const messageDeleted = defineEvent({
  type: 'message_deleted',
  summary: 'A message was deleted; its tombstone stays',
  kind: 'log',
  audience: 'room',
  payload: z.object({ ...entry, messageId: Id, message: Message }),
});
export const typingEvent = defineEvent({
  type: 'typing',
  summary: 'Someone types or stopped',
  kind: 'signal',
  audience: 'room',
  payload: z.object({ roomId: Id, userId: Id, on: z.boolean(), expiresInMs: z.number().int() }),
});
export const readEvent = defineEvent({
  type: 'read',
  summary: 'Someone read up to a seq',
  kind: 'signal',
  audience: 'room',
  payload: z.object({ roomId: Id, userId: Id, readSeq: z.number().int() }),
});

export const messagesEvents = [
  newMessage,
  agentMessage,
  messageUpdated,
  messageDeleted,
  typingEvent,
  readEvent,
];
