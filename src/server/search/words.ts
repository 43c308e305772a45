// Cuts text into words as search knows them, in any language: folded, with their place, and with their stem where the room's
// language has one. Scripts that put no spaces between words are cut into characters, so that any part of them is found as a
// phrase. Pure.
import { stemmer as arabic } from '@orama/stemmers/arabic';
import { stemmer as danish } from '@orama/stemmers/danish';
import { stemmer as dutch } from '@orama/stemmers/dutch';
import { stemmer as english } from '@orama/stemmers/english';
import { stemmer as finnish } from '@orama/stemmers/finnish';
import { stemmer as french } from '@orama/stemmers/french';
import { stemmer as german } from '@orama/stemmers/german';
import { stemmer as greek } from '@orama/stemmers/greek';
import { stemmer as hungarian } from '@orama/stemmers/hungarian';
import { stemmer as italian } from '@orama/stemmers/italian';
import { stemmer as norwegian } from '@orama/stemmers/norwegian';
import { stemmer as portuguese } from '@orama/stemmers/portuguese';
import { stemmer as romanian } from '@orama/stemmers/romanian';
import { stemmer as russian } from '@orama/stemmers/russian';
import { stemmer as spanish } from '@orama/stemmers/spanish';
import { stemmer as swedish } from '@orama/stemmers/swedish';
import { stemmer as turkish } from '@orama/stemmers/turkish';
import type { SearchLanguage } from '../settings/contract.ts';

const STEMMERS: Record<Exclude<SearchLanguage, 'none'>, (word: string) => string> = {
  arabic,
  danish,
  dutch,
  english,
  finnish,
  french,
  german,
  greek,
  hungarian,
  italian,
  norwegian,
  portuguese,
  romanian,
  russian,
  spanish,
  swedish,
  turkish,
};

export interface Word {
  /** As it is compared: lower case, compatibility forms and accents folded. */
  folded: string;
  /** Lower case, accents kept: what a stemmer understands. */
  lower: string;
  offset: number;
  length: number;
}

/** Scripts without spaces, and signs that stand alone. */
const ALONE =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}\p{Extended_Pictographic}]/u;
const RUN = /[\p{L}\p{N}\p{M}]+|\p{Extended_Pictographic}/gu;
/** Longest word that is kept whole: what is longer is an encoded something, found by its beginning. */
const MOST_CHARS = 64;
/** Last place that a tsvector knows. */
const LAST_PLACE = 16_383;

const fold = (lower: string): string =>
  lower
    .normalize('NFKD')
    .replace(/[\u0300-\u036f]/g, '')
    .replaceAll('ß', 'ss')
    .normalize('NFC');

/** Every word of the text, in order. */
export function wordsOf(text: string): Word[] {
  const words: Word[] = [];
  const add = (part: string, offset: number) => {
    const lower = part.toLowerCase().normalize('NFC');
    const folded = fold(lower).slice(0, MOST_CHARS).toWellFormed();
    if (folded !== '') words.push({ folded, lower: lower.slice(0, MOST_CHARS), offset, length: part.length });
  };
  for (const run of text.matchAll(RUN)) {
    if (!ALONE.test(run[0])) {
      add(run[0], run.index);
      continue;
    }
    let rest = '';
    let restAt = run.index;
    let at = run.index;
    for (const char of run[0]) {
      const mark = /\p{M}/u.test(char);
      if (ALONE.test(char) && !mark) {
        if (rest !== '') add(rest, restAt);
        rest = '';
        add(char, at);
        restAt = at + char.length;
      } else if (mark && rest === '' && words.length > 0) {
        // A vowel sign belongs to the character before it, which is enough to find it by.
        restAt = at + char.length;
      } else {
        if (rest === '') restAt = at;
        rest += char;
      }
      at += char.length;
    }
    if (rest !== '') add(rest, restAt);
  }
  return words;
}

/** What stands for all forms of a word in a language; undefined where there are no forms. */
export function stemOf(word: Pick<Word, 'lower' | 'folded'>, language: SearchLanguage): string | undefined {
  if (language === 'none' || !/^\p{L}+$/u.test(word.lower) || ALONE.test(word.lower)) return undefined;
  return `~${language}:${fold(STEMMERS[language](word.lower))}`;
}

const quoted = (lexeme: string): string => `'${lexeme.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`;

/** The text as a tsvector: each word as it stands, and its stem at the same place. */
export function vectorOf(text: string, language: SearchLanguage): string {
  const lexemes: string[] = [];
  for (const [i, word] of wordsOf(text).entries()) {
    const place = Math.min(i + 1, LAST_PLACE);
    lexemes.push(`${quoted(word.folded)}:${place}`);
    const stem = stemOf(word, language);
    if (stem !== undefined) lexemes.push(`${quoted(stem)}:${place}`);
  }
  return lexemes.join(' ');
}

/** One thing to look for: words that stand next to each other. */
export interface Term {
  words: Word[];
  /** As it was typed: other forms of the word do not count. */
  exact: boolean;
  /** The last word is the start of one. */
  prefix: boolean;
  negated: boolean;
}

/** The terms as a tsquery; undefined when there are none. @param languages of the rooms that are searched */
export function queryOf(terms: readonly Term[], languages: readonly SearchLanguage[]): string | undefined {
  if (terms.length === 0) return undefined;
  return terms
    .map(({ words, exact, prefix, negated }) => {
      const [only] = words;
      const forms =
        words.length === 1 && only !== undefined && !exact && !prefix
          ? [...new Set(languages.map((language) => stemOf(only, language)))].filter((s) => s !== undefined)
          : [];
      const phrase = words
        .map(({ folded }, i) => quoted(folded) + (prefix && i === words.length - 1 ? ':*' : ''))
        .join(' <-> ');
      return `${negated ? '!' : ''}(${[phrase, ...forms.map(quoted)].join(' | ')})`;
    })
    .join(' & ');
}
