// What a connection still does between the end of its sign-in and the close of its socket: nothing.
import { expect, test } from 'vitest';
import { createMemoryBus } from '../../../src/core/bus-memory.ts';
import { systemClock } from '../../../src/core/clock.ts';
import { createDeliveryMemory } from '../../../src/core/deliveries.ts';
import { createLogger } from '../../../src/core/logger.ts';
import { createMetrics } from '../../../src/core/metrics.ts';
import type { Joined, TopicDef } from '../../../src/core/module.ts';
import type { Operations } from '../../../src/core/operation.ts';
import { createRevocations, type Ending } from '../../../src/core/revocations.ts';
import type { Scope } from '../../../src/core/scope.ts';
import { createLocalConnections } from '../../../src/server/transports/realtime/connections.ts';
import type { Hub, Subscriber } from '../../../src/server/transports/realtime/hub.ts';
import { createSession, type SeatWire } from '../../../src/server/transports/realtime/session.ts';

const scope: Scope = {
  tenantId: 't1',
  user: { id: 'u1', kind: 'human', handle: 'u1', name: 'U 1' },
  role: 'member',
  via: 'phoenix',
  traceId: 'x',
};

/** A session whose socket is slow to close. `hold` makes the next join wait in the given step. */
function open() {
  const logger = createLogger({ level: 'silent', format: 'json' });
  const revocations = createRevocations({ bus: createMemoryBus(logger), logger });
  const attached = new Set<Subscriber>();
  const endings: Ending[] = [];
  const replies: Joined[] = [];
  const gates: Partial<Record<'resolve' | 'join', Promise<void>>> = {};
  const hub = {
    attach(_topic: string, subscriber: Subscriber) {
      attached.add(subscriber);
      return { goLive() {}, detach: () => attached.delete(subscriber) };
    },
  } as unknown as Hub;
  const topic: TopicDef = {
    prefix: 'room',
    async resolve(_scope, key) {
      await gates.resolve;
      return { topic: `room:${key}` };
    },
    async join() {
      await gates.join;
      return { reply: {} };
    },
  };
  const operations = {
    bySocket: () => ({ def: { input: {} }, handle: () => 'done' }),
    call: async () => 'done',
  } as unknown as Operations;
  const session = createSession(
    {
      hub,
      operations,
      topics: [topic],
      revocations,
      clock: systemClock,
      limits: { take: async () => {} } as never,
      metrics: createMetrics(),
      logger,
      connections: createLocalConnections(),
      deliveries: createDeliveryMemory({ clock: systemClock, nodeId: 'node' }),
      nodeId: 'node',
    },
    scope,
    'phoenix',
    (ending) => endings.push(ending),
  );
  const wire = {
    reply: (joined) => replies.push(joined),
    push() {},
    write() {},
  } as Partial<SeatWire> as SeatWire;
  return {
    session,
    attached,
    endings,
    replies,
    gates,
    join: (name: string) => session.join(`room:${name}`, {}, wire),
    revoke: () => revocations.announce({ id: 'r1', tenantId: 't1', userId: 'u1', reason: 'suspended' }),
  };
}

test('an ended sign-in hears, calls and joins nothing more, and is hung up on once', async () => {
  const { session, attached, endings, join, revoke } = open();
  await join('one');
  await join('two');
  expect([attached.size, await session.call('get_me', {})]).toEqual([2, 'done']);
  revoke();
  expect(attached.size).toBe(0);
  expect(endings).toEqual([{ code: 4503, reason: 'suspended' }]);
  await expect(session.call('get_me', {})).rejects.toMatchObject({ reason: 'revoked_token' });
  await expect(join('three')).rejects.toMatchObject({ reason: 'revoked_token' });
  session.close(false);
  expect(endings).toHaveLength(1);
});

test.each(['resolve', 'join'] as const)(
  'a join that was under way in its %s comes to nothing',
  async (step) => {
    const { session, attached, replies, gates, join, revoke } = open();
    let release = () => {};
    gates[step] = new Promise((resolve) => {
      release = resolve;
    });
    const joining = join('slow').catch((error: unknown) => error);
    await new Promise((resolve) => setImmediate(resolve));
    revoke();
    release();
    await joining;
    expect([attached.size, replies.length]).toEqual([0, 0]);
    session.close(false);
  },
);

test('a connection that closed by itself is not hung up on', () => {
  const { session, endings, revoke } = open();
  session.close(true);
  revoke();
  expect(endings).toEqual([]);
});
