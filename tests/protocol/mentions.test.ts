// Mentions by both protocols and REST: where they stand in the text, who may mention everyone, and that very many are meant.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newId } from '../../src/core/ids.ts';
import type { Message } from '../../src/server/messages/contract.ts';
import { type SignedIn, startApp, type TestApp } from '../support/app.ts';
import { type Caller, connect, type Listener, listen, refusalOf } from '../support/clients.ts';
import { until } from '../support/until.ts';

let app: TestApp;
let ada: SignedIn;
let bob: SignedIn;
let agent: { id: string; handle: string };

beforeAll(async () => {
  app = await startApp();
  const root = await app.signIn('Root Person');
  [ada, bob] = [await app.signIn('Ada'), await app.signIn('Bob')];
  agent = await (await connect('rest', app, root)).call('create_agent', { name: 'Helper' });
});
afterAll(() => app.stop());

/** Puts this many people more into the room; they need no session to be counted. */
async function crowd(roomId: string, size: number): Promise<void> {
  const { db } = app.app.parts.database;
  const { tenantId } = await db
    .selectFrom('rooms')
    .select('tenantId')
    .where('id', '=', roomId)
    .executeTakeFirstOrThrow();
  const users = Array.from({ length: size }, () => {
    const id = newId();
    const handle = `p${id.replaceAll('-', '')}`;
    return { id, tenantId, kind: 'human' as const, handle, handleKey: handle, name: 'One of many' };
  });
  await db.insertInto('users').values(users).execute();
  await db
    .insertInto('memberships')
    .values(users.map(({ id }) => ({ roomId, userId: id, tenantId })))
    .execute();
}

describe.each(['rest', 'socketio over websocket', 'phoenix 2.0.0'] as const)('mentions by %s', (surface) => {
  let owner: Caller;
  let member: Caller;
  beforeAll(async () => {
    owner = await connect(surface, app, ada);
    member = await connect(surface, app, bob);
  });
  afterAll(async () => {
    await owner.close();
    await member.close();
  });
  const room = async (kind: 'channel' | 'group' = 'channel'): Promise<string> =>
    (await owner.call('create_room', { name: 'A room', kind, memberIds: [bob.user.id] })).id;
  const kinds = (message: Message) => message.mentions.map((m) => m.kind);

  test('say who is meant, and where in the text', async () => {
    const roomId = await room();
    await owner.call('invite_agent', { roomId, agentId: agent.id });
    const body = `@bob. and @${agent.handle}, @here; not bob@example.org or @nobody`;
    const { mentions } = await owner.call('send_message', { roomId, body });
    expect(mentions).toMatchObject([
      { kind: 'user', userId: bob.user.id },
      { kind: 'agent', userId: agent.id },
      { kind: 'here' },
    ]);
    expect(
      mentions.map((m: Message['mentions'][number]) => body.slice(m.offset, m.offset + m.length)),
    ).toEqual(['@bob', `@${agent.handle}`, '@here']);
  });

  test('of everyone are made by those whose role allows it; of others they are words', async () => {
    const roomId = await room();
    const said = await member.call('send_message', { roomId, body: '@all and @ada' });
    expect(kinds(said)).toEqual(['user']);
    expect((await owner.call('get_room', { roomId })).me).toMatchObject({ unread: 1, mentions: 1 });
    const edited = await member.call('edit_message', { messageId: said.id, body: '@all' });
    expect(kinds(edited)).toEqual([]);
    expect((await owner.call('get_room', { roomId })).me).toMatchObject({ unread: 1, mentions: 0 });
    expect(kinds(await owner.call('send_message', { roomId, body: '@all' }))).toEqual(['all']);
    expect((await member.call('get_room', { roomId })).me).toMatchObject({ unread: 1, mentions: 1 });
    await owner.call('update_member', { roomId, userId: bob.user.id, role: 'admin' });
    expect(kinds(await member.call('send_message', { roomId, body: '@here' }))).toEqual(['here']);
    const group = await room('group');
    expect(kinds(await member.call('send_message', { roomId: group, body: '@all' }))).toEqual(['all']);
  });

  test('of very many have to be meant', async () => {
    const roomId = await room();
    await crowd(roomId, 19);
    const id = newId();
    expect(kinds(await owner.call('send_message', { roomId, body: '@all twenty' }))).toEqual(['all']);
    await crowd(roomId, 1);
    const { lastSeq } = await owner.call('get_room', { roomId });
    const attempt = { roomId, id, body: '@all, listen' };
    expect(await refusalOf(owner.call('send_message', attempt))).toMatchObject({
      status: 409,
      reason: 'confirm_mention',
      detail: expect.stringContaining('21'),
      errors: [{ path: 'confirm', message: '21' }],
    });
    expect((await owner.call('get_room', { roomId })).lastSeq, 'nothing was appended').toBe(lastSeq);
    const sent = await owner.call('send_message', { ...attempt, confirm: true });
    expect(kinds(sent)).toEqual(['all']);
    expect(await owner.call('send_message', attempt), 'tried again').toEqual(sent);
    const plain = await owner.call('send_message', { roomId, body: 'nobody in particular' });
    const edit = { messageId: plain.id, body: '@all after all' };
    expect(await refusalOf(owner.call('edit_message', edit))).toMatchObject({ reason: 'confirm_mention' });
    expect(kinds(await owner.call('edit_message', { ...edit, confirm: true }))).toEqual(['all']);
  });
});

