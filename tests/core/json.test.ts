// The look at untrusted JSON before anything else: what would hurt later is refused, everything else passes untouched.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { AppError } from '../../src/core/errors.ts';
import { assertSafeJson, MAX_JSON_DEPTH } from '../../src/core/json.ts';

const nested = (depth: number, inner: unknown = 1): unknown =>
  depth === 0 ? inner : [nested(depth - 1, inner)];

function reasonFor(value: unknown): string | undefined {
  try {
    assertSafeJson(value);
    return undefined;
  } catch (error) {
    return (error as AppError).reason;
  }
}

test('nesting is allowed up to the limit and not beyond', () => {
  expect(reasonFor(nested(MAX_JSON_DEPTH))).toBeUndefined();
  expect(reasonFor(nested(MAX_JSON_DEPTH + 1))).toBe('too_deep');
  expect(reasonFor(JSON.parse(`${'['.repeat(30_000)}${']'.repeat(30_000)}`))).toBe('too_deep');
  expect(reasonFor(JSON.parse(`${'{"a":'.repeat(8000)}1${'}'.repeat(8000)}`))).toBe('too_deep');
});

test('bytes are refused inside of an object, and let through as a whole', () => {
  expect(reasonFor({ a: [{ b: Buffer.from('x') }] })).toBe('binary');
  expect(reasonFor([new ArrayBuffer(2)])).toBe('binary');
  expect(reasonFor(Buffer.from('x'))).toBeUndefined();
});

describe('a text that no database takes', () => {
  const bad: [string, string, string][] = [
    ['NUL', 'a\u0000b', 'nul_character'],
    ['a high surrogate', 'a\ud800', 'malformed_text'],
    ['a low surrogate', '\udc00b', 'malformed_text'],
    ['surrogates the wrong way round', '\udc00\ud800', 'malformed_text'],
  ];
  test.each(bad)('%s is refused as a value and as a key, at any depth', (_, text, reason) => {
    for (const value of [text, [text], { a: { b: [text] } }, { [text]: 1 }, [{ [text]: {} }]])
      expect(reasonFor(value), JSON.stringify(value)).toBe(reason);
  });

  test('the place of the offence is named', () => {
    expect(() => assertSafeJson({ a: [{ b: 'x\u0000' }] })).toThrow('a.0.b contains a NUL character');
  });
});

test('an own __proto__ is refused; words that only look like it are not', () => {
  expect(reasonFor(JSON.parse('{"a":{"__proto__":1}}'))).toBe('forbidden_key');
  expect(reasonFor({ a: '__proto__', constructor: 1, prototype: 2, toString: 3 })).toBeUndefined();
});

test('whatever JSON can say within these rules passes, and is not changed', () => {
  const text = fc.string({ unit: 'grapheme' }).filter((s) => !s.includes('\u0000') && s.isWellFormed());
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 6, stringUnit: 'grapheme' }), text, (value, word) => {
      const whole = { value, word, '😀': '👩‍👩‍👧' };
      const before = JSON.stringify(whole);
      if (/\\u0000|__proto__/.test(before)) return;
      assertSafeJson(whole);
      expect(JSON.stringify(whole)).toBe(before);
    }),
    { numRuns: 500 },
  );
});
