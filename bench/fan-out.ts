// How many deliveries a second of server CPU time buys, beside bare socket.io under the same load.
// Run by `npm run bench:fan-out`; README.md says how to read it.
import { startLoad } from './support/load.ts';
import { isWanted, readOptions } from './support/options.ts';
import type { Crowd, Measured, Pressure, Target } from './support/protocol.ts';
import { conditions, doubts, latency, perCpuSecond, ratio, table, thousands } from './support/report.ts';
import { keepRow } from './support/rows.ts';
import { openTargets, type Running } from './support/targets.ts';

const BODY_BYTES = 200;
const options = readOptions({ seconds: 4 });

interface Scenario {
  name: string;
  crowd: Crowd;
  publishersPerRoom: number;
  outstanding: number;
  rate?: number;
}

const ONE_ROOM: Crowd = { rooms: 1, membersPerRoom: 1000 };
const SCENARIOS: Scenario[] = [
  { name: 'A', crowd: ONE_ROOM, publishersPerRoom: 1, outstanding: 10 },
  { name: 'A10', crowd: ONE_ROOM, publishersPerRoom: 10, outstanding: 10 },
  { name: 'A, 25 a second', crowd: ONE_ROOM, publishersPerRoom: 1, outstanding: 1, rate: 25 },
  { name: 'B', crowd: { rooms: 200, membersPerRoom: 10 }, publishersPerRoom: 1, outstanding: 4 },
];
const GOALS: Record<string, number | { ofWs: number }> = {
  A: 1_400_000,
  A10: 4_000_000,
  'A, 25 a second': { ofWs: 0.85 },
  B: 140_000,
};
const BASE = 'socket.io';
const BASE_WS = 'ws, shared frame';
const LIMIT = 'ws, joined writes';

const targets = await openTargets({ postgres: options.database !== 'pglite', profile: options.profile });
const database = targets.postgres === undefined ? 'pglite' : 'postgres';
const SERVERS: { name: string; start: () => Promise<Running>; target: Pick<Target, 'kind' | 'protocol'> }[] =
  [
    { name: BASE, start: () => targets.bare(), target: { kind: 'bare', protocol: 'socketio' } },
    {
      name: BASE_WS,
      start: () => targets.bareWs('each'),
      target: { kind: 'bare', protocol: 'phoenix' },
    },
    {
      name: LIMIT,
      start: () => targets.bareWs('joined'),
      target: { kind: 'bare', protocol: 'phoenix' },
    },
    {
      name: 'parley, Phoenix clients',
      start: () => targets.parley(database),
      target: { kind: 'parley', protocol: 'phoenix' },
    },
    {
      name: 'parley, Socket.IO clients',
      start: () => targets.parley(database),
      target: { kind: 'parley', protocol: 'socketio' },
    },
  ];

console.log(
  `\nFan-out\n${conditions({
    'message body': `${BODY_BYTES} bytes; the frame is longer, and Parley's carries author, seq and time`,
    database: database === 'postgres' ? 'Postgres on core 1, fsync on' : 'PGlite, in the server process',
    A: '1 room, 1,000 members, 1 publisher with 10 outstanding; A10: 10 publishers with 10 each',
    B: '200 rooms of 10, 1 publisher a room with 4 outstanding',
    'closed loop': 'a message is outstanding until every member of its room has it',
    measured: `${options.seconds} s after 1 s of warm-up`,
  })}\n`,
);

const load = startLoad();
const results: { scenario: string; server: string; measured: Measured; joinsPerCpu: number | undefined }[] =
  [];
try {
  for (const { name: server, start, target } of SERVERS) {
    const scenarios = SCENARIOS.filter((s) => isWanted(options.only, s.name, server));
    // One start for the scenarios that share a crowd.
    for (const [crowd, group] of Map.groupBy(scenarios, (s) => s.crowd)) {
      const running = await start();
      try {
        const gathered = await load.gather({ ...target, ports: [running.port], pids: [running.pid] }, crowd);
        const members = crowd.rooms * crowd.membersPerRoom;
        const joinsPerCpu = gathered.serverCpu === undefined ? undefined : members / gathered.serverCpu;
        for (const scenario of group) {
          const pressure: Pressure = {
            publishersPerRoom: scenario.publishersPerRoom,
            outstanding: scenario.outstanding,
            until: 'delivered',
            rate: scenario.rate,
            bodyBytes: BODY_BYTES,
            warmUpSeconds: 1,
            seconds: options.seconds,
          };
          const measured = await load.press(pressure);
          results.push({ scenario: scenario.name, server, measured, joinsPerCpu });
          process.stderr.write(`  ${scenario.name} · ${server}: done\n`);
        }
        await load.leave();
      } catch (error) {
        // What the others gave is still worth printing.
        console.error(`  ${server}: left out, because ${(error as Error).message}`);
        await load.leave();
        process.exitCode = 1;
      } finally {
        await running.stop();
      }
    }
  }
} finally {
  load.stop();
  await targets.stop();
}

for (const { name } of SCENARIOS) {
  const rows = results.filter((r) => r.scenario === name);
  if (rows.length === 0) continue;
  const basisOf = (server: string) => {
    const base = rows.find((r) => r.server === server)?.measured;
    return base === undefined ? undefined : perCpuSecond(base, 'deliveries');
  };
  console.log(
    `${name}\n${table(
      [
        '',
        'deliveries/CPU s',
        'to socket.io',
        'to ws',
        'to joined',
        'messages/s',
        'p50 ms',
        'p99 ms',
        'ack p50',
        'ack p99',
        'frame',
        'load busy',
      ],
      rows.map(({ server, measured: m }) => [
        server,
        thousands(perCpuSecond(m, 'deliveries') ?? Number.NaN),
        ...[BASE, BASE_WS, LIMIT].map((peer) => ratio(perCpuSecond(m, 'deliveries'), basisOf(peer))),
        thousands(m.acks / m.seconds),
        ...latency(m.delivery),
        ...latency(m.ack),
        `${m.frameBytes} B`,
        `${Math.round(m.loadBusy * 100)} %`,
      ]),
    )}`,
  );
  for (const { server, measured } of rows) {
    const goal = GOALS[name];
    const perCpu = perCpuSecond(measured, 'deliveries');
    if (goal === undefined || !server.startsWith('parley')) continue;
    const least = typeof goal === 'number' ? goal : goal.ofWs * (basisOf(BASE_WS) ?? Number.NaN);
    keepRow({
      what: `${name}, deliveries a CPU second: ${server}`,
      target: typeof goal === 'number' ? `≥ ${thousands(goal)}` : `≥ ${goal.ofWs} of ws`,
      measured: thousands(perCpu ?? Number.NaN),
      met: perCpu === undefined || Number.isNaN(least) ? undefined : perCpu >= least,
      beside: [BASE, BASE_WS, LIMIT]
        .map((peer) => `${peer} ${thousands(basisOf(peer) ?? Number.NaN)}`)
        .join(', '),
    });
  }
  for (const { server, measured } of rows)
    for (const doubt of doubts(measured)) console.log(`  ! ${server}: ${doubt}`);
  console.log('');
}
console.log(
  `Connecting, signing in and joining, joins a second of server CPU\n${table(
    ['', 'A', 'B'],
    SERVERS.map(({ name }) => [
      name,
      ...['A', 'B'].map((s) => {
        const found = results.find((r) => r.server === name && r.scenario === s);
        return found?.joinsPerCpu === undefined ? '-' : thousands(found.joinsPerCpu);
      }),
    ]),
  )}\n`,
);
