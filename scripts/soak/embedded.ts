// One node on its embedded database, killed -9 again and again under load, now and then while it is still opening it.
import { setTimeout as sleep } from 'node:timers/promises';
import { seededRandom } from '../../tests/cluster/chaos.ts';
import { startEmbedded } from '../../tests/cluster/cluster.ts';
import { type Crew, gatherCrew } from '../../tests/cluster/crew.ts';
import { findOffences } from '../../tests/cluster/proof.ts';
import { until } from '../../tests/support/until.ts';
import type { Options } from './options.ts';
import { seconds as inSeconds, type Outcome, tellAbsences, tellWork } from './report.ts';

const SHORTEST_LIFE_MS = 500;
const LONGEST_LIFE_MS = 6000;
/** Every so many-th kill is followed by one in the middle of the next start. */
const EARLY_EVERY = 4;
const LATEST_EARLY_MS = 2500;

export async function soakEmbedded(options: Options, seed: number): Promise<Outcome> {
  const { clients, rate, kills, note } = options;
  const fleet = await startEmbedded();
  const [node] = fleet.nodes as [(typeof fleet.nodes)[0]];
  const random = seededRandom(seed);
  const between = (low: number, high: number) => Math.round(low + random() * (high - low));
  let crew: Crew | undefined;
  try {
    crew = await gatherCrew(fleet, clients);
    const { book } = crew;
    const ackedSoFar = () => book.reduce((sum, b) => sum + (b.acked === undefined ? 0 : 1), 0);
    crew.write(rate);
    let slowestOpening = 0;
    let early = 0;
    for (let kill = 1; kill <= kills; kill++) {
      const before = ackedSoFar();
      await until('traffic flows', () => ackedSoFar() > before, 60_000);
      const life = between(SHORTEST_LIFE_MS, LONGEST_LIFE_MS);
      await sleep(life);
      await node.kill();
      note(`kill ${kill} after ${life} ms, ${ackedSoFar() - before} messages acknowledged meanwhile`);
      if (kill % EARLY_EVERY === 0) {
        const after = between(100, LATEST_EARLY_MS);
        note(`and again ${after} ms into the start`);
        await node.startAndKill(after);
        early++;
      }
      const opening = performance.now();
      // Throws, with what the server said, when the database does not open.
      await node.start();
      slowestOpening = Math.max(slowestOpening, performance.now() - opening);
    }
    const offences: string[] = [];
    await crew.finish(120_000).catch((error: Error) => offences.push(error.message));
    offences.push(...(await findOffences(fleet, crew, 60_000)));
    const told = [
      `${kills} kills under load and ${early} while it started; it opened each time, the slowest start took ${inSeconds(slowestOpening)}`,
      ...tellWork([crew]),
      tellAbsences([crew]),
    ];
    return { told, offences };
  } finally {
    crew?.close();
    await fleet.stop();
  }
}
