// Two nodes on one Postgres and one Redis: one order, also while Redis is away; one presence; a removal counts everywhere.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { startApp, TEST_SECRET, type TestApp } from '../support/app.ts';
import { type ChatClient, connectChat, rest, signIn } from '../support/chat-clients.ts';
import { createDatabase, type Database } from '../support/postgres.ts';
import { startRedis } from '../support/redis.ts';
import type { Service } from '../support/service.ts';
import { until } from '../support/until.ts';

/** Later than this, the look at the log that a node takes anyway would hide that nothing else worked. */
const QUICKER_THAN_A_POLL_MS = 4500;

describe.runIf(inject('postgresUrl') !== undefined && inject('redisUrl') !== undefined)('two nodes', () => {
  let database: Database;
  let redis: Service;
  let nodes: [TestApp, TestApp] | undefined;
  const clients: ChatClient[] = [];
  const pair = () => nodes as [TestApp, TestApp];

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
    // Both start on the empty database at once: one migrates, the other waits.
    nodes = await Promise.all([startApp({ config }), startApp({ config })]);
  });
  afterAll(async () => {
    for (const client of clients) client.close();
    for (const node of nodes ?? []) await node.app.stop();
    await redis.stop();
    await database.drop();
  });

  async function client(
    node: 0 | 1,
    protocol: ChatClient['protocol'],
    name: string,
    roomId: string,
  ): Promise<ChatClient> {
    const { url } = pair()[node];
    const who = await signIn(url, name);
    const one = await connectChat({ url, protocol, roomId, ...who });
    clients.push(one);
    return one;
  }

  async function newRoom(): Promise<string> {
    const { token } = await signIn(pair()[0].url, 'Owner');
    return (await rest<{ id: string }>(pair()[0].url, token, 'POST', '/api/rooms', { name: 'Across' })).id;
  }

  const seqs = (c: ChatClient) => c.heard.flatMap((h) => (h.seq === undefined ? [] : [h.seq]));
  const bodies = (c: ChatClient) =>
    c.heard.flatMap((h) => (h.type === 'new_message' ? [String(h.payload.body)] : []));
  const gapless = (list: number[]) => list.every((seq, i) => i === 0 || seq === (list[i - 1] as number) + 1);

  test('everyone on either node and protocol sees one order', async () => {
    const room = await newRoom();
    const all = [
      await client(0, 'socketio', 'Ann', room),
      await client(0, 'phoenix', 'Bea', room),
      await client(1, 'socketio', 'Cid', room),
      await client(1, 'phoenix', 'Dan', room),
    ];
    const sent = await Promise.all(
      all.flatMap((c, who) =>
        Array.from({ length: 25 }, (_, i) => c.send({ id: randomUUID(), body: `${who}-${i}` })),
      ),
    );
    const last = Math.max(...sent.map((m) => m.seq as number));
    await until('all are there', () => all.every((c) => seqs(c).at(-1) === last));
    for (const c of all) {
      expect(gapless(seqs(c))).toBe(true);
      expect(bodies(c).filter((b) => /^\d-/.test(b))).toEqual(
        bodies(all[0] as ChatClient).filter((b) => /^\d-/.test(b)),
      );
      expect(new Set(bodies(c)).size).toBe(100);
    }
  });

  test('@here on a node that nobody listens to reaches who is there on the other', async () => {
    const owner = await signIn(pair()[0].url, 'Owner');
    const room = await newRoom();
    const there = await client(1, 'phoenix', 'Hal', room);
    const { userId: away, token } = await signIn(pair()[1].url, 'Ida');
    await rest(pair()[1].url, token, 'POST', `/api/rooms/${room}/join`, {});
    const saidHere = async () => {
      const path = `/api/rooms/${room}/messages`;
      const body = { body: '@here' };
      type Said = { mentions: { kind: string; userIds: string[] }[] };
      return (await rest<Said>(pair()[0].url, owner.token, 'POST', path, body)).mentions[0];
    };
    await until(
      'who is there is reached',
      async () => (await saidHere())?.userIds.includes(there.userId) === true,
    );
    const { kind, userIds } = (await saidHere()) ?? {};
    expect({ kind, userIds }).toEqual({ kind: 'here', userIds: [there.userId] });
    expect(userIds).not.toContain(away);
  });

  test('while Redis is away messages still reach the other node, and nothing is missing when it is back', async () => {
    const room = await newRoom();
    const here = await client(0, 'phoenix', 'Eva', room);
    const there = await client(1, 'socketio', 'Fay', room);
    await redis.crash();
    const during = await Promise.all(
      Array.from({ length: 20 }, (_, i) => here.send({ id: randomUUID(), body: `down-${i}` })),
    );
    await until(
      'the other node has read them from the log',
      () => seqs(there).at(-1) === during.at(-1)?.seq,
      QUICKER_THAN_A_POLL_MS,
    );
    await redis.start();
    const after = await here.send({ id: randomUUID(), body: 'back' });
    await until('the other node has it', () => seqs(there).at(-1) === after.seq, QUICKER_THAN_A_POLL_MS);
    expect(gapless(seqs(there))).toBe(true);
    expect(bodies(there)).toEqual([...Array.from({ length: 20 }, (_, i) => `down-${i}`), 'back']);
  });

  test('presence is one across nodes', async () => {
    const room = await newRoom();
    const here = await client(0, 'phoenix', 'Gus', room);
    const there = await client(1, 'socketio', 'Hal', room);
    const present = (c: ChatClient) => {
      const metas = new Map<string, string>();
      for (const { type, payload } of c.heard) {
        const add = (state: Record<string, { metas: { phx_ref: string }[] }>) => {
          for (const [id, { metas: list }] of Object.entries(state))
            for (const meta of list) metas.set(meta.phx_ref, id);
        };
        if (type === 'presence_state') add((payload.presence ?? payload) as Parameters<typeof add>[0]);
        if (type !== 'presence_diff') continue;
        add(payload.joins as Parameters<typeof add>[0]);
        for (const { metas: list } of Object.values(payload.leaves as Parameters<typeof add>[0]))
          for (const meta of list) metas.delete(meta.phx_ref);
      }
      return new Set(metas.values());
    };
    await until('each sees both', () =>
      [here, there].every((c) => present(c).has(here.userId) && present(c).has(there.userId)),
    );
    there.close();
    await until('the other has seen the leave', () => !present(here).has(there.userId));
  });

  test('a removed member hears nothing later, on whichever node', async () => {
    const { token } = await signIn(pair()[0].url, 'Owner');
    const room = await newRoom();
    const gone = await client(1, 'socketio', 'Ivy', room);
    const stays = await client(1, 'phoenix', 'Jan', room);
    await rest(pair()[0].url, token, 'DELETE', `/api/rooms/${room}/members/${gone.userId}`);
    const last = await stays.send({ id: randomUUID(), body: 'after' });
    await until('the other is told', () => seqs(stays).at(-1) === last.seq);
    await until('the removal has arrived', () => gone.heard.some((h) => h.type === 'member_left'));
    expect(bodies(gone)).toEqual([]);
  });
});
