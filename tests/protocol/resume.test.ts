// P5: joining with `afterSeq` brings all that was missed and goes live with nothing between and nothing twice; what does
// not fit into one answer is paged; a client that is ahead of the log is told to start afresh.
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { JoinReply } from '../../src/server/messages/contract.ts';
import {
  type DatabaseKind,
  describeEachDatabase,
  type SignedIn,
  startApp,
  type TestApp,
} from '../support/app.ts';
import { connect, type Listener, listen, SOCKET_SURFACES } from '../support/clients.ts';

const entriesOf = (client: Listener, room: string): number[] =>
  client.heard
    .filter((h) => h.room === room && typeof h.payload.seq === 'number')
    .map((h) => h.payload.seq as number);
const countFrom = (first: number, last: number): number[] =>
  Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => first + i);

describeEachDatabase('resume', (database: DatabaseKind) => {
  let app: TestApp;
  let ada: SignedIn;
  let bob: SignedIn;
  beforeAll(async () => {
    app = await startApp({ database });
    [ada, bob] = [await app.signIn('Ada'), await app.signIn('Bob')];
  });
  afterAll(() => app.stop());

  const roomOfBoth = async (): Promise<string> => {
    const owner = await connect('rest', app, ada);
    return (await owner.call('create_room', { name: 'Busy', memberIds: [bob.user.id] })).id;
  };

  test.each(SOCKET_SURFACES)('by %s, while another sends without a pause', async (surface) => {
    const roomId = await roomOfBoth();
    const { send } = app.app.parts.messages;
    const scope = await app.app.parts.identity.authenticate(ada.token, 'rest');
    let on = true;
    const sender = (async () => {
      while (on) await Promise.all(countFrom(1, 5).map((i) => send(scope, { roomId, body: `line ${i}` })));
    })();
    onTestFinished(async () => {
      on = false;
      await sender;
    });
    const story: number[] = [];
    for (let visit = 0; visit < 8; visit++) {
      const afterSeq = story.at(-1) ?? 0;
      const client = await listen(surface, app, bob);
      const answer = await client.join(roomId, { afterSeq });
      expect(answer).toMatchObject({ hasMore: false, resync: false });
      await client.until('something live', () => entriesOf(client, roomId).length >= 10);
      await client.close();
      story.push(...answer.events.map((e) => e.seq), ...entriesOf(client, roomId));
    }
    expect(story).toEqual(countFrom(1, story.length));
  });

  test('joins and leaves on one connection in a tight loop neither lose nor double an entry', async () => {
    const roomId = await roomOfBoth();
    const { send } = app.app.parts.messages;
    const scope = await app.app.parts.identity.authenticate(ada.token, 'rest');
    let on = true;
    const sender = (async () => {
      while (on) await send(scope, { roomId, body: 'again' });
    })();
    onTestFinished(async () => {
      on = false;
      await sender;
    });
    const client = await listen('socketio over websocket', app, bob);
    onTestFinished(() => client.close());
    // Every join replaces the one before: a second answer may repeat nothing that came live before it.
    const answers: JoinReply[] = [];
    for (let i = 0; i < 20; i++) answers.push(await client.join(roomId));
    await client.until('something after the last join', () =>
      entriesOf(client, roomId).some((seq) => seq > (answers.at(-1) as JoinReply).lastSeq + 5),
    );
    const live = entriesOf(client, roomId);
    expect(live).toEqual([...new Set(live)].sort((a, b) => a - b));
    // From the last join on nothing is missing.
    const { lastSeq } = answers.at(-1) as JoinReply;
    const tail = live.filter((seq) => seq > lastSeq);
    expect(tail).toEqual(countFrom(lastSeq + 1, lastSeq + tail.length));
  });

  test.each(['socketio over websocket', 'phoenix 2.0.0'] as const)(
    'by %s, in pages of 500',
    async (surface) => {
      const roomId = await roomOfBoth();
      const scope = await app.app.parts.identity.authenticate(ada.token, 'rest');
      await Promise.all(
        countFrom(1, 1100).map((i) => app.app.parts.messages.send(scope, { roomId, body: `line ${i}` })),
      );
      const client = await listen(surface, app, bob);
      onTestFinished(() => client.close());
      const answer = await client.join(roomId, { afterSeq: 2 });
      expect(answer).toMatchObject({ hasMore: true, resync: false, lastSeq: 1102 });
      expect(answer.events.map((e) => e.seq)).toEqual(countFrom(3, 502));
      const rest: number[] = [];
      for (let more = true; more; ) {
        const page = await client.call('list_events', { roomId, afterSeq: rest.at(-1) ?? 502 });
        rest.push(...page.events.map((e: { seq: number }) => e.seq));
        more = page.hasMore;
      }
      expect(rest).toEqual(countFrom(503, 1102));
      // Live begins behind the answer's lastSeq, however little of the pages has been read.
      await app.app.parts.messages.send(scope, { roomId, body: 'live' });
      await client.until('the live one', () => entriesOf(client, roomId).length > 0);
      expect(entriesOf(client, roomId)).toEqual([1103]);
    },
  );

  test.each(SOCKET_SURFACES)(
    'by %s, a log and a history of long messages come in pages that can be read',
    async (surface) => {
      const roomId = await roomOfBoth();
      const scope = await app.app.parts.identity.authenticate(ada.token, 'rest');
      // Control characters take six times their size in JSON.
      const body = '\u0001'.repeat(16_000);
      await Promise.all(countFrom(1, 40).map(() => app.app.parts.messages.send(scope, { roomId, body })));
      const client = await listen(surface, app, bob);
      onTestFinished(() => client.close());
      const answer = await client.join(roomId, { afterSeq: 0 });
      expect(answer.hasMore).toBe(true);
      const seqs = answer.events.map((e) => e.seq);
      for (let more = true; more; ) {
        const page = await client.call('list_events', { roomId, afterSeq: seqs.at(-1) });
        expect(JSON.stringify(page).length).toBeLessThan(700_000);
        seqs.push(...page.events.map((e: { seq: number }) => e.seq));
        more = page.hasMore;
      }
      expect(seqs).toEqual(countFrom(1, 42));
      const history: number[] = [];
      for (let cursor: string | undefined; ; ) {
        const page = await client.call('list_messages', {
          roomId,
          limit: 200,
          ...(cursor === undefined ? {} : { cursor }),
        });
        expect(JSON.stringify(page).length).toBeLessThan(700_000);
        history.unshift(...page.data.map((m: { seq: number }) => m.seq));
        cursor = page.nextCursor;
        if (cursor === undefined) break;
      }
      expect(history).toEqual(countFrom(3, 42));
      const forwards = await client.call('list_messages', { roomId, limit: 200, after: 2 });
      expect(forwards).toMatchObject({ hasMoreAfter: true });
      expect(forwards.data[0].seq).toBe(3);
      const middle = await client.call('list_messages', { roomId, limit: 200, around: 20 });
      expect(middle).toMatchObject({ hasMoreAfter: true, hasMoreBefore: true });
      expect(middle.data.map((m: { seq: number }) => m.seq)).toContain(20);
      // The newest come on a join without a place, as many as fit.
      await client.leave(roomId);
      const fresh = await client.join(roomId);
      expect(fresh.events.at(-1)?.seq).toBe(42);
      expect(client.closed()).toBeUndefined();
    },
  );

  describe.each(SOCKET_SURFACES)('by %s', (surface) => {
    test('without a place the newest 50 come, in order', async () => {
      const roomId = await roomOfBoth();
      const scope = await app.app.parts.identity.authenticate(ada.token, 'rest');
      await Promise.all(
        countFrom(1, 60).map(() => app.app.parts.messages.send(scope, { roomId, body: 'x' })),
      );
      const client = await listen(surface, app, bob);
      onTestFinished(() => client.close());
      const answer = await client.join(roomId);
      expect(answer.events.map((e) => e.seq)).toEqual(countFrom(13, 62));
      expect(answer).toMatchObject({ lastSeq: 62, hasMore: false, resync: false, room: { lastSeq: 62 } });
    });

    test('a client that is ahead of the log is told to start afresh', async () => {
      const roomId = await roomOfBoth();
      const client = await listen(surface, app, bob);
      onTestFinished(() => client.close());
      const answer = await client.join(roomId, { afterSeq: 3 });
      expect(answer).toMatchObject({ resync: true, lastSeq: 2, hasMore: false });
      expect(answer.events.map((e) => e.seq)).toEqual([1, 2]);
      expect(await client.call('list_events', { roomId, afterSeq: 99 })).toMatchObject({ resync: true });
    });
  });
});
