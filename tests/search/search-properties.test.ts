// For any history of sends, edits, deletions, leaves and joins, search answers what can be read off the rooms themselves.
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { AppError } from '../../src/core/errors.ts';
import type { Scope } from '../../src/core/scope.ts';
import type { Found, searchMessages } from '../../src/server/search/contract.ts';
import { describeEachDatabase, startApp, type TestApp } from '../support/app.ts';

type Answer = ReturnType<(typeof searchMessages)['output']['parse']>;

const WORDS = ['apple', 'pear', 'plum', '東京', 'naïve'];
const small = (max: number) => fc.integer({ min: 0, max });
const body = fc.array(small(WORDS.length - 1), { minLength: 1, maxLength: 4 });
const deed = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constant('send' as const), who: small(1), room: small(1), body }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('edit' as const), which: small(20), body }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('delete' as const), which: small(20) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constantFrom('quit' as const, 'join' as const),
      who: small(1),
      room: small(1),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('look' as const), who: small(1), word: small(4) }) },
);

const text = (words: number[]) => words.map((i) => WORDS[i]).join(' ');

describeEachDatabase('search', (database) => {
  let app: TestApp;
  let people: [Scope, Scope];
  let root: Scope;
  beforeAll(async () => {
    app = await startApp({ database, config: { RATE_LIMIT_FACTOR: '10000' } });
    const scope = async (name: string) =>
      app.app.parts.identity.authenticate((await app.signIn(name)).token, 'rest');
    root = await scope('Root Person');
    people = [await scope('Ada'), await scope('Bob')];
  });
  afterAll(() => app.stop());

  async function find(scope: Scope, q: string): Promise<Found[]> {
    const { operations } = app.app.parts;
    const operation = operations.byName('search.messages');
    if (operation === undefined) throw new Error('There is no search.');
    const answer = (await operations.call(
      operation,
      scope,
      { q, limit: 50 },
      { surface: 'rest', address: '' },
    )) as Answer;
    expect(answer.indexing).toBe(false);
    return answer.data;
  }

  test('agrees with the rooms as they are', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(deed, { minLength: 5, maxLength: 40 }), async (deeds) => {
        const { messages, rooms } = app.app.parts;
        const made: { id: string }[] = [];
        for (const name of ['One', 'Two'])
          made.push(
            await rooms.create(root, {
              name,
              kind: 'channel',
              agentsAllowed: false,
              memberIds: people.map((p) => p.user.id),
            }),
          );
        const ids: string[] = [];

        async function check(scope: Scope, word: string): Promise<void> {
          const expected = new Set<string>();
          for (const { id } of made) {
            const { data: members } = await rooms.members(root, id, { limit: 200 });
            if (!members.some((m) => m.user.id === scope.user.id)) continue;
            const { data } = await messages.list(root, { roomId: id, limit: 200 });
            for (const message of data)
              if (message.deletedAt === undefined && message.body.includes(word)) expected.add(message.id);
          }
          const where = made.map(({ id }) => id);
          const found = (await find(scope, word)).filter(({ message }) => where.includes(message.roomId));
          expect(new Set(found.map(({ message }) => message.id))).toEqual(expected);
          for (const { message, highlights } of found)
            for (const { offset, length } of highlights)
              expect(message.body.slice(offset, offset + length)).toBe(word);
        }

        for (const step of deeds) {
          try {
            if (step.do === 'send') {
              const roomId = made[step.room]?.id as string;
              ids.push(
                (await messages.send(people[step.who] as Scope, { roomId, body: text(step.body) })).id,
              );
            } else if (step.do === 'look') await check(people[step.who] as Scope, WORDS[step.word] as string);
            else if ('room' in step) {
              const id = made[step.room]?.id as string;
              if (step.do === 'quit') await rooms.leave(people[step.who] as Scope, id);
              else await rooms.join(people[step.who] as Scope, id);
            } else {
              const messageId = ids[step.which % Math.max(1, ids.length)];
              if (messageId === undefined) continue;
              const { author } = await messages.get(root, messageId);
              const by = people.find((p) => p.user.id === author.id) as Scope;
              if (step.do === 'edit') await messages.edit(by, { messageId, body: text(step.body) });
              else await messages.remove(by, messageId);
            }
          } catch (error) {
            // Refusals are words; anything else is a fault.
            if (!(error instanceof AppError) || error.code === 'internal') throw error;
          }
        }
        for (const person of people) for (const word of WORDS) await check(person, word);
        for (const { id } of made) await rooms.remove(root, id);
      }),
      { numRuns: 12 },
    );
  }, 120_000);
});
