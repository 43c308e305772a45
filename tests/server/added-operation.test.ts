// An operation that a module declares is served on every surface and described, without a transport being touched.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { defineEvent, defineOperation } from '../../src/core/contract.ts';
import { AppError } from '../../src/core/errors.ts';
import { handle, type Module } from '../../src/core/module.ts';
import { type SignedIn, startApp, type TestApp } from '../support/app.ts';
import { connect, refusalOf, request, SURFACES } from '../support/clients.ts';

const echo = defineOperation({
  name: 'echoes.make',
  summary: 'Say <b>it</b> again',
  tag: 'Echoes',
  rest: { method: 'post', path: '/api/echoes/:echoId', status: 201 },
  socket: 'make_echo',
  input: z.strictObject({
    echoId: z.string().max(10),
    text: z.string().max(20),
    times: z.number().int().default(1),
  }),
  output: z.object({ text: z.string(), by: z.string() }),
  permission: 'signed_in',
  effect: 'reversible',
  rate: { bucket: 'echoes', points: 8, seconds: 3600 },
});
const listEchoes = defineOperation({
  name: 'echoes.list',
  summary: 'Every echo',
  tag: 'Echoes',
  rest: { method: 'get', path: '/api/echoes' },
  socket: 'list_echoes',
  input: z.object({ loud: z.boolean().default(false), limit: z.coerce.number().int().max(5).default(2) }),
  output: z.object({ loud: z.boolean(), limit: z.number() }),
  permission: 'admin',
  effect: 'read',
});
const faded = defineEvent({
  type: 'echo_faded',
  summary: 'An echo is gone',
  kind: 'signal',
  audience: 'room',
  payload: z.object({ echoId: z.string() }),
});
const module: Module = {
  name: 'echoes',
  operations: [
    handle(echo, (scope, { echoId, text, times }) => {
      if (text === 'crash') throw new TypeError('secret detail');
      if (text === 'silence') throw new AppError('conflict', 'too_quiet', 'Say something.');
      return { text: `${echoId}: ${text.repeat(times)}`, by: scope.user.handle };
    }),
    handle(listEchoes, (_scope, input) => input),
  ],
  events: [faded],
};

let app: TestApp;
let root: SignedIn;
let ada: SignedIn;
beforeAll(async () => {
  app = await startApp({ overrides: { modules: [module] } });
  root = await app.signIn('Root Person');
});
afterAll(() => app.stop());

describe.each(SURFACES)('by %s', (surface) => {
  beforeAll(async () => {
    ada = await app.signIn(`Ada ${SURFACES.indexOf(surface)}`);
  });

  test('it is called, checked, limited and refused as any other', async () => {
    const client = await connect(surface, app, ada);
    const call = (input: object) => client.call('make_echo', { echoId: 'e1', ...input });
    expect(await call({ text: 'ho', times: 2 })).toEqual({ text: 'e1: hoho', by: ada.user.handle });
    expect(await call({ text: 'ho' })).toEqual({ text: 'e1: ho', by: ada.user.handle });
    expect(await refusalOf(call({}))).toMatchObject({ code: 'invalid', errors: [{ path: 'text' }] });
    expect(await refusalOf(call({ text: 'ho', more: 1 }))).toMatchObject({ code: 'invalid' });
    expect(await refusalOf(call({ text: 'silence' }))).toMatchObject({ status: 409, reason: 'too_quiet' });
    const crash = await refusalOf(call({ text: 'crash' }));
    expect(crash).toMatchObject({ status: 500, code: 'internal' });
    expect(JSON.stringify(crash)).not.toContain('secret detail');
    expect(await refusalOf(client.call('list_echoes'))).toMatchObject({
      code: 'forbidden',
      reason: 'admin_only',
    });
    for (let i = 0; i < 2; i++) await call({ text: 'ho' });
    expect(await refusalOf(call({ text: 'ho' }))).toMatchObject({
      code: 'rate_limited',
      retryable: true,
      retryAfterMs: expect.any(Number),
    });
    await client.close();
  });
});

test('a query is read by the shape of the input', async () => {
  const get = (query: string) => request(app.url, 'GET', `/api/echoes${query}`, { token: root.token });
  expect((await get('')).body).toEqual({ loud: false, limit: 2 });
  expect((await get('?loud=true&limit=5')).body).toEqual({ loud: true, limit: 5 });
  expect((await get('?loud=maybe')).status).toBe(422);
  expect((await get('?limit=6')).status).toBe(422);
});

test('a refusal for too many calls says when to come back, in a header too', async () => {
  const limited = await request(app.url, 'POST', '/api/echoes/e1', { token: ada.token, body: { text: 'x' } });
  expect(limited.status).toBe(429);
  expect(Number(limited.headers.get('retry-after'))).toBeGreaterThan(0);
});

test('it is in the reference, as text', async () => {
  const { body, headers } = await request(app.url, 'GET', '/api/docs');
  expect(body).toContain('echoes.make');
  expect(body).toContain('make_echo');
  expect(body).toContain('echo_faded');
  expect(body).not.toContain('<b>it</b>');
  expect(headers.get('content-security-policy')).toContain("default-src 'self'");
});

test('two operations of one name, route or socket name stop the start', async () => {
  const twin = (change: object): Module => ({
    name: 'twin',
    operations: [handle({ ...echo, ...change } as typeof echo, () => ({ text: '', by: '' }))],
  });
  for (const change of [{}, { name: 'other.name' }, { name: 'other.name', socket: 'other_name' }])
    await expect(startApp({ overrides: { modules: [module, twin(change)] } })).rejects.toThrow(
      /Two operations/,
    );
});
