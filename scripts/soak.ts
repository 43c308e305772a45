// Does harm to real servers under load and prints a report: what was done, what it cost, what was violated.
// Exit 0: nothing was. 1: something was, with the seed that replays it. 2: it could not be asked for so.
import { soakEmbedded } from './soak/embedded.ts';
import { soakInFaults } from './soak/faults.ts';
import { soakForLatency } from './soak/latency.ts';
import { HELP, type Mode, type Options, readOptions } from './soak/options.ts';
import { soakWithRedisGone } from './soak/redis-gone.ts';
import { type Outcome, tellOutcome } from './soak/report.ts';
import { soakInRestarts } from './soak/rolling.ts';
import { soakInStorm } from './soak/storm.ts';

const RUNS: Record<Mode, (options: Options, seed: number) => Promise<Outcome>> = {
  faults: soakInFaults,
  embedded: soakEmbedded,
  storm: soakInStorm,
  rolling: soakInRestarts,
  latency: soakForLatency,
  'redis-gone': soakWithRedisGone,
};
const SEEDED = new Set<Mode>(['faults', 'embedded']);

function read(): Options {
  try {
    const options = readOptions(process.argv.slice(2));
    if (options !== undefined) return options;
    process.stdout.write(HELP);
    process.exit(0);
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\nnpm run soak -- --help lists what there is.\n`);
    process.exit(2);
  }
}

// Ends by an exit, so that nothing stays stopped.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(130));

const options = read();
let failed = false;
for (const seed of SEEDED.has(options.mode) ? options.seeds : [0]) {
  const name = SEEDED.has(options.mode) ? `${options.mode}, seed ${seed}` : options.mode;
  const outcome = await RUNS[options.mode](options, seed).catch(
    (error: Error): Outcome => ({
      told: [],
      offences: [`the run itself failed: ${error.stack}`],
    }),
  );
  process.stdout.write(`${tellOutcome(name, outcome)}\n`);
  failed ||= outcome.offences.length > 0;
}
process.exit(failed ? 1 : 0);
