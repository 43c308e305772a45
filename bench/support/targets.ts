// Starts the servers that are measured, each alone on core 0, with a fresh database.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createDatabase, startPostgres } from '../../tests/support/postgres.ts';
import { startServer } from '../../tests/support/server-process.ts';
import type { Service } from '../../tests/support/service.ts';
import { pin, pinnedTo } from './cpu.ts';
import { LOAD_CORE } from './load.ts';

const SERVER_CORE = 0;
const BARE = fileURLToPath(new URL('./bare-server.ts', import.meta.url));
const BARE_WS = fileURLToPath(new URL('./bare-ws-server.ts', import.meta.url));
/** The same secret on every start; it protects nothing here. */
const SECRET = 'benchmarks-only-0123456789-abcdefghij';

export type DatabaseKind = 'pglite' | 'postgres';

export interface Running {
  port: number;
  pid: number;
  stop(): Promise<void>;
}

export interface ParleyMore {
  core?: number;
  nodeArgs?: string[];
  env?: Record<string, string>;
  /** Instead of a database of its own. */
  databaseUrl?: string;
}

export interface Targets {
  /** Undefined when the machine has no Postgres. */
  postgres: Service | undefined;
  parley(database: DatabaseKind, more?: ParleyMore): Promise<Running>;
  /** socket.io alone; with a database, one transaction a message. */
  bare(database?: DatabaseKind, nodeArgs?: string[]): Promise<Running>;
  /** `ws` alone; `joined`: one write per member and loop turn instead of one per message. */
  bareWs(how: 'each' | 'joined', nodeArgs?: string[]): Promise<Running>;
  /** A fresh database of the private Postgres. */
  database(): Promise<{ url: string; drop(): Promise<void> }>;
  stop(): Promise<void>;
}

/** @param options.postgres start a private Postgres, on the load generator's core, writing to disk as in production */
export async function openTargets(options: {
  postgres: boolean;
  profile?: string | undefined;
}): Promise<Targets> {
  let postgres: Service | undefined;
  if (options.postgres) {
    const started = await startPostgres({ fsync: 'on', full_page_writes: 'on' });
    if ('missing' in started) console.error(started.missing);
    else postgres = started;
  }
  if (postgres !== undefined) pin(postgres.pid(), LOAD_CORE);
  const fresh = async () => {
    if (postgres === undefined) throw new Error('there is no Postgres here');
    return createDatabase(postgres.url);
  };

  return {
    postgres,
    database: fresh,
    async parley(kind, more = {}) {
      const folder = mkdtempSync(join(tmpdir(), 'parley-bench-'));
      const isShared = more.databaseUrl !== undefined;
      const database = kind === 'postgres' && !isShared ? await fresh() : undefined;
      const databaseUrl = more.databaseUrl ?? database?.url;
      const server = await startServer({
        prefix: pinnedTo(more.core ?? SERVER_CORE),
        nodeArgs: [
          ...(more.nodeArgs ?? []),
          ...(options.profile === undefined
            ? []
            : ['--cpu-prof', '--cpu-prof-dir', options.profile, '--cpu-prof-interval', '500']),
        ],
        env: {
          DATA_DIR: folder,
          RATE_LIMIT_FACTOR: '1000',
          LOG_LEVEL: 'warn',
          DRAIN_WINDOW_MS: '0',
          ...(databaseUrl === undefined ? {} : { DATABASE_URL: databaseUrl, SECRET_KEY: SECRET }),
          ...more.env,
        },
      });
      return {
        port: Number(new URL(server.url).port),
        pid: server.pid,
        async stop() {
          await server.stop();
          await database?.drop();
          rmSync(folder, { recursive: true, force: true });
        },
      };
    },
    async bare(kind, nodeArgs) {
      const database = kind === 'postgres' ? await fresh() : undefined;
      const url = database === undefined ? [] : [database.url];
      const server = await startBare(BARE, [kind ?? 'nothing', ...url], nodeArgs);
      return {
        ...server,
        async stop() {
          await server.stop();
          await database?.drop();
        },
      };
    },
    bareWs: (how, nodeArgs) => startBare(BARE_WS, [how], nodeArgs),
    stop: async () => {
      await postgres?.stop();
    },
  };
}

async function startBare(program: string, words: string[], nodeArgs: string[] = []): Promise<Running> {
  const node = [process.execPath, ...nodeArgs, program, ...words];
  const [command, ...args] = [...pinnedTo(SERVER_CORE), ...node];
  const child = spawn(command as string, args, { stdio: ['ignore', 'pipe', 'inherit', 'ipc'] });
  const port = await new Promise<number>((resolve, reject) => {
    child.once('exit', () => reject(new Error('the bare server did not start')));
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      const match = /ready (\d+)/.exec(text);
      if (match !== null) resolve(Number(match[1]));
    });
  });
  return {
    port,
    pid: child.pid as number,
    async stop() {
      const gone = new Promise((resolve) => child.once('exit', resolve));
      child.disconnect();
      await gone;
    },
  };
}
