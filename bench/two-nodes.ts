// What a second node costs and gives: the same load on one node and on two that share Postgres and Redis, with the members of
// every room on both, which is the worst there can be, and with each room on one. Run by `npm run bench -- two-nodes`.
import { startRedis } from '../tests/support/redis.ts';
import { startLoad } from './support/load.ts';
import { isWanted, readOptions } from './support/options.ts';
import type { Crowd, Measured } from './support/protocol.ts';
import type { Protocol } from './support/raw-client.ts';
import { conditions, latency, perCpuSecond, table, thousands } from './support/report.ts';
import { keepRow } from './support/rows.ts';
import { openTargets, type Running } from './support/targets.ts';

const options = readOptions({ seconds: 4 });
const GOAL = 1.8;
const CROWDS: { name: string; crowd: Crowd; apart?: boolean }[] = [
  { name: 'A: one room of 1,000', crowd: { rooms: 1, membersPerRoom: 1000 } },
  { name: 'B: 200 rooms of 10', crowd: { rooms: 200, membersPerRoom: 10 } },
  { name: 'B, a room on one node', crowd: { rooms: 200, membersPerRoom: 10 }, apart: true },
];

const targets = await openTargets({ postgres: true, profile: options.profile });
const redis = await startRedis();
if (targets.postgres === undefined || 'missing' in redis) {
  console.error('Two nodes need Postgres and Redis; one of them is not here, so this is left out.');
  await targets.stop();
  process.exit(0);
}
console.log(
  `\nTwo nodes\n${conditions({
    crowd:
      'half of every room on each node, so that every message crosses, unless it says otherwise; 200 bytes',
    'counted by': 'CPU seconds of both nodes together: two cores give twice the seconds of one',
    measured: `${options.seconds} s after 1 s of warm-up`,
  })}\n`,
);

interface Row {
  crowd: string;
  nodes: number;
  protocol: Protocol;
  m: Measured;
}
const rows: Row[] = [];
const load = startLoad();
try {
  for (const protocol of ['phoenix', 'socketio'] as const) {
    for (const nodes of [1, 2]) {
      for (const { name, crowd, apart = false } of CROWDS) {
        if (!isWanted(options.only, name, protocol)) continue;
        const database = await targets.database();
        const running: Running[] = [];
        try {
          for (let i = 0; i < nodes; i++)
            running.push(
              await targets.parley('postgres', {
                core: i,
                databaseUrl: database.url,
                env: { REDIS_URL: redis.url },
              }),
            );
          const target = {
            kind: 'parley' as const,
            protocol,
            ports: running.map(({ port }) => port),
            pids: running.map(({ pid }) => pid),
            apart,
          };
          await load.gather(target, crowd);
          const m = await load.press({
            publishersPerRoom: crowd.rooms === 1 ? 10 : 1,
            outstanding: crowd.rooms === 1 ? 10 : 4,
            until: 'delivered',
            bodyBytes: 200,
            warmUpSeconds: 1,
            seconds: options.seconds,
          });
          rows.push({ crowd: name, nodes, protocol, m });
          process.stderr.write(`  ${name} · ${nodes} · ${protocol}: done\n`);
        } finally {
          await load.leave();
          for (const one of running) await one.stop();
          await database.drop();
        }
      }
    }
  }
} finally {
  load.stop();
  await redis.stop();
  await targets.stop();
}

console.log(
  table(
    ['', 'clients', 'nodes', 'deliveries/CPU s', 'messages/s', 'p50 ms', 'p99 ms', 'load busy'],
    rows.map(({ crowd, nodes, protocol, m }) => [
      crowd,
      protocol,
      String(nodes),
      thousands(perCpuSecond(m, 'deliveries') ?? Number.NaN),
      thousands(m.acks / m.seconds),
      ...latency(m.delivery),
      `${Math.round(m.loadBusy * 100)} %`,
    ]),
  ),
);
for (const two of rows.filter(({ nodes }) => nodes === 2)) {
  const one = rows.find((r) => r.nodes === 1 && r.crowd === two.crowd && r.protocol === two.protocol);
  const [a, b] = [one && perCpuSecond(one.m, 'deliveries'), perCpuSecond(two.m, 'deliveries')];
  const times = a === undefined || b === undefined ? undefined : (2 * b) / a;
  keepRow({
    what: `two nodes on two cores against one on one, ${two.crowd}, ${two.protocol} clients`,
    target: `≥ ${GOAL} x`,
    measured: times === undefined ? '-' : `${times.toFixed(2)} x`,
    met: times === undefined ? undefined : times >= GOAL,
    beside: one === undefined ? undefined : `one node ${thousands(a ?? 0)} a CPU second`,
  });
}
