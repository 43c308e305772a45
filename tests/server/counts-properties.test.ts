// For any history in a public and a private room — joins and removals, roles, edits, deletions, threads, marks, levels, an erased
// person — badges, inboxes, threads, search and their explanations say what can be worked out from the log, and whoever is outside
// is told nothing.
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { AppError } from '../../src/core/errors.ts';
import { newId } from '../../src/core/ids.ts';
import type { Scope } from '../../src/core/scope.ts';
import { startTown, type Town } from '../agents/town.ts';
import type { Answer } from '../support/surfaces.ts';
import { createLedger } from './ledger.ts';

let town: Town;
let root: Scope;
beforeAll(async () => {
  town = await startTown({ config: { RATE_LIMIT_FACTOR: '10000' } });
  root = await town.person('Root Person');
});
afterAll(() => town.stop());

const WORDS = ['apple', 'pear', 'plum'];
const NAMES = ['ada', 'bea', 'cyd', 'dan'];
const [ADA, DAN] = [0, 3];
const small = (max: number) => fc.integer({ min: 0, max });
const who = small(NAMES.length - 1);
const room = small(1);
const which = small(30);
/** Of the first: threads grow where many answer the same. */
const early = small(3);
/** Two words, and perhaps whom it is for: one of the people, everyone, or whoever is there. */
const words = fc.record({ a: small(2), b: small(2), at: small(9) });
const kind = <T extends string>(...names: T[]) => fc.constantFrom(...names);
const deed = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: kind('send'), who, room, words }) },
  { weight: 5, arbitrary: fc.record({ do: kind('reply'), who, which: early, words }) },
  { weight: 2, arbitrary: fc.record({ do: kind('edit'), which, words }) },
  { weight: 3, arbitrary: fc.record({ do: kind('delete'), who: kind('author', 'owner'), which }) },
  { weight: 2, arbitrary: fc.record({ do: kind('read', 'readInbox'), who, room, back: small(3) }) },
  { weight: 3, arbitrary: fc.record({ do: kind('unread', 'readThread', 'unreadInbox'), who, which }) },
  { weight: 2, arbitrary: fc.record({ do: kind('follow', 'unfollow'), who, which }) },
  { weight: 3, arbitrary: fc.record({ do: kind('quit', 'join', 'add', 'remove', 'promote'), who, room }) },
  { weight: 2, arbitrary: fc.record({ do: kind('all', 'mentions', 'none', 'mute', 'unmute'), who, room }) },
  { weight: 1, arbitrary: fc.record({ do: kind('erase') }) },
);
type Deed = typeof deed extends fc.Arbitrary<infer T> ? T : never;

test('what is counted and found is what the log says, and nobody outside is told', async () => {
  const history = fc.array(deed, { minLength: 30, maxLength: 60 });
  await fc.assert(
    fc.asyncProperty(history, (deeds) => live(deeds)),
    { numRuns: 5, endOnFailure: true },
  );
}, 120_000);

