// P1, P2, P4 and P8 for any order of things done at once: places are gapless, a retry is one message, a copy that follows
// the log is what a fresh fetch gives, and what is counted as unread is what can be counted.
import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { AppError, isUnavailable } from '../../src/core/errors.ts';
import type { Scope } from '../../src/core/scope.ts';
import type { Message } from '../../src/server/messages/contract.ts';
import type { MyThread } from '../../src/server/threads/contract.ts';
import type { UnreadEntry, UnreadExplained } from '../../src/server/unread/contract.ts';
import { describeEachDatabase, startApp, type TestApp } from '../support/app.ts';
import { apply, type Copy, messagesOf } from './room-copy.ts';

/** One thing a person does; the numbers pick a person, a room, a message or an id by place. */
type Deed =
  | { do: 'send'; who: number; room: number; id: number; body: number }
  | { do: 'reply'; who: number; room: number; id: number; to: number }
  | { do: 'readThread'; who: number; which: number; seq: number }
  | { do: 'unread'; who: number; room: number; which: number }
  | { do: 'edit'; who: number; which: number }
  | { do: 'delete'; who: number; which: number }
  | { do: 'react' | 'unreact'; who: number; which: number; emoji: number }
  | { do: 'pin' | 'unpin'; who: number; which: number }
  | { do: 'reactions'; room: number; who: number; mode: number }
  | { do: 'read'; who: number; room: number; seq: number }
  | { do: 'rename'; who: number; room: number }
  | { do: 'quit'; who: number; room: number }
  | { do: 'join'; who: number; room: number };

const EMOJI = ['👍', '❤️', ':party:'];

const small = (max: number) => fc.integer({ min: 0, max });
const deed: fc.Arbitrary<Deed> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('send' as const),
      who: small(2),
      room: small(1),
      id: small(5),
      body: small(2),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('reply' as const),
      who: small(2),
      room: small(1),
      id: small(5),
      to: small(5),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('readThread' as const),
      who: small(2),
      which: small(5),
      seq: small(30),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('unread' as const),
      who: small(2),
      room: small(1),
      which: small(5),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constantFrom('edit' as const, 'delete' as const),
      who: small(2),
      which: small(5),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constantFrom('react' as const, 'react' as const, 'unreact' as const),
      who: small(2),
      which: small(5),
      emoji: small(2),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constantFrom('pin' as const, 'pin' as const, 'unpin' as const),
      who: small(2),
      which: small(5),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('reactions' as const),
      who: small(2),
      room: small(1),
      mode: small(2),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('read' as const), who: small(2), room: small(1), seq: small(30) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constantFrom('rename' as const, 'quit' as const, 'join' as const),
      who: small(2),
      room: small(1),
    }),
  },
);
/** Deeds of one group happen at once; the groups follow each other. */
const history = fc.array(fc.array(deed, { minLength: 1, maxLength: 12 }), { minLength: 1, maxLength: 4 });

const placesOf = (entries: UnreadEntry[]): number[] => entries.map(({ seq }) => seq);

/** As a client does: what the database was too busy for is asked again, under the same ids, until it is answered. */
async function untilTold<T>(call: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await call();
    } catch (error) {
      if (!isUnavailable(error) || tries === 20) throw error;
    }
  }
}

