// Measures against who disturbs a room: mute, kick, ban, slow mode. Each is one transaction under the room's lock, which records
// it, tells whoever it concerns and the room's log. Must never act on somebody of equal or higher standing.

import type { Clock } from '../../core/clock.ts';
import type { InputOf } from '../../core/contract.ts';
import type { Database, Tx } from '../../core/db/database.ts';
import { AppError, notFound } from '../../core/errors.ts';
import type { Events } from '../../core/events.ts';
import { isUuid, newId } from '../../core/ids.ts';
import type { Scope } from '../../core/scope.ts';
import type { IdentityService } from '../identity/service.ts';
import type { Room } from '../rooms/contract.ts';
import { type Here, type RoomsService, rankOf } from '../rooms/service.ts';
import type { RulesChanged } from '../rules/service.ts';
import type {
  banMember,
  kickMember,
  listAllModeration,
  ModerationRecord,
  muteMember,
  setSlowMode,
  unmuteMember,
} from './contract.ts';
import { createRecords } from './records.ts';
import * as repo from './repository.ts';

export type { AppealsService } from './appeals.ts';
export type ModerationService = ReturnType<typeof createModerationService>;

/** Said in the transaction: he speaks no more, in this room or, with null, in any. */
export interface MemberMuted {
  tenantId: string;
  roomId: string | null;
  userId: string;
}

