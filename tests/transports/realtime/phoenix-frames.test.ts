// Phoenix channels frame by frame: joins, leaves and their refs, as unmodified clients of any age expect them.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { type SignedIn, startApp, type TestApp } from '../../support/app.ts';
import { connect, listen } from '../../support/clients.ts';
import { openRaw, type RawSocket } from '../../support/raw-phoenix.ts';

const TOPIC = 'room:lobby';

let app: TestApp;
let ada: SignedIn;
let socket: RawSocket;
beforeAll(async () => {
  app = await startApp();
  ada = await app.signIn('Ada');
});
afterAll(() => app.stop());
beforeEach(async () => {
  socket = await openRaw(app.url, { token: ada.token });
});
afterEach(() => socket.close());

const join = async (ref = '1', topic = TOPIC) => {
  socket.send([ref, ref, topic, 'phx_join', {}]);
  return socket.reply(ref);
};
const unmatched = { status: 'error', response: expect.objectContaining({ reason: 'unmatched topic' }) };
const ok = { status: 'ok', response: {} };
/** Comes back behind everything that was answered before it. */
const roundTrip = async (ref: string) => {
  socket.send([null, ref, 'phoenix', 'heartbeat', {}]);
  await socket.reply(ref);
};
const ofTopic = (topic = TOPIC) => socket.frames.filter((f) => f[2] === topic);

describe('joining', () => {
  test('answers first, then pushes with its join_ref and no ref', async () => {
    expect(await join('7')).toEqual([
      '7',
      '7',
      TOPIC,
      'phx_reply',
      { status: 'ok', response: expect.objectContaining({ lastSeq: expect.any(Number) }) },
    ]);
    const state = await socket.take('presence_state', (f) => f[3] === 'presence_state');
    expect(state).toEqual([
      '7',
      null,
      TOPIC,
      'presence_state',
      expect.objectContaining({
        [ada.user.id]: { metas: [expect.objectContaining({ phx_ref: expect.any(String) })] },
      }),
    ]);
    expect(ofTopic()[0]?.[3]).toBe('phx_reply');
  });

  test.each(['nothing', 'nope:1', 'rooms:lobby', 'phoenix', ':', ''])(
    'topic "%s" is unmatched, with join_ref null',
    async (topic) => {
      socket.send(['1', '2', topic, 'phx_join', {}]);
      expect(await socket.reply('2')).toEqual([null, '2', topic, 'phx_reply', unmatched]);
    },
  );

  test('a refusal keeps the join_ref and leaves nothing behind', async () => {
    socket.send(['1', '2', 'room:no-such-room', 'phx_join', {}]);
    expect(await socket.reply('2')).toEqual([
      '1',
      '2',
      'room:no-such-room',
      'phx_reply',
      { status: 'error', response: expect.objectContaining({ reason: 'room_not_found', code: 'not_found' }) },
    ]);
    socket.send(['1', '3', 'room:no-such-room', 'get_me', {}]);
    expect(await socket.reply('3')).toEqual([null, '3', 'room:no-such-room', 'phx_reply', unmatched]);
  });

  test('again replaces the first: its phx_close carries its own join_ref and comes after the new reply', async () => {
    await join('1');
    await join('5');
    const closed = await socket.take('phx_close', (f) => f[3] === 'phx_close');
    expect(closed).toEqual(['1', '1', TOPIC, 'phx_close', {}]);
    const frames = ofTopic().map((f) => `${f[0]} ${f[3]}`);
    expect(frames.indexOf('5 phx_reply')).toBeLessThan(frames.indexOf('1 phx_close'));
    expect(frames.indexOf('1 phx_close')).toBeLessThan(frames.indexOf('5 presence_state'));
    socket.send(['5', '6', TOPIC, 'send_message', { body: 'once' }]);
    await socket.reply('6');
    await roundTrip('7');
    expect(socket.frames.filter((f) => f[3] === 'new_message' && f[4].body === 'once')).toHaveLength(1);
    expect(socket.frames.some((f) => f[3] === 'phx_error')).toBe(false);
  });

  test('again, when refused, has still ended the first', async () => {
    await join('1');
    socket.send(['2', '2', TOPIC, 'phx_join', { afterSeq: 'x' }]);
    expect((await socket.reply('2'))[4]).toMatchObject({
      status: 'error',
      response: { reason: 'invalid_input' },
    });
    expect(await socket.take('phx_close', (f) => f[3] === 'phx_close')).toEqual([
      '1',
      '1',
      TOPIC,
      'phx_close',
      {},
    ]);
    socket.send(['1', '3', TOPIC, 'get_me', {}]);
    expect((await socket.reply('3'))[4]).toEqual(unmatched);
  });

  test('with join_ref null uses the ref, and remembers null', async () => {
    socket.send([null, '9', TOPIC, 'phx_join', {}]);
    expect((await socket.reply('9')).slice(0, 2)).toEqual(['9', '9']);
    socket.send(['9', '10', TOPIC, 'get_me', {}]);
    socket.send([null, '11', TOPIC, 'get_me', {}]);
    expect((await socket.reply('11')).slice(0, 2)).toEqual(['9', '11']);
    expect(socket.frames.some((f) => f[1] === '10')).toBe(false);
    socket.send([null, '12', TOPIC, 'phx_leave', {}]);
    expect((await socket.reply('12')).slice(0, 2)).toEqual(['9', '12']);
    expect(await socket.take('phx_close', (f) => f[3] === 'phx_close')).toEqual([
      null,
      null,
      TOPIC,
      'phx_close',
      {},
    ]);
  });

  test('a push right behind it waits for it', async () => {
    socket.send(['1', '1', TOPIC, 'phx_join', {}]);
    socket.send(['1', '2', TOPIC, 'send_message', { body: 'piped' }]);
    socket.send(['1', '3', TOPIC, 'phx_leave', {}]);
    socket.send(['4', '4', TOPIC, 'phx_join', {}]);
    socket.send(['4', '5', TOPIC, 'get_me', {}]);
    expect((await socket.reply('2'))[4]).toMatchObject({ status: 'ok', response: { body: 'piped' } });
    expect((await socket.reply('3'))[4]).toEqual(ok);
    expect((await socket.reply('4'))[4].status).toBe('ok');
    expect(await socket.reply('5')).toMatchObject(['4', '5', TOPIC, 'phx_reply', { status: 'ok' }]);
  });

  test('a heartbeat is answered while a join is slow', async () => {
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
    socket.send(['1', '1', TOPIC, 'phx_join', {}]);
    await roundTrip('2');
    expect(ofTopic()).toEqual([]);
    release();
    await held;
    await socket.reply('1');
  });

  test('more than 100 topics on one connection are refused, also when asked for at once', async () => {
    const owner = await connect('rest', app, ada);
    const ids: string[] = [];
    for (let i = 0; i < 110; i++) ids.push((await owner.call('create_room', { name: `Room ${i}` })).id);
    for (const [i, id] of ids.entries()) socket.send([`j${i}`, `j${i}`, `room:${id}`, 'phx_join', {}]);
    const answers = [];
    for (const i of ids.keys()) answers.push(await socket.reply(`j${i}`));
    expect(answers.filter((a) => a[4].status === 'ok')).toHaveLength(100);
    const refused = answers.find((a) => a[4].status !== 'ok');
    expect(refused[0]).toMatch(/^j/);
    expect(refused[4].response.reason).toBe('too many channels joined');
  });
});

