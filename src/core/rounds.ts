// Work that comes round again and again beside the calls: tidying, reading on in logs. Must never overlap itself, end the process,
// or hold up a stop for longer than a moment: what a round does may be cut off anywhere.
import type { Clock } from './clock.ts';
import { untimed } from './db/deadline.ts';
import type { Logger } from './logger.ts';

export interface Rounds {
  start(): void;
  stop(): Promise<void>;
}

/** Longest wait for a round that is under way when stopping, in ms: the database may not answer. */
const STOP_MS = 2000;

export function createRounds(deps: {
  clock: Clock;
  logger: Logger;
  everyMs: number;
  /** Logged when a round failed: the next one tries again. */
  failed: string;
  /** Run a round at the start already. */
  atOnce?: boolean;
  run(signal: AbortSignal): Promise<unknown>;
}): Rounds {
  const { clock, logger, everyMs, failed, atOnce = false, run } = deps;
  const stopping = new AbortController();
  const { signal } = stopping;
  let going: Promise<void> | undefined;

  async function go(): Promise<void> {
    for (let first = true; !signal.aborted; first = false) {
      if (!first || !atOnce) await clock.sleep(everyMs, signal).catch(() => undefined);
      if (signal.aborted) return;
      await run(signal).catch((error: unknown) => {
        if (!signal.aborted) logger.warn({ err: error }, failed);
      });
    }
  }

  return {
    start() {
      going = untimed(go);
    },
    async stop() {
      stopping.abort(new Error('the server is stopping'));
      const waited = new AbortController();
      await Promise.race([going, clock.sleep(STOP_MS, waited.signal).catch(() => undefined)]);
      waited.abort();
    },
  };
}
