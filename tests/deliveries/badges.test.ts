// Why a badge shows what it shows, over every door and on the command line. That the numbers are the badge's own for any history is
// in tests/server/log-properties.test.ts.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parley } from '../operations/cli.ts';
import { type SignedIn, startApp, type TestApp } from '../support/app.ts';
import { type Answer, type Caller, connect, refusalOf, SURFACES } from '../support/clients.ts';

let app: TestApp;
let ada: SignedIn;
let bob: SignedIn;
let asAda: Caller;
let asBob: Caller;
let roomId: string;
let sent: Answer[];

beforeAll(async () => {
  app = await startApp();
  await app.signIn('Root Person');
  [ada, bob] = [await app.signIn('Ada'), await app.signIn('Bob')];
  [asAda, asBob] = [await connect('rest', app, ada), await connect('rest', app, bob)];
  const input = { name: 'A room', kind: 'group', memberIds: [bob.user.id] };
  roomId = (await asAda.call('create_room', input)).id;
  const say = (who: Caller, body: string, more = {}) => who.call('send_message', { roomId, body, ...more });
  sent = [await say(asAda, 'read')];
  await asBob.call('mark_read', { roomId, seq: sent[0].seq });
  sent.push(await say(asAda, 'plain'), await say(asAda, 'hello @bob'), await say(asAda, '@all of you'));
  sent.push(await say(asBob, 'my own'), await say(asAda, 'gone @bob'));
  sent.push(await say(asAda, 'an answer', { threadId: sent[4].id }));
  await asAda.call('add_reaction', { messageId: sent[1].id, emoji: '👍' });
  await app.app.settle();
  await asAda.call('delete_message', { messageId: sent[5].id });
});
afterAll(() => app.stop());

const reasons = (entries: Answer[]) => entries.map((e) => [e.seq, e.reason]);

describe.each(SURFACES)('by %s', (surface) => {
  test('the mark, what counts and what does not', async () => {
    const client = await connect(surface, app, bob);
    const told = await client.call('explain_unread', { roomId });
    const { me } = await client.call('get_room', { roomId });
    expect(told).toMatchObject({ roomId, userId: bob.user.id, unread: me.unread, mentions: me.mentions });
    expect(told).toMatchObject({ unread: 4, mentions: 2, otherEntries: 2 });
    expect(told.mark).toMatchObject({ readSeq: sent[0].seq, readAt: expect.any(String) });
    expect(reasons(told.counted)).toEqual([
      [sent[1].seq, 'message'],
      [sent[2].seq, 'mention_me'],
      [sent[3].seq, 'mention_all'],
      [sent[6].seq, 'reply'],
    ]);
    expect(reasons(told.mentioned)).toEqual(reasons(told.counted).slice(1, 3));
    expect(reasons(told.excluded)).toEqual([
      [sent[4].seq, 'own'],
      [sent[5].seq, 'deleted'],
    ]);
    const thread = await client.call('explain_thread_unread', { messageId: sent[6].id });
    expect(thread).toMatchObject({ unread: 1, mentions: 0, lastSeq: told.lastSeq });
    expect(reasons(thread.counted)).toEqual([[sent[6].seq, 'reply']]);
    const inbox = await client.call('explain_notifications');
    expect(inbox.unread).toBe((await client.call('list_notifications')).unread);
    expect(inbox.counted.map((n: Answer) => [n.messageId, n.reason, n.level])).toEqual([
      [sent[6].id, 'reply', 'mentions'],
      [sent[3].id, 'mention', 'mentions'],
      [sent[2].id, 'mention', 'mentions'],
    ]);
    expect(inbox.excluded).toMatchObject([{ reason: 'deleted' }]);
    await client.close();
  });
});

test('of others only who moderates the room learns, also by handle', async () => {
  const told = await asAda.call('explain_unread', { roomId, userId: 'bob' });
  expect(told).toMatchObject({ userId: bob.user.id, unread: 4 });
  const refused = await refusalOf(asBob.call('explain_unread', { roomId, userId: 'ada' }));
  expect(refused).toMatchObject({ status: 403, reason: 'not_allowed' });
});

test('marked unread, the count begins there; joining puts the mark without a time', async () => {
  await asBob.call('mark_unread', { roomId, messageId: sent[0].id });
  const told = await asBob.call('explain_unread', { roomId });
  expect(told).toMatchObject({ unread: 5, mark: { unreadFrom: sent[0].seq, countsAfter: sent[0].seq - 1 } });
  expect((await asAda.call('explain_unread', { roomId })).mark).not.toHaveProperty('readAt');
});

test('the command line tells the same in lines, and says what it needs', async () => {
  const env = { PARLEY_TOKEN: ada.token };
  const at = ['--url', app.url];
  const [message, badge, silence, bare, json] = await Promise.all([
    parley(['explain', 'message', sent[2].id, '--user', '@bob', ...at], env),
    parley(['explain', 'badge', roomId, '--user', 'bob', ...at, '--token', ada.token]),
    parley(['explain', 'silence', sent[2].id, ...at], env),
    parley(['explain', 'badge', roomId, ...at]),
    parley(['explain', 'message', sent[2].id, '--json', ...at], env),
  ]);
  expect(message).toMatchObject({ code: 0, out: expect.stringContaining('committed   recorded') });
  expect(badge).toMatchObject({ code: 0, out: expect.stringContaining('mention_me: It is newer') });
  expect(silence).toMatchObject({ code: 0, out: expect.stringContaining('No agent of the room') });
  expect(bare).toMatchObject({ code: 2, err: expect.stringContaining('PARLEY_TOKEN') });
  expect(JSON.parse(json.out)).toMatchObject({ reason: 'own_message' });
});