describe('leaving', () => {
  test('answers ok, then closes, and nothing of the topic comes later', async () => {
    await join('1');
    await socket.take('presence_state', (f) => f[3] === 'presence_state');
    socket.send(['1', '2', TOPIC, 'phx_leave', {}]);
    expect(await socket.reply('2')).toEqual(['1', '2', TOPIC, 'phx_reply', ok]);
    expect(await socket.take('phx_close', (f) => f[3] === 'phx_close')).toEqual([
      '1',
      '1',
      TOPIC,
      'phx_close',
      {},
    ]);
    const caller = await connect('rest', app, ada);
    await caller.call('send_message', { roomId: 'lobby', body: 'unheard' });
    await roundTrip('3');
    expect(ofTopic().at(-1)?.[3]).toBe('phx_close');
    expect(ofTopic().at(-2)?.[3]).toBe('phx_reply');
  });

  test('a topic that is not joined is ok, without phx_close', async () => {
    socket.send(['4', '5', TOPIC, 'phx_leave', {}]);
    expect(await socket.reply('5')).toEqual(['4', '5', TOPIC, 'phx_reply', ok]);
    await roundTrip('6');
    expect(socket.frames.some((f) => f[3] === 'phx_close')).toBe(false);
  });

  test('with a stale join_ref does nothing and answers nothing', async () => {
    await join('1');
    await join('2');
    socket.send(['1', '3', TOPIC, 'phx_leave', {}]);
    socket.send(['1', '4', TOPIC, 'send_message', { body: 'stale' }]);
    socket.send(['2', '5', TOPIC, 'get_me', {}]);
    expect((await socket.reply('5'))[4].status).toBe('ok');
    expect(socket.frames.some((f) => f[1] === '3' || f[1] === '4')).toBe(false);
  });
});

