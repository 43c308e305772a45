// Appeals against what moderators did: one for each act, told to who moderates, decided once, and its outcome told to who appealed.
// Who answers for whom an act concerns is for the caller to have found out. Must never undo more than the act itself.
import type { InputOf } from '../../core/contract.ts';
import type { Database } from '../../core/db/database.ts';
import { AppError, notFound } from '../../core/errors.ts';
import type { Events } from '../../core/events.ts';
import { isUuid, newId } from '../../core/ids.ts';
import type { Scope } from '../../core/scope.ts';
import type { PersonAsked } from '../notifications/service.ts';
import { canInRoom, type RoomsService } from '../rooms/service.ts';
import * as repo from './appeals-repository.ts';
import type { Appeal, listAppeals, ModerationRecord, resolveAppeal } from './contract.ts';
import type { ModerationService } from './service.ts';

export type AppealsService = ReturnType<typeof createAppealsService>;
export type RecordWithAppeal = ModerationRecord & { appeal?: Appeal };

/** Moderators of a room who are told. */
const MAX_TOLD = 50;

export function createAppealsService(deps: {
  database: Database;
  events: Events;
  rooms: RoomsService;
  moderation: ModerationService;
}) {
  const { database, events, rooms, moderation } = deps;
  const { db } = database;

  /** What a decision undoes; what is over already, or was ended meanwhile, is nothing to undo. */
  async function undo(scope: Scope, { kind, roomId, userId }: repo.AppealedRecord, reason: string) {
    if (userId === null) return;
    const room = roomId === null ? {} : { roomId };
    try {
      if (kind === 'mute') await moderation.unmute(scope, { ...room, userId, reason });
      if (kind === 'ban' && roomId !== null) await moderation.unban(scope, { roomId, userId, reason });
    } catch (error) {
      const over = error instanceof AppError && ['not_muted', 'not_banned'].includes(error.reason);
      if (!over) throw error;
    }
  }

  /** Who moderates where it happened: in every room, administrators. */
  async function mayDecide(
    scope: Scope,
    roomId: string | null,
    right: 'moderation.act' | 'moderation.review',
  ) {
    if (scope.role === 'admin') return true;
    const seen = roomId === null ? undefined : await rooms.findVisible(scope, roomId);
    return seen !== undefined && canInRoom(right, rooms.seenAs(scope, seen));
  }

  return {
    /** Acts that concern somebody, newest first, each with its appeal. */
    async historyOf(
      scope: Scope,
      userId: string,
      page: { limit: number; cursor?: string | undefined },
    ): Promise<{ data: RecordWithAppeal[]; nextCursor?: string }> {
      const { data, ...more } = await moderation.recordsOf(scope, { ...page, userId, standing: false });
      const appeals = await repo.listByRecords(
        db,
        scope.tenantId,
        data.map(({ id }) => id),
      );
      return {
        data: data.map((record) => {
          const appeal = appeals.find(({ recordId }) => recordId === record.id);
          return appeal === undefined ? record : { ...record, appeal: toAppeal(appeal) };
        }),
        ...more,
      };
    },

    /** Mutes and bans that hold now. */
    standingOf: async (scope: Scope, userId: string, limit: number): Promise<ModerationRecord[]> =>
      (await moderation.recordsOf(scope, { userId, limit, standing: true })).data,

    countOpen: (scope: Scope, userId: string): Promise<number> => repo.countOpen(db, scope.tenantId, userId),

    /** @param userId whom the act concerns, for whom the caller answers */
    async make(
      scope: Scope,
      { userId, recordId, reason }: { userId: string; recordId: string; reason: string },
    ): Promise<Appeal> {
      return database.transaction(async (tx) => {
        const record = await repo.lockRecord(tx, scope.tenantId, recordId);
        if (record === undefined || record.userId !== userId)
          throw notFound('action_not_found', 'There is no such act of moderation, or you may not see it.');
        if (!['mute', 'kick', 'ban', 'rejected'].includes(record.kind))
          throw new AppError(
            'invalid',
            'not_appealable',
            'Appeal against a mute, a kick, a ban or a message that was turned down.',
          );
        if (['mute', 'ban'].includes(record.kind) && !record.standing)
          throw new AppError('conflict', 'not_standing', 'This is over already; there is nothing to undo.');
        const row = await repo.insert(tx, {
          id: newId(),
          tenantId: scope.tenantId,
          recordId,
          roomId: record.roomId,
          userId,
          appellantId: scope.user.id,
          reason,
        });
        if (row === undefined)
          throw new AppError('conflict', 'already_appealed', 'There is an appeal against this act already.');
        const { roomId } = record;
        const room = roomId === null ? undefined : await rooms.rowOf(tx, scope.tenantId, roomId);
        const moderators =
          room === undefined
            ? await repo.listAdministrators(tx, scope.tenantId, MAX_TOLD)
            : await rooms.moderatorsOf(tx, room, MAX_TOLD);
        const details = { appealId: row.id, recordId };
        await moderation.records.keep(
          tx,
          scope,
          { kind: 'appealed', roomId, userId, reason: '', details },
          false,
        );
        await events.emit<PersonAsked>(tx, 'person.asked', [
          {
            tenantId: scope.tenantId,
            userIds: moderators.filter((id) => id !== scope.user.id),
            kind: 'moderation',
            key: `appeal:${row.id}`,
            roomId,
            messageId: null,
            subject: { ...details, action: 'appealed', userId },
          },
        ]);
        return toAppeal(row);
      });
    },

    async list(scope: Scope, { roomId: key, status, limit, cursor }: InputOf<typeof listAppeals>) {
      let roomIds: string[] | undefined;
      if (key !== undefined) {
        const seen = await rooms.requireVisible(scope, key);
        rooms.requireRight(rooms.seenAs(scope, seen), 'moderation.review');
        roomIds = [seen.row.id];
      } else if (scope.role !== 'admin') roomIds = await rooms.moderatedBy(scope);
      const rows = await repo.list(db, scope.tenantId, {
        roomIds,
        status,
        beforeId: cursor !== undefined && isUuid(cursor) ? cursor : undefined,
        limit: limit + 1,
      });
      const data = rows.slice(0, limit).map(toAppeal);
      const last = data.at(-1);
      return { data, ...(rows.length > limit && last !== undefined ? { nextCursor: last.id } : {}) };
    },

    async resolve(scope: Scope, { appealId, outcome, note }: InputOf<typeof resolveAppeal>): Promise<Appeal> {
      const row = await repo.find(db, scope.tenantId, appealId);
      if (row === undefined || !(await mayDecide(scope, row.roomId, 'moderation.act')))
        throw notFound('appeal_not_found', 'There is no such appeal, or you may not see it.');
      if (row.status !== 'open') throw decided(row.status);
      if (row.appellantId === scope.user.id)
        throw new AppError('forbidden', 'own_appeal', 'Somebody else decides about your own appeal.');
      // First what is undone: where that is refused, nothing is decided.
      const record = await repo.findRecord(db, scope.tenantId, row.recordId);
      if (outcome === 'granted' && record?.standing === true) await undo(scope, record, note);
      return database.transaction(async (tx) => {
        const done = await repo.decide(tx, scope.tenantId, appealId, {
          status: outcome,
          note,
          decidedBy: scope.user.id,
        });
        if (done === undefined) throw decided('decided');
        const { roomId, userId, recordId, appellantId } = done;
        const details = { appealId, recordId };
        const kind = `appeal_${outcome}` as const;
        await moderation.records.keep(tx, scope, { kind, roomId, userId, reason: note, details }, false);
        await events.emit<PersonAsked>(tx, 'person.asked', [
          {
            tenantId: scope.tenantId,
            userIds: [appellantId],
            kind: 'moderation',
            key: `appeal:decided:${appealId}`,
            roomId,
            messageId: null,
            subject: { ...details, action: kind, userId, reason: note },
          },
        ]);
        return toAppeal(done);
      });
    },
  };
}

const decided = (how: string) =>
  new AppError('conflict', 'already_decided', `This appeal is decided already: ${how}.`);

const toAppeal = (row: repo.AppealRow): Appeal => ({
  id: row.id,
  actionId: row.recordId,
  ...(row.roomId === null ? {} : { roomId: row.roomId }),
  userId: row.userId,
  by: row.appellantId,
  reason: row.reason,
  status: row.status,
  ...(row.status === 'open' ? {} : { note: row.note }),
  ...(row.decidedBy === null ? {} : { decidedBy: row.decidedBy }),
  ...(row.decidedAt === null ? {} : { decidedAt: row.decidedAt.toISOString() }),
  createdAt: row.createdAt.toISOString(),
});
