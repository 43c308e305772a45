// The wire of what is left for later: messages that are sent at a time, and reminders.
import { z } from 'zod';
import { defineEvent, defineOperation } from '../../core/contract.ts';
import { Id, Timestamp } from '../identity/contract.ts';
import { MAX_BODY_BYTES } from '../messages/contract.ts';
import { RoomKey } from '../rooms/contract.ts';

const tag = 'Scheduled';
const rate = { bucket: 'scheduled', points: 120, seconds: 60 };

const fits = (text: string): boolean => new TextEncoder().encode(text).length <= MAX_BODY_BYTES;
const Body = z
  .string()
  .refine((text) => text.trim() !== '', 'needs at least one visible character')
  .refine(fits, `has at most ${MAX_BODY_BYTES} bytes`);
const Note = z.string().max(1000);

export const ScheduledItem = z.object({
  id: Id,
  kind: z.enum(['message', 'reminder']),
  /** Where it is sent, or where the message is that I am reminded of. */
  roomId: Id.optional(),
  threadId: Id.optional(),
  /** The message I am reminded of. */
  messageId: Id.optional(),
  /** The message's text, or the reminder's note. */
  body: z.string(),
  dueAt: Timestamp,
  status: z.enum(['waiting', 'done', 'cancelled', 'failed']),
  /** Why it failed, as a reason of errors: `not_a_member`. */
  reason: z.string().optional(),
  /** The message as it was sent. */
  sentMessageId: Id.optional(),
  createdAt: Timestamp,
});
export type ScheduledItem = z.infer<typeof ScheduledItem>;

export const scheduleMessage = defineOperation({
  name: 'scheduled.send',
  summary: 'Send a message at a time, under the rights I have then',
  description:
    'Sent once, also when servers stop and start meanwhile; late if none was there. What is scheduled is taken as meant: no confirm is asked. At most 500 wait, at most 366 days.',
  tag,
  rest: { method: 'post', path: '/api/scheduled/messages', status: 201 },
  socket: 'schedule_message',
  input: z.object({ roomId: RoomKey, body: Body, threadId: Id.optional(), dueAt: Timestamp }),
  output: ScheduledItem,
  permission: 'signed_in',
  effect: 'reversible',
  rate,
});

export const setReminder = defineOperation({
  name: 'scheduled.remind',
  summary: 'Remind me at a time, of a message or of a note; it comes into my inbox',
  tag,
  rest: { method: 'post', path: '/api/scheduled/reminders', status: 201 },
  socket: 'set_reminder',
  input: z
    .object({ messageId: Id.optional(), note: Note.default(''), dueAt: Timestamp })
    .refine(({ messageId, note }) => messageId !== undefined || note.trim() !== '', 'give messageId or note'),
  output: ScheduledItem,
  permission: 'signed_in',
  effect: 'reversible',
  rate,
});

export const listScheduled = defineOperation({
  name: 'scheduled.list',
  summary: 'What I left for later, made last first; with waiting, only what is to come',
  tag,
  rest: { method: 'get', path: '/api/scheduled' },
  socket: 'list_scheduled',
  input: z.object({
    waiting: z.boolean().default(true),
    limit: z.coerce.number().int().min(1).max(200).default(50),
    cursor: Id.optional(),
  }),
  output: z.object({ data: z.array(ScheduledItem), nextCursor: z.string().optional() }),
  permission: 'signed_in',
  effect: 'read',
});

export const changeScheduled = defineOperation({
  name: 'scheduled.change',
  summary: 'Change the text or the time of what still waits',
  tag,
  rest: { method: 'patch', path: '/api/scheduled/:scheduledId' },
  socket: 'change_scheduled',
  input: z.object({ scheduledId: Id, body: Body.optional(), dueAt: Timestamp.optional() }),
  output: ScheduledItem,
  permission: 'signed_in',
  effect: 'reversible',
  rate,
});

export const cancelScheduled = defineOperation({
  name: 'scheduled.cancel',
  summary: 'Cancel what still waits',
  tag,
  rest: { method: 'delete', path: '/api/scheduled/:scheduledId' },
  socket: 'cancel_scheduled',
  input: z.object({ scheduledId: Id }),
  output: ScheduledItem,
  permission: 'signed_in',
  effect: 'reversible',
  rate,
});

export const scheduledChanged = defineEvent({
  type: 'scheduled_changed',
  summary: 'Something I left for later was made, changed, cancelled, done, or failed',
  kind: 'signal',
  audience: 'user',
  payload: z.object({ item: ScheduledItem }),
});
