// Going through a room's past as public types. Must never hold code.
import type { CallOptions, Store } from './api.ts';
import type { ChatMessage } from './api-room.ts';
import type { ParleyError } from './error.ts';

export interface HistorySnapshot {
  /** By seq, without holes; then, with the newest among them, my unconfirmed ones. At most about a thousand from the past. */
  readonly messages: readonly ChatMessage[];
  readonly hasMoreBefore: boolean;
  /** The newest messages are not among them: the reader is somewhere in the past. */
  readonly hasMoreAfter: boolean;
  readonly loading?: 'before' | 'after' | 'around';
  /** Why the last page did not come. */
  readonly error?: ParleyError;
}

/** A window on all messages of a room: it may stand anywhere, and what is far from it is let go of. */
export interface History extends Store<HistorySnapshot> {
  /** Adds up to `limit` (100) older messages. Concurrent calls share one. Never rejects: see `error`. */
  loadBefore(limit?: number, options?: CallOptions): Promise<void>;
  /** The same towards the newest. */
  loadAfter(limit?: number, options?: CallOptions): Promise<void>;
  /** Goes to a seq, unless it is shown already. Rejects when its messages could not be fetched. */
  goTo(seq: number, options?: CallOptions): Promise<void>;
  /** Back to the newest messages. */
  toNewest(): void;
  /** The seq of the first message from this time on; the newest message's when there is none. */
  seqAt(time: Date, options?: CallOptions): Promise<number>;
}
