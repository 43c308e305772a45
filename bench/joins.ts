// Joining: first joins, re-joins, a crowd with history at once, and a crowd that resumes. Run by `npm run bench -- joins`.
import { BASE, contestantsOf, withEach } from './support/contestants.ts';
import { JOINING_AT_ONCE, startLoad } from './support/load.ts';
import { isWanted, readOptions } from './support/options.ts';
import type { Crowd, Joined } from './support/protocol.ts';
import { conditions, latency, ms, table, thousands } from './support/report.ts';
import { keepRow } from './support/rows.ts';
import { openTargets } from './support/targets.ts';

const options = readOptions({ seconds: 2 });
const CROWDS: { name: string; crowd: Crowd }[] = [
  { name: '100 rooms of 10', crowd: { rooms: 100, membersPerRoom: 10 } },
  { name: 'one room of 1,000', crowd: { rooms: 1, membersPerRoom: 1000 } },
];
const MEMBERS = 1000;

const targets = await openTargets({ postgres: options.database !== 'pglite', profile: options.profile });
const database = targets.postgres === undefined ? 'pglite' : 'postgres';
console.log(
  `\nJoins\n${conditions({
    members: `${MEMBERS}, each connects, signs in and joins`,
    'first joins': `${JOINING_AT_ONCE} at once; each makes a membership, a log entry and a presence that all of the room hear of`,
    're-joins': `${JOINING_AT_ONCE} at once, of members, with the newest 50 messages in the answer`,
    'at once':
      'all 1,000 together: with the newest 50 messages, and with what was missed since the join before',
  })}\n`,
);

interface Row {
  crowd: string;
  name: string;
  kind: string;
  what: string;
  joined: Joined;
}
const rows: Row[] = [];
const load = startLoad();
for (const { name: crowdName, crowd } of CROWDS) {
  await withEach(
    contestantsOf(targets, database).filter(({ name }) => isWanted(options.only, name, crowdName)),
    async ({ name, kind, start, target }) => {
      const running = await start();
      const keep = (what: string, joined: Joined) =>
        rows.push({ crowd: crowdName, name, kind, what, joined });
      try {
        const to = { ...target, ports: [running.port], pids: [running.pid] };
        keep('first joins', await load.gather(to, crowd));
        // More than 50 a room, all of them after the joins.
        await load.press({
          publishersPerRoom: 1,
          outstanding: 2,
          until: 'acked',
          rate: crowd.rooms * 40,
          bodyBytes: 200,
          warmUpSeconds: 0.5,
          seconds: options.seconds,
        });
        await load.part();
        keep('1,000 resume at once', await load.join({ atOnce: MEMBERS, resume: true }));
        await load.part();
        keep('re-joins', await load.join({ atOnce: JOINING_AT_ONCE }));
        await load.part();
        keep('1,000 at once', await load.join({ atOnce: MEMBERS }));
      } finally {
        await load.leave();
        await running.stop();
      }
    },
  );
}
load.stop();
await targets.stop();

const perCpu = ({ joined }: Row) =>
  joined.serverCpu === undefined || joined.serverCpu === 0 ? undefined : joined.members / joined.serverCpu;
for (const { name: crowd } of CROWDS) {
  const here = rows.filter((row) => row.crowd === crowd);
  if (here.length === 0) continue;
  const kinds = [...new Set(here.map(({ what }) => what))];
  console.log(
    `${crowd}\n${table(
      ['', '', 'joins/CPU s', 'joins/s', 'p50 ms', 'p99 ms', 'tried again'],
      kinds.flatMap((what) =>
        here
          .filter((row) => row.what === what)
          .map((row) => [
            what,
            row.name,
            thousands(perCpu(row) ?? Number.NaN),
            thousands(row.joined.members / row.joined.seconds),
            ...latency(row.joined.answer),
            String(row.joined.retries),
          ]),
      ),
    )}\n`,
  );
}
for (const row of rows) {
  if (row.kind !== 'parley') continue;
  const base = rows.find((r) => r.crowd === row.crowd && r.what === row.what && r.name === BASE);
  const rate = perCpu(row);
  const p99 = row.joined.answer?.p99;
  const isStorm = row.what.includes('at once');
  keepRow({
    what: `${row.what}, ${row.crowd}: ${row.name}`,
    target: isStorm ? 'p99 ≤ 1 s' : '≥ 3,000 a CPU second',
    measured: isStorm ? `p99 ${ms(p99)} ms` : thousands(rate ?? Number.NaN),
    met: isStorm
      ? p99 === undefined
        ? undefined
        : p99 <= 1000
      : rate === undefined
        ? undefined
        : rate >= 3000,
    beside:
      base === undefined
        ? undefined
        : isStorm
          ? `socket.io, without history, ${ms(base.joined.answer?.p99)} ms`
          : `socket.io, without history, ${thousands(perCpu(base) ?? Number.NaN)}`,
  });
}
