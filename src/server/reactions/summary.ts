// How the reactions of a message add up, and which spelling of an emoji is kept. Pure.

export interface Count {
  emoji: string;
  count: number;
}

const FULL = /^\p{RGI_Emoji}$/v;
const PICTURE = '\uFE0F';

/** One spelling for what looks alike: "❤" and "❤\uFE0F" are one reaction. */
export function spelt(emoji: string): string {
  const full = `${emoji}${PICTURE}`;
  return !FULL.test(emoji) && FULL.test(full) ? full : emoji;
}

/** An emoji that is new comes last. */
export function plus(counts: readonly Count[], emoji: string): Count[] {
  return counts.some((c) => c.emoji === emoji)
    ? counts.map((c) => (c.emoji === emoji ? { ...c, count: c.count + 1 } : c))
    : [...counts, { emoji, count: 1 }];
}

export const minus = (counts: readonly Count[], emoji: string): Count[] =>
  counts.map((c) => (c.emoji === emoji ? { ...c, count: c.count - 1 } : c)).filter((c) => c.count > 0);
