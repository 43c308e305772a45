// Webhooks out: each entry of the log reaches the address, signed as Standard Webhooks say, as long as who asked for it may; tries,
// replays and secrets. Webhooks in: an address posts into its room and nowhere else.
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { MOST_TRIES, waitAfter } from '../../src/server/webhooks/signing.ts';
import { type SignedIn, startApp, type TestApp } from '../support/app.ts';
import { type Answer, type Caller, connect, refusalOf } from '../support/clients.ts';
import { until } from '../support/until.ts';

let app: TestApp;
let ada: SignedIn;
let adas: Caller;
let bob: SignedIn;
let bobs: Caller;
let eves: Caller;
let sink = '';
const posts: { headers: IncomingHttpHeaders; body: string; path: string }[] = [];
let status = 200;
const server = createServer((request, response) => {
  const pieces: Buffer[] = [];
  request.on('data', (piece: Buffer) => pieces.push(piece));
  request.on('end', () => {
    posts.push({ headers: request.headers, body: Buffer.concat(pieces).toString(), path: request.url ?? '' });
    response.writeHead(status).end('ok');
  });
});

beforeAll(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  sink = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  app = await startApp({ config: { OUTGOING_ALLOW_HOSTS: '127.0.0.1' } });
  await app.signIn('Root Person');
  ada = await app.signIn('Ada');
  bob = await app.signIn('Bob');
  adas = await connect('socketio over websocket', app, ada);
  bobs = await connect('rest', app, bob);
  eves = await connect('rest', app, await app.signIn('Eve'));
});
beforeEach(() => {
  status = 200;
});
afterAll(async () => {
  await adas.close();
  await app.stop();
  server.closeAllConnections();
  server.close();
});

const newRoom = async (): Promise<string> =>
  (await adas.call('create_room', { name: 'A room', visibility: 'private', memberIds: [bob.user.id] })).id;
const at = (path: string) => posts.filter((post) => post.path === path);
let paths = 0;
const newPath = () => `/${++paths}`;
const hook = (roomId: string, path: string, more: object = {}) =>
  adas.call('create_webhook', { roomId, url: `${sink}${path}`, ...more });
const verified = (secret: string, { headers, body }: (typeof posts)[number]): Answer =>
  new Webhook(secret).verify(body, headers as Record<string, string>);
const NOWHERE = '01900000-0000-7000-8000-0000000000ff';

