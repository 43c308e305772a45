// Connections to MCP servers, one for each owner, server and credential: opened when needed, listed anew when they may have
// changed, closed when idle, and left alone for a while after failing again and again. Must never share one between owners.
import type { Clock } from '../../core/clock.ts';
import { AppError } from '../../core/errors.ts';
import type { McpConnection } from './connection.ts';

export interface McpConnections {
  /**
   * @param key names owner, server and credential
   * @param listed told what the server offers, before the connection is used after that was asked
   */
  use<T>(
    key: string,
    open: () => Promise<McpConnection>,
    listed: (offered: unknown[]) => Promise<void>,
    fn: (connection: McpConnection) => Promise<T>,
  ): Promise<T>;
  /** As `use`, but the tools are listed whatever is known. */
  refresh(
    key: string,
    open: () => Promise<McpConnection>,
    listed: (offered: unknown[]) => Promise<void>,
  ): Promise<void>;
  /** Closes those whose key begins so. */
  drop(prefix: string): Promise<void>;
  stop(): Promise<void>;
}

export const CONNECTION_LIMITS = {
  open: 64,
  /** Unused for this long, it is closed. */
  idleMs: 5 * 60_000,
  /** What was listed is believed for this long. */
  listedMs: 60_000,
  failures: 3,
  /** After that many failures nobody asks for this long. */
  restMs: 30_000,
};

interface Entry {
  connection: Promise<McpConnection> | undefined;
  listedAt: number;
  listing: Promise<void> | undefined;
  users: number;
  usedAt: number;
  failures: number;
  restsUntil: number;
  timer: NodeJS.Timeout | undefined;
}

export function createMcpConnections(deps: {
  clock: Clock;
  /** Whether an error says something of the connection, and not only of the call. */
  isBroken(error: unknown): boolean;
}): McpConnections {
  const { clock, isBroken } = deps;
  const entries = new Map<string, Entry>();
  let stopped = false;

  async function connected(entry: Entry, open: () => Promise<McpConnection>): Promise<McpConnection> {
    while (entry.connection !== undefined) {
      const opened = entry.connection;
      const known = await opened;
      if (!known.isClosed()) return known;
      if (entry.connection === opened) entry.connection = undefined;
    }
    makeRoom();
    const opening = open();
    entry.connection = opening;
    entry.listedAt = Number.NEGATIVE_INFINITY;
    try {
      return await opening;
    } catch (error) {
      if (entry.connection === opening) entry.connection = undefined;
      throw error;
    }
  }

  /** Those who come while it is listed wait for the same answer. */
  function upToDate(
    entry: Entry,
    connection: McpConnection,
    listed: (offered: unknown[]) => Promise<void>,
    anew: boolean,
  ): Promise<void> {
    const old = clock.elapsed() - entry.listedAt > CONNECTION_LIMITS.listedMs;
    if (!anew && !old && !connection.isStale()) return entry.listing ?? Promise.resolve();
    entry.listing ??= (async () => {
      await listed(await connection.listTools());
      entry.listedAt = clock.elapsed();
    })().finally(() => {
      entry.listing = undefined;
    });
    return entry.listing;
  }

  async function using<T>(
    key: string,
    open: () => Promise<McpConnection>,
    listed: (offered: unknown[]) => Promise<void>,
    anew: boolean,
    fn: (connection: McpConnection) => Promise<T>,
  ): Promise<T> {
    if (stopped) throw new AppError('unavailable', 'stopping', 'The server is stopping; try again shortly.');
    const entry = entries.get(key) ?? fresh();
    entries.set(key, entry);
    // A person who asks for it may try at once.
    if (!anew && clock.elapsed() < entry.restsUntil)
      throw new AppError(
        'unavailable',
        'mcp_resting',
        'This server failed several times and is left alone for a while; try later.',
      );
    clearTimeout(entry.timer);
    entry.users++;
    entry.usedAt = clock.elapsed();
    try {
      const connection = await connected(entry, open);
      await upToDate(entry, connection, listed, anew);
      const result = await fn(connection);
      entry.failures = 0;
      return result;
    } catch (error) {
      if (isBroken(error)) {
        entry.failures++;
        if (entry.failures >= CONNECTION_LIMITS.failures)
          entry.restsUntil = clock.elapsed() + CONNECTION_LIMITS.restMs;
        // Others may still get their answers over it.
        if (entry.users === 1) void close(entry);
      }
      throw error;
    } finally {
      entry.users--;
      if (entry.users === 0) {
        entry.timer = setTimeout(() => void forget(key, entry), CONNECTION_LIMITS.idleMs);
        entry.timer.unref();
      }
    }
  }

  /** Closes the one that was unused the longest. @throws AppError when all are in use */
  function makeRoom(): void {
    const open = [...entries].filter(([, entry]) => entry.connection !== undefined);
    if (open.length < CONNECTION_LIMITS.open) return;
    const idle = open.filter(([, { users }]) => users === 0).sort(([, a], [, b]) => a.usedAt - b.usedAt)[0];
    if (idle === undefined)
      throw new AppError('unavailable', 'mcp_busy', 'Too many MCP servers are in use; try again shortly.');
    void forget(...idle);
  }

  async function close(entry: Entry): Promise<void> {
    const { connection } = entry;
    entry.connection = undefined;
    await connection?.then((c) => c.close()).catch(() => undefined);
  }

  async function forget(key: string, entry: Entry): Promise<void> {
    clearTimeout(entry.timer);
    if (entries.get(key) === entry) entries.delete(key);
    await close(entry);
  }

  return {
    use: (key, open, listed, fn) => using(key, open, listed, false, fn),
    refresh: (key, open, listed) => using(key, open, listed, true, async () => undefined),
    async drop(prefix) {
      const theirs = [...entries].filter(([key]) => key.startsWith(prefix));
      await Promise.all(theirs.map(([key, entry]) => forget(key, entry)));
    },
    async stop() {
      stopped = true;
      await Promise.all([...entries].map(([key, entry]) => forget(key, entry)));
    },
  };
}

const fresh = (): Entry => ({
  connection: undefined,
  listedAt: Number.NEGATIVE_INFINITY,
  listing: undefined,
  users: 0,
  usedAt: 0,
  failures: 0,
  restsUntil: Number.NEGATIVE_INFINITY,
  timer: undefined,
});
