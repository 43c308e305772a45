// Soaks three nodes in kills and freezes under load, a run a seed, and prints a report: what was done, what it cost,
// what was violated. Exit 0: nothing was. 1: something was, with the seed that replays it.
import { parseArgs } from 'node:util';
import { planChaos, raiseChaos } from '../tests/cluster/chaos.ts';
import { startCluster } from '../tests/cluster/cluster.ts';
import { type Crew, gatherCrew } from '../tests/cluster/crew.ts';
import { findOffences } from '../tests/cluster/proof.ts';

const NODES = 3;
const LONGEST_FAULT_MS = 8000;
const OFFENCES_SHOWN = 20;
const ROUNDS = 50;

const { values } = parseArgs({
  options: {
    clients: { type: 'string', default: '60' },
    rate: { type: 'string', default: '150' },
    seconds: { type: 'string', default: '120' },
    seeds: { type: 'string', default: '1,2,3,4,5,6' },
    verbose: { type: 'boolean', default: false },
  },
});

async function soak(seed: number): Promise<string[]> {
  const cluster = await startCluster(NODES);
  let crew: Crew | undefined;
  try {
    crew = await gatherCrew(cluster, Number(values.clients));
    const end = performance.now() + Number(values.seconds) * 1000;
    crew.write(Number(values.rate));
    const note = (text: string) => {
      if (values.verbose) process.stderr.write(`  ${text}\n`);
    };
    const faults = planChaos(seed, ROUNDS, NODES, LONGEST_FAULT_MS);
    const done = await raiseChaos(cluster, faults, note, () => performance.now() > end);
    const offences: string[] = [];
    await crew.finish(120_000).catch((error: Error) => offences.push(error.message));
    offences.push(...(await findOffences(cluster, crew, 60_000)));
    report(seed, crew, done, offences);
    return offences;
  } finally {
    crew?.close();
    await cluster.stop();
  }
}

function report(
  seed: number,
  { book, clients, refusals, slowestRefusal }: Crew,
  faults: number,
  offences: string[],
) {
  const heard = clients.reduce((sum, c) => sum + c.heard.filter((h) => h.seq !== undefined).length, 0);
  const again = book.filter((b) => b.tries > 1).length;
  const breaks = clients.reduce((sum, c) => sum + c.closes.length, 0);
  const reasons = [...refusals].map(([reason, times]) => `${reason} ${times}`).join(', ') || 'none';
  const lines = [
    `seed ${seed}: ${offences.length === 0 ? 'proved' : `${offences.length} offences`}`,
    `  ${faults} faults, ${book.length} messages (${again} sent more than once), ${heard} deliveries, ${breaks} broken connections`,
    `  refusals: ${reasons}; the slowest came after ${(slowestRefusal() / 1000).toFixed(1)} s`,
    ...offences.slice(0, OFFENCES_SHOWN).map((offence) => `  ! ${offence}`),
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}

let failed = false;
for (const seed of values.seeds.split(',').map(Number)) {
  const offences = await soak(seed).catch((error: Error) => {
    process.stdout.write(`seed ${seed}: the run itself failed: ${error.stack}\n`);
    return [error.message];
  });
  failed ||= offences.length > 0;
}
process.exit(failed ? 1 : 0);
