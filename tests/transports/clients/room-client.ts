// What a test asks of any public client that is in a room, and the record it keeps.
// Must never sort, drop or repair what was heard: the record is the evidence.
import type { JoinReply } from '../../../src/server/messages/contract.ts';

/** The types of log entries: the events that carry a seq. */
export const LOG_EVENTS = [
  'new_message',
  'agent_message',
  'message_updated',
  'message_deleted',
  'reaction_added',
  'reaction_removed',
  'message_pinned',
  'message_unpinned',
  'member_joined',
  'member_left',
  'member_updated',
  'room_updated',
];

/** Where and as whom a client connects. */
export interface Door {
  url: string;
  token: string;
  /** Id or slug. */
  room: string;
}

/** A message as the server acknowledged it. */
export interface Sent {
  id: string;
  seq: number;
  body: string;
}

export interface RoomClient {
  record: RoomRecord;
  send(body: string): Promise<Sent>;
  close(): Promise<void>;
}

/** One public client library on one of its transports. */
export interface PublicClient {
  name: string;
  /** Connects, signs in and joins; from then on it comes back by itself. */
  open(door: Door): Promise<RoomClient>;
}

/** What a client was told, in the order in which it was told: by the answer to a join or live. */
export interface RoomRecord {
  /** How often a join was answered. */
  joins: number;
  /** The first join's `lastSeq`: the record begins after it. */
  from: number;
  /** Sent along with the next join. */
  params: { afterSeq?: number };
  entries: string[];
  joined(reply: JoinReply): void;
  live(type: string, payload: { seq?: number }): void;
}

export function createRecord(): RoomRecord {
  const note = (seq: number, type: string, payload: object) => {
    record.params.afterSeq = seq;
    record.entries.push(lineOf(seq, type, payload));
  };
  const record: RoomRecord = {
    joins: 0,
    from: 0,
    params: {},
    entries: [],
    joined(reply) {
      record.joins++;
      if (record.joins > 1) {
        for (const { seq, type, payload } of reply.events) note(seq, type, payload as object);
        return;
      }
      record.from = reply.lastSeq;
      record.params.afterSeq = reply.lastSeq;
    },
    live(type, payload) {
      note(payload.seq ?? -1, type, payload);
    },
  };
  return record;
}

export const lineOf = (seq: number, type: string, payload: object): string =>
  `${seq} ${type} ${(payload as { body?: string }).body ?? ''}`.trim();
