// What an administrator sees of people's connections, and closes, is of every node and both protocols; garbage on its channels
// hurts nobody, and without Redis it says that it may not be all.

import { createClient } from 'redis';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { startApp, TEST_SECRET, type TestApp } from '../support/app.ts';
import { type ChatClient, connectChat, rest, signIn } from '../support/chat-clients.ts';
import { createDatabase, type Database } from '../support/postgres.ts';
import { startRedis } from '../support/redis.ts';
import type { Service } from '../support/service.ts';
import { until } from '../support/until.ts';

interface Found {
  connections: { id: string; node: string; protocol: string }[];
  complete: boolean;
}

describe.runIf(inject('postgresUrl') !== undefined && inject('redisUrl') !== undefined)('two nodes', () => {
  let database: Database;
  let redis: Service;
  let nodes: [TestApp, TestApp];
  let admin: string;
  const clients: ChatClient[] = [];
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
    admin = (await signIn(nodes[0].url, 'The Admin')).token;
  });
  afterAll(async () => {
    for (const client of clients) client.close();
    for (const node of nodes ?? []) await node.app.stop();
    await redis?.stop();
    await database?.drop();
  });

  const connectionsOf = (userId: string, method = 'GET') =>
    rest<Found>(nodes[0].url, admin, method, `/api/users/${userId}/connections`);

  async function someone(name: string): Promise<{ userId: string; both: [ChatClient, ChatClient] }> {
    const lobby = await rest<{ id: string }>(nodes[0].url, admin, 'GET', '/api/rooms/lobby');
    const who = await signIn(nodes[0].url, name);
    const both: [ChatClient, ChatClient] = [
      await connectChat({ url: nodes[0].url, protocol: 'socketio', roomId: lobby.id, ...who }),
      await connectChat({ url: nodes[1].url, protocol: 'phoenix', roomId: lobby.id, ...who }),
    ];
    clients.push(...both);
    return { userId: who.userId, both };
  }

  const kinds = ({ connections }: Found) => connections.map((c) => c.protocol).sort();

  test('connections of every node are seen, and closed so that they may come back', async () => {
    const { userId, both } = await someone('Busy Bee');
    await until('both nodes answer', async () => (await connectionsOf(userId)).complete);
    const found = await connectionsOf(userId);
    expect(kinds(found)).toEqual(['phoenix', 'socketio']);
    expect(new Set(found.connections.map((c) => c.node)).size).toBe(2);

    const closed = await connectionsOf(userId, 'DELETE');
    expect(closed.connections.map((c) => c.id).sort()).toEqual(found.connections.map((c) => c.id).sort());
    await until('both were closed', () => both.every((c) => c.closes.length > 0));
    await until('both are back', () => both.every((c) => c.isJoined()));
    expect(kinds(await connectionsOf(userId))).toEqual(['phoenix', 'socketio']);
  });

  test('only an administrator looks, and only at people there are', async () => {
    const { userId } = await someone('Quiet One');
    const other = await signIn(nodes[0].url, 'Nosy One');
    await expect(rest(nodes[0].url, other.token, 'GET', `/api/users/${userId}/connections`)).rejects.toThrow(
      '403',
    );
    await expect(connectionsOf('01900000-0000-7000-8000-000000000000')).rejects.toThrow('404');
  });

  test('garbage on the channels hurts nobody', async () => {
    const { userId } = await someone('Steady Hand');
    const raw = createClient({ url: redis.url });
    await raw.connect();
    const garbage = [
      Buffer.from([1, 2, 3]),
      Buffer.from([0xc1]),
      Buffer.from('null'),
      Buffer.from('{"type":3}'),
      Buffer.from('{'),
    ];
    for (const channel of [
      'parley-sockets#/#',
      'parley-sockets#/#x#',
      'parley-sockets-request#/#',
      'parley-sockets-response#/#',
    ])
      for (const bytes of garbage) expect(await raw.publish(channel, bytes)).toBeGreaterThan(0);
    raw.destroy();
    await until('both nodes still answer', async () => {
      const found = await connectionsOf(userId);
      return found.complete && found.connections.length === 2;
    });
  });

  test('without Redis it answers for its own node and says so; with it again, for all', async () => {
    const { userId } = await someone('Lone Wolf');
    await until('both nodes answer', async () => (await connectionsOf(userId)).complete);
    await redis.crash();
    await until('it says that this is not all', async () => !(await connectionsOf(userId)).complete);
    expect(kinds(await connectionsOf(userId))).toEqual(['socketio']);
    await redis.start();
    await until(
      'both nodes answer again',
      async () => {
        const found = await connectionsOf(userId);
        return found.complete && found.connections.length === 2;
      },
      20_000,
    );
  }, 60_000);
});
