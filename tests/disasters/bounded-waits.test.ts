// Nobody waits for the database longer than three seconds, whatever is asked and by which door: it may be frozen, locked or all
// its connections taken. What was refused does not happen later, and everything is back when the database is.
import { randomUUID } from 'node:crypto';
import type { Pool, PoolClient } from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, inject, test } from 'vitest';
import { freezePostgres, thawPostgres } from '../cluster/cluster.ts';
import { type SignedIn, startApp, type TestApp } from '../support/app.ts';
import { type Caller, connect, type Listener, listen, refusalOf } from '../support/clients.ts';
import { startPostgres } from '../support/postgres.ts';
import type { Service } from '../support/service.ts';
import { startStopwatch } from '../support/stopwatch.ts';
import { until } from '../support/until.ts';

/** Three seconds, and room for a busy machine. */
const LIMIT_MS = 6000;
const POOL = 4;

describe.runIf(inject('postgresUrl') !== undefined)('a database that does not answer', () => {
  let postgres: Service;
  let app: TestApp;
  let ada: SignedIn;
  let bob: SignedIn;
  let roomId: string;
  let otherId: string;
  let doors: Record<'rest' | 'socketio' | 'phoenix', Caller>;
  let sockets: Listener[];

  beforeAll(async () => {
    const service = await startPostgres();
    if ('missing' in service) throw new Error(service.missing);
    postgres = service;
    app = await startApp({ config: { DATABASE_URL: postgres.url, DATABASE_POOL_SIZE: String(POOL) } });
    await app.signIn('Root Person');
    [ada, bob] = [await app.signIn('Ada'), await app.signIn('Bob')];
    sockets = [await listen('socketio over websocket', app, ada), await listen('phoenix 2.0.0', app, ada)];
    const [socketio, phoenix] = sockets as [Listener, Listener];
    doors = { rest: await connect('rest', app, ada), socketio, phoenix };
    roomId = (await doors.rest.call('create_room', { name: 'Here' })).id;
    otherId = (await doors.rest.call('create_room', { name: 'There' })).id;
  }, 60_000);
  afterEach(() => thawPostgres(postgres));
  afterAll(async () => {
    thawPostgres(postgres);
    await Promise.all(sockets.map((socket) => socket.close()));
    await app.stop();
    await postgres.stop();
  }, 60_000);

  const pool = () => (app.app.parts.database.driver as { pool: Pool }).pool;

  /** Refused as something that may be tried again, in time. */
  async function expectRefused(what: string, call: () => Promise<unknown>): Promise<void> {
    const sinceAsked = startStopwatch();
    const refusal = await refusalOf(call());
    const took = Math.round(sinceAsked());
    expect(refusal, what).toMatchObject({
      code: 'unavailable',
      reason: 'database_unavailable',
      status: 503,
      retryable: true,
    });
    expect(took, `${what} took ${took} ms`).toBeLessThan(LIMIT_MS);
  }

  async function expectQuick(what: string, call: () => Promise<unknown>): Promise<void> {
    const sinceAsked = startStopwatch();
    await call();
    expect(sinceAsked(), what).toBeLessThan(LIMIT_MS);
  }

  const reads: [name: string, input: () => object][] = [
    ['get_room', () => ({ roomId })],
    ['list_rooms', () => ({})],
    ['list_messages', () => ({ roomId })],
    ['list_events', () => ({ roomId, afterSeq: 0 })],
    ['list_users', () => ({})],
  ];
  const writes: [name: string, input: () => object][] = [
    ['create_room', () => ({ name: 'Never' })],
    ['update_room', () => ({ roomId, name: 'Never' })],
    ['add_member', () => ({ roomId, userId: bob.user.id })],
    ['mark_read', () => ({ roomId, seq: 1 })],
    ['update_me', () => ({ name: 'Never' })],
  ];
  /** May be stored all the same, which does no harm: the id tells. */
  const sends: typeof reads = [['send_message', () => ({ roomId, id: randomUUID(), body: 'late' })]];

  const everything = (calls: typeof reads) =>
    Object.entries(doors).flatMap(([door, caller]) =>
      calls.map(([name, input]) => expectRefused(`${name} by ${door}`, () => caller.call(name, input()))),
    );

  const state = async () => ({
    rooms: (await doors.rest.call('list_rooms')).data.map((room: { name: string }) => room.name),
    here: (await doors.rest.call('list_events', { roomId, afterSeq: 0 })).events
      .map((entry: { type: string }) => entry.type)
      .filter((type: string) => type !== 'new_message'),
    me: (await doors.rest.call('get_me')).name,
  });

  test('that is frozen refuses every call and join in time, and none of it happens later', async () => {
    const fresh = await app.signIn('Not seen yet');
    const before = await state();
    freezePostgres(postgres);
    // Twice: the second time all connections are stuck.
    for (let round = 0; round < 2; round++) {
      await Promise.all([
        ...everything([...reads, ...writes, ...sends]),
        ...sockets.map((socket) => expectRefused('a join', () => socket.join(roomId))),
        ...sockets.map((socket) => expectRefused('a join by slug', () => socket.join('lobby'))),
        // A token that was not checked before.
        expectRefused('signing in', () =>
          connect('rest', app, fresh).then((caller) => caller.call('get_me')),
        ),
        expectRefused('a new connection', () => listen('socketio over websocket', app, fresh)),
      ]);
    }
    thawPostgres(postgres);
    await until('calls are answered again', () =>
      doors.rest.call('get_me').then(
        () => true,
        () => false,
      ),
    );
    for (const socket of sockets) expect((await socket.join(roomId)).room.id).toBe(roomId);
    expect(await state()).toEqual(before);
  }, 60_000);

  test('whose one room is locked refuses what needs the lock, and nothing else waits', async () => {
    const before = await state();
    const client = await pool().connect();
    try {
      await client.query('begin');
      await client.query('select 1 from rooms where id = $1 for update', [roomId]);
      const needLock = writes.filter(([name]) => ['update_room', 'add_member'].includes(name));
      // More at once than there are connections.
      const refused = Promise.all(everything([...needLock, ...sends]));
      for (const [door, caller] of Object.entries(doors)) {
        await expectQuick(`reading the room by ${door}`, () => caller.call('list_messages', { roomId }));
        await expectQuick(`sending elsewhere by ${door}`, () =>
          caller.call('send_message', { roomId: otherId, body: 'taken' }),
        );
        await expectQuick(`changing another by ${door}`, () =>
          caller.call('update_room', { roomId: otherId, topic: door }),
        );
      }
      for (const socket of sockets) await expectQuick('a join of the room', () => socket.join(roomId));
      await refused;
    } finally {
      await client.query('rollback');
      client.release();
    }
    expect(await state()).toEqual(before);
    expect(await doors.rest.call('update_room', { roomId, topic: 'free again' })).toMatchObject({
      topic: 'free again',
    });
  }, 60_000);

  test('that is slow at a statement has it ended, and the connections are whole again', async () => {
    const client = await pool().connect();
    try {
      await client.query('begin');
      await client.query('lock table messages in access exclusive mode');
      await Promise.all(everything([['list_messages', () => ({ roomId })]]));
    } finally {
      await client.query('rollback');
      client.release();
    }
    for (const caller of Object.values(doors)) await caller.call('list_messages', { roomId });
  }, 60_000);

  test('whose connections are all taken refuses in time, and takes what comes after', async () => {
    const before = await state();
    const taken: PoolClient[] = [];
    for (let i = 0; i < POOL; i++) taken.push(await pool().connect());
    try {
      await Promise.all([
        ...everything([...reads, ...writes, ...sends]),
        ...sockets.map((socket) => expectRefused('a join', () => socket.join(otherId))),
      ]);
    } finally {
      for (const client of taken) client.release();
    }
    expect(await state()).toEqual(before);
    for (const socket of sockets) expect((await socket.join(otherId)).room.id).toBe(otherId);
  }, 60_000);
});
