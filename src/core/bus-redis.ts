// The bus of a cluster: Redis sharded pub/sub, one channel a topic, subscribed only while someone here listens.
// Only a hint: Redis may drop, freeze or be wiped. Whatever arrives is decoded inside a guard, and no wait is without a limit.
import type { Bus, BusListener, BusMessage, LogEntry } from './bus.ts';
import { createMemoryBus } from './bus-memory.ts';
import { newId } from './ids.ts';
import type { Logger } from './logger.ts';
import { connectRedis } from './redis.ts';

export interface RedisBusOptions {
  url: string;
  logger: Logger;
  /** Tells this deployment's channels from another's on the same Redis. */
  prefix?: string;
}

/** Publications that may wait for Redis; more are dropped, and read from the log by whoever misses them. */
const MAX_PENDING = 20_000;

export function createRedisBus({ url, logger, prefix = 'parley' }: RedisBusOptions): Bus {
  const nodeId = newId();
  /** Listeners of this node hear their own publications without the way through Redis. */
  const local = createMemoryBus(logger);
  const counts = new Map<string, number>();
  const subscribed = new Map<string, Promise<void>>();
  /** Topics whose subscription Redis has confirmed, and the client makes again after a break. */
  const made = new Set<string>();
  const recovered = new Set<() => void>();
  let pending = 0;
  let stopping = false;

  const announceRecovery = () => {
    for (const listener of recovered) listener();
  };
  const publishing = connectRedis(url, 'publisher', logger, announceRecovery);
  const subscribing = connectRedis(url, 'subscriber', logger, () => {
    reconcile();
    announceRecovery();
  });
  const publisher = publishing.client;
  const subscriber = subscribing.client;
  const channel = (topic: string) => `${prefix}:${topic}`;

  function receive(raw: string, name: string): void {
    try {
      const decoded = decode(raw);
      if (decoded === undefined || decoded.from === nodeId) return;
      local.publish(name.slice(prefix.length + 1), decoded.message);
    } catch (error) {
      logger.warn(
        { err: error, channel: name },
        'a message of the bus could not be read; the log makes up for it',
      );
    }
  }

  const onMessage = (message: string, name: string) => receive(message, name);
  const ignore = (error: unknown) => {
    if (!stopping) logger.debug({ err: error }, 'a Redis command failed');
  };

  async function make(topic: string): Promise<void> {
    try {
      await subscriber.sSubscribe(channel(topic), onMessage);
      made.add(topic);
      if (!counts.has(topic)) await drop(topic);
    } catch (error) {
      ignore(error);
    }
  }

  async function drop(topic: string): Promise<void> {
    if (!made.has(topic) || counts.has(topic)) return;
    try {
      await subscriber.sUnsubscribe(channel(topic), onMessage);
      if (counts.has(topic)) subscribed.set(topic, make(topic));
      else made.delete(topic);
    } catch (error) {
      ignore(error);
    }
  }

  /** What was asked for while Redis was away: the client itself only remembers subscriptions that were made. */
  function reconcile(): void {
    for (const topic of counts.keys()) if (!made.has(topic)) subscribed.set(topic, make(topic));
    for (const topic of made) if (!counts.has(topic)) void drop(topic);
  }

  return {
    publish(topic, message) {
      local.publish(topic, message);
      if (!publisher.isReady || pending >= MAX_PENDING) return;
      pending++;
      publisher
        .sPublish(channel(topic), encode(nodeId, message))
        .catch(ignore)
        .finally(() => {
          pending--;
        });
    },

    publishLocal: local.publish,

    subscribe(topic, listener: BusListener) {
      const off = local.subscribe(topic, listener);
      const count = counts.get(topic) ?? 0;
      counts.set(topic, count + 1);
      if (count === 0) subscribed.set(topic, make(topic));
      return () => {
        off();
        const left = (counts.get(topic) ?? 1) - 1;
        if (left > 0) return void counts.set(topic, left);
        counts.delete(topic);
        subscribed.delete(topic);
        void drop(topic);
      };
    },

    shared: true,
    whenSubscribed: (topic) => subscribed.get(topic) ?? Promise.resolve(),
    healthy: () => publisher.isReady && subscriber.isReady,
    onRecovered(listener) {
      recovered.add(listener);
      return () => recovered.delete(listener);
    },

    async start() {
      await local.start();
      await Promise.all([publishing.start(), subscribing.start()]);
    },

    async stop() {
      stopping = true;
      await local.stop();
      await Promise.all([publishing.stop(), subscribing.stop()]);
    },
  };
}

/**
 * Text of a message: a head line, then for each entry a line of its facts and a line of its JSON, which has no line
 * breaks. Payloads are not quoted again.
 */
export function encode(from: string, message: BusMessage): string {
  if (message.kind === 'signal') return `1 ${from} s\n${message.type}\n${message.json}`;
  const lines = message.entries.map((e) => `${e.seq} ${e.type} ${e.evict ?? '-'}\n${e.json}`);
  return `1 ${from} l\n${lines.join('\n')}`;
}

/** @returns undefined for a version this node does not know @throws SyntaxError for anything else */
export function decode(raw: string): { from: string; message: BusMessage } | undefined {
  const lines = raw.split('\n');
  const [version, from, kind] = (lines[0] ?? '').split(' ');
  if (version !== '1' || from === undefined) {
    if (/^\d+$/.test(version ?? '')) return undefined;
    throw new SyntaxError('not a message of the bus');
  }
  if (kind === 's' && lines.length === 3 && lines[1] !== '') {
    return { from, message: { kind: 'signal', type: lines[1] as string, json: checked(lines[2] as string) } };
  }
  if (kind !== 'l' || lines.length < 3 || lines.length % 2 === 0) throw new SyntaxError('a cut message');
  const entries: LogEntry[] = [];
  for (let i = 1; i < lines.length; i += 2) {
    const [seq, type, evict] = (lines[i] as string).split(' ');
    if (!/^\d{1,15}$/.test(seq ?? '') || type === undefined || type === '' || evict === undefined)
      throw new SyntaxError('a malformed entry');
    entries.push({
      seq: Number(seq),
      type,
      json: checked(lines[i + 1] as string),
      ...(evict === '-' ? {} : { evict }),
    });
  }
  return { from, message: { kind: 'log', entries } };
}

/** Cheap look at a payload: what is not an object would be written to clients as it is. */
function checked(json: string): string {
  if (!json.startsWith('{') || !json.endsWith('}')) throw new SyntaxError('a payload that is not an object');
  return json;
}
