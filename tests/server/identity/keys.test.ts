// API keys at every door: what they may, until when, and that revoking one ends what it opened.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../../src/core/clock.ts';
import { scopesAllow } from '../../../src/server/identity/keys.ts';
import { type SignedIn, startApp, type TestApp } from '../../support/app.ts';
import { type Caller, connect, refusalOf, request } from '../../support/clients.ts';
import { openRaw } from '../../support/raw-phoenix.ts';
import {
  admitted,
  atEveryDoor,
  CLERK_CONFIG,
  ended,
  enter,
  fresh,
  inOrg,
  LIVE,
  open,
  refusedWith,
} from './clerk.ts';

/** Moved forward by the tests. */
let ahead = 0;
const clock = {
  ...systemClock,
  now: () => systemClock.now() + ahead,
  date: () => new Date(systemClock.now() + ahead),
};

let app: TestApp;
let root: SignedIn;
let ada: SignedIn;
let roots: Caller;
beforeAll(async () => {
  app = await startApp({
    config: { ...CLERK_CONFIG, AUTH_LOCAL: 'true' },
    overrides: { clock },
  });
  [root, ada] = [await app.signIn('Root Person'), await app.signIn('Ada')];
  roots = await connect('rest', app, root);
});
afterAll(() => app.stop());

async function newKey(input: object = {}, by: Caller = roots) {
  const made = await by.call('create_key', { name: 'Robot', scopes: ['*'], ...input });
  return { ...made, token: made.key as string, user: root.user };
}
const calls = (token: string): Promise<Caller> => connect('rest', app, { token, user: root.user });

describe('a key', () => {
  test('is shown once, and kept as a hash', async () => {
    const made = await newKey({ name: 'Once', scopes: ['messages.*'] });
    expect(made).toMatchObject({
      name: 'Once',
      scopes: ['messages.*'],
      role: 'member',
      userId: root.user.id,
    });
    expect(made.key).toMatch(/^pk_[0-9a-f]{12}_[\w-]{43}$/);
    expect(made.key.startsWith(`${made.prefix}_`)).toBe(true);
    const secret = made.key.slice(-43);
    const listed = JSON.stringify(await roots.call('list_keys', { limit: 200 }));
    expect(listed).toContain(made.id);
    expect(listed).not.toContain(secret);
    const rows = await app.app.parts.database.db.selectFrom('apiKeys').selectAll().execute();
    expect(JSON.stringify(rows)).not.toContain(secret);
    expect(rows.find((row) => row.id === made.id)?.secretHash).toMatch(/^[0-9a-f]{64}$/);
  });

  test('is taken wherever a token is, and says when it was last used', async () => {
    const made = await newKey();
    expect(await atEveryDoor(app, made.token)).toEqual(admitted);
    const { data } = await roots.call('list_keys', { limit: 200 });
    const listed = data.find((one: { id: string }) => one.id === made.id);
    expect(Date.parse(listed.lastUsedAt)).toBeGreaterThan(Date.now() - 60_000);
    for (const surface of LIVE) {
      const live = await open(surface, app, made);
      expect(await live.join('lobby')).toMatchObject({ room: { slug: 'lobby' } });
      expect(await live.call('get_me')).toMatchObject({ id: root.user.id, role: 'member' });
      await live.close();
    }
  });

  test.each([
    ['with another secret', (key: string) => `${key.slice(0, -43)}${'A'.repeat(43)}`],
    ['with another name', (key: string) => `pk_000000000000${key.slice(15)}`],
    ['with a letter more', (key: string) => `${key}A`],
    ['without its secret', (key: string) => key.slice(0, 15)],
    ['with an empty secret', (key: string) => key.slice(0, 16)],
    ['that is a prefix alone', () => 'pk_'],
  ])('%s is refused at every door', async (_, change) => {
    expect(await atEveryDoor(app, change((await newKey()).key))).toEqual(refusedWith('invalid_token'));
  });

  test('is made, seen and revoked by administrators alone', async () => {
    const adas = await connect('rest', app, ada);
    const { id } = await newKey();
    for (const call of [
      () => adas.call('create_key', { name: 'Mine', scopes: ['*'] }),
      () => adas.call('list_keys'),
      () => adas.call('delete_key', { keyId: id }),
    ])
      expect(await refusalOf(call())).toMatchObject({ code: 'forbidden', reason: 'admin_only' });
  });

  test.each([
    ['no scopes', { scopes: [] }],
    ['a scope that is none', { scopes: ['messages*'] }],
    ['a scope with a star in its middle', { scopes: ['*.send'] }],
    ['an end in the past', { expiresAt: '2020-01-01T00:00:00Z' }],
    ['an end that is no time', { expiresAt: 'tomorrow' }],
    ['no name', { name: ' ' }],
    ['a role that is none', { role: 'owner' }],
    ['a user of its choice', { userId: 'someone' }],
  ])('with %s is not made', async (_, input) => {
    expect(await refusalOf(newKey(input))).toMatchObject({ code: 'invalid' });
  });

  test('of another tenant is neither seen nor revoked', async () => {
    const org = fresh('org');
    const other = await connect('rest', app, await enter(app, fresh('user'), inOrg(org, 'org:admin')));
    const mine = await newKey();
    const theirs = await newKey({}, other);
    expect((await other.call('list_keys')).data.map((key: { id: string }) => key.id)).toEqual([theirs.id]);
    expect(await refusalOf(other.call('delete_key', { keyId: mine.id }))).toMatchObject({
      code: 'not_found',
    });
    const me = await request(app.url, 'GET', '/api/me', { token: theirs.key });
    const owner = await other.call('get_me');
    expect([me.body.id, me.body.tenantId]).toEqual([owner.id, owner.tenantId]);
  });

  test('lists in pages', async () => {
    const all = (await roots.call('list_keys', { limit: 200 })).data.map((key: { id: string }) => key.id);
    const paged: string[] = [];
    for (let cursor: string | undefined; ; ) {
      const page = await roots.call('list_keys', { limit: 2, ...(cursor === undefined ? {} : { cursor }) });
      paged.push(...page.data.map((key: { id: string }) => key.id));
      cursor = page.nextCursor;
      if (cursor === undefined) break;
    }
    expect(paged).toEqual(all);
  });
});

