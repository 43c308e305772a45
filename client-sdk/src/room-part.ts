// What stands beside a room's messages and lives by the same log: its threads, its pins, its drafts.
// Must never change the room's own state.
import type { Off, RoomSnapshot } from './api.ts';
import type { TypedCall } from './room-messages.ts';
import type { RoomState } from './room-signals.ts';
import type { LogEvent, Message } from './wire.ts';

/** Told after the room's own state has it. */
export interface RoomPart {
  /** In order, each once. */
  entries(entries: readonly LogEvent[]): void;
  signal(name: string, payload: unknown): void;
  /** The list was rebuilt: what came before is not known. */
  reset(): void;
  /** The room is live, again or for the first time. */
  live(): void;
  /** Somebody else is signed in now. */
  forget(): void;
  /** Something of the room changed. */
  show(): void;
  /** A page that leads up to the room's list is on its way: the list must begin where it does. */
  isPaging?(): boolean;
  /** The room's list began with these, and lets go of them. */
  cut?(gone: readonly Message[]): void;
}

/** What a part may use of its room. */
export interface RoomContext {
  readonly key: string;
  readonly call: TypedCall;
  state(): RoomState;
  snapshot(): RoomSnapshot;
  join(): Off;
  isLive(): boolean;
}
