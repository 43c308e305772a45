// Revocations as rows: written with the change that causes them, announced once that is committed, asked for by sign-in.
// Must never be announced before the commit.
import { sql } from 'kysely';
import { LRUCache } from 'lru-cache';
import { createBatcher } from '../../core/batcher.ts';
import type { Clock } from '../../core/clock.ts';
import type { Database, Tx } from '../../core/db/database.ts';
import { newId } from '../../core/ids.ts';
import type { Revocation, Revocations } from '../../core/revocations.ts';

/** Revocations of whole users matter only until every node has heard of them; the user's row says the rest. */
const HEARD_BY_ALL_MS = 3_600_000;
/** How far back nodes read what the bus may have lost, in seconds. */
const RECENT_SECONDS = 60;
const CACHE_MS = 5_000;

export type Revoke = ReturnType<typeof createRevocationRows>['revoke'];

export function createRevocationRows(deps: { database: Database; revocations: Revocations; clock: Clock }) {
  const { database, revocations, clock } = deps;
  /** Whether a credential was revoked, by its id. */
  const answers = new LRUCache<string, boolean>({ max: 20_000, ttl: CACHE_MS });
  revocations.onRevoked(({ credentialId }) => {
    if (credentialId !== undefined) answers.set(credentialId, true);
  });

  const look = createBatcher({
    parallel: database.kind === 'pglite' ? 1 : 2,
    maxBatch: 500,
    async run(ids: string[]) {
      const rows = await database.db
        .selectFrom('revocations')
        .select('credentialId')
        .where(sql<boolean>`credential_id = any(${ids}::text[])`)
        .execute();
      const revoked = new Set(rows.map((row) => row.credentialId));
      return ids.map((id) => revoked.has(id));
    },
  });

  return {
    /** @param expiresAt when what it revokes would have ended by itself, in ms since 1970 */
    async revoke(tx: Tx, what: Omit<Revocation, 'id'>, expiresAt?: number): Promise<void> {
      const revocation: Revocation = { id: newId(), ...what };
      const { userId = null, credentialId = null } = revocation;
      await tx
        .insertInto('revocations')
        .values({
          ...revocation,
          userId,
          credentialId,
          expiresAt: new Date(expiresAt ?? clock.now() + HEARD_BY_ALL_MS),
        })
        .execute();
      await tx.deleteFrom('revocations').where('expiresAt', '<', clock.date()).execute();
      database.afterCommit(tx, () => revocations.announce(revocation));
    },

    /** Ids of credentials are unique over all tenants. */
    async isRevoked(credentialId: string): Promise<boolean> {
      const known = answers.get(credentialId);
      if (known !== undefined) return known;
      const asOf = revocations.count();
      const revoked = await look(credentialId);
      if (asOf === revocations.count()) answers.set(credentialId, revoked);
      return revoked;
    },

    /** By the database's clock: nodes' clocks may differ. */
    async recent(): Promise<Revocation[]> {
      const rows = await database.db
        .selectFrom('revocations')
        .select(['id', 'tenantId', 'userId', 'credentialId', 'reason'])
        .where('createdAt', '>', sql<Date>`now() - make_interval(secs => ${RECENT_SECONDS})`)
        .execute();
      return rows.map(({ userId, credentialId, ...row }) => ({
        ...row,
        userId: userId ?? undefined,
        credentialId: credentialId ?? undefined,
      }));
    },
  };
}