describe('refs', () => {
  test.each([[1], [0], [true], [{ a: 1 }], [['x']], [''], ['long'.repeat(100)]])(
    '%j is echoed as it came',
    async (ref) => {
      socket.send([ref, ref, TOPIC, 'phx_join', {}]);
      const reply = await socket.reply(ref);
      expect(reply.slice(0, 2)).toEqual([ref, ref]);
    },
  );

  test('are compared strictly: 1 is not "1"', async () => {
    socket.send([1, 1, TOPIC, 'phx_join', {}]);
    await socket.reply(1);
    socket.send(['1', 'late', TOPIC, 'get_me', {}]);
    socket.send([1, 'now', TOPIC, 'get_me', {}]);
    await socket.reply('now');
    expect(socket.frames.some((f) => f[1] === 'late')).toBe(false);
  });

  test('of a heartbeat come back with join_ref null, whatever was sent', async () => {
    socket.send(['8', 'beat', 'phoenix', 'heartbeat', { any: 'thing' }]);
    expect(await socket.reply('beat')).toEqual([null, 'beat', 'phoenix', 'phx_reply', ok]);
    socket.send([null, 'x', 'phoenix', 'heartbeats', {}]);
    expect(await socket.reply('x')).toEqual([null, 'x', 'phoenix', 'phx_reply', unmatched]);
  });

  test('of a broadcast are null', async () => {
    await join('1');
    socket.send(['1', '2', TOPIC, 'send_message', { body: 'for all' }]);
    const message = await socket.take(
      'the message',
      (f) => f[3] === 'new_message' && f[4].body === 'for all',
    );
    expect(message.slice(0, 4)).toEqual([null, null, TOPIC, 'new_message']);
    const diff = await socket.take('a diff', (f) => f[3] === 'presence_diff');
    expect(diff.slice(0, 2)).toEqual([null, null]);
  });

  test('the topic of a broadcast is the name that was joined', async () => {
    const caller = await connect('rest', app, ada);
    const { id } = await caller.call('get_room', { roomId: 'lobby' });
    await join('1');
    await join('2', `room:${id}`);
    await caller.call('send_message', { roomId: 'lobby', body: 'by both names' });
    const topics = [];
    for (let i = 0; i < 2; i++)
      topics.push(
        (await socket.take('a copy', (f) => f[3] === 'new_message' && f[4].body === 'by both names'))[2],
      );
    expect(topics.sort()).toEqual([`room:${id}`, TOPIC].sort());
  });
});

describe('frames of 1.0.0', () => {
  test('never carry a join_ref, and have exactly four keys', async () => {
    const old = await openRaw(app.url, { token: ada.token, vsn: '1.0.0' });
    onTestFinished(() => old.close());
    old.send({ topic: TOPIC, event: 'phx_join', payload: {}, ref: '1' });
    await old.take('the reply', (f) => f.event === 'phx_reply' && f.ref === '1');
    await old.take('presence_state', (f) => f.event === 'presence_state');
    old.send({ topic: TOPIC, event: 'send_message', payload: { body: 'v1' }, ref: '2', more: 'ignored' });
    await old.take('the message', (f) => f.event === 'new_message' && f.payload.body === 'v1');
    old.send({ topic: TOPIC, event: 'phx_leave', payload: {}, ref: '3' });
    await old.take('phx_close', (f) => f.event === 'phx_close');
    for (const frame of old.frames)
      expect(Object.keys(frame).sort()).toEqual(['event', 'payload', 'ref', 'topic']);
    expect(old.frames.find((f) => f.event === 'new_message').ref).toBeNull();
    expect(old.frames.find((f) => f.event === 'phx_close').ref).toBeNull();
  });

  test('may bring a join_ref, with its meaning', async () => {
    const old = await openRaw(app.url, { token: ada.token, vsn: '1.0.0' });
    onTestFinished(() => old.close());
    old.send({ topic: TOPIC, event: 'phx_join', payload: {}, ref: '1', join_ref: '1' });
    await old.take('the join', (f) => f.ref === '1');
    old.send({ topic: TOPIC, event: 'get_me', payload: {}, ref: '2', join_ref: '0' });
    old.send({ topic: TOPIC, event: 'get_me', payload: {}, ref: '3', join_ref: '1' });
    await old.take('the answer', (f) => f.ref === '3');
    expect(old.frames.some((f) => f.ref === '2')).toBe(false);
    old.send({ topic: TOPIC, event: 'phx_leave', payload: {}, ref: '4', join_ref: '1' });
    expect((await old.take('phx_close', (f) => f.event === 'phx_close')).ref).toBe('1');
  });
});

