// Calls share a look, each gets its own answer, and none is answered by a look that began before it was asked.
import { expect, test } from 'vitest';
import { createBatcher } from '../../src/core/batcher.ts';

test('calls of one turn share a look, and get their own answers in their places', async () => {
  const batches: number[][] = [];
  const twice = createBatcher({
    parallel: 1,
    maxBatch: 100,
    run: async (keys: number[]) => {
      batches.push(keys);
      return keys.map((key) => key * 2);
    },
  });
  expect(await Promise.all([1, 2, 3].map(twice))).toEqual([2, 4, 6]);
  expect(batches).toEqual([[1, 2, 3]]);
});

test('who asks while a look is under way is answered by a later one', async () => {
  let value = 'old';
  let release = () => {};
  const look = createBatcher({
    parallel: 1,
    maxBatch: 100,
    run: async (keys: string[]) => {
      const seen = value;
      if (seen === 'old') await new Promise<void>((resolve) => (release = resolve));
      return keys.map(() => seen);
    },
  });
  const first = look('a');
  await new Promise((resolve) => setImmediate(resolve));
  await new Promise((resolve) => setImmediate(resolve));
  value = 'new';
  const second = look('b');
  release();
  expect(await first).toBe('old');
  expect(await second).toBe('new');
});

test('more than fit into one look are all answered, and a failed look refuses only its own', async () => {
  const sizes: number[] = [];
  const look = createBatcher({
    parallel: 2,
    maxBatch: 10,
    run: async (keys: number[]) => {
      sizes.push(keys.length);
      if (keys.includes(13)) throw new Error('no');
      return keys;
    },
  });
  const answers = await Promise.allSettled(Array.from({ length: 25 }, (_, i) => look(i)));
  expect(sizes).toEqual([10, 10, 5]);
  expect(answers.map((a) => a.status === 'fulfilled')).toEqual(
    Array.from({ length: 25 }, (_, i) => i < 10 || i >= 20),
  );
});
