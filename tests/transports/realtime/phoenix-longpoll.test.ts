// Long-polling with the official phoenix.js, and by hand where the library hides what must hold.
import { LongPoll, Socket } from 'phoenix';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type SignedIn, startApp, type TestApp } from '../../support/app.ts';
import { until } from '../../support/until.ts';

let app: TestApp;
let ada: SignedIn;
let bob: SignedIn;
beforeAll(async () => {
  app = await startApp();
  ada = await app.signIn('Ada');
  bob = await app.signIn('Bob');
});
afterAll(() => app.stop());

interface Answer {
  status: number;
  token?: string;
  messages?: string[];
}
const address = (query: string) => `${app.url}/socket/longpoll?vsn=2.0.0&${query}`;
const call = async (
  query: string,
  init: RequestInit = {},
): Promise<{ http: number; headers: Headers; body: Answer }> => {
  const response = await fetch(address(query), {
    ...init,
    headers: { connection: 'close', ...init.headers },
  });
  return { http: response.status, headers: response.headers, body: (await response.json()) as Answer };
};
const open = async (who: SignedIn): Promise<string> => {
  const { http, body } = await call(`token=${who.token}`);
  expect({ http, status: body.status }).toEqual({ http: 200, status: 410 });
  return body.token as string;
};
const ndjson = (lines: string[]) => ({
  method: 'POST',
  body: lines.join('\n'),
  headers: { 'content-type': 'application/x-ndjson' },
});
const frame = (...parts: unknown[]) => JSON.stringify(parts);

test('the official client joins, sends and hears over long-polling', async () => {
  const socket = new Socket(`${app.url}/socket`, {
    transport: LongPoll as never,
    params: { token: ada.token },
  });
  const heard: string[] = [];
  socket.connect();
  const channel = socket.channel('room:lobby', {});
  channel.on('new_message', (message: { body: string }) => void heard.push(message.body));
  await new Promise((resolve, reject) => channel.join().receive('ok', resolve).receive('error', reject));
  const sent = await new Promise<{ seq: number }>((resolve, reject) =>
    channel.push('send_message', { body: 'by long-poll' }).receive('ok', resolve).receive('error', reject),
  );
  expect(sent.seq).toBeGreaterThan(0);
  await until('the message comes back', () => heard.includes('by long-poll'));
  await new Promise<void>((resolve) => socket.disconnect(() => resolve()));
});

describe('by hand', () => {
  test('a refused sign-in, version or origin is 403 in the body and 200 on the wire', async () => {
    for (const query of ['token=nonsense', '']) expect((await call(query)).body).toEqual({ status: 403 });
    const response = await fetch(`${app.url}/socket/longpoll?vsn=3.0.0&token=${ada.token}`, {
      headers: { connection: 'close' },
    });
    expect([response.status, await response.json()]).toEqual([200, { status: 403 }]);
    const foreign = await call(`token=${ada.token}`, { headers: { origin: 'https://evil.example' } });
    expect(foreign.body).toEqual({ status: 403 });
  });

  test('a post without a session is 410, a poll with a dead one opens a new one', async () => {
    expect((await call('token=dead', ndjson([frame(null, '1', 'phoenix', 'heartbeat', {})]))).body).toEqual({
      status: 410,
    });
    const { body } = await call(`token=${ada.token}&token=dead`);
    expect(body.status).toBe(410);
    expect(body.token).not.toBe('dead');
  });

  test('messages are strings, batches are handled in order, and what waits is answered at once', async () => {
    const token = await open(ada);
    const lines = [
      frame('1', '1', 'room:lobby', 'phx_join', {}),
      frame('1', '2', 'room:lobby', 'send_message', { body: 'batched' }),
      frame(null, '3', 'phoenix', 'heartbeat', {}),
    ];
    expect((await call(`token=${token}`, ndjson(lines))).body).toEqual({ status: 200 });
    const messages: unknown[][] = [];
    await until('all is answered', async () => {
      const { body } = await call(`token=${token}`);
      expect(body.token).toBe(token);
      for (const text of body.messages ?? []) messages.push(JSON.parse(text));
      return messages.some((m) => m[1] === '2');
    });
    const replies = messages.filter((m) => m[3] === 'phx_reply').map((m) => m[1]);
    expect(new Set(replies)).toEqual(new Set(['1', '2', '3']));
    expect(replies.indexOf('1')).toBeLessThan(replies.indexOf('2'));
  });

  test('a poll that is cut loses nothing', async () => {
    const token = await open(bob);
    await call(`token=${token}`, ndjson([frame('1', '1', 'user:'.concat(bob.user.id), 'phx_join', {})]));
    const first = (await call(`token=${token}`)).body;
    expect(first.status).toBe(200);
    const cut = new AbortController();
    const polling = fetch(address(`token=${token}`), { signal: cut.signal }).catch(() => 'cut');
    const response = await call(`token=${token}`, { method: 'OPTIONS' }).catch(() => undefined);
    expect(response).toBeUndefined();
    cut.abort();
    expect(await polling).toBe('cut');
    await call(`token=${token}`, ndjson([frame(null, '9', 'phoenix', 'heartbeat', {})]));
    const { body } = await call(`token=${token}`);
    expect(body.messages?.map((m) => JSON.parse(m)[1])).toEqual(['9']);
  });

  test('a malformed frame ends its session alone', async () => {
    const [broken, other] = [await open(ada), await open(bob)];
    expect((await call(`token=${broken}`, ndjson(['[1,2']))).body.status).toBe(408);
    expect(
      (await call(`token=${broken}`, ndjson([frame(null, '1', 'phoenix', 'heartbeat', {})]))).body.status,
    ).toBe(410);
    expect(
      (await call(`token=${other}`, ndjson([frame(null, '1', 'phoenix', 'heartbeat', {})]))).body.status,
    ).toBe(200);
  });

  test('version 1 posts one object as the whole body', async () => {
    const at = (query: string, init: RequestInit = {}) =>
      fetch(`${app.url}/socket/longpoll?vsn=1.0.0&${query}`, {
        ...init,
        headers: { connection: 'close', ...init.headers },
      }).then((r) => r.json() as Promise<Answer>);
    const { token } = await at(`token=${ada.token}`);
    expect(
      await at(`token=${token}`, {
        method: 'POST',
        body: JSON.stringify({ topic: 'phoenix', event: 'heartbeat', payload: {}, ref: '7' }),
      }),
    ).toEqual({ status: 200 });
    const { messages } = await at(`token=${token}`);
    expect(JSON.parse((messages as string[])[0] as string)).toEqual({
      topic: 'phoenix',
      event: 'phx_reply',
      payload: { status: 'ok', response: {} },
      ref: '7',
    });
  });
});
