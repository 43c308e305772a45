// Two nodes: what happens to people on one is true on the other. Who is put into a room hears it there, and who is removed is out
// there, of the rooms as well.
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { startApp, TEST_SECRET, type TestApp } from '../support/app.ts';
import { type Caller, connect, listen, request } from '../support/clients.ts';
import { createDatabase, type Database } from '../support/postgres.ts';
import { startRedis } from '../support/redis.ts';
import type { Service } from '../support/service.ts';

const hasBoth = inject('postgresUrl') !== undefined && inject('redisUrl') !== undefined;

describe.runIf(hasBoth)('people on two nodes', () => {
  let database: Database;
  let redis: Service;
  let nodes: TestApp[];
  let root: Caller;
  beforeAll(async () => {
    database = await createDatabase(inject('postgresUrl') as string);
    const started = await startRedis();
    if ('missing' in started) throw new Error(started.missing);
    redis = started;
    const config = {
      DATABASE_URL: database.url,
      REDIS_URL: redis.url,
      SECRET_KEY: TEST_SECRET,
      AUTH_LOCAL: 'true',
      DATABASE_POOL_SIZE: '5',
    };
    nodes = await Promise.all([startApp({ config }), startApp({ config })]);
    const here = nodes[0] as TestApp;
    root = await connect('rest', here, await here.signIn('Root Person'));
  });
  afterAll(async () => {
    for (const node of nodes ?? []) await node.app.stop();
    await redis.stop();
    await database.drop();
  });

  test.each(['socketio over websocket', 'phoenix 2.0.0'] as const)(
    'hear and lose all, by %s',
    async (surface) => {
      const there = nodes[1] as TestApp;
      const who = await there.signIn(`Person by ${surface}`);
      const live = await listen(surface, there, who);
      // The other node has to have subscribed to what concerns this person.
      await there.app.parts.bus.whenSubscribed(`user:${who.user.id}`);
      const { id: roomId } = await root.call('create_room', { name: 'Far', memberIds: [who.user.id] });
      const heard = (type: string) =>
        live.heard.filter((h) => h.type === type && h.payload.roomId === roomId);
      await live.until('being put in', () => heard('room_added').length === 1);
      await root.call('update_room', { roomId, name: 'Farther' });
      await live.until('the new name', () => heard('room_changed').length === 1);

      expect(await root.call('remove_user', { userId: who.user.id })).toEqual({ removed: true });
      await live.until('the end of the connection', () => live.closed() !== undefined);
      const { status } = await request(there.url, 'GET', '/api/me', { token: who.token });
      expect(status).toBe(401);
      const { data } = await root.call('list_members', { roomId });
      expect(data.map((m: { user: { id: string } }) => m.user.id)).not.toContain(who.user.id);
      await live.close();
    },
  );
});
