// Counts what model calls cost: calls, tokens, time, money. Must never change, delay or look into what passes through.
import type { Llm, LlmRequest, LlmUsage, StopReason } from './llm.ts';
import { type LlmErrorKind, toLlmError } from './llm-error.ts';
import { costUsd, type PriceTable } from './prices.ts';

export interface MeterRecord {
  provider: string;
  /** The one that answered, as the server names it. */
  model: string;
  requestedModel: string;
  maxTokens: number;
  /** Undefined for a call that did not end. */
  stopReason: StopReason | undefined;
  usage: LlmUsage;
  /** From the call to its end, in ms. */
  ms: number;
  /** From the call to its first event, in ms; undefined if there was none. */
  firstEventMs: number | undefined;
  /** Undefined for a model without a known price. */
  costUsd: number | undefined;
  outcome: 'ok' | 'abandoned' | LlmErrorKind;
}

export interface MeterTotals {
  calls: number;
  failures: number;
  inputTokens: number;
  outputTokens: number;
  ms: number;
  costUsd: number;
}

export interface MeterOptions {
  /** Monotonic milliseconds. */
  elapsed: () => number;
  /** Called once per call, when it ends in whatever way. Must not throw. */
  onCall?: (record: MeterRecord) => void;
  prices?: PriceTable;
}

export interface MeteredLlm extends Llm {
  totals(): MeterTotals;
}

export function withMeter(llm: Llm, { elapsed, onCall, prices }: MeterOptions): MeteredLlm {
  const totals: MeterTotals = { calls: 0, failures: 0, inputTokens: 0, outputTokens: 0, ms: 0, costUsd: 0 };
  const close = (record: MeterRecord): void => {
    totals.calls++;
    if (record.outcome !== 'ok') totals.failures++;
    totals.inputTokens += record.usage.inputTokens;
    totals.outputTokens += record.usage.outputTokens;
    totals.ms += record.ms;
    totals.costUsd += record.costUsd ?? 0;
    onCall?.(record);
  };
  return {
    provider: llm.provider,
    totals: () => ({ ...totals }),
    async *stream(req: LlmRequest) {
      const start = elapsed();
      let firstEventMs: number | undefined;
      let usage: LlmUsage = { inputTokens: 0, outputTokens: 0 };
      let model = req.model;
      let stopReason: StopReason | undefined;
      let outcome: MeterRecord['outcome'] = 'abandoned';
      try {
        for await (const event of llm.stream(req)) {
          firstEventMs ??= elapsed() - start;
          if (event.type === 'done') {
            ({ usage, model, stopReason } = event);
            outcome = 'ok';
          }
          yield event;
        }
      } catch (error) {
        outcome = toLlmError(error, req.signal).kind;
        throw error;
      } finally {
        const cost = costUsd(model, usage, prices) ?? costUsd(req.model, usage, prices);
        close({
          provider: llm.provider,
          model,
          requestedModel: req.model,
          maxTokens: req.maxTokens,
          stopReason,
          usage,
          ms: elapsed() - start,
          firstEventMs,
          costUsd: cost,
          outcome,
        });
      }
    },
  };
}
