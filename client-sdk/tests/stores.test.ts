// Threads, lists of mine and drafts where time decides: what is told while an answer is on its way, and who wrote last.
import { describe, expect, it } from 'vitest';
import { createClient } from '../src/client.ts';
import { createMemoryStorage, setUpLive } from './support.ts';

const AS_BEFORE = { min: 1, max: 5, reorder: false };
/** Answers take long, and what is told meanwhile overtakes them. */
async function overtaking(
  world: Awaited<ReturnType<typeof setUpLive>>,
  ask: () => void,
  meanwhile: () => void,
): Promise<void> {
  const { network, time } = world;
  Object.assign(network.faults, { min: 50, max: 50, reorder: true });
  ask();
  await time.advance(60);
  Object.assign(network.faults, { min: 1, max: 1 });
  meanwhile();
  await time.advance(200);
  Object.assign(network.faults, AS_BEFORE);
}

describe('lists of mine', () => {
  it('I25 keep what is told while an older answer is on its way', async () => {
    const world = await setUpLive();
    const { client, server } = world;
    server.post('lobby', 'bob', '@ada one');
    await overtaking(
      world,
      () => client.inbox.follow(),
      () => server.post('lobby', 'bob', '@ada two'),
    );
    const { items, unread } = client.inbox.getSnapshot();
    expect([items.map(({ message }) => message?.body), unread]).toEqual([['@ada two', '@ada one'], 2]);
  });

  it('I25 show a message as it was changed, also while they are fetched', async () => {
    const world = await setUpLive();
    const { client, server, time } = world;
    const { id } = server.post('lobby', 'bob', '@ada one');
    server.ask('ada', 'save_message', { messageId: id });
    const shown = () =>
      [client.inbox, client.saved].map((list) => list.getSnapshot().items[0]?.message?.body);
    await overtaking(
      world,
      () => [client.inbox, client.saved].map((list) => list.follow()),
      () => server.edit(id, '@ada better'),
    );
    expect(shown()).toEqual(['@ada better', '@ada better']);
    server.edit(id, '@ada best');
    await time.advance(100);
    expect(shown()).toEqual(['@ada best', '@ada best']);
  });

  it('I25 page on without a hole, and count what is older than the page', async () => {
    const { client, server, time } = await setUpLive();
    for (let i = 1; i <= 120; i++) server.post('lobby', 'bob', `@ada ${i}`);
    await time.advance(100);
    client.inbox.follow();
    await time.advance(100);
    expect(client.inbox.getSnapshot()).toMatchObject({ status: 'ready', unread: 120, hasMore: true });
    for (const size of [100, 120]) {
      const more = client.inbox.loadMore();
      await time.advance(100);
      await more;
      expect(client.inbox.getSnapshot().items).toHaveLength(size);
    }
    server.disconnectAll();
    await time.advance(5000);
    const places = client.inbox.getSnapshot().items.map(({ place }) => place);
    expect(places).toEqual(Array.from({ length: 120 }, (_, i) => 120 - i));
    const all = client.inbox.markRead('all');
    expect(client.inbox.getSnapshot().unread).toBe(0);
    await time.advance(100);
    await all;
  });

  it('I25 show what the server has again when a change of mine is refused', async () => {
    const { client, server, time } = await setUpLive();
    server.post('lobby', 'bob', '@ada one');
    client.inbox.follow();
    await time.advance(100);
    server.answer('mark_notifications_read', { code: 'forbidden', reason: 'no', retryable: false });
    const refused = client.inbox.markRead('all').catch((error: unknown) => error);
    expect(client.inbox.getSnapshot().unread).toBe(0);
    await time.advance(100);
    expect(await refused).toMatchObject({ reason: 'no' });
    expect(client.inbox.getSnapshot()).toMatchObject({ unread: 1 });
    expect(client.inbox.getSnapshot().items[0]?.readAt).toBeUndefined();
  });
});

