// The cards that an agent's tool put beside its answer, read from the journal, so that a resumed run sends the same. Pure.
import { Card, Cards } from '../../server/cards/contract.ts';
import { SEND_CARD } from '../../tools/service.ts';
import type { StepData } from './steps.ts';

/** The newest that fit together, in the order in which they were made. */
export function cardsOf(steps: readonly StepData[]): Card[] {
  const calls = steps.flatMap((step) => (step.kind === 'model' ? step.calls : []));
  const results = steps.filter((step) => step.kind === 'tool');
  let cards: Card[] = [];
  // Results stand in the order of the calls.
  for (const [i, call] of calls.entries()) {
    const result = results[i];
    if (call.name !== SEND_CARD || result === undefined || result.isError) continue;
    const card = Card.safeParse(call.args);
    if (!card.success) continue;
    for (cards.push(card.data); !Cards.safeParse(cards).success; ) cards = cards.slice(1);
  }
  return cards;
}
