// Phoenix channels where clients seldom go: binary frames by hand, how channels end, and the WebSocket underneath.
import { once } from 'node:events';
import { connect as dial } from 'node:net';
import {
  afterAll,
  afterEach,
  beforeAll,
  beforeEach,
  describe,
  expect,
  onTestFinished,
  test,
  vi,
} from 'vitest';
import { WebSocket } from 'ws';
import { type SignedIn, startApp, type TestApp } from '../../support/app.ts';
import { openRaw, type RawSocket } from '../../support/raw-phoenix.ts';
import type { Answer } from '../../support/surfaces.ts';

const TOPIC = 'room:lobby';

let app: TestApp;
let ada: SignedIn;
let socket: RawSocket;
beforeAll(async () => {
  app = await startApp({ config: { NODE_ENV: 'test' } });
  ada = await app.signIn('Ada');
});
afterAll(() => app.stop());
beforeEach(async () => {
  socket = await openRaw(app.url, { token: ada.token });
});
afterEach(() => socket.close());

const ok = { status: 'ok', response: {} };
const unmatched = { status: 'error', response: { reason: 'unmatched topic' } };

async function join(ref = '1', by = socket): Promise<void> {
  by.send([ref, ref, TOPIC, 'phx_join', {}]);
  expect((await by.reply(ref))[4].status).toBe('ok');
}
/** Comes back behind everything that was answered before it. */
async function roundTrip(by = socket): Promise<void> {
  by.send([null, 'trip', 'phoenix', 'heartbeat', {}]);
  await by.reply('trip');
}
/** A client's binary push: kind 0, four lengths, then the fields and the bytes. */
function binary(fields: [joinRef: string, ref: string, topic: string, event: string], data = ''): Buffer {
  const bytes = fields.map((field) => Buffer.from(field));
  return Buffer.concat([Buffer.from([0, ...bytes.map((b) => b.length)]), ...bytes, Buffer.from(data)]);
}
const isBytes = (kind: number) => (frame: Answer) => Buffer.isBuffer(frame) && frame[0] === kind;
const closes = (frames: Answer[]) => frames.filter((f) => f[3] === 'phx_close');

describe('binary frames', () => {
  test('a reply of bytes has kind 1 and four lengths, a broadcast kind 2 and two', async () => {
    await join('7');
    socket.ws.send(binary(['7', '8', TOPIC, 'test_binary'], 'h\u00e9'));
    expect(String(await socket.take('the reply', isBytes(1)))).toBe(
      `\u0001\u0001\u0001\u000a\u000278${TOPIC}okh\u00e9`,
    );
    socket.ws.send(binary(['7', '9', TOPIC, 'test_binary_broadcast'], 'all'));
    expect(String(await socket.take('the broadcast', isBytes(2)))).toBe(
      `\u0002\u000a\u0015${TOPIC}test_binary_broadcastall`,
    );
    // An object in answer to bytes is a text frame.
    expect(await socket.reply('9')).toEqual(['7', '9', TOPIC, 'phx_reply', ok]);
  });

  test('carry joins, heartbeats and leaves as well', async () => {
    socket.ws.send(binary(['1', '1', TOPIC, 'phx_join']));
    expect(await socket.reply('1')).toMatchObject(['1', '1', TOPIC, 'phx_reply', { status: 'ok' }]);
    socket.ws.send(binary(['', '2', 'phoenix', 'heartbeat']));
    expect(await socket.reply('2')).toEqual([null, '2', 'phoenix', 'phx_reply', ok]);
    socket.ws.send(binary(['1', '3', TOPIC, 'phx_leave']));
    expect(await socket.reply('3')).toEqual(['1', '3', TOPIC, 'phx_reply', ok]);
    await socket.take('phx_close', (f) => f[3] === 'phx_close');
  });

  test('without a join_ref carry an empty one, which is stale on a joined topic', async () => {
    await join('1');
    socket.ws.send(binary(['', '2', TOPIC, 'test_binary'], 'x'));
    socket.ws.send(binary(['', '3', 'room:elsewhere', 'test_binary'], 'x'));
    expect(await socket.reply('3')).toEqual([null, '3', 'room:elsewhere', 'phx_reply', unmatched]);
    await roundTrip();
    expect(socket.frames.some((f) => Buffer.isBuffer(f))).toBe(false);
  });

  test.each([
    ['empty', []],
    ['shorter than its header', [0, 0, 0]],
    ['of the kind of a reply', [1, 0, 0, 0, 0]],
    ['of the kind of a broadcast', [2, 0, 0, 0, 0]],
    ['whose lengths overrun it', [0, 1, 1, 10, 9, 49, 50]],
  ])('%s end their connection with 1011', async (_, bytes) => {
    const bad = await openRaw(app.url, { token: ada.token });
    bad.ws.send(Buffer.from(bytes));
    expect(await bad.closeCode()).toBe(1011);
    await roundTrip();
  });

  test('version 1 reads its JSON from them, and is passed over by broadcasts of bytes', async () => {
    const old = await openRaw(app.url, { token: ada.token, vsn: '1.0.0' });
    onTestFinished(() => old.close());
    old.ws.send(Buffer.from(JSON.stringify({ topic: TOPIC, event: 'phx_join', payload: {}, ref: '1' })));
    await old.take('the join', (f) => f.event === 'phx_reply' && f.ref === '1');
    await join('1');
    socket.ws.send(binary(['1', '2', TOPIC, 'test_binary_broadcast'], 'bytes'));
    await socket.take('the broadcast', isBytes(2));
    socket.send(['1', '3', TOPIC, 'send_message', { body: 'words' }]);
    await old.take('the message', (f) => f.event === 'new_message' && f.payload.body === 'words');
    expect(old.frames.some((f) => Buffer.isBuffer(f) || /binary/.test(f.event))).toBe(false);
  });
});

