// How a message came to somebody, told over every door: live, by the answer to a join, by a resume, by a page, or not at all and why.
// Whoever may not see the message, or does not moderate the room, learns nothing of others.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { newId } from '../../src/core/ids.ts';
import { type SignedIn, startApp, type TestApp } from '../support/app.ts';
import { type Answer, type Caller, connect, listen, refusalOf, SURFACES } from '../support/clients.ts';
import { until } from '../support/until.ts';

let app: TestApp;
let ada: SignedIn;
let bob: SignedIn;
let eve: SignedIn;
let asAda: Caller;
let asBob: Caller;
let asEve: Caller;
let roomId: string;

beforeAll(async () => {
  app = await startApp();
  await app.signIn('Root Person');
  [ada, bob, eve] = [await app.signIn('Ada'), await app.signIn('Bob'), await app.signIn('Eve')];
  [asAda, asBob, asEve] = (await Promise.all([ada, bob, eve].map((who) => connect('rest', app, who)))) as [
    Caller,
    Caller,
    Caller,
  ];
});
afterAll(() => app.stop());
beforeEach(async () => {
  const input = { name: 'A room', visibility: 'private', memberIds: [bob.user.id] };
  roomId = (await asAda.call('create_room', input)).id;
});

const send = (body = 'Hello') => asAda.call('send_message', { roomId, body });
const ofBob = (messageId: string): Promise<Answer> =>
  asAda.call('explain_delivery', { messageId, userId: bob.user.id });
const connectionsOf = (answer: Answer) => answer.steps.filter((s: Answer) => s.step === 'connection');

describe.each(SURFACES)('by %s', (surface) => {
  test('the chain of a message that was heard live and then read', async () => {
    const client = await connect(surface, app, bob);
    const ear = await listen('phoenix 2.0.0', app, bob);
    await ear.join(roomId);
    const message = await send();
    await ear.until('it came', () => ear.heard.some((h) => h.payload.id === message.id));
    const told = await client.call('explain_delivery', { messageId: message.id });
    expect(told).toMatchObject({
      messageId: message.id,
      roomId,
      seq: message.seq,
      userId: bob.user.id,
      verdict: 'delivered',
      reason: 'handed_over',
      complete: true,
    });
    const steps = Object.fromEntries(told.steps.map((s: Answer) => [s.step, s]));
    expect(steps.accepted).toMatchObject({ evidence: 'recorded', at: expect.any(String) });
    expect(steps.accepted.because).toContain('It came by rest');
    expect(steps.accepted.because).toContain(message.id);
    expect(steps.committed).toMatchObject({ evidence: 'recorded', at: message.createdAt });
    for (const step of ['logged', 'published', 'written']) expect(steps[step].evidence).toBe('recorded');
    expect(connectionsOf(told)).toEqual([
      expect.objectContaining({ protocol: 'phoenix', how: 'live', evidence: 'recorded' }),
    ]);
    expect(steps.notified.because).toContain('for nobody in particular');
    expect(steps.read.because).toContain('before this message');
    await client.call('mark_read', { roomId, seq: message.seq });
    const after = await client.call('explain_delivery', { messageId: message.id });
    expect(after).toMatchObject({ verdict: 'read', reason: 'read_mark' });
    expect(after.steps.at(-1)).toMatchObject({ step: 'read', evidence: 'recorded', at: expect.any(String) });
    await Promise.all([client.close(), ear.close()]);
  });
});

