// The pinned messages of a room: fetched while they are followed, kept by its log, fetched anew where the log is not enough.
import type { Pins, PinsSnapshot } from './api-thread.ts';
import { withChanges } from './message-changes.ts';
import { createPagedList } from './paged-list.ts';
import type { RoomContext, RoomPart } from './room-part.ts';
import { threadOf } from './satellites.ts';
import { createStore, sameFields } from './store.ts';
import { countedRoot } from './thread-data.ts';
import type { LogEvent, Message } from './wire.ts';

export function createPins(room: RoomContext): { api: Pins; part: RoomPart } {
  const store = createStore<PinsSnapshot>({ status: 'idle', messages: [] });
  /** Messages that entries were about since they were last asked for: an answer may not have it. */
  const touched = new Set<string>();
  const list = createPagedList<Message, Listed, { data: readonly Message[] }>({
    empty: { status: 'idle', items: [], hasMore: false, loadingMore: false },
    async fetch(_, options) {
      touched.clear();
      const page = await room.call('list_pins', { roomId: room.key }, options);
      if (page.data.some(({ id }) => touched.has(id))) list.invalidate();
      return page;
    },
    isUp: room.isLive,
  });
  list.store.subscribe(() => {
    const { status, items: messages, error } = list.store.getSnapshot();
    const next: PinsSnapshot = { status, messages, ...(error === undefined ? {} : { error }) };
    if (!sameFields(store.getSnapshot(), next)) store.set(next);
  });

  function apply(entry: LogEvent): void {
    const { items } = list.store.getSnapshot();
    const { messageId } = entry.payload as { messageId?: string };
    const known = items.some((message) => message.id === messageId);
    if (entry.type === 'message_pinned') {
      // The room's list has it already as it stands now, if it has it at all.
      const pinned = room.state().list.find((message) => message.id === messageId);
      return pinned === undefined || known ? list.invalidate() : put([pinned, ...items]);
    }
    const root = threadOf(entry);
    if (root !== undefined && items.some((message) => message.id === root)) {
      // Of a reply that goes, the entry does not say which is the last now.
      if (entry.type === 'message_deleted') list.invalidate();
      else put(items.map((message) => (message.id === root ? countedRoot(message, [entry]) : message)));
    }
    const gone = entry.type === 'message_unpinned' || entry.type === 'message_deleted';
    if (gone && known) return put(items.filter((message) => message.id !== messageId));
    const changed = bySeq(list.store.getSnapshot().items, entry, room.state().me?.user.id);
    if (changed !== list.store.getSnapshot().items) put(changed);
  }
  const put = (items: readonly Message[]) => list.change((before) => ({ ...before, items }));

  const part: RoomPart = {
    entries(entries) {
      if (list.store.getSnapshot().status === 'idle') return;
      for (const entry of entries) {
        const { messageId, message } = entry.payload as { messageId?: string; message?: Message };
        for (const id of [messageId, message?.id, threadOf(entry)])
          if (id !== undefined && list.busy()) touched.add(id);
        // The answer on its way may have the old name.
        if (entry.type === 'member_updated' && list.busy()) list.invalidate();
        apply(entry);
      }
    },
    live: list.opened,
    reset: list.invalidate,
    forget: list.forget,
    signal: () => {},
    show: () => {},
  };
  const api: Pins = {
    subscribe: store.subscribe,
    getSnapshot: store.getSnapshot,
    refresh: list.refresh,
    follow() {
      const leave = room.join();
      const off = list.follow();
      return () => {
        off();
        leave();
      };
    },
  };
  return { api, part };
}

interface Listed {
  readonly status: PinsSnapshot['status'];
  readonly items: readonly Message[];
  readonly hasMore: boolean;
  readonly loadingMore: boolean;
  readonly error?: NonNullable<PinsSnapshot['error']>;
}

/** Pins are not in the order of seq; what changes one of them changes it where it stands. */
function bySeq(items: readonly Message[], entry: LogEvent, myId: string | undefined): readonly Message[] {
  let changed = false;
  const next = items.map((message) => {
    const [after] = withChanges([message], [entry], myId) as [Message];
    changed ||= after !== message;
    return after;
  });
  return changed ? next : items;
}
