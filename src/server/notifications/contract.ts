// The wire of notifications: an inbox of one's own, how much of each room comes into it, and when it is quiet.
import { z } from 'zod';
import { defineEvent, defineOperation } from '../../core/contract.ts';
import { Id, Timestamp } from '../identity/contract.ts';
import { Message } from '../messages/contract.ts';
import { RoomKey } from '../rooms/contract.ts';

const tag = 'Notifications';
const rate = { bucket: 'notifications', points: 600, seconds: 60 };

export const Notification = z.object({
  id: Id,
  /** Place in my inbox: later ones have higher places. */
  place: z.number().int(),
  /** message: of a room I hear all of; reply: in a thread I follow, or an agent's answer to me. */
  kind: z.enum(['mention', 'reply', 'direct', 'message', 'approval', 'reminder', 'moderation', 'invitation']),
  roomId: Id.optional(),
  message: Message.optional(),
  /** What else it is about: `{approvalId, agentId, tool}`, `{scheduledId, note}`, `{action, reason, until, …}` of moderation, `{invitationId, …}`. */
  subject: z.record(z.string(), z.unknown()),
  createdAt: Timestamp,
  readAt: Timestamp.optional(),
});
export type Notification = z.infer<typeof Notification>;

/** all: every message; mentions: what is meant for me; none: nothing. */
export const NotifyLevel = z.enum(['all', 'mentions', 'none']);
export type NotifyLevel = z.infer<typeof NotifyLevel>;

const RoomNotify = z.object({
  roomId: Id,
  level: NotifyLevel,
  /** Nothing until then. */
  mutedUntil: Timestamp.optional(),
});
export type RoomNotify = z.infer<typeof RoomNotify>;

const TimeOfDay = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'is a time such as 22:00');
const QuietHours = z.object({
  from: TimeOfDay,
  /** May be on the next day. */
  to: TimeOfDay,
  timeZone: z.string().max(64).refine(isTimeZone, 'is an IANA time zone such as Europe/Berlin'),
});
export type QuietHours = z.infer<typeof QuietHours>;
const Settings = z.object({ quietHours: QuietHours.nullable() });

export const listNotifications = defineOperation({
  name: 'notifications.list',
  summary: 'My inbox, newest first',
  description: 'What is about a message that I may not read any more, or that was deleted, is left out.',
  tag,
  rest: { method: 'get', path: '/api/notifications' },
  socket: 'list_notifications',
  input: z.object({
    unread: z.boolean().default(false),
    limit: z.coerce.number().int().min(1).max(100).default(50),
    cursor: z.string().max(500).optional(),
  }),
  output: z.object({
    data: z.array(Notification),
    unread: z.number().int(),
    nextCursor: z.string().optional(),
  }),
  permission: 'signed_in',
  effect: 'read',
});

const Unread = z.object({ unread: z.number().int() });

export const readNotifications = defineOperation({
  name: 'notifications.read',
  summary: 'Mark notifications read: these, or all up to a place',
  tag,
  rest: { method: 'post', path: '/api/notifications/read' },
  socket: 'mark_notifications_read',
  input: z
    .object({ ids: z.array(Id).min(1).max(100).optional(), upTo: z.number().int().min(0).optional() })
    .refine(({ ids, upTo }) => (ids === undefined) !== (upTo === undefined), 'give ids or upTo'),
  output: Unread,
  permission: 'signed_in',
  effect: 'reversible',
  rate,
});

export const unreadNotification = defineOperation({
  name: 'notifications.unread',
  summary: 'Mark a notification unread again',
  tag,
  rest: { method: 'post', path: '/api/notifications/:notificationId/unread' },
  socket: 'mark_notification_unread',
  input: z.object({ notificationId: Id }),
  output: Unread,
  permission: 'signed_in',
  effect: 'reversible',
  rate,
});

export const getNotificationSettings = defineOperation({
  name: 'notifications.settings',
  summary: 'When my inbox is quiet',
  tag,
  rest: { method: 'get', path: '/api/notifications/settings' },
  socket: 'get_notification_settings',
  input: z.object({}),
  output: Settings,
  permission: 'signed_in',
  effect: 'read',
});

export const setNotificationSettings = defineOperation({
  name: 'notifications.set_settings',
  summary: 'Set when my inbox is quiet: what comes then is kept, and told to no device',
  tag,
  rest: { method: 'put', path: '/api/notifications/settings' },
  socket: 'set_notification_settings',
  input: Settings,
  output: Settings,
  permission: 'signed_in',
  effect: 'reversible',
  rate,
});

export const getRoomNotify = defineOperation({
  name: 'notifications.room',
  summary: 'How much of a room comes into my inbox',
  tag,
  rest: { method: 'get', path: '/api/rooms/:roomId/notifications' },
  socket: 'get_room_notifications',
  input: z.object({ roomId: RoomKey }),
  output: RoomNotify,
  permission: 'signed_in',
  effect: 'read',
});

export const setRoomNotify = defineOperation({
  name: 'notifications.set_room',
  summary: 'Set how much of a room comes into my inbox, or mute it for a while',
  description: 'Unless set: everything of direct rooms, mentions of others.',
  tag,
  rest: { method: 'put', path: '/api/rooms/:roomId/notifications' },
  socket: 'set_room_notifications',
  input: z.object({
    roomId: RoomKey,
    level: NotifyLevel.optional(),
    /** null ends it. */
    mutedUntil: Timestamp.nullable().optional(),
  }),
  output: RoomNotify,
  permission: 'signed_in',
  effect: 'reversible',
  rate,
});

export const explainNotifications = defineOperation({
  name: 'notifications.explain',
  summary: 'Why the badge of my inbox shows so many: each unread one with its rule, the newest 50',
  description: '`level` and `muted` are as they are now; they may have been others when it came.',
  tag,
  rest: { method: 'get', path: '/api/notifications/explain' },
  socket: 'explain_notifications',
  input: z.object({}),
  output: z.object({
    unread: z.number().int(),
    quietNow: z.boolean(),
    counted: z.array(
      z.object({
        id: Id,
        place: z.number().int(),
        roomId: Id.optional(),
        messageId: Id.optional(),
        createdAt: Timestamp,
        reason: Notification.shape.kind,
        /** In a sentence. */
        because: z.string(),
        level: NotifyLevel.optional(),
        muted: z.boolean().optional(),
        /** It came in quiet hours. */
        quiet: z.boolean(),
      }),
    ),
    /** Unread, and not counted. */
    excluded: z.array(
      z.object({
        id: Id,
        place: z.number().int(),
        reason: z.enum(['deleted', 'not_a_member']),
        because: z.string(),
      }),
    ),
  }),
  permission: 'signed_in',
  effect: 'read',
  rate,
});

export const notificationEvent = defineEvent({
  type: 'notification',
  summary: 'Something came into my inbox',
  kind: 'signal',
  audience: 'user',
  payload: z.object({ notification: Notification }),
});
export const notificationsChanged = defineEvent({
  type: 'notifications_changed',
  summary: 'I marked notifications read or unread on another connection',
  kind: 'signal',
  audience: 'user',
  payload: Unread,
});

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
