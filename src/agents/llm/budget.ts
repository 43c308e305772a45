// Reserves what a model call may cost before it leaves, and settles what it did cost after it. Must never let a call leave that
// was refused, nor leave a reservation open when the call is over, however it ended.
import type { Llm, LlmRequest, LlmUsage } from './llm.ts';
import { LlmError, toLlmError } from './llm-error.ts';
import { estimateRequestTokens, estimateTokens } from './tokens.ts';

export interface Wanted {
  provider: string;
  model: string;
  /** Estimated high. */
  inputTokens: number;
  /** The most it may write. */
  outputTokens: number;
}

export interface Spent {
  /** As the server names it. */
  model: string;
  usage: LlmUsage;
  outcome: string;
}

/** A reservation: how much the call may write, and how to settle it. */
export interface Hold {
  outputTokens: number;
  settle(spent: Spent): Promise<void>;
}

export interface BudgetOptions {
  /** Answers the limit that is in the way instead of a hold. */
  reserve(wanted: Wanted): Promise<Hold | { refused: string }>;
}

export function withBudget(llm: Llm, { reserve }: BudgetOptions): Llm {
  return {
    provider: llm.provider,
    async *stream(req: LlmRequest) {
      const inputTokens = estimateRequestTokens(req);
      const hold = await reserve({
        provider: llm.provider,
        model: req.model,
        inputTokens,
        outputTokens: req.maxTokens,
      });
      if ('refused' in hold)
        throw new LlmError('budget_exhausted', `The call would exceed the budget (${hold.refused}).`);
      let written = '';
      let heard = false;
      let spent: Spent | undefined;
      let outcome = 'abandoned';
      try {
        for await (const event of llm.stream({ ...req, maxTokens: hold.outputTokens })) {
          heard = true;
          if (event.type === 'text') written += event.text;
          else if (event.type === 'tool_call') written += event.name + JSON.stringify(event.args ?? '');
          else spent = { model: event.model, usage: event.usage, outcome: 'ok' };
          yield event;
        }
      } catch (error) {
        outcome = toLlmError(error, req.signal).kind;
        throw error;
      } finally {
        // A call that broke off is paid as far as it was heard; whoever refuses a call takes nothing for it.
        const cutOff = heard || outcome === 'abandoned' || outcome === 'cancelled' || outcome === 'timeout';
        const usage = {
          inputTokens: cutOff ? inputTokens : 0,
          outputTokens: estimateTokens(written),
          estimated: true,
        };
        await hold.settle(spent ?? { model: req.model, usage, outcome });
      }
    },
  };
}
