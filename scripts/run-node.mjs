// Runs a program on the pinned Node in the reader's terminal and ends as it ends.
// Must never leave that program running after this process has gone.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { PINNED_NODE, ROOT } from './ensure.mjs';

const FOLLOW_PARENT = new URL('./follow-parent.mjs', import.meta.url).href;
/** A terminal, npm and a process manager may each pass on one Ctrl-C; the program should see one. */
const SAME_SIGNAL_MS = 1000;
const PARENT_CHECK_MS = 200;

/** @returns the exit code; 128 + n if signal n ended it, as a shell would say */
export async function runNode(args, { cwd = ROOT } = {}) {
  const child = spawn(PINNED_NODE, ['--import', FOLLOW_PARENT, ...args], {
    cwd,
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    // What was compiled once is not compiled at the next start.
    env: { NODE_COMPILE_CACHE: join(ROOT, 'node_modules', '.cache', 'node'), ...process.env },
  });
  const stopForwarding = forwardSignals(child);
  try {
    return await new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', (code, signal) => resolve(code ?? 128 + constants.signals[signal]));
    });
  } finally {
    stopForwarding();
  }
}

function forwardSignals(child) {
  const last = new Map();
  const forward = (signal) => {
    const now = performance.now();
    const repeated = now - (last.get(signal) ?? Number.NEGATIVE_INFINITY) < SAME_SIGNAL_MS;
    last.set(signal, now);
    // Ctrl-C reaches the whole foreground group, the child included.
    if (repeated || (signal === 'SIGINT' && process.stdin.isTTY)) return;
    child.kill(signal === 'SIGHUP' ? 'SIGTERM' : signal);
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  for (const signal of signals) process.on(signal, forward);
  const parentCheck = watchNpm(() => forward('SIGTERM'));
  return () => {
    clearInterval(parentCheck);
    for (const signal of signals) process.off(signal, forward);
  };
}

/** npm that is killed, or whose shell is, tells nobody: only changed ancestors give it away. */
function watchNpm(onGone) {
  if (process.env.npm_lifecycle_event === undefined) return undefined;
  const before = ancestors();
  return setInterval(() => {
    if (ancestors() !== before) onGone();
  }, PARENT_CHECK_MS).unref();
}

/** The shell that npm started, and npm itself where /proc can name it. */
function ancestors() {
  const shell = process.ppid;
  try {
    const npm = readFileSync(`/proc/${shell}/stat`, 'utf8').split(') ').at(-1).split(' ')[1];
    return `${shell} ${npm}`;
  } catch {
    return `${shell}`;
  }
}
