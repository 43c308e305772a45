// A world around one hub that can go wrong in every way a bus and a database may: entries are dropped, repeated,
// delayed and reordered, reads of the log are slow and fail, people come, go, are removed and let in again.
// Runs under fake timers; what it records is compared with the log, which is always right.
import type { Bus, BusListener, BusMessage, LogEntry } from '../../../src/core/bus.ts';
import { createLogger } from '../../../src/core/logger.ts';
import { createMetrics } from '../../../src/core/metrics.ts';
import { createHub, type Encoding, type Subscription } from '../../../src/server/transports/realtime/hub.ts';

export const TOPIC = 'room:r';
export const USERS = ['ada', 'bob', 'eve'] as const;

/** What the bus does with one copy of a message: undefined drops it, a number delivers it after so many ms. */
export type Fate = (number | undefined)[];

export interface Listener {
  user: string;
  /** Undefined until its join was answered. */
  after: number | undefined;
  seqs: number[];
  signals: number;
  evicted: number;
  overflowed: number;
  /** Left by itself, or its join was refused. */
  left: boolean;
  /** Throws when it is written to. */
  broken: boolean;
  subscription: Subscription;
}

export interface JoinTimes {
  /** From subscribing to reading the log. */
  readMs: number;
  /** From there to checking the right to be here, and then to going live. */
  rightsMs: number;
  liveMs: number;
}

const encoding = (protocol: 'socketio' | 'phoenix'): Encoding => ({
  key: protocol,
  protocol,
  encode: (entries) => ({ bytes: Buffer.alloc(0), texts: entries.map((entry) => entry.json) }),
});
const ENCODINGS = [encoding('socketio'), encoding('phoenix')];

const later = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

export class World {
  readonly log: LogEntry[] = [];
  readonly listeners: Listener[] = [];
  readonly members = new Set<string>(USERS);
  readonly reads = { now: 0, most: 0, failed: 0 };
  /** Failures and delays of the reads to come, used up one by one; then reads succeed at once. */
  private readonly readFates: ('fail' | number)[];
  private readonly ears = new Set<BusListener>();
  private readonly hub;
  private pendingCopies = 0;

  constructor(readFates: ('fail' | number)[] = []) {
    this.readFates = [...readFates];
    const bus: Bus = {
      publish: () => {},
      publishLocal: () => {},
      subscribe: (_topic, listener) => {
        this.ears.add(listener);
        return () => this.ears.delete(listener);
      },
      shared: true,
      whenSubscribed: async () => {},
      healthy: () => true,
      onRecovered: () => () => {},
      start: async () => {},
      stop: async () => {},
    };
    const logger = createLogger({ level: 'silent', format: 'json' });
    this.hub = createHub({ bus, logger, metrics: createMetrics() });
  }

  /** Commits entries and hands them to the bus. @param evicts a user removed by the last of them */
  append(count: number, fate: Fate, evicts?: string): void {
    const entries = Array.from({ length: count }, (_, i): LogEntry => {
      const seq = this.log.length + i + 1;
      const evict = i === count - 1 ? evicts : undefined;
      return { seq, type: 'new_message', json: String(seq), ...(evict === undefined ? {} : { evict }) };
    });
    this.log.push(...entries);
    if (evicts !== undefined) this.members.delete(evicts);
    this.carry({ kind: 'log', entries }, fate);
  }

  signal(fate: Fate): void {
    this.carry({ kind: 'signal', type: 'typing', json: 'signal' }, fate);
  }

  private carry(message: BusMessage, fate: Fate): void {
    for (const delay of fate) {
      if (delay === undefined) continue;
      if (delay === 0) {
        this.deliver(message);
        continue;
      }
      this.pendingCopies++;
      setTimeout(() => {
        this.pendingCopies--;
        this.deliver(message);
      }, delay);
    }
  }

  private deliver(message: BusMessage): void {
    for (const listener of [...this.ears]) listener(message, TOPIC);
  }

  private readonly readLog = async (_topic: string, after: number, upTo: number): Promise<LogEntry[]> => {
    this.reads.now++;
    this.reads.most = Math.max(this.reads.most, this.reads.now);
    try {
      const fate = this.readFates.shift() ?? 0;
      await later(fate === 'fail' ? 5 : fate);
      if (fate === 'fail') {
        this.reads.failed++;
        throw new Error('the database does not answer');
      }
      return this.log.filter((entry) => entry.seq > after && entry.seq <= upTo);
    } finally {
      this.reads.now--;
    }
  };

  /** The join of session.ts and of the room topic: subscribe, read the log, check the right, answer, go live. */
  join(user: string, times: JoinTimes, protocol = 0): Listener {
    const listener: Listener = {
      user,
      after: undefined,
      seqs: [],
      signals: 0,
      evicted: 0,
      overflowed: 0,
      left: false,
      broken: false,
      subscription: undefined as unknown as Subscription,
    };
    listener.subscription = this.hub.attach(
      TOPIC,
      {
        encoding: ENCODINGS[protocol % 2] as Encoding,
        userId: user,
        write: ({ texts }) => {
          if (listener.broken) throw new Error('this subscriber is broken');
          for (const text of texts) {
            if (text === 'signal') listener.signals++;
            else listener.seqs.push(Number(text));
          }
        },
        evicted: () => {
          listener.evicted++;
          listener.subscription.detach();
        },
        overflowed: () => {
          listener.overflowed++;
          listener.subscription.detach();
        },
      },
      this.readLog,
    );
    this.listeners.push(listener);
    void this.finishJoin(listener, times);
    return listener;
  }

  private async finishJoin(listener: Listener, times: JoinTimes): Promise<void> {
    await later(times.readMs);
    const after = this.log.length;
    await later(times.rightsMs);
    if (listener.left) return;
    if (!this.members.has(listener.user)) return this.leave(listener);
    await later(times.liveMs);
    if (listener.left) return;
    listener.after = after;
    listener.subscription.goLive(after);
  }

  leave(listener: Listener): void {
    listener.left = true;
    listener.subscription.detach();
  }

  /** The entries that this listener must have seen by now, if nothing is under way any more. */
  owed(listener: Listener): number[] {
    const { after } = listener;
    if (after === undefined) return [];
    const removal = this.log.find((entry) => entry.evict === listener.user && entry.seq > after);
    const end = removal?.seq ?? this.log.length;
    return this.log.slice(after, end).map((entry) => entry.seq);
  }

  isEvicted(listener: Listener): boolean {
    const { after } = listener;
    return after !== undefined && this.log.some((e) => e.evict === listener.user && e.seq > after);
  }

  /** Lets copies arrive and gaps heal until nothing moves. @param advance moves the fake time */
  async settle(advance: (ms: number) => Promise<unknown>): Promise<void> {
    // An entry that arrives shows every gap before it.
    this.append(1, [0]);
    for (let i = 0; i < 200; i++) {
      await advance(600);
      const waiting = this.listeners.some(
        (l) => !l.left && l.overflowed === 0 && l.seqs.length < this.owed(l).length,
      );
      if (!waiting && this.pendingCopies === 0 && this.reads.now === 0) return;
    }
  }

  stop(): void {
    this.hub.stop();
  }
}
