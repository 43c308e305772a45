// Backs up and restores the whole database. A restore is verified before anyone may use it, and gives the database a new
// epoch, so that clients who saw what came after the backup start afresh. Must never overwrite data, nor a backup.
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, readFile, rename, rm, unlink, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type ArchiveReader, type ArchiveWriter, createArchive, openArchive } from './backup-archive.ts';
import { addFiles, checkArchived, FILE_LIST, type FilesAdded, putFiles } from './backup-files.ts';
import {
  compare,
  describeDatabase,
  listTables,
  MANIFEST,
  type Manifest,
  parseManifest,
  type Query,
  unknownMigrations,
} from './backup-manifest.ts';
import type { Clock } from './clock.ts';
import type { Config } from './config.ts';
import { lockDataDir } from './data-dir.ts';
import { type Database, openDatabase } from './db/database.ts';
import { knownMigrations } from './db/migrate.ts';
import { renewEpoch } from './epoch.ts';
import { createFiles } from './files.ts';
import type { Logger } from './logger.ts';

/** Why a backup or a restore was not done; its message is all the reader needs. */
export class BackupError extends Error {
  override readonly name = 'BackupError';
}

export interface BackupDeps {
  config: Config;
  clock: Clock;
  logger: Logger;
  /** For pg_dump and pg_restore, which get the password through it. */
  env: Record<string, string | undefined>;
}

const DUMP = { pglite: 'pglite.tar.gz', postgres: 'postgres.dump' } as const;
const SECRET = 'secret.key';

export interface BackupOptions {
  /** Also the key that signs sessions: whoever has the file may then sign in as anyone. */
  withSecret: boolean;
  /** Also what is in a bucket; files on this disk are in it anyway. */
  withFiles: boolean;
}

