// Turns a room's state into the snapshot the application sees, changing only what must change.
// Must never make a new array or object for what stayed the same (I16 of SPEC.md).
import type { ChatMessage, Delivery, RoomSnapshot, Store, Stream } from './api.ts';
import type { ParleyError } from './error.ts';
import { errorOf, type OutboxEntry } from './outbox.ts';
import type { RoomState } from './room-signals.ts';
import { createKeyed, createStore, sameFields, sameList } from './store.ts';
import type { Streams } from './streams.ts';
import type { Me, Message } from './wire.ts';

export interface RoomFacts {
  status: RoomSnapshot['status'];
  state: RoomState;
  /** Of this room, by me, unconfirmed. */
  outbox: readonly OutboxEntry[];
  /** Confirmed, but the log has not come that far. */
  ahead: readonly Message[];
  author: Me | undefined;
  loadingBefore: boolean;
  error: ParleyError | undefined;
}

export interface RoomView {
  readonly store: Store<RoomSnapshot>;
  message(id: string): Store<ChatMessage | undefined>;
  stream(messageId: string): Store<Stream | undefined>;
  show(facts: RoomFacts): void;
}

const EMPTY: RoomSnapshot = {
  status: 'idle',
  members: [],
  messages: [],
  presence: {},
  typing: [],
  agents: {},
  streams: {},
  reads: {},
  replies: [],
  hasMoreBefore: false,
  loadingBefore: false,
  lastSeq: 0,
  deleted: false,
};

export function createRoomView(): RoomView {
  const store = createStore<RoomSnapshot>(EMPTY);
  const messagesOf = memo(
    (list: readonly Message[], ahead: readonly Message[], pending: readonly ChatMessage[]) =>
      ahead.length === 0 && pending.length === 0 ? list : [...list, ...ahead, ...pending],
  );
  const streamsOf = memo((streams: Streams) =>
    Object.fromEntries(Object.entries(streams).map(([id, { shown }]) => [id, shown])),
  );
  const pendingOf = createPending();
  const indexOf = memo(
    (messages: readonly ChatMessage[]) => new Map(messages.map((message) => [message.id, message])),
  );
  const messageStores = createKeyed<ChatMessage>((id) => indexOf(store.getSnapshot().messages).get(id));
  const streamStores = createKeyed<Stream>((id) => store.getSnapshot().streams[id]);

  return {
    store,
    message: messageStores.at,
    stream: streamStores.at,
    show({ status, state, outbox, ahead, author, loadingBefore, error }) {
      const before = store.getSnapshot();
      const typing = Object.keys(state.typing);
      const next: RoomSnapshot = {
        status,
        ...(state.room === undefined ? {} : { room: state.room }),
        ...(state.me === undefined ? {} : { me: state.me }),
        members: state.members,
        messages: messagesOf(state.list, keep(ahead), pendingOf(outbox, author, state.room?.id ?? '')),
        presence: state.presence,
        typing: sameList(before.typing, typing) ? before.typing : typing,
        agents: state.agents,
        streams: streamsOf(state.streams),
        reads: state.reads,
        replies: state.replies.shown,
        hasMoreBefore: state.base > 0,
        loadingBefore,
        lastSeq: state.applied,
        deleted: state.deleted,
        ...(error === undefined ? {} : { error }),
      };
      if (sameFields(before, next)) return;
      store.set(next);
      if (before.messages !== next.messages) messageStores.check();
      if (before.streams !== next.streams) streamStores.check();
    },
  };
}

const NONE: readonly never[] = [];
const keep = <T>(list: readonly T[]): readonly T[] => (list.length === 0 ? NONE : list);

/** Outbox entries as messages; the same object for the same entry. */
function createPending() {
  let last: readonly ChatMessage[] = NONE;
  let made = new WeakMap<OutboxEntry, ChatMessage>();
  let madeFor: Me | undefined;
  return (
    entries: readonly OutboxEntry[],
    author: Me | undefined,
    roomId: string,
  ): readonly ChatMessage[] => {
    if (author !== madeFor) made = new WeakMap();
    madeFor = author;
    const next = entries.map((entry) => {
      const message = made.get(entry) ?? toChatMessage(entry, author, roomId);
      made.set(entry, message);
      return message;
    });
    if (!sameList(last, next)) last = keep(next);
    return last;
  };
}

function toChatMessage(entry: OutboxEntry, author: Me | undefined, roomId: string): ChatMessage {
  return {
    id: entry.id,
    roomId,
    seq: 0,
    author: author ?? { id: entry.userId ?? '', kind: 'human', handle: '', name: '' },
    kind: 'text',
    body: entry.body,
    ...(entry.threadId === undefined ? {} : { threadId: entry.threadId }),
    mentions: [],
    attachments: [...(entry.files ?? [])],
    reactions: [],
    ...(entry.cards === undefined ? {} : { cards: [...entry.cards] }),
    version: 1,
    metadata: entry.metadata ?? {},
    createdAt: entry.createdAt,
    delivery: deliveryOf(entry),
  };
}

function deliveryOf(entry: OutboxEntry): Delivery {
  const { failed, asks, putOff } = entry;
  const error = errorOf(entry);
  return {
    status: failed !== undefined ? 'failed' : asks !== undefined ? 'needs_confirmation' : 'pending',
    ...(error === undefined ? {} : { error }),
    ...(asks?.people === undefined ? {} : { people: asks.people }),
    ...(putOff === undefined ? {} : { nextTryAt: new Date(putOff.until).toISOString() }),
  };
}

/** Remembers the last result for the same arguments. */
function memo<A extends readonly unknown[], R>(compute: (...args: A) => R): (...args: A) => R {
  let last: { args: A; result: R } | undefined;
  return (...args) => {
    if (last === undefined || !sameList(last.args, args)) last = { args, result: compute(...args) };
    return last.result;
  };
}
