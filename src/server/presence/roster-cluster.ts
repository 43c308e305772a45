// The roster of several nodes: each owns the seats of its own connections and tells the others by the bus, room by room.
// Nothing is stored: a node that misses something sees a step in the version and asks; one that falls silent is forgotten.
import type { Bus, BusMessage } from '../../core/bus.ts';
import type { Clock } from '../../core/clock.ts';
import type { Logger } from '../../core/logger.ts';
import { isAgentSeat, type PresenceChange, type Roster, type RosterListener } from './roster.ts';
import { createMemoryRoster, stateOf, type Tracked } from './roster-memory.ts';

export interface ClusterRosterDeps {
  bus: Bus;
  nodeId: string;
  clock: Clock;
  logger: Logger;
  listener: RosterListener;
  /** How long the people of a node that said goodbye stay, so that they may come back on another. */
  graceMs: number;
}

const BEAT_MS = 5000;
/** A node that has not been heard for this long is gone, with its people. */
const SILENT_MS = 20_000;
const NODES = 'presence-nodes';
const topicOf = (roomId: string) => `presence:${roomId}`;

type Seat = [seatId: string, userId: string, meta: Tracked['meta']];
type Say =
  /** The seats that came (or changed) and went, as step `v` of this node in this room. */
  | { k: 'delta'; n: string; v: number; add: Seat[]; drop: string[] }
  /** All seats of this node in this room, as of step `v`. */
  | { k: 'sync'; n: string; v: number; seats: Seat[] }
  /** Tell me all: to everyone, or to one node. */
  | { k: 'ask'; n: string; of?: string }
  /** I live; these are my steps in rooms. */
  | { k: 'beat'; n: string; rooms: [roomId: string, v: number][] }
  | { k: 'bye'; n: string };

interface Remote {
  version: number;
  seats: Map<string, Tracked>;
}

interface Room {
  version: number;
  remotes: Map<string, Remote>;
  unsubscribe: () => void;
}

