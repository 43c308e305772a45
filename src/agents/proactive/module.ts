// What agents that speak first offer, and the job that looks for what they may say.
import type { AnyJobDef } from '../../core/jobs.ts';
import { handle, type Module } from '../../core/module.ts';
import * as c from './contract.ts';
import type { ProactiveService } from './service.ts';

export const proactiveModule = (proactive: ProactiveService, job: AnyJobDef): Module => ({
  name: 'agents.proactive',
  operations: [
    handle(c.createGoal, (scope, input) => proactive.createGoal(scope, input)),
    handle(c.listGoals, (scope, input) => proactive.listGoals(scope, input)),
    handle(c.updateGoal, (scope, input) => proactive.updateGoal(scope, input)),
    handle(c.deleteGoal, (scope, input) => proactive.deleteGoal(scope, input)),
    handle(c.listOpenings, (scope, input) => proactive.openings(scope, input)),
    handle(c.explainMessage, (scope, input) => proactive.explain(scope, input)),
  ],
  jobs: [job],
});