describe.each(['socketio over websocket', 'phoenix 2.0.0'] as const)('listening by %s', (surface) => {
  test('who was away is waited for; the next join brings it, another says that it has it', async () => {
    const message = await send();
    expect(await ofBob(message.id)).toMatchObject({ verdict: 'waiting', reason: 'not_connected' });
    const first = await listen(surface, app, bob);
    await first.join(roomId, { afterSeq: message.seq - 1 });
    expect(await ofBob(message.id)).toMatchObject({ verdict: 'delivered', reason: 'handed_over' });
    expect(connectionsOf(await ofBob(message.id))).toMatchObject([{ how: 'resume' }]);
    await first.close();
    await until('its end is seen', async () => connectionsOf(await ofBob(message.id))[0]?.ended === 'closed');
    const second = await listen(surface, app, bob);
    await second.join(roomId, { afterSeq: message.seq });
    const told = await ofBob(message.id);
    expect(told).toMatchObject({ verdict: 'delivered', reason: 'had_it' });
    expect(connectionsOf(told)).toMatchObject([{ how: 'resume', ended: 'closed' }, { how: 'had' }]);
    await second.close();
  });

  test('one that left the room before is no delivery', async () => {
    const ear = await listen(surface, app, bob);
    await ear.join(roomId);
    const heard = await send('heard');
    await ear.until('it came', () => ear.heard.some((h) => h.payload.id === heard.id));
    await ear.leave(roomId);
    const missed = await send('missed');
    expect(await ofBob(heard.id)).toMatchObject({ verdict: 'delivered' });
    expect(connectionsOf(await ofBob(heard.id))).toMatchObject([{ how: 'live', ended: 'left' }]);
    expect(await ofBob(missed.id)).toMatchObject({ verdict: 'waiting', reason: 'not_connected' });
    await asBob.call('list_messages', { roomId });
    const told = await ofBob(missed.id);
    expect(told).toMatchObject({ verdict: 'delivered', reason: 'fetched' });
    expect(told.steps).toContainEqual(expect.objectContaining({ step: 'fetched', how: 'history' }));
    await ear.close();
  });
});

test('membership decides: never in, gone before, gone since, come later', async () => {
  const before = await send('before');
  const ofEve = (messageId: string) => asAda.call('explain_delivery', { messageId, userId: 'eve' });
  expect(await ofEve(before.id)).toMatchObject({ verdict: 'withheld', reason: 'not_a_member' });
  await asAda.call('add_member', { roomId, userId: eve.user.id });
  const told = await ofEve(before.id);
  expect(told).toMatchObject({ verdict: 'waiting', reason: 'joined_later', userId: eve.user.id });
  expect(told.steps.at(-1)).toMatchObject({ step: 'read', evidence: 'derived' });
  const during = await send('during');
  await asAda.call('remove_member', { roomId, userId: eve.user.id });
  const after = await send('after');
  expect(await ofEve(during.id)).toMatchObject({ verdict: 'withheld', reason: 'left_room' });
  expect(await ofEve(after.id)).toMatchObject({ verdict: 'withheld', reason: 'not_a_member' });
});

test('a deletion keeps it from who did not have it, and the inbox says what it holds', async () => {
  const message = await send('for @bob');
  await app.app.settle();
  expect((await ofBob(message.id)).steps).toContainEqual(
    expect.objectContaining({ step: 'notified', evidence: 'recorded' }),
  );
  await asAda.call('delete_message', { messageId: message.id });
  const told = await ofBob(message.id);
  expect(told).toMatchObject({ verdict: 'withheld', reason: 'deleted' });
  expect(told.steps).toContainEqual(expect.objectContaining({ step: 'changed', evidence: 'recorded' }));
  const own = await asAda.call('explain_delivery', { messageId: message.id });
  expect(own).toMatchObject({ verdict: 'delivered', reason: 'own_message' });
});

test('only who moderates the room asks about others, and outside it there is no message', async () => {
  const message = await send();
  const about = (who: Caller, userId: string) =>
    refusalOf(who.call('explain_delivery', { messageId: message.id, userId }));
  for (const userId of [ada.user.id, 'ada', 'nobody', newId()])
    expect(await about(asBob, userId)).toMatchObject({ code: 'forbidden', reason: 'not_allowed' });
  expect(await about(asAda, newId())).toMatchObject({ reason: 'user_not_found' });
  const { traceId: _, ...missing } = await refusalOf(
    asEve.call('explain_delivery', { messageId: newId(), userId: bob.user.id }),
  );
  const { traceId: __, ...hidden } = await about(asEve, bob.user.id);
  expect(hidden).toEqual(missing);
  expect(missing).toMatchObject({ status: 404 });
});

