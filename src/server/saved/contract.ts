// The wire of what I want to come back to: saved messages, and rooms marked unread from a message on.
import { z } from 'zod';
import { defineEvent, defineOperation } from '../../core/contract.ts';
import { Id, Page, Timestamp } from '../identity/contract.ts';
import { Message } from '../messages/contract.ts';
import { MyMembership, RoomKey } from '../rooms/contract.ts';

const rate = { bucket: 'saved', points: 300, seconds: 60 };
const tag = 'Saved';

export const SavedMessage = z.object({
  message: Message,
  /** For me alone; empty where there is none. */
  note: z.string(),
  savedAt: Timestamp,
});
export type SavedMessage = z.infer<typeof SavedMessage>;

export const saveMessage = defineOperation({
  name: 'saved.add',
  summary: 'Save a message for later, with a note; nobody else sees it',
  description: 'Doing it again changes the note. At most 1000 messages are saved.',
  tag,
  rest: { method: 'put', path: '/api/messages/:messageId/saved' },
  socket: 'save_message',
  input: z.object({ messageId: Id, note: z.string().max(1000).default('') }),
  output: SavedMessage,
  permission: 'signed_in',
  effect: 'reversible',
  rate,
});

export const unsaveMessage = defineOperation({
  name: 'saved.remove',
  summary: 'Take a message off my list',
  description: 'Where it is not on it, nothing changes.',
  tag,
  rest: { method: 'delete', path: '/api/messages/:messageId/saved' },
  socket: 'unsave_message',
  input: z.object({ messageId: Id }),
  output: z.object({ saved: z.literal(false) }),
  permission: 'signed_in',
  effect: 'reversible',
  rate,
});

export const listSaved = defineOperation({
  name: 'saved.list',
  summary: 'Messages I saved, newest first; those of rooms I have left are kept, and shown when I am back',
  tag,
  rest: { method: 'get', path: '/api/saved' },
  socket: 'list_saved',
  input: z.object(Page),
  output: z.object({ data: z.array(SavedMessage), nextCursor: z.string().optional() }),
  permission: 'signed_in',
  effect: 'read',
});

export const markUnread = defineOperation({
  name: 'rooms.unread',
  summary: 'Mark a room unread from a message on, until I mark it read the next time',
  description: 'The read mark stays where it is: others see no change.',
  tag: 'Messages',
  rest: { method: 'post', path: '/api/rooms/:roomId/unread' },
  socket: 'mark_unread',
  input: z.object({ roomId: RoomKey, messageId: Id }),
  output: MyMembership,
  permission: 'signed_in',
  effect: 'reversible',
  rate: { bucket: 'rooms.read', points: 1200, seconds: 60 },
});

export const savedChanged = defineEvent({
  type: 'saved_changed',
  summary: 'I saved a message, changed its note or took it off my list, on another connection',
  kind: 'signal',
  audience: 'user',
  payload: z.object({ roomId: Id, messageId: Id, saved: z.boolean(), note: z.string().optional() }),
});
export const roomUnread = defineEvent({
  type: 'room_unread',
  summary: 'I marked a room unread, on another connection',
  kind: 'signal',
  audience: 'user',
  payload: z.object({ roomId: Id, me: MyMembership }),
});
