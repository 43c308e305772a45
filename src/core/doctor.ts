// Looks at everything a server needs and says what is wrong and what to do about it, before or while one runs.
// Every look has a deadline, and none changes anything. Must never print a secret.
import { existsSync } from 'node:fs';
import { access, constants, stat, statfs } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { sql } from 'kysely';
import type { Clock } from './clock.ts';
import type { Config } from './config.ts';
import { DataDirLockedError, lockDataDir } from './data-dir.ts';
import { type Database, openDatabase } from './db/database.ts';
import { pendingMigrations } from './db/migrate.ts';
import { checkAddress, checkPort } from './doctor-address.ts';
import { type Finding, fail, ok, warn } from './doctor-finding.ts';
import type { Logger } from './logger.ts';

export interface DoctorDeps {
  config: Config;
  clock: Clock;
  logger: Logger;
  nodeVersion: string;
}

const DEADLINE_MS = 5000;
const GIGABYTE = 1024 ** 3;
const LEAST_NODE = 24;
const LEAST_POSTGRES = 15;
const LEAST_REDIS = 7;
const MAX_CLOCK_DIFFERENCE_MS = 5000;
const EXTENSIONS = ['vector', 'pg_trgm'];

/** In the order in which they matter. */
export async function examine(deps: DoctorDeps): Promise<Finding[]> {
  const { config } = deps;
  const embedded = config.DATABASE_URL === undefined;
  const findings = [
    checkNode(deps.nodeVersion),
    ok('Configuration', embedded ? 'embedded database' : 'Postgres'),
  ];
  const running = embedded ? await checkFolder(deps, findings) : false;
  if (!running) findings.push(...(await guarded('Database', deps, () => checkDatabase(deps))));
  if (config.REDIS_URL !== undefined)
    findings.push(...(await guarded('Redis', deps, () => checkRedis(deps))));
  findings.push(...(await Promise.all(providersOf(config).map((p) => checkProvider(p, deps)))));
  if (providersOf(config).length === 0)
    findings.push(ok('Models', 'no provider is set: agents answer with the built-in scripted provider'));
  findings.push(...checkAddress(config), await checkPort(config));
  return findings;
}

export function checkNode(version: string): Finding {
  const major = Number(version.split('.')[0]);
  if (major >= LEAST_NODE) return ok('Node', version);
  return fail(
    'Node',
    `${version} is older than ${LEAST_NODE}`,
    `run it with Node ${LEAST_NODE}, as \`npm start\` does`,
  );
}

/** A check that throws or never ends is a finding too. */
async function guarded(what: string, deps: DoctorDeps, check: () => Promise<Finding[]>): Promise<Finding[]> {
  const timer = new AbortController();
  const late = deps.clock.sleep(DEADLINE_MS, timer.signal).then(
    () => [
      fail(
        what,
        `no answer within ${DEADLINE_MS / 1000} s`,
        'see whether it runs and can be reached from here',
      ),
    ],
    () => [],
  );
  try {
    return await Promise.race([check(), late]);
  } catch (error) {
    const { message } = error as Error;
    return [fail(what, redacted(message), 'see whether it runs, and check its address, name and password')];
  } finally {
    timer.abort();
  }
}

