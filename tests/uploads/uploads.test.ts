// Files with messages: announced, sent in pieces, known by their content, kept once, read by who may read the message, and gone
// with it.
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/core/clock.ts';
import type { Message } from '../../src/server/messages/contract.ts';
import { createLinks } from '../../src/server/uploads/links.ts';
import { type SignedIn, startApp, type TestApp } from '../support/app.ts';
import { type Caller, connect, listen, refusalOf, SURFACES } from '../support/clients.ts';
import { until } from '../support/until.ts';
import { download, png, sendBytes, upload } from './files.ts';

const LIMIT = 200_000;
const FOREIGN_TENANT = '01900000-0000-7000-8000-00000000f0f0';
const NOWHERE = '01900000-0000-7000-8000-0000000000ff';

let app: TestApp;
let ada: SignedIn;
let bob: SignedIn;
let adas: Caller;
let bobs: Caller;

beforeAll(async () => {
  app = await startApp({ config: { UPLOAD_MAX_BYTES: String(LIMIT), UPLOAD_USER_BYTES: '3000000' } });
  ada = await app.signIn('Ada');
  bob = await app.signIn('Bob');
  adas = await connect('rest', app, ada);
  bobs = await connect('rest', app, bob);
});
afterAll(async () => {
  await Promise.all([adas.close(), bobs.close()]);
  await app.stop();
});

const newRoom = async (memberIds = [bob.user.id]): Promise<string> =>
  (await adas.call('create_room', { name: 'A room', visibility: 'private', memberIds })).id;
const contents = async (): Promise<number> =>
  (await app.app.parts.database.db.selectFrom('blobs').select('id').execute()).length;

describe.each(SURFACES)('uploads by %s', (surface) => {
  let client: Caller;
  beforeAll(async () => {
    client = await connect(surface, app, ada);
  });
  afterAll(() => client.close());

  test('a file goes with a message, and who reads the message reads the file', async () => {
    const roomId = await newRoom();
    const picture = png(40, 30, 9000);
    const id = await upload(app, ada, client, 'a “picture”.png', picture);
    expect(await client.call('get_upload', { uploadId: id })).toMatchObject({
      status: 'ready',
      received: picture.length,
      contentType: 'image/png',
      width: 40,
      height: 30,
    });
    const message: Message = await client.call('send_message', { roomId, body: '', attachments: [id] });
    expect(message.attachments).toEqual([
      { id, name: 'a “picture”.png', contentType: 'image/png', bytes: picture.length, width: 40, height: 30 },
    ]);
    const seen: Message = await bobs.call('get_message', { messageId: message.id });
    expect(seen.attachments).toEqual(message.attachments);
    const { url } = await bobs.call('link_upload', { uploadId: id });
    const file = await download(app, url);
    expect(file.status).toBe(200);
    expect(file.bytes.equals(picture)).toBe(true);
    expect(file.headers.get('content-type')).toBe('image/png');
    expect(file.headers.get('content-disposition')).toContain(
      "filename*=UTF-8''a%20%E2%80%9Cpicture%E2%80%9D.png",
    );
  });
});

