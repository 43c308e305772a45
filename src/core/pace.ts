// Lets a topic rest for a part of the time that its last delivery cost, so that what comes meanwhile leaves together: one
// write per connection instead of many. Must never hold anything back on a topic that is quiet, or cheap to deliver to.
import type { Clock } from './clock.ts';

export interface Pace {
  /** A delivery to everyone on the topic has just ended; it took so many ms of this process. */
  spent(topic: string, ms: number): void;
  /** How many ms the topic still rests; 0 for most. */
  rest(topic: string): number;
}

/** Of a delivery's own cost. */
const SHARE = 0.5;
/** Below this a rest saves less than it costs; above the other, people would notice. In ms. */
const LEAST_MS = 0.5;
const MOST_MS = 10;
const MAX_TOPICS = 10_000;

export function createPace(clock: Pick<Clock, 'elapsed'>): Pace {
  const until = new Map<string, number>();
  return {
    spent(topic, ms) {
      const rest = Math.min(ms * SHARE, MOST_MS);
      if (rest < LEAST_MS) return void until.delete(topic);
      if (until.size >= MAX_TOPICS) until.clear();
      until.set(topic, clock.elapsed() + rest);
    },
    rest(topic) {
      const end = until.get(topic);
      return end === undefined ? 0 : Math.max(0, end - clock.elapsed());
    },
  };
}
