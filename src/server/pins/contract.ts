// The wire of pins: the messages a room keeps at hand.
import { z } from 'zod';
import { defineEvent, defineOperation } from '../../core/contract.ts';
import { Id, Timestamp } from '../identity/contract.ts';
import { Message } from '../messages/contract.ts';
import { RoomKey } from '../rooms/contract.ts';

const rate = { bucket: 'messages.pin', points: 120, seconds: 60 };
const tag = 'Messages';

export const pinMessage = defineOperation({
  name: 'pins.add',
  summary: 'Pin a message to its room (owner or admin of the room; in a direct room any of its members)',
  description: 'Doing it again changes nothing. A room has at most 50 pinned messages.',
  tag,
  rest: { method: 'post', path: '/api/messages/:messageId/pin' },
  socket: 'pin_message',
  input: z.object({ messageId: Id }),
  output: Message,
  permission: 'signed_in',
  effect: 'reversible',
  rate,
});

export const unpinMessage = defineOperation({
  name: 'pins.remove',
  summary: 'Take a pin away, whoever put it',
  tag,
  rest: { method: 'delete', path: '/api/messages/:messageId/pin' },
  socket: 'unpin_message',
  input: z.object({ messageId: Id }),
  output: Message,
  permission: 'signed_in',
  effect: 'reversible',
  rate,
});

export const listPins = defineOperation({
  name: 'pins.list',
  summary: 'Pinned messages of a room, the one pinned last first',
  tag,
  rest: { method: 'get', path: '/api/rooms/:roomId/pins' },
  socket: 'list_pins',
  input: z.object({ roomId: RoomKey }),
  output: z.object({ data: z.array(Message) }),
  permission: 'signed_in',
  effect: 'read',
});

const entry = {
  roomId: Id,
  seq: z.number().int(),
  messageId: Id,
  /** Sequence of the message itself. */
  messageSeq: z.number().int(),
};

export const messagePinned = defineEvent({
  type: 'message_pinned',
  summary: 'A message was pinned',
  kind: 'log',
  audience: 'room',
  payload: z.object({ ...entry, pinned: z.object({ by: Id, at: Timestamp }) }),
});
export const messageUnpinned = defineEvent({
  type: 'message_unpinned',
  summary: 'A pin was taken away; a message that is deleted loses its pin without this',
  kind: 'log',
  audience: 'room',
  payload: z.object({ ...entry, by: Id }),
});

export const pinsEvents = [messagePinned, messageUnpinned];
