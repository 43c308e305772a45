// Whatever is put into whatever field of whatever operation, on every surface: the contract's refusal or a proper answer,
// and the server goes on as if nothing had been.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import type { BoundOperation } from '../../src/core/module.ts';
import { type SignedIn, startApp, type TestApp } from '../support/app.ts';
import { type Caller, connect, Refusal, request, restRequest } from '../support/clients.ts';
import { expectRefusal, HOSTILE_VALUES } from './hostile-values.ts';

let app: TestApp;
let ada: SignedIn;
let bob: SignedIn;
/** Of these operations the effect itself would end the test's own sign-in. */
const LEFT_OUT = /^session\.(delete|renew)$/;

beforeAll(async () => {
  // A member, not the administrator; limits are another test's matter.
  app = await startApp({ config: { RATE_LIMIT_FACTOR: '10000' } });
  await app.signIn('Root Person');
  [ada, bob] = [await app.signIn('Ada'), await app.signIn('Bob')];
});
afterAll(() => app.stop());

const operations = (): BoundOperation[] =>
  app.app.parts.operations.list.filter((o) => !LEFT_OUT.test(o.def.name));

/** Field names of an operation's input. */
const fieldsOf = (operation: BoundOperation): string[] =>
  Object.keys(
    (z.toJSONSchema(operation.def.input, { io: 'input', unrepresentable: 'any' }) as { properties?: object })
      .properties ?? {},
  );

interface HostileInput {
  operation: BoundOperation;
  input: Record<string, unknown>;
  what: string;
}

/** Every so many of the values, each field beginning with another, so that each value meets many fields and each field many values. */
const inTurn = (inputs: HostileInput[], every: number): HostileInput[] =>
  inputs.filter((_, i) => i % every === 0);

/** Inputs with one hostile field each; what else is required is real, so that the hostile one is reached. */
async function hostileInputs(): Promise<HostileInput[]> {
  const caller = await connect('rest', app, ada);
  const room = await caller.call('create_room', { name: 'Under attack', memberIds: [bob.user.id] });
  const message = await caller.call('send_message', { roomId: room.id, body: 'first' });
  const real: Record<string, unknown> = {
    roomId: room.id,
    messageId: message.id,
    userId: bob.user.id,
    userIds: [bob.user.id],
    body: 'words',
    name: 'Words',
    seq: 1,
    afterSeq: 0,
    on: true,
    role: 'member',
  };
  return operations().flatMap((operation) => {
    const fields = fieldsOf(operation);
    const base = Object.fromEntries(fields.filter((f) => f in real).map((f) => [f, real[f]]));
    return fields.flatMap((field) =>
      Object.entries(HOSTILE_VALUES).map(([name, value]) => ({
        operation,
        input: { ...base, [field]: value },
        what: `${operation.def.name} with ${field} = ${name}`,
      })),
    );
  });
}

async function expectAlive(): Promise<void> {
  // Whoever was signed out on the way would have been refused everything without a look at the input.
  expect((await request(app.url, 'GET', '/api/me', { token: ada.token })).status).toBe(200);
  const caller = await connect('rest', app, bob);
  const sent = await caller.call('send_message', { roomId: 'lobby', body: 'still here' });
  expect((await caller.call('get_message', { messageId: sent.id })).body).toBe('still here');
}

// By one surface all of it; the others read the same contracts and show here that they ask them.
describe.each([
  ['socketio over websocket', 1],
  ['phoenix 2.0.0', 7],
] as const)('by %s', (surface, every) => {
  test('every field of every operation refuses what it cannot be', async () => {
    const client: Caller = await connect(surface, app, ada);
    const all = (await hostileInputs()).filter((i) => i.operation.def.socket !== undefined);
    const inputs = inTurn(all, every);
    expect(inputs.length).toBeGreaterThan(300);
    for (let i = 0; i < inputs.length; i += 50) {
      await Promise.all(
        inputs.slice(i, i + 50).map(async ({ operation, input, what }) => {
          const outcome = await client.call(operation.def.socket as string, input).catch((e: unknown) => e);
          if (outcome instanceof Refusal) expectRefusal(outcome.problem, what);
          else if (outcome instanceof Error) throw new Error(what, { cause: outcome });
        }),
      );
    }
    await client.close();
    await expectAlive();
  }, 60_000);
});

test('by REST every field of every operation refuses what it cannot be', async () => {
  const inputs = inTurn(
    (await hostileInputs()).filter((i) => i.operation.def.rest !== undefined),
    7,
  );
  for (let i = 0; i < inputs.length; i += 20) {
    await Promise.all(
      inputs.slice(i, i + 20).map(async ({ operation, input, what }) => {
        const rest = operation.def.rest as NonNullable<BoundOperation['def']['rest']>;
        // A lone surrogate cannot be put into a URL at all.
        if (
          Object.values(input).some((v) => typeof v === 'string' && !v.isWellFormed()) &&
          rest.path.includes(':')
        )
          return;
        const { method, path, body } = restRequest(rest, input);
        if (path.length > 15_000) return;
        const answer = await request(app.url, method, path, { token: ada.token, body });
        if (answer.status >= 400) {
          expect(answer.headers.get('content-type'), what).toContain('application/problem+json');
          expectRefusal(answer.body, what);
        }
      }),
    );
  }
  await expectAlive();
}, 120_000);

