// The room log: takes seqs under the room's lock, stores entries, publishes them after commit, reads them back.
// Must never publish before commit, and never leave a gap (invariants P1, P2).
import type { Bus, LogEntry } from '../../core/bus.ts';
import type { Database, Tx } from '../../core/db/database.ts';
import type { NewEntry, RoomLog } from '../rooms/service.ts';
import type { LogEvent } from './contract.ts';
import * as repo from './repository.ts';
import { eventPayload } from './view.ts';

export const roomTopic = (roomId: string): string => `room:${roomId}`;

export interface MessageEntry {
  type: 'message_updated' | 'message_deleted';
  messageId: string;
  payload: (seq: number) => object;
}

export interface MessageLog extends RoomLog {
  appendMessageChange(tx: Tx, room: { id: string; tenantId: string }, entry: MessageEntry): Promise<number>;
  /** For a batch whose rows the writer has stored itself. */
  publishAfterCommit(tx: Tx, roomId: string, entries: LogEntry[]): void;
  /** Straight to whoever listens; carries no seq and is not stored. */
  signal(roomId: string, type: string, payload: object): void;
  read(roomId: string, afterSeq: number, upTo: number, limit: number): Promise<LogEvent[]>;
  readEntries(roomId: string, afterSeq: number, upTo: number): Promise<LogEntry[]>;
  lastSeq(roomId: string): Promise<number>;
  /** Newest seq of each of these room topics. */
  lastSeqs(topics: string[]): Promise<Map<string, number>>;
}

const HEAL_LIMIT = 10_000;

export function createMessageLog(database: Database, bus: Bus): MessageLog {
  const { db } = database;

  async function append(
    tx: Tx,
    room: { id: string; tenantId: string },
    entries: (NewEntry & { messageId?: string })[],
  ): Promise<number> {
    const last = await repo.bumpLastSeq(tx, room.id, entries.length);
    const first = last - entries.length + 1;
    const payloads = entries.map((entry, i) => JSON.stringify(entry.payload(first + i)));
    await repo.insertEvents(
      tx,
      entries.map((entry, i) => ({
        roomId: room.id,
        tenantId: room.tenantId,
        seq: first + i,
        type: entry.type,
        messageId: entry.messageId ?? null,
        payload: entry.messageId === undefined ? (payloads[i] as string) : null,
      })),
    );
    publishAfterCommit(
      tx,
      room.id,
      entries.map((entry, i) => ({
        seq: first + i,
        type: entry.type,
        json: payloads[i] as string,
        ...(entry.evict === undefined ? {} : { evict: entry.evict }),
      })),
    );
    return last;
  }

  function publishAfterCommit(tx: Tx, roomId: string, entries: LogEntry[]): void {
    database.afterCommit(tx, () => bus.publish(roomTopic(roomId), { kind: 'log', entries }));
  }

  return {
    append,
    publishAfterCommit,
    appendMessageChange: (tx, room, entry) => append(tx, room, [entry]),
    signal: (roomId, type, payload) =>
      bus.publish(roomTopic(roomId), { kind: 'signal', type, json: JSON.stringify(payload) }),

    async read(roomId, afterSeq, upTo, limit) {
      const rows = await repo.listEvents(db, roomId, afterSeq, upTo, limit);
      return rows.map((row) => ({ seq: row.seq, type: row.type, payload: eventPayload(roomId, row) }));
    },

    async readEntries(roomId, afterSeq, upTo) {
      const rows = await repo.listEvents(db, roomId, afterSeq, upTo, HEAL_LIMIT);
      return rows.map((row) => ({
        seq: row.seq,
        type: row.type,
        json: JSON.stringify(eventPayload(roomId, row)),
        ...(row.type === 'member_left' ? { evict: String(row.payload?.userId) } : {}),
      }));
    },

    lastSeq: (roomId) => repo.getLastSeq(db, roomId),

    async lastSeqs(topics) {
      const seqs = await repo.getLastSeqs(
        db,
        topics.filter((t) => t.startsWith('room:')).map((t) => t.slice('room:'.length)),
      );
      return new Map([...seqs].map(([roomId, seq]) => [roomTopic(roomId), seq]));
    },
  };
}
