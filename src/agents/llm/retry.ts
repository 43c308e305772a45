// Repeats a model call that failed before it said anything. Must never repeat one whose text or tool call was already seen:
// the reader would get it twice, and a tool could run twice.
import type { Llm, LlmRequest, Sleep } from './llm.ts';
import { cancelled, type LlmError, toLlmError } from './llm-error.ts';

export interface Attempts {
  left: number;
  made: number;
}

export interface RetryOptions {
  sleep: Sleep;
  /** Uniform in [0, 1). */
  random: () => number;
  /** Calls in all, the first included. Default 3. */
  tries?: number;
  /** Calls that are left, counted down here: shared by those who together may make only so many. Instead of `tries`. */
  attempts?: Attempts;
  /** The first wait without jitter, in ms; doubles each time. Default 500. */
  baseMs?: number;
  /** No wait is longer; a server that asks for more is not asked again. Default 30 000. */
  maxWaitMs?: number;
  onRetry?: (info: { attempt: number; waitMs: number; error: LlmError }) => void;
}

/**
 * Waits as long as the server asked (`retryAfterMs`), else an exponential wait of which the upper half is random ("equal jitter",
 * Brooker, Exponential Backoff and Jitter, AWS Architecture Blog 2015).
 * @throws LlmError the last one; with `partial: true` if something had been yielded
 */
export function withRetry(llm: Llm, options: RetryOptions): Llm {
  const { sleep, random, tries = 3, attempts, baseMs = 500, maxWaitMs = 30_000, onRetry } = options;
  return {
    provider: llm.provider,
    async *stream(req: LlmRequest) {
      for (let attempt = 1; ; attempt++) {
        let yielded = false;
        if (attempts !== undefined) {
          attempts.left--;
          attempts.made++;
        }
        try {
          for await (const event of llm.stream(req)) {
            yielded = true;
            yield event;
          }
          return;
        } catch (thrown) {
          const error = toLlmError(thrown, req.signal);
          if (yielded) throw error.asPartial();
          const over = attempts === undefined ? attempt >= tries : attempts.left <= 0;
          const tooLong = (error.retryAfterMs ?? 0) > maxWaitMs;
          if (!error.retryable || over || tooLong || req.signal.aborted) throw error;
          const backoff = baseMs * 2 ** (attempt - 1) * (0.5 + random() / 2);
          const waitMs = Math.min(maxWaitMs, error.retryAfterMs ?? backoff);
          onRetry?.({ attempt, waitMs, error });
          await sleep(waitMs, req.signal).catch(() => undefined);
          if (req.signal.aborted) throw cancelled(req.signal.reason);
        }
      }
    },
  };
}
