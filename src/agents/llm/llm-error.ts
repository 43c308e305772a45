// The one error a model call may end with, and what follows from each kind of it.
// Must never carry prompt text, a key, or a response body: messages are shown to people and logged.

export type LlmErrorKind =
  | 'rate_limited'
  | 'overloaded'
  | 'timeout'
  | 'bad_response'
  | 'auth'
  | 'bad_request'
  | 'cancelled'
  | 'budget_exhausted'
  | 'too_long'
  | 'unavailable';

const RETRYABLE: Record<LlmErrorKind, boolean> = {
  rate_limited: true,
  overloaded: true,
  timeout: true,
  bad_response: true,
  unavailable: true,
  auth: false,
  bad_request: false,
  cancelled: false,
  budget_exhausted: false,
  too_long: false,
};

export interface LlmErrorInit {
  retryable?: boolean;
  retryAfterMs?: number | undefined;
  status?: number | undefined;
  cause?: unknown;
}

export class LlmError extends Error {
  override readonly name = 'LlmError';
  readonly kind: LlmErrorKind;
  readonly retryable: boolean;
  /** How long the server asked us to wait, in ms. */
  readonly retryAfterMs: number | undefined;
  readonly status: number | undefined;
  /** True when text or a tool call had already been yielded, so the call may not be repeated silently. */
  readonly partial: boolean;

  constructor(kind: LlmErrorKind, message: string, init: LlmErrorInit & { partial?: boolean } = {}) {
    super(message, init.cause === undefined ? undefined : { cause: init.cause });
    this.kind = kind;
    this.retryable = init.retryable ?? RETRYABLE[kind];
    this.retryAfterMs = init.retryAfterMs;
    this.status = init.status;
    this.partial = init.partial ?? false;
  }

  asPartial(): LlmError {
    return new LlmError(this.kind, this.message, {
      retryable: this.retryable,
      retryAfterMs: this.retryAfterMs,
      status: this.status,
      cause: this.cause,
      partial: true,
    });
  }
}

export const cancelled = (cause?: unknown): LlmError =>
  new LlmError('cancelled', 'The model call was cancelled.', { cause });

/** Anything thrown, as an LlmError. What no table knows is `unavailable`: the network and the runtime fail that way. */
export function toLlmError(error: unknown, signal?: AbortSignal): LlmError {
  if (error instanceof LlmError) return error;
  if (signal?.aborted) return cancelled(error);
  return new LlmError('unavailable', 'The model could not be reached or broke off.', { cause: error });
}
