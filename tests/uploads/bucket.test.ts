// Files kept in a bucket, by a server that checks signatures and hashes as S3 does: the same promises as on disk, and words when
// it does not answer.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import S3rver from '@20minutes/s3rver';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type SignedIn, startApp, type TestApp } from '../support/app.ts';
import { type Caller, connect } from '../support/clients.ts';
import { download, png, sendBytes, upload } from './files.ts';

const folder = mkdtempSync(join(tmpdir(), 'parley-test-s3-'));
let store: InstanceType<typeof S3rver>;
let app: TestApp;
let ada: SignedIn;
let adas: Caller;

beforeAll(async () => {
  store = new S3rver({
    port: 0,
    address: '127.0.0.1',
    silent: true,
    directory: folder,
    configureBuckets: [{ name: 'files', configs: [] }],
  });
  const { port } = await store.run();
  app = await startApp({
    config: {
      S3_ENDPOINT: `http://127.0.0.1:${port}`,
      S3_BUCKET: 'files',
      S3_ACCESS_KEY_ID: 'S3RVER',
      S3_SECRET_ACCESS_KEY: 'S3RVER',
    },
  });
  ada = await app.signIn('Ada');
  adas = await connect('rest', app, ada);
});
afterAll(async () => {
  await app.stop();
  await store.close();
  rmSync(folder, { recursive: true, force: true });
});

test('a file goes into the bucket and comes back, whole and in part, and leaves it again', async () => {
  const picture = png(64, 64, 400_000);
  const id = await upload(app, ada, adas, 'p.png', picture);
  const { url } = await adas.call('link_upload', { uploadId: id });
  expect((await download(app, url)).bytes.equals(picture)).toBe(true);
  const part = await download(app, url, { range: 'bytes=100-299' });
  expect(part.status).toBe(206);
  expect(part.bytes.equals(picture.subarray(100, 300))).toBe(true);
  await adas.call('delete_upload', { uploadId: id });
  expect((await download(app, url)).status).toBe(404);
  // Of the content as well, not only of the row.
  const again = await upload(app, ada, adas, 'p.png', picture);
  expect(again).not.toBe(id);
  const other = await adas.call('link_upload', { uploadId: again });
  expect((await download(app, other.url)).bytes.equals(picture)).toBe(true);
});

test('while the store is away what arrived is kept, and the last piece is refused in words', async () => {
  const away = await startApp({
    config: {
      S3_ENDPOINT: 'http://127.0.0.1:9',
      S3_BUCKET: 'files',
      S3_ACCESS_KEY_ID: 'S3RVER',
      S3_SECRET_ACCESS_KEY: 'S3RVER',
    },
  });
  try {
    const bob = await away.signIn('Bob');
    const bobs = await connect('rest', away, bob);
    const { id } = await bobs.call('create_upload', { name: 'x.txt', bytes: 3 });
    expect(await sendBytes(away, bob, id, Buffer.from('abc'))).toMatchObject({
      status: 503,
      body: { reason: 'file_unavailable', retryable: true },
    });
    expect(await bobs.call('get_upload', { uploadId: id })).toMatchObject({ status: 'open', received: 3 });
    // The last piece, of nothing, tries again.
    expect(await sendBytes(away, bob, id, Buffer.alloc(0), 3)).toMatchObject({ status: 503 });
  } finally {
    await away.stop();
  }
});
