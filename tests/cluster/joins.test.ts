// Joins while others talk, on two nodes: what a join answers and what comes live after it are the log, with nothing missing
// and nothing twice between the two.
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import type { JoinReply } from '../../src/server/messages/contract.ts';
import { type SignedIn, startApp, TEST_SECRET, type TestApp } from '../support/app.ts';
import { connect, type Listener, listen } from '../support/clients.ts';
import { createDatabase, type Database } from '../support/postgres.ts';

const JOINERS = 8;
const JOINS_EACH = 60;
const PAUSE_MS = 5;
const hasBoth = inject('postgresUrl') !== undefined && inject('redisUrl') !== undefined;

describe.runIf(hasBoth)('two nodes', () => {
  let database: Database;
  let nodes: [TestApp, TestApp];
  beforeAll(async () => {
    database = await createDatabase(inject('postgresUrl') as string);
    const config = {
      DATABASE_URL: database.url,
      REDIS_URL: inject('redisUrl') as string,
      SECRET_KEY: TEST_SECRET,
      AUTH_LOCAL: 'true',
      RATE_LIMIT_FACTOR: '1000',
      DATABASE_POOL_SIZE: '5',
    };
    nodes = await Promise.all([startApp({ config }), startApp({ config })]);
  });
  afterAll(async () => {
    for (const node of nodes ?? []) await node.app.stop();
    await database.drop();
  });

  test('hundreds of joins during traffic: nothing falls between what is answered and what comes live', async () => {
    const ada = await nodes[0].signIn('Ada');
    const joiners = await Promise.all(
      Array.from({ length: JOINERS }, (_, i) => nodes[0].signIn(`Joiner ${i}`)),
    );
    const owner = await connect('rest', nodes[0], ada);
    const memberIds = joiners.map((joiner) => joiner.user.id);
    const { id: roomId } = await owner.call('create_room', { name: 'Busy', memberIds });

    const done = new AbortController();
    const talk = async (node: TestApp) => {
      const scope = await node.app.parts.identity.authenticate(ada.token, 'rest');
      while (!done.signal.aborted) {
        await node.app.parts.messages.send(scope, { roomId, body: 'and so on' });
        await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
      }
    };
    const talking = Promise.all(nodes.map(talk));
    try {
      const visits = await Promise.all(
        joiners.map((joiner, i) => visitOften(nodes[i % 2] as TestApp, joiner, i, roomId)),
      );
      for (const visit of visits.flat()) expect(visit.story).toEqual(visit.expected);
      // Otherwise little would have been proved.
      expect(visits.flat().filter((visit) => visit.live > 0).length).toBeGreaterThan(
        (JOINERS * JOINS_EACH) / 2,
      );
    } finally {
      done.abort();
      await talking;
    }
  }, 120_000);
});

interface Visit {
  story: number[];
  expected: number[];
  live: number;
}

/** Joins and leaves again and again, every second time from its last place. */
async function visitOften(node: TestApp, who: SignedIn, i: number, roomId: string): Promise<Visit[]> {
  const client = await listen(i % 4 < 2 ? 'socketio over websocket' : 'phoenix 2.0.0', node, who);
  const visits: Visit[] = [];
  let place = 0;
  try {
    for (let join = 0; join < JOINS_EACH; join++) {
      const heardBefore = client.heard.length;
      const resumes = join % 2 === 1;
      const answer: JoinReply = await client.join(roomId, resumes ? { afterSeq: place } : {});
      const live = () => seqsOf(client, roomId, heardBefore);
      await client.until('something live', () => live().length > 0);
      await client.leave(roomId);
      const before = answer.events.map((e) => e.seq);
      const story = [...before, ...live()];
      const first = resumes ? place + 1 : (story[0] as number);
      const last = story.at(-1) as number;
      visits.push({
        story,
        expected: Array.from({ length: last - first + 1 }, (_, n) => first + n),
        live: live().length,
      });
      place = last;
    }
    return visits;
  } finally {
    await client.close();
  }
}

const seqsOf = (client: Listener, roomId: string, from: number): number[] =>
  client.heard
    .slice(from)
    .filter((h) => h.room === roomId && typeof h.payload.seq === 'number')
    .map((h) => h.payload.seq as number);
