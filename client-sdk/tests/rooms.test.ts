// The list of my rooms as others change it: the server tells personally, without the rooms being listened to.
import { describe, expect, it } from 'vitest';
import type { RoomListItem } from '../src/api.ts';
import { setUp } from './support.ts';

async function online() {
  const world = setUp();
  world.client.connect();
  await world.time.advance(100);
  const names = () => world.client.rooms.getSnapshot().list.map((room) => room.slug);
  const fetches = () => world.server.calls.filter((call) => call.name === 'list_rooms').length;
  /** The room as its new member is told of it. */
  const item = (slug: string): RoomListItem => ({
    ...world.server.createRoom(slug),
    lastSeq: 2,
    me: {
      user: world.server.user('ada'),
      role: 'member',
      joinedAt: '2026-01-01T00:00:00.000Z',
      readSeq: 1,
      unread: 0,
      mentions: 0,
    },
  });
  const tell = async (name: string, payload: object) => {
    world.server.tellUser('ada', name, payload);
    await world.time.advance(10);
  };
  return { ...world, names, fetches, item, tell };
}

describe('my rooms', () => {
  it('I20 come, change and go as I am told, without a fetch', async () => {
    const { client, names, fetches, item, tell } = await online();
    expect(names()).toEqual(['lobby']);
    const room = item('plans');
    await tell('room_added', { roomId: room.id, room, by: room.id });
    expect(names()).toEqual(['lobby', 'plans']);
    const { me: _, ...info } = room;
    const changed = { ...info, name: 'Old plans', lastSeq: 3 };
    await tell('room_changed', { roomId: room.id, room: changed, role: 'admin' });
    expect(client.rooms.getSnapshot().list[1]).toMatchObject({ name: 'Old plans', me: { role: 'admin' } });
    await tell('room_removed', { roomId: room.id, lastSeq: 4, by: room.id });
    expect(names()).toEqual(['lobby']);
    expect(fetches()).toBe(1);
  });

  it('I20 stay as they are when something is told twice or late', async () => {
    const { client, names, item, tell } = await online();
    const room = item('plans');
    const added = { roomId: room.id, room, by: room.id };
    await tell('room_removed', { roomId: room.id, lastSeq: 5, by: room.id });
    await tell('room_added', added);
    expect(names()).toEqual(['lobby']);
    await tell('room_added', { ...added, room: { ...room, lastSeq: 6 } });
    const before = client.rooms.getSnapshot();
    await tell('room_added', { ...added, room: { ...room, lastSeq: 6 } });
    await tell('room_changed', { roomId: room.id, room: { ...room, name: 'Older', lastSeq: 4 } });
    expect(client.rooms.getSnapshot()).toBe(before);
  });

  it('I20 are fetched again when something is told during the fetch', async () => {
    const { client, server, time, names, fetches, item } = await online();
    const room = item('plans');
    server.removeMember('plans', 'ada');
    const refreshed = client.rooms.refresh();
    await time.settle();
    // The answer that is on its way was made before this.
    server.tellUser('ada', 'room_added', { roomId: room.id, room, by: room.id });
    await time.advance(50);
    await refreshed;
    expect(fetches()).toBe(3);
    expect(names()).toEqual(['lobby']);
  });

  it('I20 that are open are live again when I am let in again', async () => {
    const { client, server, time, names, item, tell } = await online();
    const room = item('plans');
    const open = client.room('plans');
    open.join();
    await time.advance(50);
    expect(open.getSnapshot().status).toBe('live');
    server.removeMember('plans', 'ada');
    await tell('room_removed', { roomId: room.id, lastSeq: 2, by: room.id });
    expect([open.getSnapshot().error?.reason, names()]).toEqual(['not_a_member', ['lobby']]);
    await tell('room_added', { roomId: room.id, room: { ...room, lastSeq: 3 }, by: room.id });
    await time.advance(50);
    server.post('plans', 'bob', 'welcome back');
    await time.advance(50);
    expect(open.getSnapshot()).toMatchObject({ status: 'live', messages: [{ body: 'welcome back' }] });
    expect(names()).toEqual(['lobby', 'plans']);
  });

  it('I20 are listened to as they come, by who follows them', async () => {
    const { client, server, time, item, tell } = await online();
    client.rooms.follow();
    const room = item('plans');
    await tell('room_added', { roomId: room.id, room, by: room.id });
    await time.advance(50);
    server.post('plans', 'bob', 'hello');
    await time.advance(10);
    expect(client.rooms.getSnapshot().list[1]).toMatchObject({ slug: 'plans', unread: 1 });
  });
});
