// Rooms over every surface: who may see, join, change and end them, and that removal takes effect at once.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { type SignedIn, startApp, type TestApp } from '../support/app.ts';
import {
  type Caller,
  connect,
  type Listener,
  listen,
  refusalOf,
  SOCKET_SURFACES,
  SURFACES,
} from '../support/clients.ts';

let app: TestApp;
let ada: SignedIn;
let bob: SignedIn;
let eve: SignedIn;

beforeAll(async () => {
  app = await startApp();
  // The first to sign in administers the server, which would hide what roles do.
  await app.signIn('Root Person');
  [ada, bob, eve] = [await app.signIn('Ada'), await app.signIn('Bob'), await app.signIn('Eve')];
});
afterAll(() => app.stop());

describe.each(SURFACES)('rooms by %s', (surface) => {
  let adas: Caller;
  let bobs: Caller;
  let eves: Caller;
  beforeAll(async () => {
    adas = await connect(surface, app, ada);
    bobs = await connect(surface, app, bob);
    eves = await connect(surface, app, eve);
  });
  afterAll(() => Promise.all([adas, bobs, eves].map((client) => client.close())));

  const slug = () => `room-${randomUUID().slice(0, 8)}`;

  test('a room is created, found by slug, changed and deleted', async () => {
    const name = slug();
    const room = await adas.call('create_room', { name: 'Plans', slug: name, topic: 'What next' });
    expect(room).toMatchObject({ slug: name, kind: 'channel', visibility: 'public', lastSeq: 1 });
    expect(await adas.call('get_room', { roomId: name })).toMatchObject({
      id: room.id,
      me: { role: 'owner', unread: 0 },
    });
    expect(await refusalOf(bobs.call('create_room', { name: 'Other plans', slug: name }))).toMatchObject({
      code: 'conflict',
      reason: 'slug_taken',
    });
    const changed = await adas.call('update_room', { roomId: name, name: 'Old plans', topic: null });
    expect(changed).toMatchObject({ name: 'Old plans', lastSeq: 2 });
    expect(changed.topic).toBeUndefined();
    expect(await adas.call('delete_room', { roomId: name })).toEqual({ deleted: true });
    for (const key of [name, room.id])
      expect(await refusalOf(adas.call('get_room', { roomId: key }))).toMatchObject({ code: 'not_found' });
    // The slug is free again, for another room.
    const next = await bobs.call('create_room', { name: 'New plans', slug: name });
    expect(next.id).not.toBe(room.id);
    expect(await bobs.call('send_message', { roomId: name, body: 'here' })).toMatchObject({
      roomId: next.id,
    });
  });

  test('the room that a create answers is the room as it is', async () => {
    const room = await adas.call('create_room', {
      name: 'Counted',
      memberIds: [bob.user.id.toUpperCase(), bob.user.id, ada.user.id.toUpperCase()],
    });
    const { me, ...fresh } = await adas.call('get_room', { roomId: room.id });
    expect(room).toEqual(fresh);
    expect(me.role).toBe('owner');
    const { data } = await adas.call('list_members', { roomId: room.id });
    expect(data.map((m: { user: { id: string } }) => m.user.id).sort()).toEqual(
      [ada.user.id, bob.user.id].sort(),
    );
  });

  test('a direct room belongs to its set of members, whoever opens it and however it is spelt', async () => {
    const first = await adas.call('open_direct_room', { userIds: [bob.user.id] });
    const again = await bobs.call('open_direct_room', { userIds: [ada.user.id, bob.user.id] });
    const loud = await adas.call('open_direct_room', { userIds: [bob.user.id.toUpperCase()] });
    expect([again.id, loud.id]).toEqual([first.id, first.id]);
    const three = await adas.call('open_direct_room', { userIds: [eve.user.id, bob.user.id] });
    expect(three.id).not.toBe(first.id);
    expect(await refusalOf(eves.call('get_room', { roomId: first.id }))).toMatchObject({ code: 'not_found' });
    for (const attempt of [
      () => bobs.call('quit_room', { roomId: first.id }),
      () => bobs.call('remove_member', { roomId: first.id, userId: bob.user.id }),
      () => bobs.call('add_member', { roomId: first.id, userId: eve.user.id }),
    ])
      expect(await refusalOf(attempt())).toMatchObject({ code: 'conflict', reason: 'direct_room' });
    expect(await refusalOf(adas.call('open_direct_room', { userIds: [ada.user.id] }))).toMatchObject({
      code: 'invalid',
    });
  });

  test('roles allow what they say', async () => {
    const { id: roomId } = await adas.call('create_room', { name: 'Ranks', memberIds: [bob.user.id] });
    const refused = { code: 'forbidden', reason: 'not_allowed' };
    expect(await refusalOf(bobs.call('update_room', { roomId, name: 'Mine' }))).toMatchObject(refused);
    expect(await refusalOf(bobs.call('delete_room', { roomId }))).toMatchObject(refused);
    expect(
      await refusalOf(bobs.call('update_member', { roomId, userId: bob.user.id, role: 'owner' })),
    ).toMatchObject(refused);
    expect(await refusalOf(bobs.call('remove_member', { roomId, userId: ada.user.id }))).toMatchObject(
      refused,
    );
    const promoted = await adas.call('update_member', { roomId, userId: bob.user.id, role: 'admin' });
    expect(promoted).toMatchObject({ role: 'admin', user: { id: bob.user.id } });
    expect(await bobs.call('update_room', { roomId, name: 'Ours' })).toMatchObject({ name: 'Ours' });
    expect(await bobs.call('add_member', { roomId, userId: eve.user.id })).toMatchObject({ role: 'member' });
    const hers = await eves.call('send_message', { roomId, body: 'rude' });
    expect(await bobs.call('delete_message', { messageId: hers.id })).toMatchObject({ body: '' });
    expect(await bobs.call('remove_member', { roomId, userId: eve.user.id })).toEqual({ removed: true });
    expect(await refusalOf(bobs.call('remove_member', { roomId, userId: ada.user.id }))).toMatchObject(
      refused,
    );
    expect(await refusalOf(bobs.call('delete_room', { roomId }))).toMatchObject(refused);
    const mine = await adas.call('send_message', { roomId, body: 'fine' });
    expect(await refusalOf(eves.call('delete_message', { messageId: mine.id }))).toMatchObject({
      code: 'forbidden',
    });
  });

  test('a private room answers a stranger exactly as a room that does not exist', async () => {
    const name = slug();
    const room = await adas.call('create_room', { name: 'Secret', slug: name, visibility: 'private' });
    const message = await adas.call('send_message', { roomId: room.id, body: 'hidden' });
    const { id: mine } = await eves.call('create_room', { name: 'Mine' });
    const calls: [string, (key: string, messageId: string) => object][] = [
      ['get_room', (roomId) => ({ roomId })],
      ['list_messages', (roomId) => ({ roomId })],
      ['list_events', (roomId) => ({ roomId, afterSeq: 0 })],
      ['list_members', (roomId) => ({ roomId })],
      ['send_message', (roomId) => ({ roomId, body: 'let me in' })],
      ['mark_read', (roomId) => ({ roomId, seq: 1 })],
      ['typing', (roomId) => ({ roomId, on: true })],
      ['update_room', (roomId) => ({ roomId, name: 'Taken' })],
      ['delete_room', (roomId) => ({ roomId })],
      ['quit_room', (roomId) => ({ roomId })],
      ['add_member', (roomId) => ({ roomId, userId: eve.user.id })],
      ['update_member', (roomId) => ({ roomId, userId: ada.user.id, role: 'member' })],
      ['remove_member', (roomId) => ({ roomId, userId: ada.user.id })],
      ['get_message', (_, messageId) => ({ messageId })],
      ['edit_message', (_, messageId) => ({ messageId, body: 'mine' })],
      ['delete_message', (_, messageId) => ({ messageId })],
    ];
    for (const [call, input] of calls) {
      const answers = [];
      for (const [key, id] of [
        [room.id, message.id],
        [name, message.id],
        [randomUUID(), randomUUID()],
      ]) {
        const { traceId, ...rest } = await refusalOf(eves.call(call, input(key, id)));
        expect(traceId).toBeTypeOf('string');
        answers.push(rest);
      }
      expect(answers[0], call).toMatchObject({ code: 'not_found', status: 404 });
      expect(answers[0], call).toEqual(answers[2]);
      expect(answers[1], call).toEqual(answers[2]);
    }
    // A thread in another room is not a way in either.
    expect(
      await refusalOf(eves.call('send_message', { roomId: mine, body: 'hm', threadId: message.id })),
    ).toMatchObject({ code: 'not_found', reason: 'thread_not_found' });
    const listed = await eves.call('list_rooms', { scope: 'public', limit: 200 });
    expect(JSON.stringify(listed)).not.toContain(room.id);
  });

  test('public rooms are listed with my membership in each of them, on every page', async () => {
    // Private rooms come first in my list, and must not push the public one's membership off the page.
    for (let i = 0; i < 3; i++)
      await eves.call('create_room', { name: `Private ${i}`, visibility: 'private' });
    const room = await eves.call('create_room', { name: 'Seen' });
    let found: { id: string; me?: { role: string } } | undefined;
    for (let cursor: string | undefined; found === undefined; ) {
      const page = await eves.call('list_rooms', {
        scope: 'public',
        limit: 1,
        ...(cursor === undefined ? {} : { cursor }),
      });
      found = page.data.find((r: { id: string }) => r.id === room.id);
      cursor = page.nextCursor;
      if (cursor === undefined) break;
    }
    expect(found).toMatchObject({ me: { role: 'owner' } });
  });
});

