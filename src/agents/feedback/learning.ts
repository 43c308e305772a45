// What feedback teaches, as pure rules: how readily the agent should speak in a room, and what its owner might change. Must never
// decide about an agent's instructions or settings; it only suggests.
import type { Agent } from '../profiles/contract.ts';

export type SuggestionKind = 'shorter' | 'longer' | 'speak_less' | 'kinder' | 'teach';

/** As far as feedback moves the score of speaking unasked, either way. */
const MOST_READINESS = 0.1;
/** People who seem to have been indifferent before the first spoke. */
const INDIFFERENT = 2;
/** People who must say the same before it becomes a suggestion. */
const ENOUGH_PEOPLE = 2;

/** @param opinions one a person: the mean of his ratings, -1 to 1 */
export function readinessFrom(opinions: readonly number[]): number {
  const sum = opinions.reduce((total, one) => total + one, 0);
  return (MOST_READINESS * sum) / (opinions.length + INDIFFERENT);
}

const SIGNS: Record<SuggestionKind, RegExp> = {
  shorter: /\b(too long|too much text|long-winded|wordy|verbose|rambl\w*|shorter|briefer|more concise)\b/i,
  longer: /\b(too short|more details?|elaborate|too brief|superficial|longer)\b/i,
  speak_less:
    /\b(spam\w*|too often|interrupt\w*|nobody asked|no one asked|not asked|butt\w* in|stop (talking|posting|answering))\b/i,
  kinder: /\b(rude|unfriendly|harsh|cold|arrogant|impolite|dismissive)\b/i,
  teach: /\b(wrong|incorrect|not true|untrue|false|outdated|made up|makes? things up|inaccurate)\b/i,
};

/** Complaints that several people share, with how many they are. */
export function suggestionsFrom(
  complaints: readonly { userId: string; comment: string }[],
): { kind: SuggestionKind; votes: number }[] {
  return (Object.keys(SIGNS) as SuggestionKind[]).flatMap((kind) => {
    const people = new Set(
      complaints.filter(({ comment }) => SIGNS[kind].test(comment)).map(({ userId }) => userId),
    );
    return people.size >= ENOUGH_PEOPLE ? [{ kind, votes: people.size }] : [];
  });
}

/** The settings that a suggestion would change; none where only teaching helps. */
export function changeFor(
  kind: SuggestionKind,
  { personality }: Pick<Agent, 'personality'>,
): Partial<Pick<Agent, 'personality' | 'responseMode'>> {
  const style = (change: Agent['personality']['communicationStyle']) => ({
    personality: { ...personality, communicationStyle: { ...personality.communicationStyle, ...change } },
  });
  if (kind === 'shorter') return style({ verbosity: 'concise' });
  if (kind === 'longer') return style({ verbosity: 'verbose' });
  if (kind === 'kinder') return style({ empathy: 'high' });
  if (kind === 'speak_less') return { responseMode: 'mention' };
  return {};
}
