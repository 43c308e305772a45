// The inbox over both protocols and REST: who is told of what by their level, in an order of their own, once, on every device.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Message } from '../../src/server/messages/contract.ts';
import { isQuiet } from '../../src/server/notifications/quiet-hours.ts';
import { type SignedIn, startApp, type TestApp } from '../support/app.ts';
import { type Answer, type Caller, connect, type Listener, listen, refusalOf } from '../support/clients.ts';

let app: TestApp;
let ada: SignedIn;
let bob: SignedIn;
let ear: Listener;
let other: Caller;

beforeAll(async () => {
  app = await startApp();
  await app.signIn('Root Person');
  [ada, bob] = [await app.signIn('Ada'), await app.signIn('Bob')];
  ear = await listen('phoenix 2.0.0', app, ada);
  other = await connect('rest', app, bob);
});
afterAll(async () => {
  await ear.close();
  await app.stop();
});

describe.each(['rest', 'socketio over websocket', 'phoenix 2.0.0'] as const)('the inbox by %s', (surface) => {
  let client: Caller;
  let roomId: string;
  beforeAll(async () => {
    client = await connect(surface, app, ada);
  });
  beforeEach(async () => {
    roomId = (await other.call('create_room', { name: 'A room', memberIds: [ada.user.id] })).id;
    const { data } = await client.call('list_notifications', { limit: 1 });
    if (data.length > 0) await client.call('mark_notifications_read', { upTo: data[0].place });
  });
  afterAll(() => client.close());

  const say = (body: string, more: object = {}): Promise<Message> =>
    other.call('send_message', { roomId, body, ...more });
  const inbox = async () => {
    await app.app.settle();
    const { data, unread } = await client.call('list_notifications', { unread: true });
    return { unread, told: data.map((n: Answer) => `${n.kind}: ${n.message.body}`) };
  };

  test('what is meant for me comes in, once, newest first, on every device', async () => {
    await say('nothing for anybody');
    await say('hello @ada');
    const mine = await client.call('send_message', { roomId, body: 'a question' });
    await say('an answer', { threadId: mine.id });
    const direct = await other.call('open_direct_room', { userIds: [ada.user.id] });
    await other.call('send_message', { roomId: direct.id, body: 'between us' });
    expect(await inbox()).toEqual({
      unread: 3,
      told: ['direct: between us', 'reply: an answer', 'mention: hello @ada'],
    });
    const heard = () =>
      ear.heard
        .filter((h) => h.type === 'notification')
        .map((h) => (h.payload.notification as Answer).message.body);
    await ear.until('all three', () => heard().includes('between us'));
    expect(heard().slice(-3).sort()).toEqual(['an answer', 'between us', 'hello @ada']);
    const page = await client.call('list_notifications', { limit: 2 });
    expect(page.data[0].place).toBe(page.data[1].place + 1);
    const next = await client.call('list_notifications', { limit: 1, cursor: page.nextCursor });
    expect(next.data[0].message.body).toBe('hello @ada');
    expect(await client.call('mark_notifications_read', { ids: [page.data[0].id] })).toEqual({ unread: 2 });
    expect(await client.call('mark_notifications_read', { upTo: page.data[1].place })).toEqual({ unread: 0 });
    const notificationId = page.data[1].id;
    expect(await client.call('mark_notification_unread', { notificationId })).toEqual({ unread: 1 });
    expect(await refusalOf(client.call('mark_notifications_read', {}))).toMatchObject({ code: 'invalid' });
    // The same job again, as after a crash, tells nobody twice.
    const { jobs, database } = app.app.parts;
    const { tenantId } = await database.db
      .selectFrom('rooms')
      .select('tenantId')
      .where('id', '=', roomId)
      .executeTakeFirstOrThrow();
    const messageIds = [page.data[0].message.id];
    await database.transaction((tx) =>
      jobs.enqueue(tx, { name: 'notifications.derive' }, [{ tenantId, messageIds }]),
    );
    expect((await inbox()).told).toEqual(['reply: an answer']);
  });

  test('each room has a level, and can be muted', async () => {
    const set = (input: object) => client.call('set_room_notifications', { roomId, ...input });
    expect(await client.call('get_room_notifications', { roomId })).toEqual({ roomId, level: 'mentions' });
    expect(await set({ level: 'all' })).toEqual({ roomId, level: 'all' });
    await say('for all');
    expect((await inbox()).told).toEqual(['message: for all']);
    await set({ level: 'none' });
    await say('unheard @ada');
    await set({ level: 'all', mutedUntil: '2999-01-01T00:00:00.000Z' });
    await say('muted @ada');
    expect((await inbox()).told).toEqual(['message: for all']);
    expect(await set({ mutedUntil: null })).toEqual({ roomId, level: 'all' });
    await say('back @ada');
    expect((await inbox()).told).toEqual(['mention: back @ada', 'message: for all']);
  });

  test('what cannot be read any more is not shown, nor counted', async () => {
    const gone = await say('soon gone @ada');
    await say('still there @ada');
    expect((await inbox()).unread).toBe(2);
    await other.call('delete_message', { messageId: gone.id });
    expect(await inbox()).toEqual({ unread: 1, told: ['mention: still there @ada'] });
    await other.call('remove_member', { roomId, userId: ada.user.id });
    expect(await inbox()).toEqual({ unread: 0, told: [] });
  });

  test('in quiet hours it is kept, and told to no device', async () => {
    const now = new Date();
    const time = (hours: number) => new Date(now.getTime() + hours * 3_600_000).toISOString().slice(11, 16);
    const quietHours = { from: time(-6), to: time(6), timeZone: 'UTC' };
    expect(await client.call('set_notification_settings', { quietHours })).toEqual({ quietHours });
    expect(await client.call('get_notification_settings')).toEqual({ quietHours });
    await say('quietly @ada');
    expect((await inbox()).told).toEqual(['mention: quietly @ada']);
    await client.call('set_notification_settings', { quietHours: null });
    await say('aloud @ada');
    await app.app.settle();
    const heard = () =>
      ear.heard
        .filter((h) => h.type === 'notification')
        .map((h) => (h.payload.notification as Answer).message)
        .filter((m: Message) => m.roomId === roomId)
        .map((m: Message) => m.body);
    await ear.until('the loud one', () => heard().includes('aloud @ada'));
    expect(heard()).toEqual(['aloud @ada']);
    const wrong = { quietHours: { ...quietHours, timeZone: 'Mars/Olympus' } };
    expect(await refusalOf(client.call('set_notification_settings', wrong))).toMatchObject({
      code: 'invalid',
    });
  });
});

test.each([
  ['22:00', '07:00', 'UTC', '2026-03-01T23:00:00Z', true],
  ['22:00', '07:00', 'UTC', '2026-03-01T06:59:00Z', true],
  ['22:00', '07:00', 'UTC', '2026-03-01T07:00:00Z', false],
  ['12:00', '13:00', 'UTC', '2026-03-01T12:30:00Z', true],
  ['12:00', '13:00', 'UTC', '2026-03-01T13:00:00Z', false],
  ['22:00', '07:00', 'Europe/Berlin', '2026-07-01T20:30:00Z', true],
  ['22:00', '07:00', 'Europe/Berlin', '2026-01-01T20:30:00Z', false],
])('from %s to %s in %s it is quiet at %s: %s', (from, to, timeZone, at, quiet) => {
  expect(isQuiet({ from, to, timeZone }, new Date(at))).toBe(quiet);
});
