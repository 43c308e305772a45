// The way into a room for many at once, as after a restart: those who come in the same moment are looked up together, and
// those who become members of a room are so by one commit. Rights are those of the moment, as for one alone.
import { createBatcher } from '../../core/batcher.ts';
import type { Database } from '../../core/db/database.ts';
import { inTime, untimed } from '../../core/db/deadline.ts';
import { isUnavailable } from '../../core/errors.ts';
import type { Scope } from '../../core/scope.ts';
import { type Access, banned, notAMember, roomNotFound } from './access.ts';
import type { Member, MyMembership, Room } from './contract.ts';
import * as look from './entrance-repository.ts';
import type { Memberships } from './membership.ts';
import { toCounts, toMember, toRoom } from './view.ts';

interface Newcomer {
  scope: Scope;
  /** Undefined: not with the others, he has to ask alone. */
  resolve(room: Room | undefined): void;
  reject(error: unknown): void;
}

const MAX_BATCH = 200;

export function createEntrance(deps: {
  database: Database;
  access: Access;
  memberships: Memberships;
  /** How many ms a room rests, since what was last said in it cost so much. */
  restOf(roomId: string): number;
}) {
  const { database, access, memberships, restOf } = deps;
  const { db } = database;
  const looks = { parallel: database.kind === 'pglite' ? 1 : 2, maxBatch: MAX_BATCH };

  const see = createBatcher({ ...looks, run: (who: look.Who[]) => look.findSeen(db, who) });
  const count = createBatcher({ ...looks, run: (who: look.Who[]) => look.findCounted(db, who) });
  const list = createBatcher({
    ...looks,
    async run(keys: { roomId: string; limit: number }[]) {
      const lists = new Map<string, Promise<Member[]>>();
      for (const { roomId, limit } of keys) {
        const name = `${roomId}:${limit}`;
        if (!lists.has(name)) lists.set(name, memberships.first(roomId, limit));
      }
      return Promise.all(
        keys.map(({ roomId, limit }) => lists.get(`${roomId}:${limit}`) as Promise<Member[]>),
      );
    },
  });

  /** People who are to become members, by room; a room takes in all who wait by one commit. */
  const queues = new Map<string, Newcomer[]>();
  const busy = new Set<string>();

  function admit(roomId: string, scope: Scope): Promise<Room | undefined> {
    return new Promise((resolve, reject) => {
      const queue = queues.get(roomId);
      if (queue !== undefined) return void queue.push({ scope, resolve, reject });
      queues.set(roomId, [{ scope, resolve, reject }]);
      if (!busy.has(roomId)) wake(roomId);
    });
  }

  function wake(roomId: string): void {
    const rest = restOf(roomId);
    const begin = () => void untimed(() => take(roomId));
    if (rest > 0) setTimeout(begin, rest);
    else setImmediate(begin);
  }

  async function take(roomId: string): Promise<void> {
    const queue = queues.get(roomId) ?? [];
    queues.delete(roomId);
    const some = queue.slice(0, MAX_BATCH);
    if (queue.length > MAX_BATCH) queues.set(roomId, queue.slice(MAX_BATCH));
    busy.add(roomId);
    try {
      const users = some.map((n) => n.scope.user);
      const { tenantId } = (some[0] as Newcomer).scope;
      const { room, admitted } = await inTime(() => memberships.admitPublic(tenantId, roomId, users));
      for (const n of some) n.resolve(admitted.has(n.scope.user.id) ? room : undefined);
    } catch (error) {
      if (!isUnavailable(error)) {
        for (const n of some) n.resolve(undefined);
        return;
      }
      // Those who came meanwhile have waited as long, for the same room.
      const late = queues.get(roomId) ?? [];
      queues.delete(roomId);
      for (const n of [...some, ...late]) n.reject(error);
    } finally {
      busy.delete(roomId);
      if (queues.has(roomId)) wake(roomId);
    }
  }

  return {
    /** Makes the caller a member of a public room; nothing happens if he is one. @throws AppError not_found */
    async join(scope: Scope, key: string): Promise<{ room: Room }> {
      const roomId = await access.resolveId(scope, key);
      const seen = await see({ tenantId: scope.tenantId, roomId, userId: scope.user.id });
      if (seen === undefined || (!seen.member && seen.row.visibility !== 'public')) throw roomNotFound();
      if (seen.bannedUntil !== null) throw banned(seen.bannedUntil);
      if (seen.member) return { room: toRoom(seen.row) };
      const room = await admit(roomId, scope);
      // Who was not taken in with the others is told why by himself.
      return room === undefined ? memberships.join(scope, roomId) : { room };
    },

    async mine(scope: Scope, roomId: string): Promise<MyMembership> {
      const member = await count({ tenantId: scope.tenantId, roomId, userId: scope.user.id });
      if (member === undefined) throw notAMember();
      return { ...toMember(member), ...toCounts(member) };
    },

    /** The first members of a room the caller was let into: agents first, then by handle. Shared: not to be changed. */
    first: (roomId: string, limit: number): Promise<readonly Member[]> => list({ roomId, limit }),
  };
}
