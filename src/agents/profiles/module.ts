// What agents' profiles offer.
import { handle, type Module } from '../../core/module.ts';
import * as c from './contract.ts';
import type { ProfilesService } from './service.ts';

export const profilesModule = (profiles: ProfilesService): Module => ({
  name: 'agents.profiles',
  operations: [
    handle(c.listAgents, (scope, page) => profiles.list(scope, page)),
    handle(c.createAgent, (scope, input) => profiles.create(scope, input)),
    handle(c.getAgent, (scope, { agentId }) => profiles.get(scope, agentId)),
    handle(c.updateAgent, (scope, input) => profiles.update(scope, input)),
    handle(c.activateAgent, (scope, { agentId, active }) => profiles.activate(scope, agentId, active)),
    handle(c.cloneAgent, (scope, input) => profiles.clone(scope, input)),
    handle(c.deleteAgent, async (scope, { agentId }) => {
      await profiles.remove(scope, agentId);
      return { deleted: true as const };
    }),
  ],
});
