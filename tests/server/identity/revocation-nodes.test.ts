// What is revoked on one node is over on every other: at once by the bus, and within seconds while the bus is away.
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import type { Bus, BusListener } from '../../../src/core/bus.ts';
import { createMemoryBus } from '../../../src/core/bus-memory.ts';
import { createLogger } from '../../../src/core/logger.ts';
import { createRevocations, type Ending, type Revocation } from '../../../src/core/revocations.ts';
import type { Scope } from '../../../src/core/scope.ts';
import { type SignedIn, startApp, TEST_SECRET, type TestApp } from '../../support/app.ts';
import { listen, request } from '../../support/clients.ts';
import { createDatabase, type Database } from '../../support/postgres.ts';
import { startRedis } from '../../support/redis.ts';
import type { Service } from '../../support/service.ts';
import { ended, LIVE } from './clerk.ts';

const logger = createLogger({ level: 'silent', format: 'json' });

const scope = (more: Partial<Scope> = {}): Scope => ({
  tenantId: 't1',
  user: { id: 'u1', kind: 'human', handle: 'u1', name: 'U 1' },
  role: 'member',
  via: 'socketio',
  credentialId: 'c1',
  traceId: 'x',
  ...more,
});
let made = 0;
const revocation = (more: Partial<Revocation> = {}): Revocation => ({
  id: `r${++made}`,
  tenantId: 't1',
  userId: 'u1',
  reason: 'suspended',
  ...more,
});

describe('a revocation', () => {
  test.each<[string, Partial<Revocation>, boolean]>([
    ['of the user', {}, true],
    ['of the credential', { credentialId: 'c1' }, true],
    ['of another credential of the user', { credentialId: 'c2' }, false],
    ['of another user', { userId: 'u2' }, false],
    ['of the same id in another tenant', { tenantId: 't2' }, false],
    ['of everyone in the tenant', { userId: undefined }, true],
    ['of everyone in another tenant', { tenantId: 't2', userId: undefined }, false],
  ])('%s ends the sign-in: %o %s', (_, what, ends) => {
    const revocations = createRevocations({ bus: createMemoryBus(logger), logger });
    const heard: Ending[] = [];
    revocations.watch(scope(), (ending) => heard.push(ending));
    revocations.announce(revocation(what));
    expect(heard).toEqual(ends ? [{ code: 4503, reason: 'suspended' }] : []);
  });

  test('ends a sign-in once, and none that stopped watching', () => {
    const revocations = createRevocations({ bus: createMemoryBus(logger), logger });
    const heard: string[] = [];
    revocations.watch(scope(), () => heard.push('first'));
    revocations.watch(scope(), () => heard.push('second'))();
    const once = revocation();
    revocations.announce(once);
    revocations.announce(once);
    revocations.announce(revocation());
    expect(heard).toEqual(['first']);
  });

  test('that came between the check of a token and its connection ends it', async () => {
    const revocations = createRevocations({ bus: createMemoryBus(logger), logger });
    const asOf = revocations.count();
    revocations.announce(revocation());
    const heard: string[] = [];
    revocations.watch(scope({ asOf }), () => heard.push('checked before'));
    revocations.watch(scope({ asOf: revocations.count() }), () => heard.push('checked after'));
    await Promise.resolve();
    expect(heard).toEqual(['checked before']);
  });

  test('is heard by other nodes, whatever else the bus carries', async () => {
    const bus = createMemoryBus(logger);
    const [here, there] = [createRevocations({ bus, logger }), createRevocations({ bus, logger })];
    await Promise.all([here.start(), there.start()]);
    const heard: Ending[] = [];
    there.watch(scope(), (ending) => heard.push(ending));
    for (const json of ['', 'null', '[]', '{}', '{"id":"r","tenantId":"t1","reason":"constructor"}'])
      bus.publish('control', { kind: 'signal', type: 'revoke', json });
    here.announce(revocation({ reason: 'rights_changed' }));
    await new Promise((resolve) => setImmediate(resolve));
    expect(heard).toEqual([{ code: 4001, reason: 'rights_changed' }]);
    for (const node of [here, there]) node.stop();
  });

  test('that the bus lost is read when it is back; what was before the start is not', async () => {
    const old = revocation();
    const stored: Revocation[] = [old];
    const recovered = new Set<() => void>();
    const deaf: Bus = {
      ...createMemoryBus(logger),
      subscribe: (_topic: string, _listener: BusListener) => () => {},
      onRecovered(listener) {
        recovered.add(listener);
        return () => recovered.delete(listener);
      },
    };
    const revocations = createRevocations({ bus: deaf, logger, readRecent: async () => stored });
    await revocations.start();
    const heard: Ending[] = [];
    revocations.watch(scope(), (ending) => heard.push(ending));
    for (const listener of recovered) listener();
    await new Promise((resolve) => setImmediate(resolve));
    expect(heard).toEqual([]);
    stored.push(revocation());
    for (const listener of recovered) listener();
    await new Promise((resolve) => setImmediate(resolve));
    expect(heard).toHaveLength(1);
    revocations.stop();
    expect(recovered.size).toBe(0);
  });
});

describe.runIf(inject('postgresUrl') !== undefined && inject('redisUrl') !== undefined)('two nodes', () => {
  let database: Database;
  let redis: Service;
  let nodes: TestApp[];
  let root: SignedIn;

  beforeAll(async () => {
    database = await createDatabase(inject('postgresUrl') as string);
    const started = await startRedis();
    if ('missing' in started) throw new Error(started.missing);
    redis = started;
    const config = {
      DATABASE_URL: database.url,
      REDIS_URL: redis.url,
      SECRET_KEY: TEST_SECRET,
      AUTH_LOCAL: 'true',
      DATABASE_POOL_SIZE: '5',
    };
    nodes = await Promise.all([startApp({ config }), startApp({ config })]);
    root = await (nodes[0] as TestApp).signIn('Root Person');
  });
  afterAll(async () => {
    for (const node of nodes ?? []) await node.app.stop();
    await redis.stop();
    await database.drop();
  });

  const suspend = (userId: string) =>
    request((nodes[0] as TestApp).url, 'PATCH', `/api/users/${userId}`, {
      token: root.token,
      body: { suspended: true },
    });

  async function outWithin(ms: number, name: string): Promise<void> {
    const there = nodes[1] as TestApp;
    for (const surface of LIVE) {
      const who = await there.signIn(`${name} ${LIVE.indexOf(surface)}`);
      const live = await listen(surface, there, who);
      await live.join('lobby');
      const started = performance.now();
      expect((await suspend(who.user.id)).status).toBe(200);
      await live.until('the end on the other node', () => live.closed() !== undefined);
      expect(performance.now() - started).toBeLessThan(ms);
      expect(live.closed()).toBe(ended(surface, 4503));
      expect((await request(there.url, 'GET', '/api/me', { token: who.token })).status).toBe(401);
      await live.close();
    }
  }

  test('share it at once', () => outWithin(1000, 'Quick'));

  test('share it while Redis is away', async () => {
    await redis.stop();
    await outWithin(3000, 'Slow');
  });
});
