// Port: who is in which room. Twins: roster-memory.ts for one node, roster-cluster.ts for several.
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
  has(roomId: string, seatId: string): boolean;

  /** Who is there is told by others: it is known a moment after `open`. */
  asksOthers: boolean;
  /** Someone here begins to listen to the room, or the last one ended. */
  open(roomId: string): void;
  close(roomId: string): void;
  start(): void;
  stop(): void;
}

/** What a roster tells its node: changes that came from elsewhere. */
export interface RosterListener {
  /** Connections on other nodes came and went. */
  changed(roomId: string, change: PresenceChange): void;
}

/** Seats of agents: every node keeps its own, so they are not told to others. */
export const agentSeat = (agentId: string): string => `agent:${agentId}`;
export const isAgentSeat = (seatId: string): boolean => seatId.startsWith('agent:');
