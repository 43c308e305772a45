// Notifications: made from messages by a job that commits with them, kept in the order of each inbox, told to its owner's devices.
// Must never tell of a message that its reader could not read in its room.

import type { z } from 'zod';
import { addressed } from '../../core/addressed.ts';
import type { Bus } from '../../core/bus.ts';
import type { Clock } from '../../core/clock.ts';
import type { EventDef } from '../../core/contract.ts';
import type { Database, Tx } from '../../core/db/database.ts';
import { AppError, notFound } from '../../core/errors.ts';
import type { Events } from '../../core/events.ts';
import type { JobDef, Jobs } from '../../core/jobs.ts';
import type { Scope } from '../../core/scope.ts';
import type { Message } from '../messages/contract.ts';
import type { MessageSent, MessagesService } from '../messages/service.ts';
import { notAMember, type RoomsService } from '../rooms/service.ts';
import {
  type Notification,
  type NotifyLevel,
  notificationEvent,
  notificationsChanged,
  type QuietHours,
  type RoomNotify,
} from './contract.ts';
import { isQuiet } from './quiet-hours.ts';
import * as repo from './repository.ts';

export type NotificationsService = ReturnType<typeof createNotificationsService>;

/** Something that is not a message waits for these people: said in the transaction that makes it so. */
export interface PersonAsked {
  tenantId: string;
  userIds: readonly string[];
  kind: 'approval' | 'reminder' | 'moderation' | 'invitation';
  /** What it is about, once for each person. */
  key: string;
  roomId: string | null;
  messageId: string | null;
  subject: Record<string, unknown>;
}

interface Derive {
  tenantId: string;
  messageIds: string[];
}

