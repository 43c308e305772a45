// A clock whose time passes only when the test says so.
import type { Clock } from '../../src/core/clock.ts';

export interface TestClock extends Clock {
  /** Time passes; who sleeps until then wakes, in order. */
  pass(ms: number): void;
}

export function createTestClock(startsAt = Date.now()): TestClock {
  let elapsed = 0;
  const sleeping = new Set<{ until: number; wake: () => void }>();

  return {
    now: () => startsAt + elapsed,
    date: () => new Date(startsAt + elapsed),
    elapsed: () => elapsed,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason);
        const onAbort = () => {
          sleeping.delete(sleeper);
          reject(signal?.reason);
        };
        const sleeper = {
          until: elapsed + ms,
          wake() {
            sleeping.delete(sleeper);
            signal?.removeEventListener('abort', onAbort);
            resolve();
          },
        };
        sleeping.add(sleeper);
        signal?.addEventListener('abort', onAbort, { once: true });
      }),
    pass(ms) {
      elapsed += ms;
      for (const sleeper of [...sleeping].sort((a, b) => a.until - b.until))
        if (sleeper.until <= elapsed) sleeper.wake();
    },
  };
}
