// A Redis client whose every wait has a number: connecting, silence, reconnecting. Must never queue commands while offline.
import { createClient } from 'redis';
import type { Logger } from './logger.ts';

const CONNECT_TIMEOUT_MS = 2000;
/** A server that says nothing for this long, pings included, is taken as gone. */
const SILENCE_MS = 2000;
const PING_MS = 500;
const MAX_BACKOFF_MS = 1000;
const FLUSH_MS = 500;

export interface RedisConnection {
  client: ReturnType<typeof makeClient>;
  /** Resolves when connected, or after a moment without: a node starts without Redis, and tries on. */
  start(): Promise<void>;
  /** Lets what was sent last go out, briefly, and closes. */
  stop(): Promise<void>;
}

export function connectRedis(
  url: string,
  role: string,
  logger: Logger,
  onReady?: () => void,
): RedisConnection {
  let stopping = false;
  let down = false;
  const client = makeClient(url, () => stopping);
  client.on('error', (error) => {
    if (!down && !stopping)
      logger.warn(
        { err: error, role },
        'Redis is not answering; what needs it goes another way until it does',
      );
    down = true;
  });
  client.on('ready', () => {
    if (down) logger.info({ role }, 'Redis is back');
    down = false;
    onReady?.();
  });
  const moment = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms).unref());
  return {
    client,
    async start() {
      await Promise.race([
        client.connect().then(
          () => {},
          () => {},
        ),
        moment(CONNECT_TIMEOUT_MS + 500),
      ]);
    },
    async stop() {
      stopping = true;
      if (client.isReady) await Promise.race([client.close().catch(() => {}), moment(FLUSH_MS)]);
      if (client.isOpen) client.destroy();
    },
  };
}

function makeClient(url: string, stopping: () => boolean) {
  return createClient({
    url,
    disableOfflineQueue: true,
    pingInterval: PING_MS,
    socket: {
      connectTimeout: CONNECT_TIMEOUT_MS,
      socketTimeout: SILENCE_MS,
      reconnectStrategy: (tries) =>
        stopping() ? false : Math.min(25 * 2 ** Math.min(tries, 10), MAX_BACKOFF_MS),
    },
  });
}
