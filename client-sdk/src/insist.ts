// Calls that carry an id of their own, so that repeating them is harmless: repeated until there is an answer.
// Must never be used for a call that happens again when it is repeated.
import type { CallOptions } from './api.ts';
import { backoff, RESEND } from './backoff.ts';
import { ParleyError, toParleyError } from './error.ts';
import type { Timers } from './ports.ts';

export interface Insistence {
  timers: Timers;
  random: () => number;
}

/** Answers like "later", or none, in a row. */
const MAX_TRIES = 10;

export async function insist<T>(
  { timers, random }: Insistence,
  call: (options: CallOptions) => Promise<T>,
  options: CallOptions = {},
): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await call(options);
    } catch (thrown) {
      const error = toParleyError(thrown);
      if (!error.retryable || tries === MAX_TRIES) throw error;
      await pause(timers, backoff(RESEND, tries, random, error.retryAfterMs), options.signal);
    }
  }
}

function pause(timers: Timers, ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = () => {
      cancel();
      reject(new ParleyError('aborted', 'aborted', 'The call was aborted', { cause: signal?.reason }));
    };
    const cancel = timers.after(ms, () => {
      signal?.removeEventListener('abort', end);
      resolve();
    });
    signal?.addEventListener('abort', end, { once: true });
    if (signal?.aborted) end();
  });
}
