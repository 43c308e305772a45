// Threads, pins, the inbox, drafts, files and questions of the server, over the real server and real sockets.
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Client, ThreadHandle } from '../src/api.ts';
import { openWorld, when } from './real.ts';
import { createMemoryStorage } from './support.ts';

const words = (thread: ThreadHandle) => thread.getSnapshot().replies.map((reply) => reply.body);

describe('against the real server', () => {
  let world: Awaited<ReturnType<typeof openWorld>>;
  beforeAll(async () => {
    world = await openWorld();
  }, 60_000);
  afterEach(() => world.leave());
  afterAll(() => world.app.stop());

  /** Ada's room with Bob in it, both listening. */
  async function two(name: string) {
    const [ada, bob] = [await world.enter('Ada'), await world.enter('Bob')];
    const { room, info } = await world.createRoom(ada, name);
    const his = bob.client.room(info.id);
    his.join();
    await his.whenLive();
    return { ada, bob, room, his, info };
  }

  it('I22 I23 a thread shows its replies without holes, live, also those before the room’s own list', async () => {
    const { ada, bob, room, his, info } = await two('Threads');
    const root = await room.messages.send('Where to eat?').confirmed;
    for (let i = 0; i < 12; i++) await room.messages.send(`reply ${i}`, { threadId: root.id }).confirmed;
    await Promise.all(Array.from({ length: 60 }, (_, i) => room.messages.send(`other ${i}`).confirmed));
    await room.messages.send('late reply', { threadId: root.id }).confirmed;

    // Somebody whose list does not reach back to any of it.
    const eve = await world.enter('Eve');
    const hers = eve.client.room(info.id);
    const thread = hers.thread(root.id);
    expect(hers.thread(root.id)).toBe(thread);
    const leave = thread.join();
    await when(thread, (s) => s.status === 'ready');
    expect(thread.getSnapshot()).toMatchObject({
      root: { id: root.id, thread: { replies: 13 } },
      unread: 13,
    });
    expect(words(thread)).toEqual([...Array.from({ length: 12 }, (_, i) => `reply ${i}`), 'late reply']);
    expect(thread.getSnapshot()).toMatchObject({ hasMoreBefore: false, following: false });

    // A change to a reply that only the thread has, a new reply, a reaction, a deletion.
    const first = thread.getSnapshot().replies[0]?.id as string;
    await room.messages.edit(first, 'reply 0, better');
    await his.messages.react(first, '👍');
    await room.messages.delete(thread.getSnapshot().replies[1]?.id as string);
    const mine = thread.send('me too');
    expect(words(thread).at(-1)).toBe('me too');
    await mine.confirmed;
    await when(thread, (s) => s.replies.some((one) => one.deletedAt !== undefined));
    expect(thread.getSnapshot().replies[0]).toMatchObject({
      body: 'reply 0, better',
      reactions: [{ emoji: '👍', count: 1, mine: false }],
    });
    expect(thread.getSnapshot().root?.thread).toMatchObject({ replies: 13 });
    expect(thread.message(first).getSnapshot()?.version).toBe(2);

    // The same, fetched afresh.
    await when(thread, (s) => s.following);
    const fresh = await ada.client.call('get_thread', { messageId: root.id, limit: 200 });
    expect(thread.getSnapshot().replies).toEqual(
      fresh.data.map((reply) => ({
        ...reply,
        reactions: reply.reactions.map((r) => ({ ...r, mine: false })),
      })),
    );
    leave();
    void bob;
  });

  it('I23 I24 what I have read of a thread, and whether I follow it, is the same on all my devices', async () => {
    const { ada, room, his, info } = await two('Marks');
    const root = await his.messages.send('What do you think?').confirmed;
    const thread = his.thread(root.id);
    thread.join();
    await when(thread, (s) => s.status === 'ready');
    expect(thread.getSnapshot()).toMatchObject({ following: true, unread: 0, replies: [] });
    for (const body of ['one', 'two', 'three']) await room.thread(root.id).send(body).confirmed;
    await when(thread, (s) => s.unread === 3);

    const phone = await world.enter('Bob');
    const there = phone.client.room(info.id).thread(root.id);
    there.join();
    await when(there, (s) => s.status === 'ready' && s.unread === 3);
    const second = thread.getSnapshot().replies[1]?.seq as number;
    const marked = thread.markRead(second);
    expect(thread.getSnapshot()).toMatchObject({ unread: 1, readSeq: second });
    await marked;
    await when(there, (s) => s.unread === 1);
    await there.markRead();
    await when(thread, (s) => s.unread === 0);
    await thread.markRead(second);
    expect(thread.getSnapshot().unread).toBe(0);
    await there.follow(false);
    await when(thread, (s) => !s.following);

    // Who answers takes part.
    const hers = room.thread(root.id);
    hers.join();
    await when(hers, (s) => s.status === 'ready');
    expect(hers.getSnapshot().following).toBe(true);
    expect(ada.user.id).toBe(room.getSnapshot().me?.user.id);
  });

  it('I31 pins are those of the server as they come and go', async () => {
    const { room, his } = await two('Pins');
    const [a, b] = [await room.messages.send('a').confirmed, await room.messages.send('b').confirmed];
    const off = his.pins.follow();
    await when(his.pins, (s) => s.status === 'ready');
    await room.messages.pin(a.id);
    await room.messages.pin(b.id);
    await when(his.pins, (s) => s.messages.length === 2);
    expect(his.pins.getSnapshot().messages.map((message) => message.id)).toEqual([b.id, a.id]);
    await room.messages.edit(a.id, 'a, better');
    await when(his.pins, (s) => s.messages[1]?.body === 'a, better');
    await room.messages.delete(b.id);
    await when(his.pins, (s) => s.messages.length === 1);
    await room.messages.unpin(a.id);
    await when(his.pins, (s) => s.messages.length === 0);
    off();
  });

  it('I25 the inbox, what I saved and what I left for later are the same on all my devices', async () => {
    const { bob, room, his } = await two('Inbox');
    const { inbox, saved, scheduled } = bob.client;
    const phone = (await world.enter('Bob')).client;
    for (const list of [inbox, saved, scheduled, phone.inbox, phone.saved, phone.scheduled]) list.follow();
    await Promise.all(
      [inbox, phone.inbox].map((one) => when<{ status: string }>(one, (s) => s.status === 'ready')),
    );
    const before = inbox.getSnapshot().unread;
    const handle = bob.user.handle;
    const sent = await room.messages.send(`@${handle} one`).confirmed;
    await room.messages.send(`@${handle} two`).confirmed;
    await when(inbox, (s) => s.unread === before + 2);
    await when(phone.inbox, (s) => s.unread === before + 2);
    expect(inbox.getSnapshot().items[0]).toMatchObject({
      kind: 'mention',
      message: { body: `@${handle} two` },
    });

    const newest = inbox.getSnapshot().items[0]?.id as string;
    const marked = inbox.markRead([newest]);
    expect(inbox.getSnapshot().unread).toBe(before + 1);
    await marked;
    await when(phone.inbox, (s) => s.unread === before + 1 && s.items[0]?.readAt !== undefined);
    await phone.inbox.markUnread(newest);
    await when(inbox, (s) => s.unread === before + 2 && s.items[0]?.readAt === undefined);
    await inbox.markRead('all');
    await when(phone.inbox, (s) => s.unread === 0);

    await saved.add(sent.id, 'look again');
    await when(phone.saved, (s) => s.items.length === 1);
    expect(saved.getSnapshot().items).toEqual(phone.saved.getSnapshot().items);
    await phone.saved.remove(sent.id);
    await when(saved, (s) => s.items.length === 0);

    const dueAt = new Date(Date.now() + 86_400_000).toISOString();
    const later = await scheduled.send({ roomId: his.key, body: 'Good morning', dueAt });
    await when(phone.scheduled, (s) => s.items[0]?.id === later.id);
    await phone.scheduled.change(later.id, { body: 'Good morning!' });
    await when(scheduled, (s) => s.items[0]?.body === 'Good morning!');
    await scheduled.cancel(later.id);
    await when(phone.scheduled, (s) => s.items.length === 0);
  });

  it('I26 I27 a draft is on my other device, and ends with the message', async () => {
    const { bob, his, info } = await two('Drafts');
    const phone = (await world.enter('Bob')).client.room(info.id);
    phone.draft.subscribe(() => {});
    his.draft.set('Dear Ada');
    expect(his.draft.getSnapshot()).toMatchObject({ body: 'Dear Ada', kept: 'here' });
    await when(phone.draft, (s) => s.body === 'Dear Ada');
    await when(his.draft, (s) => s.kept === 'everywhere');
    phone.draft.set('Dear Ada, I');
    await when(his.draft, (s) => s.body === 'Dear Ada, I');
    phone.join();
    await phone.whenLive();
    his.messages.send('Dear Ada, I know.');
    expect(his.draft.getSnapshot().body).toBe('');
    await when(phone.draft, (s) => s.body === '');
    expect(await bob.client.call('get_draft', { roomId: info.id })).toMatchObject({ body: '' });
  });

  it('I28 a file goes in pieces, on from where the server stands, and is sent with a message', async () => {
    const { ada, room } = await two('Files');
    const bytes = new Uint8Array(700_000).map((_, i) => i % 251);
    const progress: number[] = [];
    let broken = 0;
    const puts: number[] = [];
    /** Every second piece reaches the server, but its answer never comes back. */
    const flaky: typeof fetch = async (input, init) => {
      const response = await fetch(input, init);
      if (init?.method !== 'PUT') return response;
      puts.push(Number(new Headers(init.headers).get('upload-offset')));
      if (puts.length % 2 === 0) return response;
      broken += 1;
      throw new TypeError('the network is gone');
    };
    const storage = createMemoryStorage();
    const { client } = await world.enter('Ada', { fetch: flaky, storage, random: () => 0 });
    const task = client.uploads.upload(bytes, {
      name: 'numbers.bin',
      onProgress: ({ sent }) => progress.push(sent),
    });
    const upload = await task.done;
    expect(upload).toMatchObject({ status: 'ready', bytes: bytes.length, name: 'numbers.bin' });
    expect(broken).toBeGreaterThan(0);
    expect(new Set(puts).size).toBe(puts.length);
    expect(progress).toEqual([...progress].sort((a, b) => a - b));
    expect(progress.at(-1)).toBe(bytes.length);
    expect([...storage.map.keys()].filter((key) => key.includes(':upload:'))).toEqual([]);

    const sent = room.messages.send('', { attachments: [upload] });
    expect(room.getSnapshot().messages.at(-1)?.attachments[0]?.name).toBe('numbers.bin');
    expect((await sent.confirmed).attachments).toMatchObject([{ id: upload.id, bytes: bytes.length }]);
    const { url } = await ada.client.call('link_upload', { uploadId: upload.id });
    const body = new Uint8Array(await (await fetch(new URL(url, world.app.url))).arrayBuffer());
    expect(body).toEqual(bytes);
  });

  it('I28 the same file chosen again after a reload goes on, and one that is cancelled is forgotten', async () => {
    const bytes = new Uint8Array(600_000).fill(7);
    const storage = createMemoryStorage();
    const once: { client?: Client } = {};
    let pieces = 0;
    const stopping: typeof fetch = async (input, init) => {
      if (init?.method === 'PUT' && pieces++ > 0) {
        once.client?.close();
        throw new TypeError('the page is gone');
      }
      return fetch(input, init);
    };
    once.client = (await world.enter('Ada', { fetch: stopping, storage })).client;
    const first = once.client.uploads.upload(bytes, { name: 'sevens.bin' });
    await expect(first.done).rejects.toMatchObject({ code: expect.any(String) });
    const place = first.getSnapshot().upload;
    expect(place?.received).toBeGreaterThan(0);

    const puts: number[] = [];
    const watching: typeof fetch = (input, init) => {
      if (init?.method === 'PUT') puts.push(Number(new Headers(init.headers).get('upload-offset')));
      return fetch(input, init);
    };
    const { client } = await world.enter('Ada', { fetch: watching, storage });
    const second = client.uploads.upload(bytes, { name: 'sevens.bin' });
    expect((await second.done).id).toBe(place?.id);
    expect(puts[0]).toBe(place?.received);

    const third = client.uploads.upload(new Uint8Array(300_000), { name: 'zeros.bin' });
    await when(third, (s) => s.upload !== undefined);
    const { id } = third.getSnapshot().upload as { id: string };
    third.cancel();
    await expect(third.done).rejects.toMatchObject({ code: 'aborted' });
    expect(third.getSnapshot().status).toBe('cancelled');
    await expect
      .poll(() =>
        client.call('get_upload', { uploadId: id }).then(
          () => 'there',
          (error) => error.code,
        ),
      )
      .toBe('not_found');
  });

  it('I29 a message for very many waits for a yes, and the next one does not wait for it', async () => {
    const ada = await world.enter('Ada');
    const memberIds: string[] = [];
    for (let i = 0; i < 21; i++) memberIds.push((await world.app.signIn(`Guest ${i}`)).user.id);
    const info = await ada.client.rooms.create({ name: 'Crowd', memberIds });
    const storage = createMemoryStorage();
    const { client } = await world.enter('Ada', { storage });
    const room = client.room(info.id);
    room.join();
    await room.whenLive();
    const asked = room.messages.send('@all lunch');
    const next = room.messages.send('or not');
    await expect(asked.confirmed).rejects.toMatchObject({ reason: 'confirm_mention' });
    expect((await next.confirmed).seq).toBeGreaterThan(0);
    expect(asked.status).toBe('needs_confirmation');
    client.close();

    // After a reload it is still asked.
    const again = (await world.enter('Ada', { storage })).client.room(info.id);
    again.join();
    await again.whenLive();
    expect(again.getSnapshot().messages.at(-1)?.delivery).toMatchObject({
      status: 'needs_confirmation',
      people: 21,
    });
    const handle = again.messages.handle(asked.id);
    handle?.confirm();
    expect((await handle?.confirmed)?.body).toBe('@all lunch');
    await when(again, (s) => s.messages.every((message) => message.delivery === undefined));
    expect(again.getSnapshot().messages.map((message) => message.body)).toEqual(['or not', '@all lunch']);
  });

  it('I35 what I may do changes when a moderator mutes me or the owner takes a right away', async () => {
    const { ada, bob, his, info } = await two('Rights');
    const { rights } = his;
    rights.follow();
    await when(rights, (s) => s.can['message.send']?.allowed === true);
    const until = '2100-01-01T00:00:00.000Z';
    await ada.client.call('mute_member', { roomId: info.id, userId: bob.user.id, until });
    const { can } = await when(rights, (s) => s.can['message.send']?.allowed === false);
    expect(can['message.send']).toMatchObject({ reason: 'muted', until });
    await ada.client.call('unmute_member', { roomId: info.id, userId: bob.user.id });
    await when(rights, (s) => s.can['message.send']?.allowed === true);
    await ada.client.call('set_room_rights', {
      roomId: info.id,
      role: 'member',
      take: ['message.react'],
    });
    await when(rights, (s) => s.can['message.react']?.reason === 'room_rule');
  });

  it('I36 I37 commands of a room come and go, and a private reply is on all my devices and nowhere else', async () => {
    const { ada, bob, room, his, info } = await two('Commands');
    const phone = (await world.enter('Ada')).client.room(info.id);
    phone.join();
    await phone.whenLive();
    his.commands.follow();
    const names = (all: readonly { name: string }[]) => all.map(({ name }) => name);
    expect(names(await his.commands.list())).toContain('help');
    const made = await ada.client.call('create_command', {
      roomId: info.id,
      name: 'plan',
      description: 'Plans',
      handler: { kind: 'webhook', url: 'https://example.org/' },
    });
    await when(his.commands, (s) => names(s.commands).includes('plan'));
    await ada.client.call('delete_command', { commandId: made.id as string });
    await when(his.commands, (s) => s.status === 'ready' && !names(s.commands).includes('plan'));

    const { reply } = await room.commands.runText('/topic Release day');
    expect(reply).toMatchObject({ visibility: 'private' });
    await when(his, (s) => s.room?.topic === 'Release day');
    const [there] = await when(phone.commands.replies, (all) => all.length === 1);
    expect(there).toMatchObject({ name: 'topic', body: reply?.body });
    expect(room.getSnapshot().replies).toHaveLength(1);
    await expect(his.commands.run('nothing')).rejects.toMatchObject({ reason: 'command_not_found' });
    await his.commands.run('me', { text: 'waves' });
    await when(room, (s) => s.messages.at(-1)?.body === '_waves_');
    expect(his.getSnapshot().replies).toEqual([]);
    expect(bob.client.state.getSnapshot().status).toBe('online');
  });
});
