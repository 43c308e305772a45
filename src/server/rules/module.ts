// What rules offer.
import { handle, type Module } from '../../core/module.ts';
import * as c from './contract.ts';
import type { RulesService } from './service.ts';

export const rulesModule = (rules: RulesService): Module => ({
  name: 'rules',
  operations: [
    handle(c.getRules, (scope, { roomId }) => rules.get(scope, roomId)),
    handle(c.setRules, (scope, { roomId, ...set }) => rules.set(scope, roomId, set)),
  ],
});
