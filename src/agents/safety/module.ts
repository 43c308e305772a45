// What keeps agents safe: the emergency stop, and the record of what the filter found.
import { handle, type Module } from '../../core/module.ts';
import * as c from './contract.ts';
import type { SafetyService } from './service.ts';

export const safetyModule = (safety: SafetyService): Module => ({
  name: 'agents.safety',
  operations: [
    handle(c.setStop, (scope, input) => safety.set(scope, input)),
    handle(c.liftStop, (scope, input) => safety.lift(scope, input)),
    handle(c.listStops, (scope, input) => safety.list(scope, input)),
    handle(c.listContentChecks, (scope, input) => safety.checks(scope, input)),
  ],
  start: safety.start,
  stop: safety.stop,
});
