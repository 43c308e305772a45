// A room that is open for days: what is held stays bounded, and nothing that is shown gets a hole or a wrong number by it.
import { expect, it } from 'vitest';
import { MOST_LIVE } from '../src/room-data.ts';
import { setUpLive } from './support.ts';

type World = Awaited<ReturnType<typeof setUpLive>>;

async function say(world: World, count: number, more: { threadId?: string } = {}): Promise<void> {
  for (let i = 0; i < count; i++) {
    world.server.post('lobby', 'bob', `word ${i}`, more);
    if (i % 100 === 99) await world.time.advance(20);
  }
  await world.time.advance(50);
}
const seqs = (messages: readonly { seq: number }[]) => messages.map(({ seq }) => seq);
const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i);

it('I38 the list is cut to its newest, pages again without a hole, and counts what is unread', async () => {
  const world = await setUpLive();
  const { server, time, room } = world;
  let longest = 0;
  room.subscribe(() => {
    longest = Math.max(longest, room.getSnapshot().messages.length);
  });
  await say(world, 3000);
  expect(longest).toBeLessThanOrEqual(MOST_LIVE + 100);
  const { messages, hasMoreBefore, me } = room.getSnapshot();
  expect([messages.length < MOST_LIVE, hasMoreBefore, me?.unread]).toEqual([true, true, 3000]);
  expect(messages.at(-1)?.seq).toBe(3000);

  const before = messages.length;
  for (let i = 0; i < 10; i++) {
    const page = room.messages.loadBefore(100);
    await time.advance(20);
    await page;
  }
  const paged = room.getSnapshot().messages;
  expect(seqs(paged)).toEqual(range(3000 - before - 999, 3000));
  // Who paged back keeps what was loaded for a while.
  await say(world, 400);
  expect(room.getSnapshot().messages).toHaveLength(before + 1400);
  await say(world, 200);
  expect(room.getSnapshot().messages.length).toBeLessThan(MOST_LIVE);
  const read = room.markRead(3500);
  await time.advance(50);
  await read;
  expect(room.getSnapshot().me?.unread).toBe(server.membership('lobby', 'ada').unread);
});

it('I38 a page that is on its way when too many come fits where it was asked for', async () => {
  const world = await setUpLive({}, 200);
  const { network, time, room } = world;
  await say(world, MOST_LIVE - 60);
  Object.assign(network.faults, { min: 50, max: 50 });
  const page = room.messages.loadBefore(100);
  for (let i = 0; i < 100; i++) world.server.post('lobby', 'bob', 'meanwhile');
  await time.advance(200);
  await page;
  const { messages } = room.getSnapshot();
  expect(seqs(messages)).toEqual(range(messages[0]?.seq as number, 200 + MOST_LIVE - 60 + 100));
});

it('I38 I22 a thread keeps its first message and all replies when the list lets go of them', async () => {
  const world = await setUpLive();
  const { server, time, room } = world;
  const root = server.post('lobby', 'bob', 'root');
  await say(world, 3, { threadId: root.id });
  room.thread(root.id).join();
  await time.advance(100);
  await say(world, 600);
  await say(world, 2, { threadId: root.id });
  await say(world, 800);
  expect(room.getSnapshot().messages[0]?.seq).toBeGreaterThan(root.seq);
  const check = () => {
    const { root: shown, replies, hasMoreBefore, unread } = room.thread(root.id).getSnapshot();
    const truth = server.messages('lobby');
    expect(replies).toEqual(truth.filter(({ threadId }) => threadId === root.id));
    expect([shown, hasMoreBefore]).toEqual([truth.find(({ id }) => id === root.id), false]);
    expect(unread).toBe(replies.filter(({ deletedAt }) => deletedAt === undefined).length);
  };
  check();
  server.edit(root.id, 'better');
  server.remove(room.thread(root.id).getSnapshot().replies[1]?.id as string);
  await say(world, 1, { threadId: root.id });
  check();
});

it('I38 I32 the past goes on without a hole, bounded, and is live at its end', async () => {
  const world = await setUpLive({}, 300);
  const { time, room } = world;
  const page = room.history.loadBefore(100);
  await time.advance(50);
  await page;
  await say(world, 4000);
  const { messages, hasMoreBefore, hasMoreAfter } = room.history.getSnapshot();
  expect(seqs(messages)).toEqual(range(messages[0]?.seq as number, 4300));
  expect([messages.length <= 2 * MOST_LIVE, hasMoreBefore, hasMoreAfter]).toEqual([true, true, false]);
  const back = room.history.loadBefore(100);
  await time.advance(50);
  await back;
  const after = room.history.getSnapshot().messages;
  expect(seqs(after)).toEqual(range(after[0]?.seq as number, after.at(-1)?.seq as number));
  expect(after[0]?.seq).toBe((messages[0]?.seq as number) - 100);
});
