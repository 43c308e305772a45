// How many messages a second one node holds in 200 rooms of 10 with deliveries in time. Run by `npm run bench -- held`.
import { BASE, contestantsOf, withEach } from './support/contestants.ts';
import { startLoad } from './support/load.ts';
import { isWanted, readOptions } from './support/options.ts';
import type { Measured } from './support/protocol.ts';
import { conditions, latency, table, thousands } from './support/report.ts';
import { keepRow } from './support/rows.ts';
import { openTargets } from './support/targets.ts';

const options = readOptions({ seconds: 3 });
const LIMIT_MS = 50;
const GOAL = 6000;
const RATES = [1000, 2000, 3000, 4000, 5000, 6000, 7000, 8000, 10_000];
/** Less than this of what was to be sent got through: it is behind. */
const KEPT_UP = 0.97;

const targets = await openTargets({ postgres: options.database !== 'pglite', profile: options.profile });
const database = targets.postgres === undefined ? 'pglite' : 'postgres';
console.log(
  `\nHeld rate\n${conditions({
    crowd: '200 rooms of 10, one sender a room, 200 bytes',
    held: `p99 from send to delivery at most ${LIMIT_MS} ms, at the rates ${RATES.join(', ')} a second`,
    database: database === 'postgres' ? 'Postgres on core 1, which the load generator has too' : 'PGlite',
    measured: `${options.seconds} s after 1 s of warm-up, for each rate`,
  })}\n`,
);

const load = startLoad();
const rows: { name: string; kind: string; held: number; rate: number; m: Measured }[] = [];
await withEach(
  contestantsOf(targets, database).filter(({ name }) => isWanted(options.only, name)),
  async ({ name, kind, start, target }) => {
    const running = await start();
    try {
      await load.gather(
        { ...target, ports: [running.port], pids: [running.pid] },
        { rooms: 200, membersPerRoom: 10 },
      );
      let held = 0;
      for (const rate of RATES) {
        const m = await load.press({
          publishersPerRoom: 1,
          outstanding: 1,
          until: 'delivered',
          rate,
          bodyBytes: 200,
          warmUpSeconds: 1,
          seconds: options.seconds,
        });
        rows.push({ name, kind, held, rate, m });
        if ((m.delivery?.p99 ?? Number.POSITIVE_INFINITY) > LIMIT_MS || m.acks < rate * m.seconds * KEPT_UP)
          break;
        held = rate;
      }
      for (const row of rows) if (row.name === name) row.held = held;
    } finally {
      await load.leave();
      await running.stop();
    }
  },
);
load.stop();
await targets.stop();

console.log(
  table(
    ['', 'a second', 'got through', 'p50 ms', 'p99 ms', 'ack p50', 'ack p99', 'server busy', 'load busy'],
    rows.map(({ name, rate, m }) => [
      name,
      String(rate),
      thousands(m.acks / m.seconds),
      ...latency(m.delivery),
      ...latency(m.ack),
      m.serverCpu === undefined ? '-' : `${Math.round((m.serverCpu / m.seconds) * 100)} %`,
      `${Math.round(m.loadBusy * 100)} %`,
    ]),
  ),
);
const heldOf = new Map(rows.map(({ name, held }) => [name, held]));
for (const [name, held] of heldOf)
  if (name.startsWith('parley'))
    keepRow({
      what: `B: messages a second held, p99 ≤ ${LIMIT_MS} ms: ${name}`,
      target: `≥ ${GOAL}`,
      measured: String(held),
      met: held >= GOAL,
      beside: heldOf.has(BASE) ? `socket.io, storing nothing, ${heldOf.get(BASE)}` : undefined,
    });
