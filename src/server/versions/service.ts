// Versions of a message, for those who may read them. They are written where messages are edited, in the same transaction.
import type { Database } from '../../core/db/database.ts';
import { AppError } from '../../core/errors.ts';
import type { Scope } from '../../core/scope.ts';
import type { MessagesService } from '../messages/service.ts';
import { canInRoom, type RoomsService } from '../rooms/service.ts';
import type { MessageVersion } from './contract.ts';
import * as repo from './repository.ts';

export type VersionsService = ReturnType<typeof createVersionsService>;

export function createVersionsService(deps: {
  database: Database;
  rooms: RoomsService;
  messages: MessagesService;
}) {
  return {
    async list(
      scope: Scope,
      input: { messageId: string; limit: number; cursor?: string | undefined },
    ): Promise<{ data: MessageVersion[]; nextCursor?: string }> {
      const row = await deps.messages.require(scope, input.messageId);
      const seen = await deps.rooms.requireVisible(scope, row.roomId);
      const may =
        (seen.membership !== undefined && row.authorId === scope.user.id) ||
        canInRoom('message.versions', deps.rooms.seenAs(scope, seen));
      if (!may)
        throw new AppError(
          'forbidden',
          'not_author',
          'Only its author or an admin of the room sees what a message said before.',
        );
      if (row.deletedAt !== null) return { data: [] };
      const before = input.cursor === undefined ? row.version + 1 : Number(input.cursor);
      if (!Number.isSafeInteger(before))
        throw new AppError('invalid', 'invalid_input', 'cursor: use the nextCursor of the page before.');
      const { body, mentions, version } = row;
      const writtenAt = row.editedAt ?? row.createdAt;
      const present = before > version ? [{ version, body, mentions, writtenAt }] : [];
      const older = await repo.listBefore(
        deps.database.db,
        row.id,
        Math.min(before, version),
        input.limit + 1 - present.length,
      );
      const all = [...present, ...older];
      const data = all.slice(0, input.limit).map((v) => ({ ...v, writtenAt: v.writtenAt.toISOString() }));
      const last = data.at(-1);
      const more = all.length > input.limit && last !== undefined;
      return { data, ...(more ? { nextCursor: String(last.version) } : {}) };
    },
  };
}