describe('scopes', () => {
  test.each<[string[], string, boolean]>([
    [['*'], 'messages.send', true],
    [['messages.*'], 'messages.send', true],
    [['messages.*'], 'messages.reactions.add', true],
    [['messages.*'], 'messagesx.send', false],
    [['messages.*'], 'messages', false],
    [['messages.send'], 'messages.send', true],
    [['messages.send'], 'messages.send_later', false],
    [['messages.send'], 'messages.list', false],
    [['rooms.get', 'messages.list'], 'messages.list', true],
  ])('%j on %s: %s', (scopes, operation, allowed) => {
    expect(scopesAllow(scopes, operation)).toBe(allowed);
  });

  test('are all that a key may, at every door', async () => {
    const made = await newKey({ scopes: ['messages.*', 'rooms.join', 'users.join'] });
    const rest = await calls(made.token);
    expect(await rest.call('send_message', { roomId: 'lobby', body: 'by key' })).toMatchObject({
      body: 'by key',
    });
    const refusal = await refusalOf(rest.call('create_room', { name: 'No' }));
    expect(refusal).toMatchObject({ status: 403, code: 'forbidden', reason: 'key_scope' });
    expect(refusal.detail).toContain('rooms.create');
    for (const surface of LIVE) {
      const live = await open(surface, app, made);
      await live.join('lobby');
      expect(await live.call('send_message', { roomId: 'lobby', body: 'by key' })).toMatchObject({
        seq: expect.any(Number),
      });
      expect(await refusalOf(live.call('create_room', { name: 'No' }))).toMatchObject({
        reason: 'key_scope',
      });
      expect(await refusalOf(live.call('get_me'))).toMatchObject({ reason: 'key_scope' });
      await live.close();
    }
  });

  test('decide about listening as well', async () => {
    const made = await newKey({ scopes: ['messages.send'] });
    const [socketio] = [await open('socketio over websocket', app, made)];
    expect(await refusalOf(socketio.join('lobby'))).toMatchObject({ reason: 'key_scope' });
    await socketio.close();
    const raw = await openRaw(app.url, { token: made.token });
    for (const [ref, topic] of [
      ['1', 'room:lobby'],
      ['2', `user:${root.user.id}`],
    ] as const) {
      raw.send([ref, ref, topic, 'phx_join', {}]);
      expect((await raw.reply(ref))[4]).toMatchObject({ status: 'error', response: { reason: 'key_scope' } });
    }
    await raw.close();
  });

  test('do not raise the role', async () => {
    const member = await calls((await newKey()).token);
    expect(await refusalOf(member.call('list_keys'))).toMatchObject({ reason: 'admin_only' });
    const admin = await calls((await newKey({ role: 'admin', scopes: ['keys.*'] })).token);
    expect((await admin.call('list_keys')).data.length).toBeGreaterThan(0);
  });

  test('let no key make another', async () => {
    const admin = await calls((await newKey({ role: 'admin' })).token);
    expect(await refusalOf(admin.call('create_key', { name: 'Child', scopes: ['*'] }))).toMatchObject({
      reason: 'key_by_key',
    });
    const { status, body } = await request(app.url, 'DELETE', '/api/session', {
      token: (await newKey()).token,
    });
    expect([status, body.reason]).toEqual([403, 'not_a_session']);
  });
});