describe('a thread', () => {
  /** A root and replies that the room's own list does not reach back to. */
  async function far() {
    const world = await setUpLive();
    const { server, time, client } = world;
    client.close();
    const root = server.post('lobby', 'bob', 'root');
    const replies = ['a', 'b', 'c'].map((body) => server.post('lobby', 'bob', body, { threadId: root.id }));
    for (let i = 0; i < 60; i++) server.post('lobby', 'bob', `m${i}`);
    const mine = createClient(world.network.clientOptions('ada'));
    const room = mine.room('lobby');
    room.join();
    mine.connect();
    await time.advance(100);
    return { ...world, client: mine, room, root, replies, thread: room.thread(root.id) };
  }

  it('I22 shows a change that overtakes the page with the reply', async () => {
    const world = await far();
    const { server, thread, replies } = world;
    await overtaking(
      world,
      () => thread.join(),
      () => {
        server.edit(replies[0]?.id as string, 'a, better');
        server.react(replies[1]?.id as string, 'bob', '👍');
        server.post('lobby', 'bob', 'd', { threadId: thread.rootId });
      },
    );
    const { replies: shown, root } = thread.getSnapshot();
    expect(shown.map(({ body }) => body)).toEqual(['a, better', 'b', 'c', 'd']);
    expect(shown[1]?.reactions).toEqual([{ emoji: '👍', count: 1, mine: false }]);
    expect(root?.thread?.replies).toBe(4);
    expect(shown).toEqual(server.messages('lobby').filter((message) => message.threadId === thread.rootId));
  });

  it('I22 is fetched anew when the log does not reach back to what was shown', async () => {
    const { server, thread, time, network, replies } = await far();
    thread.join();
    await time.advance(100);
    network.down = true;
    server.disconnectAll();
    await time.advance(10);
    server.edit(replies[0]?.id as string, 'changed while away');
    for (let i = 0; i < 5; i++) server.post('lobby', 'bob', `away ${i}`);
    server.truncate('lobby', server.log('lobby').length - 2);
    network.down = false;
    network.wake();
    await time.advance(1000);
    expect(thread.getSnapshot()).toMatchObject({ status: 'ready', unread: 3 });
    expect(thread.getSnapshot().replies[0]?.body).toBe('changed while away');
  });

  it('I23 tells its mark again that never arrived', async () => {
    const { server, thread, time, replies } = await far();
    thread.join();
    await time.advance(100);
    server.answer('mark_thread_read', { code: 'unavailable', reason: 'away', retryable: true });
    const lost = thread.markRead().catch((error: unknown) => error);
    await time.advance(100);
    expect(await lost).toMatchObject({ reason: 'away' });
    expect(thread.getSnapshot().unread).toBe(0);
    server.disconnectAll();
    await time.advance(5000);
    expect(server.ask('ada', 'get_thread', { messageId: thread.rootId })).toMatchObject({
      me: { readSeq: replies[2]?.seq, unread: 0 },
    });
  });

  it('I16 a reply that changes leaves the others the same objects', async () => {
    const { server, thread, time, replies } = await far();
    thread.join();
    await time.advance(100);
    const told: string[] = [];
    for (const { id, body } of replies) thread.message(id).subscribe(() => told.push(body));
    const before = thread.getSnapshot().replies;
    server.edit(replies[1]?.id as string, 'b, better');
    await time.advance(100);
    const after = thread.getSnapshot().replies;
    expect(told).toEqual(['b']);
    expect([after[0] === before[0], after[1] === before[1], after[2] === before[2]]).toEqual([
      true,
      false,
      true,
    ]);
  });
});

describe('pins', () => {
  it('I31 lose a message that is deleted, and have what came while they were fetched', async () => {
    const world = await setUpLive({}, 3);
    const { server, time, room } = world;
    const [a, b] = server.messages('lobby').map(({ id }) => id) as [string, string];
    for (const id of [a, b]) server.pin(id, 'bob');
    await overtaking(
      world,
      () => room.pins.follow(),
      () => server.edit(a, 'better'),
    );
    const bodies = () => room.pins.getSnapshot().messages.map(({ body }) => body);
    expect(bodies()).toEqual(['m2', 'better']);
    server.remove(b);
    await time.advance(100);
    expect(bodies()).toEqual(['better']);
  });
});

