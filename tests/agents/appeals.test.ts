// What moderators do about an agent is known to who answers for it, and nobody else; he appeals once against each act, a moderator
// decides, and what is granted is undone.
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Agent } from '../../src/agents/profiles/contract.ts';
import { AppError } from '../../src/core/errors.ts';
import { newId } from '../../src/core/ids.ts';
import type { Scope } from '../../src/core/scope.ts';
import { saying, startTown, type Town } from './town.ts';

let town: Town;
let root: Scope;
let ada: Scope;
let bea: Scope;
let cyd: Scope;

beforeAll(async () => {
  town = await startTown();
  root = await town.person('Root Person');
  // Ada has the room, Bea the agent; Cyd has nothing to do with either.
  [ada, bea, cyd] = [await town.person('Ada'), await town.person('Bea'), await town.person('Cyd')];
});
afterAll(() => town.stop());

type Room = { id: string };
async function place(): Promise<{ room: Room; bot: Agent }> {
  const room = await town.call(ada, 'create_room', { name: 'A room', visibility: 'private' });
  await town.call(ada, 'add_member', { roomId: room.id, userId: bea.user.id });
  const bot = await town.agent(bea);
  await town.call(ada, 'invite_agent', { roomId: room.id, agentId: bot.id });
  return { room, bot };
}
const reason = async (call: Promise<unknown>): Promise<string> => {
  const answer = await call.catch((error: unknown) => error);
  if (!(answer instanceof AppError)) throw new Error(`Not refused: ${JSON.stringify(answer)}`);
  return answer.reason;
};
const act = (what: string, { room, bot }: { room: Room; bot: Agent }, more: object = {}) =>
  town.call(ada, what, { roomId: room.id, userId: bot.id, reason: 'Too loud', ...more });
const history = async (who: Scope, bot: Agent) =>
  (await town.call(who, 'list_agent_moderation', { agentId: bot.id })).data;
const state = (who: Scope, bot: Agent) => town.call(who, 'get_agent_safety_state', { agentId: bot.id });
const appeal = (who: Scope, bot: Agent, actionId: string) =>
  town.call(who, 'appeal_agent_moderation', { agentId: bot.id, actionId, reason: 'It was asked to sing' });
const told = async (who: Scope, action: string) =>
  (await town.call(who, 'list_notifications', { limit: 100 })).data
    .filter((one: { kind: string }) => one.kind === 'moderation')
    .map((one: { subject: Record<string, unknown> }) => one.subject)
    .find((subject: Record<string, unknown>) => subject.action === action);

test('its owner sees what was done and how it stands; others are told nothing', async () => {
  const at = await place();
  const { bot } = at;
  expect(await state(bea, bot)).toEqual({
    agentId: bot.id,
    isSuspended: false,
    stops: [],
    isMuted: false,
    restrictions: [],
    openAppeals: 0,
  });
  const mute = await act('mute_member', at);
  const everywhere = await town.call(root, 'mute_member', { userId: bot.id, reason: 'Everywhere' });
  await town.call(root, 'unmute_member', { userId: bot.id });
  await town.call(bea, 'set_agent_stop', { target: 'agent', targetId: bot.id, reason: 'Enough' });
  for (const who of [bea, root]) {
    expect((await history(who, bot)).map(({ kind }: { kind: string }) => kind)).toEqual([
      'unmute',
      'mute',
      'mute',
    ]);
    expect(await state(who, bot)).toMatchObject({
      isSuspended: true,
      stops: [{ target: 'agent', targetId: bot.id }],
      isMuted: false,
      restrictions: [{ id: mute.id, kind: 'mute', reason: 'Too loud', actor: { id: ada.user.id } }],
      lastModerationAction: { kind: 'unmute' },
    });
  }
  const first = await town.call(bea, 'list_agent_moderation', { agentId: bot.id, limit: 1 });
  const next = await town.call(bea, 'list_agent_moderation', {
    agentId: bot.id,
    limit: 1,
    cursor: first.nextCursor,
  });
  expect(next.data).toMatchObject([{ id: everywhere.id, standing: false }]);
  const eve = await town.stranger(`eve${newId().slice(-6)}`);
  for (const [who, why] of [
    [ada, 'not_owner'],
    [cyd, 'not_owner'],
    [eve, 'agent_not_found'],
  ] as const) {
    expect(await reason(history(who, bot))).toBe(why);
    expect(await reason(state(who, bot))).toBe(why);
    expect(await reason(appeal(who, bot, mute.id))).toBe(why);
  }
});

