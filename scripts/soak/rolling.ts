// Deploys: every node in turn is told to stop and is started again, under load. Nobody may notice more than a short absence.
import { setTimeout as sleep } from 'node:timers/promises';
import { startCluster } from '../../tests/cluster/cluster.ts';
import { type Crew, gatherCrew } from '../../tests/cluster/crew.ts';
import { findOffences } from '../../tests/cluster/proof.ts';
import { until } from '../../tests/support/until.ts';
import type { Options } from './options.ts';
import { seconds as inSeconds, longestAbsence, type Outcome, tellAbsences, tellWork } from './report.ts';

const EXIT_LIMIT_MS = 20_000;
const ABSENCE_LIMIT_MS = 5000;
const PAUSE_MS = 2000;
/** What an absence looks like from inside a send; the client's library sends again under the same id. */
const UNSEEN = new Set(['broken off']);
const FRIENDLY = new Set<number | string>([1012, 'transport close']);

export async function soakInRestarts(options: Options): Promise<Outcome> {
  const { nodes, clients, rate, rounds, note } = options;
  const cluster = await startCluster(nodes);
  let crew: Crew | undefined;
  try {
    crew = await gatherCrew(cluster, clients);
    const { book } = crew;
    const everybody = crew.clients;
    const offences: string[] = [];
    let slowestExit = 0;
    crew.write(rate);
    for (let round = 1; round <= rounds; round++) {
      for (const [i, node] of cluster.nodes.entries()) {
        const before = book.length;
        await until('traffic flows', () => book.some((b, at) => at >= before && b.acked !== undefined));
        await sleep(PAUSE_MS);
        const asked = performance.now();
        const { code, signal } = await node.drain();
        const took = performance.now() - asked;
        slowestExit = Math.max(slowestExit, took);
        note(`round ${round}: node ${i} ended with ${code ?? signal} after ${inSeconds(took)}`);
        if (code !== 0) offences.push(`round ${round}: node ${i} ended with ${code ?? signal}`);
        if (took > EXIT_LIMIT_MS) offences.push(`round ${round}: node ${i} took ${inSeconds(took)} to end`);
        await node.start();
      }
    }
    await crew.finish(60_000).catch((error: Error) => offences.push(error.message));
    await until('every client is back', () => everybody.every((c) => c.isJoined())).catch((error: Error) =>
      offences.push(error.message),
    );
    offences.push(...(await findOffences(cluster, crew, 60_000)));
    for (const [reason, times] of crew.refusals)
      if (!UNSEEN.has(reason)) offences.push(`${times} sends were answered with ${reason}`);
    for (const [i, { protocol, closes }] of everybody.entries())
      for (const why of closes)
        if (!FRIENDLY.has(why)) offences.push(`client ${i} (${protocol}) was cut off with ${why}`);
    const longest = longestAbsence([crew]);
    if (longest > ABSENCE_LIMIT_MS) offences.push(`a client was without its room for ${inSeconds(longest)}`);
    const told = [
      `${rounds} rounds over ${nodes} nodes; the slowest exit took ${inSeconds(slowestExit)}`,
      ...tellWork([crew]),
      tellAbsences([crew]),
    ];
    return { told, offences };
  } finally {
    crew?.close();
    await cluster.stop();
  }
}
