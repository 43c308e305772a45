// A seeded schedule of faults done to a cluster under load, one at a time, each undone before the next.
// Must never differ for the same seed, but for what the machine's speed does to it.
import { setTimeout as sleep } from 'node:timers/promises';
import { type Cluster, freezePostgres, type Node, signal, thawPostgres } from './cluster.ts';

export interface Fault {
  name: string;
  node: number;
  /** How long it lasts, in ms. */
  lasts: number;
  /** Calm after it, in ms. */
  calm: number;
}

const KINDS: Record<string, (cluster: Cluster, fault: Fault) => Promise<void>> = {
  async 'kill -9 of a node'({ nodes }, { node, lasts }) {
    const one = nodes[node] as Node;
    await one.kill();
    await sleep(lasts);
    await one.start();
  },
  async 'a frozen node'({ nodes }, { node, lasts }) {
    const one = nodes[node] as Node;
    one.freeze();
    await sleep(lasts);
    one.thaw();
  },
  async 'a frozen Redis'({ redis }, { lasts }) {
    signal(redis.pid(), 'SIGSTOP');
    await sleep(lasts);
    signal(redis.pid(), 'SIGCONT');
  },
  async 'a Redis that restarts empty'({ redis }, { lasts }) {
    await redis.crash();
    await sleep(lasts);
    await redis.start();
  },
  async 'a frozen Postgres'({ postgres }, { lasts }) {
    freezePostgres(postgres);
    await sleep(lasts);
    thawPostgres(postgres);
  },
  async 'a Postgres that restarts'({ postgres }, { lasts }) {
    await postgres.crash();
    await sleep(lasts / 2);
    await postgres.start();
  },
};

/** All kinds in another order each round; the same for the same seed. */
export function planChaos(seed: number, rounds: number, nodes: number, longestMs: number): Fault[] {
  const random = seededRandom(seed);
  const between = (low: number, high: number) => Math.round(low + random() * (high - low));
  return Array.from({ length: rounds }, () =>
    Object.keys(KINDS)
      .map((name) => ({ name, at: random() }))
      .sort((a, b) => a.at - b.at)
      .map(({ name }) => ({
        name,
        node: between(0, nodes - 1),
        lasts: between(longestMs / 4, longestMs),
        calm: between(200, 1000),
      })),
  ).flat();
}

/** @param note is told each fault as it begins @param isOver ends the schedule early */
export async function raiseChaos(
  cluster: Cluster,
  faults: Fault[],
  note: (text: string) => void = () => {},
  isOver: () => boolean = () => false,
): Promise<number> {
  let done = 0;
  for (const fault of faults) {
    if (isOver()) break;
    note(`${fault.name} (node ${fault.node}, ${fault.lasts} ms)`);
    await KINDS[fault.name]?.(cluster, fault);
    done++;
    await sleep(fault.calm);
  }
  return done;
}

/** Numbers from 0 to below 1, the same for the same seed. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}