describe('on the way', () => {
  test('a broken upload goes on where it stopped, and an image tells its size before it ends', async () => {
    const picture = png(640, 480, 150_000);
    const { id } = await adas.call('create_upload', { name: 'p.png', bytes: picture.length });
    const half = await sendBytes(app, ada, id, picture.subarray(0, 70_000));
    expect(half.body).toMatchObject({
      status: 'open',
      received: 70_000,
      width: 640,
      height: 480,
      contentType: 'image/png',
    });
    const wrong = await sendBytes(app, ada, id, picture.subarray(60_000), 60_000);
    expect(wrong).toMatchObject({ status: 409, body: { reason: 'wrong_offset' } });
    expect(wrong.body.detail).toContain('70000');
    const refused = refusalOf(
      adas.call('send_message', { roomId: await newRoom(), body: 'x', attachments: [id] }),
    );
    expect(await refused).toMatchObject({ code: 'conflict', reason: 'upload_not_ready' });
    const rest = await sendBytes(app, ada, id, picture.subarray(70_000), 70_000);
    expect(rest.body).toMatchObject({ status: 'ready', received: picture.length });
    const { url } = await adas.call('link_upload', { uploadId: id });
    expect((await download(app, url)).bytes.equals(picture)).toBe(true);
    expect(await sendBytes(app, ada, id, picture, 0)).toMatchObject({ status: 409 });
  });

  test('a file goes with a reply to a reply as well', async () => {
    const roomId = await newRoom();
    const root: Message = await adas.call('send_message', { roomId, body: 'First' });
    const reply: Message = await adas.call('send_message', { roomId, body: 'So', threadId: root.id });
    const id = await upload(app, ada, adas, 'plan.txt', Buffer.from('plan'));
    const further = { roomId, body: 'See', threadId: reply.id, attachments: [id] };
    const message: Message = await adas.call('send_message', further);
    expect(message).toMatchObject({ threadId: root.id, attachments: [{ id, name: 'plan.txt' }] });
  });

  test('what came before a connection broke stays', async () => {
    const bytes = Buffer.alloc(100_000, 'x');
    const { id } = await adas.call('create_upload', { name: 'x.txt', bytes: bytes.length });
    const cut = new AbortController();
    const sending = fetch(`${app.url}/api/uploads/${id}/content`, {
      method: 'PUT',
      headers: { authorization: `Bearer ${ada.token}`, connection: 'close' },
      body: Readable.toWeb(
        Readable.from(
          (async function* () {
            yield bytes.subarray(0, 40_000);
            await until('the first piece arrived', async () => (await received(id)) === 40_000);
            cut.abort();
          })(),
        ),
      ) as ReadableStream<Uint8Array>,
      duplex: 'half',
      signal: cut.signal,
    } as RequestInit);
    await expect(sending).rejects.toThrow();
    await until('the upload is free again', async () => {
      const answer = await sendBytes(app, ada, id, bytes.subarray(40_000), 40_000);
      return answer.status === 200 && answer.body.status === 'ready';
    });
  });
  const received = async (uploadId: string): Promise<number> =>
    (await adas.call('get_upload', { uploadId })).received;

  test('limits are told before and while bytes come', async () => {
    expect(await refusalOf(adas.call('create_upload', { name: 'big', bytes: LIMIT + 1 }))).toMatchObject({
      code: 'too_large',
      reason: 'file_too_large',
    });
    const { id } = await adas.call('create_upload', { name: 'small', bytes: 10 });
    expect(await sendBytes(app, ada, id, Buffer.alloc(5000))).toMatchObject({
      status: 413,
      body: { reason: 'more_than_announced' },
    });
    expect(await received(id)).toBe(0);
    expect(await refusalOf(adas.call('create_upload', { name: '../../etc/passwd', bytes: 1 }))).toMatchObject(
      {
        code: 'invalid',
      },
    );
    const huge = png(60_000, 60_000);
    const image = await adas.call('create_upload', { name: 'huge.png', bytes: huge.length });
    expect(await sendBytes(app, ada, image.id, huge)).toMatchObject({
      status: 413,
      body: { reason: 'too_many_pixels' },
    });
    const eve = await app.signIn('Eve of limits');
    const eves = await connect('rest', app, eve);
    for (let i = 0; i < 20; i++) await eves.call('create_upload', { name: `n${i}`, bytes: 1 });
    expect(await refusalOf(eves.call('create_upload', { name: 'more', bytes: 1 }))).toMatchObject({
      code: 'conflict',
      reason: 'too_many_uploads',
    });
    const zoe = await app.signIn('Zoe of space');
    const zoes = await connect('rest', app, zoe);
    for (let i = 0; i < 15; i++) await zoes.call('create_upload', { name: `n${i}`, bytes: LIMIT });
    expect(await refusalOf(zoes.call('create_upload', { name: 'more', bytes: 1 }))).toMatchObject({
      reason: 'no_space_left',
    });
  });
});

