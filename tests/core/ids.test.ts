// Identifiers: unique and sorted by when they were made, however many are made at once.
import { expect, test } from 'vitest';
import { isUuid, newId } from '../../src/core/ids.ts';

test('ids are unique, and sorted also within a millisecond', () => {
  const ids = Array.from({ length: 20_000 }, newId);
  expect(new Set(ids).size).toBe(ids.length);
  expect(ids.toSorted()).toEqual(ids);
});

test('ids are of version 7, and tell when they were made', () => {
  const before = Date.now();
  const id = newId();
  expect(isUuid(id)).toBe(true);
  expect(id[14]).toBe('7');
  const at = Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16);
  expect(at).toBeGreaterThanOrEqual(before);
  // Where very many are made in one millisecond, ids run ahead of the clock by as little.
  expect(at).toBeLessThanOrEqual(Date.now() + 1);
});

test('the end of an id is random: ids of the same moment differ by more than a count', () => {
  const ends = new Set(Array.from({ length: 1000 }, () => newId().slice(-10)));
  expect(ends.size).toBe(1000);
});
