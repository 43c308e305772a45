// Embeds without a key or a download: hashed features of words and characters. Same text, same vector, on every machine.
// Must never read anything but the text; a change of its features needs a new model name, or old rows lie.
import { type Embedder, normalise } from './embed.ts';
import { type Word, wordsOf } from './embed-words.ts';

/** Measured on 600,000 pairs of a word or question and a line of talk without a common word: one in ten thousand reaches 0.21. */
const ADMIT_AT = 0.25;
const WORD = 1;
const STOP_WORD = 0.08;
const BIGRAM = 0.5;
/** Places of one feature: with a single one, two words that fall together make strangers of short texts look alike. */
const PROBES = 4;
/** Of a word's weight, spread over its character n-grams. */
const CHARACTERS = 0.45;
/** What comes later changes nothing: an embedding of a book is no use, and time must stay bounded. */
const MAX_CHARS = 20_000;

/**
 * Signed feature hashing (Weinberger et al., Feature Hashing for Large Scale Multitask Learning, ICML 2009) of stemmed words, pairs of
 * neighbouring content words, and character 3- to 5-grams (as in Bojanowski et al., Enriching Word Vectors with Subword Information,
 * TACL 2017); counts damped as 1 + ln(count), stop words almost silent, length 1.
 * @param dimensions 64 or more; default 512
 */
export function createLocalEmbedder(dimensions = 512): Embedder {
  if (!Number.isInteger(dimensions) || dimensions < 64)
    throw new RangeError('The local embedder needs at least 64 dimensions.');
  return {
    model: 'local-hash-3',
    dimensions,
    admitAt: ADMIT_AT,
    // Words are searched for anyway; what this adds is mostly spelling.
    weights: { vector: 0.2, factMeaning: 0 },
    likeness,
    embed: async (texts) => texts.map((text) => embedText(text, dimensions)),
  };
}

/** The cosine without hashing: features that only fall together in the vector count nothing. */
function likeness(query: string): (text: string) => number {
  const asked = features(wordsOf(query.slice(0, MAX_CHARS)));
  const square = squareOf(asked);
  return (text) => {
    const said = features(wordsOf(text.slice(0, MAX_CHARS)));
    let sum = 0;
    for (const [feature, found] of asked) {
      const other = said.get(feature);
      if (other !== undefined) sum += amountOf(found) * amountOf(other);
    }
    return sum === 0 ? 0 : sum / Math.sqrt(square * squareOf(said));
  };
}

function embedText(text: string, dimensions: number): Float32Array {
  const vector = new Float32Array(dimensions);
  for (const [feature, found] of features(wordsOf(text.slice(0, MAX_CHARS)))) {
    const amount = amountOf(found) / Math.sqrt(PROBES);
    let hash = hash32(feature);
    for (let probe = 0; probe < PROBES; probe++) {
      const sign = hash & 0x80000000 ? -1 : 1;
      const at = (hash & 0x7fffffff) % dimensions;
      vector[at] = (vector[at] as number) + sign * amount;
      hash = mix((hash + 0x9e3779b9) | 0);
    }
  }
  return normalise(vector);
}

interface Found {
  count: number;
  weight: number;
}
type Features = Map<string, Found>;

const amountOf = ({ count, weight }: Found): number => weight * (1 + Math.log(count));
const squareOf = (features: Features): number =>
  [...features.values()].reduce((sum, found) => sum + amountOf(found) ** 2, 0);

function features(words: Word[]): Features {
  const found: Features = new Map();
  const add = (feature: string, weight: number): void => {
    const known = found.get(feature);
    if (known) known.count++;
    else found.set(feature, { count: 1, weight });
  };
  let previous: Word | undefined;
  for (const word of words) {
    if (UNSPACED.test(word.surface)) {
      const grams = unspacedGrams(word.surface);
      for (const gram of grams) add(`c:${gram}`, WORD);
      previous = undefined;
      continue;
    }
    add(`w:${word.key}`, word.stop ? STOP_WORD : WORD);
    if (word.stop) continue;
    if (previous) add(`b:${previous.key} ${word.key}`, BIGRAM);
    const grams = ngrams(word.surface);
    for (const gram of grams) add(`c:${gram}`, CHARACTERS / Math.sqrt(grams.length));
    previous = word;
  }
  return found;
}

/** 3- to 5-grams of a word with its edges marked. */
function ngrams(word: string): string[] {
  const chars = ['^', ...word, '$'];
  const grams: string[] = [];
  for (let size = 3; size <= 5; size++) {
    for (let at = 0; at + size <= chars.length; at++) grams.push(chars.slice(at, at + size).join(''));
  }
  return grams;
}

const UNSPACED = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]/u;
const HIRAGANA = /\p{Script=Hiragana}/u;

/** Where a script writes no spaces: single characters and pairs, but not of hiragana alone, which is mostly grammar. */
function unspacedGrams(run: string): string[] {
  const chars = [...run];
  const pairs = chars.slice(1).map((char, at) => (chars[at] as string) + char);
  return [...chars, ...pairs].filter((gram) => [...gram].some((char) => !HIRAGANA.test(char)));
}

/** FNV-1a over UTF-16 units, with a final mix (fmix32 of MurmurHash3) so that low bits are as good as high ones. */
function hash32(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return mix(hash);
}

function mix(value: number): number {
  let hash = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