describe('what is served', () => {
  test.each([
    ['page.html', '<!doctype html><script>alert(1)</script>', 'application/octet-stream'],
    [
      'drawing.svg',
      '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
      'application/octet-stream',
    ],
    ['really-a-page.png', '<html><body onload=alert(1)>', 'application/octet-stream'],
  ])('%s is never shown as a page', async (name, text, type) => {
    const id = await upload(app, ada, adas, name, Buffer.from(text));
    const { url } = await adas.call('link_upload', { uploadId: id });
    const { headers, status } = await download(app, url);
    expect(status).toBe(200);
    expect(headers.get('content-type')).toBe(type);
    expect(headers.get('content-disposition')).toMatch(/^attachment;/);
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('content-security-policy')).toMatch(/default-src 'none'; sandbox/);
  });

  test('parts of a file, as players ask for them', async () => {
    const bytes = Buffer.from('0123456789');
    const id = await upload(app, ada, adas, 'digits.txt', bytes);
    const { url } = await adas.call('link_upload', { uploadId: id });
    for (const [range, status, text, place] of [
      ['bytes=2-4', 206, '234', 'bytes 2-4/10'],
      ['bytes=7-', 206, '789', 'bytes 7-9/10'],
      ['bytes=-3', 206, '789', 'bytes 7-9/10'],
      ['bytes=5-500', 206, '56789', 'bytes 5-9/10'],
      ['bytes=10-', 416, '', 'bytes */10'],
      ['bytes=0-1,3-4', 200, '0123456789', null],
      ['bytes=4-2', 200, '0123456789', null],
    ] as const) {
      const part = await download(app, url, { range });
      expect([part.status, part.bytes.toString(), part.headers.get('content-range')], range).toEqual([
        status,
        text,
        place,
      ]);
    }
  });

  test('the same content is kept once, also when it comes twice at once', async () => {
    const before = await contents();
    const bytes = Buffer.from('the same words for everyone');
    const ids = await Promise.all([
      upload(app, ada, adas, 'one.txt', bytes),
      upload(app, ada, adas, 'two.txt', bytes),
      upload(app, bob, bobs, 'three.txt', bytes),
    ]);
    expect(await contents()).toBe(before + 1);
    await adas.call('delete_upload', { uploadId: ids[0] });
    const { url } = await adas.call('link_upload', { uploadId: ids[1] });
    expect((await download(app, url)).bytes.equals(bytes)).toBe(true);
    await adas.call('delete_upload', { uploadId: ids[1] });
    await bobs.call('delete_upload', { uploadId: ids[2] });
    expect(await contents()).toBe(before);
  });
});

describe('rights', () => {
  test('strangers and other tenants find nothing, as if there were nothing', async () => {
    const eve = await app.signIn('Eve');
    const eves = await connect('rest', app, eve);
    const roomId = await newRoom();
    const id = await upload(app, ada, adas, 'secret.txt', Buffer.from('secret'));
    await adas.call('send_message', { roomId, body: 'see', attachments: [id] });
    for (const name of ['get_upload', 'link_upload', 'delete_upload']) {
      const stranger = await refusalOf(eves.call(name, { uploadId: id }));
      const missing = await refusalOf(eves.call(name, { uploadId: NOWHERE }));
      expect(stranger).toMatchObject({
        code: 'not_found',
        reason: 'upload_not_found',
        detail: missing.detail,
      });
    }
    expect(await sendBytes(app, eve, id, Buffer.from('x'))).toMatchObject({ status: 404 });
    const room = (await eves.call('create_room', { name: 'Mine' })).id;
    const stolen = await refusalOf(eves.call('send_message', { roomId: room, body: 'x', attachments: [id] }));
    expect(stolen).toMatchObject({ code: 'not_found', reason: 'upload_not_found' });
    // Bob reads it, and still cannot send it as his, nor delete it.
    await bobs.call('link_upload', { uploadId: id });
    expect(
      await refusalOf(bobs.call('send_message', { roomId, body: 'x', attachments: [id] })),
    ).toMatchObject({ code: 'not_found' });
    expect(await refusalOf(bobs.call('delete_upload', { uploadId: id }))).toMatchObject({
      code: 'not_found',
    });
    expect(await refusalOf(adas.call('delete_upload', { uploadId: id }))).toMatchObject({
      reason: 'upload_in_use',
    });
    const { operations, identity } = app.app.parts;
    const scope = { ...(await identity.authenticate(ada.token, 'rest')), tenantId: FOREIGN_TENANT };
    for (const name of ['uploads.get', 'uploads.link', 'uploads.delete']) {
      const operation = operations.byName(name);
      if (operation === undefined) throw new Error(name);
      await expect(
        operations.call(operation, scope, { uploadId: id }, { surface: 'rest', address: '' }),
      ).rejects.toMatchObject({ code: 'not_found', reason: 'upload_not_found' });
    }
  });

  test('an address is for its reader alone, and ends with the membership or the message', async () => {
    const roomId = await newRoom();
    const id = await upload(app, ada, adas, 'plan.txt', Buffer.from('plan'));
    const message = await adas.call('send_message', { roomId, body: 'see', attachments: [id] });
    const { url } = await bobs.call('link_upload', { uploadId: id });
    expect((await download(app, url)).status).toBe(200);
    for (const forged of [
      url.replace(bob.user.id, ada.user.id),
      url.replace(/until=\d+/, 'until=99999999999999'),
      url.replace(id, NOWHERE),
      url.replace(/signature=[^&]+/, 'signature=AAAA'),
      url.split('?')[0] as string,
    ])
      expect((await download(app, forged)).status, forged).toBe(404);
    await adas.call('remove_member', { roomId, userId: bob.user.id });
    expect((await download(app, url)).status).toBe(404);
    await adas.call('add_member', { roomId, userId: bob.user.id });
    expect((await download(app, url)).status).toBe(200);
    await adas.call('delete_message', { messageId: message.id });
    expect((await download(app, url)).status).toBe(404);
  });

  test('an address ends', async () => {
    let now = Date.UTC(2026, 0, 1);
    const links = createLinks('a secret that signs', { ...systemClock, now: () => now });
    const ticket = { tenantId: FOREIGN_TENANT, uploadId: NOWHERE, userId: NOWHERE };
    const query = Object.fromEntries(new URLSearchParams(links.make(ticket).url.split('?')[1]));
    now += 3_599_000;
    expect(links.read(NOWHERE, query)).toEqual(ticket);
    now += 2_000;
    expect(links.read(NOWHERE, query)).toBeUndefined();
  });
});

