// Changes told together say the same as told one by one, to phoenix.js and to whoever was sent the state in between.
import fc from 'fast-check';
import { Presence } from 'phoenix';
import { expect, test } from 'vitest';
import type { PresenceState } from '../../src/server/presence/contract.ts';
import { gather, told } from '../../src/server/presence/gather.ts';
import type { PresenceChange } from '../../src/server/presence/roster.ts';
import { createMemoryRoster } from '../../src/server/presence/roster-memory.ts';

const META = { role: 'human' as const, onlineAt: '2026-01-01T00:00:00.000Z' };
const refsOf = (state: PresenceState) =>
  Object.entries(state)
    .map(([user, { metas }]) => [user, metas.map((meta) => meta.phx_ref).sort()])
    .sort();
const copy = <T>(value: T): T => structuredClone(value);

test('a client that was sent the state at any moment ends with the state of the room', () => {
  const step = fc.record({
    seat: fc.integer({ min: 0, max: 5 }),
    what: fc.constantFrom('come', 'go', 'change'),
    tell: fc.boolean(),
    look: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
      const roster = createMemoryRoster();
      let gathered = { joins: new Map(), leaves: new Map() };
      const clients: PresenceState[] = [{}];
      const tell = () => {
        const diff = told(gathered);
        gathered = { joins: new Map(), leaves: new Map() };
        clients.forEach((state, i) => {
          clients[i] = Presence.syncDiff(copy(state), copy(diff)) as PresenceState;
        });
      };
      for (const [i, { seat, what, tell: now, look }] of steps.entries()) {
        const id = `seat-${seat}`;
        const user = `user-${seat % 3}`;
        let change: PresenceChange | undefined;
        if (what === 'come' && !roster.has('room', id)) change = roster.track('room', id, user, META);
        if (what === 'go') change = roster.untrack('room', id);
        if (what === 'change') change = roster.update('room', id, { onlineAt: String(i) });
        if (change !== undefined) gather(gathered, change);
        if (look) clients.push(copy(roster.list('room')));
        if (now) tell();
      }
      tell();
      for (const state of clients) expect(refsOf(state)).toEqual(refsOf(roster.list('room')));
    }),
    { numRuns: 500 },
  );
});