test('an appeal that is granted undoes the act, and everybody concerned is told', async () => {
  const at = await place();
  const { room, bot } = at;
  const mute = await act('mute_member', at);
  expect(await reason(appeal(root, bot, mute.id)), 'an administrator does not own it').toBe('not_owner');
  const made = await appeal(bea, bot, mute.id);
  expect(made).toMatchObject({ actionId: mute.id, roomId: room.id, userId: bot.id, status: 'open' });
  expect(await reason(appeal(bea, bot, mute.id))).toBe('already_appealed');
  expect(await state(bea, bot)).toMatchObject({ openAppeals: 1 });
  expect(await told(ada, 'appealed')).toMatchObject({ appealId: made.id, recordId: mute.id });

  expect((await town.call(ada, 'list_appeals', { roomId: room.id })).data).toEqual([made]);
  expect((await town.call(ada, 'list_appeals')).data).toEqual([made]);
  expect((await town.call(cyd, 'list_appeals')).data).toEqual([]);
  expect(await reason(town.call(bea, 'list_appeals', { roomId: room.id }))).toBe('not_allowed');
  expect(await reason(town.call(cyd, 'list_appeals', { roomId: room.id }))).toBe('room_not_found');
  const grant = { appealId: made.id, outcome: 'granted', note: 'Fair enough' };
  for (const who of [bea, cyd])
    expect(await reason(town.call(who, 'resolve_appeal', grant))).toBe('appeal_not_found');

  const decided = await town.call(ada, 'resolve_appeal', grant);
  expect(decided).toMatchObject({ status: 'granted', note: 'Fair enough', decidedBy: ada.user.id });
  expect(await reason(town.call(ada, 'resolve_appeal', grant))).toBe('already_decided');
  expect(await state(bea, bot)).toMatchObject({ restrictions: [], openAppeals: 0 });
  expect(await told(bea, 'appeal_granted')).toMatchObject({ appealId: made.id, reason: 'Fair enough' });
  const records = await history(bea, bot);
  expect(records.map(({ kind }: { kind: string }) => kind)).toEqual([
    'appeal_granted',
    'unmute',
    'appealed',
    'mute',
  ]);
  expect(records.at(-1)).toMatchObject({ standing: false, appeal: decided });
  // The agent speaks again.
  town.plays(() => saying('La la la.'));
  await town.say(bea, room, `@${bot.handle} sing`);
  await town.settle();
  expect((await town.messages(bea, room)).at(-1)).toMatchObject({ author: { id: bot.id } });
  const { data: entries } = await town.call(root, 'list_audit', { limit: 200 });
  const actions = entries.map(({ action }: { action: string }) => action);
  expect(actions).toEqual(
    expect.arrayContaining(['moderation.appealed', 'moderation.appeal_granted', 'moderation.unmuted']),
  );
});

test('an appeal that is upheld changes nothing, and what is over or is no measure is not appealed against', async () => {
  const at = await place();
  const { bot } = at;
  const ban = await act('ban_member', at);
  const made = await appeal(bea, bot, ban.id);
  await town.call(ada, 'resolve_appeal', { appealId: made.id, outcome: 'upheld', note: 'It stays' });
  expect(await state(bea, bot)).toMatchObject({ restrictions: [{ id: ban.id, kind: 'ban' }] });
  expect(await told(bea, 'appeal_upheld')).toMatchObject({ reason: 'It stays' });
  expect((await town.call(ada, 'list_appeals', { status: 'decided' })).data[0]).toMatchObject({
    id: made.id,
  });

  const other = await place();
  const mute = await act('mute_member', other);
  await act('unmute_member', other);
  expect(await reason(appeal(bea, other.bot, mute.id))).toBe('not_standing');
  const unmute = (await history(bea, other.bot))[0];
  expect(await reason(appeal(bea, other.bot, unmute.id))).toBe('not_appealable');
  expect(await reason(appeal(bea, other.bot, ban.id)), 'of another agent').toBe('action_not_found');
  expect(await reason(appeal(bea, other.bot, newId()))).toBe('action_not_found');
});

test('a mute in every room is for administrators to decide', async () => {
  const { bot } = await place();
  const mute = await town.call(root, 'mute_member', { userId: bot.id });
  expect(await state(bea, bot)).toMatchObject({ isMuted: true, restrictions: [{ id: mute.id }] });
  const made = await appeal(bea, bot, mute.id);
  expect(made.roomId).toBeUndefined();
  expect(await told(root, 'appealed')).toMatchObject({ appealId: made.id });
  const grant = { appealId: made.id, outcome: 'granted' };
  expect(await reason(town.call(ada, 'resolve_appeal', grant))).toBe('appeal_not_found');
  await town.call(root, 'resolve_appeal', grant);
  expect(await state(bea, bot)).toMatchObject({ isMuted: false, restrictions: [] });
});
