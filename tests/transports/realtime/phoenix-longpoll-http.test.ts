// Long-polling as HTTP: statuses in the body, headers, tokens, batches. By hand, since phoenix.js hides all of it.
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { type SignedIn, startApp, type TestApp } from '../../support/app.ts';
import { until } from '../../support/until.ts';

let app: TestApp;
let ada: SignedIn;
beforeAll(async () => {
  app = await startApp();
  ada = await app.signIn('Ada');
});
afterAll(() => app.stop());

interface Body {
  status: number;
  token?: string;
  messages?: string[];
}
const send = (query: string, init: RequestInit = {}, vsn = '2.0.0') =>
  fetch(`${app.url}/socket/longpoll?${query}&vsn=${vsn}`, {
    ...init,
    headers: { connection: 'close', ...init.headers },
  });
const call = async (query: string, init: RequestInit = {}, vsn?: string): Promise<Body> =>
  (await (await send(query, init, vsn)).json()) as Body;
const open = async (vsn?: string): Promise<string> =>
  (await call(`token=${ada.token}`, {}, vsn)).token as string;
const post = (
  token: string,
  body: string | Buffer<ArrayBuffer>,
  type?: string,
  vsn?: string,
): Promise<Body> =>
  call(
    `token=${token}`,
    {
      method: 'POST',
      body: new Uint8Array(Buffer.from(body)),
      headers: type === undefined ? {} : { 'content-type': type },
    },
    vsn,
  );
const NDJSON = 'application/x-ndjson';
const beat = (ref: string) => JSON.stringify([null, ref, 'phoenix', 'heartbeat', {}]);
/** The refs of replies, in the order of arrival, up to and with the last one asked for. */
async function refsUpTo(token: string, last: string): Promise<string[]> {
  const refs: string[] = [];
  await until(`the reply to ${last}`, async () => {
    const { messages } = await call(`token=${token}`);
    for (const text of messages ?? []) refs.push((JSON.parse(text) as [unknown, string])[1]);
    return refs.includes(last);
  });
  return refs;
}

describe('answers', () => {
  test('are 200 on the wire, not stored by caches, and readable by the page that asked', async () => {
    const headers = { origin: app.url };
    for (const response of [
      await send(`token=${ada.token}`, { headers }),
      await send('token=nonsense', { headers }),
      await send('token=nobody', { method: 'POST', body: beat('1'), headers }),
    ]) {
      expect(response.status).toBe(200);
      expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8');
      expect(response.headers.get('cache-control')).toBe('no-store');
      expect(['*', app.url]).toContain(response.headers.get('access-control-allow-origin'));
      await response.text();
    }
  });

  test('to OPTIONS are what a browser asks before it polls', async () => {
    const asked = 'content-type,x-phoenix-authtoken';
    const response = await send('', {
      method: 'OPTIONS',
      headers: { origin: app.url, 'access-control-request-headers': asked },
    });
    expect([response.status, await response.text()]).toEqual([200, '']);
    expect(response.headers.get('access-control-allow-headers')).toBe(asked);
    expect(response.headers.get('access-control-allow-methods')).toBe('get, post, options');
    expect(response.headers.get('access-control-max-age')).toBe('3600');
  });

  test.each(['PUT', 'DELETE', 'PATCH'])('to %s are 400', async (method) => {
    expect((await send('', { method })).status).toBe(400);
  });

  test('to a poll with nothing to tell come after 10 s, with the token', async () => {
    const token = await open();
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    let answer: Body | undefined;
    void call(`token=${token}`).then((body) => {
      answer = body;
    });
    const roundTrip = async () =>
      (await fetch(`${app.url}/healthz`, { headers: { connection: 'close' } })).text();
    for (let i = 0; i < 3; i++) await roundTrip();
    vi.advanceTimersByTime(9900);
    await roundTrip();
    expect(answer).toBeUndefined();
    // More than once, in case the poll was slow to come.
    for (let i = 0; i < 60 && answer === undefined; i++) {
      vi.advanceTimersByTime(200);
      await roundTrip();
    }
    expect(answer).toEqual({ status: 204, token, messages: [] });
  });

  test('to a poll that a newer one replaces repeat the token, which clients keep from every answer', async () => {
    const token = await open();
    const older = call(`token=${token}`);
    const newer = call(`token=${token}`);
    expect(await Promise.race([older, newer])).toEqual({ status: 204, token, messages: [] });
    expect(await post(token, beat('1'), NDJSON)).toEqual({ status: 200 });
    const answers = await Promise.all([older, newer]);
    expect(answers.map((a) => a.status).sort()).toEqual([200, 204]);
    expect(answers.every((a) => a.token === token)).toBe(true);
  });
});

