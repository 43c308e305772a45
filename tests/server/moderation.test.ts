// What moderators do against whoever disturbs a room, people and agents alike: it binds at once, is recorded and told, ends by
// itself when its time has come, and reaches nobody of equal or higher standing.
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { AppError } from '../../src/core/errors.ts';
import type { Scope } from '../../src/core/scope.ts';
import { saying, startTown, type Town, text, untilOver } from '../agents/town.ts';
import { until } from '../support/until.ts';

let town: Town;
let root: Scope;
let ada: Scope;
let bea: Scope;
let cyd: Scope;

beforeAll(async () => {
  town = await startTown();
  root = await town.person('Root Person');
  [ada, bea, cyd] = [await town.person('Ada'), await town.person('Bea'), await town.person('Cyd')];
});
afterAll(() => town.stop());

type RoomId = { id: string };
const roomOf = async (more: object = {}): Promise<RoomId> => {
  const room = await town.call(ada, 'create_room', { name: 'A room', ...more });
  for (const person of [bea, cyd])
    await town.call(ada, 'add_member', { roomId: room.id, userId: person.user.id });
  return room;
};
const act = (by: Scope, what: string, room: RoomId | undefined, whom: { id: string }, more: object = {}) =>
  town.call(by, what, { ...(room && { roomId: room.id }), userId: whom.id, ...more });
const refusal = async (call: Promise<unknown>): Promise<AppError> => {
  const answer = await call.catch((error: unknown) => error);
  if (!(answer instanceof AppError)) throw new Error(`Not refused: ${JSON.stringify(answer)}`);
  return answer;
};
const reason = async (call: Promise<unknown>) => (await refusal(call)).reason;
const can = async (who: Scope, room: RoomId, action: string) =>
  (await town.call(who, 'can', { roomId: room.id, action })).can[action];
const inAnHour = () => new Date(Date.now() + 3_600_000).toISOString();
/** All that stands has run out, as far as the database's clock goes. */
const runOut = () =>
  sql`update moderation_records set until = now() - interval '1 second' where ended_at is null`.execute(
    town.app.parts.database.db,
  );
const inbox = async (who: Scope) =>
  (await town.call(who, 'list_notifications')).data.filter((n: { kind: string }) => n.kind === 'moderation');

test('who is muted reads and does nothing else, is told until when, and speaks again when that has come', async () => {
  const room = await roomOf();
  const mine = await town.say(bea, room, 'Before');
  const hers = await town.say(ada, room, 'Something to react to');
  const bot = await town.agent(ada);
  await town.call(ada, 'invite_agent', { roomId: room.id, agentId: bot.id });
  const heard = town.listen(room);
  const ends = inAnHour();
  const record = await act(ada, 'mute_member', room, bea.user, { until: ends, reason: 'Enough' });
  expect(record).toMatchObject({
    kind: 'mute',
    until: ends,
    standing: true,
    user: { id: bea.user.id },
    actor: { id: ada.user.id },
  });
  expect(heard).toMatchObject([{ type: 'member_updated', payload: { member: { muted: { until: ends } } } }]);
  const members = (await town.call(bea, 'list_members', { roomId: room.id })).data;
  expect(members.find((m: { user: { id: string } }) => m.user.id === bea.user.id)).toEqual(
    heard[0]?.payload.member,
  );

  const refused = await refusal(town.say(bea, room, 'x'));
  expect([refused.code, refused.reason, refused.details.until]).toEqual(['forbidden', 'muted', ends]);
  expect(refused.message).toContain(ends);
  expect(await can(bea, room, 'message.send')).toEqual({ allowed: false, reason: 'muted', until: ends });
  for (const [name, input] of [
    ['edit_message', { messageId: mine.id, body: 'After' }],
    ['add_reaction', { messageId: hers.id, emoji: '👍' }],
    ['invoke_agent', { roomId: room.id, agentId: bot.id }],
  ] as const)
    expect(await reason(town.call(bea, name, input)), name).toBe('muted');
  expect((await town.messages(bea, room)).length).toBeGreaterThan(1);

  // Going and coming back does not help.
  await town.call(bea, 'quit_room', { roomId: room.id });
  await town.call(bea, 'rooms.join', { roomId: room.id });
  expect(heard.at(-1)?.payload.member).toMatchObject({ user: { id: bea.user.id }, muted: { until: ends } });
  expect(await reason(town.say(bea, room, 'x'))).toBe('muted');
  expect((await inbox(bea))[0]).toMatchObject({
    roomId: room.id,
    subject: { action: 'mute', reason: 'Enough', until: ends },
  });

  await runOut();
  expect((await town.say(bea, room, 'Again')).body).toBe('Again');
});

