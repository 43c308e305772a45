// Request and answer over the transport: waits for a connection, times out, can be aborted.
// Must never repeat a call: only its caller knows whether that is safe.
import type { CallOptions, Problem } from './api.ts';
import { fromProblem, ParleyError } from './error.ts';
import type { Timers } from './ports.ts';

export interface RawCallOptions extends CallOptions {
  /** Fail with `disconnected` at once when there is no connection. */
  now?: boolean;
}

export interface Calls {
  call(name: string, input: unknown, options?: RawCallOptions): Promise<unknown>;
  /** A connection is there: calls that wait go out. */
  opened(): void;
  /** It is gone: calls on their way fail, calls that wait keep waiting. */
  lost(): void;
  /** Calls that wait fail, and new ones too, until `allow`. */
  refuse(error: ParleyError): void;
  allow(): void;
}

interface Pending {
  send(): void;
  fail(error: ParleyError): void;
}

type Emit = (name: string, input: unknown, ack: (reply: unknown) => void) => void;

export function createCalls(emit: Emit, timers: Timers, defaultTimeoutMs: number): Calls {
  const waiting = new Set<Pending>();
  const sent = new Set<Pending>();
  let open = false;
  let refusal: ParleyError | undefined;

  function call(name: string, input: unknown, options: RawCallOptions = {}): Promise<unknown> {
    const { signal, timeoutMs = defaultTimeoutMs } = options;
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(aborted(name, signal));
      if (refusal !== undefined) return reject(refusal);
      if (options.now === true && !open) return reject(disconnected(name));
      const done = () => {
        cancelTimeout();
        signal?.removeEventListener('abort', onAbort);
        waiting.delete(pending);
        sent.delete(pending);
      };
      const fail = (error: ParleyError) => {
        done();
        reject(error);
      };
      const onAbort = () => fail(aborted(name, signal));
      const pending: Pending = {
        fail: (error) => fail(error),
        send() {
          waiting.delete(pending);
          sent.add(pending);
          emit(name, input, (reply) => {
            if (!sent.has(pending)) return;
            done();
            settle(name, reply, resolve, reject);
          });
        },
      };
      const cancelTimeout = timers.after(timeoutMs, () => fail(timedOut(name, timeoutMs)));
      signal?.addEventListener('abort', onAbort, { once: true });
      if (open) pending.send();
      else waiting.add(pending);
    });
  }

  return {
    call,
    opened() {
      open = true;
      for (const pending of [...waiting]) pending.send();
    },
    lost() {
      open = false;
      for (const pending of [...sent]) pending.fail(disconnected('The call'));
    },
    refuse(error) {
      refusal = error;
      for (const pending of [...waiting]) pending.fail(error);
    },
    allow() {
      refusal = undefined;
    },
  };
}

function settle(
  name: string,
  reply: unknown,
  resolve: (data: unknown) => void,
  reject: (error: ParleyError) => void,
): void {
  const answer = reply as { ok?: unknown; data?: unknown; error?: Problem } | undefined;
  if (answer?.ok === true) resolve(answer.data);
  else if (answer?.error !== undefined) reject(fromProblem(answer.error));
  else reject(new ParleyError('internal', 'bad_answer', `${name} got an answer that makes no sense`));
}

const disconnected = (name: string): ParleyError =>
  new ParleyError('disconnected', 'disconnected', `${name} had no connection to get its answer over`);

const timedOut = (name: string, ms: number): ParleyError =>
  new ParleyError('timeout', 'timeout', `${name} got no answer within ${ms} ms`);

const aborted = (name: string, signal: AbortSignal | undefined): ParleyError =>
  new ParleyError('aborted', 'aborted', `${name} was aborted`, { cause: signal?.reason });
