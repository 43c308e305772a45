// The server as its own process, for what only a real process can show: kills, signals, CPU time, a locked folder.
// Must never outlive its parent: follow-parent.mjs stops it when the IPC channel closes.
import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { POLL_MS } from './until.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const FOLLOW_PARENT = new URL('../../scripts/follow-parent.mjs', import.meta.url).href;
const READY_LIMIT_MS = 60_000;
const READY = /Parley is ready at (\S+)/;
/** Of what the server says, the last so many characters are kept. */
const KEPT_OUTPUT = 200_000;

export interface Ended {
  code: number | null;
  signal: NodeJS.Signals | null;
}

export interface ServerProcess {
  url: string;
  pid: number;
  /** Everything it has said on both outputs, or the end of it. */
  output(): string;
  /** undefined while it runs. */
  ended(): Ended | undefined;
  whenEnded: Promise<Ended>;
  kill(signal: NodeJS.Signals): void;
  /** SIGTERM, then SIGKILL when it has not gone within the limit. */
  stop(limitMs?: number): Promise<Ended>;
}

export interface ServerProcessOptions {
  /** Added to a small environment; PORT defaults to any free port. */
  env: Record<string, string>;
  /** Options of node, such as --cpu-prof. */
  nodeArgs?: string[];
  /** Words before node, such as `taskset -c 0`. */
  prefix?: string[];
  /** What is started, from the root of the repository; src/main.ts by default. */
  entry?: string;
}

/** Starts src/main.ts. @throws Error with what it said, when it ends before it is ready */
export async function startServer(options: ServerProcessOptions): Promise<ServerProcess> {
  const server = spawnServer(options);
  const limit = performance.now() + READY_LIMIT_MS;
  for (;;) {
    const url = READY.exec(server.output())?.[1];
    if (url !== undefined) return { ...server, url };
    if (server.ended() !== undefined || performance.now() > limit) {
      server.kill('SIGKILL');
      throw new Error(`The server did not start. It said:\n${server.output()}`);
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

/** The same without waiting until it is ready: for starts that must fail. */
export function spawnServer({
  env,
  nodeArgs = [],
  prefix = [],
  entry = 'src/main.ts',
}: ServerProcessOptions): ServerProcess {
  const guard = ['--import', FOLLOW_PARENT];
  const [command, ...args] = [...prefix, process.execPath, ...guard, ...nodeArgs, `${ROOT}${entry}`];
  const child: ChildProcess = spawn(command as string, args, {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    env: {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      PORT: '0',
      HOST: '127.0.0.1',
      LOG_FORMAT: 'json',
      NODE_COMPILE_CACHE: `${ROOT}node_modules/.cache/node`,
      ...env,
    },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      output = (output + text).slice(-KEPT_OUTPUT);
    });
  }
  let ended: Ended | undefined;
  const whenEnded = new Promise<Ended>((resolve, reject) => {
    child.once('error', reject);
    // `close` comes after the last output.
    child.once('close', (code, signal) => {
      ended = { code, signal };
      resolve(ended);
    });
  });
  const kill = (signal: NodeJS.Signals) => void child.kill(signal);
  return {
    url: '',
    pid: child.pid ?? 0,
    output: () => output,
    ended: () => ended,
    whenEnded,
    kill,
    async stop(limitMs = 15_000) {
      kill('SIGTERM');
      const timer = setTimeout(() => kill('SIGKILL'), limitMs);
      const result = await whenEnded;
      clearTimeout(timer);
      return result;
    },
  };
}