describe('messages with files', () => {
  test('a retry is one message; the same id with other files is a conflict; the log shows what a fetch shows', async () => {
    const roomId = await newRoom();
    const ear = await listen('phoenix 2.0.0', app, bob);
    await ear.join(roomId);
    const [one, two] = [
      await upload(app, ada, adas, '1.txt', Buffer.from('one')),
      await upload(app, ada, adas, '2.txt', Buffer.from('two')),
    ];
    const id = crypto.randomUUID();
    const input = { roomId, body: 'both', id, attachments: [one, two] };
    const first = await adas.call('send_message', input);
    expect(await adas.call('send_message', input)).toEqual(first);
    expect(await refusalOf(adas.call('send_message', { ...input, attachments: [two] }))).toMatchObject({
      reason: 'message_id_reused',
    });
    const heard = () => ear.heard.find((h) => h.payload.id === id);
    await ear.until('the message', () => heard() !== undefined);
    expect(heard()?.payload).toEqual(first);
    const { events } = await bobs.call('list_events', { roomId, afterSeq: 0 });
    expect(events.at(-1).payload).toEqual(first);
    expect(await refusalOf(adas.call('send_message', { roomId, body: '   ' }))).toMatchObject({
      code: 'invalid',
    });
    const many = Array.from({ length: 11 }, () => crypto.randomUUID());
    expect(
      await refusalOf(adas.call('send_message', { roomId, body: 'x', attachments: many })),
    ).toMatchObject({
      code: 'invalid',
    });
    expect((await adas.call('search_messages', { q: `has:file in:${roomId}` })).data).toHaveLength(1);
    expect((await adas.call('search_messages', { q: `has:image in:${roomId}` })).data).toHaveLength(0);
    await ear.close();
  });

  test('tidying removes files of deleted messages and what was never sent, and nothing else', async () => {
    const { uploads, database } = app.app.parts;
    await uploads.tidy();
    const roomId = await newRoom();
    const [kept, gone, fresh, old] = [
      await upload(app, ada, adas, 'kept.txt', Buffer.from('kept')),
      await upload(app, ada, adas, 'gone.txt', Buffer.from('gone')),
      await upload(app, ada, adas, 'fresh.txt', Buffer.from('fresh')),
      await upload(app, ada, adas, 'old.txt', Buffer.from('old')),
    ];
    const begun = (await adas.call('create_upload', { name: 'begun', bytes: 10 })).id;
    await sendBytes(app, ada, begun, Buffer.alloc(5));
    await adas.call('send_message', { roomId, body: 'a', attachments: [kept] });
    const message = await adas.call('send_message', { roomId, body: 'b', attachments: [gone] });
    const deleted = await adas.call('delete_message', { messageId: message.id });
    expect(deleted.attachments).toEqual([]);
    await database.db
      .updateTable('uploads')
      .set({ createdAt: new Date(Date.now() - 2 * 86_400_000) })
      .where('id', 'in', [old, begun, kept])
      .execute();
    expect(await uploads.tidy()).toEqual({ uploads: 3, contents: 2 });
    for (const [id, there] of [
      [kept, true],
      [fresh, true],
      [gone, false],
      [old, false],
      [begun, false],
    ] as const) {
      const answer = await adas.call('get_upload', { uploadId: id }).then(
        () => true,
        () => false,
      );
      expect(answer).toBe(there);
    }
    const { url } = await bobs.call('link_upload', { uploadId: kept });
    expect((await download(app, url)).bytes.toString()).toBe('kept');
  });
});