export function createNotificationsService(deps: {
  database: Database;
  bus: Bus;
  clock: Clock;
  events: Events;
  jobs: Jobs;
  rooms: RoomsService;
  messages: MessagesService;
}) {
  const { database, bus, clock, jobs, rooms, messages } = deps;
  const { db } = database;

  const derive: JobDef<Derive> = {
    name: 'notifications.derive',
    retryLimit: 10,
    expireInSeconds: 60,
    concurrency: 1,
    async handle({ tenantId, messageIds }) {
      for (const messageId of messageIds)
        await database.transaction(async (tx) => {
          const wanted = await repo.listWanted(tx, tenantId, messageId);
          const roomId = wanted[0]?.roomId ?? null;
          await put(tx, { tenantId, key: messageId, roomId, messageId, subject: {} }, wanted);
        });
    },
  };

  // A message that is for nobody in particular costs nothing here.
  deps.events.on<MessageSent>('message.sent', async (tx, sent) => {
    const some = sent.filter(
      ({ message, roomKind, loud }) =>
        loud ||
        roomKind === 'direct' ||
        message.mentions.length > 0 ||
        message.threadId !== undefined ||
        message.kind === 'agent',
    );
    const byTenant = Map.groupBy(some, (one) => one.tenantId);
    const data = [...byTenant].map(([tenantId, group]) => ({
      tenantId,
      messageIds: group.map(({ message }) => message.id),
    }));
    await jobs.enqueue<Derive>(tx, derive, data);
  });

  deps.events.on<PersonAsked>('person.asked', async (tx, asked) => {
    for (const { userIds, kind, ...about } of asked)
      await put(
        tx,
        about,
        userIds.map((userId) => ({ userId, kind })),
      );
  });

  async function put(tx: Tx, about: repo.NewNotification, wanted: repo.Wanted[]): Promise<void> {
    const rows = await repo.insert(tx, about, wanted);
    if (rows.length === 0) return;
    const settings = await repo.listSettings(
      tx,
      rows.map((row) => row.userId),
    );
    const quiet = new Set(settings.filter((row) => quietOf(row, clock.date())).map((row) => row.userId));
    const message =
      about.messageId === null ? undefined : await messages.bare(about.tenantId, about.messageId, tx);
    database.afterCommit(tx, () => {
      for (const row of rows)
        if (!quiet.has(row.userId))
          tell(row.userId, notificationEvent, { notification: toNotification(row, message) });
    });
  }

  function tell<P extends z.ZodType>(userId: string, def: EventDef<P>, payload: z.output<P>): void {
    bus.publish(`user:${userId}`, { kind: 'signal', type: def.type, json: JSON.stringify(payload) });
  }

  async function changed(scope: Scope): Promise<{ unread: number }> {
    const unread = await repo.countUnread(db, scope.user.id);
    tell(scope.user.id, notificationsChanged, { unread });
    return { unread };
  }

  async function roomNotify(scope: Scope, room: { id: string; kind: string }): Promise<RoomNotify> {
    const row = await repo.findRoomNotify(db, room.id, scope.user.id);
    if (row === undefined) throw notAMember();
    return {
      roomId: room.id,
      level: row.notify ?? (room.kind === 'direct' ? 'all' : 'mentions'),
      ...(row.mutedUntil === null ? {} : { mutedUntil: row.mutedUntil.toISOString() }),
    };
  }

  const service = {
    job: derive,

    async list(
      scope: Scope,
      input: { unread: boolean; limit: number; cursor?: string | undefined },
    ): Promise<{ data: Notification[]; unread: number; nextCursor?: string }> {
      const before = input.cursor === undefined ? null : Number(input.cursor);
      if (before !== null && !Number.isSafeInteger(before))
        throw new AppError('invalid', 'invalid_input', 'cursor: use the nextCursor of the page before.');
      const page = { unread: input.unread, before, limit: input.limit + 1 };
      const rows = await repo.list(db, scope.tenantId, scope.user.id, page);
      const some = rows.slice(0, input.limit);
      const readable = await messages.readable(
        scope,
        some.flatMap((row) => row.messageId ?? []),
      );
      const byId = new Map(readable.map((message) => [message.id, message]));
      const data = some.flatMap((row) => {
        const message = row.messageId === null ? undefined : byId.get(row.messageId);
        return row.messageId !== null && message === undefined ? [] : [toNotification(row, message)];
      });
      const last = some.at(-1);
      const more = rows.length > input.limit && last !== undefined;
      return {
        data,
        unread: await repo.countUnread(db, scope.user.id),
        ...(more ? { nextCursor: String(last.place) } : {}),
      };
    },

    /** Why the badge shows so many: each unread one with its rule, and those that do not count. */
    async explain(scope: Scope) {
      const { tenantId, user } = scope;
      const { data, unread } = await service.list(scope, { unread: true, limit: EXPLAINED });
      const ids = data.flatMap(({ message }) => message?.id ?? []);
      const [wishes, lost, [settings]] = await Promise.all([
        repo.listWishes(db, tenantId, ids, user.id),
        repo.listLost(db, tenantId, user.id, EXPLAINED),
        repo.listSettings(db, [user.id]),
      ]);
      const quietAt = (at: Date) => settings !== undefined && quietOf(settings, at);
      return addressed({
        unread,
        quietNow: quietAt(clock.date()),
        counted: data.map((notification) => {
          const wish = wishes.get(notification.message?.id ?? '');
          const quiet = quietAt(new Date(notification.createdAt));
          const { id, place, kind, createdAt, roomId } = notification;
          return {
            id,
            place,
            createdAt,
            ...(roomId === undefined ? {} : { roomId }),
            ...(notification.message === undefined ? {} : { messageId: notification.message.id }),
            reason: kind,
            because: quiet ? `${CAME_AS[kind]} ${QUIET}` : CAME_AS[kind],
            ...(wish === undefined ? {} : { level: wish.level, muted: wish.muted }),
            quiet,
          };
        }),
        excluded: lost.map(({ id, place, deleted }) => ({
          id,
          place,
          reason: deleted ? ('deleted' as const) : ('not_a_member' as const),
          because: deleted
            ? 'Its message was deleted.'
            : 'They are not a member of its room any more, so they may not read it.',
        })),
      });
    },

    /** Why a message is in someone's inbox, or is not; undefined for who has none or is its author. */
    async why(
      tenantId: string,
      userId: string,
      messageId: string,
    ): Promise<{ at?: Date; recorded: boolean; because: string } | undefined> {
      const [row, wishes] = await Promise.all([
        repo.findByKey(db, tenantId, userId, messageId),
        repo.listWishes(db, tenantId, [messageId], userId),
      ]);
      const wish = wishes.get(messageId);
      if (row !== undefined) {
        const [settings] = await repo.listSettings(db, [userId]);
        const quiet = settings !== undefined && quietOf(settings, row.createdAt);
        const because = quiet ? `${CAME_AS[row.kind]} ${QUIET}` : CAME_AS[row.kind];
        return { at: row.createdAt, recorded: true, because };
      }
      return wish === undefined ? undefined : { recorded: false, because: notWanted(wish) };
    },

    async read(
      scope: Scope,
      which: { ids?: string[] | undefined; upTo?: number | undefined },
    ): Promise<{ unread: number }> {
      await repo.markRead(db, scope.tenantId, scope.user.id, which);
      return changed(scope);
    },

    async unread(scope: Scope, id: string): Promise<{ unread: number }> {
      if (!(await repo.markUnread(db, scope.tenantId, scope.user.id, id)))
        throw notFound('notification_not_found', 'There is no such notification in your inbox.');
      return changed(scope);
    },

    async settings(scope: Scope): Promise<{ quietHours: QuietHours | null }> {
      const [row] = await repo.listSettings(db, [scope.user.id]);
      return { quietHours: row === undefined ? null : hoursOf(row) };
    },

    async setSettings(scope: Scope, quietHours: QuietHours | null) {
      await repo.setQuiet(db, {
        userId: scope.user.id,
        tenantId: scope.tenantId,
        quietFrom: quietHours?.from ?? null,
        quietTo: quietHours?.to ?? null,
        timeZone: quietHours?.timeZone ?? null,
      });
      return { quietHours };
    },

    async room(scope: Scope, key: string): Promise<RoomNotify> {
      const { row } = await rooms.requireMember(scope, key);
      return roomNotify(scope, row);
    },

    async setRoom(
      scope: Scope,
      key: string,
      change: { level?: NotifyLevel | undefined; mutedUntil?: string | null | undefined },
    ): Promise<RoomNotify> {
      const { row } = await rooms.requireMember(scope, key);
      const { level, mutedUntil } = change;
      const set = {
        ...(level === undefined ? {} : { notify: level }),
        ...(mutedUntil === undefined
          ? {}
          : { mutedUntil: mutedUntil === null ? null : new Date(mutedUntil) }),
      };
      if (Object.keys(set).length > 0)
        await database.transaction(async (tx) => {
          if (level === 'all') await repo.makeLoud(tx, row.id);
          await repo.setRoomNotify(tx, row.id, scope.user.id, set);
        });
      return roomNotify(scope, row);
    },
  };
  return service;
}

