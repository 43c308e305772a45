// A topic rests in proportion to what its last delivery cost, and never when that was cheap.
import { expect, test } from 'vitest';
import { createPace } from '../../src/core/pace.ts';

function at() {
  let now = 1000;
  const pace = createPace({ elapsed: () => now });
  const pass = (ms: number) => {
    now += ms;
  };
  return { pace, pass };
}

test('a topic that nothing was said in does not rest', () => {
  expect(at().pace.rest('room:a')).toBe(0);
});

test.each([
  [0.9, 0],
  [4, 2],
  [12, 6],
  [500, 10],
])('a delivery that took %d ms is followed by a rest of %d ms', (ms, rest) => {
  const { pace } = at();
  pace.spent('room:a', ms);
  expect(pace.rest('room:a')).toBe(rest);
  expect(pace.rest('room:b')).toBe(0);
});

test('the rest passes, and a cheap delivery ends it', () => {
  const { pace, pass } = at();
  pace.spent('room:a', 8);
  pass(3);
  expect(pace.rest('room:a')).toBe(1);
  pass(2);
  expect(pace.rest('room:a')).toBe(0);
  pace.spent('room:a', 8);
  pace.spent('room:a', 0.1);
  expect(pace.rest('room:a')).toBe(0);
});