export function createModerationService(deps: {
  database: Database;
  events: Events;
  clock: Clock;
  identity: IdentityService;
  rooms: RoomsService;
}) {
  const { database, events, clock, identity, rooms } = deps;
  const { db } = database;
  const records = createRecords({ events, identity });

  const show = async (at: Database['db'] | Tx, row: repo.RecordRow): Promise<ModerationRecord> =>
    (await records.show(at, row.tenantId, [row]))[0] as ModerationRecord;

  // The audit has its own entry of it.
  events.on<RulesChanged>('rules.changed', async (tx, changes) => {
    for (const { tenantId, roomId, by, version, rules } of changes)
      await repo.insertRecord(tx, {
        id: newId(),
        tenantId,
        roomId,
        kind: 'rules',
        actorId: by,
        details: JSON.stringify({ version, rules }),
      });
  });

  function inFuture(until: string | undefined): Date | null {
    if (until === undefined) return null;
    const at = new Date(until);
    if (at.getTime() <= clock.now())
      throw new AppError('invalid', 'invalid_input', 'until: give a time to come, or none for good.');
    return at;
  }

  /** Whom something is done about. @throws AppError unless the caller stands above */
  async function requireBelow(tx: Tx, here: Here, userId: string): Promise<Here> {
    const target = await rooms.standingOf(tx, here.row, userId);
    if (target === undefined || target.deletedAt !== null)
      throw notFound('user_not_found', 'There is no such user.');
    if (rankOf(here) <= rankOf(target))
      throw new AppError(
        'forbidden',
        'equal_or_higher',
        'You act on those only whose role here is below yours; ask an owner or an administrator.',
      );
    return target;
  }

  const asModerator = <T>(scope: Scope, key: string, fn: (tx: Tx, here: Here) => Promise<T>): Promise<T> =>
    rooms.change(scope, key, async (tx, here) => {
      rooms.requireRight(here, 'moderation.act');
      return fn(tx, here);
    });

  /** Everywhere: administrators against those who are none. */
  async function everywhere<T>(scope: Scope, userId: string, fn: (tx: Tx) => Promise<T>): Promise<T> {
    if (scope.role !== 'admin')
      throw new AppError(
        'forbidden',
        'admin_only',
        'Only an administrator does this in all rooms; name one.',
      );
    return database.transaction(async (tx) => {
      const target = await repo.findUser(tx, scope.tenantId, userId);
      if (target === undefined) throw notFound('user_not_found', 'There is no such user.');
      if (target.role === 'admin')
        throw new AppError('forbidden', 'equal_or_higher', 'Nobody does this to an administrator.');
      return fn(tx);
    });
  }

  async function mute(
    tx: Tx,
    scope: Scope,
    roomId: string | null,
    { userId, until, reason }: { userId: string; until: Date | null; reason: string },
  ): Promise<repo.RecordRow> {
    await repo.endStanding(tx, { tenantId: scope.tenantId, roomId, userId, kind: 'mute' }, scope.user.id);
    const row = await records.keep(tx, scope, { kind: 'mute', roomId, userId, reason, until }, true);
    await repo.markSanctioned(tx, scope.tenantId, userId);
    await events.emit<MemberMuted>(tx, 'member.muted', [{ tenantId: scope.tenantId, roomId, userId }]);
    return row;
  }

  async function unmute(
    tx: Tx,
    scope: Scope,
    roomId: string | null,
    { userId, reason }: { userId: string; reason: string },
  ): Promise<repo.RecordRow> {
    const { tenantId } = scope;
    if (!(await repo.endStanding(tx, { tenantId, roomId, userId, kind: 'mute' }, scope.user.id)))
      throw new AppError('conflict', 'not_muted', 'They are not muted here.');
    return records.keep(tx, scope, { kind: 'unmute', roomId, userId, reason }, true);
  }

  async function list(scope: Scope, roomId: string | undefined, page: InputOf<typeof listAllModeration>) {
    const { userId, standing, limit, cursor } = page;
    const rows = await repo.listRecords(db, scope.tenantId, {
      roomId,
      userId,
      standing,
      beforeId: cursor !== undefined && isUuid(cursor) ? cursor : undefined,
      limit: limit + 1,
    });
    const data = await records.show(db, scope.tenantId, rows.slice(0, limit));
    const last = data.at(-1);
    return { data, ...(rows.length > limit && last !== undefined ? { nextCursor: last.id } : {}) };
  }

  return {
    records,

    async mute(scope: Scope, input: InputOf<typeof muteMember>): Promise<ModerationRecord> {
      const { roomId: key, userId, reason } = input;
      const until = inFuture(input.until);
      if (key === undefined)
        return show(
          db,
          await everywhere(scope, userId, (tx) => mute(tx, scope, null, { userId, until, reason })),
        );
      return asModerator(scope, key, async (tx, here) => {
        await requireBelow(tx, here, userId);
        const row = await mute(tx, scope, here.row.id, { userId, until, reason });
        await rooms.tellMember(tx, here.row, userId);
        return show(tx, row);
      });
    },

    async unmute(scope: Scope, { roomId: key, userId, reason }: InputOf<typeof unmuteMember>) {
      if (key === undefined)
        return show(db, await everywhere(scope, userId, (tx) => unmute(tx, scope, null, { userId, reason })));
      return asModerator(scope, key, async (tx, here) => {
        await requireBelow(tx, here, userId);
        const row = await unmute(tx, scope, here.row.id, { userId, reason });
        await rooms.tellMember(tx, here.row, userId);
        return show(tx, row);
      });
    },

    async kick(scope: Scope, { roomId: key, userId, reason }: InputOf<typeof kickMember>) {
      return asModerator(scope, key, async (tx, here) => {
        const target = await requireBelow(tx, here, userId);
        if (target.role === undefined) throw notFound('member_not_found', 'There is no such member.');
        const roomId = here.row.id;
        await rooms.expel(tx, here.row, userId, scope.user.id);
        return show(tx, await records.keep(tx, scope, { kind: 'kick', roomId, userId, reason }, true));
      });
    },

    async ban(scope: Scope, input: InputOf<typeof banMember>): Promise<ModerationRecord> {
      const { roomId: key, userId, reason } = input;
      const until = inFuture(input.until);
      return asModerator(scope, key, async (tx, here) => {
        const target = await requireBelow(tx, here, userId);
        const { id: roomId, tenantId } = here.row;
        await repo.endStanding(tx, { tenantId, roomId, userId, kind: 'ban' }, scope.user.id);
        const row = await records.keep(tx, scope, { kind: 'ban', roomId, userId, reason, until }, true);
        await repo.markSanctioned(tx, tenantId, userId);
        await rooms.markBans(tx, roomId);
        if (target.role !== undefined) await rooms.expel(tx, here.row, userId, scope.user.id);
        return show(tx, row);
      });
    },

    async unban(scope: Scope, { roomId: key, userId, reason }: InputOf<typeof kickMember>) {
      return asModerator(scope, key, async (tx, here) => {
        await requireBelow(tx, here, userId);
        const { id: roomId, tenantId } = here.row;
        if (!(await repo.endStanding(tx, { tenantId, roomId, userId, kind: 'ban' }, scope.user.id)))
          throw new AppError('conflict', 'not_banned', 'They are not banned here.');
        return show(tx, await records.keep(tx, scope, { kind: 'unban', roomId, userId, reason }, true));
      });
    },

    async slowMode(
      scope: Scope,
      { roomId: key, seconds, reason }: InputOf<typeof setSlowMode>,
    ): Promise<Room> {
      return asModerator(scope, key, async (tx, here) => {
        const details = { seconds };
        await records.keep(
          tx,
          scope,
          { kind: 'slow_mode', roomId: here.row.id, userId: null, reason, details },
          false,
        );
        return rooms.setSlowMode(tx, here.row, seconds, scope.user.id);
      });
    },

    async list(scope: Scope, key: string, page: InputOf<typeof listAllModeration>) {
      const seen = await rooms.requireVisible(scope, key);
      rooms.requireRight(rooms.seenAs(scope, seen), 'moderation.review');
      return list(scope, seen.row.id, page);
    },

    /** Of all rooms: for callers who have found that the scope may know. */
    recordsOf: (scope: Scope, page: InputOf<typeof listAllModeration> & { userId: string }) =>
      list(scope, undefined, page),

    listAll: (scope: Scope, page: InputOf<typeof listAllModeration>) => list(scope, undefined, page),
  };
}