export function createClusterRoster(deps: ClusterRosterDeps): Roster {
  const { bus, nodeId, clock, logger, listener } = deps;
  const own = createMemoryRoster();
  const rooms = new Map<string, Room>();
  /** When each other node was last heard. */
  const heard = new Map<string, number>();
  const timers = new Set<NodeJS.Timeout>();
  const offs: (() => void)[] = [];

  const say = (topic: string, message: Say) =>
    bus.publish(topic, { kind: 'signal', type: message.k, json: JSON.stringify(message) });

  function tell(roomId: string, change: { add?: Seat; drop?: string }): void {
    const room = rooms.get(roomId);
    if (room === undefined) return;
    room.version++;
    say(topicOf(roomId), {
      k: 'delta',
      n: nodeId,
      v: room.version,
      add: change.add === undefined ? [] : [change.add],
      drop: change.drop === undefined ? [] : [change.drop],
    });
  }

  function tellAll(roomId: string): void {
    const room = rooms.get(roomId);
    if (room === undefined) return;
    const seats = [...own.seats(roomId)]
      .filter(([id]) => !isAgentSeat(id))
      .map(([id, t]): Seat => [id, t.userId, t.meta]);
    say(topicOf(roomId), { k: 'sync', n: nodeId, v: room.version, seats });
  }

  function hear(roomId: string, message: BusMessage): void {
    const said = parse(message);
    const room = rooms.get(roomId);
    if (said === undefined || said.n === nodeId || room === undefined) return;
    heard.set(said.n, clock.elapsed());
    if (said.k === 'ask' && (said.of === undefined || said.of === nodeId)) return tellAll(roomId);
    if (said.k === 'sync')
      return replace(
        roomId,
        room,
        said.n,
        said.v,
        new Map(said.seats.map(([id, userId, meta]) => [id, { userId, meta }])),
      );
    if (said.k !== 'delta') return;
    const remote = room.remotes.get(said.n);
    if (remote === undefined || said.v > remote.version + 1)
      return say(topicOf(roomId), { k: 'ask', n: nodeId, of: said.n });
    if (said.v <= remote.version) return;
    const seats = new Map(remote.seats);
    for (const id of said.drop) seats.delete(id);
    for (const [id, userId, meta] of said.add) seats.set(id, { userId, meta });
    replace(roomId, room, said.n, said.v, seats);
  }

  /** Takes what a node now says of its seats, and announces what that changes. */
  function replace(
    roomId: string,
    room: Room,
    node: string,
    version: number,
    seats: Map<string, Tracked>,
  ): void {
    const before = room.remotes.get(node);
    // An answer that was overtaken by a later step.
    if (before !== undefined && version < before.version) return;
    const old = before?.seats ?? new Map<string, Tracked>();
    room.remotes.set(node, { version, seats });
    const joins = [...seats]
      .filter(([id, t]) => old.get(id)?.meta.phx_ref !== t.meta.phx_ref)
      .map(([, t]) => t);
    const leaves = [...old]
      .filter(([id, t]) => seats.get(id)?.meta.phx_ref !== t.meta.phx_ref)
      .map(([, t]) => t);
    if (joins.length === 0 && leaves.length === 0) return;
    listener.changed(roomId, { joins: stateOf(joins), leaves: stateOf(leaves) });
  }

  function forget(node: string): void {
    heard.delete(node);
    for (const [roomId, room] of rooms) {
      const remote = room.remotes.get(node);
      if (remote === undefined) continue;
      room.remotes.delete(node);
      if (remote.seats.size > 0)
        listener.changed(roomId, { joins: {}, leaves: stateOf(remote.seats.values()) });
    }
  }

  function hearNodes(message: BusMessage): void {
    const said = parse(message);
    if (said === undefined || said.n === nodeId) return;
    if (said.k === 'bye') {
      // Whoever comes back on another node within the grace time has not left.
      const timer = setTimeout(() => {
        timers.delete(timer);
        forget(said.n);
      }, deps.graceMs);
      timers.add(timer);
      return;
    }
    if (said.k !== 'beat') return;
    heard.set(said.n, clock.elapsed());
    for (const [roomId, version] of said.rooms) {
      const room = rooms.get(roomId);
      if (room !== undefined && room.remotes.get(said.n)?.version !== version)
        say(topicOf(roomId), { k: 'ask', n: nodeId, of: said.n });
    }
  }

  function beat(): void {
    say(NODES, {
      k: 'beat',
      n: nodeId,
      rooms: [...rooms]
        .filter(([roomId]) => own.seats(roomId).size > 0)
        .map(([roomId, room]) => [roomId, room.version]),
    });
    // While nodes cannot hear each other, silence says nothing.
    if (!bus.healthy()) return;
    const now = clock.elapsed();
    for (const [node, at] of heard) if (now - at > SILENT_MS) forget(node);
  }

  function recovered(): void {
    const now = clock.elapsed();
    for (const node of heard.keys()) heard.set(node, now);
    for (const roomId of rooms.keys()) {
      say(topicOf(roomId), { k: 'ask', n: nodeId });
      tellAll(roomId);
    }
  }

  function parse(message: BusMessage): Say | undefined {
    if (message.kind !== 'signal') return undefined;
    try {
      return JSON.parse(message.json) as Say;
    } catch (error) {
      logger.warn({ err: error }, 'a presence message could not be read');
      return undefined;
    }
  }

  const seatOf = (roomId: string, seatId: string): Seat | undefined => {
    const tracked = own.seats(roomId).get(seatId);
    return tracked === undefined || isAgentSeat(seatId) ? undefined : [seatId, tracked.userId, tracked.meta];
  };

  function announce(roomId: string, seatId: string, change: PresenceChange | undefined): void {
    if (change === undefined || isAgentSeat(seatId)) return;
    const add = seatOf(roomId, seatId);
    tell(roomId, add === undefined ? { drop: seatId } : { add });
  }

  return {
    track(roomId, seatId, userId, meta) {
      const change = own.track(roomId, seatId, userId, meta);
      announce(roomId, seatId, change);
      return change;
    },
    update(roomId, seatId, set) {
      const change = own.update(roomId, seatId, set);
      announce(roomId, seatId, change);
      return change;
    },
    untrack(roomId, seatId) {
      const change = own.untrack(roomId, seatId);
      announce(roomId, seatId, change);
      return change;
    },
    list(roomId) {
      const remotes = [...(rooms.get(roomId)?.remotes.values() ?? [])];
      return stateOf([...own.seats(roomId).values(), ...remotes.flatMap((r) => [...r.seats.values()])]);
    },
    has: own.has,
    asksOthers: true,

    open(roomId) {
      if (rooms.has(roomId)) return;
      const unsubscribe = bus.subscribe(topicOf(roomId), (message) => hear(roomId, message));
      // Versions of a room opened again must be higher than those others remember.
      rooms.set(roomId, { version: clock.now(), remotes: new Map(), unsubscribe });
      say(topicOf(roomId), { k: 'ask', n: nodeId });
    },
    close(roomId) {
      const room = rooms.get(roomId);
      if (room === undefined) return;
      room.version++;
      say(topicOf(roomId), { k: 'sync', n: nodeId, v: room.version, seats: [] });
      room.unsubscribe();
      rooms.delete(roomId);
    },
    start() {
      offs.push(bus.subscribe(NODES, hearNodes), bus.onRecovered(recovered));
      const timer = setInterval(beat, BEAT_MS);
      timer.unref();
      timers.add(timer);
      beat();
    },
    stop() {
      say(NODES, { k: 'bye', n: nodeId });
      for (const timer of timers) clearTimeout(timer);
      for (const off of offs) off();
      for (const room of rooms.values()) room.unsubscribe();
      rooms.clear();
    },
  };
}
