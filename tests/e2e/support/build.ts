// Builds web/dist when any of its sources is newer. Must never build twice at once: workers take turns by a lock folder.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { until } from '../../support/until.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const SOURCES = ['web/src', 'web/public', 'web/index.html', 'web/vite.config.ts', 'client-sdk/src'];
const BUILT = join(ROOT, 'web/dist/index.html');
const LOCK = join(ROOT, 'node_modules/.cache/parley-console-build');
const LIMIT_MS = 120_000;

export async function buildConsole(): Promise<void> {
  if (isFresh()) return;
  mkdirSync(join(LOCK, '..'), { recursive: true });
  await until('another build of the console ends', takeLock, LIMIT_MS);
  try {
    if (isFresh()) return;
    execFileSync(process.execPath, [join(ROOT, 'node_modules/vite/bin/vite.js'), 'build'], {
      cwd: join(ROOT, 'web'),
      env: { ...process.env, NODE_ENV: 'production' },
      stdio: 'pipe',
      timeout: LIMIT_MS,
    });
  } finally {
    rmSync(LOCK, { recursive: true, force: true });
  }
}

function takeLock(): boolean {
  try {
    mkdirSync(LOCK);
    return true;
  } catch {
    // A build that was killed leaves its lock behind.
    const age = Date.now() - (statSync(LOCK, { throwIfNoEntry: false })?.mtimeMs ?? 0);
    if (age > LIMIT_MS) rmSync(LOCK, { recursive: true, force: true });
    return false;
  }
}

function isFresh(): boolean {
  const built = statSync(BUILT, { throwIfNoEntry: false })?.mtimeMs;
  return built !== undefined && SOURCES.every((source) => newest(join(ROOT, source)) <= built);
}

function newest(path: string): number {
  const stat = statSync(path);
  if (!stat.isDirectory()) return stat.mtimeMs;
  return Math.max(stat.mtimeMs, ...readdirSync(path).map((name) => newest(join(path, name))));
}
