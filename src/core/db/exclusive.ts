// One node of a cluster at a time: for what must not happen twice at once, such as making the schema.
// Must never hold the lock longer than its connection lives: a killed node frees it.
import type { Database } from './database.ts';

/** Words for advisory locks; the numbers only have to differ. */
const LOCKS = { start: 7_201_001 } as const;
const RETRY_MS = 100;
const GIVE_UP_MS = 120_000;

/**
 * Runs `fn` while no other node runs it. Waits in short steps: a waiting statement would meet the lock timeout.
 * @throws Error when another node holds the lock for two minutes
 */
export async function exclusively<T>(
  database: Database,
  lock: keyof typeof LOCKS,
  fn: () => Promise<T>,
): Promise<T> {
  if ('pglite' in database.driver) return fn();
  const client = await database.driver.pool.connect();
  try {
    for (let waited = 0; ; waited += RETRY_MS) {
      const { rows } = await client.query<{ got: boolean }>('select pg_try_advisory_lock($1) as got', [
        LOCKS[lock],
      ]);
      if (rows[0]?.got === true) break;
      if (waited >= GIVE_UP_MS)
        throw new Error(
          'Another node has been starting for two minutes; look at its log, stop it if it hangs.',
        );
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
    try {
      return await fn();
    } finally {
      await client.query('select pg_advisory_unlock($1)', [LOCKS[lock]]).catch(() => {});
    }
  } finally {
    client.release();
  }
}
