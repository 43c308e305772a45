// What may be asked about how an agent has been doing.
import { handle, type Module } from '../../core/module.ts';
import * as c from './contract.ts';
import type { HealthService } from './service.ts';

export const healthModule = (health: HealthService): Module => ({
  name: 'agents.health',
  operations: [
    handle(c.getMode, (scope, { agentId }) => health.get(scope, agentId)),
    handle(c.setMode, (scope, { agentId, mode }) => health.set(scope, agentId, mode)),
  ],
});
