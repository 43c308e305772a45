// The whole client over a network that loses, repeats, reorders and delays: in the end it shows what the server has.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createClient } from '../src/client.ts';
import { createLossyNetwork } from '../src/testing/network.ts';

const op = fc.oneof(
  { weight: 4, arbitrary: fc.constant('post' as const) },
  { weight: 4, arbitrary: fc.constant('send' as const) },
  { weight: 2, arbitrary: fc.constant('edit' as const) },
  { weight: 1, arbitrary: fc.constant('remove' as const) },
  { weight: 1, arbitrary: fc.constant('cut' as const) },
  { weight: 1, arbitrary: fc.constant('read' as const) },
  { weight: 1, arbitrary: fc.constant('older' as const) },
  { weight: 1, arbitrary: fc.constant('truncate' as const) },
);
const step = fc.record({ op, wait: fc.integer({ min: 0, max: 400 }) });

describe('client over a lossy network', () => {
  it('I1 I2 I7 I8 I12 I14 ends with the log of the server, every message sent exactly once and in order', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.nat(),
        fc.array(step, { minLength: 5, maxLength: 40 }),
        fc.integer({ min: 0, max: 80 }),
        async (seed, steps, history) => {
          const network = createLossyNetwork({
            seed,
            faults: { drop: 0.1, duplicate: 0.1, min: 1, max: 300, reorder: true },
          });
          const { server, time } = network;
          server.createRoom('lobby');
          server.user('ada');
          for (let i = 0; i < history; i++) server.post('lobby', 'bob', `old ${i}`);
          const client = createClient(network.clientOptions('ada'));
          const room = client.room('lobby');
          room.subscribe(() => {
            const seqs = room
              .getSnapshot()
              .messages.flatMap((message) => (message.seq > 0 ? [message.seq] : []));
            const sorted = [...new Set(seqs)].sort((a, b) => a - b);
            expect(seqs).toEqual(sorted);
            const ids = room.getSnapshot().messages.map((message) => message.id);
            expect(new Set(ids).size).toBe(ids.length);
          });
          room.join();
          client.connect();
          const sent: string[] = [];
          for (const [i, { op, wait }] of steps.entries()) {
            const known = room
              .getSnapshot()
              .messages.filter((message) => message.seq > 0 && !message.deletedAt);
            const target = known[(i * 7) % Math.max(1, known.length)];
            if (op === 'post') server.post('lobby', 'bob', `post ${i}`);
            if (op === 'send') sent.push(room.messages.send(`send ${i}`).id);
            if (op === 'edit' && target) server.edit(target.id, `${target.body}!`);
            if (op === 'remove' && target) server.remove(target.id);
            if (op === 'cut') server.disconnectAll();
            if (op === 'read') room.markRead().catch(() => {});
            if (op === 'older') room.messages.loadBefore(10).catch(() => {});
            if (op === 'truncate') server.truncate('lobby', Math.max(0, server.log('lobby').length - 3));
            await time.advance(wait);
          }
          // The network is well again. What was lost at the very end is found by the next connection.
          network.faults = { drop: 0, duplicate: 0, min: 1, max: 5, reorder: false };
          await time.advance(30_000);
          server.disconnectAll();
          await time.advance(120_000);

          expect(client.state.getSnapshot().status).toBe('online');
          const snapshot = room.getSnapshot();
          expect(snapshot.status).toBe('live');
          const truth = server.messages('lobby');
          const first = snapshot.messages[0]?.seq ?? 0;
          expect(snapshot.messages).toEqual(truth.filter((message) => message.seq >= first));
          expect(snapshot.hasMoreBefore || first === truth[0]?.seq || truth.length === 0).toBe(true);
          expect(truth.filter((m) => sent.includes(m.id)).map((m) => m.id)).toEqual(sent);
          const readSeq = snapshot.me?.readSeq ?? 0;
          const unread = truth.filter((m) => m.seq > readSeq && m.author.name !== 'ada' && !m.deletedAt);
          expect(snapshot.me?.unread).toBe(unread.length);
          client.close();
        },
      ),
      { numRuns: 300 },
    );
  }, 120_000);
});
