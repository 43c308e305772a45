// Two clocks on a model call: no event for `idleMs`, or not done within `totalMs`, ends it. Cancelling ends it at once, too.
// Must never wait for a provider that does not react to its abort signal.
import type { Llm, LlmEvent, LlmRequest, Sleep } from './llm.ts';
import { cancelled, LlmError, toLlmError } from './llm-error.ts';

export interface DeadlineOptions {
  /** Must reject or never settle when its signal aborts; it is aborted as soon as it is not needed. */
  sleep: Sleep;
  /** Default 30 000. Infinity switches this clock off. */
  idleMs?: number;
  /** Default 120 000. Infinity switches this clock off. */
  totalMs?: number;
}

/**
 * An idle timeout is retryable (another try may find a live server), a total one is not: its time is spent. Put the total clock
 * outside `withRetry` and the idle clock inside, as `wrapLlm` does, so that waiting for a retry is not taken for silence.
 * @throws LlmError timeout, cancelled, or whatever the inner stream throws
 */
export function withDeadline(llm: Llm, options: DeadlineOptions): Llm {
  const { sleep, idleMs = 30_000, totalMs = 120_000 } = options;
  return {
    provider: llm.provider,
    async *stream(req: LlmRequest): AsyncGenerator<LlmEvent> {
      if (req.signal.aborted) throw cancelled(req.signal.reason);
      const stop = new AbortController();
      const inner = llm
        .stream({ ...req, signal: AbortSignal.any([req.signal, stop.signal]) })
        [Symbol.asyncIterator]();
      const total = startClock(sleep, totalMs, () =>
        timeout(`The model was not done after ${totalMs} ms.`, false),
      );
      const cancel = watchSignal(req.signal);
      let yielded = false;
      let finished = false;
      try {
        while (true) {
          const idle = startClock(sleep, idleMs, () =>
            timeout(`The model said nothing for ${idleMs} ms.`, true),
          );
          const next = inner.next();
          // Whoever loses the race must not become an unhandled rejection.
          next.catch(() => undefined);
          const result = await Promise.race([next, idle.fired, total.fired, cancel.fired]).finally(idle.stop);
          if (result.done) {
            finished = true;
            return;
          }
          yielded = true;
          yield result.value;
        }
      } catch (thrown) {
        const error = toLlmError(thrown, req.signal);
        throw yielded ? error.asPartial() : error;
      } finally {
        total.stop();
        cancel.stop();
        stop.abort();
        if (!finished) void Promise.resolve(inner.return?.()).catch(() => undefined);
      }
    },
  };
}

interface Alarm {
  /** Rejects when the alarm goes off; never resolves. */
  fired: Promise<never>;
  stop(): void;
}

function startClock(sleep: Sleep, ms: number, error: () => LlmError): Alarm {
  const off = new AbortController();
  const fired = new Promise<never>((_, reject) => {
    if (ms === Number.POSITIVE_INFINITY) return;
    sleep(ms, off.signal).then(
      () => {
        if (!off.signal.aborted) reject(error());
      },
      () => undefined,
    );
  });
  fired.catch(() => undefined);
  return { fired, stop: () => off.abort() };
}

function watchSignal(signal: AbortSignal): Alarm {
  let onAbort = (): void => undefined;
  const fired = new Promise<never>((_, reject) => {
    onAbort = () => reject(cancelled(signal.reason));
    signal.addEventListener('abort', onAbort, { once: true });
  });
  fired.catch(() => undefined);
  return { fired, stop: () => signal.removeEventListener('abort', onAbort) };
}

function timeout(message: string, retryable: boolean): LlmError {
  return new LlmError('timeout', message, { retryable });
}
