// Where in a text the words are that were looked for. Pure.
import type { SearchLanguage } from '../settings/contract.ts';
import type { Highlight } from './contract.ts';
import { stemOf, type Term, wordsOf } from './words.ts';

const MOST_HIGHLIGHTS = 100;

/** Places of the terms in the text, in order; those of one phrase are one place, those that overlap as well. */
export function highlightsIn(
  text: string,
  terms: readonly Term[],
  languages: readonly SearchLanguage[],
): Highlight[] {
  const words = wordsOf(text);
  const places: Highlight[] = [];
  for (const term of terms) {
    if (term.negated) continue;
    const [only] = term.words;
    const stems =
      term.words.length === 1 && only !== undefined && !term.exact && !term.prefix
        ? languages.map((language) => [language, stemOf(only, language)] as const)
        : [];
    for (let at = 0; at + term.words.length <= words.length; at++) {
      const here = words.slice(at, at + term.words.length);
      const literal = here.every((word, i) => {
        const wanted = term.words[i] as (typeof words)[number];
        const last = i === term.words.length - 1;
        return term.prefix && last ? word.folded.startsWith(wanted.folded) : word.folded === wanted.folded;
      });
      const [first] = here;
      const last = here.at(-1);
      if (first === undefined || last === undefined) continue;
      if (literal || stems.some(([language, stem]) => stem !== undefined && stemOf(first, language) === stem))
        places.push({ offset: first.offset, length: last.offset + last.length - first.offset });
    }
  }
  places.sort((a, b) => a.offset - b.offset);
  const merged: Highlight[] = [];
  for (const place of places) {
    const before = merged.at(-1);
    if (before !== undefined && place.offset < before.offset + before.length)
      before.length = Math.max(before.length, place.offset + place.length - before.offset);
    else if (merged.length < MOST_HIGHLIGHTS) merged.push({ ...place });
  }
  return merged;
}
