// Pins: put and taken away by whoever may, each an entry of the room's log. Must never pin a message that was deleted.
import type { Database } from '../../core/db/database.ts';
import { AppError } from '../../core/errors.ts';
import type { Scope } from '../../core/scope.ts';
import type { Message } from '../messages/contract.ts';
import type { MessageLog, MessagesService } from '../messages/service.ts';
import type { Here, RoomsService } from '../rooms/service.ts';
import * as repo from './repository.ts';

export type PinsService = ReturnType<typeof createPinsService>;

/** Pinned messages of one room. */
const MAX_PINS = 50;

export function createPinsService(deps: {
  database: Database;
  rooms: RoomsService;
  messages: MessagesService;
  log: MessageLog;
}) {
  const { database, rooms, messages, log } = deps;

  function requireRight(here: Here): void {
    // In a direct room all are equal.
    if (here.row.kind === 'direct' && here.role !== undefined) return;
    rooms.requireRight(here, 'message.pin');
  }

  return {
    async add(scope: Scope, messageId: string): Promise<Message> {
      await messages.change(scope, messageId, async (tx, row, here) => {
        requireRight(here);
        if (row.deletedAt !== null)
          throw new AppError('conflict', 'message_deleted', 'The message was deleted.');
        if (row.pinnedAt !== null) return;
        if ((await repo.countPins(tx, row.roomId)) >= MAX_PINS)
          throw new AppError(
            'conflict',
            'too_many_pins',
            `A room has at most ${MAX_PINS} pinned messages; take one away first.`,
          );
        const by = scope.user.id;
        const at = (await repo.pin(tx, row.id, by)).toISOString();
        const about = { roomId: row.roomId, messageId: row.id, messageSeq: row.seq };
        await log.append(tx, here.row, [
          { type: 'message_pinned', payload: (seq) => ({ ...about, seq, pinned: { by, at } }) },
        ]);
      });
      return messages.get(scope, messageId);
    },

    async remove(scope: Scope, messageId: string): Promise<Message> {
      await messages.change(scope, messageId, async (tx, row, here) => {
        requireRight(here);
        if (row.pinnedAt === null) return;
        await repo.unpin(tx, row.id);
        const about = { roomId: row.roomId, messageId: row.id, messageSeq: row.seq };
        await log.append(tx, here.row, [
          { type: 'message_unpinned', payload: (seq) => ({ ...about, seq, by: scope.user.id }) },
        ]);
      });
      return messages.get(scope, messageId);
    },

    async list(scope: Scope, key: string): Promise<{ data: Message[] }> {
      const { row } = await rooms.requireVisible(scope, key);
      const ids = await repo.listPinned(database.db, row.id);
      const found = new Map((await messages.byIds(scope, ids)).map((message) => [message.id, message]));
      return { data: ids.flatMap((id) => found.get(id) ?? []) };
    },
  };
}
