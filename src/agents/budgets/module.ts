// What models may and do cost: budgets, usage, the ledger of calls, prices.
import { handle, type Module } from '../../core/module.ts';
import * as c from './contract.ts';
import type { BudgetsService } from './service.ts';

export const budgetsModule = (budgets: BudgetsService): Module => ({
  name: 'agents.budgets',
  operations: [
    handle(c.getBudget, (scope, input) => budgets.get(scope, input)),
    handle(c.setBudget, (scope, input) => budgets.set(scope, input)),
    handle(c.getUsage, (scope, input) => budgets.usage(scope, input)),
    handle(c.listModelCalls, (scope, input) => budgets.calls(scope, input)),
    handle(c.listPrices, (scope) => budgets.prices(scope)),
    handle(c.setPrice, (scope, input) => budgets.setPrice(scope, input)),
    handle(c.resetPrice, (scope, { model }) => budgets.resetPrice(scope, model)),
  ],
});
