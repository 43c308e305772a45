// Reactions over every surface: counted once a person, told to everyone in the order of the log, gone with the message, and
// nothing to whoever may not see the room.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Message } from '../../src/server/messages/contract.ts';
import { type SignedIn, startApp, type TestApp } from '../support/app.ts';
import {
  type Answer,
  type Caller,
  connect,
  type Listener,
  listen,
  refusalOf,
  SURFACES,
} from '../support/clients.ts';

let app: TestApp;
let ada: SignedIn;
let bob: SignedIn;
let eve: SignedIn;
let ear: Listener;
let outsider: Caller;

beforeAll(async () => {
  app = await startApp();
  await app.signIn('Root Person');
  [ada, bob, eve] = [await app.signIn('Ada'), await app.signIn('Bob'), await app.signIn('Eve')];
  ear = await listen('phoenix 2.0.0', app, bob);
  outsider = await connect('rest', app, eve);
});
afterAll(async () => {
  await ear.close();
  await app.stop();
});

describe.each(SURFACES)('reactions by %s', (surface) => {
  let client: Caller;
  let roomId: string;
  let message: Message;
  beforeAll(async () => {
    client = await connect(surface, app, ada);
  });
  beforeEach(async () => {
    const room = await client.call('create_room', {
      name: 'A room',
      visibility: 'private',
      memberIds: [bob.user.id],
    });
    roomId = room.id;
    message = await client.call('send_message', { roomId, body: 'Shall we?' });
  });
  afterAll(() => client.close());

  const react = (emoji: string, by: Caller = client): Promise<Message> =>
    by.call('add_reaction', { messageId: message.id, emoji });
  const unreact = (emoji: string, by: Caller = client): Promise<Message> =>
    by.call('remove_reaction', { messageId: message.id, emoji });
  const lastSeq = async () => (await client.call('get_room', { roomId })).lastSeq as number;

  test('are counted once a person, and everyone hears each one', async () => {
    await ear.join(roomId);
    expect((await react('👍')).reactions).toEqual([{ emoji: '👍', count: 1, mine: true }]);
    expect((await react('👍')).reactions).toEqual([{ emoji: '👍', count: 1, mine: true }]);
    expect((await react('👍', ear)).reactions).toEqual([{ emoji: '👍', count: 2, mine: true }]);
    await react(':party:', ear);
    await unreact('👍');
    await unreact('👍');
    const heard = () => ear.heard.filter((h) => h.room === roomId && h.type.startsWith('reaction_'));
    await ear.until('four changes', () => heard().length === 4);
    const place = { roomId, messageId: message.id, messageSeq: message.seq };
    expect(heard().map((h) => ({ type: h.type, ...h.payload }))).toEqual([
      {
        type: 'reaction_added',
        ...place,
        seq: message.seq + 1,
        userId: ada.user.id,
        emoji: '👍',
        reactions: [{ emoji: '👍', count: 1 }],
      },
      {
        type: 'reaction_added',
        ...place,
        seq: message.seq + 2,
        userId: bob.user.id,
        emoji: '👍',
        reactions: [{ emoji: '👍', count: 2 }],
      },
      {
        type: 'reaction_added',
        ...place,
        seq: message.seq + 3,
        userId: bob.user.id,
        emoji: ':party:',
        reactions: [
          { emoji: '👍', count: 2 },
          { emoji: ':party:', count: 1 },
        ],
      },
      {
        type: 'reaction_removed',
        ...place,
        seq: message.seq + 4,
        userId: ada.user.id,
        emoji: '👍',
        reactions: [
          { emoji: '👍', count: 1 },
          { emoji: ':party:', count: 1 },
        ],
      },
    ]);
    const [shown] = (await client.call('list_messages', { roomId })).data.slice(-1);
    expect(shown.reactions).toEqual([
      { emoji: '👍', count: 1, mine: false },
      { emoji: ':party:', count: 1, mine: false },
    ]);
    expect((await ear.call('get_message', { messageId: message.id })).reactions).toEqual(
      shown.reactions.map((r: Answer) => ({ ...r, mine: true })),
    );
    // An edit keeps them, a deletion does not.
    const edited = await client.call('edit_message', { messageId: message.id, body: 'Shall we go?' });
    expect(edited.reactions).toEqual(shown.reactions);
    const tombstone = await client.call('delete_message', { messageId: message.id });
    expect(tombstone.reactions).toEqual([]);
    expect(await refusalOf(react('👍'))).toMatchObject({ code: 'conflict', reason: 'message_deleted' });
    await ear.leave(roomId);
  });

  test('follow the mode of the room', async () => {
    await react('👍');
    await react('❤');
    expect((await client.call('get_room', { roomId })).reactionMode).toBe('any');
    await client.call('update_room', { roomId, reactionMode: 'one' });
    expect((await react('🎉')).reactions).toEqual([{ emoji: '🎉', count: 1, mine: true }]);
    await client.call('update_room', { roomId, reactionMode: 'off' });
    const before = await lastSeq();
    expect(await refusalOf(react('👍'))).toMatchObject({ code: 'forbidden', reason: 'reactions_off' });
    expect(await lastSeq(), 'nothing was appended').toBe(before);
    expect((await unreact('🎉')).reactions).toEqual([]);
    expect(await refusalOf(ear.call('update_room', { roomId, reactionMode: 'any' }))).toMatchObject({
      reason: 'not_allowed',
    });
  });

  test('are one emoji each, spelt one way, and at most twenty', async () => {
    for (const emoji of ['yes', '', '7', '👍👍', ': :', '<b>', '👍 '])
      expect(await refusalOf(react(emoji === '' ? ' ' : emoji)), emoji).toMatchObject({ code: 'invalid' });
    await react('❤');
    expect((await react('❤\uFE0F')).reactions).toEqual([{ emoji: '❤\uFE0F', count: 1, mine: true }]);
    for (const emoji of ['👩‍👩‍👧', '👍🏽', '🇫🇷']) await react(emoji);
    for (let i = 4; i < 20; i++) await react(`:number_${i}:`);
    expect(await refusalOf(react(':number_20:'))).toMatchObject({ reason: 'too_many_emoji', status: 409 });
    expect((await react('👍🏽', ear)).reactions).toHaveLength(20);
  });

  test('are refused to who is not in the room as if there were none', async () => {
    await react('👍');
    const { traceId: _, ...missing } = await refusalOf(
      outsider.call('add_reaction', { messageId: ada.user.id, emoji: '👍' }),
    );
    expect(missing).toMatchObject({ status: 404, reason: 'message_not_found' });
    for (const attempt of [react('👍', outsider), unreact('👍', outsider)]) {
      const { traceId: _, ...refusal } = await refusalOf(attempt);
      expect(refusal).toEqual(missing);
    }
    await client.call('update_room', { roomId, visibility: 'public' });
    expect(await refusalOf(react('👍', outsider))).toMatchObject({ reason: 'not_a_member' });
  });
});
