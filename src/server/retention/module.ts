// What retention does: it looks after rooms that keep messages for some days only.
import type { Clock } from '../../core/clock.ts';
import { untimed } from '../../core/db/deadline.ts';
import type { Logger } from '../../core/logger.ts';
import type { Module } from '../../core/module.ts';
import type { Retention } from './service.ts';

const EVERY_MS = 600_000;

export function retentionModule(deps: { retention: Retention; clock: Clock; logger: Logger }): Module {
  const { retention, clock, logger } = deps;
  const stopping = new AbortController();
  let sweeping: Promise<void> | undefined;
  return {
    name: 'retention',
    operations: [],
    async start() {
      sweeping = untimed(async () => {
        while (!stopping.signal.aborted) {
          await clock.sleep(EVERY_MS, stopping.signal).catch(() => undefined);
          if (stopping.signal.aborted) return;
          await retention
            .sweep(stopping.signal)
            .catch((error: unknown) => logger.warn({ err: error }, 'old messages could not be deleted'));
        }
      });
    },
    async stop() {
      stopping.abort(new Error('the server is stopping'));
      await sweeping;
    },
  };
}
