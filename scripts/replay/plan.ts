// What is sent, by whom and when: the log's lines, a fixed sample of them turned to the agent. Pure and deterministic.
import { createHash } from 'node:crypto';
import type { Day } from './irc-log.ts';

export interface PlannedLine {
  /** Which client sends it. */
  client: number;
  body: string;
  /** Seconds of the log's time since its first line. */
  second: number;
  addressesAgent: boolean;
}

/** One line in so many asks the agent. */
export const ASK_EVERY = 40;

/** @param clients connections at most; more nicks share them */
export function planDay(day: Day, clients: number, agentHandle: string): PlannedLine[] {
  const clientOf = new Map(day.nicks.map((nick, i) => [nick, i % clients]));
  const first = day.lines[0]?.minute ?? 0;
  const perMinute = Map.groupBy(day.lines, (line) => line.minute);
  return day.lines.map((line) => {
    const hash = createHash('sha256').update(`${day.name}:${line.index}`).digest();
    const addressesAgent = hash.readUInt32BE(0) % ASK_EVERY === 0;
    // The log knows only minutes: what was said in one is spread over it.
    const within = perMinute.get(line.minute) ?? [];
    const second = (line.minute - first) * 60 + (60 * within.indexOf(line)) / within.length;
    return {
      client: clientOf.get(line.nick) as number,
      body: addressesAgent ? `@${agentHandle} ${question(line.text, hash)}` : line.text,
      second,
      addressesAgent,
    };
  });
}

/** A sum for every second one, the line's own words for the others. */
function question(text: string, hash: Buffer): string {
  const [kind = 0, a = 0, b = 0] = hash.subarray(4);
  return kind % 2 === 0 ? `what is ${a + 2} * ${b + 2}?` : text;
}

const DIGITS = 'bcdfg';

/** A display name of its own for every nick; handles that look alike are refused, so that letters number them. */
export function nameOf(nick: string, index: number): string {
  const letters = [...index.toString(DIGITS.length)].map((digit) => DIGITS[Number(digit)]).join('');
  const clean = nick.replace(/[^\p{L}\p{N}_-]/gu, '').slice(0, 18);
  return `${clean === '' ? 'someone' : clean} ${letters}`;
}
