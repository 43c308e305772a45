// Which rooms a caller may see, and what he may do in them. A right that decides about a change is read under the room's lock,
// in the transaction that commits the change. Must answer "not found" alike for a missing room and for one he may not know of.
import { LRUCache } from 'lru-cache';
import type { Database, Db, Tx } from '../../core/db/database.ts';
import { AppError, notFound } from '../../core/errors.ts';
import type { Scope } from '../../core/scope.ts';
import { isUuid } from '../identity/service.ts';
import type { Capability } from './contract.ts';
import { decideRight, type InRoom, isExempt, type Verdict } from './policy.ts';
import * as repo from './repository.ts';
import { createTurns } from './turns.ts';
import { isForGood } from './view.ts';

export type Access = ReturnType<typeof createAccess>;

/** A locked room and what its caller is in it, true until the transaction ends. */
export interface Here extends InRoom {
  row: repo.RoomRow;
}

export const roomNotFound = () => notFound('room_not_found', 'There is no such room, or you may not see it.');

export const notAMember = () =>
  new AppError('forbidden', 'not_a_member', 'You are not a member of this room; join it first.');

export const agentsNotAllowed = () =>
  new AppError(
    'forbidden',
    'agents_not_allowed',
    'This room does not allow agents; its owner can change that.',
  );

/** When it is over, for people to read; nothing for what stands for good. */
const untilWhen = (until: Date | undefined): string =>
  until === undefined || isForGood(until) ? '' : ` until ${until.toISOString()}`;

type Refused = Exclude<Verdict, { allowed: true }>;

/** The refusal of what is not allowed. */
export function refusal(capability: Capability, verdict: Refused): AppError {
  const { reason, until, retryAfterMs = 1 } = verdict;
  const ends = until === undefined || isForGood(until) ? {} : { until: until.toISOString() };
  switch (reason) {
    case 'not_a_member':
      return notAMember();
    case 'banned':
      return banned(until);
    case 'muted':
      return new AppError(
        'forbidden',
        'muted',
        `You are muted here${untilWhen(until)}: you may read. Ask a moderator of the room.`,
        ends,
      );
    case 'direct_room':
      return new AppError(
        'conflict',
        'direct_room',
        'A direct room has none of this; create a group instead.',
      );
    case 'slow_mode':
      return new AppError(
        'rate_limited',
        'slow_mode',
        `This room is slow: send again in ${Math.ceil(retryAfterMs / 1000)} s.`,
        { retryAfterMs },
      );
    case 'room_rule':
      return new AppError(
        'forbidden',
        'room_rule',
        `This room does not let you do this ("${capability}"); ask its owner.`,
      );
    case 'role':
      return new AppError(
        'forbidden',
        'not_allowed',
        `Your role in this room does not allow "${capability}"; ask its owner.`,
      );
  }
}

export const banned = (until: Date | undefined, whose = 'You are'): AppError =>
  new AppError(
    'forbidden',
    'banned',
    `${whose} banned from this room${untilWhen(until)}; ask a moderator of it.`,
    {
      ...(until === undefined || isForGood(until) ? {} : { until: until.toISOString() }),
    },
  );

