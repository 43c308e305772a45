// Socket.IO packet by packet, for what its client would hide: acknowledgements, namespaces, sizes, and what is not served.
import { once } from 'node:events';
import { io, type Socket } from 'socket.io-client';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { WebSocket } from 'ws';
import { type SignedIn, startApp, type TestApp } from '../../support/app.ts';
import { connect } from '../../support/clients.ts';
import { createWatch } from '../../support/surfaces.ts';

let app: TestApp;
let ada: SignedIn;
beforeAll(async () => {
  app = await startApp();
  ada = await app.signIn('Ada');
});
afterAll(() => app.stop());

/** The official client, connected. */
async function client(options: object = {}): Promise<Socket> {
  const socket = io(app.url, {
    auth: { token: ada.token },
    transports: ['websocket'],
    forceNew: true,
    reconnection: false,
    ...options,
  });
  onTestFinished(() => void socket.disconnect());
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('connect_error', reject);
  });
  return socket;
}

/** A bare WebSocket that has sent its CONNECT; texts and binary packets in the order of arrival. */
async function raw() {
  const ws = new WebSocket(`${app.url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket`);
  const packets: string[] = [];
  const watch = createWatch();
  let code: number | undefined;
  ws.on('message', (data, isBinary) => {
    packets.push(isBinary ? `bytes ${(data as Buffer).toString('hex')}` : String(data));
    watch.look();
  });
  ws.on('close', (closed) => {
    code = closed;
    watch.look();
  });
  onTestFinished(() => ws.terminate());
  await once(ws, 'open');
  ws.send(`40${JSON.stringify({ token: ada.token })}`);
  const take = async (start: string): Promise<string> => {
    const find = () => packets.find((packet) => packet.startsWith(start));
    await watch.until(`a packet ${start}`, () => find() !== undefined);
    return find() as string;
  };
  const connected = await take('40');
  return {
    ws,
    packets,
    take,
    connected,
    send: (packet: string | Buffer) => ws.send(packet),
    async closeCode() {
      await watch.until('the end of the connection', () => code !== undefined);
      return code;
    },
  };
}
const answerOf = (packet: string) =>
  JSON.parse(packet.slice(packet.indexOf('['))) as [Record<string, unknown>];

describe('acknowledgements', () => {
  test('carry the id that was asked with, once, whatever the outcome', async () => {
    const socket = await raw();
    socket.send('427["get_me",{}]');
    socket.send('428["no_such_thing",{}]');
    socket.send('429["get_room",{"roomId":"no-such-room"}]');
    expect(answerOf(await socket.take('437['))).toMatchObject([{ ok: true, data: { id: ada.user.id } }]);
    expect(answerOf(await socket.take('438['))).toMatchObject([
      { ok: false, error: { reason: 'unknown_event', status: 404 } },
    ]);
    expect(answerOf(await socket.take('439['))).toMatchObject([{ ok: false, error: { code: 'not_found' } }]);
    socket.send('4299["get_me",{}]');
    await socket.take('4399[');
    for (const id of ['437[', '438[', '439['])
      expect(socket.packets.filter((packet) => packet.startsWith(id))).toHaveLength(1);
  });

  test('asked for twice under one id are given twice: the id is the affair of the client', async () => {
    const socket = await raw();
    socket.send('421["get_me",{}]');
    socket.send('421["get_me",{}]');
    socket.send('422["get_me",{}]');
    await socket.take('432[');
    expect(socket.packets.filter((packet) => packet.startsWith('431['))).toHaveLength(2);
  });

  test('that nobody asked for are not sent, and those the server did not ask for are ignored', async () => {
    const socket = await raw();
    socket.send('42["get_me",{}]');
    socket.send('42["no_such_thing"]');
    socket.send('431[{"ok":true}]');
    socket.send('421["get_me",{}]');
    await socket.take('431[');
    expect(socket.packets.filter((packet) => packet.startsWith('43'))).toHaveLength(1);
  });

  test('come within the timeout of the client, or it hears of the timeout and the call holds all the same', async () => {
    const socket = await client();
    expect(await socket.timeout(10_000).emitWithAck('get_me', {})).toMatchObject({ ok: true });
    const caller = await connect('rest', app, ada);
    const { id: roomId } = await caller.call('create_room', { name: 'Timeouts' });
    const { pglite } = app.app.parts.database.driver as {
      pglite: { transaction(fn: () => Promise<void>): Promise<void> };
    };
    let release = () => {};
    const held = pglite.transaction(
      () =>
        new Promise<void>((resolve) => {
          release = resolve;
        }),
    );
    const sent = socket.timeout(50).emitWithAck('send_message', { roomId, body: 'late' });
    await expect(sent).rejects.toThrow('operation has timed out');
    release();
    await held;
    await socket.emitWithAck('get_room', { roomId });
    const { data } = await caller.call('list_messages', { roomId });
    expect(data.map((message: { body: string }) => message.body)).toEqual(['late']);
  });
});

