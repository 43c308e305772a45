// Who people and agents are: users of one tenant, and the scope under which they ask.
// Must never say whether a user of another tenant exists.
import { by, note } from '../../core/audit-note.ts';
import type { Clock } from '../../core/clock.ts';
import type { Database, Tx } from '../../core/db/database.ts';
import { inTime } from '../../core/db/deadline.ts';
import { AppError, notFound } from '../../core/errors.ts';
import type { Events } from '../../core/events.ts';
import { isUuid, newId } from '../../core/ids.ts';
import type { Logger } from '../../core/logger.ts';
import type { Revocations } from '../../core/revocations.ts';
import type { Scope, Surface } from '../../core/scope.ts';
import { createAccounts, toUser } from './accounts.ts';
import { algorithmOf, CLERK_SESSION_MS, createClerkTokens, isClerkSession } from './clerk-token.ts';
import { createClerkUsers, HOME_TENANT } from './clerk-users.ts';
import { createClerkWebhook } from './clerk-webhook.ts';
import type { Me, User } from './contract.ts';
import { createKeys, isApiKey } from './keys.ts';
import type { LocalTokens } from './local.ts';
import { handleFromName, handleKey, isReserved } from './names.ts';
import type { Proof } from './proof.ts';
import * as repo from './repository.ts';
import { createRevocationRows } from './revocation.ts';

export type IdentityService = ReturnType<typeof createIdentityService>;

export interface IdentityDeps {
  database: Database;
  events: Events;
  clock: Clock;
  logger: Logger;
  revocations: Revocations;
  tokens: LocalTokens;
  allowLocal: boolean;
  /** The identity provider; undefined when there is none. */
  clerk: {
    secretKey: string | undefined;
    jwtKey: string | undefined;
    authorizedParties: string[];
    webhookSigningSecret: string | undefined;
  };
  /** Gives a tenant what every tenant has from the start. May be called again. */
  furnish(tenantId: string): Promise<void>;
}

/** More than a token may be used after its end. */
const TOLERANCE_MS = 120_000;

