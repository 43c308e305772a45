// The data folder: one process at a time, and the secrets that are made in it.
// Two processes on one PGlite folder both acknowledge writes and then lose them: the lock must refuse the second,
// and must not block a start after `kill -9`.
import {
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import { randomToken } from './ids.ts';

export class DataDirLockedError extends Error {
  override readonly name = 'DataDirLockedError';
}

interface Holder {
  pid: number;
  /** When that process started, so that a reused pid is not taken for it. */
  started: string;
  host: string;
  id: string;
}

const HEARTBEAT_MS = 2000;
/** A holder on another machine that has not touched its lock for this long is gone. */
const STALE_MS = 15_000;

export interface DataDirLock {
  release(): void;
}

/** @throws DataDirLockedError naming the process that has the folder open */
export function lockDataDir(dir: string, now: () => number): DataDirLock {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const path = join(dir, 'parley.lock');
  const me: Holder = {
    pid: process.pid,
    started: startOf(process.pid),
    host: hostname(),
    id: randomToken(9),
  };
  for (let attempt = 0; ; attempt++) {
    try {
      writeFileSync(path, JSON.stringify(me), { flag: 'wx', mode: 0o600 });
      break;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      const holder = readHolder(path);
      if (attempt > 5 || (holder !== undefined && isAlive(holder, path, now()))) {
        throw new DataDirLockedError(
          `The data folder ${resolve(dir)} is already open in process ${holder?.pid ?? 'unknown'}${holder === undefined || holder.host === me.host ? '' : ` on ${holder.host}`}.\n` +
            'Two servers on one folder would lose messages. Stop the other one, or set DATA_DIR to another folder (several nodes need DATABASE_URL).',
        );
      }
      // Renamed before it is removed: of two starters only one gets it.
      const stale = `${path}.${me.id}`;
      try {
        renameSync(path, stale);
        rmSync(stale, { force: true });
      } catch {
        // The other starter was faster; look again.
      }
    }
  }
  const beat = setInterval(() => {
    try {
      const seconds = now() / 1000;
      utimesSync(path, seconds, seconds);
    } catch {
      // The folder was removed under us; nothing is left to protect.
    }
  }, HEARTBEAT_MS);
  beat.unref();
  return {
    release() {
      clearInterval(beat);
      if (readHolder(path)?.id === me.id) rmSync(path, { force: true });
    },
  };
}

function readHolder(path: string): Holder | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Holder;
  } catch {
    return undefined;
  }
}

function isAlive(holder: Holder, path: string, now: number): boolean {
  if (holder.host !== hostname()) {
    try {
      return now - statSync(path).mtimeMs < STALE_MS;
    } catch {
      return false;
    }
  }
  if (holder.pid === process.pid) return false;
  try {
    process.kill(holder.pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  return startOf(holder.pid) === holder.started;
}

/** A word that two processes with the same pid do not share; empty where the system does not tell. */
function startOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // Field 22, counted after the command in parentheses, which may hold spaces. A zombie is not alive.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? 'zombie' : (fields[19] ?? '');
  } catch {
    return '';
  }
}

/** The secret of this installation, made at the first start. */
export function secretOf(dir: string): string {
  const path = join(dir, 'secret.key');
  if (!existsSync(path)) {
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    writeFileSync(path, randomToken(48), { mode: 0o600 });
  }
  return readFileSync(path, 'utf8').trim();
}