describe('out', () => {
  test('each entry is sent once, signed, in a form that the published library verifies', async () => {
    const roomId = await newRoom();
    const path = newPath();
    const { secret } = await hook(roomId, path);
    const message = await adas.call('send_message', { roomId, body: 'hello' });
    await adas.call('edit_message', { messageId: message.id, body: 'hello you' });
    await until('two posts', () => at(path).length === 2);
    const said = at(path)
      .map((post) => ({ id: post.headers['webhook-id'] as string, ...verified(secret, post) }))
      .sort((a, b) => (a.id < b.id ? -1 : 1));
    expect(said.map(({ type, data }) => [type, data.seq])).toEqual([
      ['new_message', message.seq],
      ['message_updated', message.seq + 1],
    ]);
    expect(said[0].data.id).toBe(message.id);
    expect(() => verified(`${secret.slice(0, -8)}AAAAAAA=`, at(path)[0] as (typeof posts)[number])).toThrow();
  });

  test('only the events asked for, and only of that room', async () => {
    const [roomId, other] = [await newRoom(), await newRoom()];
    const path = newPath();
    const { id } = await hook(roomId, path, { events: ['message_deleted'] });
    await adas.call('send_message', { roomId: other, body: 'elsewhere' });
    const message = await adas.call('send_message', { roomId, body: 'secret words' });
    await adas.call('delete_message', { messageId: message.id });
    await until('the deletion', () => at(path).length === 1);
    await app.app.settle();
    const { data } = await adas.call('list_webhook_deliveries', { webhookId: id });
    expect(data).toHaveLength(1);
    expect(data[0]).toMatchObject({
      type: 'message_deleted',
      status: 'delivered',
      attempts: 1,
      lastStatus: 200,
    });
    expect(at(path)[0]?.body).not.toContain('secret words');
  });

  test('a failure is tried again later, and can be replayed under the same id', async () => {
    const roomId = await newRoom();
    const path = newPath();
    const { id } = await hook(roomId, path);
    status = 500;
    await adas.call('send_message', { roomId, body: 'x' });
    const deliveries = async () => (await adas.call('list_webhook_deliveries', { webhookId: id })).data;
    await until('the first try', async () => (await deliveries())[0]?.attempts >= 1);
    const [waiting] = await deliveries();
    expect(waiting).toMatchObject({ status: 'pending', lastStatus: 500 });
    expect(waiting.nextAt > waiting.createdAt).toBe(true);
    status = 200;
    await adas.call('replay_webhook_delivery', { webhookId: id, deliveryId: waiting.id });
    await until('the replay', async () => (await deliveries())[0]?.status === 'delivered');
    expect(new Set(at(path).map((post) => post.headers['webhook-id']))).toEqual(new Set([waiting.messageId]));
  });

  test('410 turns it off; turned on again it goes on where it stopped', async () => {
    const roomId = await newRoom();
    const path = newPath();
    const { id } = await hook(roomId, path);
    status = 410;
    await adas.call('send_message', { roomId, body: 'one' });
    const state = async () => (await adas.call('list_webhooks', { roomId })).data[0];
    await until('it is off', async () => (await state()).enabled === false);
    expect(await state()).toMatchObject({ disabledReason: 'gone' });
    status = 200;
    const { seq } = await adas.call('send_message', { roomId, body: 'two' });
    await adas.call('update_webhook', { webhookId: id, enabled: true });
    await until('the second', () => at(path).some((post) => JSON.parse(post.body).data.seq === seq));
  });

  test('after a rotation both secrets verify', async () => {
    const roomId = await newRoom();
    const path = newPath();
    const { id, secret: old } = await hook(roomId, path);
    const { secret } = await adas.call('rotate_webhook_secret', { webhookId: id });
    expect(secret).not.toBe(old);
    await adas.call('send_message', { roomId, body: 'x' });
    await until('the post', () => at(path).length === 1);
    const [post] = at(path) as [(typeof posts)[number]];
    for (const key of [old, secret]) expect(verified(key, post).type).toBe('new_message');
  });

  test('nothing is sent for someone who may not manage the room any more', async () => {
    const roomId = await newRoom();
    const path = newPath();
    await adas.call('update_member', { roomId, userId: bob.user.id, role: 'admin' });
    const { id } = await bobs.call('create_webhook', { roomId, url: `${sink}${path}` });
    await adas.call('remove_member', { roomId, userId: bob.user.id });
    await adas.call('send_message', { roomId, body: 'after' });
    const state = async () =>
      (await adas.call('list_webhooks', { roomId })).data.find((one: Answer) => one.id === id);
    await until('it is off', async () => (await state()).enabled === false);
    expect(await state()).toMatchObject({ disabledReason: 'not_allowed' });
    expect(at(path)).toEqual([]);
  });

  test('addresses inside are not reached', async () => {
    const roomId = await newRoom();
    const { id } = await adas.call('create_webhook', { roomId, url: 'http://169.254.169.254/x' });
    await adas.call('send_message', { roomId, body: 'x' });
    const deliveries = async () => (await adas.call('list_webhook_deliveries', { webhookId: id })).data;
    await until('the refusal', async () => (await deliveries())[0]?.attempts === 1);
    expect((await deliveries())[0]).toMatchObject({ lastError: 'address_not_allowed' });
  });

  test('who may not manage a webhook finds none', async () => {
    const roomId = await newRoom();
    const { id } = await hook(roomId, newPath(), { events: ['none'] });
    for (const [by, create] of [
      [bobs, 'forbidden'],
      [eves, 'not_found'],
    ] as const) {
      expect(await refusalOf(by.call('create_webhook', { roomId, url: sink }))).toMatchObject({
        code: create,
      });
      expect(await refusalOf(by.call('list_webhooks', { roomId }))).toMatchObject({ code: create });
      for (const name of [
        'update_webhook',
        'rotate_webhook_secret',
        'delete_webhook',
        'list_webhook_deliveries',
      ])
        for (const webhookId of [id, NOWHERE])
          expect(await refusalOf(by.call(name, { webhookId })), name).toMatchObject({
            code: 'not_found',
            reason: 'webhook_not_found',
          });
    }
    const { operations, identity } = app.app.parts;
    const scope = { ...(await identity.authenticate(ada.token, 'rest')), tenantId: NOWHERE };
    const operation = operations.byName('webhooks.delete');
    if (operation === undefined) throw new Error('no such operation');
    await expect(
      operations.call(operation, scope, { webhookId: id }, { surface: 'rest', address: '' }),
    ).rejects.toMatchObject({ reason: 'webhook_not_found' });
    await adas.call('delete_webhook', { webhookId: id });
    expect((await adas.call('list_webhooks', { roomId })).data).toEqual([]);
  });

  test('ten tries in about three days', () => {
    const total = (chance: number) =>
      Array.from({ length: MOST_TRIES }, (_, i) => waitAfter(i + 1, chance) ?? 0).reduce((a, b) => a + b, 0) /
      86_400;
    expect(MOST_TRIES).toBe(10);
    expect(waitAfter(MOST_TRIES, 0.5)).toBeUndefined();
    expect(total(0)).toBeGreaterThan(2);
    expect(total(0.5)).toBeCloseTo(3.2, 0);
    expect(total(0.999)).toBeLessThan(4);
  });
});

