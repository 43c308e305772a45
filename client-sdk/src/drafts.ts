// All drafts of a client: where each is kept, and which one the server speaks of.
// Must never show one person's words to another who signs in at the same device.
import type { Draft } from './api-personal.ts';
import { createDraft, type DraftRecord, type KeptDraft } from './draft.ts';
import type { Clock, StorageLike, Timers } from './ports.ts';
import type { TypedCall } from './room-messages.ts';
import { quietly } from './storage.ts';
import type { Events, LogEvent, Message } from './wire.ts';

export interface Drafts {
  at(roomKey: string, threadId?: string): Draft;
  told(name: string, payload: unknown): void;
  /** Connected as this user. */
  opened(userId: string): void;
  /** I sent a message to this place. */
  sent(roomKey: string, threadId: string | undefined): void;
  /** The server has a message that was sent from here. */
  confirmed(roomKey: string, message: Message): void;
  /** Entries of a room, for messages of mine. */
  entries(roomKey: string, entries: readonly LogEvent[], isFromHere: (id: string) => boolean): void;
  close(): void;
}

export interface DraftsParts {
  storage: StorageLike | null;
  namespace: string;
  call: TypedCall;
  clock: Clock;
  timers: Timers;
  random: () => number;
  same(a: string, b: string): boolean;
  isUp(): boolean;
  /** A message of mine to this room waits to be sent, or for its answer. */
  isSending(roomKey: string): boolean;
}

interface Place {
  roomKey: string;
  threadId: string | undefined;
  kept: KeptDraft;
}

export function createDrafts(parts: DraftsParts): Drafts {
  const { storage, call } = parts;
  const places = new Map<string, Place>();
  /** Whose they are; nobody's before the first connection, then of who connects. */
  let owner: string | undefined;

  const keyOf = (place: string, userId = owner ?? '') => `parley:draft:${parts.namespace}:${userId}:${place}`;

  function read(key: string): DraftRecord | undefined {
    let record: DraftRecord | undefined;
    quietly(() => {
      const found = JSON.parse(storage?.getItem(key) ?? 'null') as DraftRecord | null;
      if (typeof found?.body === 'string' && typeof found.at === 'number') record = found;
    });
    return record;
  }
  function write(key: string, record: DraftRecord | undefined): void {
    quietly(() => {
      if (record === undefined) storage?.removeItem(key);
      else storage?.setItem(key, JSON.stringify(record));
    });
  }

  /** What is kept for the present user, and what was written here before anyone was known. */
  function take(name: string): DraftRecord | undefined {
    const mine = read(keyOf(name));
    const nobodys = owner === undefined ? undefined : read(keyOf(name, ''));
    if (nobodys === undefined) return mine;
    write(keyOf(name, ''), undefined);
    return mine !== undefined && mine.at > nobodys.at ? mine : nobodys;
  }

  function find(roomKey: string, threadId?: string): Place {
    const name = threadId === undefined ? roomKey : `${roomKey}/${threadId}`;
    const known = places.get(name);
    if (known !== undefined) return known;
    const kept = createDraft({
      clock: parts.clock,
      timers: parts.timers,
      random: parts.random,
      isUp: parts.isUp,
      isSending: () => threadId === undefined && parts.isSending(roomKey),
      server:
        threadId === undefined
          ? {
              get: () => call('get_draft', { roomId: roomKey }),
              set: (draft) => call('set_draft', { roomId: roomKey, ...draft }),
            }
          : undefined,
      keep: (record) => write(keyOf(name), record),
    });
    const place = { roomKey, threadId, kept };
    places.set(name, place);
    kept.load(take(name));
    if (parts.isUp()) kept.opened();
    return place;
  }
  const ofRoom = (roomKey: string) => [...places.values()].filter((one) => parts.same(one.roomKey, roomKey));

  function ended(roomKey: string, at: number, fromHere: boolean): void {
    for (const { threadId, kept } of ofRoom(roomKey))
      if (threadId === undefined) kept.confirmed(at, fromHere);
  }

  return {
    at: (roomKey, threadId) => find(roomKey, threadId).kept.draft,
    told(name, payload) {
      if (name !== 'draft_changed') return;
      const { roomId, ...draft } = payload as Events['draft_changed'];
      for (const { threadId, kept } of ofRoom(roomId)) if (threadId === undefined) kept.told(draft);
    },
    opened(userId) {
      if (owner !== userId) {
        const first = owner === undefined;
        owner = userId;
        for (const [name, { kept }] of places) {
          const here = first ? kept.record() : undefined;
          const stored = take(name);
          kept.load(here === undefined || (stored?.at ?? 0) > here.at ? stored : here);
          write(keyOf(name), kept.record());
        }
      }
      for (const { kept } of places.values()) kept.opened();
    },
    sent(roomKey, threadId) {
      for (const one of ofRoom(roomKey)) if (one.threadId === threadId) one.kept.sent();
    },
    confirmed(roomKey, { threadId, createdAt }) {
      if (threadId === undefined) ended(roomKey, Date.parse(createdAt), true);
    },
    entries(roomKey, entries, isFromHere) {
      const newest = entries.findLast(({ type, payload }) => {
        const { author, threadId } = payload as unknown as Message;
        return type === 'new_message' && author.id === owner && threadId === undefined;
      });
      if (newest === undefined) return;
      const { id, createdAt } = newest.payload as unknown as Message;
      ended(roomKey, Date.parse(createdAt), isFromHere(id));
    },
    close() {
      for (const { kept } of places.values()) kept.close();
    },
  };
}