describe('@here', () => {
  let adas: Caller;
  let bobs: Caller;
  let cyds: Caller;
  let bobsScreen: Listener;
  let cyd: SignedIn;
  beforeAll(async () => {
    cyd = await app.signIn('Cyd');
    [adas, bobs, cyds] = [
      await connect('rest', app, ada),
      await connect('rest', app, bob),
      await connect('rest', app, cyd),
    ];
    bobsScreen = await listen('phoenix 2.0.0', app, bob);
  });
  afterAll(() => bobsScreen.close());

  const newRoom = async (kind: 'channel' | 'group' = 'channel'): Promise<string> => {
    const memberIds = [bob.user.id, cyd.user.id];
    return (await adas.call('create_room', { name: 'A room', kind, memberIds })).id;
  };
  const reached = (message: Message) => message.mentions.map(({ kind, userIds }) => ({ kind, userIds }));

  test('reaches the members who are connected to the room, and no one else by any count', async () => {
    const roomId = await newRoom();
    await adas.call('invite_agent', { roomId, agentId: agent.id });
    await bobsScreen.join(roomId);
    const sent = await adas.call('send_message', { roomId, body: '@here, lunch' });
    expect(reached(sent)).toEqual([{ kind: 'here', userIds: [bob.user.id] }]);
    const reply = await adas.call('send_message', { roomId, threadId: sent.id, body: '@here still' });
    const badges = [
      { by: bobs, mentions: 2, reason: 'mention_here', inThread: 1 },
      { by: cyds, mentions: 0, reason: 'message', inThread: 0 },
    ];
    for (const { by, mentions, reason, inThread } of badges) {
      expect((await by.call('get_room', { roomId })).me).toMatchObject({ unread: 2, mentions });
      const { data } = await by.call('list_rooms');
      expect(data.find(({ id }: { id: string }) => id === roomId)).toMatchObject({ me: { mentions } });
      const why = await by.call('explain_unread', { roomId });
      expect(why).toMatchObject({ unread: 2, mentions });
      expect(why.counted[0]).toMatchObject({ messageId: sent.id, reason });
      expect(why.mentioned).toHaveLength(mentions);
      const thread = await by.call('get_thread', { messageId: sent.id });
      expect(thread.me).toMatchObject({ unread: 1, mentions: inThread });
      const told = await by.call('explain_thread_unread', { messageId: sent.id });
      expect(told).toMatchObject({ unread: 1, mentions: inThread });
    }
    const inbox = async (by: Caller): Promise<string[]> =>
      (await by.call('list_notifications', {})).data
        .filter((one: { kind: string; roomId?: string }) => one.kind === 'mention' && one.roomId === roomId)
        .map((one: { message?: { id: string } }) => one.message?.id);
    await until('the inbox', async () => (await inbox(bobs)).includes(reply.id));
    expect(await inbox(bobs)).toEqual([reply.id, sent.id]);
    expect(await inbox(cyds)).toEqual([]);
    await bobsScreen.leave(roomId);
    await until('nobody is there', async () => {
      const again = await adas.call('send_message', { roomId, body: '@here again' });
      return reached(again)[0]?.userIds?.length === 0;
    });
  });

  test('keeps whom it reached when the message is edited, and finds who is there when an edit brings it', async () => {
    const roomId = await newRoom();
    await bobsScreen.join(roomId);
    const plain = await adas.call('send_message', { roomId, body: 'lunch' });
    const edited = await adas.call('edit_message', { messageId: plain.id, body: '@here lunch' });
    expect(reached(edited)).toEqual([{ kind: 'here', userIds: [bob.user.id] }]);
    await bobsScreen.leave(roomId);
    const screen = await listen('socketio over websocket', app, cyd);
    await screen.join(roomId);
    const again = await adas.call('edit_message', { messageId: plain.id, body: '@here, lunch!' });
    expect(reached(again)).toEqual([{ kind: 'here', userIds: [bob.user.id] }]);
    await screen.close();
  });

  test('of a message that was held reaches those who were there when it was said', async () => {
    const roomId = await newRoom('group');
    await adas.call('set_room_rules', { roomId, phrases: [{ phrase: 'lottery', action: 'hold' }] });
    await bobsScreen.join(roomId);
    const id = newId();
    const attempt = cyds.call('send_message', { roomId, id, body: '@here a lottery' });
    expect(await refusalOf(attempt)).toMatchObject({ reason: 'held_for_review' });
    await bobsScreen.leave(roomId);
    const released = await adas.call('release_message', { messageId: id });
    expect(reached(released)).toEqual([{ kind: 'here', userIds: [bob.user.id] }]);
  });
});
