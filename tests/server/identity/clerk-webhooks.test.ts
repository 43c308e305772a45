// Clerk's webhooks: who sent them, how often, in which order, and that whoever is removed there is out here at once.
import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startApp, type TestApp } from '../../support/app.ts';
import { connect, refusalOf, request } from '../../support/clients.ts';
import {
  admitted,
  atEveryDoor,
  CLERK_CONFIG,
  clerkToken,
  deliver,
  ended,
  enter,
  fresh,
  inOrg,
  LIVE,
  membership,
  open,
  person,
  refusedWith,
} from './clerk.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startApp({ config: { ...CLERK_CONFIG, AUTH_LOCAL: 'true' } });
});
afterAll(() => app.stop());

/** How a member of the organisation sees someone. */
async function seenBy(who: Awaited<ReturnType<typeof enter>>, userId: string) {
  return (await connect('rest', app, who)).call('get_user', { userId });
}

describe('a delivery', () => {
  const ada = person(fresh('user'), { first_name: 'Ada' });

  test('that is signed is received, once', async () => {
    const id = `msg_${randomUUID()}`;
    const first = await deliver(app, 'user.created', ada, { id });
    expect([first.status, first.body]).toEqual([200, { received: true }]);
    const again = await deliver(app, 'user.created', ada, { id, sentAt: 5 });
    expect([again.status, again.body]).toEqual([200, { received: true, repeated: true }]);
  });

  test('of a type that concerns nobody is received', async () => {
    const { status, body } = await deliver(app, 'email.created', { id: 'ema_1' });
    expect([status, body]).toEqual([200, { received: true, ignored: true }]);
  });

  test.each([
    ['with another secret', { secret: randomBytes(24) }],
    ['with no signature', { signature: '' }],
    ['with a signature of nothing', { signature: 'v1,' }],
    ['with a signature that is none', { signature: 'v1,aGVsbG8=' }],
    ['whose body was changed', { body: JSON.stringify({ type: 'user.deleted', data: { id: ada.id } }) }],
    ['signed six minutes ago', { sentAt: -360 }],
    ['signed for six minutes later', { sentAt: 360 }],
  ])('%s is refused and does nothing', async (_, delivery) => {
    const who = fresh('user');
    await enter(app, who);
    const answer = await deliver(app, 'user.deleted', { id: who, deleted: true }, delivery);
    expect([answer.status, answer.body.reason]).toEqual([401, 'invalid_signature']);
    expect((await enter(app, who)).user.kind).toBe('human');
  });

  test.each([
    ['without headers', {}],
    ['with half of them', { 'svix-id': 'msg_1' }],
  ])('%s is refused', async (_, headers) => {
    const { status } = await request(app.url, 'POST', '/api/webhooks/clerk', { body: {}, headers });
    expect(status).toBe(401);
  });

  test('that is signed but of an unknown form is refused as such, and may come again', async () => {
    const id = `msg_${randomUUID()}`;
    const answer = await deliver(app, 'organizationMembership.created', { id: 'orgmem_1' }, { id });
    expect([answer.status, answer.body.reason]).toEqual([422, 'unknown_form']);
    const again = await deliver(app, 'user.created', ada, { id });
    expect(again.body).toEqual({ received: true });
  });

  test('that is too large is refused', async () => {
    const { status } = await deliver(app, 'user.created', { ...ada, more: 'x'.repeat(600 * 1024) });
    expect(status).toBe(413);
  });

  test('repeated while it is being taken in counts once', async () => {
    const [who, org] = [fresh('user'), fresh('org')];
    await enter(app, who, inOrg(org));
    const id = `msg_${randomUUID()}`;
    const gone = membership(org, who);
    const answers = await Promise.all(
      Array.from({ length: 6 }, () => deliver(app, 'organizationMembership.deleted', gone, { id })),
    );
    expect(answers.map(({ status }) => status)).toEqual(Array(6).fill(200));
    expect(answers.filter(({ body }) => body.repeated !== true)).toHaveLength(1);
  });
});

