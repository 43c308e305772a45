// Gives every wait on Postgres what is left of its call's time: for a connection, for each statement, for each lock. What takes
// longer is ended, not left behind, so that it cannot happen after its caller was refused. Only a commit that is under way is
// let finish: nobody could tell any more whether it has happened.
import type { Pool, PoolClient } from 'pg';
import { msLeft, tooLate, within } from './deadline.ts';

/** The server is the first to end a statement, which spares the connection; then the client does; then the caller is refused. */
const END_AFTER_MS = 150;
export const REFUSE_AFTER_MS = 250;
/** For taking back a transaction whose time is over. */
const ROLLBACK_MS = 1000;

/** The pool as Kysely asks it for connections. */
export function boundConnects(pool: Pool) {
  return {
    options: pool.options,
    connect(): Promise<PoolClient> {
      const left = msLeft();
      const client = pool.connect();
      if (left === undefined) return client;
      return within(client, left + REFUSE_AFTER_MS, () => {
        // It comes too late, if it comes.
        client.then((late) => late.release()).catch(() => {});
        return tooLate();
      });
    },
    end: () => pool.end(),
  };
}

type Query = (...args: unknown[]) => unknown;

/** Bounds each query of a connection, and closes the connection when an answer does not come in time. */
export function boundQueries(client: PoolClient): void {
  const query = client.query.bind(client) as Query;
  const check = (error: unknown) => {
    if (error instanceof Error && error.message === 'Query read timeout') end(client);
  };
  client.query = ((...args: unknown[]) => {
    const [text] = args;
    const callback = args.at(-1);
    // By callback, it is asked from within whatever call has just given its connection back; calls themselves ask by promise.
    if (typeof callback === 'function') {
      args[args.length - 1] = (error: unknown, ...rest: unknown[]) => {
        check(error);
        callback(error, ...rest);
      };
      return query(...args);
    }
    const left = typeof text === 'string' ? msLeft() : undefined;
    if (left !== undefined) {
      if (left === 0 && text !== 'rollback') return Promise.reject(tooLate());
      args[0] = bound(text as string, left);
    }
    const result = query(...args);
    if (result instanceof Promise) result.catch(check);
    return result;
  }) as PoolClient['query'];
}

function bound(text: string, left: number): string | { text: string; query_timeout: number } {
  switch (text) {
    case 'commit':
      return text;
    case 'rollback':
      return { text, query_timeout: ROLLBACK_MS };
    case 'begin': {
      const ms = Math.ceil(left);
      // In one round trip.
      const limits = `begin; set local statement_timeout = ${ms}; set local lock_timeout = ${ms}`;
      return { text: limits, query_timeout: left + END_AFTER_MS };
    }
    default:
      return { text, query_timeout: left + END_AFTER_MS };
  }
}

/**
 * Nobody knows what such a connection is in the middle of: a `begin` that is carried out later would swallow what the
 * connection's next user believes to be committed.
 */
function end(client: PoolClient): void {
  void (client as unknown as { end(): Promise<void> }).end().catch(() => {});
}