describe('REST refuses requests that are no requests', () => {
  const post = (body: string, headers: Record<string, string> = {}) =>
    request(app.url, 'POST', '/api/rooms', { token: ada.token, body, headers });

  test.each([
    ['nothing', '', 422],
    ['half an object', '{"name":', 400],
    ['a word', 'hello', 400],
    ['a number', '7', 422],
    ['null', 'null', 422],
    ['a text', '"name"', 422],
    ['a list', '[]', 422],
    ['two objects', '{}{}', 400],
    ['a byte order mark', '\ufeff{"name":"x"', 400],
    ['an unknown field', '{"name":"Fine","admin":true}', 422],
    ['an own __proto__', '{"name":"Fine","__proto__":{"admin":true}}', 422],
    ['more than 64 KiB', JSON.stringify({ name: 'x'.repeat(70_000) }), 413],
  ])('whose body is %s', async (what, body, status) => {
    const answer = await post(body);
    expect(answer.status).toBe(status);
    expectRefusal(answer.body, what);
  });

  test.each([
    ['text/plain', 422],
    ['application/x-www-form-urlencoded', 422],
    ['application/json; charset=klingon', 400],
    ['nonsense', 422],
  ])('whose content type is %s', async (type, status) => {
    const answer = await post('{"name":"Fine"}', { 'content-type': type });
    expect(answer.status).toBe(status);
    expectRefusal(answer.body, type);
  });

  test('whose body is compressed', async () => {
    const answer = await post('{"name":"Fine"}', { 'content-encoding': 'gzip' });
    expect(answer).toMatchObject({ status: 400, body: { reason: 'unsupported_encoding' } });
  });

  test.each([
    ['PUT', '/api/rooms'],
    ['DELETE', '/api/users'],
    ['PATCH', '/api/users'],
    ['GET', '/api/nothing'],
    ['POST', '/api'],
    ['GET', '/socket/longpolling'],
  ])('%s %s is not found', async (method, path) => {
    const answer = await request(app.url, method, path, { token: ada.token });
    expect(answer.status).toBe(404);
    expectRefusal(answer.body, path);
  });

  test.each([
    '/api/rooms/%',
    '/api/rooms/%E0%A4%A',
    '/api/rooms/%00',
    '/api/rooms/%C0%AE',
    '/api/rooms/%2e%2e',
    '/api/rooms/%ff%fe/messages',
    `/api/rooms/${'x'.repeat(8000)}`,
    '/api/rooms/a/messages?limit=1&limit=2',
    '/api/rooms/lobby/messages?limit=__proto__',
    '/api/rooms?__proto__=1',
    '/api/users?query=%00',
    '/api/users?query=%ED%A0%80',
    '/api/rooms/lobby/messages?cursor=NaN',
    '/api/rooms/lobby/events?afterSeq=',
    '//api//rooms',
    '/assets/../../package.json',
    '/assets/%2e%2e/%2e%2e/package.json',
    '/%',
  ])('GET %s is answered in words', async (path) => {
    const answer = await request(app.url, 'GET', path, { token: ada.token });
    expect(answer.status).toBeLessThan(500);
    if (answer.status >= 400) expectRefusal(answer.body, path);
    else expect(answer.status).toBe(200);
  });

  test('whose token is no token', async () => {
    for (const authorization of [
      '',
      'Bearer',
      'Bearer  ',
      'Basic YTpi',
      `Bearer ${'x'.repeat(5000)}`,
      'bearer a b',
    ]) {
      const answer = await request(app.url, 'GET', '/api/me', { headers: { authorization } });
      expect(answer.status, authorization).toBe(401);
      expectRefusal(answer.body, authorization);
    }
  });

  test('and patterns in a search are literal', async () => {
    const caller = await connect('rest', app, ada);
    const find = async (query: string) => (await caller.call('list_users', { query })).data.length;
    expect(await find('bob')).toBe(1);
    for (const query of ['b%b', 'b_b', '%bob', 'bob%', '_ob', 'bob\\', "bob'"])
      expect(await find(query), query).toBe(0);
  });

  test('from a page of another origin', async () => {
    const answer = await request(app.url, 'GET', '/api/me', {
      token: ada.token,
      headers: { origin: 'https://evil.example' },
    });
    expect(answer).toMatchObject({ status: 403, body: { reason: 'origin_not_allowed' } });
    expect(answer.headers.get('access-control-allow-origin')).toBeNull();
  });
});