describe('people', () => {
  test('have the name that was told, before and after they come', async () => {
    const [who, org] = [fresh('user'), fresh('org')];
    await deliver(app, 'user.created', person(who, { first_name: 'Grace', last_name: 'Hopper' }));
    const here = await enter(app, who, inOrg(org));
    expect(here.user).toMatchObject({ name: 'Grace Hopper', handle: 'grace-hopper' });
    const url = 'https://img.example.com/grace.png';
    await deliver(app, 'user.updated', person(who, { first_name: 'Amazing', image_url: url }), { at: 10 });
    expect((await enter(app, who, inOrg(org))).user).toMatchObject({ name: 'Amazing', avatarUrl: url });
    // News that was overtaken changes nothing.
    await deliver(app, 'user.updated', person(who, { first_name: 'Old' }), { at: -5000 });
    expect((await enter(app, who, inOrg(org))).user.name).toBe('Amazing');
  });

  test('of an organisation are there before they first come', async () => {
    const [who, org] = [fresh('user'), fresh('org')];
    const admin = await enter(app, fresh('user'), inOrg(org, 'org:admin'));
    await deliver(
      app,
      'organizationMembership.created',
      membership(org, who, 'org:admin', { first_name: 'Early' }),
    );
    const { data } = await (await connect('rest', app, admin)).call('list_users', { query: 'early' });
    expect(data).toHaveLength(1);
    expect(await enter(app, who, inOrg(org, 'org:admin'))).toMatchObject({
      user: { id: data[0].id },
      role: 'admin',
    });
  });

  test('who were removed are out in every organisation, on every door, for good', async () => {
    const [who, acme, zeta] = [fresh('user'), fresh('org'), fresh('org')];
    await enter(app, who, inOrg(acme));
    await enter(app, who, inOrg(zeta));
    await enter(app, who);
    expect((await deliver(app, 'user.deleted', { id: who, deleted: true, object: 'user' })).status).toBe(200);
    for (const options of [inOrg(acme), inOrg(zeta), inOrg(fresh('org')), {}])
      expect(await atEveryDoor(app, await clerkToken(who, options))).toEqual(refusedWith('unknown_user'));
    await deliver(app, 'organizationMembership.created', membership(acme, who), { at: 1000 });
    await deliver(app, 'user.updated', person(who), { at: 1000 });
    expect(await atEveryDoor(app, await clerkToken(who, inOrg(acme)))).toEqual(refusedWith('unknown_user'));
  });

  test('who were removed before they ever came do not come on a token from before', async () => {
    const [who, member, org] = [fresh('user'), fresh('user'), fresh('org')];
    await deliver(app, 'user.deleted', { id: who, deleted: true });
    expect(await atEveryDoor(app, await clerkToken(who))).toEqual(refusedWith('unknown_user'));
    await deliver(app, 'organizationMembership.deleted', membership(org, member));
    expect(await atEveryDoor(app, await clerkToken(member, inOrg(org)))).toEqual(refusedWith('unknown_user'));
  });

  test('who left an organisation are out of it alone, and may come back under their name', async () => {
    const [who, acme, zeta] = [fresh('user'), fresh('org'), fresh('org')];
    const names = { first_name: 'Ben' };
    await deliver(app, 'organizationMembership.created', membership(acme, who, 'org:member', names));
    const before = await enter(app, who, inOrg(acme));
    await enter(app, who, inOrg(zeta));
    const colleague = await enter(app, fresh('user'), inOrg(acme));
    await deliver(app, 'organizationMembership.deleted', membership(acme, who));
    expect(await atEveryDoor(app, await clerkToken(who, inOrg(acme)))).toEqual(refusedWith('unknown_user'));
    expect(await atEveryDoor(app, await clerkToken(who, inOrg(zeta)))).toEqual(admitted);
    expect(await refusalOf(seenBy(colleague, before.user.id))).toMatchObject({ code: 'not_found' });

    // Late news of the first membership brings nobody back; a new membership does.
    await deliver(app, 'organizationMembership.created', membership(acme, who), { at: -60_000 });
    expect(await atEveryDoor(app, await clerkToken(who, inOrg(acme)))).toEqual(refusedWith('unknown_user'));
    await deliver(app, 'organizationMembership.created', membership(acme, who, 'org:admin'), { at: 1000 });
    const after = await enter(app, who, inOrg(acme, 'org:admin'));
    expect(after).toMatchObject({ user: { id: before.user.id, handle: 'ben' }, role: 'admin' });
    expect(await seenBy(colleague, before.user.id)).toMatchObject({ handle: 'ben' });
  });

  test('whose rank was lowered do not keep it by an older token', async () => {
    const [who, org] = [fresh('user'), fresh('org')];
    const high = await enter(app, who, inOrg(org, 'org:admin'));
    expect(high.role).toBe('admin');
    await deliver(app, 'organizationMembership.updated', membership(org, who), { at: 5000 });
    const { body } = await request(app.url, 'GET', '/api/me', { token: high.token });
    expect(body.role).toBe('member');
    expect((await request(app.url, 'GET', '/api/keys', { token: high.token })).status).toBe(403);
  });

  test('whose session was ended there are out with all of its tokens', async () => {
    const [who, session] = [fresh('user'), `sess_${randomUUID()}`];
    const options = { claims: { sid: session } };
    const { token } = await enter(app, who, options);
    await deliver(app, 'session.revoked', { id: session, user_id: who });
    for (const one of [token, await clerkToken(who, options)])
      expect(await atEveryDoor(app, one)).toEqual(refusedWith('revoked_token'));
    expect(await atEveryDoor(app, await clerkToken(who))).toEqual(admitted);
  });
});