/** @returns true when a server has the folder open */
async function checkFolder({ config, clock }: DoctorDeps, findings: Finding[]): Promise<boolean> {
  const folder = resolve(config.DATA_DIR);
  const there = existsSync(folder);
  const place = there ? folder : nearestParent(folder);
  try {
    await access(place, constants.W_OK);
  } catch {
    findings.push(
      fail(
        'Data folder',
        `${place} cannot be written to`,
        'give it to the account that runs the server, or set DATA_DIR',
      ),
    );
    return false;
  }
  const { bavail, bsize } = await statfs(place);
  const free = (bavail * bsize) / GIGABYTE;
  const space = `${free.toFixed(1)} GB free`;
  if (free < 0.2) findings.push(fail('Disk', space, 'make room before the database cannot write'));
  else if (free < 1) findings.push(warn('Disk', space, 'make room, or set DATA_DIR to a larger disk'));
  else findings.push(ok('Disk', space));
  if (!there) {
    findings.push(ok('Data folder', `${folder} will be made by the first start`));
    return false;
  }
  for (const path of [folder, join(folder, 'secret.key')]) {
    if (!existsSync(path)) continue;
    const mode = (await stat(path)).mode & 0o077;
    if (mode !== 0 && process.platform !== 'win32')
      findings.push(warn('Data folder', `other accounts may read ${path}`, `chmod go-rwx ${path}`));
  }
  try {
    lockDataDir(folder, clock.now).release();
    findings.push(ok('Data folder', folder));
    return false;
  } catch (error) {
    if (!(error instanceof DataDirLockedError)) throw error;
    findings.push(
      ok(
        'Data folder',
        `${(error.message.split('\n')[0] as string).replace(/\.$/, '')}; its database is not looked at`,
      ),
    );
    return true;
  }
}

function nearestParent(path: string): string {
  let place = path;
  while (!existsSync(place) && dirname(place) !== place) place = dirname(place);
  return place;
}

async function checkDatabase({ config, clock, logger }: DoctorDeps): Promise<Finding[]> {
  if (config.DATABASE_URL !== undefined) {
    const database = await openDatabase({ url: config.DATABASE_URL, poolSize: 2, logger });
    try {
      return await lookAt(database, clock);
    } finally {
      await database.close();
    }
  }
  if (!existsSync(join(config.DATA_DIR, 'pglite')))
    return [ok('Database', 'will be made by the first start')];
  const lock = lockDataDir(config.DATA_DIR, clock.now);
  try {
    const database = await openDatabase({ dataDir: config.DATA_DIR, poolSize: 1, logger });
    try {
      return await lookAt(database, clock);
    } finally {
      await database.close();
    }
  } finally {
    lock.release();
  }
}

async function lookAt({ db, kind }: Database, clock: Clock): Promise<Finding[]> {
  const findings: Finding[] = [];
  const asked = clock.now();
  const { rows } = await sql<{ version: string; encoding: string; now: Date }>`
    select current_setting('server_version_num') as version, current_setting('server_encoding') as encoding,
      clock_timestamp() as now`.execute(db);
  const answered = clock.now();
  const server = rows[0] as (typeof rows)[number];
  const major = Math.floor(Number(server.version) / 1e4);
  const name = kind === 'pglite' ? `embedded, Postgres ${major}` : `Postgres ${major}`;
  if (major < LEAST_POSTGRES)
    findings.push(fail('Database', name, `Parley needs Postgres ${LEAST_POSTGRES} or newer`));
  else if (server.encoding !== 'UTF8')
    findings.push(
      fail('Database', `${name}, encoding ${server.encoding}`, 'make a database with encoding UTF8'),
    );
  else findings.push(ok('Database', name));
  const installed = await sql<{ name: string; installed: string | null }>`
    select name, installed_version as installed from pg_available_extensions`.execute(db);
  for (const extension of EXTENSIONS) {
    const row = installed.rows.find((r) => r.name === extension);
    if (row === undefined)
      findings.push(
        fail(
          'Extensions',
          `${extension} is not installed on the database server`,
          'install pgvector and the contrib package there',
        ),
      );
    else
      findings.push(ok('Extensions', `${extension} ${row.installed ?? 'will be made by the first start'}`));
  }
  const pending = await pendingMigrations(db);
  findings.push(
    pending.length === 0
      ? ok('Migrations', 'all applied')
      : warn(
          'Migrations',
          `${pending.length} to apply: ${pending.join(', ')}`,
          'start the server, or run `parley migrate`',
        ),
  );
  // The answer was made somewhere between question and arrival.
  const theirs = server.now.getTime();
  const apart = Math.max(0, asked - theirs, theirs - answered);
  findings.push(
    apart <= MAX_CLOCK_DIFFERENCE_MS
      ? ok('Clock', `${apart} ms from the database's`)
      : warn(
          'Clock',
          `${Math.round(apart / 1000)} s from the database's`,
          'set both by NTP; tokens expire by the clock',
        ),
  );
  return findings;
}