test('a mute is ended before its time, and an administrator mutes in every room', async () => {
  const [room, other] = [await roomOf(), await roomOf()];
  await act(ada, 'mute_member', room, bea.user);
  expect(await reason(town.say(bea, room, 'x'))).toBe('muted');
  await town.say(bea, other, 'Elsewhere I may');
  await act(ada, 'unmute_member', room, bea.user);
  await town.say(bea, room, 'Thanks');
  expect(await reason(act(ada, 'unmute_member', room, bea.user))).toBe('not_muted');

  expect(await reason(act(ada, 'mute_member', undefined, bea.user))).toBe('admin_only');
  await act(root, 'mute_member', undefined, bea.user);
  for (const where of [room, other]) expect(await reason(town.say(bea, where, 'x'))).toBe('muted');
  // A room's moderator does not end what holds in every room.
  expect(await reason(act(ada, 'unmute_member', room, bea.user))).toBe('not_muted');
  await act(root, 'unmute_member', undefined, bea.user);
  await town.say(bea, room, 'Thanks');
});

test('slow mode makes members wait, tells how long, and spares who looks after the room', async () => {
  const room = await roomOf();
  const heard = town.listen(room);
  expect(await town.call(ada, 'set_slow_mode', { roomId: room.id, seconds: 60 })).toMatchObject({
    slowModeSeconds: 60,
  });
  expect(heard.at(-1)).toMatchObject({ type: 'room_updated', payload: { room: { slowModeSeconds: 60 } } });
  const first = await town.say(bea, room, 'One');
  const refused = await refusal(town.say(bea, room, 'Two'));
  expect([refused.code, refused.reason]).toEqual(['rate_limited', 'slow_mode']);
  expect(refused.details.retryAfterMs).toBeGreaterThan(50_000);
  expect(refused.details.retryAfterMs).toBeLessThanOrEqual(60_000);
  expect(await can(bea, room, 'message.send')).toMatchObject({ allowed: false, reason: 'slow_mode' });
  // What was sent is answered again, and others do not wait for her.
  expect(await town.say(bea, room, 'One', { id: first.id })).toEqual(first);
  await town.say(cyd, room, 'Mine');
  for (const words of ['a', 'b']) await town.say(ada, room, words);
  // Two in the same moment are one too many as well.
  await sql`delete from room_speakers`.execute(town.app.parts.database.db);
  const both = await Promise.allSettled(['c', 'd'].map((words) => town.say(bea, room, words)));
  expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  await town.call(bea, 'quit_room', { roomId: room.id });
  await town.call(bea, 'rooms.join', { roomId: room.id });
  expect(await reason(town.say(bea, room, 'x'))).toBe('slow_mode');
  await sql`update room_speakers set spoke_at = spoke_at - interval '61 seconds'`.execute(
    town.app.parts.database.db,
  );
  await town.say(bea, room, 'Now');
  expect(await town.call(ada, 'set_slow_mode', { roomId: room.id, seconds: 0 })).not.toHaveProperty(
    'slowModeSeconds',
  );
  await town.say(bea, room, 'At once');
});

