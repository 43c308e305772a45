// How many acknowledged, stored sends a server gives, beside one transaction a message and beside storing nothing.
// Run by `npm run bench:durable-sends`; README.md says how to read it.
import { startLoad } from './support/load.ts';
import { isWanted, readOptions } from './support/options.ts';
import type { Crowd, Measured, Pressure, Target } from './support/protocol.ts';
import { conditions, doubts, latency, perCpuSecond, ratio, table, thousands } from './support/report.ts';
import { keepRow } from './support/rows.ts';
import { type DatabaseKind, openTargets, type Running } from './support/targets.ts';

const BODY_BYTES = 200;
const options = readOptions({ seconds: 4 });

interface Scenario {
  name: string;
  crowd: Crowd;
  publishersPerRoom: number;
  outstanding: number;
}

const SCENARIOS: Scenario[] = [
  {
    name: '100 connections in 100 rooms',
    crowd: { rooms: 100, membersPerRoom: 1 },
    publishersPerRoom: 1,
    outstanding: 8,
  },
  {
    name: 'one hot room, 50 senders',
    crowd: { rooms: 1, membersPerRoom: 50 },
    publishersPerRoom: 50,
    outstanding: 8,
  },
];
/** Share of what was reached at saturation, at which latency is taken. */
const PACED_AT = 0.5;

const targets = await openTargets({ postgres: options.database !== 'pglite', profile: options.profile });
const databases: DatabaseKind[] = [
  ...(options.database === 'postgres' ? [] : (['pglite'] as const)),
  ...(targets.postgres === undefined ? [] : (['postgres'] as const)),
];

interface Contestant {
  name: string;
  database: DatabaseKind | 'none';
  start(): Promise<Running>;
  target: Pick<Target, 'kind' | 'protocol'>;
}

const BARE = { kind: 'bare', protocol: 'socketio' } as const;
const contestants: Contestant[] = [
  { name: 'socket.io, storing nothing', database: 'none', start: () => targets.bare(), target: BARE },
  ...databases.flatMap((database): Contestant[] => [
    {
      name: `${database}: socket.io, one insert a transaction`,
      database,
      start: () => targets.bare(database),
      target: BARE,
    },
    {
      name: `${database}: parley, Phoenix clients`,
      database,
      start: () => targets.parley(database),
      target: { kind: 'parley', protocol: 'phoenix' },
    },
    {
      name: `${database}: parley, Socket.IO clients`,
      database,
      start: () => targets.parley(database),
      target: { kind: 'parley', protocol: 'socketio' },
    },
  ]),
];

console.log(
  `\nDurable sends\n${conditions({
    'message body': `${BODY_BYTES} bytes`,
    database: databases
      .map((d) => (d === 'postgres' ? 'Postgres on core 1, fsync on' : 'PGlite, in the server process'))
      .join('; '),
    'closed loop': 'every sender has 8 sends under way; the next goes when one is acknowledged',
    paced: `at ${PACED_AT * 100} % of the sends a second that the closed loop reached`,
    measured: `${options.seconds} s after 1 s of warm-up, for each`,
  })}\n`,
);

interface Row {
  scenario: string;
  contestant: Contestant;
  full: Measured;
  paced: Measured;
}

const load = startLoad();
const rows: Row[] = [];
try {
  for (const contestant of contestants) {
    for (const scenario of SCENARIOS) {
      if (!isWanted(options.only, scenario.name, contestant.name)) continue;
      const running = await contestant.start();
      try {
        await load.gather(
          { ...contestant.target, ports: [running.port], pids: [running.pid] },
          scenario.crowd,
        );
        const pressure: Pressure = {
          publishersPerRoom: scenario.publishersPerRoom,
          outstanding: scenario.outstanding,
          until: 'acked',
          bodyBytes: BODY_BYTES,
          warmUpSeconds: 1,
          seconds: options.seconds,
        };
        const full = await load.press(pressure);
        const rate = Math.max(1, (full.acks / full.seconds) * PACED_AT);
        const paced = await load.press({ ...pressure, rate });
        rows.push({ scenario: scenario.name, contestant, full, paced });
        process.stderr.write(`  ${scenario.name} · ${contestant.name}: done\n`);
        await load.leave();
      } finally {
        await running.stop();
      }
    }
  }
} finally {
  load.stop();
  await targets.stop();
}

const perSecond = (m: Measured | undefined): number | undefined =>
  m === undefined ? undefined : m.acks / m.seconds;

for (const { name } of SCENARIOS) {
  const here = rows.filter((row) => row.scenario === name);
  if (here.length === 0) continue;
  console.log(
    `${name}\n${table(
      [
        '',
        'acks/s',
        'to one insert',
        'acks/CPU s',
        'to one insert',
        'ack p50 ms',
        'p99',
        'paced p50',
        'p99',
        'load busy',
      ],
      here.map(({ contestant, full, paced }) => {
        const base = here.find(
          (row) => row.contestant.database === contestant.database && row.contestant.target.kind === 'bare',
        );
        return [
          contestant.name,
          thousands(perSecond(full) ?? 0),
          ratio(perSecond(full), perSecond(base?.full)),
          thousands(perCpuSecond(full, 'acks') ?? Number.NaN),
          ratio(perCpuSecond(full, 'acks'), base === undefined ? undefined : perCpuSecond(base.full, 'acks')),
          ...latency(full.ack),
          ...latency(paced.ack),
          `${Math.round(full.loadBusy * 100)} %`,
        ];
      }),
    )}`,
  );
  for (const { contestant, full, paced } of here) {
    if (contestant.target.kind !== 'parley' || contestant.database !== 'postgres') continue;
    const base = here.find(
      (row) => row.contestant.database === 'postgres' && row.contestant.target.kind === 'bare',
    );
    const [rate, least] = [perSecond(full) ?? 0, (perSecond(base?.full) ?? Number.NaN) * 10];
    const isHot = name === SCENARIOS[1]?.name;
    keepRow({
      what: `durable sends, ${name}: ${contestant.name}`,
      target: isHot ? '≥ 10 k a second' : '≥ 10 x one insert a transaction',
      measured: `${thousands(rate)}/s${isHot ? '' : `, ${ratio(rate, perSecond(base?.full))}`}`,
      met: isHot ? rate >= 10_000 : Number.isNaN(least) ? undefined : rate >= least,
      beside: `one insert a transaction ${thousands(perSecond(base?.full) ?? Number.NaN)}/s`,
    });
    if (!isHot)
      keepRow({
        what: `ack p99 at half of saturation: ${contestant.name}`,
        target: '≤ 25 ms',
        measured: `${(paced.ack?.p99 ?? Number.NaN).toFixed(1)} ms`,
        met: paced.ack === undefined ? undefined : paced.ack.p99 <= 25,
      });
  }
  for (const { contestant, full } of here)
    for (const doubt of doubts(full)) console.log(`  ! ${contestant.name}: ${doubt}`);
  console.log('');
}
