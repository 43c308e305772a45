// How long an acknowledgement and a delivery take on a healthy cluster, and what it costs in CPU. The clients share the machine
// with the servers: what they themselves were late by is told as well, and must be read with the figures.
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { startCluster } from '../../tests/cluster/cluster.ts';
import { type Crew, gatherCrew } from '../../tests/cluster/crew.ts';
import { findOffences } from '../../tests/cluster/proof.ts';
import { cpuOf, tellCpu } from './cpu.ts';
import { type Options, requireFiles } from './options.ts';
import { type Outcome, p99, tellTimes, tellWork, timesOf } from './report.ts';

const LIMIT_MS = 50;
const WARM_UP_MS = 5000;

export async function soakForLatency(options: Options): Promise<Outcome> {
  const { nodes, clients, rate, rooms, seconds, note } = options;
  requireFiles(clients);
  const cluster = await startCluster(nodes);
  const crews: Crew[] = [];
  try {
    for (let room = 0, gathered = 0; room < rooms; room++) {
      const from = gathered;
      gathered = Math.floor((clients * (room + 1)) / rooms);
      crews.push(await gatherCrew(cluster, gathered - from, undefined, { name: `Room ${room} sailor` }));
    }
    note(`${clients} clients are there`);
    for (const crew of crews) {
      crew.write(rate / rooms);
      // Rooms must not all speak in the same moment.
      await sleep(1000 / rate);
    }
    await sleep(WARM_UP_MS);
    const from = performance.now();
    const lag = monitorEventLoopDelay({ resolution: 5 });
    lag.enable();
    const before = cpuOf(cluster);
    await sleep(seconds * 1000);
    const after = cpuOf(cluster);
    lag.disable();
    const to = performance.now();
    const offences: string[] = [];
    await Promise.all(crews.map((crew) => crew.finish(30_000))).catch((error: Error) =>
      offences.push(error.message),
    );
    for (const crew of crews) offences.push(...(await findOffences(cluster, crew, 30_000)));
    const times = timesOf(crews, ({ wantedAt }) => wantedAt >= from && wantedAt < to);
    for (const [name, samples] of [
      ['send to acknowledgement', times.ack],
      ['acknowledgement to seen', times.seen],
    ] as const)
      if (p99(samples) > LIMIT_MS)
        offences.push(`${name}: p99 is ${Math.round(p99(samples))} ms, above ${LIMIT_MS} ms`);
    const told = [
      `${clients} clients in ${rooms} rooms on ${nodes} nodes, ${rate} messages a second for ${seconds} s`,
      tellTimes('send to acknowledgement', times.ack),
      tellTimes('acknowledgement to seen', times.seen),
      tellTimes('send to seen', times.delivery),
      tellCpu(before, after),
      `the clients' own event loop was late: p50 ${(lag.percentile(50) / 1e6).toFixed(1)} ms, p99 ${(lag.percentile(99) / 1e6).toFixed(1)} ms`,
      ...tellWork(crews),
    ];
    return { told, offences };
  } finally {
    for (const crew of crews) crew.close();
    await cluster.stop();
  }
}
