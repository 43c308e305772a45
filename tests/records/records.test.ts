// What is kept, handed out and erased: retention leaves tombstones, exports hold what their reader may have, and after an erasure
// nothing of a person is found anywhere, which the report counts.
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type SignedIn, startApp, type TestApp } from '../support/app.ts';
import { type Answer, type Caller, connect, listen, refusalOf, request } from '../support/clients.ts';
import { until } from '../support/until.ts';
import { upload } from '../uploads/files.ts';

const NOWHERE = '01900000-0000-7000-8000-0000000000ff';

let app: TestApp;
let root: SignedIn;
let ada: SignedIn;
let bob: SignedIn;
let roots: Caller;
let adas: Caller;
let bobs: Caller;
let eves: Caller;

beforeAll(async () => {
  app = await startApp();
  root = await app.signIn('Root Person');
  ada = await app.signIn('Ada');
  bob = await app.signIn('Bob');
  roots = await connect('rest', app, root);
  adas = await connect('rest', app, ada);
  bobs = await connect('rest', app, bob);
  eves = await connect('rest', app, await app.signIn('Eve'));
});
afterAll(() => app.stop());

const newRoom = async (): Promise<string> =>
  (await adas.call('create_room', { name: 'A room', visibility: 'private', memberIds: [bob.user.id] })).id;

const fetchFile = (id: string, who?: SignedIn): Promise<Response> =>
  fetch(`${app.url}/api/export/${id}/file`, {
    headers: { connection: 'close', ...(who === undefined ? {} : { authorization: `Bearer ${who.token}` }) },
  });

async function exported(by: Caller, who: SignedIn, input: object): Promise<Answer[]> {
  const { id } = await by.call('create_export', input);
  await until('the export', async () => (await by.call('get_export', { exportId: id })).status === 'ready');
  const file = await fetchFile(id, who);
  expect(file.status).toBe(200);
  expect(file.headers.get('content-disposition')).toMatch(/^attachment/);
  const lines = (await file.text()).trim().split('\n');
  const { rows } = await by.call('get_export', { exportId: id });
  expect(rows).toBe(lines.length);
  return lines.map((line: string) => JSON.parse(line));
}
const ofType = (lines: Answer[], type: string) => lines.filter((line) => line.type === type);

describe('retention', () => {
  test('old messages become tombstones that everyone hears of, and new ones stay', async () => {
    const roomId = await newRoom();
    const old = await adas.call('send_message', { roomId, body: 'long ago' });
    const fresh = await bobs.call('send_message', { roomId, body: 'just now' });
    const kept = await newRoom();
    const elsewhere = await adas.call('send_message', { roomId: kept, body: 'as old' });
    const { database, retention } = app.app.parts;
    await sql`update messages set created_at = now() - interval '31 days'
      where id in (${old.id}, ${elsewhere.id})`.execute(database.db);
    expect(await retention.sweep()).toBe(0);
    await adas.call('update_room_settings', { roomId, retentionDays: 30 });
    const ear = await listen('socketio over websocket', app, bob);
    await ear.join(roomId);
    expect(await retention.sweep()).toBe(1);
    await ear.until('the deletion', () => ear.heard.some((h) => h.type === 'message_deleted'));
    expect(await bobs.call('get_message', { messageId: old.id })).toMatchObject({
      body: '',
      deletedAt: expect.any(String),
    });
    expect((await bobs.call('get_message', { messageId: fresh.id })).body).toBe('just now');
    expect((await adas.call('get_message', { messageId: elsewhere.id })).body).toBe('as old');
    expect(await retention.sweep()).toBe(0);
    await ear.close();
  });

  test('only the owner sets it', async () => {
    const roomId = await newRoom();
    await adas.call('update_member', { roomId, userId: bob.user.id, role: 'admin' });
    await bobs.call('update_room_settings', { roomId, linkPreviews: false });
    expect(await refusalOf(bobs.call('update_room_settings', { roomId, retentionDays: 1 }))).toMatchObject({
      code: 'forbidden',
    });
  });
});

