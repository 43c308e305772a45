// Looks at the log for what the bus did not say: often while nodes cannot hear each other, seldom otherwise, and once when a
// topic's subscription has just been made. Without it a lost last message would wait for the next one (G6, G7).
import type { Bus } from '../../../core/bus.ts';
import type { Clock } from '../../../core/clock.ts';
import type { Logger } from '../../../core/logger.ts';
import type { Hub } from './hub.ts';

export interface LogWatchDeps {
  bus: Bus;
  hub: Hub;
  clock: Clock;
  logger: Logger;
  /** Newest seq of each topic's log. */
  lastSeqs(topics: string[]): Promise<Map<string, number>>;
}

const SILENT_BUS_MS = 5000;
const BROKEN_BUS_MS = 500;
const TICK_MS = 100;
const PAGE = 1000;

export function createLogWatch({ bus, hub, clock, logger, lastSeqs }: LogWatchDeps) {
  /** Topics to look at with the next tick. */
  const soon = new Set<string>();
  const stopped = new AbortController();
  let lookedAt = 0;
  let running: Promise<void> = Promise.resolve();

  async function look(topics: string[]): Promise<void> {
    for (let i = 0; i < topics.length; i += PAGE) {
      const seqs = await lastSeqs(topics.slice(i, i + PAGE));
      for (const [topic, seq] of seqs) hub.reached(topic, seq);
    }
  }

  async function run(): Promise<void> {
    while (!stopped.signal.aborted) {
      try {
        await clock.sleep(TICK_MS, stopped.signal);
        const due = clock.elapsed() - lookedAt >= (bus.healthy() ? SILENT_BUS_MS : BROKEN_BUS_MS);
        const topics = due ? hub.loggedTopics() : [...soon];
        soon.clear();
        if (due) lookedAt = clock.elapsed();
        if (topics.length > 0) await look(topics);
      } catch (error) {
        if (!stopped.signal.aborted)
          logger.warn({ err: error }, 'the logs could not be looked at; trying again');
      }
    }
  }

  const offs = [
    hub.onOpened((topic) => {
      void bus.whenSubscribed(topic).then(() => soon.add(topic));
    }),
    bus.onRecovered(() => {
      lookedAt = 0;
    }),
  ];

  return {
    start(): void {
      // A bus that does not leave this node loses nothing.
      if (bus.shared) running = run();
    },
    async stop(): Promise<void> {
      stopped.abort();
      for (const off of offs) off();
      await running;
    },
  };
}
