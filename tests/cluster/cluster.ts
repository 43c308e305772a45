// Server processes, several on one private Postgres and Redis or one alone on a data folder, and every harm that can be done
// to them. Must never leave a process stopped or running: `stop` thaws and ends all of them, and so does an exit before it.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startPostgres } from '../support/postgres.ts';
import { startRedis } from '../support/redis.ts';
import { type Ended, type ServerProcess, spawnServer, startServer } from '../support/server-process.ts';
import { freePort, type Service } from '../support/service.ts';

const SECRET_KEY = 'cluster-tests-only-0123456789abcdefghijklmnop';
const STOP_LIMIT_MS = 30_000;

export interface Node {
  url: string;
  /** The one that runs, or ran last. */
  process: ServerProcess;
  /** Ends that nobody here asked for. */
  surprises: Ended[];
  /** kill -9; resolves when it has gone. */
  kill(): Promise<void>;
  /** SIGTERM; resolves when it has gone. */
  drain(): Promise<Ended>;
  /** Again, at the same address. */
  start(): Promise<void>;
  /** Starts it and kills it so many ms later, as a rule before it is ready. */
  startAndKill(afterMs: number): Promise<void>;
  freeze(): void;
  thaw(): void;
  /** All that its processes have said that no process should say. */
  complaints(): string[];
}

export interface Fleet {
  nodes: Node[];
  /** Resolves to one of the addresses in turn. */
  urls(): () => string;
  stop(): Promise<void>;
}

export interface Cluster extends Fleet {
  postgres: Service;
  redis: Service;
}

/** What an exit of this process before `stop` would leave undone; none of it may wait. */
const undone = new Set<() => void>();
process.once('exit', () => {
  for (const undo of undone) undo();
});

const COMMON = { AUTH_LOCAL: 'true', RATE_LIMIT_FACTOR: '1000', LOG_LEVEL: 'warn' };

/** One server on a data folder of its own. @param env added to what it gets */
export async function startEmbedded(env: Record<string, string> = {}): Promise<Fleet> {
  const folder = mkdtempSync(join(tmpdir(), 'parley-test-embedded-'));
  const remove = () => rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  try {
    const node = await startNode({ ...COMMON, DATA_DIR: folder, ...env });
    return {
      nodes: [node],
      urls: () => () => node.url,
      async stop() {
        await node.kill();
        remove();
      },
    };
  } catch (error) {
    remove();
    throw error;
  }
}

/** @param env added to what every node gets @param settings of Postgres */
export async function startCluster(
  size: number,
  env: Record<string, string> = {},
  settings: Record<string, string> = {},
): Promise<Cluster> {
  const services = await Promise.all([startPostgres(settings), startRedis()]);
  const [postgres, redis] = services;
  if ('missing' in postgres || 'missing' in redis) {
    for (const service of services) if ('stop' in service) await service.stop();
    throw new Error('a cluster needs Postgres and Redis');
  }
  const shared = {
    DATABASE_URL: postgres.url,
    REDIS_URL: redis.url,
    SECRET_KEY,
    ...COMMON,
    ...env,
  };
  const thaw = () => {
    thawPostgres(postgres);
    signal(redis.pid(), 'SIGCONT');
  };
  undone.add(thaw);
  const nodes: Node[] = [];
  try {
    nodes.push(...(await Promise.all(Array.from({ length: size }, () => startNode(shared)))));
  } catch (error) {
    undone.delete(thaw);
    await Promise.all([postgres.stop(), redis.stop()]);
    throw error;
  }
  let next = 0;
  return {
    nodes,
    postgres,
    redis,
    urls() {
      let at = next++;
      return () => (nodes[at++ % nodes.length] as Node).url;
    },
    async stop() {
      thaw();
      undone.delete(thaw);
      await Promise.all(nodes.map((node) => node.kill()));
      await Promise.all([postgres.stop(), redis.stop()]);
    },
  };
}

async function startNode(shared: Record<string, string>): Promise<Node> {
  const port = await freePort();
  const env = { ...shared, PORT: String(port) };
  const launch = () => startServer({ env });
  /** Processes that we have told to end. */
  const asked = new Set<number>();
  let said = '';
  const node: Node = {
    url: `http://127.0.0.1:${port}`,
    process: await launch(),
    surprises: [],
    async kill() {
      asked.add(node.process.pid);
      node.process.kill('SIGKILL');
      await node.process.whenEnded;
    },
    drain() {
      asked.add(node.process.pid);
      return node.process.stop(STOP_LIMIT_MS);
    },
    async start() {
      said += node.process.output();
      node.process = await launch();
      watch(node, asked);
    },
    async startAndKill(afterMs) {
      const early = spawnServer({ env });
      await sleep(afterMs);
      early.kill('SIGKILL');
      await early.whenEnded;
      said += early.output();
    },
    freeze: () => signal(node.process.pid, 'SIGSTOP'),
    thaw: () => signal(node.process.pid, 'SIGCONT'),
    complaints: () =>
      (said + node.process.output())
        .split('\n')
        .filter((line) =>
          /an error was not (handled|caught)|"level":(50|60)|"level":"(error|fatal)"/.test(line),
        ),
  };
  watch(node, asked);
  return node;
}

function watch(node: Node, asked: Set<number>): void {
  const server = node.process;
  // A stopped process cannot notice that its parent has gone.
  const end = () => server.kill('SIGKILL');
  undone.add(end);
  void server.whenEnded.then(() => undone.delete(end));
  void server.whenEnded.then((ended) => {
    if (!asked.has(server.pid)) node.surprises.push(ended);
  });
}

/** Postgres is a family of processes: the parent first, so that it makes no more. */
export function freezePostgres(postgres: Service): void {
  signal(postgres.pid(), 'SIGSTOP');
  for (const child of childrenOf(postgres.pid())) signal(child, 'SIGSTOP');
}

export function thawPostgres(postgres: Service): void {
  for (const child of childrenOf(postgres.pid())) signal(child, 'SIGCONT');
  signal(postgres.pid(), 'SIGCONT');
}

export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    // It has gone already.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

export function childrenOf(pid: number): number[] {
  try {
    return execFileSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' })
      .trim()
      .split('\n')
      .map((line) => line.trim().split(/\s+/).map(Number))
      .filter(([, parent]) => parent === pid)
      .map(([child]) => child as number);
  } catch {
    return [];
  }
}
