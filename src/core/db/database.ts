// Opens the database: PGlite in a folder by default, Postgres by URL, one Kysely over either.
// How long a call waits is in deadline.ts and postgres-waits.ts; what runs outside of calls has the driver's limits below.
// Must never let a wait on the database be without a limit, nor an idle client's error end the process.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { PGlite as PGliteInstance } from '@electric-sql/pglite';
import { CamelCasePlugin, Kysely, PGliteDialect, PostgresDialect, type Transaction } from 'kysely';
import type { Pool as PgPool } from 'pg';
import type { Logger } from '../logger.ts';
import { msLeft, tooLate, untimed, within } from './deadline.ts';
import { makeFair } from './fair-pglite.ts';
import { boundConnects, boundQueries, REFUSE_AFTER_MS } from './postgres-waits.ts';
import type { Tables } from './tables.ts';

export type Db = Kysely<Tables>;
/** First parameter `tx` means: inside your transaction. */
export type Tx = Transaction<Tables>;

export interface Database {
  readonly kind: 'pglite' | 'postgres';
  readonly db: Db;
  /** The driver under Kysely, for the job queue. */
  readonly driver: { pglite: PGliteInstance } | { pool: PgPool };
  /** Runs `fn` in one transaction; callbacks given to `afterCommit` run once it is committed, in order. */
  transaction<T>(fn: (tx: Tx) => Promise<T>): Promise<T>;
  /** Runs `fn` after this transaction has committed, and never if it rolls back. */
  afterCommit(tx: Tx, fn: () => void): void;
  close(): Promise<void>;
}

export interface DatabaseOptions {
  /** Postgres URL; undefined means PGlite. */
  url?: string | undefined;
  /** Folder of PGlite; undefined means in memory. */
  dataDir?: string | undefined;
  /** What a new PGlite starts from instead of being empty: an archive made by `dumpDataDir`. */
  loadDataDir?: Blob | undefined;
  poolSize: number;
  logger: Logger;
}

/** Longest wait for a connection, a statement and a lock, in ms, for what no caller waits for. */
const CONNECT_TIMEOUT_MS = 3000;
const STATEMENT_TIMEOUT_MS = 10_000;
const LOCK_TIMEOUT_MS = 2500;
const UNKNOWN =
  'The database did not answer in time, and it is not known whether this was stored; look before you try again.';
/** A node that freezes in a transaction keeps the room it has locked from all others for this long. */
const IDLE_IN_TRANSACTION_MS = 5000;

export async function openDatabase(options: DatabaseOptions): Promise<Database> {
  const opened =
    options.url === undefined ? await openPglite(options) : await openPostgres(options.url, options);
  const { db } = opened;
  const callbacks = new WeakMap<Tx, (() => void)[]>();

  return {
    ...opened,
    async transaction(fn) {
      const after: (() => void)[] = [];
      let committing = false;
      const run = async () => {
        const result = await db.transaction().execute(async (tx) => {
          callbacks.set(tx, after);
          const value = await fn(tx);
          committing = true;
          return value;
        });
        // Others are told also when the caller is not there any more.
        for (const callback of after) untimed(callback);
        return result;
      };
      const left = opened.kind === 'postgres' ? msLeft() : undefined;
      if (left === undefined) return run();
      return within(run(), left + REFUSE_AFTER_MS, () => tooLate(committing ? UNKNOWN : undefined));
    },
    afterCommit(tx, fn) {
      const after = callbacks.get(tx);
      if (after === undefined)
        throw new Error('afterCommit needs a transaction opened with Database.transaction.');
      after.push(fn);
    },
    async close() {
      await db.destroy();
      // Kysely leaves a driver open that was only used past it.
      const { driver } = opened;
      if ('pool' in driver) {
        if (!driver.pool.ended) await driver.pool.end();
      } else if (!driver.pglite.closed) await driver.pglite.close();
    },
  };
}

const plugins = () => [new CamelCasePlugin({ maintainNestedObjectKeys: true })];

async function openPglite(options: DatabaseOptions) {
  const [{ PGlite, types }, { vector }, { pg_trgm }] = await Promise.all([
    import('@electric-sql/pglite'),
    import('@electric-sql/pglite-pgvector'),
    import('@electric-sql/pglite/contrib/pg_trgm'),
  ]);
  let dataDir: string | undefined;
  if (options.dataDir !== undefined) {
    mkdirSync(options.dataDir, { recursive: true, mode: 0o700 });
    dataDir = join(options.dataDir, 'pglite');
  }
  const pglite = await PGlite.create({
    ...(dataDir === undefined ? {} : { dataDir }),
    ...(options.loadDataDir === undefined ? {} : { loadDataDir: options.loadDataDir }),
    extensions: { vector, pg_trgm },
    parsers: { [types.INT8]: Number },
  });
  await pglite.exec(`SET TIME ZONE 'UTC'`);
  const db = new Kysely<Tables>({
    dialect: new PGliteDialect({ pglite: makeFair(pglite) }),
    plugins: plugins(),
  });
  return { kind: 'pglite' as const, db, driver: { pglite: pglite as unknown as PGliteInstance } };
}

async function openPostgres(url: string, options: DatabaseOptions) {
  const { default: pg } = await import('pg');
  pg.types.setTypeParser(pg.types.builtins.INT8, Number);
  const pool = new pg.Pool({
    connectionString: url,
    max: options.poolSize,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    query_timeout: STATEMENT_TIMEOUT_MS + 2000,
    statement_timeout: STATEMENT_TIMEOUT_MS,
    lock_timeout: LOCK_TIMEOUT_MS,
    idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MS,
    keepAlive: true,
    application_name: 'parley',
    options: '-c timezone=UTC -c synchronous_commit=on',
  });
  pool.on('error', (error) => options.logger.warn({ err: error }, 'an idle database connection failed'));
  // A checked-out client that dies emits on itself, not on the pool.
  pool.on('connect', (client) => {
    client.on('error', (error) => options.logger.warn({ err: error }, 'a database connection failed'));
    boundQueries(client);
  });
  const db = new Kysely<Tables>({
    dialect: new PostgresDialect({ pool: boundConnects(pool) }),
    plugins: plugins(),
  });
  return { kind: 'postgres' as const, db, driver: { pool } };
}
