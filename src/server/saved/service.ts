// Saved messages and rooms marked unread: for one person alone, told to all their devices and to nobody else.
// Must never show a message of a room that its keeper is no longer in.
import type { z } from 'zod';
import type { Bus } from '../../core/bus.ts';
import type { EventDef } from '../../core/contract.ts';
import type { Database } from '../../core/db/database.ts';
import { AppError, notFound } from '../../core/errors.ts';
import { isUuid } from '../../core/ids.ts';
import type { Scope } from '../../core/scope.ts';
import type { Message } from '../messages/contract.ts';
import type { MessagesService } from '../messages/service.ts';
import type { MyMembership } from '../rooms/contract.ts';
import type { RoomsService } from '../rooms/service.ts';
import { roomUnread, type SavedMessage, savedChanged } from './contract.ts';
import * as repo from './repository.ts';

export type SavedService = ReturnType<typeof createSavedService>;

const MAX_SAVED = 1000;

export function createSavedService(deps: {
  database: Database;
  bus: Bus;
  rooms: RoomsService;
  messages: MessagesService;
}) {
  const { database, bus, rooms, messages } = deps;

  function tell<P extends z.ZodType>(userId: string, def: EventDef<P>, payload: z.output<P>): void {
    bus.publish(`user:${userId}`, { kind: 'signal', type: def.type, json: JSON.stringify(payload) });
  }

  return {
    async add(scope: Scope, messageId: string, note: string): Promise<SavedMessage> {
      const row = await messages.require(scope, messageId);
      await rooms.requireMember(scope, row.roomId);
      if (row.deletedAt !== null)
        throw new AppError('conflict', 'message_deleted', 'The message was deleted.');
      const { tenantId, user } = scope;
      const { roomId } = row;
      const saved = { userId: user.id, messageId: row.id, tenantId, roomId, note };
      const savedAt = await database.transaction((tx) => repo.save(tx, saved, MAX_SAVED));
      if (savedAt === undefined)
        throw new AppError(
          'conflict',
          'too_many_saved',
          `At most ${MAX_SAVED} messages are saved; take some off the list first.`,
        );
      tell(user.id, savedChanged, { roomId, messageId: row.id, saved: true, note });
      const [message] = await messages.shownTo(scope, [row]);
      return { message: message as Message, note, savedAt: savedAt.toISOString() };
    },

    async remove(scope: Scope, messageId: string): Promise<{ saved: false }> {
      const roomId = await repo.remove(database.db, scope.user.id, messageId);
      if (roomId === undefined) await messages.require(scope, messageId);
      else tell(scope.user.id, savedChanged, { roomId, messageId, saved: false });
      return { saved: false };
    },

    async list(
      scope: Scope,
      page: { limit: number; cursor?: string | undefined },
    ): Promise<{ data: SavedMessage[]; nextCursor?: string }> {
      const after = placeOf(page.cursor);
      const rows = await repo.list(database.db, scope.tenantId, scope.user.id, page.limit + 1, after);
      const some = rows.slice(0, page.limit);
      const readable = await messages.readable(
        scope,
        some.map((row) => row.messageId),
      );
      const byId = new Map(readable.map((message) => [message.id, message]));
      const data = some.flatMap(({ messageId, note, savedAt }): SavedMessage[] => {
        const message = byId.get(messageId);
        return message === undefined ? [] : [{ message, note, savedAt: savedAt.toISOString() }];
      });
      const last = some.at(-1);
      const more = rows.length > page.limit && last !== undefined;
      return { data, ...(more ? { nextCursor: `${last.at}|${last.messageId}` } : {}) };
    },

    async markUnread(scope: Scope, key: string, messageId: string): Promise<MyMembership> {
      const { row: room } = await rooms.requireMember(scope, key);
      const row = await messages.require(scope, messageId);
      if (row.roomId !== room.id)
        throw notFound('message_not_found', 'There is no such message in this room.');
      const me = await rooms.markUnread(scope, room.id, row.seq);
      tell(scope.user.id, roomUnread, { roomId: room.id, me });
      return me;
    },
  };
}

function placeOf(cursor: string | undefined): repo.Place | undefined {
  if (cursor === undefined) return undefined;
  const [at = '', messageId = ''] = cursor.split('|');
  if (!isUuid(messageId) || Number.isNaN(Date.parse(at)))
    throw new AppError('invalid', 'invalid_input', 'cursor: use the nextCursor of the page before.');
  return { at, messageId };
}
