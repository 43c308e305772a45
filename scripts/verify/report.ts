// The verdicts as a table for people and as JSON for programs. Pure.
// Must never say more than was checked.
import { judge, type Offence, type Verdict } from './judge.ts';
import type { Ran, RunOptions } from './run.ts';

export interface Report {
  url: string;
  seed: number;
  seconds: number;
  clients: number;
  rooms: number;
  messages: number;
  breaks: number;
  faults: Ran['faults'];
  verdicts: Verdict[];
  /** Informational: of clients whose network was left alone. */
  latency: { guarantee: 'G8'; ack: Latency; ackToSeen: Latency; targetP99Ms: number };
  offences: Offence[];
  holds: boolean;
}

interface Latency {
  samples: number;
  p50: number | undefined;
  p99: number | undefined;
}

const TARGET_P99_MS = 50;
const SHOWN = 20;

export function reportOf({ evidence, faults }: Ran, options: RunOptions): Report {
  const { verdicts, offences } = judge(evidence);
  return {
    url: options.url,
    seed: options.seed,
    seconds: options.seconds,
    clients: evidence.readers.length,
    rooms: evidence.rooms.length,
    messages: evidence.sends.length,
    breaks: evidence.readers.reduce((sum, reader) => sum + reader.breaks, 0),
    faults,
    verdicts,
    latency: {
      guarantee: 'G8',
      ack: latencyOf(evidence.acks),
      ackToSeen: latencyOf(evidence.seen),
      targetP99Ms: TARGET_P99_MS,
    },
    offences,
    holds: verdicts.every((verdict) => verdict.holds),
  };
}

function latencyOf(samples: number[]): Latency {
  const sorted = Float64Array.from(samples).sort();
  const at = (share: number) =>
    sorted.length === 0
      ? undefined
      : Math.round((sorted[Math.floor((sorted.length - 1) * share)] as number) * 10) / 10;
  return { samples: samples.length, p50: at(0.5), p99: at(0.99) };
}

export function textOf(report: Report): string {
  const { faults, latency } = report;
  const lines = [
    `${report.url}: ${report.messages} messages, ${report.clients} clients, ${report.rooms} rooms, ${report.seconds} s, seed ${report.seed}`,
    `faults: ${faults.cut} cuts, ${faults.stall} stalls, ${faults.delay} delays; ${report.breaks} connections broke`,
    '',
  ];
  for (const { guarantee, says, checked, unit, offences, holds } of report.verdicts) {
    const verdict = holds ? 'holds' : offences === 0 ? 'UNCHECKED' : 'VIOLATED';
    lines.push(`${guarantee}  ${verdict.padEnd(9)}  ${says} (${checked} ${unit}, ${offences} offences)`);
  }
  for (const [what, { samples, p50, p99 }] of [
    ['acknowledged', latency.ack],
    ['acknowledged to seen, the sender included', latency.ackToSeen],
  ] as const)
    lines.push(
      `G8  ${samples === 0 ? 'no sample' : (p99 as number) <= latency.targetP99Ms ? 'in target' : 'slower   '}  ${what}: p50 ${p50} ms, p99 ${p99} ms (target p99 ${latency.targetP99Ms} ms, ${samples} samples; informational)`,
    );
  if (report.offences.length > 0) lines.push('');
  for (const { guarantee, kind, where, what } of report.offences.slice(0, SHOWN))
    lines.push(`  ${guarantee} ${kind} | ${where} | ${what}`);
  if (report.offences.length > SHOWN) lines.push(`  and ${report.offences.length - SHOWN} more`);
  lines.push('', report.holds ? 'VERIFIED: every guarantee holds.' : 'VIOLATED: see above.');
  return lines.join('\n');
}
