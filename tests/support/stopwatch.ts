// Time as a promise counts it: without what this process was ready to run and got no CPU, because others had them all.
// Must never leave out time in which it ran, slept or waited for an answer: a program that is slow stays slow here.
import { readFileSync } from 'node:fs';

/** @returns what tells the milliseconds since this call */
export function startStopwatch(): () => number {
  const started = performance.now();
  const starvedBefore = starvedMs();
  return () => performance.now() - started - (starvedMs() - starvedBefore);
}

/** How long the main thread has stood in line for a CPU so far; 0 where the system cannot tell. */
function starvedMs(): number {
  try {
    const [, waited] = readFileSync('/proc/self/schedstat', 'utf8').split(' ');
    return Number(waited) / 1e6;
  } catch {
    return 0;
  }
}
