// Messages and reminders for later, over both protocols and REST: sent once when their time has come, changed and cancelled until
// then, under the rights of that moment.
import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Message } from '../../src/server/messages/contract.ts';
import { describeEachDatabase, type SignedIn, startApp, type TestApp } from '../support/app.ts';
import { type Answer, type Caller, connect, refusalOf } from '../support/clients.ts';

const inAnHour = () => new Date(Date.now() + 3_600_000).toISOString();

/** Its time has come: for the item, and for its jobs. */
async function comesDue(app: TestApp, id: string): Promise<void> {
  const { db } = app.app.parts.database;
  await sql`update scheduled_items set due_at = now() - interval '1 minute' where id = ${id}`.execute(db);
  await sql`update jobs.job set start_after = now() where name = 'scheduled.due' and data->>'id' = ${id}`.execute(
    db,
  );
  await app.app.settle();
}

describeEachDatabase('for later', (database) => {
  let app: TestApp;
  let ada: SignedIn;
  let bob: SignedIn;
  beforeAll(async () => {
    app = await startApp({ database });
    await app.signIn('Root Person');
    [ada, bob] = [await app.signIn('Ada'), await app.signIn('Bob')];
  });
  afterAll(() => app.stop());

  describe.each(['rest', 'socketio over websocket', 'phoenix 2.0.0'] as const)('by %s', (surface) => {
    let client: Caller;
    let roomId: string;
    beforeAll(async () => {
      client = await connect(surface, app, ada);
    });
    beforeEach(async () => {
      const input = { name: 'A room', visibility: 'private', memberIds: [bob.user.id] };
      roomId = (await client.call('create_room', input)).id;
    });
    afterAll(() => client.close());

    const schedule = (body: string, more: object = {}) =>
      client.call('schedule_message', { roomId, body, dueAt: inAnHour(), ...more });
    const said = async (): Promise<string[]> =>
      (await client.call('list_messages', { roomId })).data.map((m: Message) => m.body);
    const itemOf = async (id: string) =>
      (await client.call('list_scheduled', { waiting: false })).data.find((i: Answer) => i.id === id);

    test('a message is sent once when its time has come, as its author', async () => {
      const item = await schedule('good morning @bob');
      expect(item).toMatchObject({ kind: 'message', roomId, status: 'waiting', body: 'good morning @bob' });
      await app.app.settle();
      expect(await said()).toEqual([]);
      expect((await client.call('list_scheduled')).data).toContainEqual(item);
      await comesDue(app, item.id);
      expect(await said()).toEqual(['good morning @bob']);
      const done = await itemOf(item.id);
      const sent = await client.call('get_message', { messageId: done.sentMessageId });
      expect(done).toMatchObject({ status: 'done' });
      expect(sent).toMatchObject({ author: { id: ada.user.id }, mentions: [{ userId: bob.user.id }] });
      // As when a server died before it could say that the job was done.
      const { jobs, database: db } = app.app.parts;
      const { tenantId } = await db.db
        .selectFrom('scheduledItems')
        .select('tenantId')
        .where('id', '=', item.id)
        .executeTakeFirstOrThrow();
      const again = { tenantId, id: item.id, version: 1 };
      await db.transaction((tx) => jobs.enqueue(tx, { name: 'scheduled.due' }, [again, again]));
      await app.app.settle();
      expect(await said()).toEqual(['good morning @bob']);
      for (const name of ['cancel_scheduled', 'change_scheduled'])
        expect(await refusalOf(client.call(name, { scheduledId: item.id, body: 'too late' }))).toMatchObject({
          status: 409,
          reason: 'scheduled_over',
        });
    });

    test('what is changed is sent as changed, and what is cancelled is not', async () => {
      const item = await schedule('frist');
      const later = new Date(Date.now() + 7_200_000).toISOString();
      const changed = await client.call('change_scheduled', {
        scheduledId: item.id,
        body: 'first',
        dueAt: later,
      });
      expect(changed).toEqual({ ...item, body: 'first', dueAt: later });
      const cancelled = await schedule('never');
      expect(await client.call('cancel_scheduled', { scheduledId: cancelled.id })).toMatchObject({
        status: 'cancelled',
      });
      await comesDue(app, cancelled.id);
      await comesDue(app, item.id);
      expect(await said()).toEqual(['first']);
      const past = { dueAt: '2020-01-01T00:00:00.000Z' };
      expect(await refusalOf(schedule('late', past))).toMatchObject({
        code: 'invalid',
        reason: 'invalid_due',
      });
      expect(await refusalOf(schedule(' '))).toMatchObject({ code: 'invalid' });
    });

    test('it is sent under the rights of its moment, and says why it was not', async () => {
      const other = await connect('rest', app, bob);
      const item = await other.call('schedule_message', { roomId, body: 'from outside', dueAt: inAnHour() });
      await client.call('remove_member', { roomId, userId: bob.user.id });
      await comesDue(app, item.id);
      expect(await said()).toEqual([]);
      const { data } = await other.call('list_scheduled', { waiting: false });
      expect(data.find((i: Answer) => i.id === item.id)).toMatchObject({
        status: 'failed',
        reason: expect.stringMatching(/not_a_member|room_not_found/),
      });
    });

    test('a reminder comes into the inbox, once', async () => {
      const message = await client.call('send_message', { roomId, body: 'buy bread' });
      const dueAt = inAnHour();
      const item = await client.call('set_reminder', { messageId: message.id, note: 'before noon', dueAt });
      const plain = await client.call('set_reminder', { note: 'stand up', dueAt });
      await comesDue(app, item.id);
      await comesDue(app, plain.id);
      const { data } = await client.call('list_notifications', { limit: 2 });
      expect(data).toMatchObject([
        { kind: 'reminder', subject: { scheduledId: plain.id, note: 'stand up' } },
        { kind: 'reminder', roomId, message: { id: message.id }, subject: { note: 'before noon' } },
      ]);
      expect(await refusalOf(client.call('set_reminder', { dueAt }))).toMatchObject({ code: 'invalid' });
    });
  });
});
