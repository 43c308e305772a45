// Rights in rooms at the moment they matter: what was taken away while a change waited for the room counts, and a room that has
// an owner keeps one.
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { type SignedIn, startApp, type TestApp } from '../support/app.ts';
import {
  type Answer,
  type Caller,
  connect,
  Refusal,
  refusalOf,
  request,
  SURFACES,
} from '../support/clients.ts';
import { until } from '../support/until.ts';

const NOT_ALLOWED = { code: 'forbidden', reason: 'not_allowed' };
const NOT_A_MEMBER = { code: 'forbidden', reason: 'not_a_member' };
const NO_ROOM = { code: 'not_found', reason: 'room_not_found' };

describe.runIf(inject('postgresUrl') !== undefined)('a right that is lost while a change waits', () => {
  let app: TestApp;
  let people: Record<'root' | 'ada' | 'bob' | 'eve', SignedIn>;
  let calls: Record<'root' | 'ada' | 'bob', Caller>;
  beforeAll(async () => {
    app = await startApp({ database: 'postgres' });
    const root = await app.signIn('Root Person');
    people = {
      root,
      ada: await app.signIn('Ada'),
      bob: await app.signIn('Bob'),
      eve: await app.signIn('Eve'),
    };
    calls = {
      root: await connect('rest', app, root),
      ada: await connect('rest', app, people.ada),
      bob: await connect('rest', app, people.bob),
    };
  });
  afterAll(() => app.stop());

  const database = () => app.app.parts.database;
  const waiting = async () => {
    const { rows } = await sql<{ n: number }>`select count(*)::int as n from pg_stat_activity
      where wait_event_type = 'Lock' and datname = current_database()`.execute(database().db);
    return rows[0]?.n ?? 0;
  };

  /** Makes the call while `change` is being made under the room's lock, and answers how it ended. */
  async function whileLocked(roomId: string, change: ReturnType<typeof sql>, call: () => Promise<Answer>) {
    let answer: Promise<Answer> = Promise.resolve();
    await database()
      .db.transaction()
      .execute(async (tx) => {
        await sql`select 1 from rooms where id = ${roomId} for update`.execute(tx);
        await change.execute(tx);
        answer = call().then(
          (value) => ({ value }),
          (error: unknown) => ({ error }),
        );
        await until('the call waits for the room', async () => (await waiting()) > 0);
      });
    const { value, error } = await answer;
    return refusalOf(error === undefined ? Promise.resolve(value) : Promise.reject(error));
  }

  const room = async () =>
    (
      await calls.ada.call('create_room', {
        name: 'Contested',
        visibility: 'private',
        memberIds: [people.bob.user.id, people.eve.user.id],
      })
    ).id as string;
  const promote = (roomId: string, role: string) =>
    calls.ada.call('update_member', { roomId, userId: people.bob.user.id, role });
  const demoted = (roomId: string) =>
    sql`update memberships set role = 'member' where room_id = ${roomId} and user_id = ${people.bob.user.id}`;
  const removed = (roomId: string) =>
    sql`delete from memberships where room_id = ${roomId} and user_id = ${people.bob.user.id}`;

  const changes: [name: string, input: () => object][] = [
    ['update_room', () => ({ name: 'Mine' })],
    ['delete_room', () => ({})],
    ['add_member', () => ({ userId: people.root.user.id })],
    ['update_member', () => ({ userId: people.eve.user.id, role: 'admin' })],
    ['remove_member', () => ({ userId: people.eve.user.id })],
  ];

  test.each(changes)('%s does not happen any more', async (name, input) => {
    for (const [change, refusal] of [
      [demoted, NOT_ALLOWED],
      [removed, NO_ROOM],
    ] as const) {
      const roomId = await room();
      await promote(roomId, 'owner');
      const before = await calls.ada.call('get_room', { roomId });
      const attempt = () => calls.bob.call(name, { roomId, ...input() });
      expect(await whileLocked(roomId, change(roomId), attempt)).toMatchObject(refusal);
      const after = await calls.ada.call('get_room', { roomId });
      expect(after.lastSeq, 'nothing was appended').toBe(before.lastSeq);
    }
  });

  test('nor is anybody let in who was removed from the server meanwhile', async () => {
    const { id: roomId } = await calls.ada.call('create_room', { name: 'Open' });
    const late = await app.signIn('Late Person');
    const gone = sql`update users set deleted_at = now() where id = ${late.user.id}`;
    const path = `/api/rooms/${roomId}/join`;
    const join = async () => {
      const { status, body } = await request(app.url, 'POST', path, { token: late.token, body: {} });
      if (status >= 400) throw new Refusal(body);
    };
    expect(await whileLocked(roomId, gone, join)).toMatchObject({ code: 'forbidden', reason: 'suspended' });
    const { data } = await calls.ada.call('list_members', { roomId });
    expect(data.map((m: { user: { id: string } }) => m.user.id)).toEqual([people.ada.user.id]);
  });

  test('nor does an administrator who is none any more', async () => {
    const admin = await app.signIn('Second Admin');
    await calls.root.call('update_user', { userId: admin.user.id, role: 'admin' });
    const { id: roomId } = await calls.ada.call('create_room', { name: 'Watched' });
    const admins = await connect('rest', app, admin);
    expect(await admins.call('update_room', { roomId, name: 'Moderated' })).toMatchObject({
      name: 'Moderated',
    });
    const lowered = sql`update users set role = 'member' where id = ${admin.user.id}`;
    const attempt = () => admins.call('update_room', { roomId, name: 'Again' });
    expect(await whileLocked(roomId, lowered, attempt)).toMatchObject(NOT_A_MEMBER);
  });

  test('two owners who step down at the same time leave one', async () => {
    const roomId = await room();
    await promote(roomId, 'owner');
    const stepDown = (who: 'ada' | 'bob') =>
      calls[who].call('update_member', { roomId, userId: people[who].user.id, role: 'member' });
    const outcomes = await Promise.allSettled([stepDown('ada'), stepDown('bob')]);
    expect(outcomes.map((o) => o.status).sort()).toEqual(['fulfilled', 'rejected']);
    const { data } = await calls.ada.call('list_members', { roomId });
    expect(data.filter((m: { role: string }) => m.role === 'owner')).toHaveLength(1);
  });
});