describeEachDatabase('the log of a room', (database) => {
  let app: TestApp;
  let people: Scope[];
  beforeAll(async () => {
    app = await startApp({ database });
    await app.signIn('Root Person');
    const { authenticate } = app.app.parts.identity;
    people = [];
    for (const name of ['Ada', 'Bob', 'Eve'])
      people.push(await authenticate((await app.signIn(name)).token, 'rest'));
  });
  afterAll(() => app.stop());

  const call = (scope: Scope, name: string, input: object) => {
    const { operations } = app.app.parts;
    const operation = operations.bySocket(name) as NonNullable<ReturnType<typeof operations.bySocket>>;
    return operations.call(operation, scope, input, { surface: 'rest', address: 'test' });
  };

  async function newRoom(): Promise<string> {
    const [ada, ...others] = people as [Scope, ...Scope[]];
    const input = {
      name: 'Room',
      kind: 'channel' as const,
      agentsAllowed: true,
      memberIds: others.map((s) => s.user.id),
    };
    return (await app.app.parts.rooms.create(ada, input)).id;
  }

  async function perform(step: Deed, rooms: string[], ids: string[]): Promise<Message | undefined> {
    const { messages, rooms: service } = app.app.parts;
    const scope = people[step.who] as Scope;
    if (step.do === 'react' || step.do === 'unreact') {
      const input = { messageId: ids[step.which], emoji: EMOJI[step.emoji] };
      await call(scope, step.do === 'react' ? 'add_reaction' : 'remove_reaction', input);
      return undefined;
    }
    if (step.do === 'reply')
      return messages.send(scope, {
        roomId: rooms[step.room] as string,
        id: ids[step.id] as string,
        threadId: ids[step.to] as string,
        body: `@bob answer ${step.to}`,
      });
    if (step.do === 'unread') {
      const where = { roomId: rooms[step.room], messageId: ids[step.which] };
      await call(scope, 'mark_unread', where);
      return undefined;
    }
    if (step.do === 'readThread') {
      await call(scope, 'mark_thread_read', { messageId: ids[step.which], seq: step.seq });
      return undefined;
    }
    if (step.do === 'pin' || step.do === 'unpin') {
      await call(scope, `${step.do}_message`, { messageId: ids[step.which] });
      return undefined;
    }
    if (step.do === 'reactions') {
      const reactionMode = (['any', 'one', 'off'] as const)[step.mode];
      await service.update(scope, rooms[step.room] as string, { reactionMode });
      return undefined;
    }
    if (step.do === 'send')
      return messages.send(scope, {
        roomId: rooms[step.room] as string,
        id: ids[step.id] as string,
        body: step.body === 2 ? 'to @all of you' : `@bob ${step.body}`,
      });
    if ('which' in step) {
      const messageId = ids[step.which] as string;
      if (step.do === 'edit') await messages.edit(scope, { messageId, body: `@eve ${randomUUID()}` });
      else await messages.remove(scope, messageId);
      return undefined;
    }
    const room = rooms[step.room] as string;
    if (step.do === 'read') await messages.markRead(scope, room, step.seq);
    else if (step.do === 'rename') await service.update(scope, room, { topic: randomUUID() });
    else if (step.do === 'quit') await service.leave(scope, room);
    else await service.join(scope, room);
    return undefined;
  }

  test('tells one gapless story, which rebuilds the room', async () => {
    await fc.assert(
      fc.asyncProperty(history, async (groups) => {
        const { messages, rooms: service, log } = app.app.parts;
        const root = { ...(people[0] as Scope), role: 'admin' as const };
        const rooms = [await newRoom(), await newRoom()];
        const ids = Array.from({ length: 6 }, () => randomUUID());
        const sent: Message[] = [];
        for (const group of groups) {
          const outcomes = await Promise.allSettled(
            group.map((step) => untilTold(() => perform(step, rooms, ids))),
          );
          for (const outcome of outcomes) {
            if (outcome.status === 'fulfilled' && outcome.value !== undefined) sent.push(outcome.value);
            // Refusals are words; anything else is a fault of ours.
            if (outcome.status === 'rejected' && !(outcome.reason instanceof AppError)) throw outcome.reason;
          }
        }
        // One id is one message, of one author, in one place, however often it was sent.
        for (const group of Map.groupBy(sent, (m) => m.id).values())
          expect(new Set(group.map((m) => `${m.roomId} ${m.seq} ${m.author.id}`)).size).toBe(1);

        for (const roomId of rooms) {
          const { events, lastSeq } = await messages.events(root, roomId, { afterSeq: 0 }, 500);
          expect(events.map((e) => e.seq)).toEqual(Array.from({ length: lastSeq }, (_, i) => i + 1));
          const placed = events.filter((e) => e.type === 'new_message').map((e) => e.payload.id);
          expect(new Set(placed).size).toBe(placed.length);
          expect(new Set(placed)).toEqual(new Set(sent.filter((m) => m.roomId === roomId).map((m) => m.id)));
          // What heals a gap tells the same story.
          const healed = await log.readEntries(roomId, 0, lastSeq);
          expect(healed.map((e) => ({ seq: e.seq, type: e.type, payload: JSON.parse(e.json) }))).toEqual(
            events,
          );

          const copy: Copy = { room: {}, members: new Map(), messages: new Map() };
          for (const event of events) apply(copy, event, root.user.id);
          const { data } = await messages.list(root, { roomId, limit: 200 });
          const byPlace = messagesOf(copy);
          expect(byPlace).toEqual(data);
          const pins = (await call(root, 'list_pins', { roomId })) as { data: Message[] };
          expect(new Set(pins.data.map((m) => m.id))).toEqual(
            new Set(byPlace.flatMap((m) => (m.pinned === undefined ? [] : [m.id]))),
          );
          const { data: members } = await service.members(root, roomId, { limit: 200 });
          expect(new Map(members.map((m) => [m.user.id, m]))).toEqual(copy.members);
          if (copy.room.id !== undefined) {
            const { me: _, ...fresh } = await service.get(root, roomId);
            expect({ ...copy.room, lastSeq }).toEqual(fresh);
          }
          for (const scope of people) {
            const { me } = await service.get(scope, roomId);
            if (me === undefined) continue;
            const behind = data.filter(
              (m) =>
                m.seq > Math.min(me.readSeq, (me.unreadFrom ?? Infinity) - 1) &&
                m.author.id !== scope.user.id &&
                m.deletedAt === undefined,
            );
            const mine = behind.filter((m) =>
              m.mentions.some((at) => at.kind === 'all' || at.userId === scope.user.id),
            );
            expect(me).toMatchObject({ unread: behind.length, mentions: mine.length });
            const why = (await call(scope, 'explain_unread', { roomId })) as UnreadExplained;
            expect(why).toMatchObject({ unread: me.unread, mentions: me.mentions });
            expect(placesOf(why.counted)).toEqual(behind.slice(0, 50).map((m) => m.seq));
            expect(placesOf(why.mentioned)).toEqual(mine.slice(0, 50).map((m) => m.seq));
            const after = data.filter((m) => m.seq > why.mark.countsAfter);
            expect(placesOf(why.excluded)).toEqual(
              after.filter((m) => !behind.includes(m)).map((m) => m.seq),
            );
            const { data: threads } = (await call(scope, 'list_threads', { roomId })) as {
              data: { root: Message; me: MyThread }[];
            };
            expect(threads.map((t) => t.root.id).sort()).toEqual(
              data
                .filter((m) => m.thread !== undefined)
                .map((m) => m.id)
                .sort(),
            );
            for (const { root: first, me: state } of threads) {
              const replies = data.filter((m) => m.threadId === first.id && m.deletedAt === undefined);
              const unread = replies.filter((m) => m.seq > state.readSeq && m.author.id !== scope.user.id);
              const told = (await call(scope, 'explain_thread_unread', {
                messageId: first.id,
              })) as UnreadExplained;
              expect(told).toMatchObject({ unread: state.unread, mentions: state.mentions });
              expect(placesOf(told.counted)).toEqual(unread.map((m) => m.seq));
              const atMe = (m: Message, all = false) =>
                m.mentions.some((at) => at.userId === scope.user.id || (all && at.kind === 'all'));
              expect(state).toMatchObject({
                unread: unread.length,
                mentions: unread.filter((m) => atMe(m, true)).length,
                following: [first, ...replies].some((m) => m.author.id === scope.user.id || atMe(m)),
              });
            }
          }
        }
      }),
      { numRuns: 25 },
    );
  }, 120_000);
});
