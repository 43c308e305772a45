// Rows of users as sign-in needs them: found fast, made under a handle of their own, ended at once.
// Must never make a user without saying so in the same transaction.
import { LRUCache } from 'lru-cache';
import { type AuditNote, note } from '../../core/audit-note.ts';
import { createBatcher } from '../../core/batcher.ts';
import type { Clock } from '../../core/clock.ts';
import type { Database, Tx } from '../../core/db/database.ts';
import type { Events } from '../../core/events.ts';
import { isUuid, newId } from '../../core/ids.ts';
import type { Revocations } from '../../core/revocations.ts';
import type { ScopeUser } from '../../core/scope.ts';
import type { User } from './contract.ts';
import { revokeKeysOf } from './keys-repository.ts';
import { handleFromName, handleKey, isReserved } from './names.ts';
import * as repo from './repository.ts';
import type { Revoke } from './revocation.ts';

export interface UserCreated {
  tenantId: string;
  user: ScopeUser;
}

/** Said in the transaction that removes them, before the user is marked so: whoever has something of theirs lets go of it. */
export interface UserRemoved {
  tenantId: string;
  userId: string;
  /** The administrator, or the user where the identity provider said it. */
  by: string;
}

/** Said in the transaction that changes how rooms show them. */
export interface ProfileChanged {
  tenantId: string;
  userId: string;
}

export type Accounts = ReturnType<typeof createAccounts>;

export const toUser = (
  row: Pick<repo.UserRow, 'id' | 'kind' | 'handle' | 'name' | 'avatarUrl' | 'ownerId'>,
): User => ({
  id: row.id,
  kind: row.kind,
  handle: row.handle,
  name: row.name,
  ...(row.avatarUrl === null ? {} : { avatarUrl: row.avatarUrl }),
  ...(row.ownerId === null ? {} : { ownerId: row.ownerId }),
});

/** Numbers tried behind a handle that is taken: `ada-2` … */
const NUMBERED = 50;
const MAX_HANDLE = 32;

export function createAccounts(deps: {
  database: Database;
  events: Events;
  clock: Clock;
  revocations: Revocations;
  revoke: Revoke;
}) {
  const { database, events, clock, revocations, revoke } = deps;
  /** By tenant and id, for sign-in and authorship; short-lived because other nodes change users too. */
  const known = new LRUCache<string, repo.UserRow>({ max: 20_000, ttl: 5_000 });
  /** Rises when something is forgotten: what was being read then is not kept. */
  let forgotten = 0;

  const look = createBatcher({
    parallel: database.kind === 'pglite' ? 1 : 2,
    maxBatch: 500,
    async run(keys: { tenantId: string; id: string }[]) {
      const rows = await repo.findUsersAnywhere(database.db, keys.map((key) => key.id).filter(isUuid));
      const byId = new Map(rows.map((row) => [row.id, row]));
      return keys.map(({ tenantId, id }) => {
        const row = byId.get(id);
        return row?.tenantId === tenantId ? row : undefined;
      });
    },
  });

  const accounts = {
    async find(tenantId: string, id: string): Promise<repo.UserRow | undefined> {
      const key = `${tenantId}:${id}`;
      const cached = known.get(key);
      if (cached !== undefined) return cached;
      const asOf = forgotten;
      const row = await look({ tenantId, id });
      if (row !== undefined && asOf === forgotten) known.set(key, row);
      return row;
    },

    forget(tenantId: string, id: string): void {
      forgotten++;
      known.delete(`${tenantId}:${id}`);
    },

    /** Undefined when the handle is taken. */
    async insert(tx: Tx, user: Parameters<typeof repo.insertUser>[1]): Promise<repo.UserRow | undefined> {
      const row = await repo.insertUser(tx, user);
      if (row !== undefined)
        await events.emit(tx, 'user.created', [
          { tenantId: row.tenantId, user: toUser(row) } satisfies UserCreated,
        ]);
      return row;
    },

    async update(tx: Tx, tenantId: string, id: string, set: Parameters<typeof repo.updateUser>[3]) {
      const told = await repo.raiseProfileVersion(tx, tenantId, id, set);
      await repo.updateUser(tx, tenantId, id, set);
      if (told) await events.emit<ProfileChanged>(tx, 'user.profile_changed', [{ tenantId, userId: id }]);
      database.afterCommit(tx, () => accounts.forget(tenantId, id));
    },

    /** A free handle made of the first name that gives one. Under the tenant's lock. */
    async freeHandle(tx: Tx, tenantId: string, names: (string | null | undefined)[]) {
      const wanted =
        names.map((name) => handleFromName(name ?? '')).find((handle) => handle !== '') ?? 'member';
      const base = [...wanted].slice(0, MAX_HANDLE - 4).join('');
      for (let number = 1; number <= NUMBERED; number++) {
        const handle = number === 1 ? wanted : `${base}-${number}`;
        const key = handleKey(handle);
        if (isReserved(handle) || (await repo.findUserByKey(tx, tenantId, key)) !== undefined) continue;
        return { handle, handleKey: key };
      }
      const handle = `member-${newId().slice(-12)}`;
      return { handle, handleKey: handleKey(handle) };
    },

    /** Ends a user's sign-ins and keys at once. The handle becomes free; who comes back claims one anew. May be called again. */
    async remove(tx: Tx, tenantId: string, id: string, by: string = id): Promise<void> {
      await revokeKeysOf(tx, tenantId, id, clock.date());
      await events.emit<UserRemoved>(tx, 'user.removed', [{ tenantId, userId: id, by }]);
      await accounts.update(tx, tenantId, id, { deletedAt: clock.date(), handleKey: `deleted:${id}` });
      await revoke(tx, { tenantId, userId: id, reason: 'removed' });
    },

    /** Lets someone in again who was removed; what they let go of does not come back. */
    async restore(tx: Tx, row: repo.UserRow, set: Parameters<typeof repo.updateUser>[3]): Promise<void> {
      const { tenantId, id } = row;
      await accounts.update(tx, tenantId, id, { ...set, deletedAt: null });
      await events.emit<UserCreated>(tx, 'user.restored', [{ tenantId, user: toUser({ ...row, ...set }) }]);
    },

    /**
     * Live connections come back and are given the new role.
     * @param by left out where the identity provider says it
     */
    async changeRole(
      tx: Tx,
      tenantId: string,
      id: string,
      role: 'admin' | 'member',
      by?: Pick<AuditNote, 'actorId' | 'via'>,
    ): Promise<void> {
      await accounts.update(tx, tenantId, id, { role });
      const subject = { type: 'user', id };
      await note(events, tx, { ...by, tenantId, action: 'member.role_changed', subject, details: { role } });
      await revoke(tx, { tenantId, userId: id, reason: 'rights_changed' });
    },
  };

  revocations.onRevoked(({ tenantId, userId }) => {
    if (userId !== undefined) return accounts.forget(tenantId, userId);
    forgotten++;
    known.clear();
  });
  return accounts;
}
