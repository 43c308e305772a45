// Whatever is asked about a message or a room that the asker may not know of is answered as if there were none: to a person
// outside the room, to an agent of somebody else, and to another tenant.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { AppError } from '../../src/core/errors.ts';
import { newId } from '../../src/core/ids.ts';
import type { Scope } from '../../src/core/scope.ts';
import { startTown, type Town } from '../agents/town.ts';

/** Operations about a message, by socket name, with what they need besides it. */
const ABOUT_MESSAGES: [name: string, more?: object][] = [
  ['add_reaction', { emoji: '👍' }],
  ['remove_reaction', { emoji: '👍' }],
  ['card_action', { actionId: 'go', id: newId() }],
  ['pin_message'],
  ['unpin_message'],
  ['list_versions'],
  ['get_thread'],
  ['mark_thread_read', { seq: 1 }],
  ['follow_thread', { following: true }],
  ['save_message'],
  ['set_reminder', { dueAt: new Date(Date.now() + 3_600_000).toISOString() }],
  ['unsave_message'],
  ['explain_delivery'],
  ['report_message', { reason: 'spam' }],
  ['explain_thread_unread'],
];

/** The same of rooms. */
const ABOUT_ROOMS: [name: string, more?: object][] = [
  ['list_pins'],
  ['list_commands'],
  ['run_command', { id: newId(), text: '/help' }],
  ['list_threads'],
  ['mark_unread', { messageId: newId() }],
  ['set_draft', { body: 'x' }],
  ['get_draft'],
  ['schedule_message', { body: 'x', dueAt: new Date(Date.now() + 3_600_000).toISOString() }],
  ['get_room_notifications'],
  ['explain_unread'],
  ['set_room_notifications', { level: 'all' }],
  ['can'],
  ['get_room_rights'],
  ['set_room_rights', { role: 'member', take: ['message.send'] }],
  ['mute_member', { userId: newId() }],
  ['unmute_member', { userId: newId() }],
  ['kick_member', { userId: newId() }],
  ['ban_member', { userId: newId() }],
  ['unban_member', { userId: newId() }],
  ['set_slow_mode', { seconds: 5 }],
  ['list_moderation'],
  ['list_reports'],
  ['list_held_messages'],
  ['list_appeals'],
  ['get_room_rules'],
  ['set_room_rules'],
  ['create_invite'],
  ['list_invites'],
  ['revoke_invite', { inviteId: newId() }],
  ['invite_user', { userId: newId() }],
];

let town: Town;
let ada: Scope;
let outsiders: Record<string, Scope>;
let room: { id: string };
let message: { id: string };

beforeAll(async () => {
  town = await startTown();
  await town.person('Root Person');
  ada = await town.person('Ada');
  const eve = await town.person('Eve');
  const agent = await town.agent(eve);
  outsiders = {
    'a person outside': eve,
    'a foreign agent': await town.app.parts.identity.agentScope(eve.tenantId, agent.id),
    'another tenant': await town.stranger('Mallory'),
  };
  room = await town.call(ada, 'create_room', { name: 'Secret', visibility: 'private' });
  message = await town.say(ada, room, 'Nobody else knows');
});
afterAll(() => town.stop());

/** What a call is refused with, as words. */
async function refusal(scope: Scope, name: string, input: object): Promise<string> {
  const answer = await town.call(scope, name, input).catch((error: unknown) => error);
  if (!(answer instanceof AppError)) throw new Error(`${name} was not refused: ${JSON.stringify(answer)}`);
  return `${answer.code} ${answer.reason} ${answer.message}`;
}

test.each(ABOUT_MESSAGES)('%s tells nobody else that there is a message', async (name, more = {}) => {
  for (const [who, scope] of Object.entries(outsiders)) {
    const missing = await refusal(scope, name, { messageId: newId(), ...more });
    expect(missing, who).toMatch(/^not_found /);
    expect(await refusal(scope, name, { messageId: message.id, ...more }), who).toBe(missing);
  }
});

test('a notification of somebody else is none', async () => {
  const eve = outsiders['a person outside'] as Scope;
  const direct = await town.call(ada, 'open_direct_room', { userIds: [eve.user.id] });
  await town.say(ada, direct, 'For you alone');
  await town.settle();
  const { data } = await town.call(eve, 'list_notifications');
  const [mine] = data;
  expect(mine.message.body).toBe('For you alone');
  const stranger = outsiders['another tenant'] as Scope;
  for (const scope of [ada, stranger]) {
    expect((await town.call(scope, 'list_notifications')).data).toEqual([]);
    const missing = await refusal(scope, 'mark_notification_unread', { notificationId: newId() });
    expect(await refusal(scope, 'mark_notification_unread', { notificationId: mine.id })).toBe(missing);
    await town.call(scope, 'mark_notifications_read', { ids: [mine.id] });
  }
  expect((await town.call(eve, 'list_notifications')).unread).toBe(1);
});

test('what somebody else left for later is nothing', async () => {
  const dueAt = new Date(Date.now() + 3_600_000).toISOString();
  const mine = await town.call(ada, 'schedule_message', { roomId: room.id, body: 'later', dueAt });
  for (const scope of Object.values(outsiders))
    for (const name of ['change_scheduled', 'cancel_scheduled']) {
      const missing = await refusal(scope, name, { scheduledId: newId() });
      expect(await refusal(scope, name, { scheduledId: mine.id })).toBe(missing);
      expect((await town.call(scope, 'list_scheduled')).data).toEqual([]);
    }
  expect((await town.call(ada, 'list_scheduled')).data).toEqual([mine]);
});

test.each(ABOUT_ROOMS)('%s tells nobody else that there is a room', async (name, more = {}) => {
  for (const [who, scope] of Object.entries(outsiders)) {
    const missing = await refusal(scope, name, { roomId: newId(), ...more });
    expect(missing, who).toMatch(/^not_found /);
    expect(await refusal(scope, name, { roomId: room.id, ...more }), who).toBe(missing);
  }
});
