// Cards of messages as values: their words, their fallback, and the state that is shown with them. Pure.
import { actionsOf, type Card, type CardState, type ShownCard } from '../cards/contract.ts';

/** Keys whose text is one of a few words that the contract names. */
const NAMED = new Set(['type', 'mode', 'style']);

const bare = ({ state: _, ...card }: ShownCard): Card => card;

/** What a message says that has no words of its own. */
export const fallbackOf = (cards: readonly Card[], otherwise: string): string =>
  cards.length === 0 ? otherwise : cards.map(({ fallback }) => fallback).join('\n\n');

/** All texts of the cards, also those that only programs read. */
export function textsOf(cards: readonly Card[]): string[] {
  const found: string[] = [];
  withTexts(cards, (text) => {
    found.push(text);
    return text;
  });
  return found;
}

/** The cards with each such text replaced. */
export const withTexts = (cards: readonly Card[], by: (text: string) => string): unknown =>
  replaced(cards, by);

function replaced(value: unknown, by: (text: string) => string): unknown {
  if (typeof value === 'string') return by(value);
  if (Array.isArray(value)) return value.map((item) => replaced(item, by));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [name, NAMED.has(name) ? item : replaced(item, by)]),
  );
}

/** Cards with what was done last with one of their actions. */
export const cardsWith = (cards: readonly ShownCard[], state: CardState): ShownCard[] =>
  cards.map((card) => {
    if (!actionsOf([card]).some(({ actionId }) => actionId === state.actionId)) return card;
    const others = (card.state ?? []).filter(({ actionId }) => actionId !== state.actionId);
    return { ...card, state: [...others, state] };
  });

/** Whatever was done with them meanwhile. */
export const sameCards = (shown: readonly ShownCard[], sent: readonly Card[]): boolean =>
  canonical(shown.map(bare)) === canonical(sent);

/** The same text for the same value: jsonb keeps no order of keys. */
const canonical = (value: unknown): string =>
  JSON.stringify(value, (_, item) =>
    typeof item === 'object' && item !== null && !Array.isArray(item)
      ? Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1)))
      : item,
  );
