// What keeps agents safe: the emergency stop, the record of what the filter found, and of what moderators did.
import { handle, type Module } from '../../core/module.ts';
import * as c from './contract.ts';
import type { SafetyHistory } from './history.ts';
import type { SafetyService } from './service.ts';

export const safetyModule = (safety: SafetyService, history: SafetyHistory): Module => ({
  name: 'agents.safety',
  operations: [
    handle(c.setStop, (scope, input) => safety.set(scope, input)),
    handle(c.liftStop, (scope, input) => safety.lift(scope, input)),
    handle(c.listStops, (scope, input) => safety.list(scope, input)),
    handle(c.listContentChecks, (scope, input) => safety.checks(scope, input)),
    handle(c.listAgentModeration, (scope, input) => history.list(scope, input)),
    handle(c.getSafetyState, (scope, { agentId }) => history.state(scope, agentId)),
    handle(c.appealModeration, (scope, input) => history.appeal(scope, input)),
  ],
  start: safety.start,
  stop: safety.stop,
});
