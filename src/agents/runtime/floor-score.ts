// How much speaks for an answer to a message that addresses nobody outright: a logistic score of what a listener knows, with
// weights learned from public conversations (`npm run bench:turns` shows and learns them). Pure; explains itself.
import type { Features, Stance } from './floor-ear.ts';
import { WEIGHTS } from './floor-weights.ts';

/** Which features count for which stance; the others differ too little there to be told from chance. */
export const COUNTED: Record<Exclude<Stance, 'other_named'>, readonly string[]> = {
  called: [],
  named: [
    'question',
    'you',
    'fresh',
    'away',
    'link',
    'trouble',
    'me',
    'others_waiting',
    'i_spoke_last',
    'loud',
    'named_first',
    'near_my_words',
    'several_named',
    'author_asked',
    'my_words_to_author',
  ],
  partner: [
    'question',
    'you',
    'fresh',
    'trouble',
    'me',
    'others_waiting',
    'link',
    'i_spoke_last',
    'share',
    'near_my_words',
    'other_is_nearer',
    'author_went_on',
    'author_close',
    'by_habit',
    'pause',
    'author_asked',
    'i_answered_author',
    'my_words_to_author',
  ],
  other_partner: [
    'question',
    'fresh',
    'away',
    'share',
    'i_spoke_last',
    'trouble',
    'near_my_words_wide',
    'author_is_new',
    'author_spoke_last',
    'author_asked',
  ],
  nobody: [
    'question',
    'fresh',
    'away',
    'share',
    'i_spoke_last',
    'trouble',
    'near_my_words_wide',
    'author_is_new',
    'author_spoke_last',
    'author_asked',
  ],
};
/** These count whatever the stance is. */
export const COMMON = ['filler', 'length', 'thanks', 'command', 'speakers', 'share'] as const;

export interface FloorScore {
  /** 0 to 1. */
  score: number;
  stance: Stance;
  /** What moved it, strongest first. */
  parts: { name: string; by: number }[];
}

/** Names of the weights that count here, with their values. */
export function termsOf({ stance, values }: Features): { name: string; value: number }[] {
  if (stance === 'other_named') return [];
  const term = (name: string, feature: string) => ({ name, value: values[feature] ?? 0 });
  return [
    { name: stance, value: 1 },
    ...COMMON.map((name) => term(name, name)),
    ...COUNTED[stance].map((name) => term(`${stance}:${name}`, name)),
  ];
}

/** @param lean more or less ready to speak, −0.1 to 0.1, as by character */
export function scoreFloor(
  features: Features,
  lean = 0,
  weights: Readonly<Record<string, number>> = WEIGHTS,
): FloorScore {
  const { stance } = features;
  // Speaking into talk that names somebody else is the one thing nobody forgives.
  if (stance === 'other_named') return { score: 0, stance, parts: [{ name: 'other_named', by: -1 }] };
  const parts = termsOf(features)
    .map(({ name, value }) => ({ name, by: (weights[name] ?? 0) * value }))
    .filter(({ by }) => by !== 0);
  const sum = parts.reduce((total, { by }) => total + by, 0);
  const score = Math.min(1, Math.max(0, 1 / (1 + Math.exp(-sum)) + lean));
  return { score, stance, parts: parts.toSorted((a, b) => Math.abs(b.by) - Math.abs(a.by)).slice(0, 5) };
}

/** Adds what is no part of the conversation, as itself: it stands first among the parts. */
export function withMoves(score: FloorScore, moves: Readonly<Record<string, number>>): FloorScore {
  const moved = Object.entries(moves)
    .filter(([, by]) => by !== 0)
    .map(([name, by]) => ({ name, by }));
  if (moved.length === 0 || score.stance === 'other_named') return score;
  const sum = moved.reduce((total, { by }) => total + by, score.score);
  return { ...score, score: Math.min(1, Math.max(0, sum)), parts: [...moved, ...score.parts] };
}
