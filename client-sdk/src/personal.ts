// What is mine alone and the server tells me of: inbox, saved messages, what is left for later. Each a list that is fetched
// and then moved by signals. Must never count by itself what the server counts for more than is loaded.
import type { Inbox, InboxSnapshot, ListSnapshot, Saved, Scheduled } from './api-personal.ts';
import { createPagedList, type PagedList } from './paged-list.ts';
import type { Clock } from './ports.ts';
import type { TypedCall } from './room-messages.ts';
import type { Events, Message, Notification, ReplyOf, SavedMessage, ScheduledItem } from './wire.ts';

export interface Personal {
  readonly inbox: Inbox;
  readonly saved: Saved;
  readonly scheduled: Scheduled;
  /** A signal or an entry came. */
  told(name: string, payload: unknown): void;
  opened(): void;
  forget(): void;
}

export interface PersonalParts {
  call: TypedCall;
  clock: Clock;
  isUp(): boolean;
}

const LIMIT = 50;
const NOTHING = { status: 'idle', items: [], hasMore: false, loadingMore: false } as const;

export function createPersonal(parts: PersonalParts): Personal {
  const inbox = createInbox(parts);
  const saved = createSaved(parts);
  const scheduled = createScheduled(parts);
  const all = [inbox, saved, scheduled];
  return {
    inbox: inbox.api,
    saved: saved.api,
    scheduled: scheduled.api,
    told(name, payload) {
      for (const one of all) one.told(name, payload);
    },
    opened() {
      for (const one of all) one.list.opened();
    },
    forget() {
      for (const one of all) one.list.forget();
    },
  };
}

/** The part of a list that the application sees. */
const shared = <S>({ store, follow, refresh, loadMore }: PagedList<S>) => ({
  subscribe: store.subscribe,
  getSnapshot: store.getSnapshot,
  follow,
  refresh,
  loadMore,
});

const pageOf = (cursor: string | undefined) => ({
  limit: LIMIT,
  ...(cursor === undefined ? {} : { cursor }),
});

/** How a message stands now, out of an entry that changes one. */
function changedMessage(name: string, payload: unknown): Message | undefined {
  return name === 'message_updated' || name === 'message_deleted'
    ? (payload as Events['message_updated']).message
    : undefined;
}

function createInbox({ call, clock, isUp }: PersonalParts) {
  const list = createPagedList<Notification, InboxSnapshot, ReplyOf<'list_notifications'>>({
    empty: { ...NOTHING, unread: 0 },
    fetch: (cursor, options) => call('list_notifications', pageOf(cursor), options),
    adopt: ({ unread }) => ({ unread }),
    isUp,
  });

  function add(notification: Notification): void {
    const { items, hasMore } = list.store.getSnapshot();
    if (items.some((one) => one.id === notification.id)) return;
    list.change((before) => {
      const place = items.findIndex((one) => one.place < notification.place);
      const counted = { ...before, unread: before.unread + (notification.readAt === undefined ? 1 : 0) };
      // Older than what is loaded: it comes with its page.
      if (place < 0 && hasMore) return counted;
      return { ...counted, items: items.toSpliced(place < 0 ? items.length : place, 0, notification) };
    });
  }

  function mark(which: (item: Notification) => boolean, readAt: string | undefined): void {
    list.change((before) => {
      let { unread } = before;
      const items = before.items.map((item) => {
        if (!which(item) || (item.readAt === undefined) === (readAt === undefined)) return item;
        unread += readAt === undefined ? 1 : -1;
        const { readAt: _, ...open } = item;
        return readAt === undefined ? open : { ...open, readAt };
      });
      return { ...before, items, unread: Math.max(0, unread) };
    });
  }

  /** Shown at once; the answer says the count, and a refusal shows what the server has. */
  async function marking(answer: Promise<{ unread: number }>): Promise<void> {
    try {
      const { unread } = await answer;
      list.change((before) => (before.unread === unread ? before : { ...before, unread }));
    } catch (error) {
      list.invalidate();
      throw error;
    }
  }
  const now = () => new Date(clock.now()).toISOString();

  const api: Inbox = {
    ...shared(list),
    async markRead(which, options) {
      const { items } = list.store.getSnapshot();
      if (which === 'all') {
        const upTo = items[0]?.place;
        if (upTo === undefined) return;
        mark(() => true, now());
        return marking(call('mark_notifications_read', { upTo }, options));
      }
      const ids = [...which];
      if (ids.length === 0) return;
      mark(({ id }) => ids.includes(id), now());
      await marking(call('mark_notifications_read', { ids }, options));
    },
    async markUnread(id, options) {
      mark((item) => item.id === id, undefined);
      await marking(call('mark_notification_unread', { notificationId: id }, options));
    },
  };

  return {
    api,
    list,
    told(name: string, payload: unknown) {
      if (list.store.getSnapshot().status === 'idle') return;
      if (name === 'notification') return add((payload as Events['notification']).notification);
      if (name === 'notifications_changed') {
        const { unread } = payload as Events['notifications_changed'];
        if (unread === list.store.getSnapshot().unread && !list.busy()) return;
        return list.invalidate();
      }
      const message = changedMessage(name, payload);
      if (
        message !== undefined &&
        (list.busy() || list.store.getSnapshot().items.some((one) => one.message?.id === message.id))
      )
        list.invalidate();
    },
  };
}

