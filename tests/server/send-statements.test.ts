// The hot path: a plain send is one transaction of three statements, in a room that has agents with one each of those who listen
// inside it (the agents, and whose memory of it is to be kept), and a crowd of sends shares these. What a feature needs beside is
// asked only where a message uses it.
import type { KyselyPlugin } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Tx } from '../../src/core/db/database.ts';
import type { Scope } from '../../src/core/scope.ts';
import { startTown, type Town } from '../agents/town.ts';

/** Lock the rooms, check membership and ids, insert everything. */
const WRITER = 3;
/** The agents of the rooms; those that may remember what is said there. */
const LISTENERS = 2;
/** That they keep silent, and why. */
const VERDICTS = 1;

let town: Town;
let ada: Scope;
let room: { id: string };
let withAgent: { id: string };
/** Statements of each transaction that stored messages, in order. */
const transactions: number[] = [];

beforeAll(async () => {
  town = await startTown();
  await town.person('Root Person');
  ada = await town.person('Ada');
  room = await town.call(ada, 'create_room', { name: 'A room' });
  for (const name of ['Bob', 'Cyd'])
    await town.call(ada, 'add_member', { roomId: room.id, userId: (await town.person(name)).user.id });
  withAgent = await town.call(ada, 'create_room', { name: 'A room with an agent' });
  const bot = await town.agent(ada);
  await town.call(ada, 'add_member', { roomId: withAgent.id, userId: bot.id });
  await town.settle();
  count();
});
afterAll(() => town.stop());

/** Has each transaction from now on count what it asks. */
function count(): void {
  const { database } = town.app.parts;
  const { transaction, afterCommit } = database;
  const bare = new WeakMap<Tx, Tx>();
  const counted = <T>(fn: (tx: Tx) => Promise<T>): Promise<T> =>
    transaction(async (tx) => {
      let statements = 0;
      let stores = false;
      const plugin: KyselyPlugin = {
        transformQuery({ node }) {
          statements++;
          stores ||= JSON.stringify(node).includes('insert into messages');
          return node;
        },
        transformResult: async ({ result }) => result,
      };
      const counting = tx.withPlugin(plugin) as Tx;
      bare.set(counting, tx);
      const value = await fn(counting);
      // Others are at work as well: the index, the inbox.
      if (stores) transactions.push(statements);
      return value;
    });
  Object.assign(database, {
    transaction: counted,
    afterCommit: (tx: Tx, fn: () => void) => afterCommit(bare.get(tx) ?? tx, fn),
  });
}

async function statementsOf(place: { id: string }, ...bodies: string[]): Promise<number[]> {
  await town.settle();
  transactions.length = 0;
  await Promise.all(bodies.map((body) => town.say(ada, place, body)));
  return [...transactions];
}

test('a plain send asks no more than this, many at once share it, and a mention asks for more', async () => {
  expect(await statementsOf(room, 'Hello')).toEqual([WRITER]);
  expect(new Set(await statementsOf(room, 'One', 'Two', 'Three'))).toEqual(new Set([WRITER]));
  const mentioning = await statementsOf(room, 'Hello @bob');
  expect(mentioning[0]).toBeGreaterThan(WRITER);
  expect(await statementsOf(room, 'Plain again')).toEqual([WRITER]);
});

test('where agents listen they are asked for once, and what may be remembered', async () => {
  const asked = WRITER + LISTENERS + VERDICTS;
  expect(await statementsOf(withAgent, 'Hello')).toEqual([asked]);
  expect(new Set(await statementsOf(withAgent, 'One', 'Two', 'Three'))).toEqual(new Set([asked]));
});
