// PGlite computes in this process and answers without a turn of the event loop, so a client whose requests are queued could
// keep everyone else's from being read. This gives the loop a turn between statements. Must never change what a query does.
import type { PGlite } from '@electric-sql/pglite';

/** Longest stretch of queries without a turn, in ms. */
const STRETCH_MS = 8;

/** Makes the instance yield after a query or transaction that ends a stretch; answers the same instance. */
export function makeFair<T extends PGlite>(pglite: T): T {
  let since = performance.now();
  async function turn(): Promise<void> {
    if (performance.now() - since < STRETCH_MS) return;
    await new Promise((resolve) => setImmediate(resolve));
    since = performance.now();
  }
  const query = pglite.query.bind(pglite) as (...args: unknown[]) => Promise<unknown>;
  const transaction = pglite.transaction.bind(pglite) as (...args: unknown[]) => Promise<unknown>;
  return Object.assign(pglite, {
    async query(...args: unknown[]) {
      try {
        return await query(...args);
      } finally {
        await turn();
      }
    },
    async transaction(...args: unknown[]) {
      try {
        return await transaction(...args);
      } finally {
        await turn();
      }
    },
  });
}
