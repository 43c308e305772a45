// One room's handle: counts who wants it, keeps its state, and is what the application holds.
// Must never order entries (room-sync.ts) or shape snapshots (room-view.ts).
import type { RoomHandle } from './api.ts';
import type { Calls } from './calls.ts';
import type { Drafts } from './drafts.ts';
import { ParleyError } from './error.ts';
import { createMyTyping } from './my-typing.ts';
import type { Outbox, OutboxEntry } from './outbox.ts';
import type { Clock, Timers } from './ports.ts';
import { createReadMarker } from './read-marker.ts';
import { agentCommands } from './room-agents.ts';
import {
  applyEntries,
  applyJoin,
  applyRead,
  applyUnread,
  cutList,
  easesSlowMode,
  emptyRoom,
  resetList,
  surplusOf,
} from './room-data.ts';
import { createRoomMessages, type TypedCall } from './room-messages.ts';
import { createRoomParts } from './room-parts.ts';
import {
  applySignal,
  expire,
  forgetActivity,
  nextExpiry,
  noSignals,
  type RoomState,
  setPresence,
} from './room-signals.ts';
import { createRoomSync } from './room-sync.ts';
import { createRoomView } from './room-view.ts';
import type { Sender } from './sender.ts';
import { whenLive } from './when-live.ts';
import type { JoinReply, LogEvent, Me, Message, PresenceState } from './wire.ts';

/** Time between the last `leave()` and telling the server, so that a remount costs nothing. */
export const LINGER_MS = 1000;

export interface RoomParts {
  key: string;
  calls: Calls;
  call: TypedCall;
  outbox: Outbox;
  sender: Sender;
  drafts: Drafts;
  clock: Clock;
  timers: Timers;
  random: () => number;
  /** Who I am, once known; connected if `online`. */
  me(): Me | undefined;
  isUp(): boolean;
  /** Unconfirmed messages of mine in this room, by all its names. */
  myEntries(): readonly OutboxEntry[];
  /** Another handle listens to the same room: the server must not be told to stop. */
  isSharedWithOthers(roomId: string): boolean;
  /** After every change, e.g. for the list of rooms. */
  onChange(room: Room): void;
}

/** What the client needs of a room beyond what the application sees. */
export interface Room {
  readonly handle: RoomHandle;
  readonly roomId: string | undefined;
  readonly slug: string | undefined;
  readonly wanted: boolean;
  /** Live, refused, or not wanted: nothing to wait for before being online. */
  readonly settled: boolean;
  opened(): void;
  lost(): void;
  /** Somebody else is signed in now: nothing of this is theirs. */
  forget(): void;
  entry(entry: LogEvent): void;
  signal(name: string, payload: unknown): void;
  /** I was let in: a refusal is not true any more. */
  admitted(): void;
  /** The server confirmed a message of mine. */
  confirmed(message: Message): void;
  /** Something of the outbox, or who I am, changed. */
  refresh(): void;
  close(): void;
}

