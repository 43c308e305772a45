// Drafts of the composer: one a person and room, the newest wins. Must never be seen by anybody else.
import type { Bus } from '../../core/bus.ts';
import type { Database } from '../../core/db/database.ts';
import type { Scope } from '../../core/scope.ts';
import { notAMember, type RoomsService } from '../rooms/service.ts';
import { type ComposerDraft, draftChanged } from './contract.ts';
import * as repo from './repository.ts';

export type DraftsService = ReturnType<typeof createDraftsService>;

export function createDraftsService(deps: { database: Database; bus: Bus; rooms: RoomsService }) {
  const { bus, rooms } = deps;
  const { db } = deps.database;

  return {
    async set(
      scope: Scope,
      input: { roomId: string; body: string; updatedAt?: string | undefined },
    ): Promise<ComposerDraft> {
      const { row } = await rooms.requireMember(scope, input.roomId);
      const at = input.updatedAt === undefined ? undefined : new Date(input.updatedAt);
      const kept = await repo.set(db, row.id, scope.user.id, input.body, at);
      if (kept === undefined) {
        const newer = await repo.find(db, row.id, scope.user.id);
        if (newer === undefined) throw notAMember();
        return toDraft(newer);
      }
      const draft = toDraft(kept);
      bus.publish(`user:${scope.user.id}`, {
        kind: 'signal',
        type: draftChanged.type,
        json: JSON.stringify(draft),
      });
      return draft;
    },

    async get(scope: Scope, key: string): Promise<ComposerDraft> {
      const { row } = await rooms.requireMember(scope, key);
      const found = await repo.find(db, row.id, scope.user.id);
      if (found === undefined) throw notAMember();
      return toDraft(found);
    },

    async list(scope: Scope): Promise<{ data: ComposerDraft[] }> {
      return { data: (await repo.list(db, scope.tenantId, scope.user.id)).map(toDraft) };
    },
  };
}

const toDraft = ({ roomId, draft, draftAt }: repo.DraftRow): ComposerDraft => ({
  roomId,
  body: draft ?? '',
  ...(draftAt === null ? {} : { updatedAt: draftAt.toISOString() }),
});
