// Socket.IO's Redis adapter behind a guard. By itself it decodes what arrives unguarded, drops the promises of its handlers, and
// subscribes once: bytes that nobody can read, or a break at the wrong moment, would end the process or leave it deaf.
import { createAdapter, type RedisAdapter } from '@socket.io/redis-adapter';
import type { Logger } from '../../../core/logger.ts';
import type { RedisConnection } from '../../../core/redis.ts';

export interface GuardedAdapterOptions {
  publisher: RedisConnection;
  subscriber: RedisConnection;
  /** Prefix of its channels. */
  key: string;
  /** Longest wait for answers of other nodes, in ms. */
  answerLimitMs: number;
  logger: Logger;
  /** Told of each message that could not be read. */
  onUnreadable(): void;
}

type Listener = (message: Buffer, channel: Buffer) => unknown;

/** What the adapter's listeners call, by these names, and what its declarations keep private. */
interface Handlers {
  onmessage(pattern: null, channel: Buffer, message: Buffer): void;
  onrequest(channel: Buffer, message: Buffer): Promise<void>;
}

interface Subscription {
  make(): Promise<unknown>;
  state: 'missing' | 'asked' | 'made';
}

export function guardedAdapter(options: GuardedAdapterOptions) {
  const { publisher, subscriber, logger } = options;
  const { client: pub } = publisher;
  const { client: sub } = subscriber;
  const subscriptions: Subscription[] = [];

  const unreadable = (error: unknown) => {
    options.onUnreadable();
    logger.warn({ err: error }, 'a message of the socket control could not be read');
  };
  const failed = (error: unknown) => logger.debug({ err: error }, 'a command of the socket control failed');

  async function attempt(subscription: Subscription): Promise<void> {
    subscription.state = 'asked';
    try {
      await subscription.make();
      subscription.state = 'made';
    } catch (error) {
      subscription.state = 'missing';
      failed(error);
    }
  }

  function wanted(make: () => Promise<unknown>): Promise<void> {
    const subscription: Subscription = { make, state: 'missing' };
    subscriptions.push(subscription);
    return attempt(subscription);
  }

  const create = createAdapter(
    over(pub, {
      publish: (channel: string, message: string | Buffer) => pub.publish(channel, message).catch(failed),
    }),
    over(sub, {
      pSubscribe: (pattern: string, listener: Listener) =>
        wanted(() => sub.pSubscribe(pattern, listener as never, true)),
      subscribe: (channels: string[], listener: Listener) =>
        wanted(() => sub.subscribe(channels, listener as never, true)),
      // The connection is closed as a whole.
      pUnsubscribe: async () => {},
      unsubscribe: async () => {},
    }),
    { key: options.key, requestsTimeout: options.answerLimitMs },
  );

  /** Socket.IO calls it with `new`. */
  function adapter(namespace: unknown): RedisAdapter {
    const adapter = create(namespace);
    const handlers = adapter as unknown as Handlers;
    const onmessage = handlers.onmessage.bind(adapter);
    const onrequest = handlers.onrequest.bind(adapter);
    handlers.onmessage = (pattern, channel, message) => {
      try {
        onmessage(pattern, channel, message);
      } catch (error) {
        unreadable(error);
      }
    };
    handlers.onrequest = (channel, message) => onrequest(channel, message).catch(unreadable);
    return adapter;
  }

  return {
    adapter,
    /** Makes the subscriptions that a break prevented: the client itself only repeats those that were made. */
    resubscribe(): void {
      for (const subscription of subscriptions)
        if (subscription.state === 'missing') void attempt(subscription);
    },
    /** False while requests of other nodes may not reach this one. */
    listens: () => subscriptions.length > 0 && subscriptions.every(({ state }) => state === 'made'),
  };
}

/** The client with some of its methods replaced. */
function over(client: object, methods: Record<string, unknown>) {
  return new Proxy(client, {
    get(target, name) {
      if (typeof name === 'string' && Object.hasOwn(methods, name)) return methods[name];
      const value = Reflect.get(target, name, target) as unknown;
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}
