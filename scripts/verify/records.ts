// What a verification writes down, as it happened, for the judge to read.
// Must never hold anything repaired, sorted or left out: the record is the evidence.

export type Protocol = 'socketio' | 'phoenix';
export type Payload = Record<string, unknown>;

export interface Entry {
  seq: number;
  type: string;
  payload: Payload;
}

export interface HeardEntry extends Entry {
  /** Index of the join after which it came. */
  join: number;
  via: 'live' | 'reply' | 'page';
}

/** What a reader asked with `afterSeq`, and what the answer held. */
export interface PageRecord {
  after: number | undefined;
  epoch: string | undefined;
  seqs: number[];
  lastSeq: number;
  hasMore: boolean;
  resync: boolean;
  /** The epoch of the answer. */
  now: string | undefined;
}

export interface ReaderRecord {
  name: string;
  room: string;
  protocol: Protocol;
  joins: PageRecord[];
  heard: HeardEntry[];
  breaks: number;
  late: boolean;
  calm: boolean;
}

export interface Ack {
  id: string;
  seq: number;
  body: string;
}

export interface SendRecord {
  room: string;
  writer: string;
  id: string;
  body: string;
  attempts: number;
  acks: Ack[];
  /** Bodies that an edit may have given it; the empty one when a deletion was asked for. */
  later: string[];
  /** The answer to another body under this id: a status, or `accepted`. Undefined when none was tried or answered. */
  conflict: number | 'accepted' | undefined;
  /** Why it was refused for good. */
  refused: string | undefined;
}

export interface RoomRecord {
  id: string;
  lastSeq: number;
  log: Entry[];
  history: Payload[];
  /** The log again, in small pages. */
  pages: PageRecord[];
  /** Questions that only `resync: true` answers honestly. */
  beyond: { what: string; resync: boolean }[];
}

export interface Evidence {
  rooms: RoomRecord[];
  readers: ReaderRecord[];
  sends: SendRecord[];
  /** ms, of clients whose network was left alone. */
  acks: number[];
  seen: number[];
}