describe('exports', () => {
  test('a room: itself, its members, its messages with what they said before, its files', async () => {
    const roomId = await newRoom();
    const other = await newRoom();
    await adas.call('send_message', { roomId: other, body: 'another room' });
    const file = await upload(app, ada, adas, 'notes.txt', Buffer.from('notes'));
    const message = await adas.call('send_message', { roomId, body: 'first words', attachments: [file] });
    await adas.call('edit_message', { messageId: message.id, body: 'better words' });
    const lines = await exported(adas, ada, { kind: 'room', roomId });
    expect(ofType(lines, 'room')).toMatchObject([{ id: roomId }]);
    expect(new Set(ofType(lines, 'membership').map((m) => m.userId))).toEqual(
      new Set([ada.user.id, bob.user.id]),
    );
    expect(ofType(lines, 'message')).toMatchObject([
      { id: message.id, body: 'better words', versions: [{ version: 1, body: 'first words' }] },
    ]);
    expect(ofType(lines, 'upload')).toMatchObject([{ id: file, name: 'notes.txt' }]);
  });

  test('a person: what is theirs in every room, and nobody else’s', async () => {
    const roomId = await newRoom();
    await adas.call('send_message', { roomId, body: 'by ada' });
    const mine = await bobs.call('send_message', { roomId, body: 'by bob' });
    const lines = await exported(bobs, bob, { kind: 'user' });
    expect(ofType(lines, 'user')).toMatchObject([{ id: bob.user.id }]);
    expect(ofType(lines, 'message').map((m) => m.id)).toContain(mine.id);
    expect(ofType(lines, 'message').every((m) => m.authorId === bob.user.id)).toBe(true);
    const all = await exported(roots, root, { kind: 'tenant' });
    expect(ofType(all, 'message').length).toBeGreaterThan(ofType(lines, 'message').length);
    expect(await exported(roots, root, { kind: 'user', userId: bob.user.id })).toEqual(lines);
  });

  test('only who may have it gets it, and only while they may', async () => {
    const roomId = await newRoom();
    expect(await refusalOf(bobs.call('create_export', { kind: 'room', roomId }))).toMatchObject({
      code: 'forbidden',
    });
    for (const id of [roomId, NOWHERE])
      expect(await refusalOf(eves.call('create_export', { kind: 'room', roomId: id }))).toMatchObject({
        code: 'not_found',
        reason: 'room_not_found',
      });
    expect(await refusalOf(bobs.call('create_export', { kind: 'tenant' }))).toMatchObject({
      code: 'forbidden',
    });
    for (const userId of [ada.user.id, NOWHERE])
      expect(await refusalOf(bobs.call('create_export', { kind: 'user', userId }))).toMatchObject({
        code: 'not_found',
        reason: 'user_not_found',
      });
    await adas.call('update_member', { roomId, userId: bob.user.id, role: 'admin' });
    const { id } = await bobs.call('create_export', { kind: 'room', roomId });
    await until(
      'the export',
      async () => (await bobs.call('get_export', { exportId: id })).status === 'ready',
    );
    const fetchAs = async (who?: SignedIn) => {
      const { status, body } = await fetchFile(id, who);
      await body?.cancel();
      return status;
    };
    expect(await fetchAs(bob)).toBe(200);
    expect(await fetchAs(ada)).toBe(404);
    expect(await fetchAs()).toBe(401);
    for (const exportId of [id, NOWHERE])
      expect(await refusalOf(eves.call('get_export', { exportId }))).toMatchObject({
        reason: 'export_not_found',
      });
    await adas.call('remove_member', { roomId, userId: bob.user.id });
    expect(await fetchAs(bob)).toBe(404);
  });
});

