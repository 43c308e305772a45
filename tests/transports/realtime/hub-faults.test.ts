// Single faults around the hub, each by its name: what must still be true is P3, and that one subscriber or one sick
// database cannot harm the others.
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { World } from './hub-model.ts';

const AT_ONCE = { readMs: 0, rightsMs: 0, liveMs: 0 };
const LOST = [undefined];

let world: World;
beforeEach(() => {
  vi.useFakeTimers();
  world = new World();
});
afterEach(() => {
  world.stop();
  vi.useRealTimers();
});

const advance = (ms: number) => vi.advanceTimersByTimeAsync(ms);

test('a lost entry is fetched from the log before a later one is written', async () => {
  const ada = world.join('ada', AT_ONCE);
  await advance(1);
  world.append(2, LOST);
  world.append(1, [0]);
  expect(ada.seqs).toEqual([]);
  await advance(50);
  expect(ada.seqs).toEqual([1, 2, 3]);
});

test('a join that read further than the bus has carried makes the lost entries known to the others', async () => {
  const ada = world.join('ada', AT_ONCE);
  await advance(1);
  world.append(3, LOST);
  world.join('bob', AT_ONCE);
  await advance(50);
  expect(ada.seqs).toEqual([1, 2, 3]);
});

test('one read of the log at a time heals a gap, however many entries come while the database fails', async () => {
  world = new World(['fail', 'fail', 'fail', 'fail']);
  const ada = world.join('ada', AT_ONCE);
  await advance(1);
  world.append(1, LOST);
  for (let i = 0; i < 50; i++) {
    world.append(1, [0]);
    await advance(30);
  }
  await advance(2000);
  expect(world.reads.most).toBe(1);
  expect(world.reads.failed).toBe(4);
  expect(ada.seqs).toEqual(world.log.map((entry) => entry.seq));
});

test('nobody is read for when everybody has left', async () => {
  const ada = world.join('ada', AT_ONCE);
  await advance(1);
  world.append(1, LOST);
  world.append(1, [0]);
  world.leave(ada);
  await advance(5000);
  expect(vi.getTimerCount()).toBe(0);
});

test('whoever is let in again and joins is not thrown out by the entry that removed him before', async () => {
  const ada = world.join('ada', AT_ONCE);
  await advance(1);
  // The removal is late on the bus; by then Bob is a member again and has joined behind it.
  world.append(1, [60], 'bob');
  world.members.add('bob');
  world.append(1, LOST);
  const bob = world.join('bob', AT_ONCE);
  await advance(10);
  world.append(1, [0]);
  await advance(100);
  expect(bob.evicted).toBe(0);
  expect(bob.seqs).toEqual([3]);
  expect(ada.seqs).toEqual([1, 2, 3]);
});

test('nothing after the entry that removes someone reaches him, even when all arrive together', async () => {
  const ada = world.join('ada', AT_ONCE);
  const bob = world.join('bob', AT_ONCE);
  await advance(1);
  world.append(2, [10], 'bob');
  world.append(2, [5]);
  await advance(50);
  expect(bob.seqs).toEqual([1, 2]);
  expect(bob.evicted).toBe(1);
  expect(ada.seqs).toEqual([1, 2, 3, 4]);
});

test('a joiner for whom too much came is told once, and the others go on', async () => {
  const ada = world.join('ada', AT_ONCE);
  await advance(1);
  const bob = world.join('bob', { readMs: 1000, rightsMs: 0, liveMs: 0 });
  world.append(5100, [0]);
  world.append(100, [0]);
  await advance(2000);
  expect(bob.overflowed).toBe(1);
  expect(bob.seqs).toEqual([]);
  expect(ada.seqs).toHaveLength(5200);
});

test('a subscriber that throws keeps nothing from the others', async () => {
  const ada = world.join('ada', AT_ONCE);
  await advance(1);
  // Behind the channel: joined with entries that the bus still owes.
  world.append(1, [20]);
  const bob = world.join('bob', AT_ONCE);
  const eve = world.join('eve', AT_ONCE);
  await advance(1);
  bob.broken = true;
  world.append(1, [0]);
  world.signal([0]);
  await advance(100);
  expect(ada.seqs).toEqual([1, 2]);
  expect(eve.seqs).toEqual([2]);
  expect(eve.signals).toBe(1);
});
