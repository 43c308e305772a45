// List prices of well-known models, as a table an operator can replace. Must never guess: an unknown model has no price.
import type { LlmUsage } from './llm.ts';

/** USD per million tokens. `above` holds for the whole call when its input is longer than `tokens`. */
export interface Price {
  input: number;
  output: number;
  above?: { tokens: number; input: number; output: number };
}

export type PriceTable = Readonly<Record<string, Price>>;

const OPENAI_LONG = 272_000;

/** Standard rates as the vendors publish them, without caching and batch discounts. Dated model names are found by their base name. */
export const PRICES: PriceTable = {
  'claude-fable-5-1': { input: 10, output: 50 },
  'claude-fable-5': { input: 10, output: 50 },
  'claude-opus-5-5': { input: 4, output: 20 },
  'claude-opus-5': { input: 5, output: 25 },
  'claude-opus-4-7': { input: 5, output: 25 },
  'claude-opus-4-6': { input: 5, output: 25 },
  'claude-opus-4-5': { input: 5, output: 25 },
  'claude-sonnet-5-5': { input: 2, output: 10 },
  'claude-sonnet-5': { input: 2, output: 10 },
  'claude-sonnet-4-6': { input: 3, output: 15 },
  'claude-sonnet-4-5': { input: 3, output: 15 },
  'claude-haiku-5-5': { input: 0.1, output: 0.5, above: { tokens: 100_000, input: 0.5, output: 2.5 } },
  'claude-haiku-4-5': { input: 1, output: 5 },
  'claude-3-7-sonnet': { input: 3, output: 15 },
  'claude-3-5-sonnet': { input: 3, output: 15 },
  'claude-3-sonnet': { input: 3, output: 15 },
  'claude-3-opus': { input: 15, output: 75 },
  'claude-3-5-haiku': { input: 0.8, output: 4 },
  'claude-3-haiku': { input: 0.25, output: 1.25 },
  'gpt-6-astra': { input: 10, output: 50, above: { tokens: OPENAI_LONG, input: 20, output: 75 } },
  'gpt-6.1-sol': { input: 2, output: 10, above: { tokens: OPENAI_LONG, input: 4, output: 15 } },
  'gpt-6-sol': { input: 2, output: 10, above: { tokens: OPENAI_LONG, input: 4, output: 15 } },
  'gpt-6-luna': { input: 0.1, output: 0.5, above: { tokens: OPENAI_LONG, input: 0.2, output: 0.75 } },
  'gpt-5.6-sol': { input: 4, output: 20 },
  'gpt-5.6-terra': { input: 2, output: 12 },
  'gpt-5.6-luna': { input: 0.2, output: 1.2 },
  'gpt-5.4': { input: 2.5, output: 15 },
  'gpt-5.2': { input: 1.75, output: 14 },
  'gpt-5.1': { input: 1.25, output: 10 },
  'gpt-5': { input: 1.25, output: 10 },
  'gpt-5-mini': { input: 0.25, output: 2 },
  'gpt-5-nano': { input: 0.05, output: 0.4 },
  'gpt-4.1': { input: 2, output: 8 },
  'gpt-4.1-mini': { input: 0.4, output: 1.6 },
  'gpt-4.1-nano': { input: 0.1, output: 0.4 },
  'gpt-4o': { input: 2.5, output: 10 },
  'gpt-4o-mini': { input: 0.15, output: 0.6 },
  'gpt-4-turbo': { input: 10, output: 30 },
  'gpt-4': { input: 30, output: 60 },
  'gpt-3.5-turbo': { input: 0.5, output: 1.5 },
  o3: { input: 2, output: 8 },
  'o4-mini': { input: 1.1, output: 4.4 },
  'o3-mini': { input: 1.1, output: 4.4 },
  scripted: { input: 0, output: 0 },
};

/** The price of a model, also under a dated name (`-20250929`, `-2025-08-07`, `-latest`) or a vendor prefix (`anthropic/`). */
export function priceOf(model: string, table: PriceTable = PRICES): Price | undefined {
  const bare = model.slice(model.lastIndexOf('/') + 1);
  for (const name of [model, bare, bare.replace(/-(\d{8}|\d{4}-\d{2}-\d{2}|latest)$/, '')]) {
    if (Object.hasOwn(table, name)) return table[name];
  }
  return undefined;
}

/** What a call cost in USD, or undefined for a model without a known price. */
export function costUsd(
  model: string,
  usage: Pick<LlmUsage, 'inputTokens' | 'outputTokens'>,
  table: PriceTable = PRICES,
): number | undefined {
  const price = priceOf(model, table);
  if (price === undefined) return undefined;
  const rate = price.above && usage.inputTokens > price.above.tokens ? price.above : price;
  return (usage.inputTokens * rate.input + usage.outputTokens * rate.output) / 1_000_000;
}
