// What can be asked of `npm run soak`. Must never guess: an option that is unknown or no number ends the run.
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

export interface Options {
  mode: Mode;
  seeds: number[];
  clients: number;
  /** Messages a second, of all clients together. */
  rate: number;
  seconds: number;
  nodes: number;
  rooms: number;
  kills: number;
  rounds: number;
  /** Tells what is being done, with --verbose. */
  note(text: string): void;
}

export type Mode = 'faults' | 'embedded' | 'storm' | 'rolling' | 'latency' | 'redis-gone';
type Numbers = Omit<Options, 'mode' | 'seeds' | 'note'>;

const COMMON: Numbers = { clients: 60, rate: 150, seconds: 120, nodes: 3, rooms: 1, kills: 20, rounds: 3 };
const DEFAULTS: Record<Mode, Partial<Numbers>> = {
  faults: {},
  embedded: { nodes: 1 },
  storm: { clients: 1500, rate: 10, rooms: 15 },
  rolling: {},
  latency: { clients: 500, rate: 200, rooms: 25, seconds: 60 },
  'redis-gone': { seconds: 60 },
};

export const HELP = `npm run soak -- [mode] [options]

Does harm to real servers under load, prints what was done and what it cost, and ends with 1 when a promise was broken.

Modes (one at a time; the first needs none):
  (none)           three nodes; nodes, Redis and Postgres are killed and frozen by a seeded schedule, a run a seed
  --embedded       one node on its embedded database, killed -9 twenty times, sometimes while it starts
  --storm          1,500 clients on three nodes; the node with two thirds of them is killed
  --rolling        three rounds of restarts, node after node, as a deploy does
  --latency        500 clients, 200 messages a second, nothing broken: how long an answer and a delivery take
  --redis-gone     three nodes; Redis is gone for a minute

Options (defaults differ by mode):
  --seeds 1,2,3    schedules to run, for the first two modes
  --clients N      half of them Socket.IO, half Phoenix channels
  --rate N         messages a second, of all of them together
  --seconds N      how long the load lasts (the first mode, --latency), or Redis is gone
  --nodes N        how many servers, but for --embedded
  --rooms N        the clients are spread over so many rooms (--storm, --latency)
  --kills N        --embedded
  --rounds N       --rolling
  --verbose        tells each fault as it begins

All but --embedded need the programs of Postgres with pgvector, and of Redis.
`;

const MODES = Object.keys(DEFAULTS).filter((mode) => mode !== 'faults') as Exclude<Mode, 'faults'>[];
const NUMBERS = Object.keys(COMMON) as (keyof Numbers)[];

/** @returns undefined when help was asked for @throws Error that says what is wrong with the arguments */
export function readOptions(args: string[]): Options | undefined {
  const flag = { type: 'boolean' } as const;
  const { values } = parseArgs({
    args,
    options: {
      help: { ...flag, short: 'h' },
      verbose: flag,
      seeds: { type: 'string' },
      ...Object.fromEntries(MODES.map((mode) => [mode, flag])),
      ...Object.fromEntries(NUMBERS.map((name) => [name, { type: 'string' } as const])),
    },
  }) as { values: Record<string, string | boolean | undefined> };
  if (values.help === true) return undefined;
  const asked = MODES.filter((mode) => values[mode] === true);
  if (asked.length > 1) throw new Error(`one mode at a time, not ${asked.join(' and ')}`);
  const mode = asked[0] ?? 'faults';
  const whole = (name: string, text: string): number => {
    if (!/^[1-9]\d{0,6}$/.test(text)) throw new Error(`--${name} takes a whole number above 0, not ${text}`);
    return Number(text);
  };
  const numbers = { ...COMMON, ...DEFAULTS[mode] };
  for (const name of NUMBERS)
    if (values[name] !== undefined) numbers[name] = whole(name, String(values[name]));
  const seeds = String(values.seeds ?? (mode === 'faults' ? '1,2,3,4,5,6' : '1'));
  return {
    ...numbers,
    mode,
    seeds: seeds.split(',').map((seed) => whole('seeds', seed)),
    note: (text) => {
      if (values.verbose === true) process.stderr.write(`  ${text}\n`);
    },
  };
}

/** @throws Error when this process may not open as many files as clients and their servers' ends need */
export function requireFiles(clients: number): void {
  let limits: string;
  try {
    limits = readFileSync('/proc/self/limits', 'utf8');
  } catch {
    return;
  }
  const allowed = Number(/^Max open files\s+(\d+)/m.exec(limits)?.[1] ?? Number.POSITIVE_INFINITY);
  const needed = clients + 200;
  if (allowed < needed)
    throw new Error(`needs ${needed} open files, and may have ${allowed}: raise it with ulimit -n ${needed}`);
}
