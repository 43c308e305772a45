// A deploy: three nodes under load are told to stop and are started again, one after the other. Nobody loses anything.
import { expect, inject, onTestFinished, test } from 'vitest';
import { startCluster } from '../cluster/cluster.ts';
import { gatherCrew } from '../cluster/crew.ts';
import { findOffences } from '../cluster/proof.ts';
import { until } from '../support/until.ts';

const EXIT_LIMIT_MS = 20_000;
const hasBoth = inject('postgresUrl') !== undefined && inject('redisUrl') !== undefined;

test.runIf(hasBoth)(
  'a rolling restart under load drops nothing, and every node exits 0 in time',
  async () => {
    const cluster = await startCluster(3, { DRAIN_WINDOW_MS: '500' });
    onTestFinished(() => cluster.stop(), 60_000);
    const crew = await gatherCrew(cluster, 12);
    onTestFinished(() => crew.close());
    crew.write(60);
    for (const node of cluster.nodes) {
      const acked = crew.book.filter((b) => b.acked).length;
      await until('traffic flows', () => crew.book.filter((b) => b.acked).length >= acked + 60);
      const asked = performance.now();
      expect(await node.drain()).toEqual({ code: 0, signal: null });
      expect(performance.now() - asked).toBeLessThan(EXIT_LIMIT_MS);
      await node.start();
    }
    await crew.finish(30_000);
    await until('every client is back', () => crew.clients.every((c) => c.isJoined()));
    expect(await findOffences(cluster, crew)).toEqual([]);
    // Whoever lost a connection was told to come back, and was not thrown out.
    for (const { protocol, closes } of crew.clients)
      for (const why of closes) expect(why).toBe(protocol === 'phoenix' ? 1012 : 'transport close');
    expect(crew.clients.flatMap((c) => c.closes).length).toBeGreaterThanOrEqual(crew.clients.length);
  },
  180_000,
);
