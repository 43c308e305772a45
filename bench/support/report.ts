// Conditions and tables as text. Every figure is printed beside what it is compared with.
import { readFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg } from 'node:os';
import { canPin } from './cpu.ts';
import type { Latency } from './percentiles.ts';
import type { Measured } from './protocol.ts';

const versionOf = (name: string): string =>
  (
    JSON.parse(readFileSync(new URL(`../../node_modules/${name}/package.json`, import.meta.url), 'utf8')) as {
      version: string;
    }
  ).version;

export function conditions(lines: Record<string, string>): string {
  const all = {
    node: process.version,
    machine: `${cpus()[0]?.model.trim() ?? 'unknown'}, ${availableParallelism()} cores, load ${loadavg()
      .map((n) => n.toFixed(1))
      .join(' ')}`,
    pinning: canPin ? 'server on core 0, load generator on core 1, spinning' : 'none: taskset is not here',
    libraries: ['socket.io', 'ws', 'pg', '@electric-sql/pglite']
      .map((name) => `${name} ${versionOf(name)}`)
      .join(', '),
    ...lines,
  };
  const width = Math.max(...Object.keys(all).map((key) => key.length));
  return Object.entries(all)
    .map(([key, value]) => `  ${key.padEnd(width)}  ${value}`)
    .join('\n');
}

export function table(head: string[], rows: string[][]): string {
  const widths = head.map((title, i) => Math.max(title.length, ...rows.map((row) => (row[i] ?? '').length)));
  const line = (cells: string[]) =>
    cells
      .map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
      .join('  ');
  return [line(head), widths.map((w) => '-'.repeat(w)).join('  '), ...rows.map(line)].join('\n');
}

export const thousands = (n: number): string =>
  n >= 100_000 ? `${Math.round(n / 1000)} k` : n >= 10_000 ? `${(n / 1000).toFixed(1)} k` : n.toFixed(0);

export const ms = (n: number | undefined): string =>
  n === undefined ? '-' : n >= 100 ? n.toFixed(0) : n.toFixed(1);

export const latency = (l: Latency | undefined): string[] => [ms(l?.p50), ms(l?.p99)];

export const ratio = (n: number | undefined, to: number | undefined): string =>
  n === undefined || to === undefined || to === 0 ? '-' : `${(n / to).toFixed(n / to < 10 ? 2 : 1)} x`;

/** Deliveries a second of the server's CPU time: the figure that a busy machine changes least. */
export const perCpuSecond = (m: Measured, count: 'deliveries' | 'acks'): number | undefined =>
  m.serverCpu === undefined || m.serverCpu === 0 ? undefined : m[count] / m.serverCpu;

/** What would make a figure worthless. */
export function doubts(m: Measured): string[] {
  return [
    ...(m.lost > 0 ? [`${m.lost} connections lost`] : []),
    ...(m.refused > 0 ? [`${m.refused} sends refused`] : []),
    ...(m.loadBusy > 0.95 ? ['the load generator was the limit'] : []),
  ];
}
