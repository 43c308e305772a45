// Clerk's session tokens at every door: which are taken, and that organisations stay apart.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { HOME_TENANT } from '../../../src/server/identity/service.ts';
import { startApp, TEST_SECRET, type TestApp } from '../../support/app.ts';
import { connect, refusalOf, request } from '../../support/clients.ts';
import { until } from '../../support/until.ts';
import {
  admitted,
  atEveryDoor,
  CLERK_CONFIG,
  clerkToken,
  ended,
  enter,
  foreign,
  forgedToken,
  fresh,
  inOrg,
  jwtKey,
  LIVE,
  open,
  PARTY,
  refusedWith,
  type TokenOptions,
} from './clerk.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startApp({ config: { ...CLERK_CONFIG, AUTH_LOCAL: 'true' } });
});
afterAll(() => app.stop());

const now = () => Math.floor(Date.now() / 1000);

describe('a token', () => {
  test.each<[string, TokenOptions]>([
    ['as Clerk makes it', {}],
    ['in an organisation', inOrg(fresh('org'))],
    ['of the second version', { claims: { v: 2, o: { id: fresh('org'), rol: 'admin', slg: 'acme' } } }],
    ['that names another key, but is signed by ours', { header: { kid: 'ins_other' } }],
    ['that ended a moment ago', { expiresIn: -3 }],
    [
      'that says where to find keys, but is signed by ours',
      { header: { jku: 'http://127.0.0.1:9/jwks', x5u: 'http://127.0.0.1:9/x509' } },
    ],
  ])('%s is taken at every door', async (_, options) => {
    expect(await atEveryDoor(app, await clerkToken(fresh('user'), options))).toEqual(admitted);
  });

  test.each<[string, TokenOptions, string?]>([
    ['of another page', { claims: { azp: 'https://evil.example' } }],
    ['of no page', { claims: { azp: undefined } }],
    ['that ended', { expiresIn: -61 }, 'expired_token'],
    ['without an end', { claims: { exp: undefined } }],
    ['for later', { claims: { nbf: now() + 120 } }],
    ['made later', { claims: { iat: now() + 120 } }],
    ['of nobody', { claims: { sub: undefined } }],
    ['of no session', { claims: { sid: undefined } }],
    ['of a session that must still choose an organisation', { claims: { sts: 'pending' } }],
    ['signed by another key', { key: foreign.privateKey }],
    ['signed by another key under an unknown name', { key: foreign.privateKey, header: { kid: 'ins_x' } }],
    [
      'that brings its own key',
      {
        key: foreign.privateKey,
        header: { jwk: foreign.publicKey.export({ format: 'jwk' }) as never },
      },
    ],
    [
      'that says where its key is',
      { key: foreign.privateKey, header: { jku: 'http://127.0.0.1:9/jwks', x5u: 'http://127.0.0.1:9/x509' } },
    ],
    ['of another algorithm', { header: { alg: 'RS512' } }],
    ['for another purpose', { header: { typ: 'at+jwt' } }],
  ])('%s is refused at every door', async (_, options, reason = 'invalid_token') => {
    expect(await atEveryDoor(app, await clerkToken(fresh('user'), options))).toEqual(refusedWith(reason));
  });

  test.each<[string, () => string]>([
    ['of algorithm none', () => forgedToken('user_1', { alg: 'none', typ: 'JWT' })],
    ['of no algorithm', () => forgedToken('user_1', { typ: 'JWT' })],
    ['signed with the public key as a secret', () => forgedToken('user_1', { alg: 'HS256' }, jwtKey)],
    ['signed with the public key, called RS256', () => forgedToken('user_1', { alg: 'RS256' }, jwtKey)],
    [
      'signed with the local secret, called RS256',
      () => forgedToken('user_1', { alg: 'RS256' }, TEST_SECRET),
    ],
    [
      'signed with the local secret for Clerk’s user',
      () => forgedToken('user_1', { alg: 'HS256' }, TEST_SECRET),
    ],
    ['in two parts', () => 'aGVsbG8.d29ybGQ'],
  ])('%s is refused at every door', async (_, make) => {
    expect(await atEveryDoor(app, make())).toEqual(refusedWith('invalid_token'));
  });

  test('changed by one letter is refused', async () => {
    const [header, claims = '', signature] = (await clerkToken(fresh('user'))).split('.');
    const other = Buffer.from(claims, 'base64url').toString().replace('"azp"', '"azq"');
    const token = [header, Buffer.from(other).toString('base64url'), signature].join('.');
    expect(await atEveryDoor(app, token)).toEqual(refusedWith('invalid_token'));
  });
});

