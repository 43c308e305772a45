// What a room adds to roles and takes away binds wherever it matters, and `can` says before what trying shows after.
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { AppError } from '../../src/core/errors.ts';
import type { Scope } from '../../src/core/scope.ts';
import { createOutside } from '../agents/outside.ts';
import { calling, saying, startTown, type Town } from '../agents/town.ts';

const outside = createOutside();
let town: Town;
let ada: Scope;
let bea: Scope;
let cyd: Scope;

beforeAll(async () => {
  town = await startTown({ tools: outside.tools });
  await town.person('Root Person');
  [ada, bea, cyd] = [await town.person('Ada'), await town.person('Bea'), await town.person('Cyd')];
});
afterAll(() => town.stop());

type RoomId = { id: string };
const roomOf = async (kind = 'channel'): Promise<RoomId> => {
  const room = await town.call(ada, 'create_room', { name: 'A room', kind });
  for (const person of [bea, cyd])
    await town.call(ada, 'add_member', { roomId: room.id, userId: person.user.id });
  return room;
};
const setRights = (room: RoomId, more: object, by = ada) =>
  town.call(by, 'set_room_rights', { roomId: room.id, ...more });
const can = async (who: Scope, room: RoomId, action: string) =>
  (await town.call(who, 'can', { roomId: room.id, action })).can[action];
const reason = (call: Promise<unknown>): Promise<string> =>
  call.then(
    () => 'allowed',
    (error: unknown) => {
      if (!(error instanceof AppError)) throw error;
      return error.reason;
    },
  );

test('where only admins send, members read, and may not change what they said before', async () => {
  const room = await roomOf();
  const before = await town.say(bea, room, 'Before');
  await setRights(room, { role: 'member', take: ['message.send'] });
  expect(await reason(town.say(bea, room, 'x'))).toBe('room_rule');
  expect(await reason(town.call(bea, 'edit_message', { messageId: before.id, body: 'After' }))).toBe(
    'room_rule',
  );
  expect(await can(bea, room, 'message.send')).toEqual({ allowed: false, reason: 'room_rule' });
  expect((await town.say(ada, room, 'An announcement')).body).toBe('An announcement');

  await setRights(room, { userId: cyd.user.id, add: ['message.send'] });
  expect((await town.say(cyd, room, 'I may')).body).toBe('I may');
  // Leaving and coming back changes nothing of it.
  await town.call(bea, 'quit_room', { roomId: room.id });
  await town.call(bea, 'rooms.join', { roomId: room.id });
  expect(await reason(town.say(bea, room, 'x'))).toBe('room_rule');
  await setRights(room, { role: 'member' });
  expect((await town.say(bea, room, 'Again')).body).toBe('Again');
});

test('members hear of the change, and of single members only those who look after the room', async () => {
  const room = await roomOf();
  const heard = town.listen(room);
  await setRights(room, { role: 'member', take: ['message.react'] });
  await setRights(room, { userId: cyd.user.id, add: ['message.pin'] });
  expect(heard.map(({ type }) => type)).toEqual(['room_updated', 'member_updated']);
  expect(heard[0]?.payload.room.rights).toEqual({ member: { take: ['message.react'] } });
  expect((await town.call(bea, 'get_room', { roomId: room.id })).rights).toEqual(
    heard[0]?.payload.room.rights,
  );
  expect(await town.call(bea, 'get_room_rights', { roomId: room.id })).toEqual({
    member: { take: ['message.react'] },
  });
  expect(await town.call(ada, 'get_room_rights', { roomId: room.id })).toMatchObject({
    members: { [cyd.user.id]: { add: ['message.pin'] } },
  });
});

