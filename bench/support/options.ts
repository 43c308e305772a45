// Options of the benchmarks' command lines.
import { parseArgs } from 'node:util';

export interface BenchOptions {
  seconds: number;
  database: 'pglite' | 'postgres' | undefined;
  /** Only scenarios and servers whose names contain one of these words. */
  only: string[];
  /** Folder for CPU profiles of Parley. */
  profile: string | undefined;
  /** Idle connections, a multiple of 10. */
  connections: number;
  /** Messages in the big room. */
  messages: number;
}

export function readOptions(defaults: { seconds: number; messages?: number }): BenchOptions {
  const { values } = parseArgs({
    options: {
      seconds: { type: 'string' },
      database: { type: 'string' },
      only: { type: 'string', multiple: true },
      profile: { type: 'string' },
      connections: { type: 'string' },
      messages: { type: 'string' },
    },
  });
  const seconds = Number(values.seconds ?? defaults.seconds);
  if (!(seconds > 0)) throw new Error('--seconds: give a number above 0');
  const { database } = values;
  if (database !== undefined && database !== 'pglite' && database !== 'postgres')
    throw new Error('--database: pglite or postgres');
  const connections = Math.round(Number(values.connections ?? 10_000) / 10) * 10;
  const messages = Number(values.messages ?? defaults.messages ?? 2_000_000);
  if (!(connections > 0) || !(messages > 0))
    throw new Error('--connections, --messages: give numbers above 0');
  return { seconds, database, only: values.only ?? [], profile: values.profile, connections, messages };
}

export const isWanted = (only: string[], ...names: string[]): boolean =>
  only.every((word) => names.some((name) => name.toLowerCase().includes(word.toLowerCase())));
