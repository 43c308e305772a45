// Reads channel logs: `[hh:mm] <nick> text`, one message a line, one file a day. Pure but for the files.
// Must never change a character of what was said.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';

export interface Line {
  /** From 0, counting messages only. */
  index: number;
  /** Minutes since the first midnight; grows past 24 h when the log does. */
  minute: number;
  nick: string;
  text: string;
}

export interface Day {
  name: string;
  lines: Line[];
  nicks: string[];
}

const SUFFIX = '.ascii.txt';
const MESSAGE = /^\[(\d\d):(\d\d)\] <([^>]+)> ?(.*)$/;
const MINUTES_A_DAY = 24 * 60;

/** A folder, or part of one, that cannot be replayed; the message says what to do. */
export class NothingToReplay extends Error {
  override readonly name = 'NothingToReplay';
}

/** @param wanted beginnings of file names; empty means all */
export function readDays(folder: string, wanted: string[]): Day[] {
  if (!existsSync(folder) || !statSync(folder).isDirectory())
    throw new NothingToReplay(
      `There is no folder ${folder}. Give the folder that holds the *${SUFFIX} files.`,
    );
  const files = readdirSync(folder)
    .filter((file) => file.endsWith(SUFFIX))
    .filter((file) => wanted.length === 0 || wanted.some((name) => file.startsWith(name)))
    .sort();
  if (files.length === 0)
    throw new NothingToReplay(
      wanted.length === 0
        ? `The folder ${folder} holds no *${SUFFIX} files.`
        : `No *${SUFFIX} file in ${folder} begins with ${wanted.join(' or ')}.`,
    );
  return files.map((file) => parseDay(basename(file, SUFFIX), decode(readFileSync(join(folder, file)))));
}

/** UTF-8 where it is UTF-8, otherwise one character a byte: old channels were no one encoding. */
export function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return Buffer.from(bytes).toString('latin1');
  }
}

/** System lines and lines without a visible character are left out. */
export function parseDay(name: string, content: string): Day {
  const lines: Line[] = [];
  let last = 0;
  for (const raw of content.split(/\r?\n/)) {
    const match = MESSAGE.exec(raw);
    if (match === null) continue;
    const [, hours, minutes, nick, text] = match as unknown as [string, string, string, string, string];
    if (text.trim() === '') continue;
    let minute = Number(hours) * 60 + Number(minutes);
    while (minute < last - MINUTES_A_DAY / 2) minute += MINUTES_A_DAY;
    minute = Math.max(minute, last);
    last = minute;
    lines.push({ index: lines.length, minute, nick, text });
  }
  return { name, lines, nicks: [...new Set(lines.map((line) => line.nick))] };
}
