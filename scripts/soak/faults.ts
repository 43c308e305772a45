// Three nodes in kills and freezes of nodes, Redis and Postgres by a seeded schedule, under load all the time.
import { planChaos, raiseChaos } from '../../tests/cluster/chaos.ts';
import { startCluster } from '../../tests/cluster/cluster.ts';
import { type Crew, gatherCrew } from '../../tests/cluster/crew.ts';
import { findOffences } from '../../tests/cluster/proof.ts';
import type { Options } from './options.ts';
import { type Outcome, tellAbsences, tellWork } from './report.ts';

const LONGEST_FAULT_MS = 8000;
/** One client of so many moves to another node as a fault begins. */
const MOVERS = 3;
/** More than any run has time for. */
const ROUNDS = 50;

export async function soakInFaults(options: Options, seed: number): Promise<Outcome> {
  const { nodes, clients, rate, seconds, note } = options;
  const cluster = await startCluster(nodes);
  let crew: Crew | undefined;
  try {
    crew = await gatherCrew(cluster, clients);
    const end = performance.now() + seconds * 1000;
    crew.write(rate);
    const everybody = crew.clients;
    let round = 0;
    const begin = (fault: string) => {
      note(fault);
      // Otherwise a node that was killed once would stay empty, and what is done to it later would hurt nobody.
      for (const [i, client] of everybody.entries()) if (i % MOVERS === round % MOVERS) client.reconnect();
      round++;
    };
    const faults = planChaos(seed, ROUNDS, nodes, LONGEST_FAULT_MS);
    const done = await raiseChaos(cluster, faults, begin, () => performance.now() > end);
    const offences: string[] = [];
    await crew.finish(120_000).catch((error: Error) => offences.push(error.message));
    offences.push(...(await findOffences(cluster, crew, 60_000)));
    return { told: [`${done} faults`, ...tellWork([crew]), tellAbsences([crew])], offences };
  } finally {
    crew?.close();
    await cluster.stop();
  }
}
