// Port: the room log as rooms need it; implemented in messages/log.ts. Types only.
import type { Tx } from '../../core/db/database.ts';

/** A change to a room's log, before it has its seq. */
export interface NewEntry {
  type: string;
  payload: (seq: number) => object;
  /** The user who may see nothing after this entry. */
  evict?: string;
}

export interface RoomLog {
  /** Takes the next seqs under the room's lock, stores the entries, publishes them after commit. Answers the newest seq. */
  append(tx: Tx, room: { id: string; tenantId: string }, entries: NewEntry[]): Promise<number>;
}
