// Reports of messages: one for each reporter and message, seen by who moderates the room, settled once, and its outcome told to
// everyone who reported. Must never tell the author who did.
import type { InputOf } from '../../core/contract.ts';
import type { Database, Tx } from '../../core/db/database.ts';
import { AppError, notFound } from '../../core/errors.ts';
import type { Events } from '../../core/events.ts';
import { isUuid, newId } from '../../core/ids.ts';
import type { Scope } from '../../core/scope.ts';
import type { IdentityService } from '../identity/service.ts';
import type { MessagesService } from '../messages/service.ts';
import type { PersonAsked } from '../notifications/service.ts';
import { canInRoom, type RoomsService } from '../rooms/service.ts';
import type { listReports, Report, reportMessage, resolveReport } from './contract.ts';
import * as repo from './repository.ts';
import type { ModerationService } from './service.ts';

export type ReportsService = ReturnType<typeof createReportsService>;

/** Moderators of a room who are told of a report. */
const MAX_TOLD = 50;

export function createReportsService(deps: {
  database: Database;
  events: Events;
  identity: IdentityService;
  rooms: RoomsService;
  messages: MessagesService;
  moderation: ModerationService;
}) {
  const { database, events, identity, rooms, messages, moderation } = deps;
  const { db } = database;

  const reportNotFound = () =>
    notFound('report_not_found', 'There is no such report, or you may not see it.');

  /** The report, to who moderates its room. */
  async function require(scope: Scope, id: string, at: Database['db'] | Tx = db): Promise<repo.ReportRow> {
    const row = await repo.findReport(at, scope.tenantId, id);
    if (row === undefined) throw reportNotFound();
    const seen = await rooms.findVisible(scope, row.roomId, at);
    if (seen === undefined || !canInRoom('moderation.review', rooms.seenAs(scope, seen)))
      throw reportNotFound();
    return row;
  }

  async function show(scope: Scope, rows: repo.ReportRow[]): Promise<Report[]> {
    if (rows.length === 0) return [];
    const reporters = await identity.findMany(db, scope.tenantId, [
      ...new Set(rows.map((r) => r.reporterId)),
    ]);
    const found = await messages.byIds(scope, [...new Set(rows.map((row) => row.messageId))]);
    return rows.map((row) => ({
      ...toReport(row),
      ...only(
        'message',
        found.find(({ id, deletedAt }) => id === row.messageId && deletedAt === undefined),
      ),
      ...only(
        'reporter',
        reporters.find(({ id }) => id === row.reporterId),
      ),
    }));
  }

  async function tell(
    tx: Tx,
    userIds: string[],
    { tenantId, roomId, messageId, id }: repo.ReportRow,
    subject: Record<string, unknown>,
  ): Promise<void> {
    if (userIds.length === 0) return;
    const key = `report:${String(subject.action)}:${id}`;
    await events.emit<PersonAsked>(tx, 'person.asked', [
      {
        tenantId,
        userIds,
        kind: 'moderation',
        key,
        roomId,
        messageId: null,
        subject: { ...subject, reportId: id, messageId },
      },
    ]);
  }

  return {
    async report(
      scope: Scope,
      { messageId, reason, comment }: InputOf<typeof reportMessage>,
    ): Promise<Report> {
      return messages.change(scope, messageId.toLowerCase(), async (tx, message, here) => {
        if (message.authorId === scope.user.id)
          throw new AppError('invalid', 'own_message', 'This is your own message: delete it instead.');
        const row = await repo.insertReport(tx, {
          id: newId(),
          tenantId: scope.tenantId,
          roomId: message.roomId,
          messageId: message.id,
          reporterId: scope.user.id,
          reason,
          comment,
        });
        if (row === undefined) return toReport(await repo.findReportBy(tx, message.id, scope.user.id));
        const moderators = await rooms.moderatorsOf(tx, here.row, MAX_TOLD);
        await tell(
          tx,
          moderators.filter((id) => id !== scope.user.id),
          row,
          { action: 'reported', reason },
        );
        return toReport(row);
      });
    },

    async list(scope: Scope, { roomId: key, status, limit, cursor }: InputOf<typeof listReports>) {
      const rows = await repo.listReports(db, scope.tenantId, {
        roomIds: await roomsOf(scope, key),
        status,
        beforeId: cursor !== undefined && isUuid(cursor) ? cursor : undefined,
        limit: limit + 1,
      });
      const data = await show(scope, rows.slice(0, limit));
      const last = data.at(-1);
      return { data, ...(rows.length > limit && last !== undefined ? { nextCursor: last.id } : {}) };
    },

    async resolve(scope: Scope, input: InputOf<typeof resolveReport>): Promise<Report> {
      const { reportId, action, note, until } = input;
      const row = await require(scope, reportId);
      if (row.status === 'resolved')
        throw new AppError('conflict', 'already_resolved', 'This report was settled already.');
      if ((action === 'mute' || action === 'ban') === false && until !== undefined)
        throw new AppError('invalid', 'invalid_input', 'until goes with mute and ban only.');
      const message = await messages.require(scope, row.messageId);
      // First what is done: where that is refused, nothing is settled.
      const against = { roomId: row.roomId, userId: message.authorId, reason: note, until };
      if (action === 'delete_message') await messages.remove(scope, row.messageId);
      if (action === 'mute') await moderation.mute(scope, against);
      if (action === 'kick') await moderation.kick(scope, against);
      if (action === 'ban') await moderation.ban(scope, against);
      await database.transaction(async (tx) => {
        const set = { action, note, resolvedBy: scope.user.id };
        const settled = await repo.resolveReports(tx, scope.tenantId, row.messageId, set);
        for (const one of settled)
          await tell(tx, [one.reporterId], one, { action: 'resolved', outcome: action });
        if (settled.length > 0)
          await moderation.records.keep(
            tx,
            scope,
            {
              kind: 'resolved',
              roomId: row.roomId,
              userId: message.authorId,
              reason: note,
              details: { reportId, messageId: row.messageId, action },
            },
            false,
          );
      });
      return (await show(scope, [await require(scope, reportId)]))[0] as Report;
    },
  };

  /** Rooms whose reports the caller sees; undefined for all. */
  async function roomsOf(scope: Scope, key: string | undefined): Promise<string[] | undefined> {
    if (key !== undefined) {
      const seen = await rooms.requireVisible(scope, key);
      rooms.requireRight(rooms.seenAs(scope, seen), 'moderation.review');
      return [seen.row.id];
    }
    return scope.role === 'admin' ? undefined : rooms.moderatedBy(scope);
  }
}

const only = <K extends string, V>(name: K, value: V | undefined) =>
  (value === undefined ? {} : { [name]: value }) as { [k in K]?: V };

const toReport = (row: repo.ReportRow): Report => ({
  id: row.id,
  roomId: row.roomId,
  messageId: row.messageId,
  reason: row.reason,
  comment: row.comment,
  status: row.status,
  ...(row.action === null ? {} : { action: row.action }),
  ...(row.status === 'open' ? {} : { note: row.note }),
  ...(row.resolvedBy === null ? {} : { resolvedBy: row.resolvedBy }),
  ...(row.resolvedAt === null ? {} : { resolvedAt: row.resolvedAt.toISOString() }),
  createdAt: row.createdAt.toISOString(),
});
