// Values that no field expects, and what an answer to them may be.
import { expect } from 'vitest';
import { ERROR_CODES, type Problem } from '../../src/core/errors.ts';

const nested = (depth: number): unknown => JSON.parse(`${'['.repeat(depth)}${']'.repeat(depth)}`);

/** By name, so that a failure says which. */
export const HOSTILE_VALUES: Record<string, unknown> = {
  null: null,
  true: true,
  zero: 0,
  'a negative number': -1,
  'a fraction': 0.5,
  'a number beyond all integers': 1e308,
  'an unsafe integer': 2 ** 60,
  'an empty text': '',
  'a space': ' ',
  'a long text': 'x'.repeat(20_000),
  NUL: 'a\u0000b',
  'a lone surrogate': 'a\ud800b',
  'a key with a lone surrogate': { '\ud800': 1 },
  'a key with NUL': { 'a\u0000': 1 },
  'a pattern': '%_\\',
  'a regular expression': '(a+)+$',
  SQL: "'; drop table messages; --",
  'a path': '../../etc/passwd',
  'a number as text': '1e999',
  'not a date': '9999-99-99T99:99:99Z',
  'an id of nothing': '00000000-0000-4000-8000-00000000dead',
  'an empty list': [],
  'a long list': Array.from({ length: 500 }, () => 'x'),
  'a list of lists': [[[]]],
  'an empty object': {},
  'an object for a word': { $ne: null },
  'an own __proto__': JSON.parse('{"__proto__":{"admin":true}}'),
  'a constructor': { constructor: { prototype: {} } },
  'nested 100 deep': nested(100),
  'nested 3000 deep': nested(3000),
};

/** Bad input is the caller's fault, said in the contract's words; never ours. */
export function expectRefusal(problem: Problem, what: string): void {
  expect(Object.keys(ERROR_CODES), what).toContain(problem.code);
  expect(problem.status, `${what}: ${problem.reason}`).toBeLessThan(500);
  expect(problem, what).toMatchObject({
    title: expect.any(String),
    reason: expect.any(String),
    detail: expect.any(String),
    traceId: expect.any(String),
    retryable: expect.any(Boolean),
    status: ERROR_CODES[problem.code].status,
  });
  expect(`${problem.detail} ${JSON.stringify(problem.errors)}`, what).not.toMatch(
    /\bat .+:\d+:\d+|node_modules|select .+ from|syntax error/i,
  );
}
