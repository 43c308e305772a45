// Pins and versions over both protocols and REST: who may, what is heard, what stays after an edit and what after a deletion.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Message } from '../../src/server/messages/contract.ts';
import { type SignedIn, startApp, type TestApp } from '../support/app.ts';
import { type Caller, connect, type Listener, listen, refusalOf } from '../support/clients.ts';

let app: TestApp;
let ada: SignedIn;
let bob: SignedIn;
let ear: Listener;

beforeAll(async () => {
  app = await startApp();
  await app.signIn('Root Person');
  [ada, bob] = [await app.signIn('Ada'), await app.signIn('Bob')];
  ear = await listen('phoenix 2.0.0', app, bob);
});
afterAll(async () => {
  await ear.close();
  await app.stop();
});

describe.each(['rest', 'socketio over websocket', 'phoenix 2.0.0'] as const)('by %s', (surface) => {
  let client: Caller;
  let roomId: string;
  let message: Message;
  beforeAll(async () => {
    client = await connect(surface, app, ada);
  });
  beforeEach(async () => {
    roomId = (await client.call('create_room', { name: 'A room', memberIds: [bob.user.id] })).id;
    message = await client.call('send_message', { roomId, body: 'first' });
  });
  afterAll(() => client.close());

  const pinned = async (): Promise<string[]> =>
    (await client.call('list_pins', { roomId })).data.map((m: Message) => m.body);

  test('a pin is put once and taken away, and everyone hears it', async () => {
    await ear.join(roomId);
    const { pinned: mark } = await client.call('pin_message', { messageId: message.id });
    expect(mark).toEqual({ by: ada.user.id, at: expect.any(String) });
    expect((await client.call('pin_message', { messageId: message.id })).pinned).toEqual(mark);
    const second = await client.call('send_message', { roomId, body: 'second' });
    await client.call('pin_message', { messageId: second.id });
    expect(await pinned()).toEqual(['second', 'first']);
    expect(await client.call('unpin_message', { messageId: message.id })).not.toHaveProperty('pinned');
    await client.call('unpin_message', { messageId: message.id });
    const heard = () => ear.heard.filter((h) => h.room === roomId && /pinned$/.test(h.type));
    await ear.until('three changes', () => heard().length === 3);
    const place = { roomId, messageId: message.id, messageSeq: message.seq };
    expect(heard()[0]).toMatchObject({
      type: 'message_pinned',
      payload: { ...place, seq: message.seq + 1, pinned: mark },
    });
    expect(heard()[2]).toMatchObject({
      type: 'message_unpinned',
      payload: { ...place, seq: message.seq + 4, by: ada.user.id },
    });
    // The tombstone has no pin, and nothing can be pinned that is gone.
    expect(await client.call('delete_message', { messageId: second.id })).not.toHaveProperty('pinned');
    expect(await pinned()).toEqual([]);
    expect(await refusalOf(client.call('pin_message', { messageId: second.id }))).toMatchObject({
      reason: 'message_deleted',
    });
    await ear.leave(roomId);
  });

  test('a member pins only where all are equal, and sees what is pinned', async () => {
    const attempt = () => ear.call('pin_message', { messageId: message.id });
    expect(await refusalOf(attempt())).toMatchObject({ code: 'forbidden', reason: 'not_allowed' });
    await client.call('pin_message', { messageId: message.id });
    expect(await refusalOf(ear.call('unpin_message', { messageId: message.id }))).toMatchObject({
      reason: 'not_allowed',
    });
    expect((await ear.call('list_pins', { roomId })).data).toHaveLength(1);
    const direct = await ear.call('open_direct_room', { userIds: [ada.user.id] });
    const word = await client.call('send_message', { roomId: direct.id, body: 'between us' });
    expect((await ear.call('pin_message', { messageId: word.id })).pinned.by).toBe(bob.user.id);
    await ear.call('unpin_message', { messageId: word.id });
  });

  test('each edit keeps what was said before, until the message is deleted', async () => {
    for (const body of ['second @bob', 'third'])
      message = await client.call('edit_message', { messageId: message.id, body });
    // The same words again are no edit.
    await client.call('edit_message', { messageId: message.id, body: 'third' });
    const versions = (input: object = {}, by = client) =>
      by.call('list_versions', { messageId: message.id, ...input });
    const { data } = await versions();
    expect(data.map((v: { version: number; body: string }) => `${v.version} ${v.body}`)).toEqual([
      '3 third',
      '2 second @bob',
      '1 first',
    ]);
    expect(data[0].writtenAt).toBe(message.editedAt);
    expect(data[2].writtenAt).toBe(message.createdAt);
    expect(data[1].mentions).toEqual([{ kind: 'user', userId: bob.user.id, offset: 7, length: 4 }]);
    const page = await versions({ limit: 2 });
    expect(page).toEqual({ data: data.slice(0, 2), nextCursor: '2' });
    expect(await versions({ limit: 2, cursor: page.nextCursor })).toEqual({ data: data.slice(2) });
    expect(await refusalOf(versions({ cursor: 'x' }))).toMatchObject({ code: 'invalid' });
    expect(await refusalOf(versions({}, ear))).toMatchObject({ code: 'forbidden', reason: 'not_author' });
    await client.call('update_member', { roomId, userId: bob.user.id, role: 'admin' });
    expect(await versions({}, ear)).toEqual({ data });

    const stale = { messageId: message.id, body: 'fourth', expectedVersion: 2 };
    expect(await refusalOf(client.call('edit_message', stale))).toMatchObject({
      status: 409,
      reason: 'stale_version',
    });
    const tombstone = await client.call('delete_message', { messageId: message.id });
    expect(tombstone).toMatchObject({ seq: message.seq, version: 4 });
    expect(await versions()).toEqual({ data: [] });
    const kept = app.app.parts.database.db.selectFrom('messageVersions').selectAll();
    expect(await kept.where('messageId', '=', message.id).execute()).toEqual([]);
  });
});

test('a room has at most fifty pins', async () => {
  const client = await connect('rest', app, ada);
  const { id: roomId } = await client.call('create_room', { name: 'Board' });
  for (let i = 0; i < 50; i++) {
    const { id } = await client.call('send_message', { roomId, body: `note ${i}` });
    await client.call('pin_message', { messageId: id });
  }
  const { id } = await client.call('send_message', { roomId, body: 'one more' });
  expect(await refusalOf(client.call('pin_message', { messageId: id }))).toMatchObject({
    status: 409,
    reason: 'too_many_pins',
  });
});
