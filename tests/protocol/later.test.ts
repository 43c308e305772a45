// What one person keeps for later, over both protocols and REST: saved messages, rooms marked unread, drafts. Each device of
// theirs hears of it, and nobody else.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Message } from '../../src/server/messages/contract.ts';
import { type SignedIn, startApp, type TestApp } from '../support/app.ts';
import { type Caller, connect, type Listener, listen, refusalOf } from '../support/clients.ts';

let app: TestApp;
let ada: SignedIn;
let bob: SignedIn;
/** Ada's second device, and Bob's. */
let ear: Listener;
let foreign: Listener;

beforeAll(async () => {
  app = await startApp();
  await app.signIn('Root Person');
  [ada, bob] = [await app.signIn('Ada'), await app.signIn('Bob')];
  ear = await listen('phoenix 2.0.0', app, ada);
  foreign = await listen('socketio over websocket', app, bob);
});
afterAll(async () => {
  await ear.close();
  await foreign.close();
  await app.stop();
});

describe.each(['rest', 'socketio over websocket', 'phoenix 2.0.0'] as const)('by %s', (surface) => {
  let client: Caller;
  let roomId: string;
  let sent: Message[];
  beforeAll(async () => {
    client = await connect(surface, app, ada);
  });
  beforeEach(async () => {
    const input = { name: 'A room', visibility: 'private', memberIds: [bob.user.id] };
    roomId = (await client.call('create_room', input)).id;
    sent = [];
    for (const body of ['one', 'two @ada', 'three'])
      sent.push(await foreign.call('send_message', { roomId, body }));
  });
  afterAll(() => client.close());

  const heard = (by: Listener, type: string) =>
    by.heard.filter((h) => h.type === type && h.payload.roomId === roomId).map((h) => h.payload);
  const ids = async (input: object = {}): Promise<string[]> =>
    (await client.call('list_saved', input)).data.map((s: { message: Message }) => s.message.id);

  test('messages are saved with a note, listed newest first, and shown while one is in their room', async () => {
    const [first, second, third] = sent.map((m) => m.id) as [string, string, string];
    for (const messageId of [first, second, third]) await client.call('save_message', { messageId });
    const again = await client.call('save_message', { messageId: first, note: 'by Friday' });
    expect(again).toMatchObject({ message: { id: first }, note: 'by Friday' });
    expect((await ids()).slice(0, 3)).toEqual([third, second, first]);
    const page = await client.call('list_saved', { limit: 2 });
    const rest = await client.call('list_saved', { limit: 1, cursor: page.nextCursor });
    expect(rest.data).toMatchObject([{ message: { id: first }, note: 'by Friday' }]);
    expect(await refusalOf(client.call('list_saved', { cursor: 'x' }))).toMatchObject({ code: 'invalid' });
    expect(await client.call('unsave_message', { messageId: second })).toEqual({ saved: false });
    await client.call('unsave_message', { messageId: second });
    await foreign.call('delete_message', { messageId: third });
    expect((await ids())[0]).toBe(first);
    expect((await foreign.call('list_saved')).data).toEqual([]);
    await ear.until('five changes', () => heard(ear, 'saved_changed').length === 5);
    expect(heard(ear, 'saved_changed').at(-1)).toEqual({ roomId, messageId: second, saved: false });
    expect(heard(foreign, 'saved_changed')).toEqual([]);
    await client.call('update_member', { roomId, userId: bob.user.id, role: 'owner' });
    await client.call('quit_room', { roomId });
    expect(await ids()).not.toContain(first);
    await foreign.call('add_member', { roomId, userId: ada.user.id });
    expect((await ids())[0]).toBe(first);
    await client.call('unsave_message', { messageId: first });
  });

  test('a room is unread from a message on until it is read again, and its read mark stays', async () => {
    await client.call('mark_read', { roomId, seq: sent[2]?.seq });
    const me = await client.call('mark_unread', { roomId, messageId: sent[1]?.id });
    const unread = { readSeq: sent[2]?.seq, unreadFrom: sent[1]?.seq, unread: 2, mentions: 1 };
    expect(me).toMatchObject(unread);
    expect((await client.call('get_room', { roomId })).me).toMatchObject(unread);
    const mine = (await client.call('list_rooms')).data.find((r: { id: string }) => r.id === roomId);
    expect(mine.me).toMatchObject(unread);
    expect((await ear.join(roomId)).me).toMatchObject(unread);
    await ear.until('the other device', () => heard(ear, 'room_unread').length === 1);
    expect(heard(ear, 'room_unread')[0]?.me).toEqual(me);
    expect(heard(foreign, 'room_unread')).toEqual([]);
    const read = await client.call('mark_read', { roomId, seq: sent[2]?.seq });
    expect(read).toMatchObject({ readSeq: sent[2]?.seq, unread: 0, mentions: 0 });
    expect(read).not.toHaveProperty('unreadFrom');
    const elsewhere = await client.call('create_room', { name: 'Elsewhere' });
    const attempt = client.call('mark_unread', { roomId: elsewhere.id, messageId: sent[1]?.id });
    expect(await refusalOf(attempt)).toMatchObject({ status: 404, reason: 'message_not_found' });
    await ear.leave(roomId);
  });

  test('a draft is the same on every device, the newest wins, and a message ends it', async () => {
    const set = (body: string, more: object = {}) => client.call('set_draft', { roomId, body, ...more });
    const get = () => client.call('get_draft', { roomId });
    expect(await get()).toEqual({ roomId, body: '' });
    const draft = await set('Dear all');
    expect(await get()).toEqual(draft);
    expect((await client.call('list_composer_drafts')).data).toContainEqual(draft);
    const late = await set('Dear', { updatedAt: '2020-01-01T00:00:00.000Z' });
    expect(late).toEqual(draft);
    // A clock that runs ahead does not keep later texts out.
    await set('Dear all,', { updatedAt: '2999-01-01T00:00:00.000Z' });
    expect((await set('Dear all, I')).body).toBe('Dear all, I');
    await foreign.call('send_message', { roomId, body: 'not mine' });
    await client.call('send_message', { roomId, body: 'a reply', threadId: sent[0]?.id });
    expect((await get()).body).toBe('Dear all, I');
    await client.call('send_message', { roomId, body: 'Dear all, I am back' });
    const ended = await get();
    expect(ended.body).toBe('');
    expect(await set('Dear all, I', { updatedAt: draft.updatedAt }), 'too late').toEqual(ended);
    await set('Next');
    expect((await set('')).body).toBe('');
    expect((await foreign.call('get_draft', { roomId })).body).toBe('');
    await ear.until('five changes', () => heard(ear, 'draft_changed').length === 5);
    expect(heard(foreign, 'draft_changed')).toEqual([]);
    const long = 'x'.repeat(16 * 1024 + 1);
    expect(await refusalOf(set(long))).toMatchObject({ code: 'invalid' });
  });
});
