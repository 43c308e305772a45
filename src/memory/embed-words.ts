// Words of a text as the local embedder sees them: folded, stemmed lightly, spelt one way, near-synonyms merged.
// English first; other scripts pass through whole. Must never be changed without a new model name in embed-local.ts.
import { baseOf } from './irregular-words.ts';

const STOP_WORDS = new Set(
  (
    'a an and are as at be been but by can could d did do does for from get got had has have he her him his how i if in into is it ' +
    'its just ll m me my not of on or our out please re s she should so t tell than that the their them then there these they this ' +
    'to too up us ve very was we were what when where which who whom why will with would you your'
  ).split(' '),
);

/** Groups of words that stand for one another often enough in talk; the first is the one kept. */
const SYNONYMS = [
  'car automobile vehicle',
  'movie film',
  'photo picture image pic',
  'child kid',
  'job work employment occupation career',
  'house home apartment flat',
  'doctor physician',
  'begin start commence',
  'end finish conclude',
  'buy purchase',
  'big large huge',
  'small little tiny',
  'happy glad',
  'sad unhappy',
  'meeting appointment',
  'phone telephone mobile cellphone',
  'trip travel journey vacation holiday',
  'mother mom mum',
  'father dad',
  'wife husband spouse partner',
  'dog puppy',
  'cat kitten',
  'like love enjoy prefer fond favorite',
  'dislike hate',
  'eat food meal dinner lunch',
  'birthday born birth',
  'live reside',
  'error bug fault',
  'fix repair solve',
  'fast quick rapid',
  'allergy allergic',
  'money cash',
  'price cost',
  'teach teacher',
  'song music',
  'store shop',
  'ill sick',
  'talk speak chat',
  'deadline due',
  'tv television',
] as const;

const KEPT = new Map<string, string>();
for (const group of SYNONYMS) {
  const words = group.split(' ').map(stem);
  for (const word of words) KEPT.set(word, words[0] as string);
}

export interface Word {
  /** Folded and lower-cased, as written. */
  surface: string;
  /** Stemmed, with synonyms merged. */
  key: string;
  stop: boolean;
}

/** Letters and digits only; apostrophes split, so that "Sam's" holds "sam". CJK runs stay whole and are split by n-grams later. */
export function wordsOf(text: string): Word[] {
  const folded = text
    .normalize('NFKD')
    .replace(/\p{M}+/gu, '')
    .toLowerCase();
  return (folded.match(/[\p{L}\p{N}]+/gu) ?? []).map((surface) => {
    const stemmed = stem(baseOf(surface));
    return { surface, key: KEPT.get(stemmed) ?? stemmed, stop: STOP_WORDS.has(surface) };
  });
}

/**
 * Takes off common English endings and American-ises spelling. Much lighter than Porter (An algorithm for suffix stripping, 1980):
 * a wrong merger costs more here than a missed one, since character n-grams already tie related forms together.
 */
export function stem(word: string): string {
  if (word.length < 4 || !/^[a-z]+$/.test(word)) return word;
  let base = word
    .replace(/^(fav|col|neighb|hon|behavi|flav|lab|hum)our/, '$1or')
    .replace(/is(e|ed|es|ing|ation)$/, (whole, end: string) => (word.length > 6 ? `iz${end}` : whole));
  if (base.endsWith('ies') && base.length > 4) base = `${base.slice(0, -3)}y`;
  else if (/(?:ss|sh|ch|x|z)es$/.test(base)) base = base.slice(0, -2);
  else if (/[^su]s$/.test(base)) base = base.slice(0, -1);
  const inner = base.replace(/(?:ingly|edly|ing|ed|ly)$/, '');
  if (inner !== base && inner.length >= 3 && /[aeiouy]/.test(inner))
    base = inner.replace(/([bdfgmnprt])\1$/, '$1');
  return base.length > 4 ? base.replace(/e$/, '') : base;
}
