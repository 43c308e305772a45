// What an application can rely on: connecting, rooms, sending, history, counts, signals.
import { describe, expect, it, vi } from 'vitest';
import { createClient } from '../src/client.ts';
import { ParleyError } from '../src/error.ts';
import { bodies, createMemoryStorage, setUp, setUpLive } from './support.ts';

const jwt = (claims: object) => `x.${btoa(JSON.stringify(claims))}.y`;
const seconds = (ms: number) => Math.floor(ms / 1000);

describe('connection', () => {
  it('C5 says idle, connecting, catching up, online, and knows me', async () => {
    const { client, time } = setUp();
    const room = client.room('lobby');
    room.join();
    const seen: string[] = [client.state.getSnapshot().status];
    client.state.subscribe(() => seen.push(client.state.getSnapshot().status));
    client.connect();
    await time.advance(100);
    expect([...new Set(seen)]).toEqual(['idle', 'connecting', 'catching-up', 'online']);
    expect(client.state.getSnapshot().me?.name).toBe('ada');
    expect(room.getSnapshot().status).toBe('live');
  });

  it.each(['transport close', 'ping timeout', 'io server disconnect'])(
    'C6 comes back after "%s"',
    async (reason) => {
      const { client, server, time, room } = await setUpLive();
      server.disconnectAll(reason);
      await time.advance(2);
      expect([client.state.getSnapshot().status, room.getSnapshot().status]).toEqual(['offline', 'joining']);
      server.post('lobby', 'bob', 'missed');
      await time.advance(3000);
      expect(client.state.getSnapshot()).toMatchObject({ status: 'online', attempt: 0 });
      expect(bodies(room)).toEqual(['missed']);
    },
  );

  it('C6 tries at once when the page or the network comes back', async () => {
    const { client, network, server, time } = await setUpLive();
    network.down = true;
    server.disconnectAll();
    await time.advance(100_000);
    expect(client.state.getSnapshot().attempt).toBeGreaterThan(3);
    network.down = false;
    network.wake();
    await time.advance(30);
    expect(client.state.getSnapshot().status).toBe('online');
  });

  it('C2 asks for another token when one is refused, and rests when that is refused too', async () => {
    const getToken = vi.fn(({ reason }: { reason: string }) => (reason === 'unauthorized' ? 'ada' : 'stale'));
    const { client, server, time } = setUp({ options: { getToken } });
    server.refusedTokens.add('stale');
    client.connect();
    await time.advance(100);
    expect(client.state.getSnapshot().status).toBe('online');
    server.refusedTokens.add('ada');
    server.disconnectAll('io server disconnect');
    await time.advance(100_000);
    expect(client.state.getSnapshot()).toMatchObject({
      status: 'unauthorized',
      error: { code: 'unauthorized' },
    });
    await expect(client.call('get_me', {})).rejects.toMatchObject({ code: 'unauthorized' });
    server.refusedTokens.clear();
    client.connect();
    await time.advance(100);
    expect(client.state.getSnapshot().status).toBe('online');
  });

  it('C7 fetches a new token at 80 % of the life of the old one, one fetch at a time', async () => {
    const { server, time, network } = setUp();
    const issue = () =>
      jwt({
        sub: 'ada',
        iat: seconds(time.clock.now()),
        exp: seconds(time.clock.now()) + 100,
        n: asked.length,
      });
    const asked: string[] = [];
    const getToken = ({ reason }: { reason: string }) => {
      asked.push(reason);
      return issue();
    };
    const client = createClient({ ...network.clientOptions('ada'), getToken });
    client.connect();
    await time.advance(79_000);
    expect(asked).toEqual(['connect']);
    await time.advance(2000);
    expect(asked).toEqual(['connect', 'expired']);
    server.disconnectAll();
    await time.advance(5000);
    expect([client.state.getSnapshot().status, asked.length]).toEqual(['online', 2]);
    client.close();
    expect(time.pending).toBe(0);
  });

  it('C8 close fails what waits and leaves no timer behind', async () => {
    const { client, time, room } = await setUpLive();
    const handle = room.messages.send('never');
    room.setTyping(true);
    const call = client.call('get_me', {});
    client.close();
    await expect(call).rejects.toBeInstanceOf(ParleyError);
    await expect(client.call('get_me', {})).rejects.toMatchObject({ code: 'closed' });
    expect(() => client.connect()).toThrow(ParleyError);
    await time.settle();
    expect([handle.status, client.state.getSnapshot().status]).toEqual(['pending', 'closed']);
    await time.advance(10);
    expect(time.pending).toBe(0);
  });
});