export function createAccess(database: Database) {
  const { db } = database;
  const inTurn = createTurns();
  /**
   * Slug → id; a slug never moves to another room while that room lives. Promises, so that calls made one after
   * another resolve in that order also while the first is being looked up.
   */
  const slugs = new LRUCache<string, Promise<string>>({ max: 10_000, ttl: 5_000 });

  const by = (key: string) => (isUuid(key) ? { id: key } : { slug: key });

  /** Also where the caller is banned. */
  async function findKnown(scope: Scope, key: string, at: Db | Tx): Promise<repo.RoomSeen | undefined> {
    const seen = await repo.findRoomSeenBy(at, scope.tenantId, by(key), scope.user.id);
    return seen?.membership === undefined && seen?.row.visibility !== 'public' ? undefined : seen;
  }

  /** For who answers "there is no such thing" in its own words. */
  async function findVisible(
    scope: Scope,
    key: string,
    at: Db | Tx = db,
  ): Promise<repo.RoomSeen | undefined> {
    const seen = await findKnown(scope, key, at);
    return seen?.bannedUntil === null ? seen : undefined;
  }

  /** The room if the caller may see it, with the membership if there is one. */
  async function requireVisible(scope: Scope, key: string, at: Db | Tx = db) {
    const seen = await findKnown(scope, key, at);
    if (seen === undefined) throw roomNotFound();
    if (seen.bannedUntil !== null) throw banned(seen.bannedUntil);
    return seen;
  }

  /** What somebody is in a room now; undefined where there is no such user. @param asAdmin signed in as one, as far as is known */
  async function standing(
    at: Db | Tx,
    row: repo.RoomRow,
    userId: string,
    asAdmin: boolean,
  ): Promise<(Here & Pick<repo.Standing, 'suspendedAt' | 'deletedAt'>) | undefined> {
    const found = await repo.findStanding(at, row.tenantId, row.id, userId);
    if (found === undefined) return undefined;
    const { roomRole, role, ...rest } = found;
    return { row, userId, role: roomRole ?? undefined, admin: asAdmin && role === 'admin', ...rest };
  }

  async function requireMember(scope: Scope, key: string, at: Db | Tx = db) {
    const { row, membership } = await requireVisible(scope, key, at);
    if (membership === undefined) throw notAMember();
    return { row, membership };
  }

  async function lock(tx: Tx, scope: Pick<Scope, 'tenantId'>, id: string): Promise<repo.RoomRow> {
    const row = await repo.lockRoom(tx, scope.tenantId, id);
    if (row === undefined) throw roomNotFound();
    return row;
  }

  async function enter(tx: Tx, scope: Scope, roomId: string, toLeave: boolean): Promise<Here> {
    const row = await lock(tx, scope, roomId);
    const here = await standing(tx, row, scope.user.id, scope.role === 'admin');
    if (here === undefined || (here.suspendedAt !== null && !toLeave) || here.deletedAt !== null)
      throw new AppError('forbidden', 'suspended', 'This account is suspended; ask an administrator.');
    if (here.role === undefined && row.visibility !== 'public') throw roomNotFound();
    if (here.role === undefined && here.bannedUntil != null) throw banned(here.bannedUntil);
    return here;
  }

  return {
    findVisible,
    requireVisible,
    requireMember,
    lock,

    find: (scope: Pick<Scope, 'tenantId'>, key: string, at: Db | Tx = db) =>
      repo.findRoom(at, scope.tenantId, by(key)),

    /**
     * One transaction for a change that the caller asks for, with the room locked; nothing is locked for who may not see it.
     * @param toLeave who is suspended may still go, or be called back
     */
    async change<T>(
      scope: Scope,
      key: string,
      fn: (tx: Tx, here: Here) => Promise<T>,
      { toLeave = false } = {},
    ): Promise<T> {
      const { row } = await requireVisible(scope, key);
      return inTurn(row.id, () =>
        database.transaction(async (tx) => fn(tx, await enter(tx, scope, row.id, toLeave))),
      );
    },

    standing,

    /** A room as `can` looks at it: also who is banned sees that it is there. @throws AppError not_found */
    async requireKnown(scope: Scope, key: string): Promise<repo.RoomSeen> {
      const seen = await findKnown(scope, key, db);
      if (seen === undefined) throw roomNotFound();
      return seen;
    },

    /** With what slow mode says, for a verdict on sending. */
    async withPace(at: Db | Tx, here: Here): Promise<Here> {
      if (here.row.slowModeSeconds === 0 || isExempt(here)) return here;
      return { ...here, waitMs: await repo.findSlowMs(at, here.row.id, here.userId) };
    },

    /** @throws AppError */
    requireRight(here: InRoom, capability: Capability): void {
      const verdict = decideRight(capability, here);
      if (!verdict.allowed) throw refusal(capability, verdict);
    },

    /** Id of a room named by id or slug, without a check of rights. @throws AppError not_found */
    resolveId(scope: Scope, key: string): Promise<string> | string {
      if (isUuid(key)) return key.toLowerCase();
      const name = `${scope.tenantId}:${key}`;
      let id = slugs.get(name);
      if (id === undefined) {
        id = repo.findRoom(db, scope.tenantId, { slug: key }).then((row) => {
          if (row === undefined) throw roomNotFound();
          return row.id;
        });
        id.catch(() => slugs.delete(name));
        slugs.set(name, id);
      }
      return id;
    },

    /** The slug may name another room from now on. */
    forgetSlug: (tenantId: string, slug: string | null) =>
      void (slug !== null && slugs.delete(`${tenantId}:${slug}`)),
  };
}
