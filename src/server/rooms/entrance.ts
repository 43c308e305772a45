// The way into a room for many at once, as after a restart: those who come in the same moment are looked up together, and
// those who become members of a room are so by one commit. Rights are those of the moment, as for one alone.
import { createBatcher } from '../../core/batcher.ts';
import type { Database } from '../../core/db/database.ts';
import { isUnavailable } from '../../core/errors.ts';
import type { Scope } from '../../core/scope.ts';
import { type Access, notAMember, roomNotFound } from './access.ts';
import type { Member, MyMembership, Room } from './contract.ts';
import * as look from './entrance-repository.ts';
import type { Memberships } from './membership.ts';
import { toMember, toRoom } from './view.ts';

export type Entrance = ReturnType<typeof createEntrance>;

interface Newcomer {
  scope: Scope;
  resolve(room: Room): void;
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

  function admit(roomId: string, scope: Scope): Promise<Room> {
    return new Promise((resolve, reject) => {
      const queue = queues.get(roomId);
      if (queue !== undefined) return void queue.push({ scope, resolve, reject });
      queues.set(roomId, [{ scope, resolve, reject }]);
      if (!busy.has(roomId)) wake(roomId);
    });
  }

  function wake(roomId: string): void {
    const rest = restOf(roomId);
    if (rest > 0) setTimeout(take, rest, roomId);
    else setImmediate(take, roomId);
  }

  async function take(roomId: string): Promise<void> {
    const queue = queues.get(roomId) ?? [];
    queues.delete(roomId);
    const some = queue.slice(0, MAX_BATCH);
    if (queue.length > MAX_BATCH) queues.set(roomId, queue.slice(MAX_BATCH));
    busy.add(roomId);
    try {
      await admitAll(roomId, some);
    } finally {
      busy.delete(roomId);
      if (queues.has(roomId)) wake(roomId);
    }
  }

  async function admitAll(roomId: string, newcomers: Newcomer[]): Promise<void> {
    const { tenantId } = (newcomers[0] as Newcomer).scope;
    let room: Room | undefined;
    let admitted = new Set<string>();
    try {
      ({ room, admitted } = await memberships.admitPublic(
        tenantId,
        roomId,
        newcomers.map((n) => n.scope.user),
      ));
    } catch (error) {
      if (isUnavailable(error)) {
        for (const n of newcomers) n.reject(error);
        return;
      }
    }
    // Who was not taken in with the others is told why by himself.
    for (const n of newcomers) {
      if (room !== undefined && admitted.has(n.scope.user.id)) n.resolve(room);
      else memberships.join(n.scope, roomId).then((answer) => n.resolve(answer.room), n.reject);
    }
  }

  return {
    /** Makes the caller a member of a public room; nothing happens if he is one. @throws AppError not_found */
    async join(scope: Scope, key: string): Promise<{ room: Room }> {
      const roomId = await access.resolveId(scope, key);
      const seen = await see({ tenantId: scope.tenantId, roomId, userId: scope.user.id });
      if (seen === undefined || (!seen.member && seen.row.visibility !== 'public')) throw roomNotFound();
      if (seen.member) return { room: toRoom(seen.row) };
      return { room: await admit(roomId, scope) };
    },

    async mine(scope: Scope, roomId: string): Promise<MyMembership> {
      const member = await count({ tenantId: scope.tenantId, roomId, userId: scope.user.id });
      if (member === undefined) throw notAMember();
      const { readSeq, unread, mentions } = member;
      return { ...toMember(member), readSeq, unread, mentions };
    },

    /** The first members of a room the caller was let into: agents first, then by handle. Shared: not to be changed. */
    first: (roomId: string, limit: number): Promise<readonly Member[]> => list({ roomId, limit }),
  };
}
