// Local sign-in as the contract says, signing out, suspension: at every door, and on what is open already.
import { SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { HOME_TENANT } from '../../../src/server/identity/service.ts';
import { type SignedIn, startApp, TEST_SECRET, type TestApp } from '../../support/app.ts';
import {
  type Caller,
  connect,
  type Listener,
  refusalOf,
  request,
  type SocketSurface,
} from '../../support/clients.ts';
import { openRaw } from '../../support/raw-phoenix.ts';
import {
  admitted,
  atEveryDoor,
  CLERK_CONFIG,
  clerkToken,
  ended,
  enter,
  fresh,
  LIVE,
  open,
  refusedWith,
} from './clerk.ts';

let app: TestApp;
let root: SignedIn;
let roots: Caller;
beforeAll(async () => {
  app = await startApp({ config: { ...CLERK_CONFIG, AUTH_LOCAL: 'true' } });
  root = await app.signIn('Root Person');
  roots = await connect('rest', app, root);
});
afterAll(() => app.stop());

const signOut = (token: string) => request(app.url, 'DELETE', '/api/session', { token });

describe('signing in by name', () => {
  test('answers a token for the user of that name; the first is the administrator', async () => {
    const { status, body } = await request(app.url, 'POST', '/api/session', {
      body: { name: 'Nina Simone' },
    });
    expect(status).toBe(201);
    expect(Object.keys(body).sort()).toEqual(['token', 'user']);
    expect(body.user).toMatchObject({ kind: 'human', handle: 'nina-simone', name: 'Nina Simone' });
    expect((await app.signIn('Nina Simone')).user.id).toBe(body.user.id);
    expect(await atEveryDoor(app, body.token)).toEqual(admitted);
    expect(await roots.call('get_me')).toMatchObject({ role: 'admin', tenantId: HOME_TENANT });
    const me = await request(app.url, 'GET', '/api/me', { token: body.token });
    expect(me.body.role).toBe('member');
  });

  test('makes nobody a person of Clerk’s, whatever name is given', async () => {
    const named = await enter(app, fresh('user'), { claims: { name: 'Clara Wieck' } });
    for (const name of ['Clara Wieck', 'clara-wieck', 'CLARA WIECK']) {
      const { status, body } = await request(app.url, 'POST', '/api/session', { body: { name } });
      expect([status, body.reason]).toEqual([409, 'name_taken']);
    }
    expect(named.user.handle).toBe('clara-wieck');
  });

  test('is refused where it is off, with the sessions made by it', async () => {
    const config = { ...CLERK_CONFIG, AUTH_LOCAL: 'false', SECRET_KEY: TEST_SECRET };
    const off = await startApp({ config });
    const { status, body } = await request(off.url, 'POST', '/api/session', { body: { name: 'Ada' } });
    expect([status, body.reason]).toEqual([403, 'local_sign_in_off']);
    expect(await atEveryDoor(off, root.token)).toEqual(refusedWith('local_sign_in_off'));
    expect(await atEveryDoor(off, await clerkToken(fresh('user')))).toEqual(admitted);
    await off.stop();
  });

  test('is off by itself where there is Clerk', async () => {
    const off = await startApp({ config: CLERK_CONFIG });
    const { status } = await request(off.url, 'POST', '/api/session', { body: { name: 'Ada' } });
    expect(status).toBe(403);
    await off.stop();
  });
});

describe('signing out', () => {
  test('ends the session at every door at once, and no other', async () => {
    const [first, second] = [await app.signIn('Otto'), await app.signIn('Otto')];
    expect(await atEveryDoor(app, first.token)).toEqual(admitted);
    const { status, body } = await signOut(first.token);
    expect([status, body]).toEqual([200, { signedOut: true }]);
    expect(await atEveryDoor(app, first.token)).toEqual(refusedWith('revoked_token'));
    expect(await atEveryDoor(app, second.token)).toEqual(admitted);
    expect((await signOut(first.token)).status).toBe(401);
    expect(await atEveryDoor(app, (await app.signIn('Otto')).token)).toEqual(admitted);
  });

  test('ends a session of a token from before there were ids', async () => {
    const { user } = await app.signIn('Vera');
    const token = await new SignJWT({ tid: HOME_TENANT })
      .setProtectedHeader({ alg: 'HS256' })
      .setSubject(user.id)
      .setIssuer('parley')
      .setExpirationTime('1h')
      .sign(new TextEncoder().encode(TEST_SECRET));
    expect(await atEveryDoor(app, token)).toEqual(admitted);
    await signOut(token);
    expect(await atEveryDoor(app, token)).toEqual(refusedWith('revoked_token'));
  });

  test('ends a session of Clerk’s with all of its tokens', async () => {
    const [who, sid] = [fresh('user'), fresh('user')];
    const [one, next] = [
      await clerkToken(who, { claims: { sid } }),
      await clerkToken(who, { claims: { sid }, expiresIn: 90 }),
    ];
    expect((await signOut(one)).status).toBe(200);
    expect(await atEveryDoor(app, next)).toEqual(refusedWith('revoked_token'));
    expect(await atEveryDoor(app, await clerkToken(who))).toEqual(admitted);
  });

  test('without a token is refused', async () => {
    expect((await request(app.url, 'DELETE', '/api/session')).status).toBe(401);
  });

  test('is remembered by a server that starts again', async () => {
    const session = await app.signIn('Ida');
    await signOut(session.token);
    const { database, tokens } = app.app.parts;
    const { credentialId } = await tokens.verify(session.token);
    const row = await database.db
      .selectFrom('revocations')
      .select(['reason', 'expiresAt'])
      .where('credentialId', '=', credentialId)
      .executeTakeFirstOrThrow();
    expect(row.reason).toBe('signed_out');
    const { expiresAt } = await tokens.verify(session.token);
    expect(row.expiresAt.getTime()).toBeGreaterThan(expiresAt);
  });
});

/** What ends a sign-in, and how it is refused afterwards. */
const ENDS: [string, (who: SignedIn) => Promise<unknown>, reason: string, code: number][] = [
  ['signing out', (who) => signOut(who.token), 'revoked_token', 4501],
  [
    'suspension',
    (who) => roots.call('update_user', { userId: who.user.id, suspended: true }),
    'unknown_user',
    4503,
  ],
];

describe.each(ENDS)('%s', (what, end, reason, code) => {
  test.each(LIVE)('closes what is open by %s: nothing later is heard, called or resumed', async (surface) => {
    const who = await app.signIn(`${what} ${surface}`.replace(/[^a-z]+/g, ' '));
    const live = await joined(surface, who);
    await end(who);
    const after = roots.call('send_message', { roomId: 'lobby', body: `after ${who.user.id}` });
    await live.until('the end of the connection', () => live.closed() !== undefined);
    await after;
    expect(live.closed()).toBe(ended(surface, code));
    expect(live.heard.filter((h) => h.payload.body === `after ${who.user.id}`)).toEqual([]);
    expect(await atEveryDoor(app, who.token)).toEqual(refusedWith(reason));
    await live.close();
  });

  test('refuses what was called on the connection in the same moment', async () => {
    const who = await app.signIn(`Busy ${what}`);
    const raw = await openRaw(app.url, { token: who.token });
    raw.send(['1', '1', 'room:lobby', 'phx_join', {}]);
    await raw.reply('1');
    await end(who);
    raw.send(['1', '2', 'room:lobby', 'send_message', { body: 'too late' }]);
    expect(await raw.closeCode()).toBe(code);
    expect(raw.frames.filter((frame) => frame[1] === '2' && frame[4].status === 'ok')).toEqual([]);
    const { data } = await roots.call('list_messages', { roomId: 'lobby', limit: 200 });
    expect(data.map((m: { body: string }) => m.body)).not.toContain('too late');
  });
});

async function joined(surface: SocketSurface, who: SignedIn): Promise<Listener> {
  const live = await open(surface, app, who);
  await live.join('lobby');
  return live;
}

describe('administrators', () => {
  test('suspend and restore people, who come back as they were', async () => {
    const who = await app.signIn('Sam');
    const suspended = await roots.call('update_user', { userId: who.user.id, suspended: true });
    expect(suspended).toMatchObject({ id: who.user.id, suspended: true, role: 'member' });
    const again = await request(app.url, 'POST', '/api/session', { body: { name: 'Sam' } });
    expect([again.status, again.body.reason]).toEqual([403, 'suspended']);
    await roots.call('update_user', { userId: who.user.id, suspended: false });
    expect(await atEveryDoor(app, who.token)).toEqual(admitted);
  });

  test('do not leave the server without one, and nobody else may do it', async () => {
    for (const change of [{ suspended: true }, { role: 'member' }])
      expect(await refusalOf(roots.call('update_user', { userId: root.user.id, ...change }))).toMatchObject({
        code: 'conflict',
        reason: 'last_admin',
      });
    const who = await app.signIn('Tom');
    const toms = await connect('rest', app, who);
    expect(
      await refusalOf(toms.call('update_user', { userId: root.user.id, suspended: true })),
    ).toMatchObject({ reason: 'admin_only' });
    const parley = await roots.call('get_user', { userId: 'parley' });
    expect(await refusalOf(roots.call('update_user', { userId: parley.id, suspended: true }))).toMatchObject({
      code: 'not_found',
    });
  });

  test('give and take the rank, which counts at once', async () => {
    const who = await app.signIn('Uma');
    const live = await joined('socketio over websocket', who);
    await roots.call('update_user', { userId: who.user.id, role: 'admin' });
    await live.until('the end of the connection', () => live.closed() !== undefined);
    await live.close();
    const umas = await connect('rest', app, who);
    expect((await umas.call('list_keys')).data).toEqual([]);
    await roots.call('update_user', { userId: who.user.id, role: 'member' });
    expect(await refusalOf(umas.call('list_keys'))).toMatchObject({ reason: 'admin_only' });
  });
});
