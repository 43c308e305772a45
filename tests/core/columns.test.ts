// Columns as literals of arrays: what needs no quotes stands as it is, anything else is refused.
import { expect, test } from 'vitest';
import { plainArray } from '../../src/core/db/columns.ts';
import { newId } from '../../src/core/ids.ts';

test('ids, numbers, names and nothing stand as they are', () => {
  const id = newId();
  expect(plainArray([id, id])).toBe(`{${id},${id}}`);
  expect(plainArray([1, null, -3])).toBe('{1,NULL,-3}');
  expect(plainArray([true, false])).toBe('{true,false}');
  expect(plainArray([])).toBe('{}');
});

test.each(['', 'a,b', 'a b', 'a"b', '{}', "a'b", 'a\\b', 'ä', 'a\nb'])('%j would need quotes', (word) => {
  expect(() => plainArray(['fine', word])).toThrow(TypeError);
});
