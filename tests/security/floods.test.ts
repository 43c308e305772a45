// One connection that does too much, or reads nothing, is limited or closed; the others do not notice.
import { once } from 'node:events';
import { connect as dial, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { type SignedIn, startApp, type TestApp } from '../support/app.ts';
import { connect, listen } from '../support/clients.ts';
import { openRaw } from '../support/raw-phoenix.ts';

let app: TestApp;
let ada: SignedIn;
let bob: SignedIn;
beforeAll(async () => {
  app = await startApp();
  [ada, bob] = [await app.signIn('Ada'), await app.signIn('Bob')];
});
afterAll(() => app.stop());

test.each(['socketio over websocket', 'phoenix 2.0.0'] as const)(
  'a flood over %s is rate-limited',
  async (surface) => {
    const flooder = await listen(surface, app, ada);
    const other = await listen(surface, app, bob);
    onTestFinished(async () => void (await Promise.all([flooder.close(), other.close()])));
    const answers = await Promise.allSettled(
      Array.from({ length: 7000 }, () => flooder.call('no_such_thing')),
    );
    const reasons = answers.map((a) => (a.status === 'rejected' ? a.reason.problem?.reason : 'ok'));
    expect(reasons.filter((r) => r === 'unknown_event').length).toBeGreaterThanOrEqual(2000);
    expect(reasons.filter((r) => r === 'rate_limited').length).toBeGreaterThan(100);
    const limited = answers.find(
      (a) => a.status === 'rejected' && a.reason.problem?.reason === 'rate_limited',
    );
    expect(limited).toMatchObject({
      reason: { problem: { status: 429, retryable: true, retryAfterMs: expect.any(Number) } },
    });
    expect(await other.call('get_me')).toMatchObject({ id: bob.user.id });
  },
  30_000,
);

test('joins count as frames as well', async () => {
  const flooder = await openRaw(app.url, { token: ada.token });
  for (let i = 0; i < 8000; i++) flooder.send(['1', String(i), 'room:nowhere', 'phx_join', {}]);
  const limited = await flooder.take('a refusal', (f) => f[4].response?.reason === 'rate_limited');
  expect(limited[4].response.code).toBe('rate_limited');
  await flooder.close();
}, 30_000);

/** A WebSocket whose client reads nothing after the handshake. */
async function deafSocket(path: string, greet: (send: (text: string) => void) => void): Promise<Socket> {
  const socket = dial({ port: Number(new URL(app.url).port), host: '127.0.0.1' });
  socket.on('error', () => {});
  socket.write(
    `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`,
  );
  const [head] = (await once(socket, 'data')) as [Buffer];
  expect(head.toString()).toContain(' 101 ');
  greet((text) => socket.write(maskedFrame(text)));
  return socket;
}

/** A text frame of a client: masked, here with a mask of zeros. */
function maskedFrame(text: string): Buffer {
  const body = Buffer.from(text);
  const length =
    body.length < 126
      ? Buffer.from([0x80 | body.length])
      : Buffer.from([0x80 | 126, body.length >> 8, body.length & 255]);
  return Buffer.concat([Buffer.from([0x81]), length, Buffer.alloc(4), body]);
}

const slowConsumers = async (): Promise<number> =>
  (await app.app.parts.metrics.slowConsumers.get()).values.reduce((sum, v) => sum + v.value, 0);

describe('a client that never reads', () => {
  const DEAF = {
    phoenix: (room: string) =>
      deafSocket(`/socket/websocket?vsn=2.0.0&token=${bob.token}`, (send) =>
        send(JSON.stringify(['1', '1', `room:${room}`, 'phx_join', {}])),
      ),
    'Socket.IO': (room: string) =>
      deafSocket('/socket.io/?EIO=4&transport=websocket', (send) => {
        send(`40${JSON.stringify({ token: bob.token })}`);
        send(`420${JSON.stringify(['join_room', { roomId: room }])}`);
      }),
  };

  test.each(Object.entries(DEAF))(
    'over %s is closed, and the others hear everything',
    async (_, open) => {
      const reader = await listen('phoenix 2.0.0', app, ada);
      onTestFinished(() => reader.close());
      const { id: room } = await reader.call('create_room', { name: 'Loud', memberIds: [bob.user.id] });
      await reader.join(room);
      const before = await slowConsumers();
      const deaf = await open(room);
      onTestFinished(() => void deaf.destroy());
      await reader.until('he is here', () =>
        reader.heard.some((h) => h.type === 'presence_diff' && bob.user.id in (h.payload.joins as object)),
      );
      deaf.pause();
      const scope = await app.app.parts.identity.authenticate(ada.token, 'rest');
      const body = 'x'.repeat(16_000);
      let sent = 0;
      while ((await slowConsumers()) === before && sent < 3000) {
        await Promise.all(
          Array.from({ length: 50 }, () => app.app.parts.messages.send(scope, { roomId: room, body })),
        );
        sent += 50;
      }
      expect(await slowConsumers()).toBe(before + 1);
      const heard = () => reader.heard.filter((h) => h.room === room && h.type === 'new_message');
      await reader.until('every message', () => heard().length === sent);
      const seqs = heard().map((h) => h.payload.seq as number);
      expect(seqs).toEqual(seqs.map((_seq, i) => (seqs[0] as number) + i));
      await reader.until('he is gone', () =>
        reader.heard.some((h) => h.type === 'presence_diff' && bob.user.id in (h.payload.leaves as object)),
      );
    },
    60_000,
  );

  test.each(
    Object.entries({
      phoenix: () =>
        deafSocket(`/socket/websocket?vsn=2.0.0&token=${bob.token}`, (send) =>
          send(JSON.stringify(['1', '1', 'room:heavy', 'phx_join', {}])),
        ),
      'Socket.IO': () =>
        deafSocket('/socket.io/?EIO=4&transport=websocket', (send) =>
          send(`40${JSON.stringify({ token: bob.token })}`),
        ),
    }),
  )(
    'over %s but keeps asking is closed as well',
    async (name, open) => {
      const owner = await connect('rest', app, ada);
      const scope = await app.app.parts.identity.authenticate(ada.token, 'rest');
      const found = await owner.call('get_room', { roomId: 'heavy' }).catch(() => undefined);
      if (found === undefined) {
        const { id } = await owner.call('create_room', { name: 'Heavy', slug: 'heavy' });
        await Promise.all(
          Array.from({ length: 60 }, () =>
            app.app.parts.messages.send(scope, { roomId: id, body: 'x'.repeat(16_000) }),
          ),
        );
      }
      const deaf = await open();
      deaf.pause();
      const ask = (i: number) =>
        name === 'phoenix'
          ? JSON.stringify(['1', `${i}`, 'room:heavy', 'list_messages', { limit: 60 }])
          : `42${i}${JSON.stringify(['list_messages', { roomId: 'heavy', limit: 60 }])}`;
      // What a broken connection says first differs; what counts is that the server let go of it.
      const gone = new Promise<void>((resolve) => deaf.once('close', () => resolve()));
      const before = await slowConsumers();
      for (let i = 10; i < 200 && (await slowConsumers()) === before; i++) {
        deaf.write(maskedFrame(ask(i)));
        await owner.call('get_me');
      }
      expect(await slowConsumers()).toBe(before + 1);
      deaf.resume();
      await gone;
    },
    60_000,
  );
});
