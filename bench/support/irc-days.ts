// Days of a public channel with who answers whom: `<day>.ascii.txt` and `<day>.annotation.txt` of the irc-disentanglement corpus.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Heard } from '../../src/agents/runtime/floor-ear.ts';
import { namesIn } from '../../src/agents/runtime/floor-text.ts';

export interface Day {
  name: string;
  /** By line of the file; undefined for what nobody said. */
  lines: (Heard | undefined)[];
  /** Who answers a line, by its number. */
  answeredBy: Map<number, Set<string>>;
  /** Answers of each to others, in all. */
  answers: Map<string, number>;
}

const SAID = /^\[(\d\d):(\d\d)\] <([^>]+)> ?(.*)$/;
const ACTED = /^\[(\d\d):(\d\d)\] +\* *(\S+) ?(.*)$/;
const CAME = /^=== (\S+) .*has joined/;
const TOKEN = /^[A-Za-z0-9_\-[\]\\^{}|`]+$/;

/** @throws Error when the folder holds no day */
export function readDays(folder: string): Day[] {
  const names = readdirSync(folder)
    .filter((name) => name.endsWith('.ascii.txt'))
    .sort();
  if (names.length === 0)
    throw new Error(`${folder} holds no *.ascii.txt; give the folder of the channel logs.`);
  return names.map((name) => readDay(folder, name));
}

function readDay(folder: string, name: string): Day {
  const raw = readFileSync(join(folder, name), 'latin1').split('\n');
  if (raw.at(-1) === '') raw.pop();
  const matches = raw.map((line) => SAID.exec(line) ?? ACTED.exec(line));
  // Who is in the room: from the beginning, unless one is seen to come.
  const comes = new Map<string, number>();
  for (const [i, line] of raw.entries()) {
    const who = CAME.exec(line)?.[1];
    if (who !== undefined && !comes.has(who)) comes.set(who, i);
  }
  const firstSaid = new Map<string, number>();
  for (const [i, match] of matches.entries()) {
    const who = match?.[3];
    if (who !== undefined && !firstSaid.has(who)) firstSaid.set(who, i);
  }
  const present = new Map<string, string>();
  for (const [who, at] of firstSaid)
    if ((comes.get(who) ?? at + 1) > at && TOKEN.test(who)) present.set(who.toLowerCase(), who);

  const lines: Day['lines'] = [];
  for (const [i, match] of matches.entries()) {
    const came = CAME.exec(raw[i] as string)?.[1];
    if (came !== undefined && TOKEN.test(came)) present.set(came.toLowerCase(), came);
    if (match === null) {
      lines.push(undefined);
      continue;
    }
    const [, hours, minutes, authorId, text] = match as unknown as [string, string, string, string, string];
    if (TOKEN.test(authorId)) present.set(authorId.toLowerCase(), authorId);
    const { ids, first } = namesIn(text, present, authorId);
    lines.push({ authorId, text, at: Number(hours) * 60 + Number(minutes), named: ids, namedFirst: first });
  }

  const answeredBy: Day['answeredBy'] = new Map();
  const answers: Day['answers'] = new Map();
  for (const row of readFileSync(join(folder, name.replace('ascii', 'annotation')), 'utf8').split('\n')) {
    const [a, b] = row
      .split(' ')
      .slice(0, 2)
      .map(Number)
      .sort((x, y) => x - y);
    if (a === undefined || b === undefined || a === b) continue;
    const [asked, answer] = [lines[a], lines[b]];
    if (asked === undefined || answer === undefined || asked.authorId === answer.authorId) continue;
    const those = answeredBy.get(a) ?? new Set<string>();
    answeredBy.set(a, those.add(answer.authorId));
    answers.set(answer.authorId, (answers.get(answer.authorId) ?? 0) + 1);
  }
  return { name: name.replace('.ascii.txt', ''), lines, answeredBy, answers };
}
