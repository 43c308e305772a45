// The one error the SDK throws. Carries what the server said, so a caller can decide without parsing text.
import type { Problem } from './api.ts';

export type { Problem };

/** Codes that the server gives, and the five that only a client can see. */
export type ParleyErrorCode =
  | Problem['code']
  /** No answer in time. The call may have happened; repeating a send under its id is safe. */
  | 'timeout'
  /** The connection went away before the answer. */
  | 'disconnected'
  /** The caller's AbortSignal fired. */
  | 'aborted'
  /** The client was closed. */
  | 'closed'
  /** An unsent message was discarded. */
  | 'discarded';

const RETRYABLE = new Set<ParleyErrorCode>([
  'timeout',
  'disconnected',
  'rate_limited',
  'unavailable',
  'internal',
]);

export interface ParleyErrorInit {
  retryable?: boolean;
  /** Milliseconds that the server asks to wait before the next try. */
  retryAfterMs?: number;
  problem?: Problem;
  cause?: unknown;
}

export class ParleyError extends Error {
  override readonly name = 'ParleyError';
  readonly code: ParleyErrorCode;
  /** Stable snake_case word for programs: `room_not_found`. */
  readonly reason: string;
  /** True when the same call may succeed later. */
  readonly retryable: boolean;
  readonly retryAfterMs: number | undefined;
  /** What the server answered, when it was the server. */
  readonly problem: Problem | undefined;

  constructor(code: ParleyErrorCode, reason: string, message: string, init: ParleyErrorInit = {}) {
    super(message, init.cause === undefined ? undefined : { cause: init.cause });
    this.code = code;
    this.reason = reason;
    this.retryable = init.retryable ?? RETRYABLE.has(code);
    this.retryAfterMs = init.retryAfterMs;
    this.problem = init.problem;
  }
}

export function fromProblem(problem: Problem): ParleyError {
  return new ParleyError(problem.code, problem.reason, problem.detail, {
    retryable: problem.retryable,
    problem,
    ...(problem.retryAfterMs === undefined ? {} : { retryAfterMs: problem.retryAfterMs }),
  });
}

/** Anything thrown, as a ParleyError. */
export function toParleyError(error: unknown): ParleyError {
  if (error instanceof ParleyError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new ParleyError('internal', 'unexpected', message, { cause: error, retryable: true });
}
