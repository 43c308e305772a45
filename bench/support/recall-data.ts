// Reads dialogues with questions, as `bench/recall.ts` measures by. Must never invent what a file does not say.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Dialogue {
  id: string;
  turns: { id: string; date: string; speaker: string; text: string }[];
  facts: { text: string; speaker: string; sources: string[] }[];
  questions: { id: string; question: string; kind: string; evidence: string[] }[];
}

/** @throws Error when the folder has none */
export function readDialogues(folder: string | undefined): Dialogue[] {
  if (folder === undefined)
    throw new Error('Name the folder of the dialogues: npm run bench:recall -- <folder>');
  if (!existsSync(folder)) throw new Error(`There is no folder ${folder}.`);
  const files = readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .sort();
  if (files.length === 0) throw new Error(`There are no dialogues (*.json) in ${folder}.`);
  return files.map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as Dialogue);
}

const MONTHS = 'january february march april may june july august september october november december'.split(
  ' ',
);

/** `1:56 pm on 8 May, 2023` as ms since 1970. */
export function readMoment(text: string): number {
  const match = /^(\d+):(\d+) (am|pm) on (\d+) (\w+), (\d+)$/.exec(text);
  if (match === null) throw new Error(`"${text}" is not a moment like "1:56 pm on 8 May, 2023".`);
  const [, hour, minute, half, day, month, year] = match;
  const at = (Number(hour) % 12) + (half === 'pm' ? 12 : 0);
  return Date.UTC(
    Number(year),
    MONTHS.indexOf((month as string).toLowerCase()),
    Number(day),
    at,
    Number(minute),
  );
}
