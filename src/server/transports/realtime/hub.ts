// Delivers what the bus says to the subscribers of this node: in `seq` order, without gap or repeat (P3), encoded once
// per protocol. A gap is filled from the log before anything later is delivered. One slow subscriber must never hold others.
import type { Bus, BusMessage, LogEntry } from '../../../core/bus.ts';
import type { DeliveryMemory, WrittenRing } from '../../../core/deliveries.ts';
import type { Logger } from '../../../core/logger.ts';
import type { Metrics } from '../../../core/metrics.ts';
import type { Pace } from '../../../core/pace.ts';

export interface Outgoing {
  type: string;
  json: string;
}

/** Encoded once, written to every subscriber of the same encoding. */
export interface Encoded {
  bytes: Buffer;
  /** The same as texts, for connections that are not WebSockets. */
  texts: string[];
}

export interface Encoding {
  /** Subscribers with equal keys share the bytes. */
  key: string;
  protocol: 'socketio' | 'phoenix';
  encode(entries: Outgoing[]): Encoded;
}

export interface Subscriber {
  encoding: Encoding;
  userId: string;
  write(encoded: Encoded): void;
  /** The user lost the right to listen; nothing will be written after this. */
  evicted(): void;
  /** Too much came while the subscriber was still joining. */
  overflowed(): void;
}

export interface Subscription {
  /** From here on, everything after `seq` is written. Without a seq (a topic without a log): everything. */
  goLive(afterSeq?: number): void;
  /** Newest seq that was written in full; 0 where that is what the join brought. */
  writtenTo(): number;
  detach(): void;
}

export interface Hub {
  attach(topic: string, subscriber: Subscriber, readLog?: ReadLog): Subscription;
  /** Topics with a log that someone here listens to. */
  loggedTopics(): string[];
  /** The log of a topic has come to `seq`; what has not been heard of up to there is read. */
  reached(topic: string, seq: number): void;
  /** Called when the first subscriber of a topic with a log comes. */
  onOpened(listener: (topic: string) => void): () => void;
  stop(): void;
}

export type ReadLog = (topic: string, afterSeq: number, upTo: number) => Promise<LogEntry[]>;

type Held = { kind: 'entry'; entry: LogEntry } | { kind: 'signal'; signal: Outgoing };

interface Joining {
  subscriber: Subscriber;
  /** Undefined until goLive. */
  after: number | undefined;
  held: Held[];
}

interface Channel {
  topic: string;
  /** Newest seq delivered; undefined until the first subscriber has read the log. */
  delivered: number | undefined;
  /** As far as the writes of a batch are done: behind `delivered` only while they are under way. */
  written: number;
  /** What was written here, and when. */
  ring: WrittenRing | undefined;
  /** Newest seq known to exist: the bus may have lost what lies between. */
  newest: number;
  /** Entries that came before those below them. */
  early: Map<number, LogEntry>;
  groups: Map<string, { encoding: Encoding; members: Set<Subscriber> }>;
  joining: Set<Joining>;
  size: number;
  readLog: ReadLog | undefined;
  healing: boolean;
  unsubscribe: () => void;
}

const range = (after: number, upTo: number): number[] =>
  Array.from({ length: Math.max(0, upTo - after) }, (_, i) => after + 1 + i);

/** @throws Error when the log does not have all of them */
async function readAll(topic: string, readLog: ReadLog, after: number, upTo: number): Promise<LogEntry[]> {
  const entries: LogEntry[] = [];
  for (let from = after; from < upTo; from = (entries.at(-1) as LogEntry).seq) {
    const page = await readLog(topic, from, upTo);
    if (page.length === 0)
      throw new Error(`The log has nothing after ${from}, though ${upTo} was delivered.`);
    entries.push(...page);
  }
  return entries;
}

/** Entries and signals kept for a subscriber that is still joining. */
const MAX_HELD = 5000;
/** How long an entry may be late before the log is asked, in ms. */
const GAP_PATIENCE_MS = 20;
const HEAL_RETRY_MS = 500;

/** A topic of fewer costs too little to let it rest. */
const CROWD = 64;

