// What may be asked about an agent's work as a whole.
import { handle, type Module } from '../../core/module.ts';
import { getAgentMetrics } from './contract.ts';
import type { ActivityService } from './service.ts';

export const activityModule = (activity: ActivityService): Module => ({
  name: 'agents.activity',
  operations: [handle(getAgentMetrics, (scope, input) => activity.metrics(scope, input))],
});
