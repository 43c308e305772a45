// What is left of someone who was removed, by the identity provider or by an administrator: no seat, no socket, no key, no agent
// that speaks. In one organisation when they left that one, everywhere when the person is gone; and once, however often it is told.
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { startApp, type TestApp } from '../../support/app.ts';
import { type Caller, connect, listen, refusalOf, request } from '../../support/clients.ts';
import { CLERK_CONFIG, deliver, ended, enter, fresh, inOrg, LIVE, membership } from './clerk.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startApp({ config: { ...CLERK_CONFIG, AUTH_LOCAL: 'true' } });
  await app.signIn('Root Person');
});
afterAll(() => app.stop());

type Entered = Awaited<ReturnType<typeof enter>>;

/** Someone with a room, an agent and a key in a tenant, and a colleague who sees it. */
async function settled(who: Entered, colleague: Entered) {
  const [his, theirs] = [await connect('rest', app, who), await connect('rest', app, colleague)];
  const room = await his.call('create_room', { name: 'Work', memberIds: [colleague.user.id] });
  const direct = await theirs.call('open_direct_room', { userIds: [who.user.id] });
  const name = `Helper ${who.user.id.slice(-8)}`;
  const agent = await his.call('create_agent', { name });
  await his.call('add_member', { roomId: room.id, userId: agent.id });
  return { who, his, theirs, room, direct, agent };
}
type Settled = Awaited<ReturnType<typeof settled>>;

const memberIds = async (caller: Caller, roomId: string) =>
  (await caller.call('list_members', { roomId })).data.map((m: { user: { id: string } }) => m.user.id);

async function leaves(caller: Caller, roomId: string, userId: string) {
  const { events } = await caller.call('list_events', { roomId, afterSeq: 0 });
  return events.filter(
    (e: { type: string; payload: { userId: string } }) =>
      e.type === 'member_left' && e.payload.userId === userId,
  );
}

async function expectGone({ who, theirs, room, direct, agent }: Settled, by: string) {
  for (const { id } of [room, direct]) {
    expect(await memberIds(theirs, id)).not.toContain(who.user.id);
    const left = await leaves(theirs, id, who.user.id);
    expect(left).toHaveLength(1);
    expect(left[0].payload.by).toBe(by);
  }
  expect(await memberIds(theirs, 'lobby')).not.toContain(who.user.id);
  expect(await theirs.call('get_agent', { agentId: agent.id })).toMatchObject({ isActive: false });
  // Nobody puts him anywhere any more.
  for (const attempt of [
    () => theirs.call('create_room', { name: 'Again', memberIds: [who.user.id] }),
    () => theirs.call('add_member', { roomId: 'lobby', userId: who.user.id }),
  ])
    expect(await refusalOf(attempt())).toMatchObject({ code: 'not_found', reason: 'user_not_found' });
}

async function expectUntouched({ who, his, room, agent }: Settled) {
  expect(await memberIds(his, room.id)).toContain(who.user.id);
  expect(await his.call('get_agent', { agentId: agent.id })).toMatchObject({ isActive: true });
}

describe('the provider', () => {
  test('that deletes a person takes them out of every organisation', async () => {
    const [person, acme, zeta] = [fresh('user'), fresh('org'), fresh('org')];
    const here = await settled(
      await enter(app, person, inOrg(acme)),
      await enter(app, fresh('user'), inOrg(acme)),
    );
    const there = await settled(
      await enter(app, person, inOrg(zeta)),
      await enter(app, fresh('user'), inOrg(zeta)),
    );
    const deletion = () => deliver(app, 'user.deleted', { id: person, deleted: true });
    // Told several times, under ids of their own, and at once.
    const answers = await Promise.all([deletion(), deletion(), deletion()]);
    expect(answers.map((a) => a.status)).toEqual([200, 200, 200]);
    for (const one of [here, there]) await expectGone(one, one.who.user.id);
  });

  test('that ends a membership takes them out of that organisation alone, and their agents stay silent when they are back', async () => {
    const [person, acme, zeta] = [fresh('user'), fresh('org'), fresh('org')];
    const colleague = await enter(app, fresh('user'), inOrg(acme));
    const here = await settled(await enter(app, person, inOrg(acme)), colleague);
    const there = await settled(
      await enter(app, person, inOrg(zeta)),
      await enter(app, fresh('user'), inOrg(zeta)),
    );
    await deliver(app, 'organizationMembership.deleted', membership(acme, person));
    await expectGone(here, here.who.user.id);
    await expectUntouched(there);

    await deliver(app, 'organizationMembership.created', membership(acme, person), { at: 1000 });
    const back = await connect('rest', app, await enter(app, person, inOrg(acme)));
    const { data } = await back.call('list_rooms');
    expect(data.map((room: { slug?: string }) => room.slug)).toEqual(['lobby']);
    const on = { agentId: here.agent.id, active: true };
    expect(await refusalOf(back.call('activate_agent', on))).toMatchObject({
      code: 'conflict',
      reason: 'suspended',
    });
    const chief = await connect('rest', app, await enter(app, fresh('user'), inOrg(acme, 'org:admin')));
    expect(await chief.call('activate_agent', on)).toMatchObject({ isActive: true });
  });
});