export function createHub(deps: {
  bus: Bus;
  logger: Logger;
  metrics: Metrics;
  pace?: Pace;
  deliveries?: Pick<DeliveryMemory, 'written'>;
}): Hub {
  const { bus, logger, metrics, pace, deliveries } = deps;
  const channels = new Map<string, Channel>();
  const timers = new Set<NodeJS.Timeout>();
  /** Looked up once: finding a counter by its labels costs as much as writing to a member. */
  const delivered = {
    socketio: metrics.deliveries.labels('socketio'),
    phoenix: metrics.deliveries.labels('phoenix'),
  };
  const opened = new Set<(topic: string) => void>();
  let stopped = false;

  function later(fn: () => void, ms: number): void {
    const timer = setTimeout(() => {
      timers.delete(timer);
      fn();
    }, ms);
    timers.add(timer);
  }

  function open(topic: string, readLog: ReadLog | undefined): Channel {
    const channel: Channel = {
      topic,
      delivered: undefined,
      written: 0,
      ring: readLog === undefined ? undefined : deliveries?.written(topic),
      newest: 0,
      early: new Map(),
      groups: new Map(),
      joining: new Set(),
      size: 0,
      readLog,
      healing: false,
      unsubscribe: () => {},
    };
    channel.unsubscribe = bus.subscribe(topic, (message) => receive(channel, message));
    channels.set(topic, channel);
    if (readLog !== undefined) for (const listener of opened) listener(topic);
    return channel;
  }

  function receive(channel: Channel, message: BusMessage): void {
    if (pace === undefined || channel.size < CROWD) return take(channel, message);
    const began = performance.now();
    take(channel, message);
    pace.spent(channel.topic, performance.now() - began);
  }

  function take(channel: Channel, message: BusMessage): void {
    if (message.kind === 'signal') return writeSignal(channel, message);
    for (const entry of message.entries) {
      channel.newest = Math.max(channel.newest, entry.seq);
      if (channel.delivered === undefined || entry.seq > channel.delivered)
        channel.early.set(entry.seq, entry);
    }
    advance(channel);
  }

  /** Delivers whatever now follows on without a gap. */
  function advance(channel: Channel, by: 'bus' | 'log' = 'bus'): void {
    if (channel.delivered === undefined) return;
    const ready: LogEntry[] = [];
    for (let seq = channel.delivered + 1; ; seq++) {
      const entry = channel.early.get(seq);
      if (entry === undefined) break;
      channel.early.delete(seq);
      ready.push(entry);
    }
    deliver(channel, ready, by);
    if (channel.newest > channel.delivered) scheduleHeal(channel, GAP_PATIENCE_MS);
  }

  function scheduleHeal(channel: Channel, ms: number): void {
    if (channel.healing || stopped) return;
    channel.healing = true;
    later(() => void heal(channel), ms);
  }

  async function heal(channel: Channel): Promise<void> {
    const { delivered, readLog } = channel;
    if (delivered === undefined || readLog === undefined || channel.newest <= delivered) {
      channel.healing = false;
      return;
    }
    let failed = false;
    try {
      const entries = await readLog(channel.topic, delivered, channel.newest);
      metrics.gapsHealed.inc();
      for (const entry of entries)
        if (entry.seq > (channel.delivered ?? 0)) channel.early.set(entry.seq, entry);
      // What is announced is committed: a seq that the log does not have was never said by one of us.
      if (entries.length === 0 && channel.delivered === delivered) {
        channel.newest = delivered;
        channel.early.clear();
      }
    } catch (error) {
      logger.warn({ err: error, topic: channel.topic }, 'a gap in a room log could not be filled yet');
      failed = true;
    }
    channel.healing = false;
    // Everyone has left; whoever comes next opens a channel of his own.
    if (channels.get(channel.topic) !== channel) return;
    if (failed) scheduleHeal(channel, HEAL_RETRY_MS);
    advance(channel, 'log');
  }

  /** Writes entries to all; an entry that evicts someone ends a part, so that nothing after it reaches him. */
  function deliver(channel: Channel, entries: LogEntry[], by: 'bus' | 'log'): void {
    const [first, last] = [entries[0], entries.at(-1)];
    if (first === undefined || last === undefined) return;
    channel.ring?.add(first.seq, last.seq, by);
    let from = 0;
    for (const [i, entry] of entries.entries()) {
      if (entry.evict === undefined && i < entries.length - 1) continue;
      // Moved with each part: a joining subscriber is promoted by what has been written, not by what will be.
      channel.delivered = entry.seq;
      writeEntries(channel, entries.slice(from, i + 1));
      channel.written = entry.seq;
      from = i + 1;
      if (entry.evict !== undefined) evict(channel, entry.evict, entry.seq);
      for (const joining of channel.joining) promote(channel, joining);
    }
  }

  function writeEntries(channel: Channel, entries: LogEntry[]): void {
    for (const group of channel.groups.values()) writeGroup(group, entries);
    for (const joining of channel.joining) {
      const { after, subscriber } = joining;
      if (after === undefined) {
        hold(
          channel,
          joining,
          entries.map((entry) => ({ kind: 'entry', entry })),
        );
        continue;
      }
      const news = entries.filter((entry) => entry.seq > after);
      if (news.length > 0) writeTo(subscriber, subscriber.encoding.encode(news));
    }
  }

  function writeSignal(channel: Channel, signal: Outgoing): void {
    for (const group of channel.groups.values()) writeGroup(group, [signal]);
    for (const joining of channel.joining) {
      if (joining.after === undefined) hold(channel, joining, [{ kind: 'signal', signal }]);
      else writeTo(joining.subscriber, joining.subscriber.encoding.encode([signal]));
    }
  }

  function writeGroup(group: { encoding: Encoding; members: Set<Subscriber> }, entries: Outgoing[]): void {
    const encoded = group.encoding.encode(entries);
    for (const member of group.members) writeTo(member, encoded);
    delivered[group.encoding.protocol].inc(group.members.size * entries.length);
  }

  function writeTo(subscriber: Subscriber, encoded: Encoded): void {
    try {
      subscriber.write(encoded);
    } catch (error) {
      logger.warn({ err: error }, 'a subscriber could not be written to');
    }
  }

  function hold(channel: Channel, joining: Joining, held: Held[]): void {
    joining.held.push(...held);
    if (joining.held.length <= MAX_HELD) return;
    remove(channel, joining.subscriber, joining);
    joining.subscriber.overflowed();
  }

  /**
   * Writes what was held, then lets the subscriber share the group's bytes. Entries that another subscriber's place
   * made the channel skip are read from the log first.
   */
  async function goLive(channel: Channel, joining: Joining, after: number, logless: boolean): Promise<void> {
    const { subscriber } = joining;
    const delivered = channel.delivered ?? after;
    const have = new Set(joining.held.flatMap((h) => (h.kind === 'entry' ? [h.entry.seq] : [])));
    const missing = !logless && range(after, delivered).some((seq) => !have.has(seq));
    if (missing && channel.readLog !== undefined) {
      try {
        const entries = await readAll(channel.topic, channel.readLog, after, delivered);
        const known = entries
          .filter((entry) => !have.has(entry.seq))
          .map((entry): Held => ({ kind: 'entry', entry }));
        joining.held = [...known, ...joining.held];
        metrics.gapsHealed.inc();
      } catch (error) {
        logger.warn(
          { err: error, topic: channel.topic },
          'a joining subscriber could not be brought up to date',
        );
        if (channel.joining.has(joining)) {
          remove(channel, subscriber, joining);
          subscriber.overflowed();
        }
        return;
      }
    }
    if (!channel.joining.has(joining)) return;
    const news = joining.held.filter((h) => h.kind === 'signal' || h.entry.seq > after);
    const entries = news.flatMap((h) => (h.kind === 'entry' ? [h.entry] : [])).sort((a, b) => a.seq - b.seq);
    const evicting = entries.findIndex((entry) => entry.evict === subscriber.userId);
    const signals = news.flatMap((h) => (h.kind === 'signal' ? [h.signal] : []));
    const outgoing: Outgoing[] = evicting < 0 ? [...entries, ...signals] : entries.slice(0, evicting + 1);
    joining.after = entries.at(-1)?.seq ?? after;
    joining.held = [];
    if (outgoing.length > 0) writeTo(subscriber, subscriber.encoding.encode(outgoing));
    if (evicting >= 0) {
      remove(channel, subscriber, joining);
      subscriber.evicted();
    } else {
      promote(channel, joining);
    }
  }

  /** Ends every seat that the user had before the entry; one he took after being let in again stays. */
  function evict(channel: Channel, userId: string, seq: number): void {
    const gone: [Subscriber, Joining | undefined][] = [];
    for (const { members } of channel.groups.values()) {
      for (const member of members) if (member.userId === userId) gone.push([member, undefined]);
    }
    for (const joining of channel.joining) {
      // One whose join is not answered yet is looked at when it goes live.
      if (joining.subscriber.userId === userId && joining.after !== undefined && joining.after < seq)
        gone.push([joining.subscriber, joining]);
    }
    for (const [subscriber, joining] of gone) {
      remove(channel, subscriber, joining);
      subscriber.evicted();
    }
  }

  /** A joining subscriber whose place the channel has reached shares the group's bytes from now on. */
  function promote(channel: Channel, joining: Joining): void {
    if (joining.after === undefined || (channel.delivered ?? Number.POSITIVE_INFINITY) < joining.after)
      return;
    channel.joining.delete(joining);
    const { encoding } = joining.subscriber;
    let group = channel.groups.get(encoding.key);
    if (group === undefined) {
      group = { encoding, members: new Set() };
      channel.groups.set(encoding.key, group);
    }
    group.members.add(joining.subscriber);
  }

  function remove(channel: Channel, subscriber: Subscriber, joining: Joining | undefined): void {
    const group = channel.groups.get(subscriber.encoding.key);
    const wasMember = group?.members.delete(subscriber) ?? false;
    if (group !== undefined && group.members.size === 0) channel.groups.delete(subscriber.encoding.key);
    const wasJoining = joining !== undefined && channel.joining.delete(joining);
    if (!wasMember && !wasJoining) return;
    channel.size--;
    if (channel.size > 0) return;
    channel.ring?.close();
    channel.unsubscribe();
    if (channels.get(channel.topic) === channel) channels.delete(channel.topic);
  }

  return {
    attach(topic, subscriber, readLog) {
      const channel = channels.get(topic) ?? open(topic, readLog);
      const joining: Joining = { subscriber, after: undefined, held: [] };
      channel.joining.add(joining);
      channel.size++;
      return {
        goLive(afterSeq) {
          if (afterSeq !== undefined) channel.newest = Math.max(channel.newest, afterSeq);
          if (afterSeq !== undefined && channel.delivered === undefined) {
            channel.delivered = afterSeq;
            for (const seq of channel.early.keys()) if (seq <= afterSeq) channel.early.delete(seq);
          }
          void goLive(channel, joining, afterSeq ?? 0, afterSeq === undefined);
          advance(channel);
        },
        writtenTo: () => (joining.after === undefined ? 0 : Math.max(joining.after, channel.written)),
        detach: () => remove(channel, subscriber, joining),
      };
    },
    loggedTopics: () =>
      [...channels.values()]
        .filter((c) => c.readLog !== undefined && c.delivered !== undefined)
        .map((c) => c.topic),
    reached(topic, seq) {
      const channel = channels.get(topic);
      if (channel === undefined || seq <= channel.newest) return;
      channel.newest = seq;
      if (channel.delivered !== undefined && seq > channel.delivered) scheduleHeal(channel, GAP_PATIENCE_MS);
    },
    onOpened(listener) {
      opened.add(listener);
      return () => opened.delete(listener);
    },
    stop() {
      stopped = true;
      for (const timer of timers) clearTimeout(timer);
      for (const channel of channels.values()) channel.unsubscribe();
      channels.clear();
    },
  };
}