type SettingsRow = Awaited<ReturnType<typeof repo.listSettings>>[number];

const hoursOf = ({ quietFrom, quietTo, timeZone }: SettingsRow): QuietHours | null =>
  quietFrom === null || quietTo === null || timeZone === null
    ? null
    : { from: quietFrom, to: quietTo, timeZone };

/** Notifications that are explained at once. */
const EXPLAINED = 50;
const QUIET = 'It came in quiet hours, so no device was told.';

const CAME_AS: Record<Notification['kind'], string> = {
  mention: 'It came into the inbox: it mentions them.',
  reply: 'It came into the inbox: it answers them, or stands in a thread that they follow.',
  direct: 'It came into the inbox: it was sent in a direct room.',
  message: 'It came into the inbox: they hear of every message of the room.',
  approval: 'It came into the inbox: an approval waits for them.',
  reminder: 'It came into the inbox: they asked to be reminded.',
  moderation: 'It came into the inbox: it concerns what moderators did.',
  invitation: 'It came into the inbox: it invites them into a room.',
};

/** Why a message is not in an inbox, as the settings are now. */
function notWanted({ muted, level, meant }: repo.Wish): string {
  if (muted) return 'It is not in the inbox: the room is muted for them.';
  if (level === 'none') return 'It is not in the inbox: they want nothing of this room.';
  if (level === 'mentions' && !meant)
    return 'It is not in the inbox: they want only what is meant for them, and this is for nobody in particular.';
  return 'It is not in the inbox yet, or their settings were others when it was sent.';
}

function quietOf(row: SettingsRow, at: Date): boolean {
  const hours = hoursOf(row);
  return hours !== null && isQuiet(hours, at);
}

const toNotification = (row: repo.NotificationRow, message: Message | undefined): Notification => ({
  id: row.id,
  place: row.place,
  kind: row.kind,
  ...(row.roomId === null ? {} : { roomId: row.roomId }),
  ...(message === undefined ? {} : { message }),
  subject: row.subject,
  createdAt: row.createdAt.toISOString(),
  ...(row.readAt === null ? {} : { readAt: row.readAt.toISOString() }),
});
