// The roster of a single node. Maps throughout: a user id is data and may be any word.
import { randomToken } from '../../core/ids.ts';
import type { PresenceMeta, PresenceState } from './contract.ts';
import type { Roster } from './roster.ts';

interface Tracked {
  userId: string;
  meta: PresenceMeta;
}

export function createMemoryRoster(): Roster {
  const rooms = new Map<string, Map<string, Tracked>>();
  const prefix = randomToken(6);
  let counter = 0;
  const newRef = () => `${prefix}${(counter++).toString(36)}`;
  const one = (userId: string, meta: PresenceMeta): PresenceState => ({ [userId]: { metas: [meta] } });

  return {
    track(roomId, seatId, userId, meta) {
      let room = rooms.get(roomId);
      if (room === undefined) {
        room = new Map();
        rooms.set(roomId, room);
      }
      const tracked = { userId, meta: { ...meta, phx_ref: newRef() } };
      room.set(seatId, tracked);
      return { joins: one(userId, tracked.meta), leaves: {} };
    },
    update(roomId, seatId, set) {
      const tracked = rooms.get(roomId)?.get(seatId);
      if (tracked === undefined) return undefined;
      const old = tracked.meta;
      if (Object.entries(set).every(([key, value]) => old[key as keyof PresenceMeta] === value))
        return undefined;
      tracked.meta = { ...old, ...set, phx_ref: newRef(), phx_ref_prev: old.phx_ref };
      return { joins: one(tracked.userId, tracked.meta), leaves: one(tracked.userId, old) };
    },
    untrack(roomId, seatId) {
      const room = rooms.get(roomId);
      const tracked = room?.get(seatId);
      if (room === undefined || tracked === undefined) return undefined;
      room.delete(seatId);
      if (room.size === 0) rooms.delete(roomId);
      return { joins: {}, leaves: one(tracked.userId, tracked.meta) };
    },
    list(roomId) {
      const metas = new Map<string, PresenceMeta[]>();
      for (const { userId, meta } of rooms.get(roomId)?.values() ?? []) {
        metas.set(userId, [...(metas.get(userId) ?? []), meta]);
      }
      return Object.fromEntries([...metas].map(([userId, list]) => [userId, { metas: list }]));
    },
  };
}
