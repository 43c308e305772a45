// How a run is told: figures of crews as lines of text. Pure; must never leave out a figure because it is bad.
import { latencyOf } from '../../bench/support/percentiles.ts';
import type { Booked, Crew } from '../../tests/cluster/crew.ts';

export interface Outcome {
  /** Lines, without the offences. */
  told: string[];
  offences: string[];
}

const OFFENCES_SHOWN = 20;

export const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;
const inMs = (ms: number): string => (ms < 9.95 ? ms.toFixed(1) : String(Math.round(ms)));

export function tellOutcome(name: string, { told, offences }: Outcome): string {
  return [
    `${name}: ${offences.length === 0 ? 'proved' : `${offences.length} offences`}`,
    ...told.map((line) => `  ${line}`),
    ...offences.slice(0, OFFENCES_SHOWN).map((offence) => `  ! ${offence}`),
    '',
  ].join('\n');
}

export function tellWork(crews: Crew[]): string[] {
  const book = crews.flatMap((crew) => crew.book);
  const again = book.filter((b) => b.tries > 1).length;
  const clients = crews.flatMap((crew) => crew.clients);
  const heard = clients.reduce((sum, c) => sum + c.heard.filter((h) => h.seq !== undefined).length, 0);
  const closes = tally(clients.flatMap((c) => c.closes.map((why) => `${c.protocol} ${why}`)));
  const refusals = new Map<string, number>();
  for (const crew of crews)
    for (const [why, times] of crew.refusals) refusals.set(why, (refusals.get(why) ?? 0) + times);
  const slowest = Math.max(...crews.map((crew) => crew.slowestRefusal()));
  return [
    `${book.length} messages (${again} sent more than once), ${heard} deliveries`,
    `connections that ended: ${list(closes)}`,
    `sends not acknowledged at once: ${list(refusals)}; the slowest refusal came after ${seconds(slowest)}`,
  ];
}

/** How long clients were without their room. */
export function tellAbsences(crews: Crew[]): string {
  const all = crews.flatMap((crew) => crew.absences.map((absence) => absence.ms));
  const spread = latencyOf(all);
  if (spread === undefined) return 'no client was without its room';
  return `${all.length} absences from the room: p50 ${seconds(spread.p50)}, p99 ${seconds(spread.p99)}, longest ${seconds(longestAbsence(crews))}`;
}

export const longestAbsence = (crews: Crew[]): number =>
  crews.reduce(
    (longest, crew) => crew.absences.reduce((most, absence) => Math.max(most, absence.ms), longest),
    0,
  );

export interface Times {
  /** From wanting to say it to its acknowledgement. */
  ack: number[];
  /** From the acknowledgement to each other client that sees it; 0 for one that saw it first. */
  seen: number[];
  /** From wanting to say it to each client that sees it. */
  delivery: number[];
}

/** @param isMeant messages that count */
export function timesOf(crews: Crew[], isMeant: (booked: Booked) => boolean): Times {
  const times: Times = { ack: [], seen: [], delivery: [] };
  for (const { book, clients } of crews) {
    const meant = new Map(book.filter((b) => b.ackedAt !== undefined && isMeant(b)).map((b) => [b.id, b]));
    for (const { wantedAt, ackedAt } of meant.values()) times.ack.push((ackedAt as number) - wantedAt);
    for (const client of clients)
      for (const { payload, at } of client.heard) {
        const booked = meant.get(String(payload.id));
        if (booked === undefined) continue;
        times.seen.push(Math.max(0, at - (booked.ackedAt as number)));
        times.delivery.push(at - booked.wantedAt);
      }
  }
  return times;
}

export function tellTimes(name: string, samples: number[]): string {
  const latency = latencyOf(samples);
  if (latency === undefined) return `${name}: nothing`;
  const most = samples.reduce((a, b) => Math.max(a, b), 0);
  return `${name}: p50 ${inMs(latency.p50)} ms, p99 ${inMs(latency.p99)} ms, longest ${inMs(most)} ms, of ${latency.samples}`;
}

export const p99 = (samples: number[]): number => latencyOf(samples)?.p99 ?? Number.POSITIVE_INFINITY;

function tally(words: string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  return counts;
}

const list = (counts: Map<string, number>): string =>
  [...counts].map(([what, times]) => `${what} ${times}`).join(', ') || 'none';
