// The SDK's part for servers, against the real server: lists read to their end, readings tried again, changes never; webhooks
// accepted when the published library signed them, and only then; a storage that is there after the process.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createAdmin, fileStorage, verifyWebhook } from '../../client-sdk/src/node.ts';
import { startApp, type TestApp } from '../support/app.ts';

describe('the admin client', () => {
  let app: TestApp;
  let key: string;
  beforeAll(async () => {
    app = await startApp();
    key = (await app.signIn('Owner')).token;
  });
  afterAll(() => app.stop());

  test('calls operations by their names, and reads lists to their end', async () => {
    for (const name of ['Ada', 'Bob', 'Eve']) await app.signIn(name);
    const admin = createAdmin({ url: app.url, key });
    const room = await admin.call('create_room', { name: 'Plans' });
    const sent = await admin.call('send_message', { roomId: room.id, body: 'first' });
    expect(await admin.call('get_message', { messageId: sent.id })).toMatchObject({
      body: 'first',
      seq: sent.seq,
    });
    const names: string[] = [];
    for await (const user of admin.each('list_users', { kind: 'human', limit: 2 })) names.push(user.name);
    expect(names.sort()).toEqual(['Ada', 'Bob', 'Eve', 'Owner']);
  });

  test('refuses in the words of the server', async () => {
    const admin = createAdmin({ url: app.url, key: 'pk_nothing' });
    await expect(admin.call('get_me', {})).rejects.toMatchObject({ code: 'unauthorized' });
  });

  test('tries readings again while the server asks to wait, and what changes something never', async () => {
    const tried: string[] = [];
    const busy: typeof fetch = async (address, init) => {
      tried.push(`${init?.method} ${new URL(String(address)).pathname}`);
      if (tried.filter((one) => one === tried.at(-1)).length > 2) return fetch(address, init);
      const problem = {
        code: 'unavailable',
        reason: 'overloaded',
        detail: 'Wait',
        retryable: true,
        retryAfterMs: 1,
        status: 503,
      };
      return new Response(JSON.stringify(problem), { status: 503 });
    };
    const admin = createAdmin({ url: app.url, key, fetch: busy });
    expect(await admin.call('get_me', {})).toMatchObject({ name: 'Owner' });
    await expect(admin.call('create_room', { name: 'Once' })).rejects.toMatchObject({ reason: 'overloaded' });
    expect(tried).toEqual(['GET /api/me', 'GET /api/me', 'GET /api/me', 'POST /api/rooms']);
  });
});

describe('a webhook', () => {
  const secret = `whsec_${Buffer.from('a secret of twenty-four b').toString('base64')}`;
  const body = '{"type":"new_message","data":{"seq":7}}';
  const now = Date.parse('2026-03-01T12:00:00Z');
  const delivery = (at = now, words = body, by = secret) => ({
    'webhook-id': 'msg_1',
    'webhook-timestamp': String(at / 1000),
    'webhook-signature': new Webhook(by).sign('msg_1', new Date(at), words),
  });

  test('is what it says when the library signed it', () => {
    expect(verifyWebhook({ body, headers: delivery(), secret, now })).toEqual({
      id: 'msg_1',
      payload: JSON.parse(body),
    });
    const other = `whsec_${Buffer.from('another secret of some len').toString('base64')}`;
    const headers = new Headers(delivery(now, body, other));
    headers.append('webhook-signature', 'v2,whatever');
    expect(verifyWebhook({ body: Buffer.from(body), headers, secret: [secret, other], now }).id).toBe(
      'msg_1',
    );
  });

  test.each([
    ['another body', { body: body.replace('7', '8') }, 'bad_signature'],
    ['another secret', { secret: 'whsec_AAAA' }, 'bad_signature'],
    ['one of the past', { headers: delivery(now - 301_000) }, 'too_old'],
    ['one of the future', { headers: delivery(now + 301_000) }, 'too_old'],
    [
      'another time than was signed',
      { headers: { ...delivery(), 'webhook-timestamp': String(now / 1000 - 1) } },
      'bad_signature',
    ],
    ['no signature', { headers: {} }, 'missing_signature'],
    ['an empty signature', { headers: { ...delivery(), 'webhook-signature': 'v1,' } }, 'bad_signature'],
  ])('is refused: %s', (_, change, reason) => {
    expect(() => verifyWebhook({ body, headers: delivery(), secret, now, ...change })).toThrowError(
      expect.objectContaining({ code: 'unauthorized', reason }),
    );
  });
});

describe('a storage in a file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'parley-storage-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test('is there again, and refuses a file of something else', () => {
    const path = join(folder, 'deep', 'client.json');
    const first = fileStorage(path);
    first.setItem('a', '1');
    first.setItem('b', '2');
    first.removeItem('a');
    const again = fileStorage(path);
    expect([again.length, again.key(0), again.getItem('b'), again.getItem('a')]).toEqual([1, 'b', '2', null]);
    writeFileSync(path, '{"not": "ours"}');
    expect(() => fileStorage(path)).toThrow(/something else/);
  });
});
