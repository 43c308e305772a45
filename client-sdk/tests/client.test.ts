// What an application can rely on: connecting, calls, joining rooms and coming back to them.
import { describe, expect, it, vi } from 'vitest';
import { createClient } from '../src/client.ts';
import { ParleyError } from '../src/error.ts';
import { bodies, setUp, setUpLive } from './support.ts';

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
