// The roster of a single node. Maps throughout: a user id is data and may be any word.
import { randomToken } from '../../core/ids.ts';
import type { PresenceMeta, PresenceState } from './contract.ts';
import type { Roster } from './roster.ts';

export interface Tracked {
  userId: string;
  meta: PresenceMeta;
}

/** The roster's own seats, for the twin that tells other nodes of them. */
export interface MemoryRoster extends Roster {
  seats(roomId: string): Map<string, Tracked>;
}

export function createMemoryRoster(): MemoryRoster {
  const rooms = new Map<string, Map<string, Tracked>>();
  const prefix = randomToken(6);
  let counter = 0;
  const newRef = () => `${prefix}${(counter++).toString(36)}`;

  return {
    track(roomId, seatId, userId, meta) {
      let room = rooms.get(roomId);
      if (room === undefined) {
        room = new Map();
        rooms.set(roomId, room);
      }
      const tracked = { userId, meta: { ...meta, phx_ref: newRef() } };
      room.set(seatId, tracked);
      return { joins: one(tracked), leaves: {} };
    },
    update(roomId, seatId, set) {
      const tracked = rooms.get(roomId)?.get(seatId);
      if (tracked === undefined) return undefined;
      const old = tracked.meta;
      if (Object.entries(set).every(([key, value]) => old[key as keyof PresenceMeta] === value))
        return undefined;
      tracked.meta = { ...old, ...set, phx_ref: newRef(), phx_ref_prev: old.phx_ref };
      return { joins: one(tracked), leaves: one({ userId: tracked.userId, meta: old }) };
    },
    untrack(roomId, seatId) {
      const room = rooms.get(roomId);
      const tracked = room?.get(seatId);
      if (room === undefined || tracked === undefined) return undefined;
      room.delete(seatId);
      if (room.size === 0) rooms.delete(roomId);
      return { joins: {}, leaves: one(tracked) };
    },
    list: (roomId) => stateOf(rooms.get(roomId)?.values() ?? []),
    has: (roomId, seatId) => rooms.get(roomId)?.has(seatId) ?? false,
    seats: (roomId) => rooms.get(roomId) ?? new Map(),
    asksOthers: false,
    open: () => {},
    close: () => {},
    start: () => {},
    stop: () => {},
  };
}

const one = ({ userId, meta }: Tracked): PresenceState => ({ [userId]: { metas: [meta] } });

/** Many connections as clients see them: one key a user, one meta a connection. */
export function stateOf(tracked: Iterable<Tracked>): PresenceState {
  const metas = new Map<string, PresenceMeta[]>();
  for (const { userId, meta } of tracked) {
    const list = metas.get(userId);
    if (list === undefined) metas.set(userId, [meta]);
    else list.push(meta);
  }
  return Object.fromEntries([...metas].map(([userId, list]) => [userId, { metas: list }]));
}
