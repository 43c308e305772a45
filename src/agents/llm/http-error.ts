// Turns what both official SDKs throw into an LlmError, by a table the provider passes in.
// Must never copy a response body into the message: servers echo prompts in their errors.
import { cancelled, LlmError, type LlmErrorKind } from './llm-error.ts';

/** From a provider's own error type or code, and from an HTTP status, to our kinds. */
export interface ErrorTable {
  /** Words that say more than the status, and win over it. */
  decisive: Record<string, LlmErrorKind>;
  statuses: Record<number, LlmErrorKind>;
  /** Words for errors without a status of their own: those that arrive in the middle of a stream. */
  words: Record<string, LlmErrorKind>;
}

/** The shape both SDKs give their API errors. */
interface SdkApiError {
  status?: number | undefined;
  headers?: Headers | undefined;
  type?: string | null | undefined;
  code?: string | null | undefined;
  error?: unknown;
}

/**
 * @param provider shown in the message
 * @param isApiError, isTimeout, isConnection tests for the SDK's classes (each SDK has its own)
 */
export function mapSdkError(
  provider: string,
  error: unknown,
  signal: AbortSignal,
  table: ErrorTable,
  classes: { api: ErrorClass; timeout: ErrorClass; connection: ErrorClass; abort: ErrorClass },
): LlmError {
  if (error instanceof LlmError) return error;
  if (signal.aborted || error instanceof classes.abort) return cancelled(error);
  if (error instanceof classes.timeout) {
    return new LlmError('timeout', `${provider} did not answer in time.`, { cause: error });
  }
  if (error instanceof classes.connection) {
    return new LlmError('unavailable', `${provider} could not be reached.`, { cause: error });
  }
  if (error instanceof classes.api) return fromApiError(provider, error as SdkApiError, table, error);
  if (error instanceof SyntaxError) {
    return new LlmError('bad_response', `${provider} sent something that is not JSON.`, { cause: error });
  }
  return new LlmError('unavailable', `The connection to ${provider} broke off.`, { cause: error });
}

type ErrorClass = abstract new (...args: never[]) => Error;

function fromApiError(provider: string, error: SdkApiError, table: ErrorTable, cause: unknown): LlmError {
  const words = [error.code, error.type, ...bodyWords(error.error)];
  const told =
    find(words, table.decisive) ??
    (error.status === undefined ? find(words, table.words) : table.statuses[error.status]) ??
    kindOfUnknownStatus(error.status);
  // Many servers have no word for it.
  const kind = told === 'bad_request' && bodyTexts(error.error).some(saysTooLong) ? 'too_long' : told;
  const verdict = error.headers?.get('x-should-retry');
  return new LlmError(kind, describe(provider, kind, error.status), {
    status: error.status,
    retryAfterMs: retryAfterMs(error.headers),
    ...(verdict === 'true' ? { retryable: true } : verdict === 'false' ? { retryable: false } : {}),
    cause,
  });
}

const saysTooLong = (text: string): boolean =>
  /context[ _](length|window|size)|prompt is too long|too many (input )?tokens|maximum (context|number of tokens)/i.test(
    text,
  );

function bodyTexts(body: unknown): string[] {
  if (typeof body === 'string') return [body];
  if (typeof body !== 'object' || body === null) return [];
  const { message, error } = body as { message?: unknown; error?: unknown };
  return [
    ...(typeof message === 'string' ? [message] : []),
    ...(error === undefined ? [] : bodyTexts(error)),
  ];
}

function find(words: unknown[], table: Record<string, LlmErrorKind>): LlmErrorKind | undefined {
  const known = words.find((word): word is string => typeof word === 'string' && Object.hasOwn(table, word));
  return known === undefined ? undefined : table[known];
}

function kindOfUnknownStatus(status: number | undefined): LlmErrorKind {
  if (status === undefined || status >= 500) return 'unavailable';
  return status >= 400 ? 'bad_request' : 'bad_response';
}

function bodyWords(body: unknown): unknown[] {
  if (typeof body !== 'object' || body === null) return [];
  const { type, code, error } = body as { type?: unknown; code?: unknown; error?: unknown };
  return [code, type, ...(error === undefined ? [] : bodyWords(error))];
}

const WORDS: Record<LlmErrorKind, string> = {
  rate_limited: 'is limiting our requests',
  overloaded: 'is overloaded',
  timeout: 'did not answer in time',
  bad_response: 'sent an answer that cannot be read',
  auth: 'refused the key or the account behind it',
  bad_request: 'refused the request',
  cancelled: 'was cancelled',
  budget_exhausted: 'may not be asked any more',
  too_long: 'takes no prompt of this length',
  unavailable: 'is not available',
};

function describe(provider: string, kind: LlmErrorKind, status: number | undefined): string {
  return `${provider} ${WORDS[kind]}${status === undefined ? '' : ` (HTTP ${status})`}.`;
}

/**
 * The wait a server asked for, in ms: `retry-after-ms`, or `retry-after` in seconds or as an HTTP date (RFC 9110 10.2.3).
 * A date is read against the response's own `date` header, so no clock of ours is involved.
 */
export function retryAfterMs(headers: Headers | undefined): number | undefined {
  const ms = Number.parseFloat(headers?.get('retry-after-ms') ?? '');
  if (Number.isFinite(ms) && ms >= 0) return ms;
  const value = headers?.get('retry-after');
  if (!value) return undefined;
  if (/^\s*\d+(\.\d+)?\s*$/.test(value)) return Number.parseFloat(value) * 1000;
  const wait = Date.parse(value) - Date.parse(headers?.get('date') ?? '');
  return Number.isFinite(wait) && wait > 0 ? wait : undefined;
}
