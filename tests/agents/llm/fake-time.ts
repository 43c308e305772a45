// Time that moves only when a test says so, in the shape the wrappers take.
import type { Sleep } from '../../../src/agents/llm/llm.ts';

export interface FakeTime {
  sleep: Sleep;
  now(): number;
  /** Every wait asked for so far, in ms. */
  waits: number[];
  /** Sleeps not yet over nor cancelled. */
  pending(): number;
  /** Moves on by `ms`, waking what is due, and lets everything that follows from it happen. */
  advance(ms: number): Promise<void>;
}

/** @param instant sleeps end at once, for tests that only look at what was waited for */
export function fakeTime({ instant = false } = {}): FakeTime {
  let now = 0;
  const waits: number[] = [];
  const sleepers = new Set<{ at: number; wake: () => void }>();
  return {
    waits,
    now: () => now,
    pending: () => sleepers.size,
    sleep(ms, signal) {
      waits.push(ms);
      if (instant) {
        now += ms;
        return Promise.resolve();
      }
      return new Promise((resolve, reject) => {
        const sleeper = { at: now + ms, wake: resolve };
        sleepers.add(sleeper);
        signal?.addEventListener('abort', () => {
          if (sleepers.delete(sleeper)) reject(signal.reason);
        });
      });
    },
    async advance(ms) {
      now += ms;
      for (const sleeper of [...sleepers]) {
        if (sleeper.at <= now && sleepers.delete(sleeper)) sleeper.wake();
      }
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}