describe('people and organisations', () => {
  test('a person in two organisations is two users, who do not see each other’s', async () => {
    const [someone, other] = [fresh('user'), fresh('user')];
    const [acme, zeta] = [fresh('org'), fresh('org')];
    const atAcme = await enter(app, someone, inOrg(acme));
    const atZeta = await enter(app, someone, inOrg(zeta));
    const otherAtZeta = await enter(app, other, inOrg(zeta));
    expect(new Set([atAcme.tenantId, atZeta.tenantId, HOME_TENANT]).size).toBe(3);
    expect(atAcme.user.id).not.toBe(atZeta.user.id);
    expect(otherAtZeta.tenantId).toBe(atZeta.tenantId);

    const [acmes, zetas] = [await connect('rest', app, atAcme), await connect('rest', app, otherAtZeta)];
    const room = await acmes.call('create_room', { name: 'Acme only', slug: 'plans' });
    const message = await acmes.call('send_message', { roomId: room.id, body: 'secret' });
    for (const call of [
      () => zetas.call('get_room', { roomId: room.id }),
      () => zetas.call('get_room', { roomId: 'plans' }),
      () => zetas.call('list_messages', { roomId: room.id }),
      () => zetas.call('get_message', { messageId: message.id }),
      () => zetas.call('get_user', { userId: atAcme.user.id }),
      () => zetas.call('send_message', { roomId: room.id, body: 'hello' }),
    ])
      expect(await refusalOf(call())).toMatchObject({ code: 'not_found' });
    for (const surface of LIVE) {
      const live = await open(surface, app, otherAtZeta);
      expect(await refusalOf(live.join(room.id))).toMatchObject({ code: 'not_found' });
      await live.close();
    }
    const { data: people } = await zetas.call('list_users', { kind: 'human' });
    expect(people.map((u: { id: string }) => u.id).sort()).toEqual(
      [atZeta.user.id, otherAtZeta.user.id].sort(),
    );
  });

  test('an organisation starts with a lobby and @parley in it, and its people are there', async () => {
    const org = fresh('org');
    const [ada, bob] = [
      await enter(app, fresh('user'), inOrg(org)),
      await enter(app, fresh('user'), inOrg(org)),
    ];
    const caller = await connect('rest', app, ada);
    const { data: members } = await caller.call('list_members', { roomId: 'lobby' });
    const ids = members.map((m: { user: { id: string; handle: string } }) => m.user.id);
    expect(ids).toEqual(expect.arrayContaining([ada.user.id, bob.user.id]));
    expect(members.map((m: { user: { handle: string } }) => m.user.handle)).toContain('parley');
  });

  test('who enters for the first time in many places at once is one user', async () => {
    const [who, org] = [fresh('user'), fresh('org')];
    const all = await Promise.all(Array.from({ length: 8 }, () => enter(app, who, inOrg(org))));
    expect(new Set(all.map((one) => `${one.tenantId} ${one.user.id}`)).size).toBe(1);
  });

  test('without an organisation everyone is at home, and the first is its administrator', async () => {
    const apart = await startApp({ config: CLERK_CONFIG });
    const first = await enter(apart, fresh('user'));
    const second = await enter(apart, fresh('user'));
    expect([first.tenantId, first.role, second.tenantId, second.role]).toEqual([
      HOME_TENANT,
      'admin',
      HOME_TENANT,
      'member',
    ]);
    await apart.stop();
  });

  test('the role in the organisation is the role here, and follows it', async () => {
    const [who, org] = [fresh('user'), fresh('org')];
    expect((await enter(app, who, inOrg(org))).role).toBe('member');
    expect((await enter(app, who, inOrg(org, 'org:admin'))).role).toBe('admin');
    expect((await enter(app, who, inOrg(org, 'org:billing'))).role).toBe('member');
    expect((await enter(app, who)).role).toBe('member');
    const compact = { claims: { v: 2, o: { id: org, rol: 'admin' } } };
    expect((await enter(app, who, compact)).role).toBe('admin');
    // What is decided there is not changed here.
    const { token, user } = await enter(app, who, compact);
    const answer = await request(app.url, 'PATCH', `/api/users/${user.id}`, {
      token,
      body: { role: 'member' },
    });
    expect([answer.status, answer.body.reason]).toEqual([409, 'role_from_provider']);
  });

  test('names come from the token where it has them, and handles do not collide', async () => {
    const org = fresh('org');
    const named = (name: string) => ({ claims: { ...inOrg(org).claims, name } });
    const ada = await enter(app, fresh('user'), named('Ada Lovelace'));
    const other = await enter(app, fresh('user'), named('Ada Lovelace'));
    const admin = await enter(app, fresh('user'), named('Admin'));
    expect(ada.user).toMatchObject({ name: 'Ada Lovelace', handle: 'ada-lovelace', kind: 'human' });
    expect(other.user).toMatchObject({ name: 'Ada Lovelace', handle: 'ada-lovelace-2' });
    expect(admin.user.handle).not.toBe('admin');
  });
});

