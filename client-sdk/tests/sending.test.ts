// Sending: shown at once, once on the server, in order, over lost answers, refusals and reloads.
import { describe, expect, it } from 'vitest';
import { createClient } from '../src/client.ts';
import { bodies, createMemoryStorage, setUpLive } from './support.ts';

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

  it('I30 sends what slow mode put off when that is switched off or I look after the room, and not before', async () => {
    const { server, time, room } = await setUpLive();
    const sends = () => server.calls.filter(({ name }) => name === 'send_message').length;
    const slow = {
      code: 'rate_limited',
      reason: 'slow_mode',
      retryable: true,
      retryAfterMs: 600_000,
    } as const;
    const { room: info, me } = room.getSnapshot();
    const roomId = info?.id;
    const tell = async (slowModeSeconds?: number) => {
      const changed = { ...info, ...(slowModeSeconds !== undefined && { slowModeSeconds }) };
      server.append('lobby', 'room_updated', (seq) => ({ roomId, seq, room: changed }));
      await time.advance(1000);
    };
    const raise = async (role: string) => {
      server.append('lobby', 'member_updated', (seq) => ({ roomId, seq, member: { ...me, role } }));
      await time.advance(1000);
    };
    await tell(600);
    server.answer('send_message', slow);
    const [first, second] = [room.messages.send('one'), room.messages.send('two')];
    await time.advance(1000);
    await tell(600);
    await raise('member');
    expect([sends(), first.status, second.status]).toEqual([1, 'pending', 'pending']);
    await tell();
    expect(server.messages('lobby').map(({ body }) => body)).toEqual(['one', 'two']);

    await tell(600);
    server.answer('send_message', slow);
    room.messages.send('three');
    await time.advance(1000);
    await raise('admin');
    // Another limit is none of slow mode's business.
    server.answer('send_message', { ...slow, reason: 'too_many_messages' });
    const held = room.messages.send('four');
    await time.advance(1000);
    await tell();
    await raise('admin');
    expect(held.status).toBe('pending');
    expect(server.messages('lobby').map(({ body }) => body)).toEqual(['one', 'two', 'three']);
    expect(sends()).toBe(6);
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
