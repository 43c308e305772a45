// One process at a time has the data folder: a second is refused and told who has it; one that was killed blocks nobody.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { lockDataDir, secretOf } from '../../src/core/data-dir.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'parley-lock-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
});
const lock = () => lockDataDir(dir, Date.now);
const lockFile = () => join(dir, 'parley.lock');

const PROGRAM = `
  const { lockDataDir } = await import(${JSON.stringify(fileURLToPath(new URL('../../src/core/data-dir.ts', import.meta.url)))});
  try {
    lockDataDir(process.argv[1], Date.now);
    console.log('locked');
    setInterval(() => {}, 1000);
  } catch (error) {
    console.log(error.message);
  }`;

/** A process that takes the lock and stays. */
async function holder(): Promise<{ child: ChildProcess; said: string }> {
  const child = spawn(process.execPath, ['--input-type=module', '-e', PROGRAM, dir], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  });
  const [said] = (await once(child.stdout as NodeJS.ReadableStream, 'data')) as [Buffer];
  return { child, said: said.toString().trim() };
}

test('a second process is refused, and told which one has the folder', async () => {
  const { child, said } = await holder();
  expect(said).toBe('locked');
  expect(lock).toThrow(new RegExp(`already open in process ${child.pid}`));
  expect((await holder()).said).toContain(`already open in process ${child.pid}`);
});

test('a process that was killed blocks nobody', async () => {
  const { child } = await holder();
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(existsSync(lockFile())).toBe(true);
  lock().release();
  expect(existsSync(lockFile())).toBe(false);
});

test('a number of a process that meanwhile means another one blocks nobody', async () => {
  const { child } = await holder();
  const held = JSON.parse(readFileSync(lockFile(), 'utf8'));
  writeFileSync(lockFile(), JSON.stringify({ ...held, started: 'another time' }));
  expect(held.pid).toBe(child.pid);
  lock().release();
});

test('half a lock file, as a full disk leaves it, blocks nobody', () => {
  writeFileSync(lockFile(), '{"pid":');
  lock().release();
});

test('a holder on another machine counts as long as it gives a sign of life', () => {
  writeFileSync(lockFile(), JSON.stringify({ pid: 1, started: '', host: `not-${hostname()}`, id: 'x' }));
  expect(lock).toThrow(`on not-${hostname()}`);
  const longAgo = Date.now() / 1000 - 60;
  utimesSync(lockFile(), longAgo, longAgo);
  lock().release();
});

test('a release after the lock was lost leaves the new holder alone', () => {
  const first = lock();
  writeFileSync(lockFile(), JSON.stringify({ pid: 1, started: '', host: 'elsewhere', id: 'other' }));
  first.release();
  expect(JSON.parse(readFileSync(lockFile(), 'utf8')).id).toBe('other');
});

test('the secret of an installation is made once, for its owner only', () => {
  const secret = secretOf(dir);
  expect(secret.length).toBeGreaterThanOrEqual(48);
  expect(secretOf(dir)).toBe(secret);
  expect(statSync(join(dir, 'secret.key')).mode & 0o077).toBe(0);
});
