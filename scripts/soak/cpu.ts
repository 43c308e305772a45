// What a stretch of time cost in CPU, by who used it. Where the system does not tell, a figure is 0.
import { cpus } from 'node:os';
import { cpuSeconds } from '../../bench/support/cpu.ts';
import { type Cluster, childrenOf } from '../../tests/cluster/cluster.ts';

export interface Cpu {
  /** performance.now() of the reading; the rest are seconds so far. */
  at: number;
  nodes: number;
  postgres: number;
  redis: number;
  clients: number;
  /** Everything that runs, strangers to this run included. */
  machine: number;
}

/** Of the nodes that run. */
export function cpuOf({ nodes, postgres, redis }: Cluster): Cpu {
  const sum = (pids: number[]) => pids.reduce((total, pid) => total + (cpuSeconds(pid) ?? 0), 0);
  const { user, system } = process.cpuUsage();
  return {
    at: performance.now(),
    nodes: sum(nodes.map((node) => node.process.pid)),
    postgres: sum([postgres.pid(), ...childrenOf(postgres.pid())]),
    redis: sum([redis.pid()]),
    clients: (user + system) / 1e6,
    machine:
      cpus().reduce((all, { times }) => all + times.user + times.nice + times.sys + times.irq, 0) / 1000,
  };
}

export function tellCpu(before: Cpu, after: Cpu): string {
  const busy = (part: keyof Cpu) =>
    `${Math.round(((after[part] - before[part]) / ((after.at - before.at) / 1000)) * 100)} %`;
  return `CPU of one core: nodes ${busy('nodes')} together, Postgres ${busy('postgres')}, Redis ${busy('redis')}, the clients' process ${busy('clients')}; all that ran on this machine ${busy('machine')} of ${cpus().length * 100} %`;
}
