// The wire of moderation by people: measures against who disturbs a room, reports, slow mode, and what was done.
import { z } from 'zod';
import { defineOperation } from '../../core/contract.ts';
import { Id, Page, Timestamp, User } from '../identity/contract.ts';
import { Message } from '../messages/contract.ts';
import { Room, RoomKey } from '../rooms/contract.ts';

const tag = 'Moderation';
const rate = { bucket: 'moderation', points: 300, seconds: 60 };
const Why = z.string().trim().max(500).default('');
const Until = Timestamp.optional();

export const ModerationKind = z.enum([
  'mute',
  'unmute',
  'kick',
  'ban',
  'unban',
  'slow_mode',
  'rules',
  'held',
  'released',
  'rejected',
  'resolved',
  'appealed',
  'appeal_granted',
  'appeal_upheld',
]);
export type ModerationKind = z.infer<typeof ModerationKind>;

export const ModerationRecord = z.object({
  id: Id,
  kind: ModerationKind,
  /** Absent for a mute in every room. */
  roomId: Id.optional(),
  /** Whom it concerns. */
  user: User.optional(),
  /** Absent where a rule of the room did it. */
  actor: User.optional(),
  reason: z.string(),
  /** A mute or ban ends then; without it somebody has to end it. */
  until: Timestamp.optional(),
  /** What else: `seconds` of slow mode, the `messageId` and `rule` of a held message, the `reportId` and `action`, the `appealId` and `recordId`. */
  details: z.record(z.string(), z.unknown()),
  /** Whether a mute or ban holds at this moment. */
  standing: z.boolean(),
  createdAt: Timestamp,
  endedAt: Timestamp.optional(),
  endedBy: Id.optional(),
});
export type ModerationRecord = z.infer<typeof ModerationRecord>;

export const muteMember = defineOperation({
  name: 'moderation.mute',
  summary: 'Mute a person or an agent in a room, or everywhere (administrators), until a time or for good',
  description:
    'Who is muted reads, and neither sends, edits, reacts nor asks agents. A new mute takes the place of one that stands.',
  tag,
  rest: { method: 'post', path: '/api/moderation/mute', status: 201 },
  socket: 'mute_member',
  input: z.strictObject({ roomId: RoomKey.optional(), userId: Id, until: Until, reason: Why }),
  output: ModerationRecord,
  permission: 'signed_in',
  effect: 'reversible',
  rate,
});

export const unmuteMember = defineOperation({
  name: 'moderation.unmute',
  summary: 'End a mute before its time',
  tag,
  rest: { method: 'post', path: '/api/moderation/unmute' },
  socket: 'unmute_member',
  input: z.strictObject({ roomId: RoomKey.optional(), userId: Id, reason: Why }),
  output: ModerationRecord,
  permission: 'signed_in',
  effect: 'reversible',
  rate,
});

export const kickMember = defineOperation({
  name: 'moderation.kick',
  summary: 'Take somebody out of a room; he may come back',
  tag,
  rest: { method: 'post', path: '/api/moderation/kick', status: 201 },
  socket: 'kick_member',
  input: z.strictObject({ roomId: RoomKey, userId: Id, reason: Why }),
  output: ModerationRecord,
  permission: 'signed_in',
  effect: 'reversible',
  rate,
});

export const banMember = defineOperation({
  name: 'moderation.ban',
  summary: 'Take somebody out of a room and let him in no more, until a time or for good',
  description: 'He cannot join, be added or invited, nor read the room where it is public.',
  tag,
  rest: { method: 'post', path: '/api/moderation/ban', status: 201 },
  socket: 'ban_member',
  input: z.strictObject({ roomId: RoomKey, userId: Id, until: Until, reason: Why }),
  output: ModerationRecord,
  permission: 'signed_in',
  effect: 'reversible',
  rate,
});