/** @returns the manifest, and what is wrong with uploaded files */
export async function backUp(
  deps: BackupDeps,
  path: string,
  { withSecret, withFiles }: BackupOptions,
): Promise<{ manifest: Manifest; problems: string[] }> {
  const { config, clock } = deps;
  const embedded = config.DATABASE_URL === undefined;
  const secret = join(config.DATA_DIR, SECRET);
  if (existsSync(path))
    throw new BackupError(`There is a file ${resolve(path)} already; choose another name.`);
  if (embedded && !existsSync(join(config.DATA_DIR, 'pglite')))
    throw new BackupError(`There is no database in ${resolve(config.DATA_DIR)}; check DATA_DIR.`);
  if (withSecret && (config.SECRET_KEY !== undefined || !existsSync(secret)))
    throw new BackupError(
      `There is no ${SECRET} to back up: ${config.SECRET_KEY === undefined ? 'none was made yet' : 'the key comes from SECRET_KEY; keep that one safe yourself'}.`,
    );
  await mkdir(dirname(resolve(path)), { recursive: true });
  const partial = `${path}.partial`;
  await rm(partial, { force: true });
  const archive = await createArchive(partial, clock.now());
  const { objects } = createFiles(config, false);
  try {
    const add = embedded ? addPglite : addPostgres;
    const { files, ...described } = await add(deps, archive, (query) =>
      addFiles(query, archive, objects, withFiles || config.S3_ENDPOINT === undefined),
    );
    const parts: Record<string, string> = { ...described.parts, [FILE_LIST]: files.sha256 };
    if (withSecret)
      parts[SECRET] = (await archive.add(SECRET, Readable.from([await readFile(secret)]))).sha256;
    const manifest: Manifest = {
      format: 1,
      parley: config.version,
      createdAt: clock.date().toISOString(),
      database: embedded ? 'pglite' : 'postgres',
      ...described,
      parts,
      files: { listed: files.files, archived: files.archived },
    };
    const json = Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`);
    await archive.add(MANIFEST, Readable.from([json]));
    await archive.close();
    await rename(partial, path);
    return { manifest, problems: files.problems };
  } catch (error) {
    await archive.close().catch(() => undefined);
    await unlink(partial).catch(() => undefined);
    throw error;
  } finally {
    await objects.stop();
  }
}

type Described = Pick<Manifest, 'serverVersion' | 'extensions' | 'migrations' | 'tables' | 'parts'> & {
  files: FilesAdded;
};
/** What the database knows of files, in the same snapshot. */
type AddFiles = (query: Query) => Promise<FilesAdded>;

async function addPglite(deps: BackupDeps, archive: ArchiveWriter, add: AddFiles): Promise<Described> {
  const lock = lockDataDir(deps.config.DATA_DIR, deps.clock.now);
  try {
    const database = await openDatabase({ dataDir: deps.config.DATA_DIR, poolSize: 1, logger: deps.logger });
    try {
      const { pglite } = pgliteOf(database);
      const described = await describeDatabase(queryOf(database));
      const dump = await pglite.dumpDataDir('gzip');
      const { sha256 } = await archive.add(DUMP.pglite, Readable.fromWeb(dump.stream() as never));
      return { ...described, parts: { [DUMP.pglite]: sha256 }, files: await add(queryOf(database)) };
    } finally {
      await database.close();
    }
  } finally {
    lock.release();
  }
}

async function addPostgres(deps: BackupDeps, archive: ArchiveWriter, add: AddFiles): Promise<Described> {
  return withClient(deps, async (query) => {
    // One snapshot for the counts and the dump: the server goes on meanwhile.
    await query('begin isolation level repeatable read read only');
    const [exported] = await query('select pg_export_snapshot() as snapshot');
    const described = await describeDatabase(query);
    const program = startProgram(deps, 'pg_dump', [
      ...['--format=custom', '--no-owner', '--no-privileges', '--no-comments', '--lock-wait-timeout=10s'],
      `--snapshot=${String(exported?.snapshot)}`,
    ]);
    const { sha256 } = await archive.add(DUMP.postgres, program.child.stdout);
    await program.ended;
    return { ...described, parts: { [DUMP.postgres]: sha256 }, files: await add(query) };
  });
}

export interface Restored {
  manifest: Manifest;
  epoch: string;
  /** Where the data that was there before is now. */
  keptAt?: string;
  /** Files that were put back, and what is wrong with those that are elsewhere. */
  files: { put: number; problems: string[] };
}

export interface RestoreOptions {
  /** Also the key that signs sessions, in place of the one in the folder. */
  withSecret: boolean;
  /** Puts an embedded database that is there aside. */
  replace: boolean;
}

/** @throws BackupError when the file is damaged, does not fit, or what came of it is not what was backed up */
export async function restore(deps: BackupDeps, path: string, options: RestoreOptions): Promise<Restored> {
  const archive = await openArchive(path).catch((error: unknown) => {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    throw new BackupError(missing ? `There is no file ${resolve(path)}.` : (error as Error).message);
  });
  try {
    const manifest = parseManifest(await archive.text(MANIFEST));
    const known = await knownMigrations();
    const kind = deps.config.DATABASE_URL === undefined ? 'pglite' : 'postgres';
    if (manifest.database !== kind)
      throw new BackupError(
        `The backup is of ${nameOf(manifest.database)}, but this configuration uses ${nameOf(kind)}; ${manifest.database === 'postgres' ? 'set DATABASE_URL' : 'unset DATABASE_URL'}.`,
      );
    const newer = unknownMigrations(manifest, known);
    if (newer.length > 0)
      throw new BackupError(
        `The backup was made by a newer Parley (${manifest.parley}; migration ${newer[0]}); restore it with that version.`,
      );
    if (options.withSecret && !archive.names.includes(SECRET))
      throw new BackupError(`The backup has no ${SECRET}: it was taken without --with-secret.`);
    for (const [part, sha256] of Object.entries(manifest.parts)) {
      if ((await archive.sha256(part)) !== sha256)
        throw new BackupError(`The backup is damaged: ${part} is not what was written. Use another backup.`);
    }
    const [damaged] = await checkArchived(archive);
    if (damaged !== undefined) throw new BackupError(`${damaged} Use another backup.`);
    const put = kind === 'pglite' ? restorePglite : restorePostgres;
    const restored = await put(deps, archive, manifest, known, options);
    const files = createFiles(deps.config, false);
    try {
      const { files: count, problems } = await putFiles(archive, files);
      return { ...restored, files: { put: count, problems } };
    } finally {
      await files.objects.stop();
    }
  } finally {
    await archive.close();
  }
}

/** Beside the data, so that putting it in place is one rename. */
async function restorePglite(
  deps: BackupDeps,
  archive: ArchiveReader,
  manifest: Manifest,
  known: string[],
  options: RestoreOptions,
): Promise<Omit<Restored, 'files'>> {
  const { config, clock, logger } = deps;
  const target = join(config.DATA_DIR, 'pglite');
  const lock = lockDataDir(config.DATA_DIR, clock.now);
  try {
    if (existsSync(target) && !options.replace)
      throw new BackupError(
        `There is a database in ${resolve(config.DATA_DIR)} already. Set DATA_DIR to another folder, or give --replace to put it aside.`,
      );
    const staging = join(config.DATA_DIR, 'restoring');
    await rm(staging, { recursive: true, force: true });
    const chunks: Buffer[] = [];
    for await (const chunk of archive.read(DUMP.pglite)) chunks.push(chunk);
    const loadDataDir = new Blob(chunks as Uint8Array<ArrayBuffer>[], { type: 'application/x-gzip' });
    let epoch: string;
    try {
      const database = await openDatabase({ dataDir: staging, loadDataDir, poolSize: 1, logger });
      try {
        await verify(queryOf(database), manifest, known);
        epoch = await renewEpoch(database.db);
      } finally {
        await database.close();
      }
    } catch (error) {
      await rm(staging, { recursive: true, force: true });
      throw error;
    }
    const stamp = clock.date().toISOString().replaceAll(/[:.]/g, '-');
    const keptAt = existsSync(target) ? `${target}-before-${stamp}` : undefined;
    if (keptAt !== undefined) await rename(target, keptAt);
    await rename(join(staging, 'pglite'), target);
    await rm(staging, { recursive: true, force: true });
    if (options.withSecret) {
      const secret = join(config.DATA_DIR, SECRET);
      if (existsSync(secret)) await copyFile(secret, `${secret}-before-${stamp}`);
      await writeFile(secret, await archive.text(SECRET), { mode: 0o600 });
    }
    return { manifest, epoch, ...(keptAt === undefined ? {} : { keptAt }) };
  } finally {
    lock.release();
  }
}

async function restorePostgres(
  deps: BackupDeps,
  archive: ArchiveReader,
  manifest: Manifest,
  known: string[],
): Promise<Omit<Restored, 'files'>> {
  await withClient(deps, async (query) => {
    const tables = await listTables(query);
    if (tables.length > 0)
      throw new BackupError(
        `The database of DATABASE_URL is not empty (${tables.length} tables, such as ${tables[0]}). Make a new one (createdb) and point DATABASE_URL at it; the old one stays as it is.`,
      );
    const [server] = await query('show server_version_num');
    const [there, then] = [server?.server_version_num, manifest.serverVersion].map((v) =>
      Math.floor(Number(v) / 1e4),
    );
    if ((there as number) < (then as number))
      throw new BackupError(
        `The backup is of Postgres ${then}, this server is ${there}; use ${then} or newer.`,
      );
    const offered = (await query('select name from pg_available_extensions')).map((row) => row.name);
    const missing = manifest.extensions.filter((name) => !offered.includes(name));
    if (missing.length > 0)
      throw new BackupError(
        `This Postgres does not offer the extension ${missing.join(', ')}; install it first.`,
      );
    const program = startProgram(deps, 'pg_restore', [
      ...['--single-transaction', '--exit-on-error', '--no-owner', '--no-privileges', '--no-comments'],
    ]);
    await Promise.all([
      // When pg_restore gives up it closes its input; why is said by how it ended.
      pipeline(archive.read(DUMP.postgres), program.child.stdin).catch(() => undefined),
      program.ended,
    ]);
    await verify(query, manifest, known);
  });
  const { DATABASE_URL: url } = deps.config;
  const database = await openDatabase({ url, poolSize: 2, logger: deps.logger });
  try {
    return { manifest, epoch: await renewEpoch(database.db) };
  } finally {
    await database.close();
  }
}

async function verify(query: Query, manifest: Manifest, known: string[]): Promise<void> {
  const problems = await compare(query, manifest, known);
  if (problems.length > 0)
    throw new BackupError(
      `What was restored is not what was backed up; do not use it:\n${problems.map((p) => `  - ${p}`).join('\n')}`,
    );
}

const nameOf = (kind: Manifest['database']): string =>
  kind === 'pglite' ? 'the embedded database' : 'Postgres';

function pgliteOf(database: Database) {
  if (!('pglite' in database.driver)) throw new Error('This is not the embedded database.');
  return database.driver;
}

/** Questions to the embedded database, past Kysely: tables are not known by type here. */
const queryOf =
  (database: Database): Query =>
  async (sql) =>
    (await pgliteOf(database).pglite.query<Record<string, unknown>>(sql)).rows;

/** A session without limits of time: counting a large table may take long. */
async function withClient<T>(deps: BackupDeps, fn: (query: Query) => Promise<T>): Promise<T> {
  const { default: pg } = await import('pg');
  const client = new pg.Client({
    connectionString: deps.config.DATABASE_URL as string,
    connectionTimeoutMillis: 5000,
    application_name: 'parley-backup',
  });
  client.on('error', (error) => deps.logger.warn({ err: error }, 'the database connection failed'));
  await client.connect();
  try {
    return await fn(async (sql) => (await client.query(sql)).rows);
  } finally {
    await client.end();
  }
}

interface Program {
  child: ChildProcessByStdio<Writable, Readable, Readable>;
  /** @throws BackupError with what it said */
  ended: Promise<void>;
}

function startProgram(deps: BackupDeps, name: 'pg_dump' | 'pg_restore', args: string[]): Program {
  const url = new URL(deps.config.DATABASE_URL as string);
  const password = decodeURIComponent(url.password);
  // Never on the command line, which every account of the machine can read.
  url.password = '';
  const env = { ...deps.env, ...(password === '' ? {} : { PGPASSWORD: password }) };
  const child = spawn(name, [...args, `--dbname=${url.href}`, '--no-password'], {
    env,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-4000);
  });
  const ended = new Promise<void>((done, failed) => {
    child.once('error', (error) =>
      failed(
        new BackupError(
          (error as NodeJS.ErrnoException).code === 'ENOENT'
            ? `${name} was not found. Install the Postgres client programs of the server's version (postgresql-client), or run it where they are.`
            : `${name} could not be started: ${error.message}`,
        ),
      ),
    );
    child.once('close', (code) =>
      code === 0 ? done() : failed(new BackupError(`${name} failed (exit code ${code}):\n${said.trim()}`)),
    );
  });
  // Waited for after its output was read.
  ended.catch(() => undefined);
  return { child, ended };
}
