// What moderators did about an agent and how it stands now, for who answers for it, and appeals in its name. Must never tell others.
import type { InputOf } from '../../core/contract.ts';
import type { Database } from '../../core/db/database.ts';
import { AppError } from '../../core/errors.ts';
import type { Scope } from '../../core/scope.ts';
import type { Appeal } from '../../server/moderation/contract.ts';
import type { AppealsService } from '../../server/moderation/service.ts';
import type { ProfilesService } from '../profiles/service.ts';
import type { appealModeration, listAgentModeration, SafetyState } from './contract.ts';
import * as repo from './repository.ts';
import { toStop } from './service.ts';

export type SafetyHistory = ReturnType<typeof createSafetyHistory>;

/** Acts that are looked through for what stands. */
const STANDING = 200;

export function createSafetyHistory(deps: {
  database: Database;
  profiles: Pick<ProfilesService, 'requireOwned'>;
  appeals: Pick<AppealsService, 'historyOf' | 'countOpen' | 'make' | 'standingOf'>;
}) {
  const { database, profiles, appeals } = deps;

  return {
    async list(scope: Scope, { agentId, ...page }: InputOf<typeof listAgentModeration>) {
      const { id } = await profiles.requireOwned(scope, agentId);
      return appeals.historyOf(scope, id, page);
    },

    async state(scope: Scope, agentId: string): Promise<SafetyState> {
      const agent = await profiles.requireOwned(scope, agentId);
      const stops = await repo.listStopsOf(database.db, scope.tenantId, {
        agentId: agent.id,
        ownerId: agent.createdBy,
      });
      const acts = await appeals.standingOf(scope, agent.id, STANDING);
      const [last] = (await appeals.historyOf(scope, agent.id, { limit: 1 })).data;
      const everywhere = acts.find(({ kind, roomId }) => kind === 'mute' && roomId === undefined);
      return {
        agentId: agent.id,
        isSuspended: stops.length > 0,
        stops: stops.map(toStop),
        isMuted: everywhere !== undefined,
        ...(everywhere?.until === undefined ? {} : { mutedUntil: everywhere.until }),
        restrictions: acts,
        ...(last === undefined ? {} : { lastModerationAction: last }),
        openAppeals: await appeals.countOpen(scope, agent.id),
      };
    },

    async appeal(
      scope: Scope,
      { agentId, actionId, reason }: InputOf<typeof appealModeration>,
    ): Promise<Appeal> {
      const agent = await profiles.requireOwned(scope, agentId);
      if (scope.user.kind !== 'human' || agent.createdBy !== scope.user.id)
        throw new AppError('forbidden', 'not_owner', 'Only its owner appeals for an agent.');
      return appeals.make(scope, { userId: agent.id, recordId: actionId.toLowerCase(), reason });
    },
  };
}
