// Which rooms a caller may see, and what he may do in them. A right that decides about a change is read under the room's lock,
// in the transaction that commits the change. Must answer "not found" alike for a missing room and for one he may not know of.
import { LRUCache } from 'lru-cache';
import type { Database, Db, Tx } from '../../core/db/database.ts';
import { AppError, notFound } from '../../core/errors.ts';
import type { Scope } from '../../core/scope.ts';
import { isUuid } from '../identity/service.ts';
import type { MemberRole } from './contract.ts';
import { canInRoom } from './policy.ts';
import * as repo from './repository.ts';
import { createTurns } from './turns.ts';

export type Access = ReturnType<typeof createAccess>;

/** A locked room and what its caller is in it, true until the transaction ends. */
export interface Here {
  row: repo.RoomRow;
  /** Undefined for who is not a member. */
  role: MemberRole | undefined;
  /** Administrator of the server, by this sign-in and still. */
  admin: boolean;
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

export function createAccess(database: Database) {
  const { db } = database;
  const inTurn = createTurns();
  /**
   * Slug → id; a slug never moves to another room while that room lives. Promises, so that calls made one after
   * another resolve in that order also while the first is being looked up.
   */
  const slugs = new LRUCache<string, Promise<string>>({ max: 10_000, ttl: 5_000 });

  const by = (key: string) => (isUuid(key) ? { id: key } : { slug: key });

  /** The room if the caller may see it, with the membership if there is one. */
  async function requireVisible(scope: Scope, key: string, at: Db | Tx = db) {
    const seen = await repo.findRoomSeenBy(at, scope.tenantId, by(key), scope.user.id);
    if (seen === undefined || (seen.membership === undefined && seen.row.visibility !== 'public'))
      throw roomNotFound();
    return seen;
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
    const standing = await repo.findStanding(tx, scope.tenantId, row.id, scope.user.id);
    const suspended = standing?.suspendedAt !== null && !toLeave;
    if (standing === undefined || suspended || standing.deletedAt !== null)
      throw new AppError('forbidden', 'suspended', 'This account is suspended; ask an administrator.');
    if (standing.roomRole === null && row.visibility !== 'public') throw roomNotFound();
    const admin = scope.role === 'admin' && standing.role === 'admin';
    return { row, role: standing.roomRole ?? undefined, admin };
  }

  return {
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

    /** @throws AppError forbidden */
    requireRight({ role, admin }: Here, action: Parameters<typeof canInRoom>[0]): void {
      if (canInRoom(action, role, admin)) return;
      throw new AppError(
        'forbidden',
        'not_allowed',
        `Your role in this room does not allow "${action}"; ask its owner.`,
      );
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
