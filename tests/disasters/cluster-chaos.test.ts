// Three nodes under load while nodes, Redis and Postgres are killed and frozen by a seeded schedule. `npm run soak` does
// the same for longer and with more seeds.
import { expect, inject, onTestFinished, test } from 'vitest';
import { planChaos, raiseChaos } from '../cluster/chaos.ts';
import { startCluster } from '../cluster/cluster.ts';
import { gatherCrew } from '../cluster/crew.ts';
import { findOffences } from '../cluster/proof.ts';

const hasBoth = inject('postgresUrl') !== undefined && inject('redisUrl') !== undefined;

test.runIf(hasBoth)(
  'nothing acknowledged is lost, doubled or out of order, and no node ends by itself',
  async () => {
    const cluster = await startCluster(3);
    onTestFinished(() => cluster.stop(), 60_000);
    const crew = await gatherCrew(cluster, 18);
    onTestFinished(() => crew.close());
    crew.write(60);
    expect(await raiseChaos(cluster, planChaos(20_261, 1, 3, 3000))).toBe(6);
    await crew.finish(60_000);
    expect(await findOffences(cluster, crew)).toEqual([]);
    expect(crew.book.length).toBeGreaterThan(200);
  },
  180_000,
);