describe('the last owner', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startApp();
  });
  afterAll(() => app.stop());

  test.each(SURFACES)('neither leaves nor steps down before there is another, by %s', async (surface) => {
    const root = await app.signIn('Root Person');
    const [ada, bob] = [await app.signIn('Ada'), await app.signIn('Bob')];
    const [roots, adas, bobs] = await Promise.all([root, ada, bob].map((who) => connect(surface, app, who)));
    if (roots === undefined || adas === undefined || bobs === undefined) throw new Error('three callers');
    const { id: roomId } = await adas.call('create_room', { name: 'Owned', memberIds: [bob.user.id] });
    const userId = ada.user.id;
    for (const attempt of [
      () => adas.call('quit_room', { roomId }),
      () => adas.call('update_member', { roomId, userId, role: 'admin' }),
      () => adas.call('remove_member', { roomId, userId }),
      () => roots.call('remove_member', { roomId, userId }),
    ]) {
      const refusal = await refusalOf(attempt());
      expect(refusal).toMatchObject({ code: 'conflict', status: 409, reason: 'last_owner' });
      expect(refusal.detail).toMatch(/make another member its owner first/);
    }
    expect(await adas.call('update_member', { roomId, userId, role: 'owner' })).toMatchObject({
      role: 'owner',
    });
    await adas.call('update_member', { roomId, userId: bob.user.id, role: 'owner' });
    expect(await adas.call('quit_room', { roomId })).toEqual({ left: true });
    expect(await refusalOf(bobs.call('quit_room', { roomId }))).toMatchObject({ reason: 'last_owner' });
    expect(await bobs.call('delete_room', { roomId })).toEqual({ deleted: true });
    await Promise.all([roots, adas, bobs].map((caller) => caller.close()));
  });
});
