// My messages that the server has not confirmed: kept in storage, in order of sending. Keeps I12 and I13 of SPEC.md.
// Must never send anything: sender.ts does.
import { ParleyError } from './error.ts';
import type { StorageLike } from './ports.ts';
import { quietly } from './storage.ts';
import type { Card, Message } from './wire.ts';

type Attachment = Message['attachments'][number];

export interface OutboxEntry {
  readonly id: string;
  /** Id or slug, as the application named the room. */
  readonly roomKey: string;
  readonly body: string;
  readonly threadId?: string;
  readonly metadata?: Record<string, unknown>;
  /** Ids of uploads; what is known of them, for showing, in `files`. */
  readonly attachments?: readonly string[];
  readonly files?: readonly Attachment[];
  readonly cards?: readonly Card[];
  /** Meant for however many people it mentions. */
  readonly confirm?: boolean;
  /** Who sent it; unknown until the first connection. Never sent under another name. */
  readonly userId?: string;
  /** ISO time. */
  readonly createdAt: string;
  /** Place in the order of sending. */
  readonly order: number;
  readonly failed?: Refusal;
  /** The server asks whether it is meant for so many people. */
  readonly asks?: Refusal & { people: number | undefined };
  /** The server put it off until then (ms since 1970); forgotten by a reload. */
  readonly putOff?: (Refusal & { until: number }) | undefined;
}

interface Refusal {
  code: ParleyError['code'];
  reason: string;
  message: string;
}

export interface Outbox {
  /** In the order of sending. */
  all(): readonly OutboxEntry[];
  find(id: string): OutboxEntry | undefined;
  add(entry: Omit<OutboxEntry, 'order'>): OutboxEntry;
  /** Replaces fields. Does nothing if it is gone. */
  change(id: string, change: Partial<OutboxEntry>): void;
  /** Back to pending, at the end of the queue. */
  revive(id: string, change?: Partial<OutboxEntry>): void;
  remove(id: string): void;
}

const VERSION = 1;

/** @param onChange hears of every change, with the key of the room it is about */
export function createOutbox(
  storage: StorageLike | null,
  namespace: string,
  onChange: (roomKey: string) => void,
): Outbox {
  const prefix = `parley:outbox:${namespace}:`;
  let entries: readonly OutboxEntry[] = load(storage, prefix);
  let last = entries.at(-1)?.order ?? 0;

  function set(entry: OutboxEntry): void {
    const others = entries.filter((one) => one.id !== entry.id);
    const place = others.findIndex((one) => one.order > entry.order);
    entries = place < 0 ? [...others, entry] : others.toSpliced(place, 0, entry);
    const { putOff: _, ...kept } = entry;
    quietly(() => storage?.setItem(prefix + entry.id, JSON.stringify({ v: VERSION, ...kept })));
    onChange(entry.roomKey);
  }
  const find = (id: string) => entries.find((entry) => entry.id === id);

  return {
    all: () => entries,
    find,
    add(entry) {
      const added = { ...entry, order: ++last };
      set(added);
      return added;
    },
    change(id, change) {
      const entry = find(id);
      if (entry !== undefined) set({ ...entry, ...change });
    },
    revive(id, change) {
      const entry = find(id);
      if (entry === undefined) return;
      const { failed: _, asks: __, putOff: ___, ...pending } = entry;
      set({ ...pending, ...change, order: ++last });
    },
    remove(id) {
      const entry = find(id);
      if (entry === undefined) return;
      entries = entries.filter((one) => one !== entry);
      quietly(() => storage?.removeItem(prefix + id));
      onChange(entry.roomKey);
    },
  };
}

/** Why it is not sent: it failed, is asked about, or was put off. */
export function errorOf({ failed, asks, putOff }: OutboxEntry): ParleyError | undefined {
  const why = failed ?? asks ?? putOff;
  return why === undefined ? undefined : new ParleyError(why.code, why.reason, why.message);
}

/** One key per message, so that two tabs do not overwrite each other's. What cannot be read is left alone. */
function load(storage: StorageLike | null, prefix: string): readonly OutboxEntry[] {
  const found: OutboxEntry[] = [];
  quietly(() => {
    for (let i = 0; i < (storage?.length ?? 0); i++) {
      const key = storage?.key(i);
      if (!key?.startsWith(prefix)) continue;
      quietly(() => {
        const { v, ...entry } = JSON.parse(storage?.getItem(key) ?? 'null') as OutboxEntry & { v: number };
        if (v === VERSION && typeof entry.body === 'string') found.push(entry);
      });
    }
  });
  return found.sort((a, b) => a.order - b.order || (a.id < b.id ? -1 : 1));
}