describe('an administrator', () => {
  test('removes someone for good, at every door', async () => {
    const root = await app.signIn('Root Person');
    const roots = await connect('rest', app, root);
    const gone = { ...(await app.signIn('Gone Person')), role: '', tenantId: '' };
    const one = await settled(gone, { ...(await app.signIn('Stays Person')), role: '', tenantId: '' });
    await roots.call('update_user', { userId: gone.user.id, role: 'admin' });
    const { key } = await one.his.call('create_key', { name: 'Robot', scopes: ['*'] });
    const sockets = [];
    for (const surface of LIVE) {
      sockets.push(await listen(surface, app, gone), await listen(surface, app, { ...gone, token: key }));
    }
    const others = await connect('rest', app, await app.signIn('Other Person'));
    expect(await refusalOf(others.call('remove_user', { userId: gone.user.id }))).toMatchObject({
      code: 'forbidden',
      reason: 'admin_only',
    });
    expect(await roots.call('remove_user', { userId: gone.user.id })).toEqual({ removed: true });
    for (const socket of sockets) {
      await socket.until('the end of the connection', () => socket.closed() !== undefined);
      expect(socket.closed()).toBe(ended(socket.surface, 4503));
      await socket.close();
    }
    for (const token of [gone.token, key])
      expect((await request(app.url, 'GET', '/api/me', { token })).status).toBe(401);
    await expectGone(one, root.user.id);
    expect(await refusalOf(roots.call('remove_user', { userId: gone.user.id }))).toMatchObject({
      code: 'not_found',
    });
    // The name is free, for someone else.
    const next = await app.signIn('Gone Person');
    expect(next.user.id).not.toBe(gone.user.id);
  });

  test('neither removes the last one, nor whom the provider would bring back', async () => {
    const root = await app.signIn('Root Person');
    const roots = await connect('rest', app, root);
    expect(await refusalOf(roots.call('remove_user', { userId: root.user.id }))).toMatchObject({
      code: 'conflict',
      reason: 'last_admin',
    });
    const org = fresh('org');
    const chief = await connect('rest', app, await enter(app, fresh('user'), inOrg(org, 'org:admin')));
    const { user } = await enter(app, fresh('user'), inOrg(org));
    expect(await refusalOf(chief.call('remove_user', { userId: user.id }))).toMatchObject({
      code: 'conflict',
      reason: 'member_from_provider',
    });
    expect(await refusalOf(chief.call('remove_user', { userId: root.user.id }))).toMatchObject({
      code: 'not_found',
    });
  });
});

describe.runIf(inject('postgresUrl') !== undefined)('while much goes on at once', () => {
  test('a removal leaves no seat behind, whoever was just being let in', async () => {
    const busy = await startApp({ database: 'postgres' });
    try {
      const roots = await connect('rest', busy, await busy.signIn('Root Person'));
      const adas = await connect('rest', busy, await busy.signIn('Ada'));
      for (let round = 0; round < 5; round++) {
        const target = await busy.signIn(`Target ${round}`);
        const his = await connect('rest', busy, target);
        const rooms: string[] = [];
        for (let i = 0; i < 8; i++) rooms.push((await adas.call('create_room', { name: `Room ${i}` })).id);
        const [mine, others] = [rooms.slice(0, 4), rooms.slice(4)];
        for (const roomId of mine) await adas.call('add_member', { roomId, userId: target.user.id });
        const join = (roomId: string) =>
          request(busy.url, 'POST', `/api/rooms/${roomId}/join`, { token: target.token, body: {} });
        const noise = [
          ...mine.map((roomId) => his.call('send_message', { roomId, body: 'still here' })),
          ...others.slice(0, 2).map(join),
          ...others.slice(2).map((roomId) => adas.call('add_member', { roomId, userId: target.user.id })),
          adas.call('create_room', { name: 'With him', memberIds: [target.user.id] }),
          adas.call('open_direct_room', { userIds: [target.user.id] }),
        ];
        const removal = roots.call('remove_user', { userId: target.user.id });
        await Promise.allSettled(noise);
        expect(await removal).toEqual({ removed: true });
        const { rows } = await sql`select room_id from memberships where user_id = ${target.user.id}`.execute(
          busy.app.parts.database.db,
        );
        expect(rows).toEqual([]);
      }
    } finally {
      await busy.stop();
    }
  });
});