async function checkRedis({ config, logger }: DoctorDeps): Promise<Finding[]> {
  const { createClient } = await import('redis');
  const client = createClient({
    url: config.REDIS_URL as string,
    socket: { connectTimeout: DEADLINE_MS - 1000, reconnectStrategy: false },
  });
  client.on('error', (error) => logger.debug({ err: error }, 'Redis'));
  try {
    await client.connect();
    const info = await client.info('server');
    const version = /redis_version:(\S+)/.exec(info)?.[1] ?? 'unknown';
    if (Number.parseInt(version, 10) < LEAST_REDIS)
      return [fail('Redis', version, `Parley needs Redis ${LEAST_REDIS} or newer (sharded pub/sub)`)];
    return [ok('Redis', version)];
  } finally {
    client.destroy();
  }
}

interface Provider {
  name: string;
  url: string;
  headers: Record<string, string>;
}

function providersOf(config: Config): Provider[] {
  const providers: Provider[] = [];
  const at = (base: string | undefined, usual: string, path: string) =>
    `${(base ?? usual).replace(/\/+$/, '')}${path}`;
  if (config.ANTHROPIC_API_KEY !== undefined)
    providers.push({
      name: 'Anthropic',
      url: at(config.ANTHROPIC_BASE_URL, 'https://api.anthropic.com', '/v1/models'),
      headers: { 'x-api-key': config.ANTHROPIC_API_KEY, 'anthropic-version': '2023-06-01' },
    });
  if (config.OPENAI_API_KEY !== undefined || config.OPENAI_BASE_URL !== undefined)
    providers.push({
      name: 'OpenAI or compatible',
      url: at(config.OPENAI_BASE_URL, 'https://api.openai.com/v1', '/models'),
      headers:
        config.OPENAI_API_KEY === undefined ? {} : { authorization: `Bearer ${config.OPENAI_API_KEY}` },
    });
  if (config.CLOUDFLARE_API_TOKEN !== undefined && config.CLOUDFLARE_ACCOUNT_ID !== undefined)
    providers.push({
      name: 'Cloudflare',
      url: at(
        config.CLOUDFLARE_BASE_URL,
        `https://api.cloudflare.com/client/v4/accounts/${config.CLOUDFLARE_ACCOUNT_ID}/ai/v1`,
        '/models',
      ),
      headers: { authorization: `Bearer ${config.CLOUDFLARE_API_TOKEN}` },
    });
  return providers;
}

/** Unreachable is a warning: people can talk without agents. A refused key never heals by itself. */
async function checkProvider({ name, url, headers }: Provider, { config }: DoctorDeps): Promise<Finding> {
  const what = `Models (${name})`;
  const { origin } = new URL(url);
  try {
    const response = await fetch(url, { headers, signal: AbortSignal.timeout(DEADLINE_MS) });
    await response.body?.cancel();
    if (response.status === 401 || response.status === 403)
      return fail(what, `${origin} refuses the key (${response.status})`, 'check the key and what it may do');
    if (response.status >= 500)
      return warn(what, `${origin} answers ${response.status}`, "see the provider's status page");
    const model = config.AGENT_DEFAULT_MODEL;
    return ok(what, `${origin} answers${model === undefined ? '' : `; default model ${model}`}`);
  } catch {
    return warn(
      what,
      `${origin} cannot be reached`,
      'check the address and whether this machine may connect to it',
    );
  }
}

/** Drivers quote addresses, which may hold passwords. */
const redacted = (message: string): string => message.replaceAll(/:\/\/[^@\s]*@/g, '://***@');
