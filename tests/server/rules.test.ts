// What a room's rules refuse or hold, before anybody sees it: also when it is edited, said by an agent, or spelt to get around them;
// and that what is held comes out once, or not at all.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { AppError } from '../../src/core/errors.ts';
import { newId } from '../../src/core/ids.ts';
import type { Scope } from '../../src/core/scope.ts';
import { compile, findBreach } from '../../src/server/rules/check.ts';
import { ContentRules } from '../../src/server/rules/contract.ts';
import { saying, startTown, type Town, untilOver } from '../agents/town.ts';

let town: Town;
let ada: Scope;
let bea: Scope;
let cyd: Scope;

beforeAll(async () => {
  town = await startTown();
  await town.person('Root Person');
  [ada, bea, cyd] = [await town.person('Ada'), await town.person('Bea'), await town.person('Cyd')];
});
afterAll(() => town.stop());

type RoomId = { id: string };
const roomOf = async (rules: object): Promise<RoomId> => {
  const room = await town.call(ada, 'create_room', { name: 'A room' });
  for (const person of [bea, cyd])
    await town.call(ada, 'add_member', { roomId: room.id, userId: person.user.id });
  await town.call(ada, 'set_room_rules', { roomId: room.id, ...rules });
  return room;
};
const refusal = async (call: Promise<unknown>): Promise<string> => {
  const answer = await call.catch((error: unknown) => error);
  if (!(answer instanceof AppError)) return 'allowed';
  const rule = answer.details.errors?.[0]?.message;
  return rule === undefined ? answer.reason : `${answer.reason} ${rule}`;
};

const breaks = (rules: object, text: string, more: object = {}) =>
  findBreach(compile(ContentRules.parse(rules)), {
    texts: [text],
    mentions: 0,
    before: [],
    flagged: false,
    ...more,
  })?.rule;

test.each([
  ['a plain word', 'Buy SPAM now', 'spam', true],
  ['no part of a word', 'Spamalot', 'spam', false],
  ['a star for any letters', 'Spamalot', 'spam*', true],
  ['stars on both sides', 'unspammed', '*spam*', true],
  ['accents, marks and wide letters', 'ｓpá\u200bm', 'spam', true],
  ['a phrase over marks and lines', 'free,\n  money!', 'free money', true],
  ['not its words apart', 'free the money', 'free money', false],
  ['what would be a costly pattern', `${'a'.repeat(60_000)}!`, '*a*a*a*a*a*b', false],
])('phrases: %s', (_, text, phrase, holds) => {
  expect(breaks({ phrases: [{ phrase }] }, text)).toBe(holds ? 'phrases' : undefined);
});

test('links but to hosts that are allowed, mentions, repeats, and what the service flags', () => {
  const links = { links: { allowHosts: ['example.org'] } };
  expect(breaks(links, 'see https://evil.test/x')).toBe('links');
  expect(breaks(links, 'see https://docs.example.org/x')).toBeUndefined();
  expect(breaks(links, 'see https://example.org.evil.test')).toBe('links');
  expect(breaks({ mentions: { most: 2 } }, 'x', { mentions: 3 })).toBe('mentions');
  expect(breaks({ repeats: { most: 2, seconds: 60 } }, 'Hi!', { before: ['hi', 'HI.'] })).toBe('repeats');
  expect(breaks({ repeats: { most: 2, seconds: 60 } }, 'Hi!', { before: ['hi', 'ho'] })).toBeUndefined();
  expect(breaks({ service: {} }, 'x', { flagged: true })).toBe('service');
});

test('what is refused is not stored, sent or edited; who looks after the room is exempt', async () => {
  const room = await roomOf({ phrases: [{ phrase: 'spam*' }], repeats: { most: 2, seconds: 3600 } });
  expect(await refusal(town.say(bea, room, 'Spammy words'))).toBe('blocked_by_rule phrases');
  const fine = await town.say(bea, room, 'Fine words');
  expect(await refusal(town.call(bea, 'edit_message', { messageId: fine.id, body: 'spam' }))).toBe(
    'blocked_by_rule phrases',
  );
  await town.say(bea, room, 'fine WORDS');
  expect(await refusal(town.say(bea, room, 'Fine words!'))).toBe('blocked_by_rule repeats');
  await town.say(cyd, room, 'Fine words');
  await town.say(ada, room, 'About spam');
  expect((await town.messages(ada, room)).map(({ body }) => body)).not.toContain('Spammy words');
  // Others hold from the next message on.
  await town.call(ada, 'set_room_rules', { roomId: room.id });
  await town.say(bea, room, 'Spam at last');
  expect(await refusal(town.call(bea, 'get_room_rules', { roomId: room.id }))).toBe('not_allowed');
});