describe('tokens', () => {
  test('of a user may come in the header of phoenix.js 1.8', async () => {
    const { status, token } = await call('', { headers: { 'x-phoenix-authtoken': ada.token } });
    expect({ status, token: typeof token }).toEqual({ status: 410, token: 'string' });
    expect(await call('', { headers: { 'x-phoenix-authtoken': 'nonsense' } })).toEqual({ status: 403 });
  });

  test('of a session may come in a header, which goes before the query', async () => {
    const token = await open();
    const headers = { 'x-phoenix-longpoll-token': token };
    expect(await call('token=another', { method: 'POST', body: beat('1'), headers })).toEqual({
      status: 200,
    });
    expect(await call(`token=${ada.token}`, { headers })).toMatchObject({ status: 200, token });
  });

  test('of a session stand last when the one of the user has the same name', async () => {
    const token = await open();
    expect(await call(`token=${ada.token}&token=${token}`, { method: 'POST', body: beat('1') })).toEqual({
      status: 200,
    });
    expect((await call(`token=${ada.token}&token=${token}`)).messages).toHaveLength(1);
  });
});

describe('a post', () => {
  test('of another content type, or with a parameter after it, is one frame', async () => {
    const token = await open();
    // A line break inside it would cut a batch there.
    for (const [ref, type] of [
      ['1', 'application/json'],
      ['2', `${NDJSON}; charset=utf-8`],
      ['3', undefined],
    ] as const)
      expect(await post(token, beat(ref).replace(',', ',\n'), type)).toEqual({ status: 200 });
    expect(await refsUpTo(token, '3')).toEqual(['1', '2', '3']);
  });

  test('takes lines that do not begin with [ as base64 of a binary frame', async () => {
    const token = await open();
    const binary = Buffer.concat([Buffer.from([0, 0, 1, 7, 9]), Buffer.from('2phoenixheartbeat')]);
    expect(await post(token, `${beat('1')}\r\n${binary.toString('base64')}\n${beat('3')}`, NDJSON)).toEqual({
      status: 200,
    });
    expect(await refsUpTo(token, '3')).toEqual(['1', '2', '3']);
  });

  test('handles its first hundred lines and no more', async () => {
    const token = await open();
    const lines = Array.from({ length: 105 }, (_, i) => beat(`${i + 1}`));
    expect(await post(token, lines.join('\n'), NDJSON)).toEqual({ status: 200 });
    expect(await post(token, beat('behind'), NDJSON)).toEqual({ status: 200 });
    const refs = await refsUpTo(token, 'behind');
    expect(refs).toHaveLength(101);
    expect(refs.slice(98)).toEqual(['99', '100', 'behind']);
  });

  test.each([
    ['a line that is neither', 'nonsense'],
    ['an empty line', ''],
    ['a frame that is cut', '[1,2'],
  ])('with %s ends its session', async (_, line) => {
    const token = await open();
    expect(await post(token, line, NDJSON)).toEqual({ status: 408 });
    expect(await post(token, beat('1'), NDJSON)).toEqual({ status: 410 });
    // The dead token alone signs nobody in.
    expect(await call(`token=${token}`)).toEqual({ status: 403 });
  });

  test('of a frame over 64 KiB ends its session, of more than 1 MiB is refused and leaves it', async () => {
    const token = await open();
    expect((await send(`token=${token}`, { method: 'POST', body: 'x'.repeat(1_100_000) })).status).toBe(400);
    expect(await post(token, beat('1'), NDJSON)).toEqual({ status: 200 });
    const large = JSON.stringify([null, '2', 'phoenix', 'heartbeat', { pad: 'x'.repeat(66_000) }]);
    expect(await post(token, large)).toEqual({ status: 408 });
  });

  test('that the channel refuses is 200 all the same: the refusal comes with a poll', async () => {
    const token = await open();
    const push = JSON.stringify(['1', '1', 'room:lobby', 'get_me', {}]);
    expect(await post(token, push)).toEqual({ status: 200 });
    const { messages } = await call(`token=${token}`);
    expect(JSON.parse((messages as string[])[0] as string)).toEqual([
      null,
      '1',
      'room:lobby',
      'phx_reply',
      { status: 'error', response: { reason: 'unmatched topic' } },
    ]);
  });
});

test('no version means 1.0.0, whose messages are strings too', async () => {
  const begun = (await (
    await fetch(`${app.url}/socket/longpoll?token=${ada.token}`, { headers: { connection: 'close' } })
  ).json()) as Body;
  const frame = JSON.stringify({ topic: 'phoenix', event: 'heartbeat', payload: {}, ref: '1' });
  expect(await post(begun.token as string, frame)).toEqual({ status: 200 });
  const { messages } = await call(`token=${begun.token}`);
  expect(JSON.parse((messages as string[])[0] as string)).toMatchObject({ event: 'phx_reply', ref: '1' });
});
