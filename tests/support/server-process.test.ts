// A server process goes away with whoever started it, also when that one is killed without a word.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { until } from './until.ts';

const MODULE = fileURLToPath(new URL('./server-process.ts', import.meta.url));

test('a server ends when whoever started it is killed', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'parley-test-orphan-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 }));
  const program = `
    const { spawnServer } = await import(${JSON.stringify(MODULE)});
    const server = spawnServer({ env: { DATA_DIR: ${JSON.stringify(folder)} } });
    console.log(server.pid);`;
  const starter = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const pid = Number(
    await new Promise<string>((resolve) => starter.stdout.once('data', (data) => resolve(String(data)))),
  );
  onTestFinished(() => void (isRunning(pid) && process.kill(pid, 'SIGKILL')));
  expect(isRunning(pid)).toBe(true);

  starter.kill('SIGKILL');
  await until('the server has gone', () => !isRunning(pid), 10_000);
});

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
