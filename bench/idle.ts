// What an idle, joined connection costs in memory, beside bare servers with as many. Run by `npm run bench -- idle`.
import { contestantsOf, withEach } from './support/contestants.ts';
import { startLoad } from './support/load.ts';
import { type Memory, memoryOf } from './support/memory.ts';
import { isWanted, readOptions } from './support/options.ts';
import type { Crowd } from './support/protocol.ts';
import { conditions, ratio, table } from './support/report.ts';
import { keepRow } from './support/rows.ts';
import { openTargets } from './support/targets.ts';

const options = readOptions({ seconds: 1 });
const MEMBERS = 10;
/** Before what is counted, so that pools, caches and code are there. */
const WARM: Crowd = { rooms: 10, membersPerRoom: MEMBERS };
const CROWD: Crowd = { rooms: options.connections / MEMBERS, membersPerRoom: MEMBERS };
const GOALS: Record<string, number> = { phoenix: 12, socketio: 15 };
const INSPECTOR = 9333;

const targets = await openTargets({ postgres: options.database !== 'pglite' });
const database = targets.postgres === undefined ? 'pglite' : 'postgres';
console.log(
  `\nIdle memory\n${conditions({
    connections: `${options.connections.toLocaleString('en')} joined, in rooms of ${MEMBERS}`,
    counted:
      'growth from a crowd of 100 to all, after collecting garbage, divided by the connections that came',
    rss: 'as the operating system counts, without the buffers of its own sockets',
  })}\n`,
);

interface Found {
  name: string;
  protocol: string;
  kind: string;
  rss: number;
  heap: number;
}
const found: Found[] = [];
await withEach(
  contestantsOf(targets, database).filter(({ name }) => isWanted(options.only, name)),
  async ({ name, kind, start, target }) => {
    const load = startLoad();
    const running = await start([`--inspect=127.0.0.1:${INSPECTOR}`]);
    try {
      const to = { ...target, ports: [running.port], pids: [running.pid] };
      const first = startLoad();
      await first.gather(to, WARM);
      const before: Memory = await memoryOf(INSPECTOR);
      await load.gather(to, CROWD);
      const after: Memory = await memoryOf(INSPECTOR);
      first.stop();
      const each = (which: keyof Memory) => (after[which] - before[which]) / options.connections;
      found.push({ name, kind, protocol: target.protocol, rss: each('rss'), heap: each('heap') });
    } finally {
      load.stop();
      await running.stop();
    }
  },
);
await targets.stop();

const base = found.find(({ kind, protocol }) => kind === 'bare' && protocol === 'socketio')?.rss;
const kb = (n: number) => `${n.toFixed(1)} KB`;
console.log(
  table(
    ['', 'RSS each', 'to socket.io', 'heap each'],
    found.map(({ name, rss, heap }) => [name, kb(rss), ratio(rss, base), kb(heap)]),
  ),
);
for (const { name, kind, protocol, rss } of found) {
  const goal = GOALS[protocol] as number;
  if (kind === 'parley')
    keepRow({
      what: `idle memory a connection: ${name}`,
      target: `≤ ${goal} KB`,
      measured: kb(rss),
      met: rss <= goal,
      beside: base === undefined ? undefined : `socket.io ${kb(base)}`,
    });
}
