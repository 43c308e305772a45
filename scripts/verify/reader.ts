// One client that reads a room by the protocol: joins, pages while hasMore, holds live entries, resumes with afterSeq.
// Must never drop or repair an entry: a repeat or a gap is written down as it came.
import type { Entry, PageRecord, Payload, Protocol, ReaderRecord } from './records.ts';
import { connectWire, type Wire } from './wire.ts';

/** Planted bugs, for the tests of this program: what comes and goes, altered before it is written down. */
export interface Tamper {
  live?(entry: Entry, reader: string): Entry[];
  page?(entries: Entry[], reader: string, resumed: boolean): Entry[];
  /** An acknowledgement made up instead of a send. */
  ack?(input: Payload, writer: string): Payload | undefined;
}

export interface Reader {
  record: ReaderRecord;
  isJoined(): boolean;
  newest(): number;
  refusal(): string | undefined;
  call: Wire['call'];
  close(): void;
}

export interface ReaderOptions {
  name: string;
  url: string;
  host: string;
  protocol: Protocol;
  token: string;
  roomId: string;
  late: boolean;
  calm: boolean;
  tamper: Tamper;
  onLive(entry: Entry, at: number): void;
}

const CALL_LIMIT_MS = 5000;

export function startReader(options: ReaderOptions): Reader {
  const { name, protocol, roomId, tamper } = options;
  const record: ReaderRecord = {
    name: `${name} (${protocol}${options.late ? ', late' : ''}${options.calm ? ', undisturbed' : ''})`,
    room: roomId,
    protocol,
    joins: [],
    heard: [],
    breaks: 0,
    late: options.late,
    calm: options.calm,
  };
  // Who comes late asks for everything; the others begin where they come in.
  let newest: number | undefined = options.late ? 0 : undefined;
  let epoch: string | undefined;
  let asked: Payload = {};
  let joined = false;
  let refusal: string | undefined;
  /** Live entries that came while pages are fetched. */
  let held: Entry[] | undefined;
  const keep = (entry: Entry, via: 'live' | 'reply' | 'page') => {
    record.heard.push({ ...entry, via, join: record.joins.length - 1 });
    newest = Math.max(newest ?? 0, entry.seq);
  };
  const live = (entry: Entry) => {
    for (const one of tamper.live?.(entry, name) ?? [entry]) {
      if (held === undefined) keep(one, 'live');
      else held.push(one);
    }
  };
  const fetchRest = async (upTo: number) => {
    const join = record.joins.length;
    while (record.joins.length === join && (newest ?? 0) < upTo) {
      const page = await wire
        .call('list_events', { roomId, afterSeq: newest ?? 0 }, CALL_LIMIT_MS)
        .catch(() => undefined);
      if (record.joins.length !== join) return;
      if (page === undefined) await new Promise((resolve) => setTimeout(resolve, 200));
      for (const entry of (page?.events ?? []) as Entry[]) if (entry.seq <= upTo) keep(entry, 'page');
    }
    if (record.joins.length !== join) return;
    const late = held ?? [];
    held = undefined;
    for (const entry of late) keep(entry, 'live');
  };
  const wire = connectWire({
    ...options,
    joinInput() {
      asked = {
        ...(newest === undefined ? {} : { afterSeq: newest }),
        ...(epoch === undefined ? {} : { epoch }),
      };
      return asked;
    },
    onJoin(answer) {
      const { lastSeq, hasMore, resync } = answer as unknown as PageRecord;
      const entries = answer.events as Entry[];
      const shown = tamper.page?.(entries, name, asked.afterSeq !== undefined) ?? entries;
      const now = answer.epoch as string | undefined;
      record.joins.push({
        after: asked.afterSeq as number | undefined,
        epoch: asked.epoch as string | undefined,
        seqs: shown.map((entry) => entry.seq),
        lastSeq,
        hasMore,
        resync,
        now,
      });
      epoch = now;
      held = undefined;
      if (resync) newest = undefined;
      for (const entry of shown) keep(entry, 'reply');
      joined = true;
      if (hasMore && newest !== undefined) {
        held = [];
        void fetchRest(lastSeq);
      } else newest = Math.max(newest ?? 0, lastSeq);
    },
    onEvent(type, payload) {
      if (typeof payload?.seq !== 'number' || payload.roomId !== roomId || type === 'read') return;
      const entry = { seq: payload.seq, type, payload };
      options.onLive(entry, performance.now());
      live(entry);
    },
    onBreak() {
      if (joined) record.breaks++;
      joined = false;
    },
    onRefused(why) {
      refusal = why;
    },
  });
  return {
    record,
    isJoined: () => joined,
    newest: () => newest ?? 0,
    refusal: () => refusal,
    call: async (event, input, limit) =>
      (event === 'send_message' ? tamper.ack?.(input, name) : undefined) ??
      (await wire.call(event, input, limit)),
    close: wire.close,
  };
}
