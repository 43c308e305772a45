// The servers that most benchmarks set beside each other: bare socket.io, bare ws, and Parley by both protocols.
import type { Target } from './protocol.ts';
import type { DatabaseKind, Running, Targets } from './targets.ts';

export interface Contestant {
  name: string;
  kind: 'bare' | 'parley';
  start(nodeArgs?: string[]): Promise<Running>;
  target: Pick<Target, 'kind' | 'protocol'>;
}

export const BASE = 'socket.io';
export const LIMIT = 'ws, joined writes';
export const PHOENIX = 'parley, Phoenix clients';
export const SOCKETIO = 'parley, Socket.IO clients';

export function contestantsOf(targets: Targets, database: DatabaseKind): Contestant[] {
  const parley = (protocol: Target['protocol'], name: string): Contestant => ({
    name,
    kind: 'parley',
    start: (nodeArgs = []) => targets.parley(database, { nodeArgs }),
    target: { kind: 'parley', protocol },
  });
  return [
    {
      name: BASE,
      kind: 'bare',
      start: (nodeArgs) => targets.bare(undefined, nodeArgs),
      target: { kind: 'bare', protocol: 'socketio' },
    },
    {
      name: LIMIT,
      kind: 'bare',
      start: (nodeArgs) => targets.bareWs('joined', nodeArgs),
      target: { kind: 'bare', protocol: 'phoenix' },
    },
    parley('phoenix', PHOENIX),
    parley('socketio', SOCKETIO),
  ];
}

/** Runs what is wanted of each; one that fails is left out and said so. */
export async function withEach(
  contestants: Contestant[],
  work: (contestant: Contestant) => Promise<void>,
): Promise<void> {
  for (const contestant of contestants) {
    try {
      await work(contestant);
      process.stderr.write(`  ${contestant.name}: done\n`);
    } catch (error) {
      // What the others gave is still worth printing.
      console.error(`  ${contestant.name}: left out, because ${(error as Error).message}`);
      process.exitCode = 1;
    }
  }
}
