// Every refusal of a Phoenix connection is an HTTP status before the upgrade: accepted and closed afterwards, clients
// would come back at once, for ever.
import { once } from 'node:events';
import { connect as dial } from 'node:net';
import { SignJWT, UnsecuredJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { HOME_TENANT } from '../../../src/server/identity/service.ts';
import { type SignedIn, startApp, TEST_SECRET, type TestApp } from '../../support/app.ts';
import { answered, disconnect, phoenixSocket, request } from '../../support/clients.ts';
import { openRaw, upgradeStatus } from '../../support/raw-phoenix.ts';

let app: TestApp;
let ada: SignedIn;
beforeAll(async () => {
  app = await startApp();
  ada = await app.signIn('Ada');
});
afterAll(() => app.stop());

const inSeconds = (seconds: number) => Math.floor(Date.now() / 1000) + seconds;
const claims = () =>
  new SignJWT({ tid: HOME_TENANT }).setSubject(ada.user.id).setIssuer('parley').setIssuedAt();
const key = (secret: string) => new TextEncoder().encode(secret);

const BAD_TOKENS: [string, () => Promise<string> | string][] = [
  ['nothing', () => ''],
  ['a word', () => 'hello'],
  [
    'another secret',
    () =>
      claims()
        .setProtectedHeader({ alg: 'HS256' })
        .setExpirationTime('1h')
        .sign(key('another-secret-of-thirty-two-letters')),
  ],
  [
    'another algorithm',
    () => claims().setProtectedHeader({ alg: 'HS512' }).setExpirationTime('1h').sign(key(TEST_SECRET)),
  ],
  [
    'no signature',
    () =>
      new UnsecuredJWT({ tid: HOME_TENANT })
        .setSubject(ada.user.id)
        .setIssuer('parley')
        .setExpirationTime('1h')
        .encode(),
  ],
  [
    'an end in the past',
    () =>
      claims().setProtectedHeader({ alg: 'HS256' }).setExpirationTime(inSeconds(-120)).sign(key(TEST_SECRET)),
  ],
  ['no end', () => claims().setProtectedHeader({ alg: 'HS256' }).sign(key(TEST_SECRET))],
  [
    'another issuer',
    () =>
      claims()
        .setIssuer('elsewhere')
        .setProtectedHeader({ alg: 'HS256' })
        .setExpirationTime('1h')
        .sign(key(TEST_SECRET)),
  ],
  [
    'a changed claim',
    () => {
      const [head, body, sign] = ada.token.split('.') as [string, string, string];
      const changed = { ...JSON.parse(Buffer.from(body, 'base64url').toString()), role: 'admin' };
      return `${head}.${Buffer.from(JSON.stringify(changed)).toString('base64url')}.${sign}`;
    },
  ],
  [
    'nobody',
    () =>
      app.app.parts.tokens.sign({ userId: '00000000-0000-7000-8000-00000000dead', tenantId: HOME_TENANT }),
  ],
];

describe('a token is refused', () => {
  test.each(BAD_TOKENS)('with %s', async (_, make) => {
    const token = await make();
    expect(await upgradeStatus(app.url, { token })).toBe(403);
    const rest = await request(app.url, 'GET', '/api/me', { token });
    expect(rest).toMatchObject({ status: 401, body: { code: 'unauthorized', retryable: false } });
    expect(rest.headers.get('www-authenticate')).toBe('Bearer');
  });

  test('when there is none', async () => {
    expect(await upgradeStatus(app.url, {})).toBe(403);
    expect((await request(app.url, 'GET', '/api/me')).body).toMatchObject({ reason: 'missing_token' });
  });

  test('says which of them has expired', async () => {
    const token = await BAD_TOKENS.find(([name]) => name === 'an end in the past')?.[1]();
    expect((await request(app.url, 'GET', '/api/me', { token })).body.reason).toBe('expired_token');
  });
});

test.each([
  ['1.0.0', 101],
  ['1.0.7', 101],
  ['2.0.0', 101],
  ['2.0.12', 101],
  [null, 101],
  ['2.1.0', 403],
  ['3.0.0', 403],
  ['2.0', 403],
  ['2', 403],
  ['abc', 403],
  ['', 403],
  ['2.0.0-rc.1', 403],
  ['02.0.0', 403],
] as const)('vsn %s answers %i', async (vsn, status) => {
  expect(await upgradeStatus(app.url, { token: ada.token, vsn })).toBe(status);
});

test('a list of versions is none that is known', async () => {
  const ws = new WebSocket(
    `${app.url.replace('http', 'ws')}/socket/websocket?vsn[]=2.0.0&token=${ada.token}`,
  );
  const status = await new Promise((resolve) => {
    ws.once('open', () => resolve(101));
    ws.once('unexpected-response', (_request, response) => resolve(response.statusCode));
    ws.on('error', () => {});
  });
  ws.terminate();
  expect(status).toBe(403);
});

test('without vsn the frames are those of 1.0.0', async () => {
  const socket = await openRaw(app.url, { token: ada.token, vsn: null });
  socket.send({ topic: 'phoenix', event: 'heartbeat', payload: {}, ref: '1' });
  const reply = await socket.take('the reply', (f) => f.event === 'phx_reply');
  expect(reply).toEqual({
    topic: 'phoenix',
    event: 'phx_reply',
    ref: '1',
    payload: { status: 'ok', response: {} },
  });
  await socket.close();
});

test('an Origin that is not ours is refused, ours and none are not', async () => {
  const { token } = ada;
  const status = (origin: string) => upgradeStatus(app.url, { token, headers: { origin } });
  expect(await status('https://evil.example')).toBe(403);
  expect(await status('null')).toBe(403);
  expect(await status('http://127.0.0.1.evil.example')).toBe(403);
  expect(await status(app.url)).toBe(101);
  expect(await upgradeStatus(app.url, { token })).toBe(101);
});

test('a page of another host that resolves to us is refused', async () => {
  const headers = { origin: 'http://evil.example', host: 'evil.example' };
  expect(await upgradeStatus(app.url, { token: ada.token, headers })).toBe(403);
});

describe('the token among the sub-protocols', () => {
  const entry = (token: string, encoding: BufferEncoding) =>
    `base64url.bearer.phx.${Buffer.from(token).toString(encoding).replace(/=+$/, '')}`;

  test.each(['base64', 'base64url'] as const)('is read in %s, and phoenix is picked', async (encoding) => {
    const socket = await openRaw(app.url, { protocols: ['phoenix', entry(ada.token, encoding)] });
    expect(socket.ws.protocol).toBe('phoenix');
    await socket.close();
  });

  test('is what phoenix.js sends as authToken', async () => {
    const socket = phoenixSocket(app.url, { authToken: ada.token });
    socket.connect();
    expect(await answered(socket.channel('room:lobby', {}).join())).toMatchObject({
      room: { slug: 'lobby' },
    });
    await disconnect(socket);
  });

  test('is refused when it is wrong, alone, or not decodable', async () => {
    expect(await upgradeStatus(app.url, { protocols: ['phoenix', entry('nonsense', 'base64')] })).toBe(403);
    expect(await upgradeStatus(app.url, { protocols: [entry(ada.token, 'base64')] })).toBe(403);
    expect(await upgradeStatus(app.url, { protocols: ['phoenix', 'base64url.bearer.phx.!!!'] })).toBe(403);
    expect(await upgradeStatus(app.url, { token: ada.token, protocols: ['chat'] })).toBe(403);
  });

  test('is not answered when the client offers no protocol', async () => {
    const socket = await openRaw(app.url, { token: ada.token });
    expect(socket.ws.protocol).toBe('');
    await socket.close();
  });
});

test('the last of two tokens counts', async () => {
  const query = (tokens: string[]) => tokens.map((token) => `token=${token}`).join('&');
  const status = async (tokens: string[]) => {
    const socket = dial(Number(new URL(app.url).port), '127.0.0.1');
    socket.write(
      `GET /socket/websocket?vsn=2.0.0&${query(tokens)} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`,
    );
    const [data] = (await once(socket, 'data')) as [Buffer];
    socket.destroy();
    return Number(/^HTTP\/1\.1 (\d+)/.exec(data.toString())?.[1]);
  };
  expect(await status(['old', ada.token])).toBe(101);
  expect(await status([ada.token, 'old'])).toBe(403);
});

describe('what is no WebSocket', () => {
  test.each(['GET', 'POST', 'PUT', 'DELETE'])('%s is answered with 400', async (method) => {
    expect((await request(app.url, method, '/socket/websocket?vsn=2.0.0')).status).toBe(400);
  });

  /** What comes back to an upgrade, written by hand; empty when the connection is just closed. */
  async function upgrade(
    path: string,
    headers = 'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n',
  ) {
    const socket = dial(Number(new URL(app.url).port), '127.0.0.1');
    const chunks: Buffer[] = [];
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.write(
      `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n${headers}\r\n`,
    );
    await once(socket, 'close');
    return Buffer.concat(chunks).toString().split('\r\n')[0];
  }

  test.each(['/', '/elsewhere', '/socket', '/socket/longpoll/websocket', '/socket.iox', '/socket.io'])(
    'an upgrade of %s is answered and closed',
    async (path) => {
      expect(await upgrade(path)).toBe('HTTP/1.1 404 Not Found');
    },
  );

  test('a wrong WebSocket version is answered with 400', async () => {
    const path = `/socket/websocket?vsn=2.0.0&token=${ada.token}`;
    expect(
      await upgrade(path, 'Sec-WebSocket-Version: 12\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n'),
    ).toMatch(/ 400 /);
    expect(await upgrade(path, '')).toMatch(/ 400 /);
  });

  test('a client that breaks off in the middle of an upgrade harms nobody', async () => {
    for (const path of [
      '/socket/websocket?token=x',
      `/socket/websocket?token=${ada.token}`,
      '/nowhere',
      '/socket.io/?EIO=4&transport=websocket',
    ]) {
      for (let i = 0; i < 10; i++) {
        const socket = dial(Number(new URL(app.url).port), '127.0.0.1');
        socket.on('error', () => {});
        await once(socket, 'connect');
        socket.write(
          `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`,
          () => socket.resetAndDestroy(),
        );
        await once(socket, 'close');
      }
    }
    expect((await request(app.url, 'GET', '/healthz')).status).toBe(200);
  });
});
