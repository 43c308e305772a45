// The words of a search as text: operators put in and taken out, and what was searched before.
import { kept } from '../parts/kept.ts';

const MOST = 6;
export const recent = kept<string[]>('parley.searches');

export function remember(words: string): void {
  recent.write([words, ...(recent.read() ?? []).filter((one) => one !== words)].slice(0, MOST));
}

export const hasWord = (text: string, word: string): boolean => text.split(/\s+/).includes(word);

/** Puts a word at the end, or takes it out where it is. */
export function toggleWord(text: string, word: string): string {
  if (hasWord(text, word))
    return text
      .split(/\s+/)
      .filter((one) => one !== word)
      .join(' ');
  return addWord(text, word);
}

export const addWord = (text: string, word: string): string =>
  `${text.trimEnd()}${text.trim() === '' ? '' : ' '}${word}`;

/** The operator that is being written at the end: `from:@a`. */
export function openOperator(text: string): { name: 'from' | 'in'; value: string } | undefined {
  const match = /(?:^|\s)(from|in):(\S*)$/.exec(text);
  return match === null
    ? undefined
    : { name: match[1] as 'from' | 'in', value: (match[2] ?? '').replace(/^@/, '').toLowerCase() };
}

/** Ends the operator at the end with this value. */
export const closeOperator = (text: string, word: string): string => `${text.replace(/\S*$/, '')}${word} `;
