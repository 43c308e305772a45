// Mentions by both protocols and REST: where they stand in the text, who may mention everyone, and that very many are meant.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newId } from '../../src/core/ids.ts';
import type { Message } from '../../src/server/messages/contract.ts';
import { type SignedIn, startApp, type TestApp } from '../support/app.ts';
import { type Caller, connect, refusalOf } from '../support/clients.ts';

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
