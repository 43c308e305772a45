// What invitations offer.
import { handle, type Module } from '../../core/module.ts';
import * as c from './contract.ts';
import type { InvitationsService } from './service.ts';

export const invitationsModule = (invitations: InvitationsService): Module => ({
  name: 'agents.invitations',
  operations: [
    handle(c.listRoomAgents, (scope, { roomId }) => invitations.list(scope, roomId)),
    handle(c.inviteAgent, (scope, { roomId, agentId }) => invitations.invite(scope, roomId, agentId)),
    handle(c.dismissAgent, async (scope, { roomId, agentId }) => {
      await invitations.dismiss(scope, roomId, agentId);
      return { removed: true as const };
    }),
  ],
});