describe('erasure', () => {
  test('nothing of an erased person is left in the database, and the report says what there was', async () => {
    const who = await app.signIn('Zebulon Quigley');
    const theirs = await connect('rest', app, who);
    const roomId = (
      await theirs.call('create_room', { name: 'R', visibility: 'private', memberIds: [ada.user.id] })
    ).id;
    await theirs.call('update_member', { roomId, userId: ada.user.id, role: 'owner' });
    const file = await upload(app, who, theirs, 'wombat-photo.txt', Buffer.from('wombat file'));
    const message = await theirs.call('send_message', {
      roomId,
      body: 'my wombat sleeps',
      attachments: [file],
    });
    await theirs.call('edit_message', { messageId: message.id, body: 'my wombat wakes' });
    const adasWords = await adas.call('send_message', { roomId, body: 'kept words' });
    await theirs.call('add_reaction', { messageId: adasWords.id, emoji: '👍' });
    const dueAt = new Date(Date.now() + 3_600_000).toISOString();
    await theirs.call('save_message', { messageId: adasWords.id, note: 'for the wombat' });
    await theirs.call('set_draft', { roomId, body: 'the wombat and' });
    await theirs.call('schedule_message', { roomId, body: 'the wombat sleeps again', dueAt });
    await theirs.call('set_reminder', { note: 'feed the wombat', dueAt });
    expect((await adas.call('search_messages', { q: 'wombat' })).data).toHaveLength(1);
    // An agent is told something, and remembers it.
    const { data: people } = await theirs.call('list_users', { kind: 'agent' });
    const parley = people.find((user: Answer) => user.handle === 'parley');
    const talk = await theirs.call('open_direct_room', { userIds: [parley.id] });
    await theirs.call('send_message', {
      roomId: talk.id,
      body: 'Please remember that my wombat is called Horace.',
    });
    await app.app.settle();

    const pair = await theirs.call('open_direct_room', { userIds: [ada.user.id] });
    const ear = await listen('phoenix 2.0.0', app, ada);
    await ear.join(roomId);
    await ear.join(pair.id);

    const { id } = await roots.call('erase_person', { userId: who.user.id });
    expect((await request(app.url, 'GET', '/api/me', { token: who.token })).status).toBe(401);
    await until('the report', async () => (await roots.call('get_erasure', { erasureId: id })).done);
    await app.app.settle();
    const { counts } = await roots.call('get_erasure', { erasureId: id });
    expect(counts).toMatchObject({ messages: 2, versions: 1, files: 1, reactions: 1 });
    expect(counts.searchEntries + 0).toBeGreaterThanOrEqual(1);
    expect(counts.traces).toBeGreaterThanOrEqual(1);

    expect((await adas.call('search_messages', { q: 'wombat' })).data).toEqual([]);
    expect((await adas.call('get_message', { messageId: message.id })).body).toBe('');
    expect((await adas.call('get_message', { messageId: adasWords.id })).reactions).toEqual([]);
    // What others see of it is told to them, so that their copies are what a fresh fetch gives (P8).
    const heard = (type: string) => ear.heard.filter((h) => h.type === type).map((h) => h.payload as Answer);
    await ear.until('the reaction went', () =>
      heard('message_updated').some(
        ({ message: m }) => m.id === adasWords.id && m.reactions.length === 0 && m.body === 'kept words',
      ),
    );
    await ear.until('the room is called otherwise', () =>
      heard('room_updated').some(({ room }) => room.id === pair.id && room.name.includes('Deleted user')),
    );
    await ear.close();
    const { db } = app.app.parts.database;
    const { rows: tables } = await sql<{ name: string }>`
      select table_schema || '.' || table_name as name from information_schema.tables
      where table_type = 'BASE TABLE' and table_schema in ('public', 'jobs')`.execute(db);
    const left: string[] = [];
    for (const { name } of tables) {
      const { rows } = await sql<{ n: number }>`
        select count(*)::int as n from ${sql.raw(name)} as t
        where t::text ~* 'wombat|horace|zebulon|quigley'`.execute(db);
      if ((rows[0]?.n ?? 0) > 0) left.push(name);
    }
    expect(left).toEqual([]);
  });

  test('only administrators erase, and only people who are there', async () => {
    expect(await refusalOf(adas.call('erase_person', { userId: bob.user.id }))).toMatchObject({
      code: 'forbidden',
    });
    expect(await refusalOf(adas.call('get_erasure', { erasureId: NOWHERE }))).toMatchObject({
      code: 'forbidden',
    });
    expect(await refusalOf(roots.call('erase_person', { userId: NOWHERE }))).toMatchObject({
      code: 'not_found',
    });
    expect(await refusalOf(roots.call('get_erasure', { erasureId: NOWHERE }))).toMatchObject({
      code: 'not_found',
    });
    const { operations, identity } = app.app.parts;
    const scope = { ...(await identity.authenticate(root.token, 'rest')), tenantId: NOWHERE };
    const operation = operations.byName('erasure.create');
    if (operation === undefined) throw new Error('no such operation');
    await expect(
      operations.call(operation, scope, { userId: bob.user.id }, { surface: 'rest', address: '' }),
    ).rejects.toMatchObject({ code: 'not_found' });
    expect((await bobs.call('get_me')).id).toBe(bob.user.id);
  });
});