describe('the end of a channel', () => {
  test('that crashed is a phx_error whose ref is the join_ref; the topic is free again', async () => {
    await join('4');
    socket.send(['4', '5', TOPIC, 'test_crash', {}]);
    expect(await socket.take('phx_error', (f) => f[3] === 'phx_error')).toEqual([
      '4',
      '4',
      TOPIC,
      'phx_error',
      { reason: 'channel_crash' },
    ]);
    socket.send(['4', '6', TOPIC, 'get_me', {}]);
    expect(await socket.reply('6')).toEqual([null, '6', TOPIC, 'phx_reply', unmatched]);
    expect(socket.frames.some((f) => f[1] === '5')).toBe(false);
    await join('7');
  });

  test('that was stopped is a phx_close alone', async () => {
    await join('4');
    socket.send(['4', '5', TOPIC, 'test_stop', {}]);
    expect(await socket.take('phx_close', (f) => f[3] === 'phx_close')).toEqual([
      '4',
      '4',
      TOPIC,
      'phx_close',
      {},
    ]);
    await roundTrip();
    expect(socket.frames.some((f) => f[3] === 'phx_error' || f[1] === '5')).toBe(false);
  });

  test('never comes from a join that crashed: its reply says so and keeps the join_ref', async () => {
    socket.send(['4', '5', 'room:test_join_crash', 'phx_join', {}]);
    expect(await socket.reply('5')).toMatchObject([
      '4',
      '5',
      'room:test_join_crash',
      'phx_reply',
      { status: 'error', response: { reason: 'join crashed' } },
    ]);
    await roundTrip();
    expect(socket.frames.some((f) => f[3] === 'phx_error' || f[3] === 'phx_close')).toBe(false);
  });

  test('by a leave comes once, however often one leaves', async () => {
    await join('1');
    for (const ref of ['2', '3', '4']) socket.send(['1', ref, TOPIC, 'phx_leave', {}]);
    for (const ref of ['2', '3', '4'])
      expect(await socket.reply(ref)).toEqual(['1', ref, TOPIC, 'phx_reply', ok]);
    await roundTrip();
    expect(closes(socket.frames)).toHaveLength(1);
  });

  test('with the whole connection is 1011, never 1000, which official clients take for good', async () => {
    const other = await openRaw(app.url, { token: ada.token });
    await join('1', other);
    other.send(['1', '2', TOPIC, 'test_disconnect', {}]);
    expect(await other.closeCode()).toBe(1011);
  });
});

