// Who people and agents are: users of one tenant, and the scope under which they ask.
// Must never say whether a user of another tenant exists.
import { LRUCache } from 'lru-cache';
import type { Clock } from '../../core/clock.ts';
import type { Database, Tx } from '../../core/db/database.ts';
import { AppError, notFound } from '../../core/errors.ts';
import type { Events } from '../../core/events.ts';
import { isUuid, newId } from '../../core/ids.ts';
import type { Scope, ScopeUser, Surface } from '../../core/scope.ts';
import type { Me, User } from './contract.ts';
import type { LocalTokens } from './local.ts';
import { handleFromName, handleKey, isReserved } from './names.ts';
import * as repo from './repository.ts';

/** The tenant of local sign-in. */
export const HOME_TENANT = '00000000-0000-7000-8000-000000000001';

export interface UserCreated {
  tenantId: string;
  user: ScopeUser;
}

export type IdentityService = ReturnType<typeof createIdentityService>;

export interface IdentityDeps {
  database: Database;
  events: Events;
  clock: Clock;
  tokens: LocalTokens;
  allowLocal: boolean;
}

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

export function createIdentityService({ database, events, clock, tokens, allowLocal }: IdentityDeps) {
  const { db } = database;
  /** Users by tenant and id, for sign-in and authorship; short-lived because other nodes change users too. */
  const known = new LRUCache<string, repo.UserRow>({ max: 20_000, ttl: 5_000 });

  async function findRow(tenantId: string, id: string): Promise<repo.UserRow | undefined> {
    const cached = known.get(`${tenantId}:${id}`);
    if (cached !== undefined) return cached;
    const row = await repo.findUserById(db, tenantId, id);
    if (row !== undefined) known.set(`${tenantId}:${id}`, row);
    return row;
  }

  async function insert(
    tx: Tx,
    user: Parameters<typeof repo.insertUser>[1],
  ): Promise<repo.UserRow | undefined> {
    const row = await repo.insertUser(tx, user);
    if (row !== undefined)
      await events.emit(tx, 'user.created', [
        { tenantId: row.tenantId, user: toUser(row) } satisfies UserCreated,
      ]);
    return row;
  }

  const service = {
    ensureHomeTenant: () => repo.insertTenant(db, HOME_TENANT, 'Home'),

    /** Local sign-in: finds or makes the human of that name. */
    async signInLocally(name: string): Promise<{ token: string; user: User }> {
      if (!allowLocal) {
        throw new AppError(
          'forbidden',
          'local_sign_in_off',
          'Signing in by name is off on this server; use the sign-in it offers, or set AUTH_LOCAL=true.',
        );
      }
      const handle = handleFromName(name);
      if (handle === '')
        throw new AppError('invalid', 'invalid_input', 'name: needs at least one letter or digit');
      if (isReserved(handle))
        throw new AppError('conflict', 'name_reserved', `The name "${name}" is reserved; choose another.`);
      const key = handleKey(handle);
      let row = await repo.findUserByKey(db, HOME_TENANT, key);
      row ??= await database.transaction(async (tx) => {
        await repo.lockTenant(tx, HOME_TENANT);
        const role = (await repo.hasHuman(tx, HOME_TENANT)) ? 'member' : 'admin';
        const user = {
          id: newId(),
          tenantId: HOME_TENANT,
          kind: 'human' as const,
          handle,
          handleKey: key,
          name: name.trim(),
          ownerId: null,
          role: role as 'admin' | 'member',
        };
        return (await insert(tx, user)) ?? repo.findUserByKey(tx, HOME_TENANT, key);
      });
      if (row === undefined || row.kind !== 'human' || row.handle !== handle) {
        throw new AppError(
          'conflict',
          'name_taken',
          `The name "${name}" is taken, or looks like one that is; choose another.`,
        );
      }
      if (row.suspendedAt !== null || row.deletedAt !== null) {
        throw new AppError('forbidden', 'suspended', 'This account is suspended; ask an administrator.');
      }
      return { token: await tokens.sign({ userId: row.id, tenantId: row.tenantId }), user: toUser(row) };
    },

    /** Turns a token into a scope. @throws AppError unauthorized */
    async authenticate(token: string, via: Surface): Promise<Scope> {
      const { userId, tenantId, expiresAt } = await tokens.verify(token);
      const row = await findRow(tenantId, userId);
      if (row === undefined || row.deletedAt !== null || row.suspendedAt !== null) {
        throw new AppError(
          'unauthorized',
          'unknown_user',
          'This account does not exist any more or is suspended; sign in again.',
        );
      }
      return { tenantId, user: toUser(row), role: row.role, via, expiresAt, traceId: newId() };
    },

    /** The scope under which an agent acts. @throws AppError not_found */
    async agentScope(tenantId: string, agentId: string): Promise<Scope> {
      const row = await findRow(tenantId, agentId);
      if (row === undefined || row.kind !== 'agent' || row.deletedAt !== null)
        throw notFound('agent_not_found', 'There is no such agent.');
      return { tenantId, user: toUser(row), role: 'member', via: 'agent', traceId: newId() };
    },

    async me(scope: Scope): Promise<Me> {
      const row = await findRow(scope.tenantId, scope.user.id);
      if (row === undefined) throw notFound('user_not_found', 'There is no such user.');
      return { ...toUser(row), role: row.role, tenantId: row.tenantId };
    },

    async updateMe(
      scope: Scope,
      change: { name?: string | undefined; avatarUrl?: string | null | undefined },
    ): Promise<Me> {
      const set = {
        ...(change.name === undefined ? {} : { name: change.name }),
        ...(change.avatarUrl === undefined ? {} : { avatarUrl: change.avatarUrl }),
      };
      if (Object.keys(set).length > 0) {
        await database.transaction((tx) => repo.updateUser(tx, scope.tenantId, scope.user.id, set));
        known.delete(`${scope.tenantId}:${scope.user.id}`);
      }
      return service.me(scope);
    },

    async list(
      scope: Scope,
      page: {
        limit: number;
        cursor?: string | undefined;
        query?: string | undefined;
        kind?: 'human' | 'agent' | undefined;
      },
    ) {
      const rows = await repo.listUsers(db, scope.tenantId, {
        ...page,
        limit: page.limit + 1,
        afterHandle: page.cursor,
      });
      const data = rows.slice(0, page.limit).map(toUser);
      const last = data.at(-1);
      return { data, ...(rows.length > page.limit && last !== undefined ? { nextCursor: last.handle } : {}) };
    },

    /** @param key id or handle */
    async get(scope: Scope, key: string): Promise<User> {
      const row = isUuid(key)
        ? await findRow(scope.tenantId, key)
        : await repo.findUserByKey(db, scope.tenantId, handleKey(key.replace(/^@/, '')));
      if (row === undefined || row.deletedAt !== null)
        throw notFound('user_not_found', 'There is no such user.');
      return toUser(row);
    },

    findMany: async (tx: Tx | Database['db'], tenantId: string, ids: string[]): Promise<User[]> =>
      (await repo.findUsersByIds(tx, tenantId, ids)).map(toUser),

    /** Makes the user behind an agent's profile. @throws AppError conflict when the handle is taken */
    async createAgentUser(
      tx: Tx,
      tenantId: string,
      agent: { id: string; handle: string; name: string; ownerId: string | null },
    ): Promise<User> {
      if (isReserved(agent.handle))
        throw new AppError(
          'conflict',
          'name_reserved',
          `The handle "${agent.handle}" is reserved; choose another.`,
        );
      const row = await insert(tx, {
        ...agent,
        tenantId,
        kind: 'agent',
        handleKey: handleKey(agent.handle),
        role: 'member',
      });
      if (row === undefined)
        throw new AppError(
          'conflict',
          'name_taken',
          `The handle "${agent.handle}" is taken, or looks like one that is; choose another.`,
        );
      return toUser(row);
    },

    async updateAgentUser(
      tx: Tx,
      tenantId: string,
      id: string,
      set: { name?: string; suspendedAt?: Date | null; deletedAt?: Date | null },
    ): Promise<void> {
      // A deleted agent's handle becomes free again.
      await repo.updateUser(tx, tenantId, id, set.deletedAt ? { ...set, handleKey: `deleted:${id}` } : set);
      database.afterCommit(tx, () => known.delete(`${tenantId}:${id}`));
    },

    /** Makes setting up a tenant's things once safe against another node doing the same. */
    lockTenant: (tx: Tx, tenantId: string) => repo.lockTenant(tx, tenantId),

    now: () => clock.date(),
  };
  return service;
}

export { isUuid } from '../../core/ids.ts';
export { handleFromName, handleKey, MENTION } from './names.ts';
