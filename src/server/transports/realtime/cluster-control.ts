// Asks every node about connections, through Socket.IO's Redis adapter. Messages do not go this way: Redis may lose them. The
// adapter decodes what arrives without a guard, so what reaches it passes one here; a throw there would end the process.
import { createAdapter } from '@socket.io/redis-adapter';
import type { Server } from 'socket.io';
import type { Connections, ConnectionsFound, LiveConnection } from '../../../core/connections.ts';
import type { Logger } from '../../../core/logger.ts';
import { connectRedis, type RedisConnection } from '../../../core/redis.ts';
import type { LocalConnections } from './connections.ts';

/** Longest wait for the other nodes. */
const ANSWER_LIMIT_MS = 1000;
const EVENT = 'parley:connections';

interface Asked {
  what: 'list' | 'disconnect';
  tenantId: string;
  userId: string;
}

export interface ClusterControl extends Connections {
  start(): Promise<void>;
  stop(): Promise<void>;
}

export function createClusterControl(deps: {
  io: Server;
  local: LocalConnections;
  logger: Logger;
  redisUrl: string | undefined;
}): ClusterControl {
  const { io, local, logger, redisUrl } = deps;
  let links: { publisher: RedisConnection; subscriber: RedisConnection } | undefined;
  /** The adapter's subscriptions are made once, when Redis is there; the client makes them again after a break. */
  let attached = false;

  const here = ({ what, tenantId, userId }: Asked): LiveConnection[] =>
    what === 'list' ? local.list(tenantId, userId) : local.disconnect(tenantId, userId);

  io.on(EVENT, (asked: Asked, answer: (found: LiveConnection[]) => void) => answer(here(asked)));

  function attach(): void {
    if (attached || links === undefined) return;
    const { publisher, subscriber } = links;
    if (!publisher.client.isReady || !subscriber.client.isReady) return;
    attached = true;
    const guarded = guard(publisher, subscriber, logger);
    io.adapter(
      createAdapter(guarded.publisher, guarded.subscriber, {
        key: 'parley-sockets',
        requestsTimeout: ANSWER_LIMIT_MS,
      }),
    );
  }

  async function everywhere(asked: Asked): Promise<ConnectionsFound> {
    const mine = here(asked);
    if (redisUrl === undefined) return { connections: mine, complete: true };
    if (!attached || links?.publisher.client.isReady !== true) return { connections: mine, complete: false };
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<undefined>((resolve) => {
      timer = setTimeout(resolve, ANSWER_LIMIT_MS, undefined);
    });
    try {
      const others = await Promise.race([io.serverSideEmitWithAck(EVENT, asked), late]);
      return { connections: [...mine, ...(others ?? []).flat()], complete: others !== undefined };
    } catch (error) {
      // The nodes that did answer come with the error.
      const { responses = [] } = error as { responses?: LiveConnection[][] };
      logger.debug({ err: error }, 'not every node answered');
      return { connections: [...mine, ...responses.flat()], complete: false };
    } finally {
      clearTimeout(timer);
    }
  }

  return {
    list: (tenantId, userId) => everywhere({ what: 'list', tenantId, userId }),
    disconnect: (tenantId, userId) => everywhere({ what: 'disconnect', tenantId, userId }),
    async start() {
      if (redisUrl === undefined) return;
      links = {
        publisher: connectRedis(redisUrl, 'socket control publisher', logger, attach),
        subscriber: connectRedis(redisUrl, 'socket control subscriber', logger, attach),
      };
      await Promise.all([links.publisher.start(), links.subscriber.start()]);
    },
    async stop() {
      await Promise.all([links?.publisher.stop(), links?.subscriber.stop()]);
    },
  };
}

type Listener = (message: Buffer, channel: Buffer) => unknown;

/** The clients as the adapter sees them: a command that fails and a message that cannot be read are logged, never thrown. */
function guard(publisher: RedisConnection, subscriber: RedisConnection, logger: Logger) {
  const unreadable = (error: unknown) =>
    logger.warn({ err: error }, 'a message of the socket control could not be read');
  const failed = (error: unknown) => logger.debug({ err: error }, 'a command of the socket control failed');
  const safely = (listener: Listener): Listener =>
    async function safe(message, channel) {
      try {
        await listener(message, channel);
      } catch (error) {
        unreadable(error);
      }
    };
  const over = (client: object, methods: Record<string, unknown>) =>
    new Proxy(client, {
      get(target, name) {
        if (typeof name === 'string' && Object.hasOwn(methods, name)) return methods[name];
        const value = Reflect.get(target, name, target) as unknown;
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
  const { client: pub } = publisher;
  const { client: sub } = subscriber;
  return {
    publisher: over(pub, {
      publish: (channel: string, message: string | Buffer) => pub.publish(channel, message).catch(failed),
    }),
    subscriber: over(sub, {
      pSubscribe: (pattern: string, listener: Listener) =>
        sub.pSubscribe(pattern, safely(listener) as never, true).catch(failed),
      subscribe: (channels: string[], listener: Listener) =>
        sub.subscribe(channels, safely(listener) as never, true).catch(failed),
      pUnsubscribe: async () => {},
      unsubscribe: async () => {},
    }),
  };
}
