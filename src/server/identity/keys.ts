// API keys: for administrators' scripts and for services. A key acts as the administrator who made it, never with more
// rights than that person has now. Must never store or log the key itself, nor show it a second time.
import { createHash, timingSafeEqual } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { by, note } from '../../core/audit-note.ts';
import type { Clock } from '../../core/clock.ts';
import type { Database } from '../../core/db/database.ts';
import { AppError, notFound } from '../../core/errors.ts';
import type { Events } from '../../core/events.ts';
import { isUuid, newId, randomToken } from '../../core/ids.ts';
import type { Revocations } from '../../core/revocations.ts';
import type { Scope } from '../../core/scope.ts';
import type { ApiKey, NewApiKey } from './contract.ts';
import * as repo from './keys-repository.ts';
import type { Proof } from './proof.ts';
import type { Revoke } from './revocation.ts';

/** `pk_<short id>_<secret>`: 48 bits to find it by, 256 to prove it with. */
const KEY = /^pk_([0-9a-f]{12})_([\w-]{43})$/;
const CACHE_MS = 5_000;
/** The last use is written at most this often. */
const TOUCH_MS = 60_000;

export const isApiKey = (token: string): boolean => token.startsWith('pk_');

/** `messages.*` covers `messages.send`; `*` covers everything. */
export const scopesAllow = (scopes: string[], operation: string): boolean =>
  scopes.some(
    (scope) =>
      scope === '*' ||
      scope === operation ||
      (scope.endsWith('.*') && operation.startsWith(scope.slice(0, -1))),
  );

const toApiKey = (row: repo.KeyRow): ApiKey => ({
  id: row.id,
  name: row.name,
  prefix: `pk_${row.shortId}`,
  userId: row.userId,
  role: row.role,
  scopes: row.scopes,
  createdAt: row.createdAt.toISOString(),
  ...(row.expiresAt === null ? {} : { expiresAt: row.expiresAt.toISOString() }),
  ...(row.lastUsedAt === null ? {} : { lastUsedAt: row.lastUsedAt.toISOString() }),
  ...(row.revokedAt === null ? {} : { revokedAt: row.revokedAt.toISOString() }),
});

const hash = (secret: string): Buffer => createHash('sha256').update(secret).digest();

export function createKeys(deps: {
  database: Database;
  events: Events;
  clock: Clock;
  revocations: Revocations;
  revoke: Revoke;
}) {
  const { database, events, clock, revocations, revoke } = deps;
  const known = new LRUCache<string, repo.KeyRow>({ max: 5_000, ttl: CACHE_MS });
  revocations.onRevoked(() => known.clear());

  async function find(shortId: string): Promise<repo.KeyRow | undefined> {
    const cached = known.get(shortId);
    if (cached !== undefined) return cached;
    const asOf = revocations.count();
    const row = await repo.findKeyByShortId(database.db, shortId);
    if (row !== undefined && asOf === revocations.count()) known.set(shortId, row);
    return row;
  }

  return {
    /** @throws AppError unauthorized */
    async prove(token: string): Promise<Proof> {
      const [, shortId = '', secret = ''] = KEY.exec(token) ?? [];
      const row = shortId === '' ? undefined : await find(shortId);
      if (row === undefined || !timingSafeEqual(hash(secret), Buffer.from(row.secretHash, 'hex')))
        throw new AppError('unauthorized', 'invalid_token', 'There is no such API key.');
      if (row.revokedAt !== null)
        throw new AppError('unauthorized', 'revoked_token', 'This API key was revoked; use another.');
      const now = clock.now();
      if (row.expiresAt !== null && row.expiresAt.getTime() <= now)
        throw new AppError('unauthorized', 'expired_token', 'This API key has expired; use another.');
      if (row.lastUsedAt === null || row.lastUsedAt.getTime() < now - TOUCH_MS) {
        row.lastUsedAt = new Date(now);
        await repo.touchKey(database.db, row.id, row.lastUsedAt, new Date(now - TOUCH_MS));
      }
      return {
        tenantId: row.tenantId,
        userId: row.userId,
        credentialId: row.id,
        expiresAt: row.expiresAt?.getTime(),
        atMost: row.role,
        allows: (operation) => scopesAllow(row.scopes, operation),
      };
    },

    async create(
      scope: Scope,
      input: { name: string; scopes: string[]; role: 'admin' | 'member'; expiresAt?: string | undefined },
    ): Promise<NewApiKey> {
      // Otherwise a key that leaked could outlive its own revocation.
      if (scope.allows !== undefined)
        throw new AppError('forbidden', 'key_by_key', 'A key cannot make keys; sign in as a person.');
      const expiresAt = input.expiresAt === undefined ? null : new Date(input.expiresAt);
      if (expiresAt !== null && expiresAt.getTime() <= clock.now())
        throw new AppError('invalid', 'invalid_input', 'expiresAt: is in the past');
      const id = newId();
      const shortId = id.slice(-12);
      const secret = randomToken(32);
      const row = await database.transaction(async (tx) => {
        await note(events, tx, {
          ...by(scope),
          action: 'key.created',
          subject: { type: 'key', id },
          details: { name: input.name, role: input.role, scopes: input.scopes },
        });
        return repo.insertKey(tx, {
          id,
          tenantId: scope.tenantId,
          userId: scope.user.id,
          name: input.name,
          shortId,
          secretHash: hash(secret).toString('hex'),
          scopes: [...new Set(input.scopes)],
          role: input.role,
          expiresAt,
        });
      });
      return { ...toApiKey(row), key: `pk_${shortId}_${secret}` };
    },

    async list(scope: Scope, page: { limit: number; cursor?: string | undefined }) {
      const after = page.cursor !== undefined && isUuid(page.cursor) ? page.cursor : undefined;
      const rows = await repo.listKeys(database.db, scope.tenantId, { limit: page.limit + 1, after });
      const data = rows.slice(0, page.limit).map(toApiKey);
      const last = data.at(-1);
      return { data, ...(rows.length > page.limit && last !== undefined ? { nextCursor: last.id } : {}) };
    },

    /** @throws AppError not_found, also for one that is revoked already */
    async remove(scope: Scope, keyId: string): Promise<void> {
      await database.transaction(async (tx) => {
        const row = await repo.revokeKey(tx, scope.tenantId, keyId, clock.date());
        if (row === undefined) throw notFound('key_not_found', 'There is no such key, or it is revoked.');
        await revoke(tx, {
          tenantId: row.tenantId,
          userId: row.userId,
          credentialId: row.id,
          reason: 'key_revoked',
        });
        await note(events, tx, { ...by(scope), action: 'key.revoked', subject: { type: 'key', id: row.id } });
      });
    },
  };
}