describe('what I may do', () => {
  it('I35 is asked again when a rule or my role changes, after a message of mine, and with each connection', async () => {
    const { client, server, time, room } = await setUpLive({}, 1);
    const asked = () => server.calls.filter(({ name }) => name === 'can').length;
    const after = async (what: () => void) => {
      const before = asked();
      what();
      await time.advance(5000);
      return asked() - before;
    };
    expect(await after(() => server.post('lobby', 'ada', 'nobody follows'))).toBe(0);
    let off = () => {};
    expect(await after(() => (off = room.rights.follow()))).toBe(1);
    expect(room.rights.getSnapshot()).toEqual({
      status: 'ready',
      can: { 'message.send': { allowed: true } },
    });
    const { room: info, me, members } = room.getSnapshot();
    const roomId = info?.id;
    const hall = { ...info, name: 'Hall' };
    expect(
      await after(() => server.append('lobby', 'room_updated', (seq) => ({ roomId, seq, room: hall }))),
    ).toBe(1);
    const raise = (id = '') =>
      server.append('lobby', 'member_updated', (seq) => {
        const member = members.find(({ user }) => user.id === id);
        return { roomId, seq, member: { ...member, role: 'admin' } };
      });
    const bob = members.find(({ user }) => user.handle === 'bob');
    expect(await after(() => server.post('lobby', 'bob', 'not mine'))).toBe(0);
    expect(await after(() => raise(bob?.user.id))).toBe(0);
    expect(await after(() => raise(me?.user.id))).toBe(1);
    expect(await after(() => server.post('lobby', 'ada', 'mine'))).toBe(1);
    expect(await after(() => server.disconnectAll())).toBe(1);
    off();
    expect(await after(() => server.disconnectAll())).toBe(0);
    client.close();
  });

  it('I35 is asked again when a time that was named is over, by whichever clock, and leaves no timer behind', async () => {
    const { client, server, time, room } = await setUpLive();
    const may = () => room.rights.getSnapshot().can['message.send'];
    const until = (ms: number) => new Date(time.clock.now() + ms).toISOString();
    server.forbid('lobby', { 'message.send': { allowed: false, reason: 'muted', until: until(60_000) } });
    const off = room.rights.follow();
    await time.advance(59_000);
    expect(may()).toMatchObject({ reason: 'muted' });
    server.forbid('lobby', { 'message.send': { allowed: false, reason: 'slow_mode', retryAfterMs: 3000 } });
    await time.advance(2000);
    expect(may()).toMatchObject({ reason: 'slow_mode' });
    // The server's clock is behind ours: its time is not over yet.
    server.forbid('lobby', { 'message.send': { allowed: false, reason: 'muted', until: until(-30_000) } });
    await time.advance(3000);
    expect(may()).toMatchObject({ reason: 'muted' });
    server.forbid('lobby', {});
    await time.advance(6000);
    expect(may()).toEqual({ allowed: true });

    server.forbid('lobby', { 'message.send': { allowed: false, reason: 'muted', until: until(60_000) } });
    off();
    room.rights.follow();
    await time.advance(100);
    expect(may()).toMatchObject({ reason: 'muted' });
    client.close();
    await time.advance(10);
    expect(time.pending).toBe(0);
  });

  it('I35 is asked again after a failure, and I16 what stayed stays the same object', async () => {
    const { server, time, room } = await setUpLive();
    server.answer('can', { code: 'rate_limited', retryable: true, retryAfterMs: 2000 });
    room.rights.follow();
    await time.advance(1000);
    expect(room.rights.getSnapshot()).toMatchObject({ status: 'error', error: { code: 'rate_limited' } });
    await time.advance(2000);
    const before = room.rights.getSnapshot();
    expect(before.status).toBe('ready');
    server.post('lobby', 'ada', 'mine');
    await time.advance(100);
    expect(room.rights.getSnapshot()).toBe(before);
    server.forbid('lobby', { 'message.pin': { allowed: false, reason: 'role' } });
    server.post('lobby', 'ada', 'mine');
    await time.advance(100);
    const { can } = room.rights.getSnapshot();
    expect(can['message.pin']).toEqual({ allowed: false, reason: 'role' });
    expect(can['message.send']).toBe(before.can['message.send']);
  });
});

