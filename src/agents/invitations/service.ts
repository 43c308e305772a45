// Agents as members of rooms. Rooms decide who may add and remove; this only makes sure that it is an agent.

import type { Database } from '../../core/db/database.ts';
import { notFound } from '../../core/errors.ts';
import type { Scope } from '../../core/scope.ts';
import type { IdentityService } from '../../server/identity/service.ts';
import type { Member } from '../../server/rooms/contract.ts';
import type { RoomsService } from '../../server/rooms/service.ts';
import type { ProfilesService } from '../profiles/service.ts';

export type InvitationsService = ReturnType<typeof createInvitationsService>;

export interface InvitationsDeps {
  database: Database;
  identity: IdentityService;
  rooms: RoomsService;
  profiles: ProfilesService;
}

export function createInvitationsService({ database, identity, rooms, profiles }: InvitationsDeps) {
  return {
    async list(scope: Scope, roomKey: string): Promise<{ data: Member[] }> {
      const { row } = await rooms.requireVisible(scope, roomKey);
      return { data: await rooms.agentsIn(database.db, row.id) };
    },

    async invite(scope: Scope, roomKey: string, agentId: string): Promise<Member> {
      await profiles.requireAgent(scope, agentId);
      return rooms.addMember(scope, roomKey, agentId, 'member');
    },

    async dismiss(scope: Scope, roomKey: string, agentId: string): Promise<void> {
      const { row } = await rooms.requireVisible(scope, roomKey);
      const members = await rooms.agentsIn(database.db, row.id);
      if (!members.some((member) => member.user.id === agentId))
        throw notFound('agent_not_in_room', 'This agent is not in this room.');
      const agent = await profiles.requireAgent(scope, agentId);
      // Whoever answers for an agent may always call it back, as the agent itself might leave.
      const asWhom = profiles.answersFor(scope, agent)
        ? await identity.agentScope(scope.tenantId, agentId)
        : scope;
      await rooms.removeMember(asWhom, row.id, agentId, scope.user.id);
    },
  };
}
