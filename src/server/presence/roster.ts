// Port: who is in which room. Memory twin in roster-memory.ts.
import type { PresenceMeta, PresenceState } from './contract.ts';

export interface PresenceChange {
  joins: PresenceState;
  leaves: PresenceState;
}

export interface Roster {
  /** Adds one connection's meta under a key that is unique in the room. */
  track(roomId: string, seatId: string, userId: string, meta: Omit<PresenceMeta, 'phx_ref'>): PresenceChange;
  /** Replaces a meta; undefined when the seat is not tracked or nothing changes. One change: the new meta joins, the old one leaves. */
  update(roomId: string, seatId: string, set: Partial<PresenceMeta>): PresenceChange | undefined;
  untrack(roomId: string, seatId: string): PresenceChange | undefined;
  list(roomId: string): PresenceState;
}
