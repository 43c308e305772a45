// Tables of budgets, spending, model calls and prices, as Kysely sees them. Money is in millionths of a dollar.
import type { ColumnType, Generated } from 'kysely';

export type BudgetTarget = 'tenant' | 'owner' | 'agent';
export type SpendingTarget = BudgetTarget | 'run';

export interface BudgetsTable {
  id: string;
  tenantId: string;
  target: BudgetTarget;
  targetId: string;
  tokensPerDay: number | null;
  microsPerDay: number | null;
  tokensPerRun: number | null;
  microsPerRun: number | null;
  /** Set by administrators: owners cannot change it. */
  byAdministrator: boolean;
  updatedBy: string;
  updatedAt: Generated<Date>;
}

export interface SpendingTable {
  tenantId: string;
  target: SpendingTarget;
  targetId: string;
  day: string;
  calls: Generated<number>;
  inputTokens: Generated<number>;
  outputTokens: Generated<number>;
  micros: Generated<number>;
  /** Calls of models without a known price; they are not in `micros`. */
  unpricedCalls: Generated<number>;
  /** For calls under way. */
  heldTokens: Generated<number>;
  heldMicros: Generated<number>;
}

export interface ModelCallsTable {
  id: string;
  tenantId: string;
  agentId: string;
  ownerId: string | null;
  runId: string | null;
  day: ColumnType<unknown, string, never>;
  provider: string;
  model: string;
  status: 'held' | 'settled' | 'lost' | 'refused';
  /** How it ended, or which limit refused it. */
  reason: string | null;
  heldTokens: number;
  heldMicros: Generated<number>;
  inputTokens: Generated<number>;
  outputTokens: Generated<number>;
  /** Null without a known price. */
  micros: number | null;
  heldUntil: Date | null;
  createdAt: Generated<Date>;
  settledAt: Date | null;
}

export interface ModelPricesTable {
  tenantId: string;
  model: string;
  input: number;
  output: number;
  aboveTokens: number | null;
  aboveInput: number | null;
  aboveOutput: number | null;
  updatedBy: string;
  updatedAt: Generated<Date>;
}

export interface BudgetsTables {
  budgets: BudgetsTable;
  spending: SpendingTable;
  modelCalls: ModelCallsTable;
  modelPrices: ModelPricesTable;
}
