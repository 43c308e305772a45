// A window on the past of a room, and the room's own list after it: shown as one while they touch. Keeps I32 and I33 of SPEC.md.
// Must never show messages with a hole between them, or hold more than a bounded number of old ones.
import type { CallOptions, ChatMessage, History, HistorySnapshot } from './api.ts';
import { toParleyError } from './error.ts';
import { withChanges } from './message-changes.ts';
import type { RoomContext, RoomPart } from './room-part.ts';
import { threadOf } from './satellites.ts';
import { createStore, sameFields, sameList } from './store.ts';
import { countedRoot } from './thread-data.ts';
import type { LogEvent, Message } from './wire.ts';

/** Most messages of the past that are held. */
export const MOST_HELD = 1000;
const AROUND = 80;

interface Past {
  /** By seq. */
  readonly list: readonly Message[];
  /** Everything after this seq, up to the last of the list, is in it; 0 is the beginning. */
  readonly from: number;
  /** The room's own list goes on where this one ends. */
  readonly attached: boolean;
}

export function createHistory(room: RoomContext): { api: History; part: RoomPart } {
  let past: Past | undefined;
  let loading: HistorySnapshot['loading'];
  let error: HistorySnapshot['error'];
  /** Answers to what was asked before a jump are nobody's any more. */
  let turn = 0;
  /** Entries kept while a page is on its way. */
  let late: LogEvent[] | undefined;
  let running: Promise<void> | undefined;
  /** First messages of threads whose count of replies is asked for, and the number of the newest question. */
  const unsure = new Map<string, number>();
  let joined: { of: readonly (readonly unknown[])[]; messages: readonly ChatMessage[] } | undefined;
  const store = createStore<HistorySnapshot>({ messages: [], hasMoreBefore: false, hasMoreAfter: false });
  const myId = () => room.state().me?.user.id;

  /** Without a past, the room's own list is all there is. */
  const now = (): Past => past ?? { list: [], from: room.state().base, attached: true };

  function shown({ list, attached }: Past): readonly ChatMessage[] {
    if (!attached) return list;
    const { messages } = room.snapshot();
    const { base } = room.state();
    const before = list.at(-1) !== undefined && (list.at(-1) as Message).seq > base ? upTo(list, base) : list;
    if (before.length === 0) return messages;
    // The same array while its parts are.
    if (joined === undefined || !sameList(joined.of, [list, messages]))
      joined = { of: [list, messages], messages: [...before, ...messages] };
    return joined.messages;
  }

  function show(): void {
    const here = now();
    const next: HistorySnapshot = {
      messages: shown(here),
      hasMoreBefore: here.from > 0,
      hasMoreAfter: !here.attached,
      ...(loading === undefined ? {} : { loading }),
      ...(error === undefined ? {} : { error }),
    };
    if (!sameFields(store.getSnapshot(), next)) store.set(next);
  }

  const touches = (last: number): boolean => last >= room.state().base;

  type Ask = { before: number } | { after: number } | { around: number };

  async function load(what: 'before' | 'after' | 'around', ask: Ask, limit: number, options?: CallOptions) {
    const mine = ++turn;
    loading = what;
    error = undefined;
    late = [];
    show();
    try {
      const page = await room.call('list_messages', { roomId: room.key, ...ask, limit }, options);
      if (mine !== turn) return;
      const fresh = counted(withChanges(page.data, late, myId()), late);
      if (what === 'before') past = older(now(), fresh, page.hasMoreBefore);
      else if (what === 'after') past = newer(now(), fresh, page.hasMoreAfter);
      else past = placed(fresh, page.hasMoreBefore, page.hasMoreAfter);
      recount(late);
    } catch (thrown) {
      if (mine !== turn) return;
      error = toParleyError(thrown);
    } finally {
      if (mine === turn) {
        loading = undefined;
        late = undefined;
        show();
      }
    }
  }

  function older(here: Past, page: readonly Message[], more: boolean): Past {
    const first = page[0];
    const from = !more ? 0 : first === undefined ? here.from : first.seq - 1;
    const list = [...page.filter((message) => message.seq <= here.from), ...here.list];
    if (list.length <= MOST_HELD) return { ...here, list, from };
    return { list: list.slice(0, MOST_HELD), from, attached: false };
  }

  function newer(here: Past, page: readonly Message[], more: boolean): Past {
    const last = here.list.at(-1)?.seq ?? 0;
    const all = [...here.list, ...page.filter((message) => message.seq > last)];
    const attached = !more || touches(all.at(-1)?.seq ?? 0);
    const whole = attached ? upTo(all, room.state().base) : all;
    const list = whole.slice(-MOST_HELD);
    const first = list[0];
    const cut = list.length < whole.length && first !== undefined;
    return { list, from: cut ? first.seq - 1 : here.from, attached };
  }

  function placed(page: readonly Message[], moreBefore: boolean, moreAfter: boolean): Past {
    const from = moreBefore ? (page[0]?.seq ?? 1) - 1 : 0;
    const attached = !moreAfter || touches(page.at(-1)?.seq ?? 0);
    return { list: attached ? upTo(page, room.state().base) : page, from, attached };
  }

  /** The room's own list knows its counts of replies; of these the entries tell. */
  function counted(list: readonly Message[], entries: readonly LogEvent[]): readonly Message[] {
    const roots = new Set(entries.flatMap((entry) => threadOf(entry) ?? []));
    if (roots.size === 0) return list;
    return list.map((message) => (roots.has(message.id) ? countedRoot(message, entries) : message));
  }

  /**
   * Of a reply that goes, the entry says neither whether a page had counted it nor which reply is the last now: the server does. What
   * comes to the thread meanwhile is followed by another question.
   */
  function recount(entries: readonly LogEvent[]): void {
    for (const entry of entries) {
      const root = threadOf(entry);
      if (root === undefined || !(entry.type === 'message_deleted' || unsure.has(root))) continue;
      if (past?.list.some(({ id }) => id === root)) void askFor(root);
    }
  }
  async function askFor(root: string): Promise<void> {
    const mine = (unsure.get(root) ?? 0) + 1;
    unsure.set(root, mine);
    try {
      const { thread } = await room.call('get_message', { messageId: root });
      if (unsure.get(root) !== mine) return;
      unsure.delete(root);
      if (past === undefined) return;
      const list = past.list.map((message) => {
        const { thread: _, ...rest } = message;
        return message.id === root ? { ...rest, ...(thread === undefined ? {} : { thread }) } : message;
      });
      past = { ...past, list };
      show();
    } catch {
      // The next connection asks again.
    }
  }

  /** One page at a time; asking again meanwhile waits for the same one. */
  function once(ask: () => Promise<void>): Promise<void> {
    running ??= ask().finally(() => {
      running = undefined;
    });
    return running;
  }

  function forget(): void {
    turn += 1;
    past = undefined;
    loading = undefined;
    error = undefined;
    late = undefined;
    unsure.clear();
  }

  const api: History = {
    subscribe: store.subscribe,
    getSnapshot: store.getSnapshot,
    loadBefore(limit = 100, options) {
      const { from } = now();
      if (from === 0) return Promise.resolve();
      return once(() => load('before', { before: now().from + 1 }, limit, options));
    },
    loadAfter(limit = 100, options) {
      const { attached, list } = now();
      if (attached) return Promise.resolve();
      return once(() => load('after', { after: list.at(-1)?.seq ?? 0 }, limit, options));
    },
    async goTo(seq, options) {
      const { list, from, attached } = now();
      if (seq > from && (attached || seq <= (list.at(-1)?.seq ?? 0))) return;
      await load('around', { around: seq }, AROUND, options);
      if (error !== undefined) throw error;
    },
    toNewest() {
      forget();
      show();
    },
    async seqAt(time, options) {
      const wanted = time.getTime();
      let low = 0;
      let high = room.state().applied;
      // Halved with every question: seventeen for a hundred thousand messages.
      while (low < high) {
        const middle = Math.floor((low + high) / 2);
        const page = await room.call('list_messages', { roomId: room.key, after: middle, limit: 1 }, options);
        const found = page.data[0];
        if (found === undefined || Date.parse(found.createdAt) >= wanted) high = middle;
        else low = found.seq;
      }
      const page = await room.call('list_messages', { roomId: room.key, after: low, limit: 1 }, options);
      return page.data[0]?.seq ?? room.state().applied;
    },
  };

  const part: RoomPart = {
    entries(entries) {
      late?.push(...entries);
      if (past === undefined) return;
      const list = counted(withChanges(past.list, entries, myId()), entries);
      if (list !== past.list) past = { ...past, list };
      recount(entries);
    },
    reset: forget,
    forget,
    isPaging: () => late !== undefined,
    cut(gone) {
      if (past === undefined || !past.attached) return;
      const all = [...upTo(past.list, (gone[0]?.seq ?? 1) - 1), ...gone];
      const list = all.slice(-MOST_HELD);
      const first = list[0];
      past = {
        ...past,
        list,
        from: list.length < all.length && first !== undefined ? first.seq - 1 : past.from,
      };
    },
    signal: () => {},
    live() {
      for (const root of unsure.keys()) void askFor(root);
    },
    show,
  };
  return { api, part };
}

const upTo = (list: readonly Message[], seq: number): readonly Message[] =>
  list.filter((message) => message.seq <= seq);
