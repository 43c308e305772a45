// Time that moves only when told to: a clock and timers for tests.
import type { Clock, Timers } from '../ports.ts';

export interface ManualTime {
  clock: Clock;
  timers: Timers;
  /** Runs what falls due within `ms`, in order, letting promises settle in between. */
  advance(ms: number): Promise<void>;
  /** Lets promises settle; time stands still. */
  settle(): Promise<void>;
  /** Timers that are planned. */
  readonly pending: number;
}

/** Longest chain of promises that is let through at one moment. */
const TURNS = 25;

/** @param start milliseconds since 1970 */
export function createManualTime(start = Date.UTC(2026, 0, 1)): ManualTime {
  let now = start;
  let count = 0;
  const planned = new Map<number, { at: number; run: () => void }>();

  async function settle(): Promise<void> {
    for (let i = 0; i < TURNS; i++) await Promise.resolve();
  }

  return {
    clock: { now: () => now },
    timers: {
      after(ms, run) {
        const id = ++count;
        planned.set(id, { at: now + Math.max(0, ms), run });
        return () => {
          planned.delete(id);
        };
      },
    },
    settle,
    async advance(ms) {
      const end = now + ms;
      await settle();
      for (;;) {
        const [next] = [...planned].sort(([i, a], [j, b]) => a.at - b.at || i - j);
        if (next === undefined || next[1].at > end) break;
        planned.delete(next[0]);
        now = Math.max(now, next[1].at);
        next[1].run();
        await settle();
      }
      now = end;
    },
    get pending() {
      return planned.size;
    },
  };
}
