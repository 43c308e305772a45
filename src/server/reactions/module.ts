// What reactions offer.
import { handle, type Module } from '../../core/module.ts';
import * as c from './contract.ts';
import type { ReactionsService } from './service.ts';

export const reactionsModule = (reactions: ReactionsService): Module => ({
  name: 'reactions',
  operations: [
    handle(c.addReaction, (scope, { messageId, emoji }) => reactions.add(scope, messageId, emoji)),
    handle(c.removeReaction, (scope, { messageId, emoji }) => reactions.remove(scope, messageId, emoji)),
  ],
  events: c.reactionsEvents,
});
