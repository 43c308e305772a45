// Started by service.ts as its own process: runs one server, and ends it when its standard input closes, which is
// what happens when the test run stops, fails, is interrupted or is killed. Then it removes the server's folder.
// Must never outlive the test run, nor stop for a Ctrl-C that was meant for the tests.
import { type ChildProcess, spawn } from 'node:child_process';
import { openSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { KeptCommand } from './service.ts';

const STOP_LIMIT_MS = 5000;

const kept = JSON.parse(process.argv[2] ?? '') as KeptCommand;
const log = openSync(join(kept.folder, 'log'), 'a');
let server: ChildProcess | undefined;

process.stdout.on('error', () => {});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void finish());

const commands = createInterface({ input: process.stdin });
commands.on('line', (word) => {
  if (word === 'start') start();
  if (word === 'crash') signal('SIGKILL');
});
commands.once('close', () => void finish());

function start(): void {
  const started = spawn(kept.command, kept.args, {
    cwd: kept.folder,
    detached: true,
    stdio: ['ignore', log, log],
    ...kept.user,
  });
  server = started;
  started.once('error', () => report('ended'));
  started.once('spawn', () => report(`started ${started.pid}`));
  started.once('exit', () => {
    if (server === started) server = undefined;
    report('ended');
  });
}

async function finish(): Promise<void> {
  const ending = server;
  if (ending) {
    const ended = new Promise((resolve) => ending.once('exit', resolve));
    signal('SIGCONT');
    signal(kept.stopSignal);
    const limit = setTimeout(() => signal('SIGKILL'), STOP_LIMIT_MS);
    await ended;
    clearTimeout(limit);
  }
  rmSync(kept.folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  process.exit(0);
}

/** To the whole group, so that what the server started ends too. */
function signal(name: NodeJS.Signals): void {
  if (server?.pid === undefined) return;
  try {
    process.kill(-server.pid, name);
  } catch {
    // It has just ended by itself.
  }
}

function report(line: string): void {
  process.stdout.write(`${line}\n`);
}
