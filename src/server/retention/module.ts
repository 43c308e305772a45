// What retention does: it looks after rooms that keep messages for some days only.
import type { Clock } from '../../core/clock.ts';
import type { Logger } from '../../core/logger.ts';
import type { Module } from '../../core/module.ts';
import { createRounds } from '../../core/rounds.ts';
import type { Retention } from './service.ts';

const EVERY_MS = 600_000;

export function retentionModule(deps: { retention: Retention; clock: Clock; logger: Logger }): Module {
  const { retention, clock, logger } = deps;
  const rounds = createRounds({
    clock,
    logger,
    everyMs: EVERY_MS,
    failed: 'old messages could not be deleted',
    run: retention.sweep,
  });
  return {
    name: 'retention',
    operations: [],
    start: async () => rounds.start(),
    stop: rounds.stop,
  };
}
