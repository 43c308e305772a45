// Uploaded files in a backup: restored elsewhere they are served byte for byte; one that is missing or altered is told by name, in the
// data as in the backup, and damaged content is never put back.
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startOn, temporaryFolder } from '../disasters/folder.ts';
import { signIn, type TestApp } from '../support/app.ts';
import { rest } from '../support/chat-clients.ts';
import { freePort } from '../support/service.ts';
import { download, sendBytes } from '../uploads/files.ts';
import { parley, parleyOk } from './cli.ts';

interface Message {
  id: string;
  attachments: { id: string; name: string; bytes: number }[];
}

/** Bytes that no compression and no other file has. */
const content = (seed: number): Buffer => {
  const bytes = Buffer.alloc(50_000);
  let state = seed;
  for (const i of bytes.keys()) {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    bytes[i] = state >> 16;
  }
  return bytes;
};

const change = (bytes: Buffer, at: number): Buffer => {
  bytes[at] = (bytes[at] as number) ^ 1;
  return bytes;
};

test('files come back as they were, and what is missing or altered is told', async () => {
  const folder = temporaryFolder();
  const [here, there] = [{ DATA_DIR: join(folder, 'here') }, { DATA_DIR: join(folder, 'there') }];
  const archive = join(folder, 'with-files.tar');
  const [first, second] = [content(1), content(2)];

  const server = await startOn(here.DATA_DIR, await freePort());
  const ada = await signIn(server.url, 'Ada');
  const post = <T>(path: string, body: object) => rest<T>(server.url, ada.token, 'POST', path, body);
  const { id: roomId } = await post<{ id: string }>('/api/rooms', { name: 'A room', visibility: 'private' });
  const sent: Message[] = [];
  for (const [i, bytes] of [first, second].entries()) {
    const { id } = await post<{ id: string }>('/api/uploads', { name: `${i}.bin`, bytes: bytes.length });
    expect((await sendBytes(server as unknown as TestApp, ada, id, bytes)).status).toBe(200);
    sent.push(await post(`/api/rooms/${roomId}/messages`, { body: `File ${i}`, attachments: [id] }));
  }
  expect((await server.stop()).code).toBe(0);

  const said = await parleyOk(['backup', archive, '--with-secret'], here);
  expect(said).toContain('2 messages and 2 of 2 files');
  expect(await parleyOk(['restore', archive, '--with-secret'], there)).toContain(
    '2 uploaded files were put back',
  );

  const restored = await startOn(there.DATA_DIR, await freePort());
  const get = <T>(path: string) => rest<T>(restored.url, ada.token, 'GET', path);
  const { data } = await get<{ data: Message[] }>(`/api/rooms/${roomId}/messages`);
  expect(data.map(({ attachments }) => attachments)).toEqual(sent.map(({ attachments }) => attachments));
  for (const [i, bytes] of [first, second].entries()) {
    const id = data[i]?.attachments[0]?.id as string;
    const { url } = await get<{ url: string }>(`/api/uploads/${id}/link`);
    const file = await download(restored as unknown as TestApp, url);
    expect(file.status).toBe(200);
    expect(file.bytes.equals(bytes), `${i}.bin is what was uploaded`).toBe(true);
  }
  expect((await restored.stop()).code).toBe(0);
  expect(await parleyOk(['check-data'], there)).toContain('every uploaded file is there');

  // One is altered, the other goes.
  const stored = readdirSync(there.DATA_DIR, { recursive: true, encoding: 'utf8' })
    .map((path) => join(there.DATA_DIR, path))
    .filter((path) => /[0-9a-f-]{36}$/.test(path));
  const pathOf = (bytes: Buffer) => stored.find((path) => readFileSync(path).equals(bytes)) as string;
  const [altered, missing] = [pathOf(first), pathOf(second)];
  writeFileSync(altered, change(readFileSync(altered), 1000));
  rmSync(missing);
  const problems = [
    `The file ${altered.slice(-36)} is not what was uploaded.`,
    `The file ${missing.slice(-36)} is missing, or cannot be read.`,
  ];
  const checked = await parley(['check-data'], there);
  expect(checked).toMatchObject({ code: 1, err: expect.stringContaining('The data is damaged') });
  for (const problem of problems) expect(checked.out).toContain(problem);
  // A backup of that is made of what is left, and says so.
  const left = await parley(['backup', join(folder, 'rest.tar')], there);
  expect(left).toMatchObject({ code: 1, out: expect.stringContaining('0 of 2 files') });
  for (const problem of problems) expect(left.err).toContain(problem);

  // A file altered in the backup itself is found before anything is restored.
  const damaged = join(folder, 'damaged.tar');
  const bytes = readFileSync(archive);
  writeFileSync(damaged, change(bytes, bytes.indexOf(second) + 1000));
  const elsewhere = { DATA_DIR: join(folder, 'elsewhere') };
  const refused = await parley(['restore', damaged], elsewhere);
  expect(refused).toMatchObject({
    code: 1,
    err: expect.stringContaining(`The file ${missing.slice(-36)} in the backup is damaged`),
  });
  expect(existsSync(elsewhere.DATA_DIR)).toBe(false);
}, 180_000);
