// What a room shows: pages of its history, counts of what is unread, streams, typing and presence.
import { describe, expect, it, vi } from 'vitest';
import { bodies, setUp, setUpLive } from './support.ts';

describe('history', () => {
  it('I8 loads older pages in front, until there are none', async () => {
    const { time, room } = await setUpLive({}, 120);
    expect([bodies(room).length, room.getSnapshot().hasMoreBefore]).toEqual([50, true]);
    for (let i = 0; i < 2; i++) {
      const loading = room.messages.loadBefore();
      expect(room.getSnapshot().loadingBefore).toBe(true);
      expect(room.messages.loadBefore()).toBe(loading);
      await time.advance(100);
      await loading;
    }
    expect(bodies(room)).toEqual(Array.from({ length: 120 }, (_, i) => `m${i + 1}`));
    expect([room.getSnapshot().hasMoreBefore, room.getSnapshot().loadingBefore]).toEqual([false, false]);
  });

  it('I7 a change that overtakes the page it belongs to is not undone by the page', async () => {
    const { server, time, room, network } = await setUpLive({}, 60);
    const old = server.messages('lobby')[5];
    network.faults = { ...network.faults, min: 10, max: 10, reorder: true };
    const loading = room.messages.loadBefore();
    await time.advance(11);
    network.faults = { ...network.faults, min: 1, max: 1 };
    server.edit(old?.id as string, 'edited');
    await time.advance(100);
    await loading;
    expect(room.message(old?.id as string).getSnapshot()?.body).toBe('edited');
  });

  it('I8 I22 a page that was asked for before the list was rebuilt is not put before it', async () => {
    const { network, server, time, room } = await setUpLive({}, 1);
    const root = server.messages('lobby')[0]?.id as string;
    for (let i = 0; i < 200; i++) server.post('lobby', 'bob', `m${i}`, i % 2 === 0 ? { threadId: root } : {});
    // Away for so long that the room and the thread begin with their newest.
    server.truncate('lobby', 150);
    server.disconnectAll();
    room.thread(root).join();
    await time.advance(5000);
    Object.assign(network.faults, { min: 100, max: 100, reorder: true });
    const pages = [room.messages.loadBefore(100), room.thread(root).loadBefore(20)];
    await time.advance(50);
    // An entry is lost, and the log does not reach back to it: all is fetched anew, faster than the pages come.
    Object.assign(network.faults, { min: 1, max: 1, drop: 1 });
    for (let i = 0; i < 60; i++) server.post('lobby', 'bob', 'lost', i % 2 === 0 ? { threadId: root } : {});
    server.truncate('lobby', server.log('lobby').length - 2);
    await time.advance(1);
    network.faults.drop = 0;
    server.post('lobby', 'bob', 'shows the gap');
    await time.advance(1000);
    await Promise.all(pages);
    const truth = server.messages('lobby');
    const { messages } = room.getSnapshot();
    expect(messages).toEqual(truth.filter(({ seq }) => seq >= (messages[0]?.seq ?? 0)));
    const { replies } = room.thread(root).getSnapshot();
    const inThread = truth.filter(({ threadId }) => threadId === root);
    expect(replies).toEqual(inThread.filter(({ seq }) => seq >= (replies[0]?.seq ?? 0)));
    expect(replies.length).toBeGreaterThan(20);
  });

  it('I39 a new name of an author is on all their messages, also on a page that it overtakes', async () => {
    const { server, time, room, network } = await setUpLive({}, 120);
    const bob = {
      ...server.messages('lobby')[0]?.author,
      name: 'Robert',
      avatarUrl: 'https://example.org/b.png',
    };
    network.faults = { ...network.faults, min: 10, max: 10, reorder: true };
    const loading = room.messages.loadBefore();
    await time.advance(11);
    network.faults = { ...network.faults, min: 1, max: 1 };
    const member = { user: bob, role: 'member', joinedAt: new Date(0).toISOString() };
    server.append('lobby', 'member_updated', (seq) => ({ roomId: 'lobby', seq, member }));
    await time.advance(100);
    await loading;
    const { messages, members } = room.getSnapshot();
    expect(messages.length).toBe(100);
    expect(messages.map(({ author }) => author)).toEqual(messages.map(() => bob));
    expect(members.filter(({ user }) => user.id === bob.id)).toEqual([member]);
  });

  it('I8 a page around a seq stands by itself', async () => {
    const { time, room } = await setUpLive({}, 120);
    const page = room.messages.loadAround(20, 10);
    await time.advance(100);
    expect((await page).messages.map((message) => message.seq)).toContain(20);
    expect(bodies(room).length).toBe(50);
  });

  it('I7 an edit and a deletion of mine show at once when answered', async () => {
    const { time, room } = await setUpLive({}, 2);
    const [first, second] = room.getSnapshot().messages;
    const edited = room.messages.edit(first?.id as string, 'better', { version: 1 });
    const deleted = room.messages.delete(second?.id as string);
    await time.advance(100);
    expect((await edited).version).toBe(2);
    expect((await deleted).deletedAt).toBeDefined();
    expect(bodies(room)).toEqual(['better', '']);
  });
});

