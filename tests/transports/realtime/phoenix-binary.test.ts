// Binary frames and the ends of channels, by the pushes that exist for tests only.
import { type Channel, Socket } from 'phoenix';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { decodeBinary, encodeBinary } from '../../../src/server/transports/realtime/phoenix-frame.ts';
import { type SignedIn, startApp, type TestApp } from '../../support/app.ts';
import { until } from '../../support/until.ts';

let app: TestApp;
let ada: SignedIn;
const sockets: Socket[] = [];
beforeAll(async () => {
  app = await startApp({ config: { NODE_ENV: 'test' } });
  ada = await app.signIn('Ada');
});
afterAll(async () => {
  await Promise.all(sockets.map((s) => new Promise<void>((resolve) => s.disconnect(() => resolve()))));
  await app.stop();
});

async function join(topic = 'room:lobby'): Promise<Channel> {
  const socket = new Socket(`${app.url.replace('http', 'ws')}/socket`, {
    transport: WebSocket as never,
    params: { token: ada.token },
    rejoinAfterMs: () => 10,
  });
  sockets.push(socket);
  socket.connect();
  const channel = socket.channel(topic, {});
  await new Promise((resolve, reject) => {
    channel
      .join()
      .receive('ok', resolve)
      .receive('error', (problem) => {
        // Otherwise phoenix.js tries again for ever.
        channel.leave();
        reject(problem);
      });
  });
  return channel;
}
const push = (channel: Channel, event: string, payload: object) =>
  new Promise<unknown>((resolve, reject) =>
    channel.push(event, payload).receive('ok', resolve).receive('error', reject),
  );
const bytes = (text: string): ArrayBuffer => new Uint8Array(Buffer.from(text)).buffer;
const text = (data: unknown): string => Buffer.from(data as ArrayBuffer).toString();

test('bytes go and come back', async () => {
  const channel = await join();
  expect(text(await push(channel, 'test_binary', bytes('hé\u0001llo')))).toBe('hé\u0001llo');
});

test('a binary broadcast reaches every member', async () => {
  const [one, two] = [await join(), await join()];
  const heard: string[] = [];
  for (const channel of [one, two])
    channel.on('test_binary_broadcast', (data: unknown) => void heard.push(text(data)));
  await push(one, 'test_binary_broadcast', bytes('to all'));
  await until('both have it', () => heard.length === 2);
  expect(heard).toEqual(['to all', 'to all']);
});

test('bytes for an operation that takes an object are refused in words', async () => {
  const channel = await join();
  await expect(push(channel, 'send_message', bytes('{}'))).rejects.toMatchObject({ reason: 'invalid_input' });
});

test('a crashed channel is told so and joins again; the connection lives', async () => {
  const channel = await join();
  const reasons: unknown[] = [];
  channel.onError((reason?: unknown) => {
    reasons.push(reason);
  });
  channel.push('test_crash', {}, 50);
  await until('it has crashed and come back', () => reasons.length === 1 && channel.state === 'joined');
  expect(reasons).toEqual([{ reason: 'channel_crash' }]);
  expect(await push(channel, 'send_message', { body: 'again' })).toMatchObject({ body: 'again' });
});

test('a stopped channel is closed and stays away', async () => {
  const channel = await join();
  channel.push('test_stop', {}, 50);
  await until('it is closed', () => channel.state === 'closed');
});

test('a join that crashes says so', async () => {
  await expect(join('room:test_join_crash')).rejects.toMatchObject({ reason: 'join crashed' });
});

test('a disconnected socket comes back by itself', async () => {
  const channel = await join();
  const states: string[] = [];
  sockets.at(-1)?.onClose(() => void states.push('closed'));
  channel.push('test_disconnect', {}, 50);
  await until('it has been closed and joined again', () => states.length > 0 && channel.state === 'joined');
});

test('presence can be updated in one difference', async () => {
  const channel = await join();
  const diffs: {
    joins: Record<string, { metas: { phx_ref_prev?: string; mood?: string }[] }>;
    leaves: object;
  }[] = [];
  channel.on('presence_diff', (diff) => void diffs.push(diff));
  await push(channel, 'test_presence', { mood: 'glad' });
  await until('the difference came', () =>
    diffs.some((d) => d.joins[ada.user.id]?.metas.some((m) => m.mood === 'glad')),
  );
  const diff = diffs.find((d) => d.joins[ada.user.id]?.metas.some((m) => m.mood === 'glad'));
  expect(diff?.joins[ada.user.id]?.metas[0]?.phx_ref_prev).toBeDefined();
  expect(Object.keys(diff?.leaves ?? {})).toEqual([ada.user.id]);
});

test('without NODE_ENV=test the pushes do not exist', async () => {
  const plain = await startApp();
  const who = await plain.signIn('Ada');
  const socket = new Socket(`${plain.url.replace('http', 'ws')}/socket`, {
    transport: WebSocket as never,
    params: { token: who.token },
  });
  socket.connect();
  const channel = socket.channel('room:lobby', {});
  await new Promise((resolve, reject) => channel.join().receive('ok', resolve).receive('error', reject));
  await expect(push(channel, 'test_crash', {})).rejects.toMatchObject({ reason: 'unknown_event' });
  await new Promise<void>((resolve) => socket.disconnect(() => resolve()));
  await plain.stop();
});

test('the layouts of both directions differ, and lengths count bytes', () => {
  expect(() => decodeBinary(2, Buffer.from([1, 0, 0, 0, 0]))).toThrow();
  expect(() => decodeBinary(2, Buffer.from([0, 200, 0, 0, 0]))).toThrow();
  const client = Buffer.concat([
    Buffer.from([0, 1, 2, 3, 2]),
    Buffer.from('1'),
    Buffer.from('22'),
    Buffer.from('é:'),
    Buffer.from('ev'),
    Buffer.from('data'),
  ]);
  expect(decodeBinary(2, client)).toMatchObject({
    joinRef: '1',
    ref: '22',
    topic: 'é:',
    event: 'ev',
    payload: Buffer.from('data'),
  });
  expect([...encodeBinary({ kind: 'push', joinRef: '1', topic: 't', event: 'e' }, Buffer.from('x'))]).toEqual(
    [0, 1, 1, 1, 49, 116, 101, 120],
  );
  expect([...encodeBinary({ kind: 'broadcast', topic: 't', event: 'e' }, Buffer.from('x'))]).toEqual([
    2, 1, 1, 116, 101, 120,
  ]);
});
