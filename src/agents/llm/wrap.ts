// The one order in which the wrappers go around a provider. Must never be repeated by hand elsewhere.
import { type BudgetOptions, withBudget } from './budget.ts';
import { withDeadline } from './deadline.ts';
import type { Llm, Sleep } from './llm.ts';
import { type MeteredLlm, type MeterOptions, withMeter } from './meter.ts';
import { type RetryOptions, withRetry } from './retry.ts';

export interface WrapOptions {
  sleep: Sleep;
  random: () => number;
  elapsed: () => number;
  idleMs?: number;
  totalMs?: number;
  tries?: number;
  attempts?: RetryOptions['attempts'];
  maxWaitMs?: number;
  onCall?: MeterOptions['onCall'];
  onRetry?: RetryOptions['onRetry'];
  prices?: MeterOptions['prices'];
  budget?: BudgetOptions;
}

/**
 * Total deadline around retry around budget around meter around idle deadline around the provider: each try is paid and metered,
 * none can hang.
 */
export function wrapLlm(llm: Llm, options: WrapOptions): Llm & Pick<MeteredLlm, 'totals'> {
  const { sleep, random, elapsed, idleMs, totalMs, tries, onCall, onRetry, prices } = options;
  const perTry = withDeadline(llm, {
    sleep,
    totalMs: Number.POSITIVE_INFINITY,
    ...(idleMs === undefined ? {} : { idleMs }),
  });
  const metered = withMeter(perTry, {
    elapsed,
    ...(onCall ? { onCall } : {}),
    ...(prices ? { prices } : {}),
  });
  const paid = options.budget === undefined ? metered : withBudget(metered, options.budget);
  const retried = withRetry(paid, {
    sleep,
    random,
    ...(tries === undefined ? {} : { tries }),
    ...(options.attempts === undefined ? {} : { attempts: options.attempts }),
    ...(options.maxWaitMs === undefined ? {} : { maxWaitMs: options.maxWaitMs }),
    ...(onRetry ? { onRetry } : {}),
  });
  const whole = withDeadline(retried, {
    sleep,
    idleMs: Number.POSITIVE_INFINITY,
    ...(totalMs === undefined ? {} : { totalMs }),
  });
  return { provider: llm.provider, stream: (req) => whole.stream(req), totals: metered.totals };
}
