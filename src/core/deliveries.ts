// What a node remembers of entries on their way: which batch committed them, when they were written out, who listened. Kept in
// bounded rings in memory and asked for when somebody wants to know; a send pays for one small object, a member for none.
// Must never be what delivery rests on, nor grow with the number of messages.
import { LRUCache } from 'lru-cache';
import type { Clock } from './clock.ts';
import type { Scope, Surface } from './scope.ts';

/** One commit's messages of one room, as the node that stored them remembers it. */
export interface CommittedBatch {
  roomId: string;
  from: number;
  to: number;
  /** Ms since 1970. */
  at: number;
  /** The door that each came by, and how long it waited for the commit, in ms. */
  sends: { via: Surface; waitedMs: number }[];
  /** Messages of the whole transaction, of all its rooms. */
  together: number;
}

/** Entries that were written to the connections of a node in one go. */
export interface WrittenBatch {
  from: number;
  to: number;
  at: number;
  /** `log`: the bus had not brought them, they were read. */
  by: 'bus' | 'log';
}

/** A connection's place in a room, from its join to its end. Times in ms since 1970. */
export interface SeatSeen {
  connection: string;
  protocol: 'socketio' | 'phoenix';
  joinedAt: number;
  /** Where the client said it had come to. */
  afterSeq?: number;
  /** Entries that the join's answer brought. */
  brought?: { from: number; to: number };
  /** Entries above this were written as they came. */
  liveAfter: number;
  /** Newest entry written. */
  writtenTo: number;
  ended?: { at: number; how: SeatEnd };
}

/** broken: the network or the program went; closed: its user went. */
export type SeatEnd =
  | 'left'
  | 'evicted'
  | 'slow_consumer'
  | 'overflowed'
  | 'sign_in_ended'
  | 'closed'
  | 'broken';

/** A page of history or of the log that somebody was answered. */
export interface Fetched {
  from: number;
  to: number;
  at: number;
  by: 'history' | 'log';
  via: Surface;
}

export interface Asked {
  tenantId: string;
  userId: string;
  roomId: string;
  seq: number;
}

/** All that one node remembers of one entry and one user. */
export interface NodeMemory {
  node: string;
  /** It remembers nothing from before. */
  since: number;
  committed?: CommittedBatch;
  written?: WrittenBatch;
  seats: SeatSeen[];
  fetched: Fetched[];
}

/** Port: asks every node; implemented beside the transports. */
export interface Deliveries {
  recall(
    asked: Asked,
  ): Promise<{ nodes: NodeMemory[] /** False when some node did not answer. */; complete: boolean }>;
}

/** The newest batches of one room, for whoever writes them out. */
export interface WrittenRing {
  add(from: number, to: number, by: WrittenBatch['by']): void;
  /** Nobody here listens any more; it is remembered for a while. */
  close(): void;
}

export type DeliveryMemory = ReturnType<typeof createDeliveryMemory>;

const COMMITS = 4096;
const ROOMS = 2000;
const WRITTEN_PER_ROOM = 64;
/** People in rooms whose ended connections and pages are remembered, and how many of each. */
const PLACES = 5000;
const PER_PLACE = 6;

export function createDeliveryMemory({ clock, nodeId }: { clock: Clock; nodeId: string }) {
  const since = clock.now();
  const commits: CommittedBatch[] = [];
  let next = 0;
  const open = new Map<string, WrittenBatch[]>();
  const closed = new LRUCache<string, WrittenBatch[]>({ max: ROOMS });
  const places = new LRUCache<string, { seats: SeatSeen[]; fetched: Fetched[] }>({ max: PLACES });

  const keyOf = (a: { tenantId: string; userId: string; roomId: string }) =>
    `${a.tenantId}:${a.userId}:${a.roomId}`;

  function place(key: string) {
    let known = places.get(key);
    if (known === undefined) {
      known = { seats: [], fetched: [] };
      places.set(key, known);
    }
    return known;
  }

  function keep<T>(list: T[], one: T, most: number): void {
    list.push(one);
    if (list.length > most) list.shift();
  }

  return {
    nodeId,
    now: clock.now,

    committed(batch: Omit<CommittedBatch, 'at'>): void {
      commits[next] = { ...batch, at: clock.now() };
      next = (next + 1) % COMMITS;
    },

    written(topic: string): WrittenRing {
      const ring = open.get(topic) ?? closed.get(topic) ?? [];
      closed.delete(topic);
      open.set(topic, ring);
      // In order of time again: the oldest is overwritten first.
      ring.sort((a, b) => a.at - b.at);
      let at = ring.length % WRITTEN_PER_ROOM;
      return {
        add(from, to, by) {
          ring[at] = { from, to, at: clock.now(), by };
          at = (at + 1) % WRITTEN_PER_ROOM;
        },
        close() {
          if (open.get(topic) !== ring) return;
          open.delete(topic);
          closed.set(topic, ring);
        },
      };
    },

    ended(who: { tenantId: string; userId: string; roomId: string }, seat: SeatSeen): void {
      keep(place(keyOf(who)).seats, seat, PER_PLACE);
    },

    fetched(
      { tenantId, user, via }: Scope,
      roomId: string,
      range: { from: number; to: number },
      by: Fetched['by'],
    ): void {
      const page = { ...range, at: clock.now(), by, via };
      keep(place(keyOf({ tenantId, userId: user.id, roomId })).fetched, page, PER_PLACE);
    },

    /** @param live seats that have not ended */
    recall(asked: Asked, live: SeatSeen[]): NodeMemory {
      const topic = `room:${asked.roomId}`;
      const covers = ({ from, to }: { from: number; to: number }) => from <= asked.seq && asked.seq <= to;
      const committed = commits.find((batch) => batch.roomId === asked.roomId && covers(batch));
      const written = (open.get(topic) ?? closed.peek(topic))?.find(covers);
      const known = places.peek(keyOf(asked));
      return {
        node: nodeId,
        since,
        ...(committed === undefined ? {} : { committed }),
        ...(written === undefined ? {} : { written }),
        seats: [...(known?.seats ?? []), ...live],
        fetched: known?.fetched.filter(covers) ?? [],
      };
    },
  };
}
