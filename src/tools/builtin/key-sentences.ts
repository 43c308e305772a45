// The sentences that say most of a text, in their order: a summary without a model. After Luhn (1958): a sentence weighs what its
// frequent words weigh, and what was chosen already weighs no more. Pure.

const COMMON = new Set(
  'a about all also an and any are as at be been but by can could did do does for from had has have he her his how i if in into is it its just me more my no not of on or our out she so some than that the their them then there they this to up us was we were what when which who will with would you your'.split(
    ' ',
  ),
);

export function keySentences(text: string, count: number): string[] {
  const sentences = text
    .split(/(?<=[.!?])\s+|\n+/)
    .map((sentence) => sentence.trim())
    .filter((sentence) => sentence !== '');
  const words = sentences.map((sentence) => new Set(wordsOf(sentence)));
  const weight = new Map<string, number>();
  for (const set of words) for (const word of set) weight.set(word, (weight.get(word) ?? 0) + 1);
  const chosen: number[] = [];
  while (chosen.length < Math.min(count, sentences.length)) {
    let best = -1;
    let most = -1;
    for (let i = 0; i < sentences.length; i++) {
      if (chosen.includes(i)) continue;
      const set = words[i] as Set<string>;
      const sum = [...set].reduce((total, word) => total + (weight.get(word) ?? 0), 0);
      const score = sum / Math.sqrt(8 + set.size);
      if (score > most) [best, most] = [i, score];
    }
    chosen.push(best);
    for (const word of words[best] as Set<string>) weight.set(word, (weight.get(word) ?? 0) / 4);
  }
  return chosen.sort((a, b) => a - b).map((index) => sentences[index] as string);
}

const wordsOf = (sentence: string): string[] =>
  (sentence.toLowerCase().match(/[\p{L}\p{N}]{2,}/gu) ?? []).filter((word) => !COMMON.has(word));
