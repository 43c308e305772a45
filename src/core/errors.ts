// The one error class, and the one table from an error's code to what each surface does with it.
// Must never carry a stack trace, a secret or another tenant's data to a caller.

export interface CodeRow {
  status: number;
  /** WebSocket close code if the error ends a connection: 4000–4499 reconnect, 4500–4999 stop. */
  close: number;
  retryable: boolean;
  level: 'debug' | 'info' | 'warn' | 'error';
  title: string;
}

export const ERROR_CODES = {
  unauthorized: { status: 401, close: 4501, retryable: false, level: 'info', title: 'Not signed in' },
  forbidden: { status: 403, close: 4503, retryable: false, level: 'info', title: 'Not allowed' },
  not_found: { status: 404, close: 4504, retryable: false, level: 'debug', title: 'Not found' },
  conflict: { status: 409, close: 4509, retryable: false, level: 'debug', title: 'Conflict' },
  too_large: { status: 413, close: 4513, retryable: false, level: 'info', title: 'Too large' },
  bad_request: { status: 400, close: 4500, retryable: false, level: 'debug', title: 'Malformed request' },
  invalid: { status: 422, close: 4522, retryable: false, level: 'debug', title: 'Invalid value' },
  rate_limited: { status: 429, close: 4029, retryable: true, level: 'info', title: 'Too many requests' },
  unavailable: { status: 503, close: 4003, retryable: true, level: 'warn', title: 'Not available now' },
  internal: { status: 500, close: 4000, retryable: true, level: 'error', title: 'Something went wrong' },
} as const satisfies Record<string, CodeRow>;

export type ErrorCode = keyof typeof ERROR_CODES;

export interface FieldError {
  path: string;
  message: string;
}

export interface ErrorDetails {
  retryAfterMs?: number;
  /** When what refuses it ends, ISO 8601. */
  until?: string;
  errors?: FieldError[];
}

export class AppError extends Error {
  override readonly name = 'AppError';
  readonly code: ErrorCode;
  /** Stable snake_case word for programs: `room_not_found`, `message_id_reused`. */
  readonly reason: string;
  readonly details: ErrorDetails;

  constructor(code: ErrorCode, reason: string, message: string, details: ErrorDetails = {}) {
    super(message);
    this.code = code;
    this.reason = reason;
    this.details = details;
  }
}

/** RFC 9457 problem details; also what sockets get as `error`. */
export interface Problem {
  type: string;
  title: string;
  status: number;
  code: ErrorCode;
  reason: string;
  detail: string;
  retryable: boolean;
  retryAfterMs?: number;
  until?: string;
  errors?: FieldError[];
  traceId: string;
}

/** Turns anything thrown into what a caller may see. Unknown errors lose their text on purpose. */
export function toProblem(error: unknown, traceId: string): Problem {
  const known =
    error instanceof AppError
      ? error
      : isUnavailable(error)
        ? new AppError(
            'unavailable',
            'database_unavailable',
            'The database is not answering; try again shortly.',
            {
              retryAfterMs: 1000,
            },
          )
        : new AppError(
            'internal',
            'internal',
            `Something went wrong here; quote traceId ${traceId} when reporting it.`,
          );
  const row = ERROR_CODES[known.code];
  return {
    type: `urn:parley:problem:${known.reason.replaceAll(/[^a-z0-9]+/g, '-')}`,
    title: row.title,
    status: row.status,
    code: known.code,
    reason: known.reason,
    detail: known.message,
    retryable: row.retryable,
    ...(known.details.retryAfterMs === undefined ? {} : { retryAfterMs: known.details.retryAfterMs }),
    ...(known.details.until === undefined ? {} : { until: known.details.until }),
    ...(known.details.errors === undefined ? {} : { errors: known.details.errors }),
    traceId,
  };
}

const UNAVAILABLE = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ETIMEDOUT',
  'EPIPE',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  '57P01',
  '57P02',
  '57P03',
  '53300',
  '08000',
  '08001',
  '08003',
  '08006',
  '57014',
  '55P03',
  '40001',
  '40P01',
  '25006',
  '25P03',
]);

/** True for errors of the database or network that a retry may cure. */
export function isUnavailable(error: unknown): boolean {
  if (error instanceof AppError) return error.code === 'unavailable';
  if (!(error instanceof Error)) return false;
  const code = (error as { code?: unknown }).code;
  if (typeof code === 'string' && UNAVAILABLE.has(code)) return true;
  return /timeout exceeded when trying to connect|timeout expired|Connection terminated|is not queryable|connection has been discarded|Query read timeout|PGlite is closed/i.test(
    error.message,
  );
}

export const notFound = (reason: string, message: string): AppError =>
  new AppError('not_found', reason, message);
