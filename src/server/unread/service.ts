// Why a badge shows what it shows. Must never count otherwise than the badge does, nor tell of others to who does not moderate the room.
import { addressed } from '../../core/addressed.ts';
import type { Database } from '../../core/db/database.ts';
import { AppError, notFound } from '../../core/errors.ts';
import type { Scope } from '../../core/scope.ts';
import type { IdentityService } from '../identity/service.ts';
import type { MessagesService } from '../messages/service.ts';
import { canInRoom, notAMember, type RoomsService } from '../rooms/service.ts';
import type { UnreadExplained } from './contract.ts';
import { becauseOf, becauseOfMark, sorted } from './reasons.ts';
import * as repo from './repository.ts';

export type UnreadService = ReturnType<typeof createUnreadService>;

const SHOWN = 50;

export function createUnreadService(deps: {
  database: Database;
  rooms: RoomsService;
  messages: MessagesService;
  identity: IdentityService;
}) {
  const { rooms, messages, identity } = deps;
  const { db } = deps.database;

  /** Who is asked about. @throws AppError */
  async function whose(scope: Scope, roomId: string, key: string | undefined): Promise<string> {
    const seen = await rooms.requireVisible(scope, roomId);
    const { membership } = seen;
    if (key === undefined || key.toLowerCase() === scope.user.id) {
      if (membership === undefined) throw notAMember();
      return scope.user.id;
    }
    if (!canInRoom('delivery.explain', rooms.seenAs(scope, seen)))
      throw new AppError(
        'forbidden',
        'not_allowed',
        'Only who moderates the room asks about others; ask about yourself, or ask an admin of the room.',
      );
    return (await identity.get(scope, key)).id;
  }

  function explained(
    roomId: string,
    userId: string,
    found: Awaited<ReturnType<typeof repo.findRoom>>,
    thread: boolean,
  ): UnreadExplained {
    if (found === undefined) throw notFound('member_not_found', 'There is no such member.');
    const { mark, newer } = found;
    const { counted, mentioned, excluded } = sorted(newer, userId);
    return {
      roomId,
      userId,
      unread: mark.unread,
      mentions: mark.mentions,
      mark: {
        readSeq: mark.readSeq,
        ...(mark.readAt === null ? {} : { readAt: mark.readAt.toISOString() }),
        ...(mark.unreadFrom === null ? {} : { unreadFrom: mark.unreadFrom }),
        countsAfter: mark.countsAfter,
        because: becauseOfMark(mark, thread),
      },
      lastSeq: mark.lastSeq,
      counted: counted.slice(0, SHOWN),
      mentioned: mentioned.slice(0, SHOWN),
      excluded: excluded.slice(0, SHOWN),
      more: {
        counted: Math.max(0, mark.unread - SHOWN),
        mentioned: Math.max(0, mark.mentions - SHOWN),
        excluded: Math.max(0, excluded.length - SHOWN),
      },
      because: becauseOf(mark, excluded.length),
    };
  }

  const toWhom = (scope: Scope, told: UnreadExplained): UnreadExplained =>
    told.userId === scope.user.id ? addressed(told) : told;

  return {
    async room(scope: Scope, key: string, whom: string | undefined) {
      const { row } = await rooms.requireVisible(scope, key);
      const userId = await whose(scope, row.id, whom);
      const found = await repo.findRoom(db, scope.tenantId, row.id, userId);
      const told = toWhom(scope, explained(row.id, userId, found, false));
      return { ...told, otherEntries: await repo.countOthers(db, row.id, told.mark.countsAfter) };
    },

    async thread(scope: Scope, messageId: string, whom: string | undefined) {
      const asked = await messages.require(scope, messageId);
      const root = asked.threadId === null ? asked : await messages.require(scope, asked.threadId);
      const userId = await whose(scope, root.roomId, whom);
      const found = await repo.findThread(db, scope.tenantId, root, userId);
      return toWhom(scope, explained(root.roomId, userId, found, true));
    },
  };
}
