// The wire of what models may and do cost: budgets, usage, the ledger of calls, prices.
import { z } from 'zod';
import { defineOperation } from '../../core/contract.ts';
import { Id, Page, Timestamp } from '../../server/identity/contract.ts';

const Tokens = z.number().int().min(0).max(1_000_000_000_000);
const Dollars = z.number().min(0).max(1_000_000);
const Day = z.string().regex(/^\d{4}-\d{2}-\d{2}$/, 'is a day such as 2026-11-21');
const BudgetTarget = z.enum(['tenant', 'owner', 'agent']);

/** Null: no limit. Days are UTC, by the database's clock. */
const limits = {
  tokensPerDay: Tokens.nullable(),
  costUsdPerDay: Dollars.nullable(),
  tokensPerRun: Tokens.nullable(),
  costUsdPerRun: Dollars.nullable(),
};

const Usage = z.object({
  calls: z.number().int(),
  inputTokens: z.number().int(),
  outputTokens: z.number().int(),
  costUsd: z.number(),
  /** Calls of models without a known price; they are not in `costUsd`. */
  unpricedCalls: z.number().int(),
});
export type Usage = z.infer<typeof Usage>;

export const Budget = z.object({
  target: BudgetTarget,
  targetId: Id,
  /** The strictest of both. */
  limits: z.object(limits),
  /** What its owner set, and what administrators set. */
  byOwner: z.object(limits).optional(),
  byAdministrators: z.object(limits).optional(),
  today: z.object({ ...Usage.shape, heldTokens: z.number().int(), heldCostUsd: z.number() }),
});
export type Budget = z.infer<typeof Budget>;

const tag = 'Budgets';
/** `tenant` needs no id. */
const budgetOf = { target: BudgetTarget, targetId: Id.optional() };

export const getBudget = defineOperation({
  name: 'budgets.get',
  summary: 'What an agent, the agents of an owner or all agents may spend, and have spent today',
  tag,
  rest: { method: 'get', path: '/api/budgets' },
  socket: 'get_budget',
  input: z.object(budgetOf),
  output: Budget,
  permission: 'signed_in',
  effect: 'read',
});

export const setBudget = defineOperation({
  name: 'budgets.set',
  summary: 'Limit what an agent, the agents of an owner or all agents may spend; what is left out stays',
  description:
    'An owner limits his agents; administrators limit everything, and the stricter limit holds. A call of a model that would exceed a limit is refused before it leaves; null takes a limit away.',
  tag,
  rest: { method: 'put', path: '/api/budgets' },
  socket: 'set_budget',
  input: z.strictObject({
    ...budgetOf,
    tokensPerDay: limits.tokensPerDay.optional(),
    costUsdPerDay: limits.costUsdPerDay.optional(),
    tokensPerRun: limits.tokensPerRun.optional(),
    costUsdPerRun: limits.costUsdPerRun.optional(),
  }),
  output: Budget,
  permission: 'signed_in',
  effect: 'reversible',
});

export const getUsage = defineOperation({
  name: 'usage.get',
  summary: 'Tokens and cost of a run, an agent, the agents of an owner, or all agents, by day',
  tag,
  rest: { method: 'get', path: '/api/usage' },
  socket: 'get_usage',
  input: z.object({
    target: z.enum(['tenant', 'owner', 'agent', 'run']),
    targetId: Id.optional(),
    /** Days in UTC, both included; the last 30 unless given, at most 366. */
    from: Day.optional(),
    to: Day.optional(),
  }),
  output: z.object({ total: Usage, days: z.array(z.object({ day: z.string(), ...Usage.shape })) }),
  permission: 'signed_in',
  effect: 'read',
});

export const ModelCall = z.object({
  id: Id,
  agentId: Id,
  runId: Id.optional(),
  provider: z.string(),
  model: z.string(),
  /** `held` while it is under way; `lost` when its end was never heard, and counted in full. */
  status: z.enum(['held', 'settled', 'lost', 'refused']),
  /** How it ended (`ok`, `timeout`, ...), or the limit that refused it (`agent:tokens_per_day`, ...). */
  reason: z.string().optional(),
  inputTokens: z.number().int(),
  outputTokens: z.number().int(),
  costUsd: z.number().optional(),
  createdAt: Timestamp,
  settledAt: Timestamp.optional(),
});
export type ModelCall = z.infer<typeof ModelCall>;

export const listModelCalls = defineOperation({
  name: 'agents.model_calls',
  summary:
    "An agent's calls of models, newest first, also those that a budget refused (its owner, or an administrator)",
  tag,
  rest: { method: 'get', path: '/api/agents/:agentId/model-calls' },
  socket: 'list_model_calls',
  input: z.object({ agentId: Id, ...Page }),
  output: z.object({ data: z.array(ModelCall), nextCursor: z.string().optional() }),
  permission: 'signed_in',
  effect: 'read',
});

const Rate = z.number().min(0).max(100_000);
const Model = z
  .string()
  .trim()
  .min(1)
  .max(200)
  .regex(/^[\w@./:-]+$/, 'has only letters, digits and @ . / : _ -');

/** Dollars for a million tokens; `above` holds for the whole of a call whose input is longer than `tokens`. */
export const ModelPrice = z.object({
  model: z.string(),
  input: z.number(),
  output: z.number(),
  above: z.object({ tokens: z.number().int(), input: z.number(), output: z.number() }).optional(),
  /** Whether an administrator set it; else it came with the program. */
  edited: z.boolean(),
});
export type ModelPrice = z.infer<typeof ModelPrice>;

export const listPrices = defineOperation({
  name: 'model_prices.list',
  summary: 'What models cost: the prices that came with the program and those that administrators set',
  tag,
  rest: { method: 'get', path: '/api/model-prices' },
  socket: 'list_model_prices',
  input: z.object({}),
  output: z.object({ data: z.array(ModelPrice) }),
  permission: 'signed_in',
  effect: 'read',
});

export const setPrice = defineOperation({
  name: 'model_prices.set',
  summary: 'Set the price of a model (administrators)',
  tag,
  rest: { method: 'put', path: '/api/model-prices' },
  socket: 'set_model_price',
  input: z.strictObject({
    model: Model,
    input: Rate,
    output: Rate,
    above: z
      .strictObject({ tokens: z.number().int().min(1).max(100_000_000), input: Rate, output: Rate })
      .optional(),
  }),
  output: ModelPrice,
  permission: 'admin',
  effect: 'reversible',
});

export const resetPrice = defineOperation({
  name: 'model_prices.reset',
  summary:
    'Forget the price an administrator set; the one that came with the program holds again, if there is one',
  tag,
  rest: { method: 'delete', path: '/api/model-prices' },
  socket: 'reset_model_price',
  input: z.object({ model: Model }),
  output: z.object({ reset: z.boolean() }),
  permission: 'admin',
  effect: 'reversible',
});