test('what a rule holds says so to its author and moderators, and what became of it', async () => {
  await asAda.call('set_room_rules', { roomId, phrases: [{ phrase: 'lottery', action: 'hold' }] });
  await asAda.call('add_member', { roomId, userId: eve.user.id });
  const ids = [newId(), newId()] as const;
  for (const id of ids)
    expect(await refusalOf(asBob.call('send_message', { roomId, id, body: 'A lottery' }))).toMatchObject({
      reason: 'held_for_review',
    });
  const of = (by: Caller, messageId: string, more: object = {}): Promise<Answer> =>
    by.call('explain_delivery', { messageId, ...more });
  for (const told of [await of(asBob, ids[0]), await of(asAda, ids[0], { userId: 'eve' })]) {
    expect(told).toMatchObject({ messageId: ids[0], roomId, verdict: 'withheld', reason: 'held' });
    expect(told.because).toContain('the rule phrases');
    expect(told.steps).toMatchObject([{ step: 'held', evidence: 'recorded', at: expect.any(String) }]);
    expect(told.seq).toBeUndefined();
  }
  expect(await refusalOf(of(asEve, ids[0]))).toMatchObject({ reason: 'message_not_found' });
  expect(await refusalOf(of(asBob, ids[0], { userId: 'eve' }))).toMatchObject({ reason: 'not_allowed' });

  await asAda.call('reject_message', { messageId: ids[0], note: 'No lotteries' });
  const rejected = await of(asBob, ids[0]);
  expect(rejected).toMatchObject({ verdict: 'withheld', reason: 'rejected' });
  expect(rejected.steps).toMatchObject([{ step: 'held' }, { step: 'rejected', at: expect.any(String) }]);
  expect(rejected.steps[1].because).toContain('No lotteries');
  expect(await refusalOf(of(asEve, ids[0]))).toMatchObject({ reason: 'message_not_found' });

  await asAda.call('release_message', { messageId: ids[1] });
  const released = await of(asEve, ids[1]);
  expect(released).toMatchObject({ verdict: 'waiting', reason: 'not_connected', seq: expect.any(Number) });
  expect(released.steps.map(({ step }: Answer) => step).slice(0, 4)).toEqual([
    'held',
    'released',
    'accepted',
    'committed',
  ]);
});

test('measures against whom it is for are told: muted, banned, taken out, and an agent that is muted', async () => {
  const bot = await asAda.call('create_agent', { name: 'Silent' });
  await asAda.call('invite_agent', { roomId, agentId: bot.id });
  const message = await send('before');
  const about = (userId: string): Promise<Answer> =>
    asAda.call('explain_delivery', { messageId: message.id, userId });
  const mutedOf = (told: Answer) => told.steps.find(({ step }: Answer) => step === 'muted')?.because;
  expect(mutedOf(await about(bot.id))).toBeUndefined();
  await asAda.call('mute_member', { roomId, userId: bot.id });
  const ofBot = await about(bot.id);
  expect(ofBot).toMatchObject({ verdict: 'delivered', reason: 'agent' });
  expect(mutedOf(ofBot)).toContain('until a moderator ends it: it reads, and takes no turn');
  const until = new Date(Date.now() + 3_600_000).toISOString();
  await asAda.call('mute_member', { roomId, userId: bob.user.id, until });
  expect(mutedOf(await about(bob.user.id))).toContain(until);
  await asAda.call('kick_member', { roomId, userId: bob.user.id });
  const kicked = await about(bob.user.id);
  expect(kicked).toMatchObject({ verdict: 'withheld', reason: 'left_room' });
  expect(kicked.because).toContain('were taken out of the room');
  await asAda.call('ban_member', { roomId, userId: bob.user.id, until });
  const banned = await about(bob.user.id);
  expect(banned).toMatchObject({ verdict: 'withheld', reason: 'banned' });
  expect(banned.because).toContain(until);
});
