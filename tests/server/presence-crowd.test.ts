// A crowd costs no square: some are shown one by one, the rest are a number, and whoever leaves makes room.
import { expect, test } from 'vitest';
import { createMemoryBus } from '../../src/core/bus-memory.ts';
import { systemClock } from '../../src/core/clock.ts';
import type { Database } from '../../src/core/db/database.ts';
import { createEvents } from '../../src/core/events.ts';
import { createLogger } from '../../src/core/logger.ts';
import type { Seat } from '../../src/core/module.ts';
import { createPace } from '../../src/core/pace.ts';
import type { PresenceState } from '../../src/server/presence/contract.ts';
import { createMemoryRoster } from '../../src/server/presence/roster-memory.ts';
import { createPresenceService } from '../../src/server/presence/service.ts';
import type { RoomsService } from '../../src/server/rooms/service.ts';

test('beyond 250 connections others are counted, not shown', async () => {
  const presence = createPresenceService({
    clock: systemClock,
    database: { db: undefined } as unknown as Database,
    events: createEvents(),
    rooms: { agentsIn: async () => [] } as unknown as RoomsService,
    roster: createMemoryRoster(),
    bus: createMemoryBus(createLogger({ level: 'silent', format: 'json' })),
    pace: createPace(systemClock),
    graceMs: 0,
  });
  const states: PresenceState[] = [];
  const seats = Array.from(
    { length: 400 },
    (_, i): Seat => ({
      id: `seat-${i}`,
      scope: { user: { id: `user-${i}`, kind: 'human' } } as Seat['scope'],
      push: () => {},
      pushJson: (type, json) => {
        if (type === 'presence_state')
          states.push((JSON.parse(json) as { presence: PresenceState }).presence);
      },
    }),
  );
  for (const seat of seats) {
    await presence.open('room');
    presence.enter('room', seat);
  }
  expect(Object.keys(presence.list('room'))).toHaveLength(250);
  expect(states).toHaveLength(400);
  for (const seat of seats.slice(0, 200)) presence.leave('room', seat, false);
  expect(Object.keys(presence.list('room')).sort()).toEqual(
    seats
      .slice(200)
      .map((s) => s.scope.user.id)
      .sort(),
  );
  for (const seat of seats.slice(200)) presence.leave('room', seat, false);
  expect(presence.list('room')).toEqual({});
  presence.stop();
});