export const unbanMember = defineOperation({
  name: 'moderation.unban',
  summary: 'End a ban before its time; he is let in again, and not a member by that',
  tag,
  rest: { method: 'post', path: '/api/moderation/unban' },
  socket: 'unban_member',
  input: z.strictObject({ roomId: RoomKey, userId: Id, reason: Why }),
  output: ModerationRecord,
  permission: 'signed_in',
  effect: 'reversible',
  rate,
});

export const setSlowMode = defineOperation({
  name: 'moderation.slow_mode',
  summary: 'Seconds that a member of a room waits between two messages; 0 ends it',
  description: 'Moderators of the room are exempt. Not in direct rooms.',
  tag,
  rest: { method: 'post', path: '/api/moderation/slow-mode' },
  socket: 'set_slow_mode',
  input: z.strictObject({ roomId: RoomKey, seconds: z.number().int().min(0).max(21_600), reason: Why }),
  output: Room,
  permission: 'signed_in',
  effect: 'reversible',
  rate,
});

const Records = z.object({ data: z.array(ModerationRecord), nextCursor: z.string().optional() });
const which = { userId: Id.optional(), standing: z.boolean().default(false), ...Page };

export const listModeration = defineOperation({
  name: 'moderation.list',
  summary: 'What moderators did in a room, newest first; with standing=true mutes and bans that hold',
  tag,
  rest: { method: 'get', path: '/api/rooms/:roomId/moderation' },
  socket: 'list_moderation',
  input: z.object({ roomId: RoomKey, ...which }),
  output: Records,
  permission: 'signed_in',
  effect: 'read',
});

export const listAllModeration = defineOperation({
  name: 'moderation.list_all',
  summary: 'What moderators did in all rooms, and mutes everywhere (administrators)',
  tag,
  rest: { method: 'get', path: '/api/moderation' },
  socket: 'list_all_moderation',
  input: z.object(which),
  output: Records,
  permission: 'admin',
  effect: 'read',
});

export const ReportReason = z.enum(['spam', 'abuse', 'violence', 'illegal', 'personal_data', 'other']);
const ReportAction = z.enum(['none', 'delete_message', 'mute', 'kick', 'ban']);

export const Report = z.object({
  id: Id,
  roomId: Id,
  messageId: Id,
  /** As it is now; absent where it was deleted or is not shown to who asks. */
  message: Message.optional(),
  reporter: User.optional(),
  reason: ReportReason,
  comment: z.string(),
  status: z.enum(['open', 'resolved']),
  action: ReportAction.optional(),
  note: z.string().optional(),
  resolvedBy: Id.optional(),
  resolvedAt: Timestamp.optional(),
  createdAt: Timestamp,
});
export type Report = z.infer<typeof Report>;

export const reportMessage = defineOperation({
  name: 'moderation.report',
  summary: 'Tell the moderators of a room about a message; once for each message',
  description: 'A second report of the same message answers the first. The outcome comes as a notification.',
  tag,
  rest: { method: 'post', path: '/api/messages/:messageId/report', status: 201 },
  socket: 'report_message',
  input: z.strictObject({
    messageId: Id,
    reason: ReportReason,
    comment: z.string().trim().max(1000).default(''),
  }),
  output: Report,
  permission: 'signed_in',
  effect: 'reversible',
  rate: { bucket: 'moderation.report', points: 30, seconds: 60 },
});

export const listReports = defineOperation({
  name: 'moderation.reports',
  summary: 'Reports of a room, or of all rooms that I moderate; newest first',
  tag,
  rest: { method: 'get', path: '/api/moderation/reports' },
  socket: 'list_reports',
  input: z.object({
    roomId: RoomKey.optional(),
    status: z.enum(['open', 'resolved', 'all']).default('open'),
    ...Page,
  }),
  output: z.object({ data: z.array(Report), nextCursor: z.string().optional() }),
  permission: 'signed_in',
  effect: 'read',
});

