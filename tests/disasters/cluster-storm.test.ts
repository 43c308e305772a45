// The node that holds nearly everybody is killed: all come to the other one at once, and Postgres must bear it.
import pg from 'pg';
import { expect, inject, onTestFinished, test } from 'vitest';
import { startCluster } from '../cluster/cluster.ts';
import { gatherCrew } from '../cluster/crew.ts';
import { findOffences } from '../cluster/proof.ts';
import { until } from '../support/until.ts';

const CLIENTS = 300;
const POOL_SIZE = 8;
const LIVE_LIMIT_MS = 15_000;
/** As long as the official libraries wait for a connection: whoever gives up early begins again from the end of the line. */
const PATIENCE_MS = 20_000;
const hasBoth = inject('postgresUrl') !== undefined && inject('redisUrl') !== undefined;

test.runIf(hasBoth)(
  'a reconnect storm: all are live and caught up on the other node in time',
  async () => {
    const cluster = await startCluster(2, { DATABASE_POOL_SIZE: String(POOL_SIZE) });
    onTestFinished(() => cluster.stop(), 60_000);
    const [falling, standing] = cluster.nodes as [(typeof cluster.nodes)[0], (typeof cluster.nodes)[0]];
    let fallen = false;
    const crew = await gatherCrew(cluster, CLIENTS, () => () => (fallen ? standing : falling).url, {
      patienceMs: PATIENCE_MS,
    });
    onTestFinished(() => crew.close());
    crew.write(10);
    await until('traffic flows', () => crew.book.filter((b) => b.acked).length >= 20);
    fallen = true;
    await falling.kill();
    const mark = Math.max(...crew.book.map((b) => b.acked?.seq ?? 0));
    await until(
      'all are live and caught up',
      () =>
        crew.clients.every(
          (c) =>
            c.isJoined() &&
            c.joins.length > 1 &&
            (c.heard.findLast((h) => h.seq !== undefined)?.seq ?? 0) >= mark,
        ),
      LIVE_LIMIT_MS,
    );
    await crew.finish(30_000);
    expect(await findOffences(cluster, crew)).toEqual([]);
    expect(await connectionsOf(cluster.postgres.url)).toBeLessThanOrEqual(POOL_SIZE);
    expect(standing.process.output()).not.toMatch(/too many clients|53300/i);
  },
  120_000,
);

async function connectionsOf(url: string): Promise<number> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5000, query_timeout: 5000 });
  await client.connect();
  try {
    const { rows } = await client.query(
      "select count(*)::int as n from pg_stat_activity where application_name = 'parley'",
    );
    return rows[0].n;
  } finally {
    await client.end();
  }
}