function createSaved({ call, isUp }: PersonalParts) {
  const list = createPagedList<SavedMessage, ListSnapshot<SavedMessage>, ReplyOf<'list_saved'>>({
    empty: NOTHING,
    fetch: (cursor, options) => call('list_saved', pageOf(cursor), options),
    isUp,
  });
  const without = (messageId: string) =>
    list.change((before) =>
      before.items.some(({ message }) => message.id === messageId)
        ? { ...before, items: before.items.filter(({ message }) => message.id !== messageId) }
        : before,
    );
  const api: Saved = {
    ...shared(list),
    async add(messageId, note, options) {
      const made = await call(
        'save_message',
        { messageId, ...(note === undefined ? {} : { note }) },
        options,
      );
      list.change((before) => {
        const place = before.items.findIndex(({ message }) => message.id === messageId);
        if (place >= 0) return { ...before, items: before.items.with(place, made) };
        return before.status === 'idle' ? before : { ...before, items: [made, ...before.items] };
      });
    },
    async remove(messageId, options) {
      await call('unsave_message', { messageId }, options);
      without(messageId);
    },
  };
  return {
    api,
    list,
    told(name: string, payload: unknown) {
      if (list.store.getSnapshot().status === 'idle') return;
      if (name === 'saved_changed') {
        const { messageId, saved, note } = payload as Events['saved_changed'];
        if (!saved) return without(messageId);
        const { items } = list.store.getSnapshot();
        if (items.some((one) => one.message.id === messageId && one.note === note)) return;
        return list.invalidate();
      }
      const message = changedMessage(name, payload);
      if (
        message !== undefined &&
        (list.busy() || list.store.getSnapshot().items.some((one) => one.message.id === message.id))
      )
        list.invalidate();
    },
  };
}

function createScheduled({ call, isUp }: PersonalParts) {
  const list = createPagedList<ScheduledItem, ListSnapshot<ScheduledItem>, ReplyOf<'list_scheduled'>>({
    empty: NOTHING,
    fetch: (cursor, options) => call('list_scheduled', { waiting: true, ...pageOf(cursor) }, options),
    isUp,
  });
  /** How one item stands now; what waits no more is not in the list. */
  const adopt = (item: ScheduledItem): ScheduledItem => {
    list.change((before) => {
      if (before.status === 'idle') return before;
      const place = before.items.findIndex(({ id }) => id === item.id);
      const others = before.items.filter(({ id }) => id !== item.id);
      if (item.status !== 'waiting') return { ...before, items: others };
      return { ...before, items: place < 0 ? [item, ...others] : before.items.with(place, item) };
    });
    return item;
  };
  const api: Scheduled = {
    ...shared(list),
    send: async (input, options) => adopt(await call('schedule_message', input, options)),
    remind: async (input, options) => adopt(await call('set_reminder', input, options)),
    change: async (scheduledId, change, options) =>
      adopt(await call('change_scheduled', { scheduledId, ...change }, options)),
    cancel: async (scheduledId, options) => adopt(await call('cancel_scheduled', { scheduledId }, options)),
  };
  return {
    api,
    list,
    told(name: string, payload: unknown) {
      if (name === 'scheduled_changed') adopt((payload as Events['scheduled_changed']).item);
    },
  };
}