test('only owners change rights, and what is theirs cannot be given away', async () => {
  const room = await roomOf();
  await town.call(ada, 'update_member', { roomId: room.id, userId: bea.user.id, role: 'admin' });
  expect(await reason(setRights(room, { role: 'member', take: ['message.send'] }, bea))).toBe('not_allowed');
  expect(await reason(setRights(room, { role: 'admin', add: ['member.role'] }))).toBe('owners_alone');
  await setRights(room, { role: 'admin', take: ['member.remove'] });
  expect(await reason(town.call(bea, 'remove_member', { roomId: room.id, userId: cyd.user.id }))).toBe(
    'room_rule',
  );
});

test('members who may not invoke agents are not answered, and an agent that may not send keeps silent', async () => {
  const bot = await town.agent(ada);
  const room = await roomOf();
  await town.call(ada, 'invite_agent', { roomId: room.id, agentId: bot.id });
  await setRights(room, { role: 'member', take: ['agent.invoke'] });
  const invoke = { roomId: room.id, agentId: bot.id, prompt: 'Say something' };
  expect(await reason(town.call(bea, 'invoke_agent', invoke))).toBe('room_rule');
  const asked = await town.say(bea, room, `@${bot.handle} are you there?`);
  expect(await town.turns(bea, room, asked)).toMatchObject([
    { decision: 'silent', reason: 'may_not_invoke' },
  ]);
  const mine = await town.say(ada, room, `@${bot.handle} are you there?`);
  expect(await town.turns(ada, room, mine)).toMatchObject([{ decision: 'speak' }]);

  await setRights(room, { role: 'member', take: ['message.send'] });
  const shut = await town.say(ada, room, `@${bot.handle} and now?`);
  expect(await town.turns(ada, room, shut)).toMatchObject([{ decision: 'silent', reason: 'may_not_send' }]);
  await setRights(room, { userId: bot.id, add: ['message.send'] });
  const open = await town.say(ada, room, `@${bot.handle} and now?`);
  expect(await town.turns(ada, room, open)).toMatchObject([{ decision: 'speak' }]);
  await town.settle();
});

test('a member whom the room lets approve decides about calls of agents that their owners brought', async () => {
  const bot = await town.agent(ada);
  const foreign = await town.agent(cyd);
  const room = await roomOf();
  for (const { id } of [bot, foreign]) await town.call(ada, 'invite_agent', { roomId: room.id, agentId: id });
  await setRights(room, { userId: bea.user.id, add: ['tool.approve:medium'] });
  const heard = town.listenTo(bea);
  town.plays((request) =>
    request.messages.some((m) => m.content.some((part) => part.type === 'tool_result'))
      ? saying('Done.')
      : calling('post_letter', { to: 'Ann', text: 'Hello' }),
  );
  for (const { handle } of [bot, foreign]) {
    await town.say(cyd, room, `@${handle} post it`);
    await town.settle();
  }
  const waiting = (who: Scope) =>
    town.call(who, 'list_approvals', { roomId: room.id, status: 'pending' }).then(({ data }) => data);
  const [mine, ...others] = await waiting(bea);
  expect(mine).toMatchObject({ agentId: bot.id });
  expect(others).toEqual([]);
  expect(heard.filter(({ type }) => type === 'approval_requested')).toHaveLength(1);
  const [cydsOwn] = await waiting(cyd);
  expect(await reason(town.call(bea, 'get_approval', { approvalId: cydsOwn.id }))).toBe('approval_not_found');
  const decide = { approvalId: mine.id, decision: 'approve' };
  expect(await reason(town.call(bea, 'decide_approval', { ...decide, always: { uses: 3, hours: 1 } }))).toBe(
    'owner_only',
  );
  expect((await town.call(bea, 'decide_approval', decide)).status).toBe('approved');
  await town.settle();
  expect(outside.letters).toHaveLength(1);
});