describe('organisations', () => {
  test('that were deleted let nobody in, whether they were here or not', async () => {
    const [org, other] = [fresh('org'), fresh('org')];
    const who = fresh('user');
    await deliver(app, 'organization.created', { id: org, name: 'Acme', slug: 'acme' });
    await enter(app, who, inOrg(org));
    for (const id of [org, other]) await deliver(app, 'organization.deleted', { id, deleted: true });
    for (const id of [org, other])
      for (const someone of [who, fresh('user')])
        expect(await atEveryDoor(app, await clerkToken(someone, inOrg(id)))).toEqual(
          refusedWith('unknown_user'),
        );
    expect(await atEveryDoor(app, await clerkToken(who))).toEqual(admitted);
  });
});

describe.each(LIVE)('a live connection by %s', (surface) => {
  const listening = async () => {
    const [who, org] = [fresh('user'), fresh('org')];
    const speaker = await connect('rest', app, await enter(app, fresh('user'), inOrg(org)));
    const live = await open(surface, app, await enter(app, who, inOrg(org)));
    await live.join('lobby');
    const say = (body: string) => speaker.call('send_message', { roomId: 'lobby', body });
    await say('before');
    const bodies = () => live.heard.flatMap((h) => (h.type === 'new_message' ? [h.payload.body] : []));
    await live.until('the message before', () => bodies().includes('before'));
    return { who, org, live, say, bodies };
  };

  test.each([
    ['user.deleted', ({ who }: { who: string; org: string }): object => ({ id: who, deleted: true })],
    ['organizationMembership.deleted', ({ who, org }) => membership(org, who)],
    ['organization.deleted', ({ org }) => ({ id: org, deleted: true })],
  ])('closes at %s, and nothing later is heard', async (type, data) => {
    const { who, org, live, say, bodies } = await listening();
    await deliver(app, type, data({ who, org }));
    if (type !== 'organization.deleted') await say('after');
    await live.until('the end of the connection', () => live.closed() !== undefined);
    expect(live.closed()).toBe(ended(surface, 4503));
    expect(bodies()).toEqual(['before']);
    await live.close();
  });

  test('comes back with the new rank after it was changed', async () => {
    const { who, org, live } = await listening();
    await deliver(app, 'organizationMembership.updated', membership(org, who, 'org:admin'), { at: 1000 });
    await live.until('the end of the connection', () => live.closed() !== undefined);
    // Not a refusal: the official clients try again after these.
    expect(live.closed()).toBe(surface.startsWith('socketio') ? 'transport close' : 'closed with 4001');
    await live.close();
    const again = await open(surface, app, await enter(app, who, inOrg(org, 'org:admin')));
    expect(await again.call('get_me')).toMatchObject({ role: 'admin' });
    await again.close();
  });
});