describe('calls', () => {
  it('C9 wait for a connection, time out, and can be aborted', async () => {
    const { client, server, time } = setUp();
    const early = client.call('get_me', {});
    client.connect();
    await time.advance(100);
    expect((await early).name).toBe('ada');

    server.answer('get_me', 'drop');
    const late = client.call('get_me', {}, { timeoutMs: 500 }).catch((error: unknown) => error);
    await time.advance(501);
    expect(await late).toMatchObject({ code: 'timeout', retryable: true });

    const controller = new AbortController();
    const gone = client.call('get_me', {}, { signal: controller.signal }).catch((error: unknown) => error);
    controller.abort();
    expect(await gone).toMatchObject({ code: 'aborted' });

    server.answer('get_room', { code: 'forbidden', reason: 'not_a_member' });
    const refused = client.call('get_room', { roomId: 'lobby' }).catch((error: unknown) => error);
    await time.advance(100);
    expect(await refused).toMatchObject({
      code: 'forbidden',
      reason: 'not_a_member',
      problem: { traceId: 'test' },
    });
  });
});

describe('joining', () => {
  it('I17 counts references, tells the server once and late, and survives a remount', async () => {
    const { client, server, time, room } = await setUpLive();
    expect(client.room('lobby')).toBe(room);
    const off = room.join();
    off();
    off();
    room.leave();
    await time.advance(500);
    room.join();
    await time.advance(5000);
    expect(server.calls.map((call) => call.name)).not.toContain('leave_room');
    expect(room.getSnapshot().status).toBe('live');
    room.leave();
    await time.advance(5000);
    expect(server.calls.at(-1)?.name).toBe('leave_room');
    server.post('lobby', 'bob', 'unheard');
    room.join();
    await time.advance(100);
    expect(bodies(room)).toEqual(['unheard']);
  });

  it('I17 keeps listening while a handle by another name of the room does', async () => {
    const { client, server, time, room, lobby } = await setUpLive();
    const byId = client.room(lobby.id);
    byId.join();
    await time.advance(100);
    room.leave();
    await time.advance(5000);
    server.post('lobby', 'bob', 'hi');
    await time.advance(100);
    expect(bodies(byId)).toEqual(['hi']);
  });

  it('I18 says why a join is refused, and tries again when it may help', async () => {
    const { client, server, time } = setUp();
    server.answer(
      'join_room',
      { code: 'unavailable', retryable: true },
      { code: 'forbidden', reason: 'not_a_member' },
    );
    const room = client.room('lobby');
    room.join();
    const live = room.whenLive().catch((error: unknown) => error);
    client.connect();
    await time.advance(5000);
    expect(room.getSnapshot()).toMatchObject({ status: 'error', error: { reason: 'not_a_member' } });
    expect(await live).toMatchObject({ code: 'forbidden' });
    expect(client.state.getSnapshot().status).toBe('online');
    room.leave();
    room.join();
    await time.advance(100);
    expect(room.getSnapshot().status).toBe('live');
  });

  it('I18 stops when I am removed or the room is deleted', async () => {
    const { client, server, time, room } = await setUpLive();
    const me = server.user('ada');
    server.append('lobby', 'member_left', (seq) => ({
      roomId: room.getSnapshot().room?.id,
      seq,
      userId: me.id,
      by: me.id,
    }));
    await time.advance(100);
    expect(room.getSnapshot()).toMatchObject({ status: 'error', error: { reason: 'not_a_member' } });
    expect(client.rooms.getSnapshot().list).toEqual([]);
  });

  it('I4 pages a long absence and shows it as catching up', async () => {
    const { server, time, room } = await setUpLive({}, 3);
    server.disconnectAll();
    for (let i = 4; i <= 950; i++) server.post('lobby', 'bob', `m${i}`);
    const seen = new Set<string>();
    room.subscribe(() => seen.add(room.getSnapshot().status));
    await time.advance(5000);
    expect([...seen]).toEqual(['joining', 'catching-up', 'live']);
    expect(bodies(room)).toEqual(Array.from({ length: 950 }, (_, i) => `m${i + 1}`));
  });

  it('I5 rebuilds the list when the log no longer reaches back', async () => {
    const { server, time, room } = await setUpLive({}, 10);
    server.disconnectAll();
    for (let i = 11; i <= 100; i++) server.post('lobby', 'bob', `m${i}`);
    server.truncate('lobby', 40);
    await time.advance(5000);
    expect([bodies(room)[0], bodies(room).length, room.getSnapshot().hasMoreBefore]).toEqual([
      'm51',
      50,
      true,
    ]);
  });
});

