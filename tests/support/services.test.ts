// The test run's own Postgres and Redis: they answer, can do what Parley needs, and go away with whoever started them.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { createClient } from 'redis';
import { describe, expect, inject, onTestFinished, test } from 'vitest';
import { startPostgres } from './postgres.ts';
import { startRedis } from './redis.ts';
import { createDatabase } from './services.ts';

const postgresUrl = inject('postgresUrl');
const redisUrl = inject('redisUrl');

describe.runIf(postgresUrl)('the private Postgres', () => {
  test('gives each test file a database of its own, with vectors and trigrams', async () => {
    const database = await createDatabase(postgresUrl ?? '');
    const client = await connect(database.url);
    await client.query('create extension vector');
    await client.query('create extension pg_trgm');
    await client.query('create table memories (id int, embedding vector(3))');
    await client.query("insert into memories values (1, '[1,0,0]'), (2, '[0,1,0]')");
    const nearest = await client.query(
      "select id from memories order by embedding <=> '[0.9,0.1,0]' limit 1",
    );
    expect(nearest.rows).toEqual([{ id: 1 }]);
    await client.query('create index on memories using hnsw (embedding vector_cosine_ops)');
    expect((await client.query("select similarity('parley', 'parlay') > 0.3 as alike")).rows).toEqual([
      { alike: true },
    ]);

    const copy = await client.end().then(() => createDatabase(postgresUrl ?? '', database.name));
    const reader = await connect(copy.url);
    expect((await reader.query('select count(*)::int as n from memories')).rows).toEqual([{ n: 2 }]);

    await Promise.all([copy.drop(), database.drop()]);
    await expect(connect(database.url)).rejects.toThrow('does not exist');
    await reader.end().catch(() => {});
  });

  test('keeps what it acknowledged when it crashes and comes back', async () => {
    const postgres = await startPostgres();
    if ('missing' in postgres) throw new Error(postgres.missing);
    onTestFinished(() => postgres.stop());
    const before = await connect(postgres.url);
    await before.query('create table kept as select 1 as id');
    await postgres.crash();
    await expect(connect(postgres.url)).rejects.toThrow();
    await postgres.start();
    const after = await connect(postgres.url);
    expect((await after.query('select id from kept')).rows).toEqual([{ id: 1 }]);
    await after.end();
  });
});

describe.runIf(redisUrl)('the private Redis', () => {
  test('answers, and asks for its password', async () => {
    const client = createClient({ url: redisUrl ?? '' });
    await client.connect();
    expect(await client.ping()).toBe('PONG');
    client.destroy();

    const url = new URL(redisUrl ?? '');
    url.password = '';
    const stranger = createClient({ url: url.href, socket: { reconnectStrategy: false } });
    stranger.on('error', () => {});
    await expect(stranger.connect().then(() => stranger.ping())).rejects.toThrow('NOAUTH');
    stranger.destroy();
  });

  test('can crash and come back at the same address', async () => {
    const redis = await startRedis();
    if ('missing' in redis) throw new Error(redis.missing);
    onTestFinished(() => redis.stop());
    const first = redis.pid();
    await redis.crash();
    expect(isRunning(first)).toBe(false);
    await redis.start();
    const client = createClient({ url: redis.url });
    await client.connect();
    expect(await client.ping()).toBe('PONG');
    client.destroy();
    expect(redis.pid()).not.toBe(first);
  });

  test('is stopped and removed when whoever started it is killed', async () => {
    const module = fileURLToPath(new URL('./redis.ts', import.meta.url));
    const program = `
      const redis = await (await import(${JSON.stringify(module)})).startRedis();
      const { readlinkSync } = await import('node:fs');
      console.log(JSON.stringify({ pid: redis.pid(), folder: readlinkSync('/proc/' + redis.pid() + '/cwd') }));
      setInterval(() => {}, 1000);`;
    const starter = spawn(process.execPath, ['--input-type=module', '-e', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const line = await new Promise<string>((resolve) =>
      starter.stdout.once('data', (data) => resolve(String(data))),
    );
    const { pid, folder } = JSON.parse(line) as { pid: number; folder: string };
    expect(isRunning(pid) && existsSync(folder)).toBe(true);

    starter.kill('SIGKILL');
    await expect.poll(() => isRunning(pid) || existsSync(folder), { timeout: 10_000 }).toBe(false);
  });
});

async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => {});
  await client.connect();
  return client;
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