describe.each(SOCKET_SURFACES)('removal heard by %s', (surface) => {
  test.each(['as it is', 'in capitals'])(
    'nothing reaches someone who was removed by an id %s',
    async (spelt) => {
      const owner = await connect('rest', app, ada);
      const witness = await listen(surface, app, bob);
      onTestFinished(() => witness.close());
      const target = await listen(surface, app, eve);
      onTestFinished(() => target.close());
      const { id: roomId } = await owner.call('create_room', {
        name: 'Narrow',
        visibility: 'private',
        memberIds: [bob.user.id, eve.user.id],
      });
      await Promise.all([witness.join(roomId), target.join(roomId)]);
      const userId = spelt === 'in capitals' ? eve.user.id.toUpperCase() : eve.user.id;
      const before = owner.call('send_message', { roomId, body: 'everyone hears' });
      const removal = owner.call('remove_member', { roomId, userId });
      await Promise.all([before, removal]);
      await owner.call('send_message', { roomId, body: 'only members hear' });
      await owner.call('typing', { roomId, on: true });
      await witness.until('the later message', () =>
        witness.heard.some((h) => h.payload.body === 'only members hear'),
      );
      // An answer to a later call comes behind everything that was written to this connection before.
      await target.call('get_me');
      const types = target.heard.filter((h) => h.room === roomId && 'seq' in h.payload).map((h) => h.type);
      expect(types.filter((type) => type === 'member_left')).toHaveLength(1);
      expect(types.at(-1)).toBe('member_left');
      expect(target.heard.some((h) => h.room === roomId && h.type === 'typing')).toBe(false);
      await witness.leave(roomId);
      const presence = await witness.join(roomId);
      expect(Object.keys(presence.presence)).not.toContain(eve.user.id);
      expect(await refusalOf(target.join(roomId))).toMatchObject({ code: 'not_found' });
    },
  );
});

test('two people of one room hear the same story by every protocol', async () => {
  const owner = await connect('rest', app, ada);
  const { id: roomId } = await owner.call('create_room', { name: 'Told', memberIds: [bob.user.id] });
  const ears: Listener[] = [];
  for (const surface of SOCKET_SURFACES) {
    for (const who of [ada, bob]) {
      const ear = await listen(surface, app, who);
      await ear.join(roomId);
      ears.push(ear);
    }
  }
  await Promise.all(
    ears.flatMap((ear, i) => [
      ear.call('send_message', { roomId, body: `hello from ${i}` }),
      owner.call('update_room', { roomId, topic: `topic ${i}` }),
    ]),
  );
  const { events, lastSeq } = await owner.call('list_events', { roomId, afterSeq: 2 });
  const story = (ear: Listener) =>
    ear.heard.filter((h) => h.room === roomId && typeof h.payload.seq === 'number');
  for (const ear of ears) {
    await ear.until('the last entry', () => story(ear).at(-1)?.payload.seq === lastSeq);
    expect(story(ear).map(({ type, payload }) => ({ seq: payload.seq, type, payload }))).toEqual(events);
  }
  await Promise.all(ears.map((ear) => ear.close()));
});