export function createIdentityService(deps: IdentityDeps) {
  const { database, events, clock, logger, revocations, tokens, allowLocal } = deps;
  const { db } = database;
  const { revoke, isRevoked, recent } = createRevocationRows({ database, revocations, clock });
  /** Whether somebody is administrator already; once so, for good. */
  let inhabited = false;
  const accounts = createAccounts({ database, events, clock, revocations, revoke });
  const keys = createKeys({ database, events, clock, revocations, revoke });
  const clerkUsers = createClerkUsers({
    database,
    accounts,
    revocations,
    allowLocal,
    furnish: deps.furnish,
  });
  const { jwtKey, authorizedParties, webhookSigningSecret } = deps.clerk;
  const clerkTokens = jwtKey === undefined ? undefined : createClerkTokens({ jwtKey, authorizedParties });
  const rawRoutes =
    webhookSigningSecret === undefined
      ? []
      : [
          createClerkWebhook({
            signingSecret: webhookSigningSecret,
            database,
            clock,
            logger,
            accounts,
            users: clerkUsers,
            revoke,
          }),
        ];
  const findRow = accounts.find;
  if (deps.clerk.secretKey !== undefined && jwtKey === undefined)
    logger.warn(
      'CLERK_SECRET_KEY is set, but tokens of Clerk are refused until CLERK_JWT_KEY is set as well',
    );
  if (jwtKey !== undefined && authorizedParties.length === 0)
    logger.warn(
      'CLERK_AUTHORIZED_PARTIES is not set: tokens of Clerk are taken whichever page they were made for',
    );

  /** What a token proves, by its kind: keys by how they begin, JWTs by their algorithm. @throws AppError unauthorized */
  async function prove(token: string): Promise<Proof> {
    if (isApiKey(token)) return keys.prove(token);
    if (algorithmOf(token) === 'RS256' && clerkTokens !== undefined) {
      const claims = await clerkTokens.verify(token);
      const { credentialId, expiresAt } = claims;
      if (await isRevoked(credentialId)) throw ended();
      return { ...(await clerkUsers.admit(claims)), credentialId, expiresAt };
    }
    const proof = await tokens.verify(token);
    if (!allowLocal)
      throw new AppError(
        'unauthorized',
        'local_sign_in_off',
        'Signing in by name is off on this server, and so are the sessions made by it.',
      );
    return proof;
  }

  async function admit(token: string, via: Surface): Promise<Scope> {
    const { userId, tenantId, credentialId, expiresAt, atMost, allows } = await prove(token);
    // Whatever is revoked from here on ends the sign-in later; whatever was before is seen below.
    const asOf = revocations.count();
    if (await isRevoked(credentialId)) throw ended();
    const row = await findRow(tenantId, userId);
    if (row === undefined || row.deletedAt !== null || row.suspendedAt !== null) {
      throw new AppError(
        'unauthorized',
        'unknown_user',
        'This account does not exist any more or is suspended; sign in again.',
      );
    }
    const role = atMost === 'member' ? 'member' : row.role;
    const user = toUser(row);
    return { tenantId, user, role, via, expiresAt, credentialId, allows, asOf, traceId: newId() };
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
        if (!inhabited) {
          // Two first sign-ins may not both become administrator.
          await repo.lockTenant(tx, HOME_TENANT);
          inhabited = await repo.hasHuman(tx, HOME_TENANT);
        }
        const role = inhabited ? 'member' : 'admin';
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
        return (await accounts.insert(tx, user)) ?? repo.findUserByKey(tx, HOME_TENANT, key);
      });
      // Nor is anyone whom the identity provider vouches for, by saying their name.
      if (row === undefined || row.kind !== 'human' || row.handle !== handle || row.externalId !== null) {
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
    authenticate: (token: string, via: Surface): Promise<Scope> => inTime(() => admit(token, via)),

    /** Ends the session that the caller's token belongs to. @throws AppError forbidden for a key */
    async signOut(scope: Scope): Promise<void> {
      const { tenantId, user, credentialId, expiresAt, allows } = scope;
      if (credentialId === undefined || allows !== undefined)
        throw new AppError(
          'forbidden',
          'not_a_session',
          'A key is not a session; an administrator revokes it.',
        );
      const until = isClerkSession(credentialId)
        ? clock.now() + CLERK_SESSION_MS
        : (expiresAt ?? clock.now()) + TOLERANCE_MS;
      await database.transaction((tx) =>
        revoke(tx, { tenantId, userId: user.id, credentialId, reason: 'signed_out' }, until),
      );
    },

    /** Lets a connection last as long as a newer token of the same user. @throws AppError unauthorized, forbidden */
    async renew(scope: Scope, token: string): Promise<{ expiresAt?: string }> {
      const { tenantId, user, role, expiresAt, credentialId, allows, asOf } = await service.authenticate(
        token,
        scope.via,
      );
      if (tenantId !== scope.tenantId || user.id !== scope.user.id || (scope.allows ?? allows) !== undefined)
        throw new AppError(
          'forbidden',
          'not_renewable',
          'A connection is renewed by a session of the same user; open another one.',
        );
      // The connection's own scope: it is looked at with each call and when its time has come.
      Object.assign(scope, { role, expiresAt, credentialId, asOf });
      return expiresAt === undefined ? {} : { expiresAt: new Date(expiresAt).toISOString() };
    },

    keys,
    rawRoutes,

    /** The revocations of the last minute, for nodes that may not have heard of them. */
    recentRevocations: recent,

    /** Closes someone's connections on every node, by way of the database if need be; they may come back. */
    async endConnections({ tenantId }: Scope, userId: string): Promise<void> {
      await database.transaction((tx) => revoke(tx, { tenantId, userId, reason: 'disconnected' }));
    },

    /** Suspends someone, lifts it, or changes a role. For administrators. @throws AppError */
    async updateUser(
      scope: Scope,
      userId: string,
      change: { suspended?: boolean | undefined; role?: 'admin' | 'member' | undefined },
    ) {
      const { tenantId } = scope;
      return database.transaction(async (tx) => {
        await repo.lockTenant(tx, tenantId);
        const row = await repo.findUserById(tx, tenantId, userId);
        if (row === undefined || row.deletedAt !== null || row.kind !== 'human')
          throw notFound('user_not_found', 'There is no such person.');
        const role = change.role ?? row.role;
        const suspended = change.suspended ?? row.suspendedAt !== null;
        if (role !== row.role && row.externalId !== null && tenantId !== HOME_TENANT)
          throw new AppError(
            'conflict',
            'role_from_provider',
            'This role comes from the identity provider; change it in the organisation there.',
          );
        const loses = row.role === 'admin' && row.suspendedAt === null && (suspended || role !== 'admin');
        if (loses && (await repo.countAdmins(tx, tenantId)) <= 1)
          throw new AppError('conflict', 'last_admin', 'There must be another administrator first.');
        if (role !== row.role) await accounts.changeRole(tx, tenantId, userId, role, by(scope));
        if (suspended !== (row.suspendedAt !== null)) {
          await accounts.update(tx, tenantId, userId, { suspendedAt: suspended ? clock.date() : null });
          if (suspended) await revoke(tx, { tenantId, userId, reason: 'suspended' });
          const action = suspended ? 'member.suspended' : 'member.unsuspended';
          await note(events, tx, { ...by(scope), action, subject: { type: 'user', id: userId } });
        }
        return { ...toUser(row), role, suspended };
      });
    },

    /** Removes someone for good. For administrators. @throws AppError */
    async removeUser(scope: Scope, userId: string): Promise<void> {
      const { tenantId } = scope;
      await database.transaction(async (tx) => {
        await repo.lockTenant(tx, tenantId);
        const row = await repo.findUserById(tx, tenantId, userId);
        if (row === undefined || row.deletedAt !== null || row.kind !== 'human')
          throw notFound('user_not_found', 'There is no such person.');
        if (row.externalId !== null && tenantId !== HOME_TENANT)
          throw new AppError(
            'conflict',
            'member_from_provider',
            'This person comes from the identity provider; remove them from the organisation there.',
          );
        const isAdmin = row.role === 'admin' && row.suspendedAt === null;
        if (isAdmin && (await repo.countAdmins(tx, tenantId)) <= 1)
          throw new AppError('conflict', 'last_admin', 'There must be another administrator first.');
        await accounts.remove(tx, tenantId, userId, scope.user.id);
      });
    },

    isRemoved: async (tenantId: string, userId: string): Promise<boolean> => {
      const row = await repo.findUserById(db, tenantId, userId);
      return row !== undefined && row.kind === 'human' && row.deletedAt !== null;
    },

    /** Of someone who was removed: his name, handle and picture, also as the identity provider told them. */
    async eraseName(tenantId: string, userId: string): Promise<void> {
      const handle = `deleted-${userId.replaceAll('-', '').slice(-12)}`;
      await database.transaction((tx) =>
        repo.eraseUser(tx, tenantId, userId, { name: 'Deleted user', handle, handleKey: handleKey(handle) }),
      );
    },

    /** Whether a sign-in that was checked before still holds. */
    async stands(signIn: { tenantId: string; userId: string; credentialId: string }): Promise<boolean> {
      if (await isRevoked(signIn.credentialId)) return false;
      const row = await findRow(signIn.tenantId, signIn.userId);
      return row !== undefined && row.deletedAt === null && row.suspendedAt === null;
    },

    /** The scope under which an agent acts. @throws AppError not_found */
    async agentScope(tenantId: string, agentId: string): Promise<Scope> {
      const row = await findRow(tenantId, agentId);
      if (row === undefined || row.kind !== 'agent' || row.deletedAt !== null)
        throw notFound('agent_not_found', 'There is no such agent.');
      return { tenantId, user: toUser(row), role: 'member', via: 'agent', traceId: newId() };
    },

    /**
     * Someone's scope for what is done at their word by another, with the rights they have now.
     * @throws AppError not_found, forbidden
     */
    async wordScope(tenantId: string, userId: string): Promise<Scope> {
      const row = await findRow(tenantId, userId);
      if (row === undefined || row.deletedAt !== null)
        throw notFound('user_not_found', 'There is no such user.');
      if (row.suspendedAt !== null)
        throw new AppError('forbidden', 'suspended', 'This account is suspended; ask an administrator.');
      const role = row.kind === 'human' ? row.role : 'member';
      return { tenantId, user: toUser(row), role, via: 'internal', traceId: newId() };
    },

    async me(scope: Scope): Promise<Me> {
      const row = await findRow(scope.tenantId, scope.user.id);
      if (row === undefined) throw notFound('user_not_found', 'There is no such user.');
      // What the sign-in may, which is less than the person may when it is by a key.
      return { ...toUser(row), role: scope.role, tenantId: row.tenantId };
    },

    async updateMe(
      scope: Scope,
      change: { name?: string | undefined; avatarUrl?: string | null | undefined },
    ): Promise<Me> {
      const set = {
        ...(change.name === undefined ? {} : { name: change.name }),
        ...(change.avatarUrl === undefined ? {} : { avatarUrl: change.avatarUrl }),
      };
      if (Object.keys(set).length > 0)
        await database.transaction((tx) => accounts.update(tx, scope.tenantId, scope.user.id, set));
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
      const isAdmin = scope.role === 'admin';
      const data = rows.slice(0, page.limit).map((row) => ({
        ...toUser(row),
        ...(isAdmin && { role: row.role, suspended: row.suspendedAt !== null }),
      }));
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

    /** By handle, whatever way it is written; undefined when nobody has it. */
    async findByHandle(tenantId: string, handle: string): Promise<User | undefined> {
      const row = await repo.findUserByKey(db, tenantId, handleKey(handle));
      return row === undefined || row.deletedAt !== null ? undefined : toUser(row);
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
      const row = await accounts.insert(tx, {
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
      const row = set.deletedAt ? { ...set, handleKey: `deleted:${id}` } : set;
      await accounts.update(tx, tenantId, id, row);
    },

    /** Makes setting up a tenant's things once safe against another node doing the same. */
    lockTenant: (tx: Tx, tenantId: string) => repo.lockTenant(tx, tenantId),

    now: () => clock.date(),
  };
  return service;
}

const ended = () => new AppError('unauthorized', 'revoked_token', 'This session was ended; sign in again.');

export { isUuid } from '../../core/ids.ts';
export { type ProfileChanged, toUser, type UserCreated, type UserRemoved } from './accounts.ts';
export { HOME_TENANT } from './clerk-users.ts';
export { handleFromName, handleKey, MENTION } from './names.ts';