test('who is kicked may come back, who is banned may not, by no way, until the ban is over', async () => {
  const room = await roomOf({ visibility: 'public' });
  await act(ada, 'kick_member', room, bea.user, { reason: 'Cool down' });
  expect(await reason(town.say(bea, room, 'x'))).toBe('not_a_member');
  await town.call(bea, 'rooms.join', { roomId: room.id });

  const ends = inAnHour();
  const heard = town.listen(room);
  await act(ada, 'ban_member', room, bea.user, { until: ends });
  expect(heard.map(({ type }) => type)).toEqual(['member_left']);
  const refused = await refusal(town.call(bea, 'rooms.join', { roomId: room.id }));
  expect([refused.code, refused.reason, refused.details.until]).toEqual(['forbidden', 'banned', ends]);
  expect(await reason(town.call(cyd, 'add_member', { roomId: room.id, userId: bea.user.id }))).toBe('banned');
  for (const name of ['list_messages', 'get_room', 'list_members'])
    expect(await reason(town.call(bea, name, { roomId: room.id })), name).toBe('banned');
  expect(await reason(town.say(bea, room, 'x'))).toBe('banned');
  expect(await can(bea, room, 'message.send')).toEqual({ allowed: false, reason: 'banned', until: ends });
  // The way in for many at once.
  await expect(town.app.parts.rooms.join(bea, room.id)).rejects.toMatchObject({ reason: 'banned' });

  await runOut();
  await town.call(bea, 'rooms.join', { roomId: room.id });
  await act(ada, 'ban_member', room, bea.user);
  await act(ada, 'unban_member', room, bea.user);
  expect(await reason(act(ada, 'unban_member', room, bea.user))).toBe('not_banned');
  await town.call(bea, 'rooms.join', { roomId: room.id });
  expect(
    (await inbox(bea)).slice(0, 3).map((n: { subject: { action: string } }) => n.subject.action),
  ).toEqual(['unban', 'ban', 'ban']);
});

test('nobody acts on his equals or on who stands higher, and a room keeps its owner', async () => {
  const room = await roomOf();
  for (const person of [bea, cyd])
    await town.call(ada, 'update_member', { roomId: room.id, userId: person.user.id, role: 'admin' });
  for (const what of ['mute_member', 'kick_member', 'ban_member']) {
    expect(await reason(act(bea, what, room, cyd.user)), what).toBe('equal_or_higher');
    expect(await reason(act(bea, what, room, ada.user)), what).toBe('equal_or_higher');
    expect(await reason(act(bea, what, room, bea.user)), what).toBe('equal_or_higher');
    expect(await reason(act(bea, what, room, root.user)), what).toBe('equal_or_higher');
  }
  expect(await reason(act(root, 'kick_member', room, ada.user))).toBe('last_owner');
  await town.call(ada, 'update_member', { roomId: room.id, userId: cyd.user.id, role: 'member' });
  expect(await reason(act(cyd, 'mute_member', room, bea.user))).toBe('not_allowed');
  await act(bea, 'kick_member', room, cyd.user);
  const direct = await town.call(ada, 'open_direct_room', { userIds: [bea.user.id] });
  expect(await reason(act(root, 'kick_member', direct, bea.user))).toBe('room_not_found');
  expect(await reason(town.call(ada, 'set_slow_mode', { roomId: direct.id, seconds: 5 }))).toBe(
    'not_allowed',
  );
});

test('what was done is listed for moderators, and nobody else', async () => {
  const room = await roomOf();
  await act(ada, 'mute_member', room, bea.user, { reason: 'One' });
  await act(ada, 'kick_member', room, bea.user, { reason: 'Two' });
  const list = (more: object = {}) => town.call(ada, 'list_moderation', { roomId: room.id, ...more });
  const { data } = await list();
  expect(data.map(({ kind, reason }: { kind: string; reason: string }) => [kind, reason])).toEqual([
    ['kick', 'Two'],
    ['mute', 'One'],
  ]);
  expect((await list({ standing: true })).data).toMatchObject([{ kind: 'mute' }]);
  const page = await list({ limit: 1 });
  expect((await list({ limit: 1, cursor: page.nextCursor })).data).toMatchObject([{ kind: 'mute' }]);
  expect(await reason(town.call(cyd, 'list_moderation', { roomId: room.id }))).toBe('not_allowed');
  expect(await reason(town.call(cyd, 'list_all_moderation'))).toBe('admin_only');
  expect((await town.call(root, 'list_all_moderation', { userId: bea.user.id })).data[0]).toMatchObject({
    kind: 'kick',
    roomId: room.id,
  });
  const audit = (await town.call(root, 'list_audit', { action: 'moderation.kicked' })).data;
  expect(audit[0]).toMatchObject({ actorId: ada.user.id, roomId: room.id });
  await act(root, 'unmute_member', room, bea.user);
});

