// Whether a message is about what an agent knows or likes. Pure; compares words, not meanings.
import type { Stance } from './floor-ear.ts';
import type { Said } from './floor-text.ts';

/** How much a match adds to the score for a question; for anything else half. */
const EXPERTISE = 0.3;
const INTERESTS = 0.2;
/** Whoever talks with somebody else is not helped by one who happens to know. */
const OPEN: ReadonlySet<Stance> = new Set(['named', 'partner', 'nobody']);
/** A word that begins like a topic's word is about it, where the beginning is that long. */
const STEM = 4;

const wordsOf = (text: string): string[] => text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];

function isAbout(words: readonly string[], topic: string): boolean {
  const parts = wordsOf(topic);
  return (
    parts.length > 0 &&
    parts.every((part) =>
      words.some((word) => word === part || (part.length >= STEM && word.startsWith(part))),
    )
  );
}

export interface Topics {
  interests: readonly string[];
  expertise: readonly string[];
}

/** 0 to 0.3. */
export function topicMatch(text: string, said: Said, stance: Stance, topics: Topics): number {
  if (said.isFiller || !OPEN.has(stance)) return 0;
  const words = wordsOf(text);
  const match = topics.expertise.some((topic) => isAbout(words, topic))
    ? EXPERTISE
    : topics.interests.some((topic) => isAbout(words, topic))
      ? INTERESTS
      : 0;
  return said.isQuestion ? match : match / 2;
}