describe('a draft', () => {
  it('I26 is there after a reload, and not for another person', async () => {
    const storage = createMemoryStorage();
    const { network, time, room, client } = await setUpLive({ options: { storage } });
    room.draft.set('not yet');
    room.thread('root').draft.set('nor this');
    client.close();
    const open = (name: string) => {
      const made = createClient({ ...network.clientOptions(name), storage });
      made.connect();
      return made;
    };
    const eve = open('eve');
    const hers = eve.room('lobby').draft;
    await time.advance(100);
    expect(hers.getSnapshot().body).toBe('');
    hers.set('mine');
    eve.close();
    const ada = open('ada');
    const { draft, thread } = ada.room('lobby');
    await time.advance(100);
    expect([draft.getSnapshot().body, thread('root').draft.getSnapshot().body]).toEqual([
      'not yet',
      'nor this',
    ]);
    await time.advance(5000);
    expect(draft.getSnapshot().kept).toBe('everywhere');
  });

  it('I27 that is older gives way and is offered; one that is newer wins, also by a clock that is behind', async () => {
    const { server, time, room, network } = await setUpLive();
    room.draft.subscribe(() => {});
    network.down = true;
    server.disconnectAll();
    await time.advance(10);
    room.draft.set('written here, offline');
    await time.advance(60_000);
    server.ask('ada', 'set_draft', { roomId: 'lobby', body: 'written there, later' });
    network.down = false;
    network.wake();
    await time.advance(5000);
    expect(room.draft.getSnapshot()).toMatchObject({
      body: 'written there, later',
      replaced: 'written here, offline',
      kept: 'everywhere',
    });
    // The server's clock is ahead of ours: what is typed now is later all the same.
    const ahead = new Date(time.clock.now() + 60_000).toISOString();
    const { id: roomId } = room.getSnapshot().room as { id: string };
    server.tellUser('ada', 'draft_changed', { roomId, body: 'from a clock ahead', updatedAt: ahead });
    await time.advance(10);
    room.draft.set('and on');
    expect(room.draft.getSnapshot().body).toBe('and on');
    expect((room.draft.getSnapshot().updatedAt ?? '') > ahead).toBe(true);
  });

  it('I27 that ends elsewhere stays where somebody goes on writing', async () => {
    const { server, time, room } = await setUpLive();
    room.draft.subscribe(() => {});
    room.draft.set('one');
    await time.advance(2000);
    room.draft.set('one and two');
    await time.advance(100);
    // I send from my other device.
    server.post('lobby', 'ada', 'one');
    await time.advance(5000);
    expect(room.draft.getSnapshot()).toMatchObject({ body: 'one and two', kept: 'everywhere' });
    expect(server.ask('ada', 'get_draft', { roomId: 'lobby' })).toMatchObject({ body: 'one and two' });
    server.post('lobby', 'ada', 'one and two');
    await time.advance(1000);
    expect(room.draft.getSnapshot().body).toBe('');
  });

  it.each(['', ' and a reload'])(
    'I27 words typed after a message that the server put off outlive that message%s',
    async (reload) => {
      const storage = createMemoryStorage();
      const { network, server, time, ...world } = await setUpLive({ options: { storage } });
      let { room, client } = world;
      server.answer('send_message', { code: 'rate_limited', retryable: true, retryAfterMs: 10_000 });
      room.messages.send('put off');
      room.draft.set('the next one');
      await time.advance(5000);
      expect(room.draft.getSnapshot().kept).toBe('everywhere');
      if (reload !== '') {
        client.close();
        client = createClient({ ...network.clientOptions('ada'), storage });
        room = client.room('lobby');
        room.join();
        client.connect();
      }
      room.draft.subscribe(() => {});
      await time.advance(20_000);
      // The message ended the draft on the server.
      expect(server.messages('lobby').map(({ body }) => body)).toEqual(['put off']);
      server.disconnectAll();
      await time.advance(5000);
      expect(room.draft.getSnapshot()).toMatchObject({ body: 'the next one', kept: 'everywhere' });
      expect(server.ask('ada', 'get_draft', { roomId: 'lobby' })).toMatchObject({ body: 'the next one' });
    },
  );
});
