// What only Socket.IO can get wrong: refused connections, answers, rooms by either name, and polling's own rules.
import { SignJWT } from 'jose';
import { io, type Socket } from 'socket.io-client';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { HOME_TENANT } from '../../../src/server/identity/service.ts';
import { type SignedIn, startApp, TEST_SECRET, type TestApp } from '../../support/app.ts';
import { connect, listen, refusalOf } from '../../support/clients.ts';

let app: TestApp;
let ada: SignedIn;
beforeAll(async () => {
  app = await startApp();
  ada = await app.signIn('Ada');
});
afterAll(() => app.stop());

const TRANSPORTS = ['websocket', 'polling'] as const;

function dial(transport: string, auth: object, more: object = {}): Socket {
  const socket = io(app.url, { auth, transports: [transport], forceNew: true, reconnection: false, ...more });
  onTestFinished(() => void socket.disconnect());
  return socket;
}
const outcome = (socket: Socket): Promise<{ reason: string; problem?: unknown }> =>
  new Promise((resolve) => {
    socket.once('connect', () => resolve({ reason: 'connected' }));
    socket.once('connect_error', (error: Error & { data?: { reason: string } }) =>
      resolve({ reason: error.data?.reason ?? 'transport', problem: error.data }),
    );
  });
const token = (expiresInSeconds: number): Promise<string> =>
  new SignJWT({ tid: HOME_TENANT })
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject(ada.user.id)
    .setIssuer('parley')
    .setExpirationTime(Math.floor(Date.now() / 1000) + expiresInSeconds)
    .sign(new TextEncoder().encode(TEST_SECRET));

describe.each(TRANSPORTS)('connecting by %s', (transport) => {
  test.each([
    ['nothing', {}, 'missing_token'],
    ['an empty token', { token: '' }, 'missing_token'],
    ['a number', { token: 7 }, 'missing_token'],
    ['an object', { token: { $ne: null } }, 'missing_token'],
    ['a word', { token: 'hello' }, 'invalid_token'],
  ])('with %s is refused in words', async (_, auth, reason) => {
    const refused = await outcome(dial(transport, auth));
    expect(refused).toMatchObject({
      reason,
      problem: { code: 'unauthorized', status: 401, retryable: false },
    });
  });

  test('with an expired token says so', async () => {
    expect((await outcome(dial(transport, { token: await token(-120) }))).reason).toBe('expired_token');
  });

  test('from a page of another origin is refused', async () => {
    const extraHeaders = { origin: 'https://evil.example' };
    expect((await outcome(dial(transport, { token: ada.token }, { extraHeaders }))).reason).toBe('transport');
    expect(
      (await outcome(dial(transport, { token: ada.token }, { extraHeaders: { origin: app.url } }))).reason,
    ).toBe('connected');
  });

  test('a token that ends while the connection is open closes it', async () => {
    const socket = dial(transport, { token: await token(1) });
    expect((await outcome(socket)).reason).toBe('connected');
    await new Promise((resolve) => socket.once('disconnect', resolve));
  });
});

test('the session id of a polling connection is no credential for a page of another origin', async () => {
  const query = `${app.url}/socket.io/?EIO=4&transport=polling`;
  const opened = await (await fetch(query)).text();
  const { sid } = JSON.parse(opened.slice(1)) as { sid: string };
  const poll = (origin?: string) =>
    fetch(`${query}&sid=${sid}`, {
      method: 'POST',
      body: `40${JSON.stringify({ token: ada.token })}`,
      headers: origin === undefined ? {} : { origin },
    });
  expect((await poll('https://evil.example')).status).toBe(403);
  expect((await poll()).status).toBe(200);
});

