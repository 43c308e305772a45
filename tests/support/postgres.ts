// A private Postgres cluster for tests, and fresh databases in it. Data is thrown away, so nothing is fsynced.
// Must never connect to a server it did not start.
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, realpathSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import {
  findBinary,
  freePort,
  keep,
  makeFolder,
  removeFolder,
  type Service,
  type User,
  unprivilegedUser,
} from './service.ts';

const run = promisify(execFile);
const DEBIAN = '/usr/lib/postgresql';
const INITDB_LIMIT_MS = 60_000;

const NO_POSTGRES =
  'Left out: the suites that need Postgres, because initdb and postgres were not found. ' +
  'To run them: apt-get install postgresql, or brew install postgresql, and pgvector.';
const NO_PGVECTOR =
  'Left out: the suites that need Postgres, because it has no pgvector. ' +
  'To run them: apt-get install postgresql-<version>-pgvector, brew install pgvector, or let .ci/run build it.';

/** Everything a test may need on: logs only warnings, allows a pool per worker, acknowledges as in production. */
const SETTINGS = {
  listen_addresses: '127.0.0.1',
  max_connections: '200',
  fsync: 'off',
  full_page_writes: 'off',
  synchronous_commit: 'on',
  log_min_messages: 'warning',
  timezone: 'UTC',
};

/** @param changed settings other than those of a throw-away test, for instance fsync for a benchmark */
export async function startPostgres(
  changed: Record<string, string> = {},
): Promise<Service | { missing: string }> {
  const installations = findInstallations();
  if (installations.length === 0) return { missing: NO_POSTGRES };
  const bin = installations.find(hasPgvector);
  if (bin === undefined) return { missing: NO_PGVECTOR };

  const user = unprivilegedUser();
  const folder = makeFolder('postgres', user);
  const port = await freePort();
  const password = randomBytes(12).toString('hex');
  try {
    await initialise(bin, folder, password, user);
  } catch (error) {
    removeFolder(folder);
    throw new Error(
      `initdb failed (${bin}): ${(error as { stderr?: string }).stderr || (error as Error).message}`,
    );
  }
  const settings = { ...SETTINGS, ...changed, port: String(port), unix_socket_directories: folder };
  const args = [
    '-D',
    join(folder, 'data'),
    ...Object.entries(settings).flatMap(([key, value]) => ['-c', `${key}=${value}`]),
  ];
  const url = `postgres://postgres:${password}@127.0.0.1:${port}/postgres`;
  const command = join(bin, 'postgres');
  const keeper = await keep({ folder, command, args, stopSignal: 'SIGINT', user }, () =>
    query(url, 'select 1'),
  );
  return { url, port, ...keeper };
}

export interface Database {
  url: string;
  name: string;
  /** Removes it, ending whatever is still connected. */
  drop(): Promise<void>;
}

/**
 * A new, uniquely named database. Costs tens of milliseconds.
 * @param template a database to copy, for instance one that is migrated already; nobody may be connected to it
 */
export async function createDatabase(postgresUrl: string, template = 'template1'): Promise<Database> {
  const name = `test_${randomBytes(8).toString('hex')}`;
  await query(postgresUrl, `create database ${name} template ${pg.escapeIdentifier(template)}`);
  const url = new URL(postgresUrl);
  url.pathname = `/${name}`;
  return {
    url: url.href,
    name,
    drop: async () => {
      await query(postgresUrl, `drop database if exists ${name} with (force)`);
    },
  };
}

async function query(url: string, sql: string): Promise<true> {
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: 5000,
    query_timeout: 20_000,
  });
  client.on('error', () => {});
  await client.connect();
  try {
    await client.query(sql);
    return true;
  } finally {
    await client.end();
  }
}

async function initialise(
  bin: string,
  folder: string,
  password: string,
  user: User | undefined,
): Promise<void> {
  const passwordFile = join(folder, 'password');
  writeFileSync(passwordFile, password);
  await run(
    join(bin, 'initdb'),
    [
      ...['-D', join(folder, 'data'), '-U', 'postgres', '--pwfile', passwordFile, '--auth', 'scram-sha-256'],
      ...['--encoding', 'UTF8', '--locale', 'C', '--no-sync', '--no-instructions'],
    ],
    { cwd: folder, timeout: INITDB_LIMIT_MS, ...user },
  );
}

/** Folders that hold both initdb and postgres: the PATH's first, then Debian's, newest first. */
function findInstallations(): string[] {
  const onPath = findBinary('postgres');
  const debian = existsSync(DEBIAN) ? readdirSync(DEBIAN).sort((a, b) => Number(b) - Number(a)) : [];
  const folders = [
    ...(onPath ? [dirname(realpathSync(onPath))] : []),
    ...debian.map((version) => join(DEBIAN, version, 'bin')),
  ];
  return [...new Set(folders)].filter(
    (bin) => existsSync(join(bin, 'initdb')) && existsSync(join(bin, 'postgres')),
  );
}

function hasPgvector(bin: string): boolean {
  const version = bin.match(/postgresql\/(\d+)\/bin$/)?.[1];
  const shares = [
    join(bin, '../share'),
    join(bin, '../share/postgresql'),
    `/usr/share/postgresql/${version}`,
  ];
  return shares.some((share) => existsSync(join(share, 'extension', 'vector.control')));
}
