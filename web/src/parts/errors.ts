// What to tell a reader about an error: what happened and what they can do.
import { ParleyError } from '@parley/client';

export function messageOf(error: unknown): string {
  if (!(error instanceof ParleyError)) return 'Something went wrong on this page. Reload it and try again.';
  switch (error.code) {
    case 'timeout':
      return 'The server did not answer in time. Try again.';
    case 'disconnected':
      return 'The connection was lost. Try again when you are back online.';
    case 'unavailable':
      return error.reason === 'unreachable'
        ? 'The server cannot be reached. Check your connection and try again.'
        : 'The server is not available just now. Try again shortly.';
    case 'rate_limited':
      return `Too many requests. Try again ${waitOf(error.retryAfterMs)}.`;
    case 'invalid':
      return (
        error.problem?.errors?.map((field) => `${field.path} ${field.message}`).join('; ') ?? error.message
      );
    default:
      return error.message;
  }
}

const waitOf = (ms: number | undefined): string =>
  ms === undefined ? 'shortly' : `in ${Math.max(1, Math.ceil(ms / 1000))} s`;