describe.each(LIVE)('a live connection by %s', (surface) => {
  test('ends with its token', async () => {
    const who = fresh('user');
    const { user } = await enter(app, who);
    const live = await open(surface, app, { token: await clerkToken(who, { expiresIn: 1 }), user });
    await live.until('the end of the token', () => live.closed() !== undefined);
    expect(live.closed()).toBe(ended(surface, 4501));
    await live.close();
  });

  test('is kept open by newer tokens of the same user alone', async () => {
    const who = fresh('user');
    const { user } = await enter(app, who);
    const live = await open(surface, app, { token: await clerkToken(who, { expiresIn: 1 }), user });
    const answer = await live.call('renew_session', { token: await clerkToken(who, { expiresIn: 60 }) });
    expect(Date.parse(answer.expiresAt)).toBeGreaterThan(Date.now() + 50_000);
    const theirs = await clerkToken(fresh('user'));
    expect(await refusalOf(live.call('renew_session', { token: theirs }))).toMatchObject({
      reason: 'not_renewable',
    });
    const old = await clerkToken(who, { expiresIn: -61 });
    expect(await refusalOf(live.call('renew_session', { token: old }))).toMatchObject({
      reason: 'expired_token',
    });
    const end = Date.now() + 1200;
    await until('the end of the first token', () => Date.now() > end);
    expect(await live.call('get_me')).toMatchObject({ id: user.id });
    expect(live.closed()).toBeUndefined();
    await live.close();
  });
});

test('a server without Clerk takes none of its tokens', async () => {
  const plain = await startApp();
  expect(await atEveryDoor(plain, await clerkToken(fresh('user')))).toEqual(refusedWith('invalid_token'));
  const webhook = await request(plain.url, 'POST', '/api/webhooks/clerk', { body: {} });
  expect(webhook.status).toBe(404);
  await plain.stop();
});

test('the parties may be several, and the key may come with its line breaks written out', async () => {
  const app2 = await startApp({
    config: {
      ...CLERK_CONFIG,
      CLERK_JWT_KEY: jwtKey.replaceAll('\n', '\\n'),
      CLERK_AUTHORIZED_PARTIES: `https://other.example, ${PARTY}`,
    },
  });
  expect(await atEveryDoor(app2, await clerkToken(fresh('user')))).toEqual(admitted);
  await app2.stop();
});
