// What moderators did is recorded here: the row, the audit's note and the notification of whoever it concerns, in one transaction.
import { by, note } from '../../core/audit-note.ts';
import type { Db, Tx } from '../../core/db/database.ts';
import type { Events } from '../../core/events.ts';
import { newId } from '../../core/ids.ts';
import type { Scope } from '../../core/scope.ts';
import type { User } from '../identity/contract.ts';
import type { IdentityService } from '../identity/service.ts';
import type { PersonAsked } from '../notifications/service.ts';
import type { ModerationKind, ModerationRecord } from './contract.ts';
import * as repo from './repository.ts';

export interface NewRecord {
  kind: ModerationKind;
  roomId: string | null;
  userId: string | null;
  reason: string;
  until?: Date | null | undefined;
  details?: Record<string, unknown>;
}

/** What the audit calls it. */
const ACTIONS: Record<ModerationKind, string> = {
  mute: 'moderation.muted',
  unmute: 'moderation.unmuted',
  kick: 'moderation.kicked',
  ban: 'moderation.banned',
  unban: 'moderation.unbanned',
  slow_mode: 'moderation.slow_mode_set',
  rules: 'moderation.rules_set',
  held: 'moderation.held',
  released: 'moderation.released',
  rejected: 'moderation.rejected',
  resolved: 'moderation.resolved',
  appealed: 'moderation.appealed',
  appeal_granted: 'moderation.appeal_granted',
  appeal_upheld: 'moderation.appeal_upheld',
};

export function createRecords({ events, identity }: { events: Events; identity: IdentityService }) {
  return {
    /** @param tell the person concerned, and for an agent its owner, hears of it */
    async keep(tx: Tx, scope: Scope, record: NewRecord, tell: boolean): Promise<repo.RecordRow> {
      const { kind, roomId, userId, reason, until = null, details = {} } = record;
      const row = await repo.insertRecord(tx, {
        id: newId(),
        tenantId: scope.tenantId,
        roomId,
        kind,
        userId,
        actorId: scope.user.id,
        reason,
        until,
        details: JSON.stringify(details),
      });
      const [user] = userId === null ? [] : await identity.findMany(tx, scope.tenantId, [userId]);
      await note(events, tx, {
        ...by(scope),
        action: ACTIONS[kind],
        subject: userId === null ? { type: 'room', id: roomId ?? '' } : { type: 'user', id: userId },
        ...(roomId === null ? {} : { roomId }),
        ...(user?.kind === 'agent' ? { agentId: user.id } : {}),
        details: { recordId: row.id, until: until?.toISOString() },
      });
      const person = user?.kind === 'agent' ? user.ownerId : user?.id;
      if (tell && person !== undefined && person !== scope.user.id)
        await events.emit<PersonAsked>(tx, 'person.asked', [
          {
            tenantId: scope.tenantId,
            userIds: [person],
            kind: 'moderation',
            key: row.id,
            roomId,
            messageId: null,
            subject: {
              action: kind,
              recordId: row.id,
              userId,
              reason,
              ...(until === null ? {} : { until: until.toISOString() }),
            },
          },
        ]);
      return row;
    },

    async show(at: Db | Tx, tenantId: string, rows: repo.RecordRow[]): Promise<ModerationRecord[]> {
      const ids = new Set(rows.flatMap((row) => [row.userId, row.actorId].filter((id) => id !== null)));
      const users = ids.size === 0 ? [] : await identity.findMany(at, tenantId, [...ids]);
      const byId = new Map(users.map((user) => [user.id, user]));
      return rows.map((row) => toRecord(row, byId));
    },
  };
}

function toRecord(row: repo.RecordRow, users: Map<string, User>): ModerationRecord {
  const user = row.userId === null ? undefined : users.get(row.userId);
  const actor = row.actorId === null ? undefined : users.get(row.actorId);
  return {
    id: row.id,
    kind: row.kind,
    ...(row.roomId === null ? {} : { roomId: row.roomId }),
    ...(user === undefined ? {} : { user }),
    ...(actor === undefined ? {} : { actor }),
    reason: row.reason,
    ...(row.until === null ? {} : { until: row.until.toISOString() }),
    details: row.details,
    standing: row.standing,
    createdAt: row.createdAt.toISOString(),
    ...(row.endedAt === null ? {} : { endedAt: row.endedAt.toISOString() }),
    ...(row.endedBy === null ? {} : { endedBy: row.endedBy }),
  };
}
