// What an administrator sees of people's connections, and closes, is of every node and both protocols; garbage on its channels
// hurts nobody, and without Redis it says that it may not be all.

import { createClient } from 'redis';
import { afterAll, beforeAll, describe, expect, inject, onTestFinished, test } from 'vitest';
import { startApp, TEST_SECRET, type TestApp } from '../support/app.ts';
import { type ChatClient, connectChat, rest, signIn } from '../support/chat-clients.ts';
import { createDatabase, type Database } from '../support/postgres.ts';
import { startRedis } from '../support/redis.ts';
import type { Service } from '../support/service.ts';
import { until } from '../support/until.ts';

/** What no decoder reads, and what one reads and no handler expects: `c0` is nothing in MessagePack. */
const GARBAGE = [
  Buffer.from([1, 2, 3]),
  Buffer.from([0xc1]),
  Buffer.from([0xc0]),
  Buffer.from('null'),
  Buffer.from('{'),
  Buffer.from('{"type":3}'),
  Buffer.from('{"type":5}'),
  Buffer.from('{"type":6,"requestId":"x"}'),
  Buffer.from('{"type":6,"data":["parley:connections"]}'),
  Buffer.from('{"type":6,"data":["parley:deliveries"]}'),
  Buffer.from('{"type":7,"requestId":"x","opts":{"rooms":7}}'),
];

interface Found {
  connections: { id: string; node: string; protocol: string }[];
  complete: boolean;
}

describe.runIf(inject('postgresUrl') !== undefined && inject('redisUrl') !== undefined)('two nodes', () => {
  let database: Database;
  let redis: Service;
  let nodes: [TestApp, TestApp];
  let config: Record<string, string>;
  let admin: string;
  let adminId: string;
  const clients: ChatClient[] = [];
  beforeAll(async () => {
    database = await createDatabase(inject('postgresUrl') as string);
    const started = await startRedis();
    if ('missing' in started) throw new Error(started.missing);
    redis = started;
    config = {
      DATABASE_URL: database.url,
      REDIS_URL: redis.url,
      SECRET_KEY: TEST_SECRET,
      AUTH_LOCAL: 'true',
      DATABASE_POOL_SIZE: '5',
    };
    nodes = await Promise.all([startApp({ config }), startApp({ config })]);
    ({ token: admin, userId: adminId } = await signIn(nodes[0].url, 'The Admin'));
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

  async function rawRedis() {
    const raw = createClient({ url: redis.url });
    await raw.connect();
    onTestFinished(() => raw.destroy());
    return raw;
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

  test('what became of a message is asked of every node', async () => {
    const { userId, both } = await someone('Two Screens');
    await until('both nodes answer', async () => (await connectionsOf(userId)).complete);
    const body = { body: 'to both' };
    const { id } = await rest<{ id: string }>(nodes[1].url, admin, 'POST', '/api/rooms/lobby/messages', body);
    await until('both heard it', () =>
      both.every((client) => client.heard.some(({ payload }) => payload.id === id)),
    );
    interface Told {
      reason: string;
      complete: boolean;
      steps: { step: string; node?: string; how?: string; evidence: string; protocol?: string }[];
    }
    const path = `/api/messages/${id}/delivery?userId=${userId}`;
    const told = await rest<Told>(nodes[0].url, admin, 'GET', path);
    expect(told).toMatchObject({ reason: 'handed_over', complete: true });
    const seats = told.steps.filter(({ step }) => step === 'connection');
    expect(seats.map(({ how, evidence }) => `${how} ${evidence}`)).toEqual([
      'live recorded',
      'live recorded',
    ]);
    expect(new Set(seats.map(({ node }) => node)).size).toBe(2);
    const phoenix = seats.find(({ protocol }) => protocol === 'phoenix');
    expect(told.steps.find(({ step }) => step === 'accepted')?.node).toBe(phoenix?.node);
  });

  test('only an administrator looks, and only at people there are', async () => {
    const { userId } = await someone('Quiet One');
    const other = await signIn(nodes[0].url, 'Nosy One');
    await expect(rest(nodes[0].url, other.token, 'GET', `/api/users/${userId}/connections`)).rejects.toThrow(
      '403',
    );
    await expect(connectionsOf('01900000-0000-7000-8000-000000000000')).rejects.toThrow('404');
  });

  test('garbage on each of its channels hurts nobody, and is counted', async () => {
    const { userId } = await someone('Steady Hand');
    const unhandled: unknown[] = [];
    const note = (error: unknown) => unhandled.push(error);
    process.on('unhandledRejection', note);
    onTestFinished(() => void process.off('unhandledRejection', note));
    const raw = await rawRedis();
    const unreadable = async (node: TestApp) =>
      (await node.app.parts.metrics.registry.getSingleMetric('parley_socket_control_unreadable_total')?.get())
        ?.values[0]?.value ?? 0;
    const before = await Promise.all(nodes.map(unreadable));
    const channels = (await raw.sendCommand([
      'PUBSUB',
      'CHANNELS',
      'parley-sockets*',
    ])) as unknown as string[];
    // Requests, responses to all, and responses to each node.
    expect(channels.length).toBeGreaterThanOrEqual(4);
    for (const channel of ['parley-sockets#/#', 'parley-sockets#/#x#', ...channels])
      for (const bytes of GARBAGE) expect(await raw.publish(channel, bytes)).toBeGreaterThan(0);
    await until('both nodes still answer', async () => {
      const found = await connectionsOf(userId);
      return found.complete && found.connections.length === 2;
    });
    expect(unhandled).toEqual([]);
    for (const [i, node] of nodes.entries())
      expect(await unreadable(node)).toBeGreaterThan(before[i] as number);
  });

  test('a node that does not answer hides only its own', async () => {
    const { userId } = await someone('Patient One');
    await until('both nodes answer', async () => (await connectionsOf(userId)).complete);
    const silent = await rawRedis();
    await silent.subscribe('parley-sockets-request#/#', () => {});
    const found = await connectionsOf(userId);
    expect(found.complete).toBe(false);
    expect(kinds(found)).toEqual(['phoenix', 'socketio']);
  });

  test('a node that could not listen at first does so after the next break', async () => {
    const raw = await rawRedis();
    await raw.sendCommand(['ACL', 'SETUSER', 'default', '-psubscribe', '-subscribe']);
    const late = await startApp({ config });
    onTestFinished(() => late.app.stop());
    const asked = () => rest<Found>(late.url, admin, 'GET', `/api/users/${adminId}/connections`);
    expect((await asked()).complete).toBe(false);
    await raw.sendCommand(['ACL', 'SETUSER', 'default', '+psubscribe', '+subscribe']);
    await raw.sendCommand(['CLIENT', 'KILL', 'SKIPME', 'yes']);
    await until('it asks all', async () => (await asked()).complete);
  });

  test('without Redis it answers for its own node and says so; with it again, for all', async () => {
    const { userId, both } = await someone('Lone Wolf');
    await until('both nodes answer', async () => (await connectionsOf(userId)).complete);
    await redis.crash();
    await until('it says that this is not all', async () => !(await connectionsOf(userId)).complete);
    expect(kinds(await connectionsOf(userId))).toEqual(['socketio']);
    const asked = performance.now();
    const closesBefore = both.map((client) => client.closes.length);
    expect((await connectionsOf(userId, 'DELETE')).complete).toBe(false);
    expect(performance.now() - asked).toBeLessThan(3000);
    await until('those of the other node were closed too', () =>
      both.every((client, i) => client.closes.length > (closesBefore[i] as number)),
    );
    await until('both are back', () => both.every((client) => client.isJoined()));
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