test('reports come to moderators, once a person and message, and those who reported hear the outcome', async () => {
  const room = await roomOf();
  const bad = await town.say(bea, room, 'Something bad');
  const about = { messageId: bad.id, reason: 'abuse', comment: 'Look' };
  const report = await town.call(cyd, 'report_message', about);
  expect(await town.call(cyd, 'report_message', { ...about, reason: 'spam' })).toEqual(report);
  expect(await reason(town.call(bea, 'report_message', about))).toBe('own_message');
  expect((await inbox(ada))[0]).toMatchObject({ subject: { action: 'reported', reportId: report.id } });
  const open = (who: Scope, more: object = {}) =>
    town.call(who, 'list_reports', more).then(({ data }) => data);
  expect(await open(ada)).toMatchObject([
    { id: report.id, reporter: { id: cyd.user.id }, message: { body: 'Something bad' } },
  ]);
  expect(await open(ada, { roomId: room.id })).toHaveLength(1);
  expect(await open(root)).toHaveLength(1);
  expect(await open(bea)).toEqual([]);
  const settle = { reportId: report.id, action: 'delete_message', note: 'Taken down' };
  expect(await reason(town.call(bea, 'resolve_report', settle))).toBe('report_not_found');
  expect(await town.call(ada, 'resolve_report', settle)).toMatchObject({
    status: 'resolved',
    action: 'delete_message',
    resolvedBy: ada.user.id,
  });
  expect((await town.messages(bea, room)).find(({ id }) => id === bad.id)?.deletedAt).toBeDefined();
  expect((await inbox(cyd))[0]).toMatchObject({ subject: { action: 'resolved', outcome: 'delete_message' } });
  expect(await open(ada)).toEqual([]);
  expect(await reason(town.call(ada, 'resolve_report', settle))).toBe('already_resolved');

  // What the moderator may not do is not settled.
  const owners = await town.say(ada, room, 'By the owner');
  await town.call(ada, 'update_member', { roomId: room.id, userId: cyd.user.id, role: 'admin' });
  const second = await town.call(bea, 'report_message', { messageId: owners.id, reason: 'other' });
  expect(await reason(town.call(cyd, 'resolve_report', { reportId: second.id, action: 'ban' }))).toBe(
    'equal_or_higher',
  );
  expect(await open(cyd, { roomId: room.id })).toHaveLength(1);
});

test('a muted agent says nothing and its turn says why; muted or kicked while it works, it stops', async () => {
  const bot = await town.agent(bea);
  const room = await roomOf();
  await town.call(bea, 'invite_agent', { roomId: room.id, agentId: bot.id });
  const ask = () => town.say(cyd, room, `@${bot.handle} are you there?`);
  await act(ada, 'mute_member', room, bot);
  expect(await town.turns(cyd, room, await ask())).toMatchObject([{ decision: 'silent', reason: 'muted' }]);
  expect(await reason(town.call(cyd, 'invoke_agent', { roomId: room.id, agentId: bot.id }))).toBe('muted');
  // Its owner hears of it.
  expect((await inbox(bea))[0]).toMatchObject({ subject: { action: 'mute', userId: bot.id } });
  await act(ada, 'unmute_member', room, bot);

  for (const what of ['mute_member', 'kick_member']) {
    let began = false;
    let go = () => {};
    const gate = new Promise<void>((resolve) => {
      go = resolve;
    });
    town.plays(async function* () {
      began = true;
      yield text('I was going to');
      await gate;
      yield* saying(' say this.');
    });
    await ask();
    await until('the agent works', () => began);
    await act(ada, what, room, bot);
    const run = await untilOver(town, bea, bot);
    expect(run, what).toMatchObject({
      status: 'cancelled',
      reason: what === 'mute_member' ? 'muted' : 'agent_not_in_room',
    });
    go();
    await town.settle();
    if (what === 'mute_member') await act(ada, 'unmute_member', room, bot);
  }
  expect((await town.messages(ada, room)).filter(({ kind }) => kind === 'agent')).toEqual([]);
  await act(ada, 'ban_member', room, bot);
  expect(await reason(town.call(cyd, 'invite_agent', { roomId: room.id, agentId: bot.id }))).toBe('banned');
});
