// People and organisations of Clerk as users and tenants: an organisation is a tenant, and a person in two of them is two
// users. Whoever has no active organisation belongs to the home tenant. Must never bring back who was removed, however
// long the token in hand still runs.
import { LRUCache } from 'lru-cache';
import type { Database, Tx } from '../../core/db/database.ts';
import { AppError } from '../../core/errors.ts';
import { newId } from '../../core/ids.ts';
import type { Revocations } from '../../core/revocations.ts';
import type { Accounts } from './accounts.ts';
import type { ClerkClaims } from './clerk-token.ts';
import { DisplayName } from './contract.ts';
import * as dir from './directory.ts';
import * as repo from './repository.ts';

/** The tenant of local sign-in, and of people without an organisation. */
export const HOME_TENANT = '00000000-0000-7000-8000-000000000001';

export interface Person {
  externalId: string;
  name?: string | null | undefined;
  handle?: string | null | undefined;
  avatarUrl?: string | null | undefined;
}

export type ClerkUsers = ReturnType<typeof createClerkUsers>;

const removed = () =>
  new AppError(
    'unauthorized',
    'unknown_user',
    'This account does not exist any more or is suspended; sign in again.',
  );

export function createClerkUsers(deps: {
  database: Database;
  accounts: Accounts;
  revocations: Revocations;
  allowLocal: boolean;
  /** Gives a tenant what every tenant has from the start. May be called again. */
  furnish(tenantId: string): Promise<void>;
}) {
  const { database, accounts, revocations, allowLocal, furnish } = deps;
  /** Ids never change once there; whether they may be used is asked elsewhere. */
  const tenants = new LRUCache<string, string>({ max: 5_000, ttl: 60_000 });
  const users = new LRUCache<string, string>({ max: 20_000, ttl: 60_000 });
  const furnished = new Map<string, Promise<void>>();
  revocations.onRevoked(({ userId }) => {
    if (userId === undefined) tenants.clear();
  });

  function furnishOnce(tenantId: string): Promise<void> {
    let done = furnished.get(tenantId);
    if (done === undefined) {
      done = furnish(tenantId);
      done.catch(() => furnished.delete(tenantId));
      furnished.set(tenantId, done);
    }
    return done;
  }

  /** The tenant of an organisation, made and furnished on first sight. @throws AppError unauthorized when it was deleted */
  async function tenantOf(org: { id: string; name?: string | undefined }): Promise<string> {
    const cached = tenants.get(org.id);
    if (cached !== undefined) return cached;
    let row = await dir.findTenantByExternalId(database.db, org.id);
    if (row === undefined) {
      const [entry] = await dir.findEntries(database.db, [org.id]);
      if (entry !== undefined && entry.removedAt !== null) throw removed();
      const name = entry?.name ?? org.name ?? org.id;
      await dir.insertExternalTenant(database.db, { id: newId(), externalId: org.id, name });
      row = (await dir.findTenantByExternalId(database.db, org.id)) as dir.TenantRow;
    }
    if (row.deletedAt !== null) throw removed();
    await furnishOnce(row.id);
    tenants.set(org.id, row.id);
    return row.id;
  }

  /**
   * The user of a person in a tenant, made if new. Under the tenant's lock.
   * @param role where the provider decides about it; in the home tenant the first ever is its administrator
   */
  async function ensure(tx: Tx, tenantId: string, person: Person, role: 'admin' | 'member' | undefined) {
    await repo.lockTenant(tx, tenantId);
    const present = await dir.findUserByExternalId(tx, tenantId, person.externalId);
    if (present !== undefined) return present;
    const { externalId } = person;
    const [told] = await dir.findEntries(tx, [externalId]);
    if (told !== undefined && told.removedAt !== null) throw removed();
    const name = displayName(told?.name, person.name, told?.handle, person.handle);
    const handle = await accounts.freeHandle(tx, tenantId, [told?.handle, person.handle, name]);
    // Who only ever signed in by name cannot any more where that is off.
    const others = allowLocal ? undefined : ({ externally: true } as const);
    const first = role === undefined && !(await repo.hasHuman(tx, tenantId, others));
    return (await accounts.insert(tx, {
      id: newId(),
      tenantId,
      kind: 'human',
      ...handle,
      name: name ?? handle.handle,
      avatarUrl: told?.avatarUrl ?? person.avatarUrl ?? null,
      ownerId: null,
      role: role ?? (first ? 'admin' : 'member'),
      externalId,
    })) as repo.UserRow;
  }

  return {
    tenantOf,
    ensure,

    /** The user whom a token speaks for. @throws AppError unauthorized for who was removed */
    async admit(claims: ClerkClaims): Promise<{ tenantId: string; userId: string }> {
      const { org } = claims;
      const tenantId = org === undefined ? HOME_TENANT : await tenantOf({ id: org.id, name: org.slug });
      const key = `${tenantId}:${claims.userId}`;
      let userId = users.get(key);
      if (userId === undefined) {
        const row =
          (await dir.findUserByExternalId(database.db, tenantId, claims.userId)) ??
          (await database.transaction(async (tx) => {
            await requireMembership(tx, claims);
            return ensure(tx, tenantId, { ...claims, externalId: claims.userId }, org?.role);
          }));
        userId = row.id;
        users.set(key, userId);
      }
      if (org !== undefined) await followRole(tenantId, userId, { ...claims, org });
      return { tenantId, userId };
    },
  };

  /** Whose membership or organisation was removed may not enter on a token from before. */
  async function requireMembership(tx: Tx, { org, userId }: ClerkClaims): Promise<void> {
    if (org === undefined) return;
    const told = await dir.findEntries(tx, [org.id, dir.membershipId(org.id, userId)]);
    if (told.some((entry) => entry.removedAt !== null)) throw removed();
  }

  /** The token tells the role, unless a webhook has told a newer one. */
  async function followRole(
    tenantId: string,
    userId: string,
    { org, issuedAt, userId: externalId }: ClerkClaims & { org: NonNullable<ClerkClaims['org']> },
  ): Promise<void> {
    const row = await accounts.find(tenantId, userId);
    if (row === undefined || row.role === org.role || row.deletedAt !== null) return;
    await database.transaction(async (tx) => {
      await repo.lockTenant(tx, tenantId);
      const [told] = await dir.findEntries(tx, [dir.membershipId(org.id, externalId)]);
      if (told !== undefined && told.changedAt.getTime() > issuedAt) return;
      await accounts.changeRole(tx, tenantId, userId, org.role);
    });
  }
}

/** The first that may be shown. */
export function displayName(...names: (string | null | undefined)[]): string | undefined {
  for (const name of names) {
    const parsed = DisplayName.safeParse([...(name ?? '')].slice(0, 64).join(''));
    if (parsed.success) return parsed.data;
  }
  return undefined;
}
