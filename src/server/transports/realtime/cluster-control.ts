// Asks every node about connections and what it remembers of deliveries, through Socket.IO's Redis adapter. Messages do not go this way: Redis may lose them.
// Must never wait without a limit, nor say that an answer is complete when some node may not have been asked.
import type { Server } from 'socket.io';
import type { Connections, LiveConnection } from '../../../core/connections.ts';
import type { Asked as AskedDelivery, Deliveries, NodeMemory } from '../../../core/deliveries.ts';
import type { Logger } from '../../../core/logger.ts';
import type { Metrics } from '../../../core/metrics.ts';
import type { RedisConnection } from '../../../core/redis.ts';
import { guardedAdapter } from './cluster-control-guard.ts';
import type { LocalConnections } from './connections.ts';

/** Longest wait for the other nodes. */
const ANSWER_LIMIT_MS = 1000;
/** Longest wait in all, where Redis does not even say how many nodes there are. */
const CALL_LIMIT_MS = 1500;
/** After a break the others may come back later than this node; until then some may be missing. */
const SETTLE_MS = 3000;
const EVENT = 'parley:connections';
const RECALL = 'parley:deliveries';

interface Asked {
  what: 'list' | 'disconnect';
  tenantId: string;
  userId: string;
}

export interface ClusterControl extends Connections, Deliveries {
  start(): Promise<void>;
  stop(): Promise<void>;
}

export function createClusterControl(deps: {
  io: Server;
  local: LocalConnections;
  /** What this node remembers. */
  recall: (asked: AskedDelivery) => NodeMemory;
  logger: Logger;
  metrics: Metrics;
  redisUrl: string | undefined;
}): ClusterControl {
  const { io, local, recall, logger, metrics, redisUrl } = deps;
  let links: { publisher: RedisConnection; subscriber: RedisConnection } | undefined;
  /** Made once, when Redis is there for the first time. */
  let guarded: ReturnType<typeof guardedAdapter> | undefined;
  let settled = false;
  let settling: NodeJS.Timeout | undefined;
  const unreadable = metrics.counter(
    'parley_socket_control_unreadable_total',
    'Messages between nodes about connections that could not be read',
  );

  const here = ({ what, tenantId, userId }: Asked): LiveConnection[] =>
    what === 'list' ? local.list(tenantId, userId) : local.disconnect(tenantId, userId);

  io.on(EVENT, (asked: Asked, answer: (found: LiveConnection[]) => void) => answer(here(asked)));
  io.on(RECALL, (asked: AskedDelivery, answer: (found: NodeMemory[]) => void) => answer([recall(asked)]));

  function onReady(): void {
    settled = false;
    clearTimeout(settling);
    settling = setTimeout(() => {
      settled = true;
    }, SETTLE_MS).unref();
    if (guarded !== undefined) return guarded.resubscribe();
    if (links === undefined || !isReady()) return;
    guarded = guardedAdapter({
      ...links,
      key: 'parley-sockets',
      answerLimitMs: ANSWER_LIMIT_MS,
      logger,
      onUnreadable: () => unreadable.inc(),
    });
    io.adapter(guarded.adapter as never);
  }

  const isReady = () => links?.publisher.client.isReady === true && links.subscriber.client.isReady === true;

  async function everywhere<T>(
    event: string,
    asked: Asked | AskedDelivery,
    mine: T[],
  ): Promise<{ found: T[]; complete: boolean }> {
    if (redisUrl === undefined) return { found: mine, complete: true };
    if (!isReady() || guarded?.listens() !== true) return { found: mine, complete: false };
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<undefined>((resolve) => {
      timer = setTimeout(resolve, CALL_LIMIT_MS, undefined);
    });
    try {
      const others = await Promise.race([io.serverSideEmitWithAck(event, asked), late]);
      return { found: [...mine, ...(others ?? []).flat()], complete: others !== undefined && settled };
    } catch (error) {
      // The nodes that did answer come with the error.
      const { responses = [] } = error as { responses?: T[][] };
      logger.debug({ err: error }, 'not every node answered');
      return { found: [...mine, ...responses.flat()], complete: false };
    } finally {
      clearTimeout(timer);
    }
  }

  async function connections(asked: Asked) {
    const { found, complete } = await everywhere(EVENT, asked, here(asked));
    return { connections: found, complete };
  }

  return {
    list: (tenantId, userId) => connections({ what: 'list', tenantId, userId }),
    disconnect: (tenantId, userId) => connections({ what: 'disconnect', tenantId, userId }),
    async recall(asked) {
      const { found, complete } = await everywhere(RECALL, asked, [recall(asked)]);
      return { nodes: found, complete };
    },
    async start() {
      if (redisUrl === undefined) return;
      const { connectRedis } = await import('../../../core/redis.ts');
      links = {
        publisher: connectRedis(redisUrl, 'socket control publisher', logger, onReady),
        subscriber: connectRedis(redisUrl, 'socket control subscriber', logger, onReady),
      };
      await Promise.all([links.publisher.start(), links.subscriber.start()]);
    },
    async stop() {
      clearTimeout(settling);
      await Promise.all([links?.publisher.stop(), links?.subscriber.stop()]);
    },
  };
}