describe('what is not a frame closes its own connection with 1011', () => {
  const V2 = ['', 'x', '{', '[]', '[1,2,3,4]', '{"topic":"a"}', 'null', '"text"', '1'];
  const V1 = [
    '',
    '[]',
    'null',
    '{"topic":"a","event":"b","payload":{}}',
    '{"topic":"a","event":"b","ref":1}',
    '["1","1","room:lobby","phx_join",{}]',
  ];
  test.each([...V2.map((text) => ['2.0.0', text]), ...V1.map((text) => ['1.0.0', text])])(
    '%s: %s',
    async (vsn, text) => {
      const other = await listen('phoenix 2.0.0', app, ada);
      onTestFinished(() => other.close());
      const bad = await openRaw(app.url, { token: ada.token, vsn });
      bad.send(text);
      expect(await bad.closeCode()).toBe(1011);
      expect(await other.call('get_me')).toMatchObject({ id: ada.user.id });
      expect(other.closed()).toBeUndefined();
    },
  );

  test('more than five elements are not wrong, nor are wrong types', async () => {
    socket.send([null, 'six', 'phoenix', 'heartbeat', {}, 'extra']);
    await socket.reply('six');
    socket.send([1, 2, 3, 4, 5]);
    expect(await socket.reply(2)).toEqual([null, 2, 3, 'phx_reply', unmatched]);
    for (const topic of [null, {}, [], true]) {
      socket.send([null, 'odd', topic, 'phx_join', {}]);
      expect(await socket.reply('odd')).toEqual([null, 'odd', topic, 'phx_reply', unmatched]);
    }
  });

  test('a frame over 64 KiB closes with 1009', async () => {
    const bad = await openRaw(app.url, { token: ada.token });
    bad.send([null, '1', 'phoenix', 'heartbeat', { pad: 'x'.repeat(65_536) }]);
    expect(await bad.closeCode()).toBe(1009);
    await roundTrip('1');
  });

  test('a text that is not UTF-8 closes with 1007', async () => {
    const bad = await openRaw(app.url, { token: ada.token });
    bad.ws.send(Buffer.from([0x5b, 0xff, 0xfe]), { binary: false });
    expect(await bad.closeCode()).toBe(1007);
  });
});

describe('odd words', () => {
  test.each([
    '__proto__',
    'constructor',
    'toString',
    'room:__proto__',
    'room:constructor',
    `room:${'x'.repeat(2000)}`,
    'room:\u0000',
    'room:\ud800',
    'room:%',
    "room:' or 1=1 --",
    'user:__proto__',
  ])('topic %j is refused in words', async (topic) => {
    socket.send(['1', '1', topic, 'phx_join', {}]);
    const [, , echoed, , payload] = await socket.reply('1');
    expect(echoed).toBe(topic);
    expect(payload.status).toBe('error');
    expect(payload.response.reason).toMatch(
      /^(unmatched topic|room_not_found|user_not_found|nul_character|malformed_text)$/,
    );
  });

  test.each([
    ['__proto__'],
    ['constructor'],
    [''],
    ['phx_close'],
    ['x'.repeat(5000)],
    [{ toString: 1 }],
    [null],
    [7],
    [['send_message']],
  ])('event %j is answered, and harms nothing', async (event) => {
    await join('1');
    socket.send(['1', '2', TOPIC, event, {}]);
    expect((await socket.reply('2'))[4]).toMatchObject({
      status: 'error',
      response: { code: expect.stringMatching(/^(not_found|invalid|bad_request)$/) },
    });
    await roundTrip('3');
  });

  test('a payload with __proto__ is refused, at any depth', async () => {
    await join('1');
    socket.send('["1","2","room:lobby","send_message",{"body":"x","__proto__":{"a":1}}]');
    expect((await socket.reply('2'))[4].response).toMatchObject({ code: 'invalid', reason: 'forbidden_key' });
    socket.send('["1","3","room:lobby","send_message",{"body":"x","metadata":{"a":[{"__proto__":1}]}}]');
    expect((await socket.reply('3'))[4].response).toMatchObject({ code: 'invalid', reason: 'forbidden_key' });
    expect(({} as { a?: number }).a).toBeUndefined();
  });

  test('refs nested thousands deep end their own connection, payloads are refused', async () => {
    const deep = `${'['.repeat(15_000)}${']'.repeat(15_000)}`;
    for (const frame of [
      `[null,${deep},"phoenix","heartbeat",{}]`,
      `[null,${deep},"room:lobby","phx_join",{}]`,
      `[${deep},"1","room:lobby","phx_join",{}]`,
      `[null,"1",${deep},"phx_join",{}]`,
    ]) {
      const bad = await openRaw(app.url, { token: ada.token });
      bad.send(frame);
      expect(await bad.closeCode()).toBe(1011);
    }
    socket.send(`[null,"1","room:lobby",${deep},{}]`);
    expect((await socket.reply('1'))[4]).toEqual(unmatched);
    socket.send(`[null,"2","room:lobby","phx_join",${deep}]`);
    expect((await socket.reply('2'))[4].response).toMatchObject({ code: 'invalid', reason: 'too_deep' });
  });
});