describe('counts', () => {
  it('I11 unread is derived when all of it is loaded, and moved from the server’s count when not', async () => {
    const { server, time, room, client } = await setUpLive({}, 70);
    expect(room.getSnapshot().me).toMatchObject({ unread: 70, mentions: 0 });
    const me = server.user('ada');
    const mention = { kind: 'user' as const, userId: me.id, offset: 0, length: 4 };
    const { id } = server.post('lobby', 'bob', '@ada', { mentions: [mention] });
    room.messages.send('mine');
    await time.advance(100);
    expect(room.getSnapshot().me).toMatchObject({ unread: 71, mentions: 1 });
    expect(client.rooms.getSnapshot()).toMatchObject({ unread: 71, mentions: 1 });
    server.remove(id);
    await time.advance(100);
    expect(room.getSnapshot().me).toMatchObject({ unread: 70, mentions: 0 });

    const marked = room.markRead(65);
    expect(room.getSnapshot().me).toMatchObject({ unread: 5, readSeq: 65 });
    void room.markRead();
    await time.advance(100);
    await marked;
    expect(room.getSnapshot().me?.unread).toBe(0);
    await room.markRead(3);
    expect(room.getSnapshot().me?.readSeq).toBe(73);
    expect(client.rooms.getSnapshot().unread).toBe(0);
  });

  it('I11 a read mark that never arrived is told again with the next join', async () => {
    const { server, time, room } = await setUpLive({}, 3);
    server.answer('mark_read', { code: 'unavailable', reason: 'away', retryable: true });
    const lost = room.markRead().catch((error: unknown) => error);
    await time.advance(100);
    expect(await lost).toMatchObject({ reason: 'away' });
    expect(server.membership('lobby', 'ada').readSeq).toBe(0);
    server.disconnectAll();
    await time.advance(5000);
    expect([server.membership('lobby', 'ada').readSeq, room.getSnapshot().me?.unread]).toEqual([3, 0]);
  });

  it('I11 what a join replays is not counted twice', async () => {
    const { server, time, room } = await setUpLive({}, 70);
    server.disconnectAll();
    for (let i = 0; i < 5; i++) server.post('lobby', 'bob', 'more');
    await time.advance(5000);
    expect(room.getSnapshot().me?.unread).toBe(75);
  });

  it('I11 following makes all rooms of the list count live', async () => {
    const { server, client, time } = setUp();
    server.createRoom('other');
    client.connect();
    const off = client.rooms.follow();
    await time.advance(100);
    server.post('other', 'bob', 'psst');
    await time.advance(100);
    const other = client.rooms.getSnapshot().list.find((room) => room.slug === 'other');
    expect(other).toMatchObject({ unread: 1, lastMessage: { body: 'psst' } });
    off();
    await time.advance(5000);
    expect(server.calls.filter((call) => call.name === 'leave_room').length).toBe(2);
  });
});

