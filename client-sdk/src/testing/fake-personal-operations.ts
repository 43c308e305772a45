// Operations of the server in memory on what is mine alone: inbox, saved messages, drafts.
// Must never be taken for the server's specification; that is its contract.
import type { Handler } from './fake-operations.ts';
import { setDraft, setRead } from './fake-personal.ts';
import { shown } from './fake-room.ts';
import type { FakeWorld } from './fake-world.ts';

export function personalOperations(world: FakeWorld): Record<string, Handler> {
  const { time, person, need, tellUser, locate, require, inboxChanged, readable } = world;
  return {
    list_notifications({ unread, cursor, limit = 50 }, { userId }) {
      const all = person(userId)
        .inbox.filter((one) => readable(one) && !(unread === true && one.readAt !== undefined))
        .filter((one) => cursor === undefined || one.place < Number(cursor))
        .reverse();
      // As the message stands now.
      const data = all.slice(0, limit).map((one) => {
        const found = locate(one.message?.id);
        return found === undefined ? one : { ...one, message: shown(found.room, found.message, userId) };
      });
      return {
        data,
        unread: person(userId).inbox.filter((one) => readable(one) && one.readAt === undefined).length,
        ...(all.length > data.length ? { nextCursor: String(data.at(-1)?.place) } : {}),
      };
    },
    mark_notifications_read({ ids: some, upTo }, { userId }) {
      setRead(person(userId), (one) => some?.includes(one.id) ?? one.place <= (upTo ?? 0), time());
      return inboxChanged(userId);
    },
    mark_notification_unread({ notificationId }, { userId }) {
      setRead(person(userId), (one) => one.id === notificationId, undefined);
      return inboxChanged(userId);
    },
    save_message({ messageId, note = '' }, { userId }) {
      const { room, message } = require(messageId);
      const savedAt = time();
      person(userId).saved.set(messageId, { note, savedAt });
      tellUser(userId, 'saved_changed', { roomId: room.info.id, messageId, saved: true, note });
      return { message: shown(room, message, userId), note, savedAt };
    },
    unsave_message({ messageId }, { userId }) {
      const { room } = require(messageId);
      if (person(userId).saved.delete(messageId))
        tellUser(userId, 'saved_changed', { roomId: room.info.id, messageId, saved: false });
      return { saved: false };
    },
    list_saved: (_, { userId }) => ({
      data: [...person(userId).saved].reverse().flatMap(([id, one]) => {
        const found = locate(id);
        if (found === undefined || found.message.deletedAt !== undefined) return [];
        return [{ message: shown(found.room, found.message, userId), ...one }];
      }),
    }),
    list_scheduled: () => ({ data: [] }),
    get_draft({ roomId }, { userId }) {
      const { id } = need(roomId).info;
      return { roomId: id, body: '', ...person(userId).drafts.get(id) };
    },
    set_draft({ roomId, body, updatedAt = time() }, { userId }) {
      const { id } = need(roomId).info;
      const at = updatedAt < time() ? updatedAt : time();
      const { kept, draft } = setDraft(person(userId), id, { body, updatedAt: at });
      if (kept) tellUser(userId, 'draft_changed', { roomId: id, ...draft });
      return { roomId: id, ...draft };
    },
  };
}