export const resolveReport = defineOperation({
  name: 'moderation.resolve',
  summary: 'Settle the open reports of a message, with what is done about it',
  description:
    'Does what `action` says, against its author, by my own rights: where they do not suffice nothing is settled. Everyone who reported the message hears the outcome.',
  tag,
  rest: { method: 'post', path: '/api/moderation/reports/:reportId/resolve' },
  socket: 'resolve_report',
  input: z.strictObject({
    reportId: Id,
    action: ReportAction,
    /** Of a mute or a ban. */
    until: Until,
    note: z.string().trim().max(1000).default(''),
  }),
  output: Report,
  permission: 'signed_in',
  effect: 'reversible',
  rate,
});

export const HeldMessage = z.object({
  /** The message's, when it is released. */
  id: Id,
  roomId: Id,
  author: User,
  body: z.string(),
  /** The rule that holds it: `phrases`, `links`, `mentions`, `repeats`, `service`. */
  rule: z.string(),
  createdAt: Timestamp,
});
export type HeldMessage = z.infer<typeof HeldMessage>;

export const listHeld = defineOperation({
  name: 'moderation.held',
  summary: 'Messages of a room that wait for a moderator, newest first; others than moderators see their own',
  tag,
  rest: { method: 'get', path: '/api/rooms/:roomId/held-messages' },
  socket: 'list_held_messages',
  input: z.object({ roomId: RoomKey, ...Page }),
  output: z.object({ data: z.array(HeldMessage), nextCursor: z.string().optional() }),
  permission: 'signed_in',
  effect: 'read',
});

export const releaseHeld = defineOperation({
  name: 'moderation.release',
  summary: 'Let a message through that waits: it is sent as it was written, under its own id, once',
  tag,
  rest: { method: 'post', path: '/api/held-messages/:messageId/release' },
  socket: 'release_message',
  input: z.object({ messageId: Id }),
  output: Message,
  permission: 'signed_in',
  effect: 'reversible',
  rate,
});

export const rejectHeld = defineOperation({
  name: 'moderation.reject',
  summary: 'Do not let a message through that waits; its author is told',
  tag,
  rest: { method: 'post', path: '/api/held-messages/:messageId/reject' },
  socket: 'reject_message',
  input: z.strictObject({ messageId: Id, note: z.string().trim().max(500).default('') }),
  output: z.object({ rejected: z.literal(true) }),
  permission: 'signed_in',
  effect: 'reversible',
  rate,
});

export const Appeal = z.object({
  id: Id,
  /** The act that it is against. */
  actionId: Id,
  /** Absent of a mute in every room. */
  roomId: Id.optional(),
  /** Whom the act concerns. */
  userId: Id,
  by: Id,
  reason: z.string(),
  /** granted: the act was undone, where it still stood. */
  status: z.enum(['open', 'granted', 'upheld']),
  note: z.string().optional(),
  decidedBy: Id.optional(),
  decidedAt: Timestamp.optional(),
  createdAt: Timestamp,
});
export type Appeal = z.infer<typeof Appeal>;

export const listAppeals = defineOperation({
  name: 'moderation.appeals',
  summary: 'Appeals in a room, or in all rooms that I moderate; administrators: all. Newest first',
  tag,
  rest: { method: 'get', path: '/api/moderation/appeals' },
  socket: 'list_appeals',
  input: z.object({
    roomId: RoomKey.optional(),
    status: z.enum(['open', 'decided', 'all']).default('open'),
    ...Page,
  }),
  output: z.object({ data: z.array(Appeal), nextCursor: z.string().optional() }),
  permission: 'signed_in',
  effect: 'read',
});

export const resolveAppeal = defineOperation({
  name: 'moderation.resolve_appeal',
  summary: 'Decide about an appeal: undo the act, or let it stand; who appealed is told',
  description:
    'A mute or a ban that is granted ends, by my own rights: where they do not suffice nothing is decided. Nobody decides about an appeal of their own.',
  tag,
  rest: { method: 'post', path: '/api/moderation/appeals/:appealId/resolve' },
  socket: 'resolve_appeal',
  input: z.strictObject({
    appealId: Id,
    outcome: z.enum(['granted', 'upheld']),
    note: z.string().trim().max(500).default(''),
  }),
  output: Appeal,
  permission: 'signed_in',
  effect: 'reversible',
  rate,
});