describe('sending', () => {
  it('I12 shows a message at once, and the confirmed one in its place', async () => {
    const { time, room } = await setUpLive();
    const handle = room.messages.send('hello');
    expect(room.getSnapshot().messages).toMatchObject([
      { id: handle.id, body: 'hello', seq: 0, author: { name: 'ada' }, delivery: { status: 'pending' } },
    ]);
    const lengths = new Set<number>();
    room.subscribe(() => lengths.add(room.getSnapshot().messages.length));
    await time.advance(100);
    expect(await handle.confirmed).toMatchObject({ id: handle.id, seq: 1 });
    expect(room.getSnapshot().messages).toMatchObject([{ id: handle.id, seq: 1 }]);
    expect(room.getSnapshot().messages[0]).not.toHaveProperty('delivery');
    expect([...lengths]).toEqual([1]);
    expect(room.messages.send('hello', { id: handle.id })).toBe(handle);
  });

  it('I13 sends what was written offline, in order, after coming back', async () => {
    const { server, time, room } = await setUpLive();
    server.disconnectAll();
    await time.settle();
    for (const body of ['a', 'b', 'c']) room.messages.send(body);
    expect(bodies(room)).toEqual(['a', 'b', 'c']);
    await time.advance(5000);
    expect(server.messages('lobby').map((message) => message.body)).toEqual(['a', 'b', 'c']);
  });

  it('I14 repeats under the same id when the answer is lost or says later, not before the server allows', async () => {
    const { server, time, room } = await setUpLive();
    const later = { code: 'rate_limited', retryable: true, retryAfterMs: 20_000 } as const;
    server.answer('send_message', later, { code: 'unavailable', retryable: true });
    const handle = room.messages.send('hello');
    const tries = () => server.calls.filter((call) => call.name === 'send_message');
    await time.advance(19_900);
    expect(tries().length).toBe(1);
    await time.advance(30_000);
    expect(await handle.confirmed).toMatchObject({ body: 'hello' });
    expect(new Set(tries().map((call) => call.input.id))).toEqual(new Set([handle.id]));
    expect(server.messages('lobby').length).toBe(1);
  });

  it('I14 takes the log for an answer that was lost, and asks no more', async () => {
    const { server, time, room } = await setUpLive();
    server.answer('send_message', 'drop');
    const handle = room.messages.send('once');
    await time.advance(100);
    expect(handle.status).toBe('sent');
    await time.advance(60_000);
    expect(server.calls.filter(({ name }) => name === 'send_message')).toHaveLength(1);
  });

  it('I15 fails for good when the server refuses, lets the next one pass, and offers retry and discard', async () => {
    const { server, time, room } = await setUpLive();
    server.answer(
      'send_message',
      { code: 'invalid', reason: 'too_long' },
      { code: 'forbidden', reason: 'muted' },
    );
    const [first, second, third] = ['one', 'two', 'three'].map((body) => room.messages.send(body));
    await time.advance(1000);
    expect([first?.status, second?.status, third?.status]).toEqual(['failed', 'failed', 'sent']);
    await expect(first?.confirmed).rejects.toMatchObject({ reason: 'too_long' });
    expect(bodies(room)).toEqual(['three', 'one', 'two']);
    expect(room.message(first?.id as string).getSnapshot()?.delivery).toMatchObject({ status: 'failed' });
    first?.retry();
    second?.discard();
    await time.advance(100);
    expect(bodies(room)).toEqual(['three', 'one']);
    expect(await first?.confirmed).toMatchObject({ seq: 2 });
    expect(second?.error?.code).toBe('discarded');
  });

  it('I34 a press of a card is repeated under one id until there is an answer, and a refusal is final', async () => {
    const { server, time, room } = await setUpLive();
    const later = { code: 'unavailable', reason: 'database_unavailable', retryable: true } as const;
    const taken = { code: 'conflict', reason: 'already_taken', retryable: false } as const;
    server.answer('card_action', 'drop', later, taken);
    const pressed = room.messages.act('m', 'vote', ['a', 'b']).catch((error: unknown) => error);
    await time.advance(60_000);
    expect(await pressed).toMatchObject({ reason: 'already_taken' });
    const calls = server.calls.filter(({ name }) => name === 'card_action').map(({ input }) => input);
    expect(calls).toHaveLength(3);
    expect(new Set(calls.map(({ id }) => id)).size).toBe(1);
    expect(calls[0]).toMatchObject({ messageId: 'm', actionId: 'vote', value: ['a', 'b'] });
  });

  it('I30 keeps its order while the server puts it off, says until when, and comes no earlier after a reconnect', async () => {
    const { server, time, room } = await setUpLive();
    const sends = () => server.calls.filter(({ name }) => name === 'send_message').length;
    const slow = {
      code: 'rate_limited',
      reason: 'slow_mode',
      retryable: true,
      retryAfterMs: 60_000,
    } as const;
    server.answer('send_message', slow);
    const [first, second] = [room.messages.send('one'), room.messages.send('two')];
    await time.advance(100);
    const delivery = room.message(first.id).getSnapshot()?.delivery;
    expect(delivery).toMatchObject({ status: 'pending', error: { reason: 'slow_mode' } });
    expect(Date.parse(delivery?.nextTryAt ?? '')).toBeGreaterThanOrEqual(time.clock.now() + 59_000);
    server.disconnectAll();
    await time.advance(30_000);
    expect([sends(), first.status, second.status]).toEqual([1, 'pending', 'pending']);
    await time.advance(40_000);
    expect(server.messages('lobby').map(({ body }) => body)).toEqual(['one', 'two']);
  });

  it('I13 survives a reload, and is never sent under another name', async () => {
    const storage = createMemoryStorage();
    const { network, server, time, room, client } = await setUpLive({ options: { storage } });
    network.down = true;
    server.disconnectAll();
    await time.advance(10);
    const { id } = room.messages.send('kept');
    client.close();

    network.down = false;
    server.user('eve');
    const other = createClient({ ...network.clientOptions('eve'), storage });
    other.connect();
    await time.advance(100);
    expect(other.room('lobby').getSnapshot().messages).toEqual([]);
    other.close();
    expect(server.messages('lobby')).toEqual([]);

    const again = createClient({ ...network.clientOptions('ada'), storage });
    const lobby = again.room('lobby');
    expect(lobby.messages.handle(id)?.status).toBe('pending');
    lobby.join();
    again.connect();
    await time.advance(100);
    expect(server.messages('lobby').map((message) => [message.id, message.author.name])).toEqual([
      [id, 'ada'],
    ]);
    expect(bodies(lobby)).toEqual(['kept']);
    expect(storage.map.size).toBe(0);
  });
});

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