export function createRoom(parts: RoomParts): Room {
  const { key, calls, timers, clock } = parts;
  const view = createRoomView();
  let state: RoomState = { ...emptyRoom, ...noSignals };
  let references = 0;
  let error: ParleyError | undefined;
  let loadingBefore = false;
  let epoch = 0;
  let ahead: readonly Message[] = [];
  let cancelLinger: (() => void) | undefined;
  let leaving: Promise<unknown> | undefined;
  let cancelExpiry = () => {};

  const sync = createRoomSync({
    roomKey: key,
    calls,
    timers,
    random: parts.random,
    onJoin(reply: JoinReply) {
      const readSeq = state.me?.readSeq ?? 0;
      state = { ...forgetActivity(state), ...applyJoin(state, reply) };
      state = setPresence(state, reply.presence as PresenceState);
      if (readSeq <= reply.me.readSeq) return;
      // The mark was shown but never arrived.
      state = { ...state, ...applyRead(state, readSeq) };
      marker.mark(readSeq).catch(() => {});
    },
    onReset(base) {
      epoch += 1;
      state = { ...state, ...resetList(state, base) };
      beside.reset();
    },
    onEntries(entries) {
      state = { ...state, ...applyEntries(state, entries) };
      for (const { type, payload } of entries)
        if (type === 'new_message') parts.sender.seen(payload as unknown as Message);
      if (easesSlowMode(state, entries)) parts.sender.eased(key);
      beside.entries(entries);
      const surplus = surplusOf(state);
      if (surplus > 0 && !beside.isPaging()) {
        const gone = state.list.slice(0, surplus);
        state = { ...state, ...cutList(state, surplus) };
        beside.cut(gone);
      }
      if (state.deleted) refused(new ParleyError('not_found', 'room_deleted', 'The room was deleted'));
      else if (state.evicted)
        refused(new ParleyError('forbidden', 'not_a_member', 'You are no longer a member of this room'));
    },
    onRefused: refused,
    onStep: show,
  });

  function refused(why: ParleyError): void {
    error = why;
    typing.stop();
    sync.stop();
  }

  function show(): void {
    // Covered by the log: in the list, or older than what is loaded.
    if (ahead.some((message) => message.seq <= sync.seq()))
      ahead = ahead.filter((message) => message.seq > sync.seq());
    const shown = new Set(ahead.map((message) => message.id));
    view.show({
      status: status(),
      state,
      outbox: parts.myEntries().filter((entry) => !shown.has(entry.id) && !isListed(entry.id)),
      ahead,
      author: parts.me(),
      loadingBefore,
      error,
    });
    planExpiry();
    beside.show();
    parts.onChange(room);
  }

  /** My newest messages are at the end; one look back over the tail is enough. */
  const isListed = (id: string) => state.list.slice(-100).some((message) => message.id === id);

  function status(): ReturnType<RoomHandle['getSnapshot']>['status'] {
    if (error !== undefined) return 'error';
    if (references === 0 && sync.phase() === 'idle') return 'idle';
    const phase = sync.phase();
    return phase === 'idle' ? 'joining' : phase;
  }

  function update(change: (state: RoomState) => RoomState): void {
    const next = change(state);
    if (next === state) return;
    state = next;
    show();
  }

  function planExpiry(): void {
    cancelExpiry();
    const at = nextExpiry(state);
    if (at === undefined) return;
    cancelExpiry = timers.after(Math.max(0, at - clock.now()), () =>
      update((current) => expire(current, clock.now())),
    );
  }

  function start(): void {
    if (references === 0 || !parts.isUp() || leaving !== undefined) return;
    sync.start();
  }

  function leave(): void {
    if (references === 0) return;
    references -= 1;
    if (references > 0) return;
    cancelLinger = timers.after(LINGER_MS, () => {
      cancelLinger = undefined;
      stopListening();
    });
    typing.set(false);
    show();
  }

  function stopListening(): void {
    const wasJoined = sync.phase() !== 'idle';
    error = undefined;
    sync.stop();
    update(forgetActivity);
    if (!wasJoined || !parts.isUp() || parts.isSharedWithOthers(state.room?.id ?? key)) return;
    leaving = calls
      .call('leave_room', { roomId: state.room?.id ?? key }, { now: true })
      .catch(() => {})
      .finally(() => {
        leaving = undefined;
        start();
      });
  }

  const typing = createMyTyping(timers, (on) => {
    if (parts.isUp()) calls.call('typing', { roomId: key, on }, { now: true }).catch(() => {});
  });

  const newMarker = () =>
    createReadMarker(async (seq, options) => {
      const me = await parts.call('mark_read', { roomId: key, seq }, options);
      update((current) => ({ ...current, ...applyRead(current, me.readSeq, me) }));
      return me.readSeq;
    });
  let marker = newMarker();

  const messages = createRoomMessages({
    roomKey: key,
    call: parts.call,
    outbox: parts.outbox,
    sender: parts.sender,
    clock,
    timers,
    random: parts.random,
    state: () => state,
    update,
    setLoading(on) {
      loadingBefore = on;
      show();
    },
    epoch: () => epoch,
    me: parts.me,
    onSend(threadId) {
      typing.set(false);
      parts.drafts.sent(key, threadId);
    },
  });

  const beside = createRoomParts({
    key,
    call: parts.call,
    drafts: parts.drafts,
    clock,
    timers,
    random: parts.random,
    state: () => state,
    snapshot: view.store.getSnapshot,
    subscribe: view.store.subscribe,
    changeReplies: (how) =>
      update((current) => {
        const replies = how(current.replies);
        return replies === current.replies ? current : { ...current, replies };
      }),
    join: () => handle.join(),
    isLive: () => sync.phase() === 'live' && error === undefined,
    send: messages.send,
    isFromHere: (id) => parts.sender.handle(id) !== undefined,
  });

  const handle: RoomHandle = {
    key,
    messages,
    pins: beside.pins,
    rights: beside.rights,
    commands: beside.commands,
    history: beside.history,
    draft: parts.drafts.at(key),
    thread: beside.thread,
    getSnapshot: view.store.getSnapshot,
    subscribe: view.store.subscribe,
    message: view.message,
    stream: view.stream,
    join() {
      references += 1;
      cancelLinger?.();
      cancelLinger = undefined;
      if (references === 1 && error !== undefined) error = undefined;
      start();
      show();
      let released = false;
      return () => {
        if (!released) leave();
        released = true;
      };
    },
    leave,
    whenLive: ({ signal } = {}) => whenLive(handle, signal),
    markRead(seq = state.applied, options) {
      const { me } = state;
      // Nothing is shown yet, or all of it is read.
      if (seq === 0 || (me !== undefined && me.unreadFrom === undefined && seq <= me.readSeq))
        return Promise.resolve();
      // The server knows this mark; it has to hear it again.
      if (me?.unreadFrom !== undefined) marker = newMarker();
      update((current) => ({ ...current, ...applyRead(current, seq) }));
      return marker.mark(seq, options);
    },
    async markUnread(messageId, options) {
      const me = await parts.call('mark_unread', { roomId: key, messageId }, options);
      update((current) => ({ ...current, ...applyUnread(current, me) }));
    },
    setTyping: (on) => typing.set(on),
    ...agentCommands(key, parts.call),
  };

  const room: Room = {
    handle,
    get roomId() {
      return state.room?.id;
    },
    get slug() {
      return state.room?.slug;
    },
    get wanted() {
      return references > 0 || cancelLinger !== undefined;
    },
    get settled() {
      return references === 0 || error !== undefined || sync.phase() === 'live' || sync.troubled();
    },
    opened() {
      if (references === 0) return;
      error = undefined;
      start();
      show();
    },
    admitted() {
      if (error !== undefined) room.opened();
    },
    lost() {
      typing.stop();
      sync.stop();
      update(forgetActivity);
    },
    forget() {
      epoch += 1;
      marker = newMarker();
      state = { ...emptyRoom, ...noSignals };
      ahead = [];
      beside.forget();
      sync.stop(true);
    },
    entry: sync.entry,
    signal(name, payload) {
      if (sync.phase() !== 'idle') update((current) => applySignal(current, name, payload, clock.now()));
      beside.signal(name, payload);
    },
    confirmed(message) {
      ahead = [...ahead.filter((one) => one.id !== message.id), message].sort((a, b) => a.seq - b.seq);
      sync.entry({
        seq: message.seq,
        type: message.author.kind === 'agent' ? 'agent_message' : 'new_message',
        payload: message,
      });
    },
    refresh: show,
    close() {
      cancelLinger?.();
      cancelExpiry();
      typing.stop();
      sync.stop();
      cancelExpiry();
    },
  };
  show();
  return room;
}