describe('signals', () => {
  const ids = { agentId: 'agent', runId: 'run' };

  it('I9 a message takes the place of its stream, and late deltas change nothing', async () => {
    const { server, time, room } = await setUpLive();
    const delta = (at: number, text: string) =>
      server.signal('lobby', 'agent_message_delta', { ...ids, messageId: 'm1', at, text });
    delta(0, 'Hel');
    delta(5, '!');
    await time.advance(100);
    expect(room.getSnapshot().streams.m1).toMatchObject({ text: 'Hel', agentId: 'agent' });
    delta(3, 'lo');
    await time.advance(100);
    expect(room.stream('m1').getSnapshot()?.text).toBe('Hello!');
    const agent = { id: 'agent', kind: 'agent' as const, handle: 'p', name: 'P' };
    server.post('lobby', 'bob', 'Hello!', { id: 'm1', author: agent, kind: 'agent' });
    delta(6, ' late');
    await time.advance(100);
    expect([room.getSnapshot().streams, bodies(room)]).toEqual([{}, ['Hello!']]);
  });

  it('I16 a delta changes the streams and nothing else, and tells only who looks at it', async () => {
    const { server, time, room } = await setUpLive({}, 3);
    server.signal('lobby', 'agent_message_delta', { ...ids, messageId: 'm1', at: 0, text: 'a' });
    await time.advance(100);
    const row = vi.fn();
    const stream = vi.fn();
    room.message(room.getSnapshot().messages[0]?.id as string).subscribe(row);
    room.stream('m1').subscribe(stream);
    const before = room.getSnapshot();
    server.signal('lobby', 'agent_message_delta', { ...ids, messageId: 'm1', at: 1, text: 'b' });
    await time.advance(100);
    const after = room.getSnapshot();
    const changed = Object.keys(after).filter((key) => after[key as 'room'] !== before[key as 'room']);
    expect(changed).toEqual(['streams']);
    expect([row.mock.calls.length, stream.mock.calls.length]).toEqual([0, 1]);
    server.signal('lobby', 'agent_message_delta', { ...ids, messageId: 'm1', at: 0, text: 'a' });
    await time.advance(100);
    expect(room.getSnapshot()).toBe(after);
    server.edit(after.messages[0]?.id as string, 'edited');
    await time.advance(100);
    expect([row.mock.calls.length, stream.mock.calls.length]).toEqual([1, 1]);
    expect(room.getSnapshot().messages[1]).toBe(after.messages[1]);
  });

  it('I19 typing runs out by itself, ends with a message, and mine is told at once and every 3 s', async () => {
    const { server, time, room } = await setUpLive();
    const bob = server.user('bob');
    const type = () => server.signal('lobby', 'typing', { userId: bob.id, on: true, expiresInMs: 6000 });
    type();
    await time.advance(100);
    expect(room.getSnapshot().typing).toEqual([bob.id]);
    await time.advance(6000);
    expect(room.getSnapshot().typing).toEqual([]);
    type();
    server.post('lobby', 'bob', 'done');
    await time.advance(100);
    expect(room.getSnapshot().typing).toEqual([]);

    const told = () => server.calls.filter((call) => call.name === 'typing').map((call) => call.input.on);
    for (let i = 0; i < 4; i++) {
      room.setTyping(true);
      await time.advance(1000);
    }
    expect(told()).toEqual([true, true]);
    expect(room.getSnapshot().typing).toEqual([]);
    room.messages.send('x');
    await time.advance(10_000);
    expect(told()).toEqual([true, true, false]);
  });

  it('I19 folds presence, and forgets what agents did when the connection was lost', async () => {
    const { server, time, room } = await setUpLive();
    const meta = (ref: string, onlineAt: string) => ({ phx_ref: ref, role: 'human', onlineAt });
    const state = { u1: { metas: [meta('a', '2')] } };
    server.signal('lobby', 'presence_state', { presence: state });
    server.signal('lobby', 'presence_diff', { joins: { u1: { metas: [meta('b', '1')] } }, leaves: {} });
    server.signal('lobby', 'agent_thinking', { ...ids, status: 'thinking' });
    server.signal('lobby', 'tool_execution', { ...ids, executionId: 'e', tool: 'clock', status: 'running' });
    server.signal('lobby', 'tool_execution', {
      ...ids,
      executionId: 'e',
      tool: 'clock',
      status: 'success',
      output: '12:00',
    });
    await time.advance(100);
    expect(room.getSnapshot().presence).toEqual({ u1: { role: 'human', onlineAt: '1', connections: 2 } });
    expect(room.getSnapshot().agents.agent).toMatchObject({
      status: 'thinking',
      runId: 'run',
      tools: [{ tool: 'clock', status: 'success', output: '12:00' }],
    });
    server.signal('lobby', 'presence_diff', {
      joins: {},
      leaves: { u1: { metas: [meta('b', '1'), meta('a', '2')] } },
    });
    server.disconnectAll();
    await time.advance(5000);
    expect([room.getSnapshot().presence, room.getSnapshot().agents]).toEqual([{}, {}]);
  });
});
