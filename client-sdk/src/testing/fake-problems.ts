// Refusals of the server in memory. Must never say more than a test asks for.
import type { Problem } from '../api.ts';

export const problemOf = (given: Partial<Problem>): Problem => ({
  type: 'about:blank',
  title: 'Refused',
  status: 500,
  code: 'internal',
  reason: 'internal',
  detail: 'Refused by the test',
  retryable: false,
  traceId: 'test',
  ...given,
});

export function fail(code: Problem['code'], reason: string, status: number): never {
  throw problemOf({ code, reason, status });
}