describe('what ends a channel waits for the answers to its pushes', () => {
  /** Keeps the database from answering until released. */
  function hold(): { release(): Promise<void> } {
    const { pglite } = app.app.parts.database.driver as {
      pglite: { transaction(fn: () => Promise<void>): Promise<void> };
    };
    let open = () => {};
    const held = pglite.transaction(
      () =>
        new Promise<void>((resolve) => {
          open = resolve;
        }),
    );
    return {
      release() {
        open();
        return held;
      },
    };
  }
  const told = () =>
    socket.frames
      .filter((f) => f[3] === 'phx_reply' || f[3] === 'phx_close')
      .map((f) => `${f[3]} ${f[1]}`)
      .filter((line) => !line.endsWith('trip'));

  test('as a leave', async () => {
    await join('1');
    const database = hold();
    socket.send(['1', '2', TOPIC, 'send_message', { body: 'last words' }]);
    socket.send(['1', '3', TOPIC, 'phx_leave', {}]);
    socket.send(['1', '4', TOPIC, 'get_me', {}]);
    await roundTrip();
    await database.release();
    expect((await socket.reply('4'))[4]).toEqual(unmatched);
    expect(told()).toEqual(['phx_reply 1', 'phx_reply 2', 'phx_reply 3', 'phx_close 1', 'phx_reply 4']);
  });

  test('as another join', async () => {
    await join('1');
    const database = hold();
    socket.send(['1', '2', TOPIC, 'send_message', { body: 'last words' }]);
    socket.send(['3', '3', TOPIC, 'phx_join', {}]);
    await roundTrip();
    await database.release();
    await socket.take('phx_close', (f) => f[3] === 'phx_close');
    expect(told()).toEqual(['phx_reply 1', 'phx_reply 2', 'phx_reply 3', 'phx_close 1']);
  });

  test('and many pushes are taken in the order in which they came', async () => {
    await join('1');
    for (let i = 0; i < 50; i++) socket.send(['1', `m${i}`, TOPIC, 'send_message', { body: `${i}` }]);
    const seqs: number[] = [];
    for (let i = 0; i < 50; i++) seqs.push((await socket.reply(`m${i}`))[4].response.seq);
    expect(seqs).toEqual(seqs.toSorted((a, b) => a - b));
  });
});

describe('joining while joining', () => {
  test('the joins are answered in turn, and each but the last is closed', async () => {
    for (const ref of ['1', '2', '3']) socket.send([ref, ref, TOPIC, 'phx_join', {}]);
    socket.send(['1', '4', TOPIC, 'send_message', { body: 'stale' }]);
    socket.send(['3', '5', TOPIC, 'get_me', {}]);
    expect((await socket.reply('5'))[4].status).toBe('ok');
    const told = socket.frames
      .filter((f) => f[3] === 'phx_close' || (f[3] === 'phx_reply' && f[0] !== null))
      .map((f) => `${f[0]} ${f[3]}`);
    expect(told).toEqual([
      '1 phx_reply',
      '2 phx_reply',
      '1 phx_close',
      '3 phx_reply',
      '2 phx_close',
      '3 phx_reply',
    ]);
    expect(socket.frames.some((f) => f[1] === '4')).toBe(false);
  });

  test('leave and join of the official client, sent back to back, end joined once', async () => {
    await join('1');
    socket.send(['1', '2', TOPIC, 'phx_leave', {}]);
    socket.send(['3', '3', TOPIC, 'phx_join', {}]);
    socket.send(['3', '4', TOPIC, 'send_message', { body: 'behind both' }]);
    await socket.reply('4');
    await roundTrip();
    expect(closes(socket.frames)).toEqual([['1', '1', TOPIC, 'phx_close', {}]]);
    const copies = socket.frames.filter((f) => f[3] === 'new_message' && f[4].body === 'behind both');
    expect(copies).toHaveLength(1);
  });

  test('presence has one meta for the connection, with a ref of its own, and hears the old one leave', async () => {
    const witness = socket;
    // Not Ada: a connection that a test broke off keeps its place for a moment.
    const eve = await app.signIn('Eve');
    const own = await openRaw(app.url, { token: eve.token });
    onTestFinished(() => own.close());
    await join('w', witness);
    const state = async (by: RawSocket, ref: string) =>
      (await by.take('presence_state', (f) => f[3] === 'presence_state' && f[0] === ref))[4];
    await state(witness, 'w');
    await join('1', own);
    const [first] = (await state(own, '1'))[eve.user.id].metas;
    await join('2', own);
    const { metas } = (await state(own, '2'))[eve.user.id];
    expect(metas).toHaveLength(1);
    expect(metas[0].phx_ref).not.toBe(first.phx_ref);
    const refs = (of: 'joins' | 'leaves') =>
      witness.frames
        .filter((f) => f[3] === 'presence_diff')
        .flatMap((f) => f[4][of][eve.user.id]?.metas ?? [])
        .map((m: { phx_ref: string }) => m.phx_ref);
    await witness.take('the new meta', () => refs('joins').includes(metas[0].phx_ref));
    // Told together, a meta that came and went need not be told at all; but none may stay behind.
    const gone = new Set(refs('leaves'));
    expect(refs('joins').filter((ref) => !gone.has(ref))).toEqual([metas[0].phx_ref]);
    // Of oneself one hears twice, with one ref.
    const diff = await own.take(
      'its own diff',
      (f) =>
        f[3] === 'presence_diff' &&
        f[4].joins[eve.user.id]?.metas.some((m: { phx_ref: string }) => m.phx_ref === metas[0].phx_ref),
    );
    expect(Object.keys(diff[4]).sort()).toEqual(['joins', 'leaves']);
  });
});

