// From records to verdicts: one for each guarantee, with the offences named. Pure.
// Must never sort, repair or skip a record before judging it.

import { judgeReader } from './judge-reader.ts';
import { judgeJoins, judgePages } from './judge-resume.ts';
import { judgeRooms, judgeSends } from './judge-writes.ts';
import type { Evidence } from './records.ts';

export type Guarantee = 'P1' | 'P2' | 'P3' | 'P4' | 'P5' | 'P8' | 'G5' | 'G8';

export interface Offence {
  guarantee: Guarantee;
  kind: string;
  where: string;
  what: string;
}

export interface Verdict {
  guarantee: Guarantee;
  says: string;
  checked: number;
  unit: string;
  offences: number;
  holds: boolean;
}

/** Counts what was checked, by guarantee, and keeps the offences in the order in which they were found. */
export class Findings {
  readonly offences: Offence[] = [];
  readonly checked = new Map<Guarantee, number>();
  count(guarantee: Guarantee, by = 1): void {
    this.checked.set(guarantee, (this.checked.get(guarantee) ?? 0) + by);
  }
  add(guarantee: Guarantee, kind: string, where: string, what: string): void {
    this.offences.push({ guarantee, kind, where, what });
  }
}

const SAYS: [Guarantee, string, string][] = [
  ['P1', 'G1 every acknowledged message is in the history, once', 'messages'],
  ['P2', 'G3 the sequence of a room has no gap', 'entries'],
  ['P3', 'every reader heard the log in order, without gap or repeat', 'deliveries'],
  ['P4', 'G2 a repeated send is one message; another body is refused', 'repeats'],
  ['P5', 'G4 a resume is complete, or says that it is not', 'answers'],
  ['P8', 'a copy kept by events equals a fresh fetch', 'messages'],
  ['G5', 'nothing falls between history and live', 'joins'],
];

export function judge(evidence: Evidence): { verdicts: Verdict[]; offences: Offence[] } {
  const found = new Findings();
  judgeRooms(found, evidence);
  judgeSends(found, evidence);
  const rooms = new Map(evidence.rooms.map((room) => [room.id, room]));
  for (const reader of evidence.readers) {
    const room = rooms.get(reader.room);
    if (room === undefined) continue;
    judgeJoins(found, reader, room);
    judgeReader(found, reader, room, evidence.sends);
  }
  for (const room of evidence.rooms) judgePages(found, room);
  const verdicts = SAYS.map(([guarantee, says, unit]): Verdict => {
    const offences = found.offences.filter((offence) => offence.guarantee === guarantee).length;
    const checked = found.checked.get(guarantee) ?? 0;
    // What was never checked is not proved.
    return { guarantee, says, unit, checked, offences, holds: offences === 0 && checked > 0 };
  });
  return { verdicts, offences: found.offences };
}
