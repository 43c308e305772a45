// Messages that a rule held: kept by the writer, told to moderators, and released under their own id or rejected, once. Must never
// show one to others than its author and the moderators of its room.
import type { InputOf } from '../../core/contract.ts';
import type { Database, Tx } from '../../core/db/database.ts';
import { AppError, notFound } from '../../core/errors.ts';
import type { Events } from '../../core/events.ts';
import { isUuid, newId } from '../../core/ids.ts';
import type { Scope } from '../../core/scope.ts';
import type { IdentityService } from '../identity/service.ts';
import type { Message } from '../messages/contract.ts';
import type { HeldSend, MessageHeld, MessagesService } from '../messages/service.ts';
import type { PersonAsked } from '../notifications/service.ts';
import { canInRoom, type RoomsService } from '../rooms/service.ts';
import type { HeldMessage, listHeld, rejectHeld } from './contract.ts';
import * as repo from './repository.ts';
import type { ModerationService } from './service.ts';

export type HeldService = ReturnType<typeof createHeldService>;

/** Moderators of a room who are told. */
const MAX_TOLD = 50;

export function createHeldService(deps: {
  database: Database;
  events: Events;
  identity: IdentityService;
  rooms: RoomsService;
  messages: MessagesService;
  moderation: ModerationService;
}) {
  const { database, events, identity, rooms, messages, moderation } = deps;
  const { db } = database;

  const heldNotFound = () =>
    notFound('held_message_not_found', 'There is no such message that waits, or you may not see it.');
  const decided = (state: string) =>
    new AppError('conflict', 'already_decided', `This message does not wait any more: it was ${state}.`);

  events.on<MessageHeld>('message.held', async (tx, held) => {
    for (const { tenantId, roomId, messageId, author, rule } of held) {
      const row = await rooms.rowOf(tx, tenantId, roomId);
      if (row === undefined) continue;
      await repo.insertRecord(tx, {
        id: newId(),
        tenantId,
        roomId,
        kind: 'held',
        userId: author.id,
        details: JSON.stringify({ messageId, rule }),
      });
      const subject = { action: 'held', messageId, rule, userId: author.id };
      await tell(
        tx,
        { tenantId, roomId, id: messageId },
        await rooms.moderatorsOf(tx, row, MAX_TOLD),
        subject,
      );
    }
  });

  async function tell(
    tx: Tx,
    { tenantId, roomId, id }: { tenantId: string; roomId: string; id: string },
    userIds: string[],
    subject: Record<string, unknown>,
  ): Promise<void> {
    const key = `held:${String(subject.action)}:${id}`;
    await events.emit<PersonAsked>(tx, 'person.asked', [
      { tenantId, userIds, kind: 'moderation', key, roomId, messageId: null, subject },
    ]);
  }

  /** The message, to who moderates its room. */
  async function require(scope: Scope, id: string): Promise<repo.HeldRow> {
    const row = await repo.findHeld(db, scope.tenantId, id);
    if (row === undefined) throw heldNotFound();
    const seen = await rooms.findVisible(scope, row.roomId);
    if (seen === undefined || !canInRoom('moderation.act', rooms.seenAs(scope, seen))) throw heldNotFound();
    return row;
  }

  async function settle(
    tx: Tx,
    scope: Scope,
    row: repo.HeldRow,
    state: 'released' | 'rejected',
    note: string,
  ): Promise<void> {
    const before = await repo.decideHeld(tx, row.id, { state, note, decidedBy: scope.user.id });
    if (before === state) return;
    if (before !== 'waiting') throw decided(before);
    const details = { messageId: row.id, rule: row.rule };
    await moderation.records.keep(
      tx,
      scope,
      { kind: state, roomId: row.roomId, userId: row.authorId, reason: note, details },
      true,
    );
  }

  return {
    async list(scope: Scope, { roomId: key, limit, cursor }: InputOf<typeof listHeld>) {
      const seen = await rooms.requireVisible(scope, key);
      const all = canInRoom('moderation.review', rooms.seenAs(scope, seen));
      const rows = await repo.listHeld(db, scope.tenantId, seen.row.id, {
        authorId: all ? undefined : scope.user.id,
        beforeId: cursor !== undefined && isUuid(cursor) ? cursor : undefined,
        limit: limit + 1,
      });
      const some = rows.slice(0, limit);
      const users =
        some.length === 0
          ? []
          : await identity.findMany(db, scope.tenantId, [...new Set(some.map((row) => row.authorId))]);
      const data = some.flatMap((row): HeldMessage[] => {
        const author = users.find(({ id }) => id === row.authorId);
        const { body } = row.send as unknown as HeldSend;
        return author === undefined
          ? []
          : [
              {
                id: row.id,
                roomId: row.roomId,
                author,
                body,
                rule: row.rule,
                createdAt: row.createdAt.toISOString(),
              },
            ];
      });
      const last = some.at(-1);
      return { data, ...(rows.length > limit && last !== undefined ? { nextCursor: last.id } : {}) };
    },

    async release(scope: Scope, id: string): Promise<Message> {
      const row = await require(scope, id);
      if (row.state === 'rejected') throw decided(row.state);
      const [author] = await identity.findMany(db, scope.tenantId, [row.authorId]);
      if (author === undefined) throw decided('left by its author, who is gone');
      const { tenantId, roomId } = row;
      const send = row.send as unknown as HeldSend;
      return messages
        .release({ ...send, id: row.id, tenantId, roomId, author, via: scope.via }, (tx) =>
          settle(tx, scope, row, 'released', ''),
        )
        .catch((error: unknown) => {
          throw error instanceof AppError && error.reason === 'not_a_member'
            ? new AppError('conflict', 'author_left', 'Its author is not in the room any more; reject it.')
            : error;
        });
    },

    async reject(scope: Scope, { messageId, note }: InputOf<typeof rejectHeld>): Promise<void> {
      const row = await require(scope, messageId);
      await database.transaction((tx) => settle(tx, scope, row, 'rejected', note));
    },
  };
}
