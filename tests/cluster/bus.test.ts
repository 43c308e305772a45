// The bus, one suite for both twins; and what only the one over Redis can suffer: garbage, and a Redis that is away.
import { createClient } from 'redis';
import { afterEach, describe, expect, inject, test } from 'vitest';
import type { Bus, BusMessage } from '../../src/core/bus.ts';
import { createMemoryBus } from '../../src/core/bus-memory.ts';
import { createRedisBus, decode, encode } from '../../src/core/bus-redis.ts';
import { createLogger } from '../../src/core/logger.ts';
import { startRedis } from '../support/redis.ts';
import { until } from '../support/until.ts';

const logger = createLogger({ level: 'silent', format: 'json' });
const started: Bus[] = [];
afterEach(async () => {
  await Promise.all(started.splice(0).map((bus) => bus.stop()));
});
async function start(bus: Bus): Promise<Bus> {
  started.push(bus);
  await bus.start();
  return bus;
}
const overRedis = (url = inject('redisUrl') as string) =>
  start(createRedisBus({ url, logger, prefix: 'bus-test' }));
const signal = (n: number): BusMessage => ({ kind: 'signal', type: 'typing', json: `{"n":${n}}` });
const entry = (seq: number, evict?: string) => ({
  seq,
  type: 'new_message',
  json: `{"seq":${seq}}`,
  ...(evict === undefined ? {} : { evict }),
});

const TWINS: [string, () => Promise<Bus>][] = [['memory', () => start(createMemoryBus(logger))]];
if (inject('redisUrl') !== undefined) TWINS.push(['Redis', () => overRedis()]);

describe.each(TWINS)('the bus over %s', (_name, make) => {
  test('listeners hear what is said on their topic, in order, until they go', async () => {
    const bus = await make();
    const heard: BusMessage[] = [];
    const off = bus.subscribe('a', (message) => heard.push(message));
    await bus.whenSubscribed('a');
    bus.publish('a', signal(1));
    bus.publish('b', signal(2));
    bus.publishLocal('a', { kind: 'log', entries: [entry(3), entry(4, 'someone')] });
    await until('both came', () => heard.length === 2);
    expect(heard).toEqual([signal(1), { kind: 'log', entries: [entry(3), entry(4, 'someone')] }]);
    off();
    bus.publish('a', signal(5));
    await new Promise((resolve) => setImmediate(resolve));
    expect(heard).toHaveLength(2);
  });

  test('a listener that throws does not keep others from hearing', async () => {
    const bus = await make();
    let heard = 0;
    bus.subscribe('a', () => {
      throw new Error('planted');
    });
    bus.subscribe('a', () => {
      heard++;
    });
    bus.publish('a', signal(1));
    await until('the other heard', () => heard === 1);
  });
});

describe.runIf(inject('redisUrl'))('the bus over Redis', () => {
  test('nodes hear each other, and not themselves twice', async () => {
    const [one, two] = [await overRedis(), await overRedis()];
    const heard: string[] = [];
    one.subscribe('a', () => heard.push('one'));
    two.subscribe('a', () => heard.push('two'));
    await Promise.all([one.whenSubscribed('a'), two.whenSubscribed('a')]);
    one.publish('a', signal(1));
    two.publish('a', signal(2));
    await until('each heard both', () => heard.length === 4);
    expect(heard.filter((who) => who === 'one')).toHaveLength(2);
  });

  test('garbage on its channels harms nobody', async () => {
    const bus = await overRedis();
    const stranger = createClient({ url: inject('redisUrl') as string });
    await stranger.connect();
    const heard: BusMessage[] = [];
    bus.subscribe('a', (message) => heard.push(message));
    await bus.whenSubscribed('a');
    for (const garbage of [
      '',
      '\u0000\u0001',
      '1',
      '1 x l\nx',
      '1 x l\n1 t',
      '1 x l\n1 t -\n[]',
      '1 x s\n\n{}',
      'x'.repeat(100_000),
      '7 x l\n1 t -\n{}',
    ]) {
      await stranger.sPublish('bus-test:a', garbage);
    }
    await stranger.sPublish('bus-test:a', encode('stranger', signal(9)));
    await until('what can be read came', () => heard.length > 0);
    expect(heard).toEqual([signal(9)]);
    await stranger.close();
  });

  test('what is subscribed while Redis is away is heard once it is back', async () => {
    const redis = await startRedis();
    if ('missing' in redis) throw new Error(redis.missing);
    const [one, two] = [await overRedis(redis.url), await overRedis(redis.url)];
    await redis.crash();
    await until('it is noticed', () => !one.healthy() && !two.healthy());
    const heard: BusMessage[] = [];
    two.subscribe('a', (message) => heard.push(message));
    await redis.start();
    await until('it is back', () => one.healthy() && two.healthy());
    await two.whenSubscribed('a');
    one.publish('a', signal(1));
    await until('it was heard', () => heard.length === 1);
    await Promise.all(started.splice(0).map((bus) => bus.stop()));
    await redis.stop();
  });
});

test('the text of a message says all of it', () => {
  for (const message of [signal(1), { kind: 'log' as const, entries: [entry(1), entry(2, 'u')] }]) {
    expect(decode(encode('node', message))).toEqual({ from: 'node', message });
  }
  expect(decode('2 node x')).toBeUndefined();
});