describe('events', () => {
  test('sent as volatile are events like others', async () => {
    const socket = await client();
    const caller = await connect('rest', app, ada);
    const { id: roomId } = await caller.call('create_room', { name: 'Volatile' });
    socket.volatile.emit('send_message', { roomId, body: 'volatile' });
    await socket.emitWithAck('get_me', {});
    const { data } = await caller.call('list_messages', { roomId });
    expect(data).toMatchObject([{ body: 'volatile' }]);
  });

  test.each([
    ['in a field', { roomId: 'lobby', body: Buffer.from('bytes') }],
    ['deep in the metadata', { roomId: 'lobby', body: 'x', metadata: { a: [{ b: Buffer.from('bytes') }] } }],
    ['instead of an input', Buffer.from('bytes')],
    ['as text that is not UTF-8', { roomId: 'lobby', body: Buffer.from([0xff, 0xfe]) }],
  ])('with bytes %s are refused in words', async (_, input) => {
    const socket = await client();
    expect(await socket.emitWithAck('send_message', input)).toMatchObject({
      ok: false,
      error: { code: 'invalid' },
    });
    expect(socket.connected).toBe(true);
  });

  test('nested deeper than 32 are refused in words', async () => {
    const socket = await client();
    const nested = (depth: number): object => (depth === 0 ? {} : { a: nested(depth - 1) });
    const answer = await socket.emitWithAck('send_message', {
      roomId: 'lobby',
      body: 'x',
      metadata: nested(500),
    });
    expect(answer).toMatchObject({ ok: false, error: { code: 'invalid', reason: 'too_deep' } });
    expect(await socket.emitWithAck('get_me', {})).toMatchObject({ ok: true });
  });

  test('over 64 KiB end their connection alone', async () => {
    const other = await client();
    const socket = await raw();
    socket.send(`421["send_message",{"roomId":"lobby","body":"${'x'.repeat(65_536)}"}]`);
    expect(await socket.closeCode()).toBe(1009);
    const polling = await client({ transports: ['polling'] });
    const gone = new Promise((resolve) => polling.once('disconnect', resolve));
    polling.emit('send_message', { roomId: 'lobby', body: 'x'.repeat(65_536) });
    await gone;
    expect(await other.emitWithAck('get_me', {})).toMatchObject({ ok: true });
  });

  test.each(['4', '4x', '42', '42{}', '42[]', '42["get_me"', '451-["x"]', '40/admin', '47["x"]', 'nonsense'])(
    'that are none, as %j, harm nobody else',
    async (packet) => {
      const other = await client();
      const socket = await raw();
      socket.send(packet);
      socket.send(Buffer.from([1, 2, 3]));
      expect(await other.emitWithAck('get_me', {})).toMatchObject({ ok: true });
      expect(other.connected).toBe(true);
    },
  );
});

describe('not served', () => {
  test.each(['/admin', '/chat', '/__proto__'])('the namespace %s', async (namespace) => {
    const socket = io(`${app.url}${namespace}`, {
      auth: { token: ada.token },
      transports: ['websocket'],
      forceNew: true,
      reconnection: false,
    });
    onTestFinished(() => void socket.disconnect());
    const error = await new Promise<Error>((resolve) => socket.once('connect_error', resolve));
    expect(error.message).toBe('Invalid namespace');
  });

  test('Engine.IO 3, which clients before 3.0 speak: told so with 400', async () => {
    const response = await fetch(`${app.url}/socket.io/?EIO=3&transport=polling`, {
      headers: { connection: 'close' },
    });
    expect([response.status, await response.json()]).toEqual([
      400,
      { code: 5, message: 'Unsupported protocol version' },
    ]);
  });

  test('the recovery of Socket.IO itself: a connection has no id to recover by', async () => {
    const socket = await raw();
    expect(Object.keys(JSON.parse(socket.connected.slice(2)))).toEqual(['sid']);
    const again = await client({ reconnection: true, reconnectionDelay: 10 });
    const back = new Promise<void>((resolve) => again.once('connect', resolve));
    again.io.engine.close();
    await back;
    expect(again.recovered).not.toBe(true);
  });

  test('the session id of another page: neither to poll nor to move it to a WebSocket', async () => {
    const query = `${app.url}/socket.io/?EIO=4&transport=polling`;
    const opened = await (await fetch(query, { headers: { connection: 'close' } })).text();
    const { sid } = JSON.parse(opened.slice(1)) as { sid: string };
    const foreign = { origin: 'https://evil.example' };
    const poll = await fetch(`${query}&sid=${sid}`, { headers: { ...foreign, connection: 'close' } });
    expect(poll.status).toBe(403);
    const ws = new WebSocket(
      `${app.url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket&sid=${sid}`,
      { headers: foreign },
    );
    const refused = await new Promise<string>((resolve) => {
      ws.once('error', (error) => resolve(error.message));
      ws.once('open', () => resolve('opened'));
    });
    expect(refused).not.toBe('opened');
  });
});