test('what is held waits for a moderator, and comes out once under its own id', async () => {
  const room = await roomOf({ phrases: [{ phrase: 'offer', action: 'hold' }] });
  const heard = town.listen(room);
  const id = newId();
  const send = () => town.say(bea, room, 'An offer', { id });
  expect(await refusal(send())).toBe('held_for_review');
  expect(await refusal(send())).toBe('held_for_review');
  const held = (who: Scope) =>
    town.call(who, 'list_held_messages', { roomId: room.id }).then(({ data }) => data);
  expect(await held(ada)).toMatchObject([
    { id, author: { id: bea.user.id }, body: 'An offer', rule: 'phrases' },
  ]);
  expect(await held(bea)).toHaveLength(1);
  expect(await held(cyd)).toEqual([]);
  expect((await town.call(ada, 'list_notifications')).data[0]).toMatchObject({
    subject: { action: 'held', messageId: id },
  });
  expect(heard).toEqual([]);

  expect(await refusal(town.call(bea, 'release_message', { messageId: id }))).toBe('held_message_not_found');
  const released = await Promise.all(
    Array.from({ length: 8 }, () => town.call(ada, 'release_message', { messageId: id })),
  );
  for (const message of released)
    expect(message).toMatchObject({ id, body: 'An offer', author: { id: bea.user.id } });
  expect(heard.map(({ type }) => type)).toEqual(['new_message']);
  expect(await held(ada)).toEqual([]);
  expect(await send()).toEqual(released[0]);
  expect(await refusal(town.call(ada, 'reject_message', { messageId: id }))).toBe('already_decided');
  const told = (await town.call(bea, 'list_notifications')).data.map(
    (n: { subject: { action: string } }) => n.subject.action,
  );
  expect(told).toEqual(['released']);
});

test('what is rejected never comes out, and its author is told why', async () => {
  const room = await roomOf({ phrases: [{ phrase: 'offer', action: 'hold' }] });
  const id = newId();
  expect(await refusal(town.say(bea, room, 'An offer', { id }))).toBe('held_for_review');
  await town.call(ada, 'reject_message', { messageId: id, note: 'Not here' });
  expect(await refusal(town.call(ada, 'release_message', { messageId: id }))).toBe('already_decided');
  expect(await refusal(town.say(bea, room, 'An offer', { id }))).toBe('rejected_by_moderator');
  expect((await town.call(bea, 'list_notifications')).data[0]).toMatchObject({
    subject: { action: 'rejected', reason: 'Not here' },
  });
  expect(await town.messages(ada, room)).toEqual([]);
});

test('an agent is bound as well: its answer waits, its run is over, and released it is its answer', async () => {
  const bot = await town.agent(ada);
  const room = await roomOf({ phrases: [{ phrase: 'offer', action: 'hold' }] });
  await town.call(ada, 'invite_agent', { roomId: room.id, agentId: bot.id });
  town.plays(() => saying('I have an offer.'));
  await town.say(cyd, room, `@${bot.handle} hello?`);
  const run = await untilOver(town, ada, bot);
  await town.settle();
  expect(run).toMatchObject({ status: 'completed' });
  const [held] = (await town.call(ada, 'list_held_messages', { roomId: room.id })).data;
  expect(held).toMatchObject({ author: { id: bot.id } });
  const message = await town.call(ada, 'release_message', { messageId: held.id });
  expect(message).toMatchObject({ kind: 'agent', body: 'I have an offer.', run: { id: run.id } });
  expect((await town.messages(ada, room)).filter(({ kind }) => kind === 'agent')).toHaveLength(1);
});
