// Threads over both protocols and REST: replies stand in the room's one order, and each reader has a place in each thread.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Message } from '../../src/server/messages/contract.ts';
import { type SignedIn, startApp, type TestApp } from '../support/app.ts';
import { type Caller, connect, type Listener, listen, refusalOf } from '../support/clients.ts';

let app: TestApp;
let ada: SignedIn;
let bob: SignedIn;
let eve: SignedIn;
/** Ada's second device. */
let ear: Listener;

beforeAll(async () => {
  app = await startApp();
  await app.signIn('Root Person');
  [ada, bob, eve] = [await app.signIn('Ada'), await app.signIn('Bob'), await app.signIn('Eve')];
  ear = await listen('phoenix 2.0.0', app, ada);
});
afterAll(async () => {
  await ear.close();
  await app.stop();
});

describe.each(['rest', 'socketio over websocket', 'phoenix 2.0.0'] as const)('threads by %s', (surface) => {
  let client: Caller;
  let other: Caller;
  let roomId: string;
  let root: Message;
  beforeAll(async () => {
    client = await connect(surface, app, ada);
    other = await connect('rest', app, bob);
  });
  beforeEach(async () => {
    const members = [bob.user.id, eve.user.id];
    roomId = (await client.call('create_room', { name: 'A room', memberIds: members })).id;
    root = await client.call('send_message', { roomId, body: 'What about lunch?' });
  });
  afterAll(() => client.close());

  const reply = (body: string, by: Caller = other, more: object = {}): Promise<Message> =>
    by.call('send_message', { roomId, body, threadId: root.id, ...more });
  const thread = (input: object = {}, by: Caller = client) =>
    by.call('get_thread', { messageId: root.id, ...input });

  test('a reply stands in the order of the room, and its thread is one level deep', async () => {
    const first = await reply('Yes');
    const between = await client.call('send_message', { roomId, body: 'Something else' });
    const id = randomUUID();
    const second = await reply('At noon', client, { threadId: first.id, id });
    expect(second.threadId).toBe(root.id);
    expect(await reply('At noon', client, { threadId: first.id, id }), 'tried again').toEqual(second);
    expect([first.seq, between.seq, second.seq]).toEqual([root.seq + 1, root.seq + 2, root.seq + 3]);
    const { root: shown, data, hasMoreBefore } = await thread();
    expect(data).toEqual([first, second]);
    expect(hasMoreBefore).toBe(false);
    expect(shown.thread).toEqual({ replies: 2, lastReplySeq: second.seq, lastReplyAt: second.createdAt });
    expect((await client.call('list_messages', { roomId })).data).toHaveLength(4);
    expect(await thread({ limit: 1 })).toMatchObject({ data: [{ id: second.id }], hasMoreBefore: true });
    expect(await thread({ after: root.seq, limit: 1 })).toMatchObject({
      data: [{ id: first.id }],
      hasMoreAfter: true,
    });
    // A reply that is deleted is not counted; the last one is the one before.
    await client.call('delete_message', { messageId: second.id });
    const { root: fewer, data: kept } = await thread();
    expect(fewer.thread).toEqual({ replies: 1, lastReplySeq: first.seq, lastReplyAt: first.createdAt });
    expect(kept.map((m: Message) => m.seq)).toEqual([first.seq, second.seq]);
    expect(await refusalOf(reply('lost', other, { threadId: randomUUID() }))).toMatchObject({
      reason: 'thread_not_found',
    });
  });

  test('what is unread of a thread follows its own mark, on every device', async () => {
    const replies = [await reply('One'), await reply('Two @ada'), await reply('Three')];
    await reply('My own', client);
    expect((await thread()).me).toEqual({
      roomId,
      messageId: root.id,
      readSeq: 0,
      unread: 3,
      mentions: 1,
      following: true,
    });
    const seq = replies[1]?.seq;
    const before = ear.heard.length;
    expect(await client.call('mark_thread_read', { messageId: root.id, seq })).toMatchObject({
      readSeq: seq,
      unread: 1,
      mentions: 0,
    });
    const told = () => ear.heard.slice(before).find((h) => h.type === 'thread_changed');
    await ear.until('the other device', () => told() !== undefined);
    expect(told()?.payload).toMatchObject({ messageId: root.id, readSeq: seq, unread: 1 });
    // It does not move back, nor beyond the room; the room's own mark is another.
    expect(await client.call('mark_thread_read', { messageId: root.id, seq: 0 })).toMatchObject({
      readSeq: seq,
    });
    const { lastSeq, me } = await client.call('get_room', { roomId });
    expect(me).toMatchObject({ unread: 3, mentions: 1 });
    expect(await client.call('mark_thread_read', { messageId: root.id, seq: 99_999 })).toMatchObject({
      readSeq: lastSeq,
      unread: 0,
    });
  });

  test('whoever takes part follows, unless they chose otherwise', async () => {
    await reply('Yes @eve');
    const following = async (who: SignedIn) => {
      const caller = await connect('rest', app, who);
      const { data } = await caller.call('list_threads', { roomId, following: true });
      return data.length === 1;
    };
    expect([await following(ada), await following(bob), await following(eve)]).toEqual([true, true, true]);
    const quiet = await client.call('send_message', { roomId, body: 'Another one' });
    await other.call('send_message', { roomId, body: 'Hm', threadId: quiet.id });
    const byEve = await connect('rest', app, eve);
    expect((await byEve.call('list_threads', { roomId })).data).toHaveLength(2);
    await byEve.call('follow_thread', { messageId: quiet.id, following: true });
    expect((await byEve.call('list_threads', { roomId, following: true })).data).toHaveLength(2);
    await client.call('follow_thread', { messageId: root.id, following: false });
    expect((await thread()).me.following).toBe(false);
    const page = await client.call('list_threads', { roomId, limit: 1 });
    expect(page.data).toMatchObject([{ root: { id: quiet.id }, me: { unread: 1, following: true } }]);
    const rest = await client.call('list_threads', { roomId, limit: 1, cursor: page.nextCursor });
    expect(rest).toMatchObject({ data: [{ root: { id: root.id } }] });
    expect(rest.nextCursor).toBeUndefined();
  });
});