describe('the WebSocket', () => {
  test('answers a ping with its payload', async () => {
    const pong = once(socket.ws, 'pong');
    socket.ws.ping('are you there');
    expect(String((await pong)[0])).toBe('are you there');
  });

  test('is closed with 1002 when nothing came for 60 s: any frame counts, a ping too, what is sent to it does not', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    const quiet = await openRaw(app.url, { token: ada.token });
    const [talking, pinging] = [
      await openRaw(app.url, { token: ada.token }),
      await openRaw(app.url, { token: ada.token }),
    ];
    onTestFinished(async () => void (await Promise.all([talking.close(), pinging.close()])));
    await join('1', quiet);
    vi.advanceTimersByTime(59_000);
    await join('1', talking);
    talking.send(['1', '2', TOPIC, 'send_message', { body: 'are you asleep' }]);
    await quiet.take('the message', (f) => f[3] === 'new_message' && f[4].body === 'are you asleep');
    pinging.ws.ping();
    await once(pinging.ws, 'pong');
    expect(quiet.ws.readyState).toBe(WebSocket.OPEN);
    vi.advanceTimersByTime(1500);
    expect(await quiet.closeCode()).toBe(1002);
    await roundTrip(talking);
    await roundTrip(pinging);
  });

  test('grants no compression, though it was offered', async () => {
    const ws = new WebSocket(`${app.url.replace('http', 'ws')}/socket/websocket?token=${ada.token}`, {
      perMessageDeflate: true,
    });
    await once(ws, 'open');
    expect(ws.extensions).toBe('');
    ws.close();
    await once(ws, 'close');
  });

  test('puts fragments together, up to 64 KiB', async () => {
    socket.ws.send('[null,"1","pho', { fin: false });
    socket.ws.send('enix","heartbeat",{}]', { fin: true });
    expect(await socket.reply('1')).toEqual([null, '1', 'phoenix', 'phx_reply', ok]);
    const bad = await openRaw(app.url, { token: ada.token });
    for (let i = 0; i < 3; i++) bad.ws.send('x'.repeat(30_000), { fin: i === 2 });
    expect(await bad.closeCode()).toBe(1009);
  });

  test.each([
    ['is not masked', [0x81, 0x02, 0x5b, 0x5d]],
    ['has a reserved bit', [0xc1, 0x80, 0, 0, 0, 0]],
    ['has an opcode that does not exist', [0x83, 0x80, 0, 0, 0, 0]],
  ])('closes with 1002 for a frame that %s', async (_, bytes) => {
    const tcp = dial(Number(new URL(app.url).port), '127.0.0.1');
    const chunks: Buffer[] = [];
    tcp.on('data', (chunk) => chunks.push(chunk));
    tcp.write(
      `GET /socket/websocket?vsn=2.0.0&token=${ada.token} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`,
    );
    await once(tcp, 'data');
    tcp.end(Buffer.from(bytes));
    await once(tcp, 'close');
    const end = Buffer.concat(chunks).subarray(-4);
    // Close, two bytes, 1002.
    expect([...end]).toEqual([0x88, 0x02, 0x03, 0xea]);
    await roundTrip();
  });

  test('is opened with whatever other parameters a client has, nested or not', async () => {
    const ws = new WebSocket(
      `${app.url.replace('http', 'ws')}/socket/websocket?user%5Bname%5D=Ada&list%5B%5D=1&token=${ada.token}&flag&vsn=2.0.0`,
    );
    await once(ws, 'open');
    ws.close();
    await once(ws, 'close');
  });
});
