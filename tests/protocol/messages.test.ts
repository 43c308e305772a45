// Messages over every surface: what is acknowledged is what everyone sees, in one order, once; a retry is not a second
// message; a deleted text is nowhere.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { LogEvent, Message } from '../../src/server/messages/contract.ts';
import { type SignedIn, startApp, type TestApp } from '../support/app.ts';
import { type Caller, connect, type Listener, listen, refusalOf, SURFACES } from '../support/clients.ts';

let app: TestApp;
let ada: SignedIn;
let bob: SignedIn;
/** Bob listens by the other protocol, so that one story is told by both. */
let ear: Listener;

beforeAll(async () => {
  app = await startApp();
  ada = await app.signIn('Ada');
  bob = await app.signIn('Bob');
  ear = await listen('phoenix 2.0.0', app, bob);
});
afterAll(async () => {
  await ear.close();
  await app.stop();
});

async function newRoom(as: Caller, input: object = {}): Promise<string> {
  const room = await as.call('create_room', { name: 'A room', memberIds: [bob.user.id], ...input });
  return room.id as string;
}

describe.each(SURFACES)('messages by %s', (surface) => {
  let client: Caller;
  let roomId: string;
  beforeAll(async () => {
    client = await connect(surface, app, ada);
  });
  beforeEach(async () => {
    roomId = await newRoom(client);
  });
  afterAll(() => client.close());

  const send = (body: string, more: object = {}): Promise<Message> =>
    client.call('send_message', { roomId, body, ...more });
  const log = async (): Promise<LogEvent[]> =>
    (await client.call('list_events', { roomId, afterSeq: 0 })).events;

  test('a send answers the message that others hear', async () => {
    await ear.join(roomId);
    const message = await send('good morning', { metadata: { mood: 'fine' } });
    expect(message).toMatchObject({
      roomId,
      body: 'good morning',
      author: { id: ada.user.id, handle: ada.user.handle },
      kind: 'text',
      version: 1,
      metadata: { mood: 'fine' },
      mentions: [],
    });
    const heard = () => ear.heard.find((h) => h.room === roomId && h.type === 'new_message');
    await ear.until('the message', () => heard() !== undefined);
    expect(heard()?.payload).toEqual(message);
    expect(await client.call('get_message', { messageId: message.id })).toEqual(message);
    await ear.leave(roomId);
  });

  test('sends made at once take gapless places in the order in which they are heard', async () => {
    const { lastSeq } = await ear.join(roomId);
    const sent = await Promise.all(Array.from({ length: 30 }, (_, i) => send(`message ${i}`)));
    const heard = () => ear.heard.filter((h) => h.room === roomId && h.type === 'new_message');
    await ear.until('all of them', () => heard().length === 30);
    const places = heard().map((h) => h.payload.seq);
    expect(places).toEqual(Array.from({ length: 30 }, (_, i) => lastSeq + 1 + i));
    expect(new Set(sent.map((m) => m.seq))).toEqual(new Set(places));
    expect((await log()).slice(-30).map((e) => e.payload)).toEqual(heard().map((h) => h.payload));
    await ear.leave(roomId);
  });

  test('the same id and words answer the first message; other words, room or author are a conflict', async () => {
    const id = randomUUID();
    const first = await send('only once', { id });
    const [again, loud] = await Promise.all([
      send('only once', { id }),
      send('only once', { id: id.toUpperCase() }),
    ]);
    expect(again).toEqual(first);
    expect(loud).toEqual(first);
    const others = await newRoom(client);
    const stranger = await connect(surface, app, bob);
    for (const attempt of [
      () => send('other words', { id }),
      () => client.call('send_message', { roomId: others, body: 'only once', id }),
      () => stranger.call('send_message', { roomId, body: 'only once', id }),
    ]) {
      expect(await refusalOf(attempt())).toMatchObject({ code: 'conflict', reason: 'message_id_reused' });
    }
    await stranger.close();
    expect((await log()).filter((e) => e.type === 'new_message')).toHaveLength(1);
  });

  test('an id that two people use in the same moment is one of theirs only', async () => {
    const stranger = await connect(surface, app, bob);
    const id = randomUUID();
    const outcomes = await Promise.allSettled([
      send('the same words', { id }),
      stranger.call('send_message', { roomId, body: 'the same words', id }) as Promise<Message>,
    ]);
    await stranger.close();
    const won = outcomes.flatMap((o) => (o.status === 'fulfilled' ? [o.value] : []));
    expect(won).toHaveLength(1);
    const lost = outcomes.flatMap((o) => (o.status === 'rejected' ? [o.reason] : []));
    expect(lost[0]).toMatchObject({ problem: { code: 'conflict', reason: 'message_id_reused' } });
  });

  test('an edit raises the version, and an edit of an older version is refused', async () => {
    await ear.join(roomId);
    const message = await send('teh text');
    const edited = await client.call('edit_message', { messageId: message.id, body: 'the text', version: 1 });
    expect(edited).toMatchObject({ body: 'the text', version: 2, seq: message.seq });
    expect(edited.editedAt).toBeTypeOf('string');
    const late = client.call('edit_message', { messageId: message.id, body: 'tee text', version: 1 });
    expect(await refusalOf(late)).toMatchObject({ code: 'conflict', reason: 'stale_version', status: 409 });
    const update = () => ear.heard.find((h) => h.room === roomId && h.type === 'message_updated');
    await ear.until('the update', () => update() !== undefined);
    expect(update()?.payload).toEqual({ roomId, seq: message.seq + 1, message: edited });
    const stranger = await connect(surface, app, bob);
    expect(
      await refusalOf(stranger.call('edit_message', { messageId: message.id, body: 'mine now' })),
    ).toMatchObject({ code: 'forbidden', reason: 'not_author' });
    await stranger.close();
    await ear.leave(roomId);
  });

  test('a deleted text is in no history, no log and no later event; its place stays', async () => {
    const secret = `secret ${randomUUID()}`;
    const message = await send(secret, { metadata: { note: secret } });
    const tombstone = await client.call('delete_message', { messageId: message.id });
    expect(tombstone).toMatchObject({ id: message.id, seq: message.seq, body: '', metadata: {} });
    expect(tombstone.deletedAt).toBeTypeOf('string');
    const { events } = await ear.join(roomId, { afterSeq: 0 });
    const everything = [
      events,
      await log(),
      await client.call('list_messages', { roomId }),
      await client.call('get_message', { messageId: message.id }),
    ];
    expect(JSON.stringify(everything)).not.toContain(secret);
    expect(events.map((e) => e.seq)).toEqual(events.map((_, i) => i + 1));
    expect(events.at(-1)).toMatchObject({ type: 'message_deleted', payload: { messageId: message.id } });
    expect(
      await refusalOf(client.call('edit_message', { messageId: message.id, body: 'back again' })),
    ).toMatchObject({ code: 'conflict', reason: 'message_deleted' });
    // Asking twice changes nothing.
    expect(await client.call('delete_message', { messageId: message.id })).toEqual(tombstone);
    await ear.leave(roomId);
  });

  test('history is read before, after and around a place, a page at a time', async () => {
    const sent = await Promise.all(Array.from({ length: 9 }, (_, i) => send(`line ${i}`)));
    const seqs = sent.map((m) => m.seq).sort((a, b) => a - b);
    const page = async (input: object) => {
      const { data, ...rest } = await client.call('list_messages', { roomId, limit: 3, ...input });
      return { seqs: data.map((m: Message) => m.seq), ...rest };
    };
    const middle = seqs[4] as number;
    expect(await page({})).toMatchObject({ seqs: seqs.slice(6), hasMoreBefore: true, hasMoreAfter: false });
    expect(await page({ before: middle })).toMatchObject({ seqs: seqs.slice(1, 4), hasMoreBefore: true });
    expect(await page({ after: middle })).toMatchObject({ seqs: seqs.slice(5, 8), hasMoreAfter: true });
    expect(await page({ around: middle })).toMatchObject({
      seqs: seqs.slice(3, 6),
      hasMoreBefore: true,
      hasMoreAfter: true,
    });
    const all: number[] = [];
    for (let cursor: string | undefined; ; ) {
      const { seqs: some, nextCursor } = await page(cursor === undefined ? {} : { cursor });
      all.unshift(...some);
      cursor = nextCursor;
      if (cursor === undefined) break;
    }
    expect(all).toEqual(seqs);
    expect(await refusalOf(page({ before: 1, after: 1 }))).toMatchObject({ code: 'invalid' });
  });

  test('a read mark only moves forward, and unread counts what others wrote behind it', async () => {
    const stranger = await connect(surface, app, bob);
    const others: Message[] = [];
    for (const body of ['one', 'two @ada', 'three'])
      others.push(await stranger.call('send_message', { roomId, body }));
    await send('my own');
    const room = () => client.call('get_room', { roomId });
    expect((await room()).me).toMatchObject({ unread: 3, mentions: 1 });
    const seqs = others.map((m) => m.seq);
    const marked = await client.call('mark_read', { roomId, seq: seqs[0] });
    expect(marked).toMatchObject({ readSeq: seqs[0], unread: 2, mentions: 1 });
    expect(await client.call('mark_read', { roomId, seq: 0 })).toMatchObject({ readSeq: seqs[0] });
    await stranger.call('delete_message', { messageId: (others[1] as Message).id });
    expect((await room()).me).toMatchObject({ unread: 1, mentions: 0 });
    const beyond = await client.call('mark_read', { roomId, seq: Number.MAX_SAFE_INTEGER });
    expect(beyond).toMatchObject({ readSeq: (await room()).lastSeq, unread: 0, mentions: 0 });
    await stranger.close();
  });

  test('typing and reading are heard by the others as signals', async () => {
    await ear.join(roomId);
    const { seq } = await send('hello');
    await client.call('typing', { roomId, on: true });
    await client.call('mark_read', { roomId, seq });
    const signal = (type: string) => ear.heard.find((h) => h.room === roomId && h.type === type)?.payload;
    await ear.until('typing and read', () => signal('typing') !== undefined && signal('read') !== undefined);
    expect(signal('typing')).toEqual({ roomId, userId: ada.user.id, on: true, expiresInMs: 6000 });
    expect(signal('read')).toEqual({ roomId, userId: ada.user.id, readSeq: seq });
    await ear.leave(roomId);
  });
});
