// One thread's handle: fetches what the room's list does not have, and shows the two as one. Keeps I22–I24 of SPEC.md.
// Must never order or keep the room's own messages: room-data.ts does.
import type { CallOptions, ChatMessage, Off, ThreadHandle, ThreadSnapshot } from './api.ts';
import type { Draft } from './api-personal.ts';
import { backoff, REFETCH } from './backoff.ts';
import { type ParleyError, toParleyError } from './error.ts';
import type { Timers } from './ports.ts';
import { createReadMarker } from './read-marker.ts';
import type { RoomContext, RoomPart } from './room-part.ts';
import { createKeyed, createStore, sameFields, sameList } from './store.ts';
import {
  addPage,
  adoptMe,
  applyToThread,
  emptyThread,
  readThread,
  type ThreadData,
  takeOver,
  viewThread,
} from './thread-data.ts';
import type { Events, LogEvent, Message } from './wire.ts';

const EMPTY: ThreadSnapshot = {
  status: 'idle',
  replies: [],
  unread: 0,
  mentions: 0,
  readSeq: 0,
  following: false,
  hasMoreBefore: true,
  loadingBefore: false,
};

export function createThread(
  rootId: string,
  room: RoomContext,
  parts: { timers: Timers; random: () => number; draft: Draft; send: ThreadHandle['send'] },
): { handle: ThreadHandle; part: RoomPart } {
  const store = createStore<ThreadSnapshot>(EMPTY);
  const rows = createKeyed<ChatMessage>(find);
  let data: ThreadData = emptyThread;
  let references = 0;
  let status: ThreadSnapshot['status'] = 'idle';
  let error: ParleyError | undefined;
  let loadingBefore = false;
  /** Answers to questions of an older turn are nobody's any more. */
  let turn = 0;
  let failures = 0;
  let askAgain = false;
  let cancelRetry = () => {};
  let loading: Promise<void> | undefined;
  let marker = newMarker();

  const myId = () => room.state().me?.user.id;

  function newMarker() {
    return createReadMarker(async (seq, options) => {
      const me = await room.call('mark_thread_read', { messageId: rootId, seq }, options);
      update(adoptMe(data, me, countedNow()));
      return me.readSeq;
    });
  }
  /** What the server counted when it answered: everything that came here before, at least. */
  const countedNow = () => Math.max(room.state().applied, data.countedTo);

  function update(next: ThreadData): void {
    if (next === data) return;
    data = next;
    show();
  }

  function show(): void {
    const { list, base } = room.state();
    const view = viewThread(
      data,
      { list, base, rest: room.snapshot().messages.slice(list.length) },
      rootId,
      myId(),
    );
    const before = store.getSnapshot();
    const { root, ...rest } = view;
    const next: ThreadSnapshot = {
      ...rest,
      status,
      ...(root === undefined ? {} : { root }),
      replies: sameList(before.replies, view.replies) ? before.replies : view.replies,
      readSeq: data.me?.readSeq ?? 0,
      following: data.me?.following ?? false,
      loadingBefore,
      ...(error === undefined ? {} : { error }),
    };
    if (sameFields(before, next)) return;
    store.set(next);
    rows.check();
  }

  function find(id: string): ChatMessage | undefined {
    const { root, replies } = store.getSnapshot();
    return root?.id === id ? root : replies.find((reply) => reply.id === id);
  }

  /** The newest replies and how the thread stands for me; or the latter alone, when the replies are known. */
  async function load(): Promise<void> {
    const mine = ++turn;
    askAgain = false;
    cancelRetry();
    if (status !== 'ready') status = 'loading';
    const whole = data.root === undefined;
    if (whole) data = { ...data, late: [] };
    show();
    try {
      const page = await room.call('get_thread', { messageId: rootId, ...(whole ? {} : { limit: 1 }) });
      if (mine !== turn) return;
      failures = 0;
      status = 'ready';
      error = undefined;
      if (whole) data = addPage(data, page, room.state().base, myId());
      if (page.me !== undefined) {
        const newest = Math.max(page.root.thread?.lastReplySeq ?? 0, page.data.at(-1)?.seq ?? 0);
        const shown = data.me?.readSeq ?? 0;
        data = adoptMe(data, page.me, newest);
        // The mark was shown but never arrived.
        if (shown > page.me.readSeq) marker.mark(shown).catch(() => {});
      }
    } catch (thrown) {
      if (mine !== turn) return;
      const why = toParleyError(thrown);
      data = { ...data, late: undefined };
      if (why.code !== 'disconnected') failed(why);
    }
    show();
  }

  function failed(why: ParleyError): void {
    error = why;
    if (status !== 'ready') status = 'error';
    if (!why.retryable) return;
    failures += 1;
    cancelRetry = parts.timers.after(backoff(REFETCH, failures, parts.random, why.retryAfterMs), () => {
      if (references > 0 && room.isLive()) void load();
    });
  }

  async function loadBefore(limit: number, options?: CallOptions): Promise<void> {
    const mine = turn;
    if (data.root === undefined || store.getSnapshot().hasMoreBefore === false) return;
    const { base } = room.state();
    const before = data.older.find((reply) => reply.seq <= base)?.seq ?? base + 1;
    loadingBefore = true;
    update({ ...data, late: [] });
    try {
      const page = await room.call('get_thread', { messageId: rootId, before, limit }, options);
      if (mine === turn) data = addPage(data, page, room.state().base, myId());
    } finally {
      data = { ...data, late: undefined };
      loadingBefore = false;
      show();
    }
  }

  /** Taking part makes one follow a thread, unless one chose otherwise: the server knows. */
  function takesPart(entries: readonly LogEvent[]): boolean {
    const id = myId();
    return entries.some(({ type, payload }) => {
      if (type !== 'new_message' && type !== 'agent_message') return false;
      const { threadId, author, mentions } = payload as unknown as Message;
      return threadId === rootId && (author.id === id || mentions.some((one) => one.userId === id));
    });
  }

  const handle: ThreadHandle = {
    rootId,
    draft: parts.draft,
    subscribe: store.subscribe,
    getSnapshot: store.getSnapshot,
    message: rows.at,
    send: parts.send,
    join(): Off {
      references += 1;
      const leave = room.join();
      if (room.isLive()) void load();
      else show();
      let released = false;
      return () => {
        if (released) return;
        released = true;
        references -= 1;
        if (references === 0) cancelRetry();
        leave();
      };
    },
    loadBefore(limit = 50, options) {
      loading ??= loadBefore(limit, options).finally(() => {
        loading = undefined;
      });
      return loading;
    },
    markRead(seq, options) {
      const newest = store.getSnapshot().replies.findLast((reply) => reply.seq > 0)?.seq ?? 0;
      const to = seq ?? newest;
      if (data.me !== undefined && to <= data.me.readSeq) return Promise.resolve();
      update(readThread(data, to));
      return marker.mark(to, options);
    },
    async follow(following = true, options) {
      const me = await room.call('follow_thread', { messageId: rootId, following }, options);
      update(adoptMe(data, me, countedNow()));
    },
  };

  const part: RoomPart = {
    entries(entries) {
      // Shown with the room, which shows what these entries changed of it a moment later.
      data = applyToThread(data, entries, rootId, myId());
      askAgain ||= data.me?.following === false && takesPart(entries);
    },
    signal(name, payload) {
      if (name !== 'thread_changed') return;
      const me = payload as Events['thread_changed'];
      if (me.messageId === rootId && data.me !== undefined) update(adoptMe(data, me, countedNow()));
    },
    reset() {
      turn += 1;
      data = { ...emptyThread, me: data.me, countedTo: data.countedTo };
      if (status === 'ready') status = 'loading';
    },
    live() {
      if (references > 0) void load();
    },
    isPaging: () => data.late !== undefined,
    cut(gone) {
      data = takeOver(data, gone, rootId);
    },
    forget() {
      turn += 1;
      marker = newMarker();
      data = emptyThread;
      status = 'idle';
      error = undefined;
    },
    show() {
      if (references === 0) return;
      if (askAgain && room.isLive()) void load();
      else show();
    },
  };
  return { handle, part };
}
