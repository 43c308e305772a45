// Many who join at the same moment: each is let in for himself, once, by the rights of that moment, and the log stays whole.
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { type DatabaseKind, type SignedIn, startApp, type TestApp } from '../support/app.ts';
import {
  type Caller,
  connect,
  type Listener,
  listen,
  refusalOf,
  SOCKET_SURFACES,
  type SocketSurface,
} from '../support/clients.ts';

const CROWD = 24;
const DATABASES: DatabaseKind[] = inject('postgresUrl') === undefined ? ['pglite'] : ['pglite', 'postgres'];

describe.each(DATABASES)('a crowd joins at once (%s)', (database) => {
  let app: TestApp;
  let root: SignedIn;
  let admin: Caller;
  const crowd: Listener[] = [];
  const people: SignedIn[] = [];
  beforeAll(async () => {
    app = await startApp({ database, config: { RATE_LIMIT_FACTOR: '1000' } });
    root = await app.signIn('Root Person');
    admin = await connect('rest', app, root);
    for (let i = 0; i < CROWD; i++) {
      const who = await app.signIn(`Person ${'abcdefghijklmnopqrstuvwxyz'[i]}`);
      people.push(who);
      crowd.push(await listen(SOCKET_SURFACES[i % SOCKET_SURFACES.length] as SocketSurface, app, who));
    }
  });
  afterAll(async () => {
    for (const one of crowd) await one.close();
    await admin?.close();
    await app?.stop();
  });

  test('everyone becomes a member once, hears of those who come later, and sees the same log', async () => {
    const room = await admin.call('create_room', { name: 'Square', visibility: 'public' });
    const joins = await Promise.all(crowd.map((one) => one.join(room.id)));
    for (const [i, reply] of joins.entries()) {
      expect(reply.me.user.id).toBe((people[i] as SignedIn).user.id);
      expect(reply.me.unread).toBe(0);
      expect(reply.room.id).toBe(room.id);
    }
    const { data: events } = await admin
      .call('list_events', { roomId: room.id, afterSeq: 0, limit: 500 })
      .then((answer) => ({
        data: answer.events as { seq: number; type: string; payload: { member: { user: { id: string } } } }[],
      }));
    expect(events.map((e) => e.seq)).toEqual(events.map((_, i) => i + 1));
    const admitted = events.filter((e) => e.type === 'member_joined').map((e) => e.payload.member.user.id);
    expect([...admitted].sort()).toEqual([root.user.id, ...people.map((p) => p.user.id)].sort());
    // What the answer left out came live, without gap or repeat.
    const lastSeq = events.at(-1)?.seq as number;
    for (const [i, one] of crowd.entries()) {
      const from = (joins[i] as { lastSeq: number }).lastSeq;
      const live = () =>
        one.heard
          .filter((h) => h.type === 'member_joined' && h.payload.roomId === room.id)
          .map((h) => h.payload.seq);
      await one.until('all have come', () => live().length >= lastSeq - from);
      expect(live()).toEqual(Array.from({ length: lastSeq - from }, (_, k) => from + 1 + k));
    }
  });

  test('one who may not come is told so alone, the others are in', async () => {
    const room = await admin.call('create_room', { name: 'Gate', visibility: 'public' });
    const barred = people[3] as SignedIn;
    const { database } = app.app.parts;
    // Not by the operation, which would end the connection before it asks.
    await database.db
      .updateTable('users')
      .set({ suspendedAt: new Date() })
      .where('id', '=', barred.user.id)
      .execute();
    const answers = await Promise.allSettled(crowd.map((one) => one.join(room.id)));
    await database.db
      .updateTable('users')
      .set({ suspendedAt: null })
      .where('id', '=', barred.user.id)
      .execute();
    expect(answers.map((a) => a.status)).toEqual(crowd.map((_, i) => (i === 3 ? 'rejected' : 'fulfilled')));
    const { data: members } = await admin.call('list_members', { roomId: room.id, limit: 100 });
    expect(members).toHaveLength(CROWD);
    expect(members.map((m: { user: { id: string } }) => m.user.id)).not.toContain(barred.user.id);
  });

  test('a private room and a missing one are alike to a crowd that is not in them', async () => {
    const room = await admin.call('create_room', { name: 'Vault', visibility: 'private' });
    const refusals = await Promise.all(
      crowd.map((one, i) =>
        refusalOf(one.join(i % 2 === 0 ? room.id : '01900000-0000-7000-8000-000000000000')),
      ),
    );
    for (const refusal of refusals)
      expect(refusal).toMatchObject({ code: 'not_found', reason: 'room_not_found' });
    expect(new Set(refusals.map((r) => r.detail)).size).toBe(1);
  });
});
