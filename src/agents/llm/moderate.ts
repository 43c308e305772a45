// The port to moderation services: one text in, a verdict out; with a deadline, and a breaker that leaves a service alone which fails
// again and again. Must never keep, log or repeat the text.
import type { Sleep } from './llm.ts';

interface Verdict {
  flagged: boolean;
  /** What it was flagged for, as the service names it: `hate`, `violence/graphic`. */
  categories: string[];
  /** As the service names it. */
  model: string;
}

export interface Moderator {
  readonly provider: string;
  readonly model: string;
  /** Throws when the service gives no verdict. */
  moderate(text: string, signal: AbortSignal): Promise<Verdict>;
}

/** The service gave no verdict in time, or is being left alone. */
export class NoVerdict extends Error {
  override readonly name = 'NoVerdict';
}

/** Failures in a row after which a service is left alone, and for how long, in ms. */
export const BREAKER = { failures: 3, restMs: 30_000 };

export function withBreaker(
  moderator: Moderator,
  options: { sleep: Sleep; elapsed: () => number; timeoutMs: number },
): Moderator {
  const { sleep, elapsed, timeoutMs } = options;
  let failures = 0;
  let restsUntil = Number.NEGATIVE_INFINITY;

  async function inTime(text: string, signal: AbortSignal): Promise<Verdict> {
    const over = new AbortController();
    const late = sleep(timeoutMs, over.signal).then(() => {
      throw new NoVerdict(`No verdict within ${timeoutMs} ms.`);
    });
    late.catch(() => undefined);
    try {
      return await Promise.race([moderator.moderate(text, AbortSignal.any([signal, over.signal])), late]);
    } finally {
      over.abort();
    }
  }

  return {
    provider: moderator.provider,
    model: moderator.model,
    async moderate(text, signal) {
      signal.throwIfAborted();
      if (elapsed() < restsUntil) throw new NoVerdict('The service failed several times and is left alone.');
      try {
        const verdict = await inTime(text, signal);
        failures = 0;
        return verdict;
      } catch (error) {
        // Whoever asked gave up; that says nothing of the service.
        if (signal.aborted) throw error;
        failures++;
        if (failures >= BREAKER.failures) restsUntil = elapsed() + BREAKER.restMs;
        throw error;
      }
    },
  };
}
