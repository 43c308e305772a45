// Who is there, as one node tells of another's people: gone in time when that node dies without a word, and never gone
// in between for those who come back. Time is that of the test.
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Bus } from '../../src/core/bus.ts';
import { createMemoryBus } from '../../src/core/bus-memory.ts';
import { systemClock } from '../../src/core/clock.ts';
import type { Database } from '../../src/core/db/database.ts';
import { createEvents } from '../../src/core/events.ts';
import { createLogger } from '../../src/core/logger.ts';
import type { Seat } from '../../src/core/module.ts';
import { createPace } from '../../src/core/pace.ts';
import type { PresenceChange } from '../../src/server/presence/roster.ts';
import { createClusterRoster } from '../../src/server/presence/roster-cluster.ts';
import { createMemoryRoster } from '../../src/server/presence/roster-memory.ts';
import { createPresenceService } from '../../src/server/presence/service.ts';
import type { RoomsService } from '../../src/server/rooms/service.ts';
import { createView } from './presence-view.ts';

const ROOM = 'room';
const GRACE_MS = 5000;
const GONE_LIMIT_MS = 30_000;
const logger = createLogger({ level: 'silent', format: 'json' });

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe('a node among others', () => {
  function createNode(shared: Bus, nodeId: string) {
    const view = createView();
    let alive = true;
    const bus: Bus = {
      ...shared,
      publish: (topic, message) => void (alive && shared.publish(topic, message)),
      subscribe: (topic, listener) =>
        shared.subscribe(topic, (message, on) => void (alive && listener(message, on))),
    };
    const roster = createClusterRoster({
      bus,
      nodeId,
      clock: systemClock,
      logger,
      listener: { changed: (_roomId, change) => view.fold(change) },
      graceMs: GRACE_MS,
    });
    roster.start();
    roster.open(ROOM);
    return {
      view,
      roster,
      enter: (seat: string, user: string) =>
        roster.track(ROOM, seat, user, { role: 'human', online_at: '' } as never),
      /** kill -9: it says nothing and hears nothing any more. */
      die: () => {
        alive = false;
      },
    };
  }

  const soon = () => vi.advanceTimersByTimeAsync(1);

  test('that is killed: its people are gone within 30 s, and the others stay', async () => {
    const bus = createMemoryBus(logger);
    const [here, there, third] = ['here', 'there', 'third'].map((name) => createNode(bus, name)) as [
      ReturnType<typeof createNode>,
      ReturnType<typeof createNode>,
      ReturnType<typeof createNode>,
    ];
    there.enter('1', 'ann');
    there.enter('2', 'bea');
    third.enter('3', 'cid');
    await soon();
    expect([...here.view.people()].sort()).toEqual(['ann', 'bea', 'cid']);
    // Long enough for beats to matter: whoever is alive is not forgotten.
    await vi.advanceTimersByTimeAsync(2 * GONE_LIMIT_MS);
    expect(here.view.missed).toEqual([]);
    there.die();
    await vi.advanceTimersByTimeAsync(GONE_LIMIT_MS);
    expect([...here.view.people()]).toEqual(['cid']);
    expect(Object.keys(here.roster.list(ROOM))).toEqual(['cid']);
    expect([...third.view.people()]).toEqual([]);
    for (const node of [here, there, third]) node.roster.stop();
  });

  test('that is killed: whoever comes back on another within 5 s was never gone, and no ghost of him stays', async () => {
    const bus = createMemoryBus(logger);
    const [here, there] = [createNode(bus, 'here'), createNode(bus, 'there')];
    const third = createNode(bus, 'third');
    there.enter('1', 'ann');
    await soon();
    there.die();
    await vi.advanceTimersByTimeAsync(GRACE_MS - 100);
    third.enter('2', 'ann');
    await vi.advanceTimersByTimeAsync(GONE_LIMIT_MS);
    expect(here.view.missed).toEqual([]);
    expect(here.view.connections()).toBe(1);
    for (const node of [here, there, third]) node.roster.stop();
  });

  test('that stops with a goodbye: whoever comes back within 5 s was never gone, the rest is gone then', async () => {
    const bus = createMemoryBus(logger);
    const [here, there] = [createNode(bus, 'here'), createNode(bus, 'there')];
    there.enter('1', 'ann');
    there.enter('2', 'bea');
    await soon();
    there.roster.stop();
    await vi.advanceTimersByTimeAsync(GRACE_MS - 100);
    expect(here.view.missed).toEqual([]);
    const next = createNode(bus, 'next');
    next.enter('3', 'ann');
    await vi.advanceTimersByTimeAsync(200);
    expect(here.view.missed).toEqual(['bea']);
    expect([...here.view.people()]).toEqual(['ann']);
    for (const node of [here, next]) node.roster.stop();
  });
});

describe('a connection that breaks', () => {
  function createRoom() {
    const view = createView();
    const bus = createMemoryBus(logger);
    const presence = createPresenceService({
      clock: systemClock,
      database: { db: undefined } as unknown as Database,
      events: createEvents(),
      rooms: { agentsIn: async () => [] } as unknown as RoomsService,
      roster: createMemoryRoster(),
      bus,
      pace: createPace(systemClock),
      graceMs: GRACE_MS,
    });
    bus.subscribe(`room:${ROOM}`, (message) => {
      if (message.kind === 'signal') view.fold(JSON.parse(message.json) as PresenceChange);
    });
    const enter = async (id: string, user: string): Promise<Seat> => {
      const scope = { user: { id: user, kind: 'human' } } as Seat['scope'];
      const seat: Seat = { id, scope, push: () => {}, pushJson: () => {} };
      await presence.open(ROOM);
      presence.enter(ROOM, seat);
      await vi.advanceTimersByTimeAsync(100);
      return seat;
    };
    return { view, presence, enter };
  }

  test('and comes back within 5 s shows no leave', async () => {
    const { view, presence, enter } = createRoom();
    await enter('0', 'wim');
    const first = await enter('1', 'ann');
    expect(view.people().has('ann')).toBe(true);
    presence.leave(ROOM, first, true);
    await vi.advanceTimersByTimeAsync(GRACE_MS - 100);
    await enter('2', 'ann');
    await vi.advanceTimersByTimeAsync(GONE_LIMIT_MS);
    expect(view.missed).toEqual([]);
    expect([...view.people()].sort()).toEqual(['ann', 'wim']);
    expect(view.connections()).toBe(2);
    presence.stop();
  });

  test('and stays away is gone after 5 s; one that leaves is gone at once', async () => {
    const { view, presence, enter } = createRoom();
    await enter('0', 'wim');
    const broken = await enter('1', 'ann');
    const leaving = await enter('2', 'bea');
    presence.leave(ROOM, broken, true);
    presence.leave(ROOM, leaving, false);
    await vi.advanceTimersByTimeAsync(GRACE_MS - 100);
    expect(view.missed).toEqual(['bea']);
    await vi.advanceTimersByTimeAsync(200);
    expect(view.missed).toEqual(['bea', 'ann']);
    presence.stop();
  });
});
