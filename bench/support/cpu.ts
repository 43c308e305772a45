// CPU time of another process, and keeping processes on cores of their own. Answers undefined where the system cannot tell.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';

const TASKSET = ['/usr/bin/taskset', '/bin/taskset'].find((path) => existsSync(path));

export const canPin = TASKSET !== undefined && availableParallelism() >= 2;

/** Words to put before a command so that it stays on one core; none where that cannot be done. */
export const pinnedTo = (core: number): string[] => (canPin ? [TASKSET as string, '-c', String(core)] : []);

/** Moves a running process and its threads to a core; children that it starts later stay there too. */
export function pin(pid: number, core: number): void {
  if (canPin) execFileSync(TASKSET as string, ['-acp', String(core), String(pid)], { stdio: 'ignore' });
}

/** Clock ticks a second of /proc on Linux, whatever the kernel's own are. */
const TICKS = 100;

/** User and system CPU seconds of a process so far. */
export function cpuSeconds(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[11]) + Number(fields[12])) / TICKS;
  } catch {
    return undefined;
  }
}