test('`can` about others is for moderators, and for whoever answers for an agent', async () => {
  const room = await roomOf();
  const bot = await town.agent(bea);
  await town.call(bea, 'invite_agent', { roomId: room.id, agentId: bot.id });
  const about = (who: Scope, userId: string) =>
    town.call(who, 'can', { roomId: room.id, userId, action: 'message.send' });
  expect((await about(ada, bea.user.id)).can).toEqual({ 'message.send': { allowed: true } });
  expect((await about(bea, bot.id)).can).toEqual({ 'message.send': { allowed: true } });
  expect(await reason(about(bea, cyd.user.id))).toBe('not_allowed');
  const dan = await town.person('Dan');
  expect(await can(dan, room, 'message.send')).toEqual({ allowed: false, reason: 'not_a_member' });
});

const TRIED = {
  'message.send': (who: Scope, room: RoomId) => town.say(who, room, 'Tried'),
  'message.react': async (who: Scope, room: RoomId) => {
    const [first] = await town.messages(ada, room);
    return town.call(who, 'add_reaction', { messageId: first?.id, emoji: '👍' });
  },
  'message.pin': async (who: Scope, room: RoomId) => {
    const [first] = await town.messages(ada, room);
    return town.call(who, 'pin_message', { messageId: first?.id });
  },
  'mention.everyone': (who: Scope, room: RoomId) => town.say(who, room, '@all look', { confirm: true }),
  'member.add': (who: Scope, room: RoomId) =>
    town.call(who, 'add_member', { roomId: room.id, userId: cyd.user.id }),
  'room.update': (who: Scope, room: RoomId) =>
    town.call(who, 'update_room', { roomId: room.id, topic: 'Tried' }),
  'room.rights': (who: Scope, room: RoomId) => setRights(room, { userId: cyd.user.id }, who),
} as const;
type Tried = keyof typeof TRIED;
const CHANGEABLE = [
  'message.send',
  'message.react',
  'message.pin',
  'mention.everyone',
  'member.add',
  'room.update',
] as const;

/** What trying is refused with, where `can` says this. */
const REFUSED: Record<string, string> = { role: 'not_allowed' };

test('`can` says what trying shows, whatever the roles and rights', async () => {
  const change = fc.record({
    add: fc.uniqueArray(fc.constantFrom(...CHANGEABLE), { maxLength: 3 }),
    take: fc.uniqueArray(fc.constantFrom(...CHANGEABLE), { maxLength: 3 }),
  });
  const asked = fc.record({
    role: fc.constantFrom('owner', 'admin', 'member', 'none'),
    kind: fc.constantFrom('channel', 'group'),
    ofRole: change,
    ofMember: change,
    action: fc.constantFrom(...(Object.keys(TRIED) as Tried[])),
  });
  const apart = ({ add, take }: { add: string[]; take: string[] }) => ({
    add: add.filter((one) => !take.includes(one)),
    take,
  });
  await fc.assert(
    fc.asyncProperty(asked, async ({ role, kind, ofRole, ofMember, action }) => {
      const room = await town.call(ada, 'create_room', { name: 'Tried', kind, visibility: 'public' });
      await town.say(ada, room, 'First');
      if (role !== 'none') {
        await town.call(bea, 'rooms.join', { roomId: room.id });
        await town.call(ada, 'update_member', { roomId: room.id, userId: bea.user.id, role });
        await setRights(room, { userId: bea.user.id, ...apart(ofMember) });
      }
      if (role === 'admin' || role === 'member') await setRights(room, { role, ...apart(ofRole) });
      // Who may not send may not call everyone either.
      const said = await can(bea, room, action);
      const first = action === 'mention.everyone' ? await can(bea, room, 'message.send') : said;
      const expected = first.allowed ? said : first;
      const trying: Promise<{ mentions?: unknown[] }> = TRIED[action](bea, room);
      const shown = await reason(trying);
      const wanted = expected.allowed ? 'allowed' : (REFUSED[expected.reason] ?? expected.reason);
      // `@all` of who may not are words like any other.
      if (action === 'mention.everyone' && first.allowed)
        expect((await trying).mentions).toHaveLength(said.allowed ? 1 : 0);
      else expect(shown).toBe(wanted);
    }),
    { numRuns: 40 },
  );
});