describe('an end', () => {
  test('by time is kept at every door', async () => {
    const made = await newKey({ expiresAt: new Date(clock.now() + 3_600_000).toISOString() });
    expect(await atEveryDoor(app, made.token)).toEqual(admitted);
    ahead += 3_600_001;
    expect(await atEveryDoor(app, made.token)).toEqual(refusedWith('expired_token'));
  });

  test('by revocation is kept at every door at once', async () => {
    const made = await newKey();
    const other = await newKey();
    expect(await atEveryDoor(app, made.token)).toEqual(admitted);
    expect(await roots.call('delete_key', { keyId: made.id })).toEqual({ deleted: true });
    expect(await atEveryDoor(app, made.token)).toEqual(refusedWith('revoked_token'));
    expect(await atEveryDoor(app, other.token)).toEqual(admitted);
    expect(await refusalOf(roots.call('delete_key', { keyId: made.id }))).toMatchObject({
      code: 'not_found',
    });
    const { data } = await roots.call('list_keys', { limit: 200 });
    expect(data.find((key: { id: string }) => key.id === made.id).revokedAt).toBeDefined();
  });

  test('of the administrator’s rank or stay is the end of the keys’', async () => {
    const second = await app.signIn('Second Admin');
    const change = (body: object) => roots.call('update_user', { userId: second.user.id, ...body });
    await change({ role: 'admin' });
    const theirs = await connect('rest', app, second);
    const { key } = await theirs.call('create_key', { name: 'Deputy', scopes: ['*'], role: 'admin' });
    const deputy = await calls(key);
    expect((await deputy.call('list_keys')).data.length).toBeGreaterThan(0);
    await change({ role: 'member' });
    expect(await refusalOf(deputy.call('list_keys'))).toMatchObject({ reason: 'admin_only' });
    await change({ suspended: true });
    expect(await atEveryDoor(app, key)).toEqual(refusedWith('unknown_user'));
    await change({ suspended: false });
    expect(await atEveryDoor(app, key)).toEqual(admitted);
  });

  test.each(LIVE)('by revocation closes what the key opened by %s, and nothing else', async (surface) => {
    const [made, kept] = [await newKey(), await newKey()];
    const [live, other] = [await open(surface, app, made), await open(surface, app, kept)];
    await Promise.all([live.join('lobby'), other.join('lobby')]);
    await roots.call('delete_key', { keyId: made.id });
    await roots.call('send_message', { roomId: 'lobby', body: 'after' });
    await live.until('the end of the connection', () => live.closed() !== undefined);
    await other.until('the message after', () => other.heard.some((h) => h.payload.body === 'after'));
    expect(live.closed()).toBe(ended(surface, 4501));
    expect(live.heard.filter((h) => h.type === 'new_message')).toEqual([]);
    expect(other.closed()).toBeUndefined();
    await live.close();
    await other.close();
  });
});
