// What cards offer.
import { handle, type Module } from '../../core/module.ts';
import * as c from './contract.ts';
import type { CardsService } from './service.ts';

export const cardsModule = (cards: CardsService): Module => ({
  name: 'cards',
  operations: [handle(c.pressCard, (scope, input) => cards.press(scope, input))],
});
