// One outside server under a keeper, which stops it and removes its folder when this process ends in any way.
// Must never leave a server, a folder or a keeper behind; see keeper.ts for how.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chownSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const KEEPER = fileURLToPath(new URL('./keeper.ts', import.meta.url));
const READY_LIMIT_MS = 30_000;
const POLL_MS = 20;

export interface Service {
  url: string;
  port: number;
  /** The server's own process, for SIGSTOP and the like; another one after start(). */
  pid(): number;
  /** Kills the server at once, as a power cut would, and resolves when it has gone. */
  crash(): Promise<void>;
  /** Starts it again after crash(), at the same address with the same data. */
  start(): Promise<void>;
  stop(): Promise<void>;
  /** All that it has logged. */
  log(): string;
}

export interface User {
  uid: number;
  gid: number;
}

export interface KeptCommand {
  folder: string;
  command: string;
  args: string[];
  stopSignal: NodeJS.Signals;
  user?: User | undefined;
}

export interface Keeper {
  pid(): number;
  crash(): Promise<void>;
  start(): Promise<void>;
  stop(): Promise<void>;
  log(): string;
}

/** Postgres refuses to run as root, so root lends its servers to an account that owns nothing else. */
export function unprivilegedUser(): User | undefined {
  if (process.getuid?.() !== 0) return undefined;
  for (const name of ['postgres', 'nobody']) {
    try {
      const id = (flag: string) =>
        Number(execFileSync('id', [flag, name], { stdio: ['ignore', 'pipe', 'ignore'] }));
      return { uid: id('-u'), gid: id('-g') };
    } catch {
      // This account does not exist here; try the next.
    }
  }
  throw new Error(
    'Running as root, and neither a user postgres nor nobody exists to run the test servers. Add one.',
  );
}

export function makeFolder(name: string, user?: User): string {
  const folder = mkdtempSync(join(tmpdir(), `parley-test-${name}-`));
  if (user) chownSync(folder, user.uid, user.gid);
  return folder;
}

export function findBinary(name: string): string | undefined {
  const folders = (process.env.PATH ?? '').split(delimiter).filter(Boolean);
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path));
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** @param isReady is asked until it answers true; it may throw, which counts as not yet */
export async function keep(kept: KeptCommand, isReady: () => Promise<boolean>): Promise<Keeper> {
  const keeper = spawn(process.execPath, [KEEPER, JSON.stringify(kept)], {
    detached: true,
    stdio: ['pipe', 'pipe', 'inherit'],
    execArgv: [],
  } as Parameters<typeof spawn>[2]);
  let pid = 0;
  let state: 'starting' | 'running' | 'ended' = 'starting';
  keeper.stdout?.setEncoding('utf8').on('data', (text: string) => {
    for (const line of text.split('\n').filter(Boolean)) {
      state = line.startsWith('started ') ? 'running' : 'ended';
      if (state === 'running') pid = Number(line.slice('started '.length));
    }
  });
  const gone = new Promise<void>((resolve) => keeper.once('close', () => resolve()));
  keeper.stdin?.on('error', () => {});
  const tell = (word: string) => keeper.stdin?.write(`${word}\n`);

  const becomeReady = async (ifItEnds: () => void) => {
    state = 'starting';
    tell('start');
    await until(async () => {
      if (state === 'ended') ifItEnds();
      return state === 'running' && (await isReady().catch(() => false));
    });
  };
  const stop = async () => {
    setHold(keeper, 'ref');
    keeper.stdin?.end();
    await gone;
  };
  try {
    await becomeReady(() => {
      throw new Error('it ended by itself');
    });
  } catch (error) {
    const log = lastWords(kept.folder);
    await stop();
    throw new Error(`${kept.command} did not start: ${(error as Error).message}. Its last words:\n${log}`);
  }
  setHold(keeper, 'unref');
  return {
    pid: () => pid,
    crash: async () => {
      tell('crash');
      await until(async () => state === 'ended');
    },
    // Postgres refuses until the last backend of the crashed one has noticed, so it is asked again.
    start: () =>
      becomeReady(() => {
        state = 'starting';
        tell('start');
      }),
    stop,
    log: () => readLog(kept.folder),
  };
}

async function until(done: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + READY_LIMIT_MS;
  while (!(await done())) {
    if (performance.now() > end) throw new Error(`nothing after ${READY_LIMIT_MS / 1000} s`);
    await sleep(POLL_MS);
  }
}

function readLog(folder: string): string {
  const file = join(folder, 'log');
  return existsSync(file) ? readFileSync(file, 'utf8') : '';
}

function lastWords(folder: string): string {
  return readLog(folder).trim().split('\n').slice(-15).join('\n') || '(it said nothing)';
}

/** A forgotten stop() must not hang a test process, since the keeper cleans up when we go; a called one must be awaited. */
function setHold(keeper: ChildProcess, hold: 'ref' | 'unref'): void {
  keeper[hold]();
  for (const stream of [keeper.stdin, keeper.stdout])
    (stream as unknown as Record<typeof hold, () => void>)[hold]();
}

/** For a folder that never got a keeper. */
export function removeFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
}