describe('calls', () => {
  test('without an acknowledgement still take effect', async () => {
    const caller = await connect('rest', app, ada);
    const socket = dial('websocket', { token: ada.token });
    await outcome(socket);
    socket.emit('send_message', { roomId: 'lobby', body: 'no ack wanted' });
    await socket.emitWithAck('get_me', {});
    const { data } = await caller.call('list_messages', { roomId: 'lobby', limit: 5 });
    expect(JSON.stringify(data)).toContain('no ack wanted');
  });

  test.each([['nothing_like_it'], ['__proto__'], ['constructor'], ['toString'], ['x'.repeat(3000)]])(
    'of %s are refused as unknown',
    async (name) => {
      const client = await listen('socketio over websocket', app, ada);
      onTestFinished(() => client.close());
      expect(await refusalOf(client.call(name))).toMatchObject({
        code: 'not_found',
        reason: 'unknown_event',
      });
    },
  );

  test.each([[[]], [[null]], [['lobby']], [[{ roomId: 'lobby' }, { more: 'arguments' }]], [[[1, 2]]], [[7]]])(
    'with arguments %j are answered',
    async (args) => {
      const socket = dial('websocket', { token: ada.token });
      await outcome(socket);
      const answer = await socket.emitWithAck('list_members', ...args);
      expect(answer).toHaveProperty('ok');
      if (!answer.ok) expect(answer.error.code).toBe('invalid');
    },
  );

  test('with binary in them are refused', async () => {
    const socket = dial('websocket', { token: ada.token });
    await outcome(socket);
    const answer = await socket.emitWithAck('send_message', { roomId: 'lobby', body: Buffer.from('bytes') });
    expect(answer).toMatchObject({ ok: false, error: { code: 'invalid' } });
  });
});

describe('rooms by either name', () => {
  test('a room joined by its id is left by its slug, and the other way round', async () => {
    const caller = await connect('rest', app, ada);
    const { id } = await caller.call('create_room', { name: 'Two names', slug: 'two-names' });
    const client = await listen('socketio over websocket', app, ada);
    onTestFinished(() => client.close());
    for (const [joined, left] of [
      [id, 'two-names'],
      ['two-names', id],
      [id, id.toUpperCase()],
    ]) {
      await client.join(joined);
      await client.leave(left);
      const before = client.heard.length;
      await caller.call('send_message', { roomId: id, body: 'to nobody' });
      await client.call('get_me');
      expect(client.heard.slice(before).filter((h) => h.type === 'new_message')).toEqual([]);
    }
  });

  test('joined by both names at once, every message comes once', async () => {
    const caller = await connect('rest', app, ada);
    const { id } = await caller.call('create_room', { name: 'Once', slug: 'only-once' });
    const client = await listen('socketio over websocket', app, ada);
    onTestFinished(() => client.close());
    await Promise.all([client.join(id), client.join('only-once'), client.join(id), client.join('only-once')]);
    await caller.call('send_message', { roomId: id, body: 'hello' });
    await client.until('the message', () => client.heard.some((h) => h.type === 'new_message'));
    await client.call('get_me');
    expect(client.heard.filter((h) => h.type === 'new_message')).toHaveLength(1);
    const other = await listen('phoenix 2.0.0', app, ada);
    onTestFinished(() => other.close());
    expect((await other.join(id)).presence[ada.user.id]?.metas).toHaveLength(1);
  });

  test('a leave right behind a join leaves', async () => {
    const caller = await connect('rest', app, ada);
    const { id } = await caller.call('create_room', { name: 'Hasty' });
    const client = await listen('socketio over websocket', app, ada);
    onTestFinished(() => client.close());
    await Promise.all([client.join(id), client.leave(id)]);
    const before = client.heard.length;
    await caller.call('send_message', { roomId: id, body: 'to nobody' });
    await client.call('get_me');
    expect(client.heard.slice(before).filter((h) => h.type === 'new_message')).toEqual([]);
  });

  test('nothing is lost or doubled on a connection that moves from polling to WebSocket', async () => {
    const caller = await connect('rest', app, ada);
    const { id } = await caller.call('create_room', { name: 'Moved' });
    let on = true;
    const sender = (async () => {
      while (on) await caller.call('send_message', { roomId: id, body: 'line' });
    })();
    const socket = io(app.url, { auth: { token: ada.token }, forceNew: true, reconnection: false });
    onTestFinished(() => void socket.disconnect());
    const seqs: number[] = [];
    socket.on('new_message', (message: { seq: number }) => seqs.push(message.seq));
    const upgraded = new Promise<void>((resolve) => {
      socket.io.once('open', () => socket.io.engine.once('upgrade', () => resolve()));
    });
    await outcome(socket);
    const { data } = await socket.emitWithAck('join_room', { roomId: id });
    await upgraded;
    await caller.call('send_message', { roomId: id, body: 'behind the move' });
    on = false;
    await sender;
    const { data: room } = await socket.emitWithAck('get_room', { roomId: id });
    expect(seqs).toEqual(Array.from({ length: room.lastSeq - data.lastSeq }, (_, i) => data.lastSeq + 1 + i));
  });
});