async function live(deeds: Deed[]): Promise<void> {
  const run = newId().slice(-8);
  const people: Scope[] = [];
  for (const name of NAMES) people.push(await town.person(`${name}-${run}`));
  const person = (i: number) => people[i] as Scope;
  const handles = new Map(people.map(({ user }) => [user.handle, user.id]));
  const ledger = createLedger(handles);
  const memberIds = [1, 2].map((i) => person(i).user.id);
  const rooms: string[] = [];
  for (const kind of ['channel', 'group'] as const) {
    const made = await town.call(person(ADA), 'create_room', { name: 'Room', kind, memberIds });
    ledger.add(made.id, kind);
    rooms.push(made.id);
  }
  const erased = new Set<Scope>();

  /** Enters what the rooms' logs hold now and did not before. */
  async function follow(): Promise<void> {
    await town.settle();
    for (const roomId of rooms)
      for (const entry of await town.app.parts.log.readEntries(roomId, ledger.lastSeq(roomId), 100_000))
        ledger.enter(roomId, entry);
  }
  const textOf = ({ a, b, at }: { a: number; b: number; at: number }): string => {
    const whom = at < 4 ? person(at).user.handle : ['all', 'here'][at - 4];
    return `${WORDS[a]} ${whom === undefined ? '' : `@${whom} `}${WORDS[b]}`;
  };
  const pick = (i: number) => {
    const all = ledger.messages();
    return all[i % Math.max(1, all.length)];
  };

  async function perform(step: Deed): Promise<void> {
    const by = person('who' in step && typeof step.who === 'number' ? step.who : ADA);
    const me = by.user.id;
    const { call } = town;
    if (step.do === 'erase') {
      if (erased.has(person(DAN))) return;
      await call(root, 'erase_person', { userId: person(DAN).user.id });
      return void erased.add(person(DAN));
    }
    if (step.do === 'readInbox') {
      await call(by, 'mark_notifications_read', { upTo: 1_000_000 });
      return ledger.readInbox(me);
    }
    if ('which' in step) {
      const message = pick(step.which);
      if (message === undefined) return;
      const { id: messageId, roomId, threadId } = message;
      const author = people.find(({ user }) => user.id === message.author) as Scope;
      if (step.do === 'reply')
        return call(by, 'send_message', { roomId, threadId: messageId, body: textOf(step.words) });
      if (step.do === 'edit') return call(author, 'edit_message', { messageId, body: textOf(step.words) });
      if (step.do === 'delete')
        return call(step.who === 'owner' ? person(ADA) : author, 'delete_message', { messageId });
      if (step.do === 'unread') {
        await call(by, 'mark_unread', { roomId, messageId });
        return ledger.unreadFrom(messageId, me);
      }
      if (step.do === 'readThread') {
        await call(by, 'mark_thread_read', { messageId: threadId ?? messageId, seq: message.seq });
        return ledger.readThread(messageId, me, message.seq);
      }
      if (step.do === 'unreadInbox') {
        const { data } = await call(by, 'list_notifications', { limit: 100 });
        const one = data[step.which % Math.max(1, data.length)];
        if (one === undefined) return;
        await call(by, 'mark_notification_unread', { notificationId: one.id });
        return ledger.unreadNotification(one.message.id, me);
      }
      const following = step.do === 'follow';
      await call(by, 'follow_thread', { messageId, following });
      return ledger.follow(messageId, me, following);
    }
    const roomId = rooms[step.room] as string;
    const userId = me;
    if (step.do === 'send') return call(by, 'send_message', { roomId, body: textOf(step.words) });
    if (step.do === 'quit') return call(by, 'quit_room', { roomId });
    if (step.do === 'join') return call(by, 'rooms.join', { roomId });
    if (step.do === 'add') return call(person(ADA), 'add_member', { roomId, userId });
    if (step.do === 'remove') return call(person(ADA), 'remove_member', { roomId, userId });
    if (step.do === 'promote') return call(person(ADA), 'update_member', { roomId, userId, role: 'admin' });
    if (step.do === 'read') {
      const seq = Math.max(0, ledger.lastSeq(roomId) - step.back);
      await call(by, 'mark_read', { roomId, seq });
      return ledger.readRoom(roomId, me, seq);
    }
    if (step.do === 'mute' || step.do === 'unmute') {
      const muted = step.do === 'mute';
      const mutedUntil = muted ? new Date(Date.now() + 3_600_000).toISOString() : null;
      await call(by, 'set_room_notifications', { roomId, mutedUntil });
      return ledger.setLevel(roomId, me, { muted });
    }
    await call(by, 'set_room_notifications', { roomId, level: step.do });
    ledger.setLevel(roomId, me, { level: step.do });
  }

  await follow();
  for (const step of deeds) {
    try {
      await perform(step);
    } catch (error) {
      // Refusals are words; anything else is a fault.
      if (!(error instanceof AppError) || error.code === 'internal') throw error;
    }
    await follow();
  }

  for (const by of people) {
    if (erased.has(by)) continue;
    for (const roomId of rooms) {
      if (ledger.isMember(roomId, by.user.id)) await sees(by, roomId);
      else await seesNothing(by, roomId, roomId === rooms[0]);
    }
    await searches(by);
    await hasInInbox(by);
  }

  async function sees(by: Scope, roomId: string): Promise<void> {
    const counts = ledger.room(roomId, by.user.id);
    expect((await town.call(by, 'get_room', { roomId })).me).toMatchObject(counts);
    const { data: mine } = await town.call(by, 'list_rooms');
    expect(mine.find(({ id }: { id: string }) => id === roomId).me).toMatchObject(counts);
    const why = await town.call(by, 'explain_unread', { roomId });
    expect(why).toMatchObject(counts);
    expect([why.counted.length, why.mentioned.length]).toEqual([counts.unread, counts.mentions]);
    const threads = ledger.threads(roomId, by.user.id);
    const { data } = await town.call(by, 'list_threads', { roomId });
    const told = data.map(({ root: { id }, me: { unread, mentions, following } }: Answer) => [
      id,
      { unread, mentions, following },
    ]);
    expect(new Map(told)).toEqual(threads);
    for (const [messageId, state] of threads)
      expect(await town.call(by, 'explain_thread_unread', { messageId })).toMatchObject({
        unread: state.unread,
        mentions: state.mentions,
      });
  }

  async function seesNothing(by: Scope, roomId: string, isPublic: boolean): Promise<void> {
    const refused = async (name: string, input: object) => {
      const answer = await town.call(by, name, input).catch((error: unknown) => error);
      expect(answer, name).toBeInstanceOf(AppError);
      return (answer as AppError).reason;
    };
    const { data } = await town.call(by, 'list_rooms');
    expect(data.map(({ id }: { id: string }) => id)).not.toContain(roomId);
    expect(await refused('search_messages', { q: `apple in:${roomId}` })).toBe('unknown_room');
    await refused('explain_unread', { roomId });
    await refused('list_threads', { roomId });
    if (isPublic) return;
    for (const name of ['get_room', 'list_messages', 'list_members'])
      expect(await refused(name, { roomId }), name).toBe('room_not_found');
    const inside = ledger.messages().find((one) => one.roomId === roomId);
    if (inside !== undefined)
      expect(await refused('get_message', { messageId: inside.id })).toBe('message_not_found');
  }

  async function searches(by: Scope): Promise<void> {
    const found = async (q: string) => {
      const answer = await town.call(by, 'search_messages', { q, limit: 50 });
      expect(answer.indexing).toBe(false);
      return answer.data.map(({ message }: Answer) => message.id).sort();
    };
    const { id, handle } = by.user;
    for (const word of WORDS)
      expect(await found(word), word).toEqual(ledger.found(id, ({ body }) => body.split(' ').includes(word)));
    expect(await found('has:mention')).toEqual(ledger.found(id, ({ mentions }) => mentions));
    expect(await found('is:thread')).toEqual(ledger.found(id, ({ threadId }) => threadId !== undefined));
    expect(await found(`from:${handle}`)).toEqual(ledger.found(id, ({ author }) => author === id));
  }

  async function hasInInbox(by: Scope): Promise<void> {
    const inbox = ledger.inbox(by.user.id);
    const { data, unread } = await town.call(by, 'list_notifications', { limit: 100 });
    const told = data.map(({ kind, message, readAt }: Answer) => ({
      messageId: message.id,
      kind,
      read: readAt !== undefined,
    }));
    expect(told.reverse()).toEqual(inbox);
    const expected = inbox.filter(({ read }) => !read).length;
    expect(unread).toBe(expected);
    expect(await town.call(by, 'explain_notifications')).toMatchObject({ unread: expected });
  }
}
