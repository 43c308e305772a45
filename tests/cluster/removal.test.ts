// Removed from a room on one node, by someone who sits on another: nothing later comes by any door, at once with Redis and
// within seconds without it.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { type SignedIn, startApp, TEST_SECRET, type TestApp } from '../support/app.ts';
import { connect, type Listener, listen, request } from '../support/clients.ts';
import { createDatabase, type Database } from '../support/postgres.ts';
import { startRedis } from '../support/redis.ts';
import type { Service } from '../support/service.ts';

const LIVE = ['socketio over websocket', 'phoenix 2.0.0'] as const;
const hasBoth = inject('postgresUrl') !== undefined && inject('redisUrl') !== undefined;

describe.runIf(hasBoth)('two nodes', () => {
  let database: Database;
  let redis: Service;
  let nodes: [TestApp, TestApp];
  let owner: SignedIn;
  let stays: SignedIn;

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
    owner = await nodes[0].signIn('Owner');
    stays = await nodes[0].signIn('Stays');
  });
  afterAll(async () => {
    for (const node of nodes ?? []) await node.app.stop();
    await redis.stop();
    await database.drop();
  });

  const texts = (client: Listener) =>
    client.heard.filter((h) => h.type === 'new_message').map((h) => String(h.payload.body));

  /**
   * Removes someone who listens on the other node, and says more the moment it is acknowledged.
   * @returns how long it took until that node had put him out, in ms
   */
  async function expectGone(surface: (typeof LIVE)[number], name: string): Promise<number> {
    const [here, there] = nodes;
    const gone = await there.signIn(name);
    const rest = await connect('rest', here, owner);
    const memberIds = [gone.user.id, stays.user.id];
    const { id: roomId } = await rest.call('create_room', {
      name: 'Quiet',
      memberIds,
      visibility: 'private',
    });
    const [hears, out] = [await listen(surface, there, stays), await listen(surface, there, gone)];
    try {
      await Promise.all([hears.join(roomId), out.join(roomId)]);
      const say = (body: string) => rest.call('send_message', { roomId, id: randomUUID(), body });
      await say('before');
      await out.until('what was said before', () => texts(out).includes('before'));

      await rest.call('remove_member', { roomId, userId: gone.user.id });
      const removed = performance.now();
      await say('after');
      // The log is one order: by the time the others hear what came later, he has been put out.
      await hears.until('what was said after', () => texts(hears).includes('after'));
      const took = performance.now() - removed;
      // Every other door of that node is shut as well: rights are read, not remembered.
      const path = `/api/rooms/${roomId}/events?afterSeq=0`;
      expect((await request(there.url, 'GET', path, { token: gone.token })).status).toBe(404);
      await expect(
        out.call('send_message', { roomId, id: randomUUID(), body: 'from outside' }),
      ).rejects.toThrow();
      const again = await listen(surface, there, gone);
      await expect(again.join(roomId, { afterSeq: 0 })).rejects.toThrow();
      await again.close();
      await say('last');
      await hears.until('the last word', () => texts(hears).includes('last'));
      expect(texts(out)).toEqual(['before']);
      return took;
    } finally {
      await Promise.all([hears.close(), out.close()]);
    }
  }

  /** Nothing may ever come; the time is that of the best of three, since a busy machine may be late for reasons of its own. */
  async function expectGoneWithin(limitMs: number, surface: (typeof LIVE)[number], name: string) {
    const times: number[] = [];
    while (times.length < 3 && !times.some((ms) => ms < limitMs))
      times.push(await expectGone(surface, `${name} ${times.length}`));
    expect(Math.min(...times)).toBeLessThan(limitMs);
  }

  test.each(LIVE)('by %s, with Redis: within a second', (surface) =>
    expectGoneWithin(1000, surface, `Quick ${surface.slice(0, 3)}`),
  );

  test('without Redis: within three seconds', async () => {
    await redis.crash();
    for (const surface of LIVE) await expectGoneWithin(3000, surface, `Slow ${surface.slice(0, 3)}`);
  }, 30_000);
});
