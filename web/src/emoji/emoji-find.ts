// The emoji that can be picked: by group, and by what one calls them. Loaded with the picker only.
import all from 'virtual:emoji';

export interface Emoji {
  emoji: string;
  name: string;
}

export const GROUPS: readonly { id: number; sign: string; name: string }[] = [
  { id: 0, sign: '😀', name: 'Smileys' },
  { id: 1, sign: '👋', name: 'People' },
  { id: 3, sign: '🌿', name: 'Nature' },
  { id: 4, sign: '🍎', name: 'Food' },
  { id: 5, sign: '🚲', name: 'Travel' },
  { id: 6, sign: '⚽', name: 'Activities' },
  { id: 7, sign: '💡', name: 'Objects' },
  { id: 8, sign: '✅', name: 'Symbols' },
  { id: 9, sign: '🏁', name: 'Flags' },
];

const MOST_FOUND = 90;
/** What this browser does not know as one emoji would be shown as two, or as a box. */
const KNOWN = /^\p{RGI_Emoji}$/v;
/** Without the mark that asks for a picture, which most do not need. */
const bare = (emoji: string): string => emoji.replaceAll('\uFE0F', '');
const known = all.flatMap(([group, written, name, words]) => {
  const emoji = [bare(written), written].find((text) => KNOWN.test(text));
  return emoji === undefined ? [] : [[group, emoji, name, words] as const];
});

const plain = ([, emoji, name]: (typeof known)[number]): Emoji => ({ emoji, name });

export const inGroup = (group: number): Emoji[] => known.filter(([of]) => of === group).map(plain);

/** Names that begin with the words first, then names with a word that does, then other words for it. */
export function findEmoji(words: string): Emoji[] {
  const wanted = words.trim().toLowerCase();
  if (wanted === '') return [];
  const ranked = known.flatMap((row) => {
    const [, emoji, name, tags] = row;
    const rank = emoji === wanted ? 0 : rankOf(name.toLowerCase(), tags, wanted);
    return rank === undefined ? [] : [{ row, rank }];
  });
  return ranked
    .sort((a, b) => a.rank - b.rank)
    .slice(0, MOST_FOUND)
    .map(({ row }) => plain(row));
}

function rankOf(name: string, tags: string, wanted: string): number | undefined {
  if (name === wanted) return 0;
  if (name.startsWith(wanted)) return 1;
  if (name.split(/[\s:-]+/).some((word) => word.startsWith(wanted))) return 2;
  return tags.split(' ').some((word) => word.startsWith(wanted)) ? 3 : undefined;
}

export const nameOf = (emoji: string): string =>
  known.find(([, one]) => bare(one) === bare(emoji))?.[2] ?? emoji;