describe('in', () => {
  const post = async (url: string, body: unknown, type = 'application/json') => {
    const response = await fetch(`${app.url}${url}`, {
      method: 'POST',
      headers: { 'content-type': type, connection: 'close' },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
    return { status: response.status, body: (await response.json()) as Answer };
  };

  test('posts as a bot, in both forms, until it is revoked', async () => {
    const roomId = await newRoom();
    const made = await adas.call('create_incoming_webhook', { roomId, name: 'Build robot' });
    const slack = await post(made.url, { text: 'Build &amp; test: <https://ci.example/1|passed>' });
    expect(slack).toMatchObject({ status: 200, body: { ok: true } });
    const message = await bobs.call('get_message', { messageId: slack.body.id });
    expect(message).toMatchObject({
      roomId,
      kind: 'agent',
      body: 'Build & test: passed (https://ci.example/1)',
      author: { id: made.bot.id, name: 'Build robot', ownerId: ada.user.id },
    });
    const id = crypto.randomUUID();
    const own = { body: 'ours', id, metadata: { build: 7 } };
    expect((await post(made.url, own)).body.id).toBe(id);
    expect((await post(made.url, own)).body.id).toBe(id);
    const form = `payload=${encodeURIComponent(JSON.stringify({ text: 'by form' }))}`;
    expect((await post(made.url, form, 'application/x-www-form-urlencoded')).status).toBe(200);
    expect((await post(made.url, { nothing: 1 })).status).toBe(422);
    expect((await post(made.url, 'not json')).status).toBe(400);
    expect((await post(made.url, { text: ' ' })).status).toBe(422);
    expect((await adas.call('list_incoming_webhooks', { roomId })).data[0]).toMatchObject({ id: made.id });
    expect(JSON.stringify(await adas.call('list_incoming_webhooks', { roomId }))).not.toContain(
      made.url.split('/').at(-1),
    );
    await adas.call('revoke_incoming_webhook', { hookId: made.id });
    const late = await post(made.url, { text: 'late' });
    const missing = await post(`/api/hooks/${NOWHERE}/x`, { text: 'x' });
    expect(late).toMatchObject({
      status: 404,
      body: { reason: 'hook_not_found', detail: missing.body.detail },
    });
    // People and agents of the room go on.
    await app.app.settle();
    expect(
      (await bobs.call('send_message', { roomId, body: `@${made.bot.handle} still there?` })).seq,
    ).toBeGreaterThan(0);
  });

  test('a wrong secret is no address, and a flood is stopped', async () => {
    const roomId = await newRoom();
    const made = await adas.call('create_incoming_webhook', { roomId, name: 'Loud' });
    const wrong = `${made.url.slice(0, -1)}${made.url.endsWith('A') ? 'B' : 'A'}`;
    expect((await post(wrong, { text: 'x' })).status).toBe(404);
    const answers = new Set(
      (await Promise.all(Array.from({ length: 150 }, (_, i) => post(made.url, { text: `${i}` })))).map(
        (a) => a.status,
      ),
    );
    expect(answers).toEqual(new Set([200, 429]));
  });

  test('only who manages the room makes and ends one', async () => {
    const roomId = await newRoom();
    const made = await adas.call('create_incoming_webhook', { roomId, name: 'Mine' });
    expect(await refusalOf(bobs.call('create_incoming_webhook', { roomId, name: 'x' }))).toMatchObject({
      code: 'forbidden',
    });
    expect(await refusalOf(eves.call('create_incoming_webhook', { roomId, name: 'x' }))).toMatchObject({
      code: 'not_found',
    });
    expect(await refusalOf(eves.call('list_incoming_webhooks', { roomId }))).toMatchObject({
      code: 'not_found',
    });
    for (const by of [bobs, eves])
      for (const hookId of [made.id, NOWHERE])
        expect(await refusalOf(by.call('revoke_incoming_webhook', { hookId }))).toMatchObject({
          code: 'not_found',
          reason: 'hook_not_found',
        });
  });
});
