// A backup brings back every row and every log, or says why not; what is there is never overwritten; clients that saw what
// came after it start afresh (G4).
import { copyFileSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, inject, onTestFinished, test } from 'vitest';
import { startOn, temporaryFolder } from '../disasters/folder.ts';
import { signIn } from '../support/app.ts';
import { createDatabase } from '../support/postgres.ts';
import { type ServerProcess, startServer } from '../support/server-process.ts';
import { freePort } from '../support/service.ts';
import { parley, parleyOk } from './cli.ts';

const SECRET = 'one-key-for-the-whole-backup-story-5b1';

interface Place {
  afterSeq?: number;
  epoch?: string;
}

async function visit(server: ServerProcess, name = 'Ada') {
  const { token } = await signIn(server.url, name);
  const call = async (path: string, body?: object) => {
    const response = await fetch(`${server.url}/api${path}`, {
      method: body === undefined ? 'GET' : 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', connection: 'close' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`${path}: ${await response.text()}`);
    return response.json();
  };
  return {
    token,
    say: (body: string) => call('/rooms/lobby/messages', { body }),
    join: () => call('/rooms/lobby/join', {}),
    events: async ({ afterSeq = 0, epoch }: Place = {}) =>
      (await call(
        `/rooms/lobby/events?afterSeq=${afterSeq}${epoch === undefined ? '' : `&epoch=${epoch}`}`,
      )) as {
        events: { seq: number; payload: { body?: string } }[];
        lastSeq: number;
        epoch: string;
        resync: boolean;
      },
  };
}

async function stop(server: ServerProcess): Promise<void> {
  expect((await server.stop()).code).toBe(0);
}

/** One byte in the middle is another. */
function damage(path: string): void {
  const bytes = readFileSync(path);
  const middle = Math.floor(bytes.length / 2);
  bytes[middle] = (bytes[middle] as number) ^ 1;
  writeFileSync(path, bytes);
}

describe('the embedded database', () => {
  test('comes back as it was, and clients that saw more start afresh', async () => {
    const folder = temporaryFolder();
    const env = { DATA_DIR: join(folder, 'data') };
    const file = join(folder, 'backups', 'monday.tar');
    const port = await freePort();
    const first = await startOn(env.DATA_DIR, port);
    const ada = await visit(first);
    await ada.join();
    await ada.say('before the backup');
    const before = await ada.events();

    const refused = await parley(['backup', file], env);
    expect(refused.code).toBe(1);
    expect(refused.err).toContain(`is already open in process ${first.pid}`);
    expect(refused.err).not.toMatch(/\n\s+at /);
    await stop(first);

    expect(await parleyOk(['backup', file, '--with-secret'], env)).toMatch(
      /Backed up 1 rooms, 1 messages and 0 of 0 files/,
    );
    expect((await parley(['backup', file], env)).err).toContain('already; choose another name');
    expect(readdirSync(join(folder, 'backups'))).toEqual(['monday.tar']);

    const second = await startOn(env.DATA_DIR, port);
    const later = await visit(second);
    await later.say('after the backup');
    const seen = await later.events();
    expect(seen.epoch).toBe(before.epoch);
    await stop(second);

    expect((await parley(['restore', file], env)).err).toContain('--replace');
    const said = await parleyOk(['restore', file, '--replace'], env);
    expect(said).toContain('Restored and verified');
    const kept = readdirSync(env.DATA_DIR).find((name) => name.startsWith('pglite-before-'));
    expect(said).toContain(kept);
    expect(existsSync(join(env.DATA_DIR, 'restoring'))).toBe(false);

    const third = await startOn(env.DATA_DIR, port);
    const now = await visit(third);
    // The first life's place fits the log, but it is another life.
    const { lastSeq } = before;
    expect(await now.events({ afterSeq: lastSeq, epoch: seen.epoch })).toMatchObject({ resync: true });
    const fresh = await now.events();
    expect(fresh.epoch).not.toBe(before.epoch);
    expect(fresh.events.slice(0, lastSeq)).toEqual(before.events);
    expect(fresh.events.map((e) => e.payload.body)).not.toContain('after the backup');
    // The database goes on from there.
    await now.say('after the restore');
    expect((await now.events({ epoch: fresh.epoch, afterSeq: lastSeq })).resync).toBe(false);
    await stop(third);
    expect(await parleyOk(['check-data'], env)).toContain('complete');
  }, 120_000);

  test('is restored elsewhere with its key, when the backup has it', async () => {
    const folder = temporaryFolder();
    const [here, there] = [join(folder, 'here'), join(folder, 'there')];
    const token = await parleyOk(['token', 'Ada'], { DATA_DIR: here });
    const [bare, full] = [join(folder, 'bare.tar'), join(folder, 'full.tar')];
    await parleyOk(['backup', bare], { DATA_DIR: here });
    await parleyOk(['backup', full, '--with-secret'], { DATA_DIR: here });
    const without = await parley(['restore', bare, '--with-secret'], { DATA_DIR: there });
    expect(without).toMatchObject({ code: 1, err: expect.stringContaining('without --with-secret') });
    await parleyOk(['restore', full, '--with-secret'], { DATA_DIR: there });
    expect(readFileSync(join(there, 'secret.key'), 'utf8')).toBe(
      readFileSync(join(here, 'secret.key'), 'utf8'),
    );
    const server = await startOn(there, await freePort());
    const me = await fetch(`${server.url}/api/me`, {
      headers: { authorization: `Bearer ${token}`, connection: 'close' },
    });
    expect(await me.json()).toMatchObject({ name: 'Ada' });
    await stop(server);
  }, 120_000);

  test('refuses what is damaged, cut off or no backup, and leaves nothing behind', async () => {
    const folder = temporaryFolder();
    const env = { DATA_DIR: join(folder, 'data') };
    const good = join(folder, 'good.tar');
    await parleyOk(['migrate'], env);
    await parleyOk(['backup', good], env);
    const there = { DATA_DIR: join(folder, 'elsewhere') };
    const bad = join(folder, 'bad.tar');
    copyFileSync(good, bad);
    damage(bad);
    expect(await parley(['restore', bad], there)).toMatchObject({
      code: 1,
      err: expect.stringContaining('The backup is damaged'),
    });
    writeFileSync(bad, readFileSync(good).subarray(0, 4_000_000));
    expect((await parley(['restore', bad], there)).err).toContain('cut off');
    writeFileSync(bad, 'hello');
    expect((await parley(['restore', bad], there)).err).toContain('not a backup made by Parley');
    expect((await parley(['restore', join(folder, 'none.tar')], there)).err).toContain('There is no file');
    expect((await parley(['backup', bad], there)).err).toContain('already; choose another name');
    expect((await parley(['backup', join(folder, 'new.tar')], there)).err).toContain(
      'There is no database in',
    );
    expect(existsSync(there.DATA_DIR)).toBe(false);
    const other = { DATABASE_URL: 'postgres://127.0.0.1:1/none', SECRET_KEY: SECRET };
    expect((await parley(['restore', good], other)).err).toContain('The backup is of the embedded database');
  }, 60_000);
});

describe.runIf(inject('postgresUrl'))('Postgres', () => {
  const url = () => inject('postgresUrl') as string;

  async function emptyDatabase(): Promise<Record<string, string>> {
    const database = await createDatabase(url());
    onTestFinished(() => database.drop());
    return { DATABASE_URL: database.url, SECRET_KEY: SECRET };
  }

  test('is backed up while servers write, and restored into an empty database', async () => {
    const env = await emptyDatabase();
    const file = join(temporaryFolder(), 'live.tar');
    const server = await startServer({ env: { ...env, RATE_LIMIT_FACTOR: '100', DRAIN_WINDOW_MS: '0' } });
    onTestFinished(async () => {
      server.kill('SIGKILL');
      await server.whenEnded;
    });
    const ada = await visit(server);
    await ada.join();
    let writing = true;
    const writer = (async () => {
      for (let i = 0; writing; i++) await Promise.all([ada.say(`left ${i}`), ada.say(`right ${i}`)]);
    })();
    expect(await parleyOk(['backup', file], env)).toContain('Backed up 1 rooms');
    writing = false;
    await writer;
    const seen = await ada.events();
    await stop(server);

    const full = await parley(['restore', file], env);
    expect(full).toMatchObject({ code: 1, err: expect.stringContaining('is not empty') });

    const target = await emptyDatabase();
    expect(await parleyOk(['restore', file], target)).toContain('Restored and verified');
    const restored = await startServer({ env: { ...target, DRAIN_WINDOW_MS: '0' } });
    onTestFinished(async () => {
      restored.kill('SIGKILL');
      await restored.whenEnded;
    });
    const now = await visit(restored);
    const fresh = await now.events({ epoch: seen.epoch });
    expect(fresh).toMatchObject({ resync: true });
    const story = await now.events();
    expect(story.events.map((e) => e.seq)).toEqual(story.events.map((_, i) => i + 1));
    expect(story.events).toEqual(seen.events.slice(0, story.events.length));
    await stop(restored);
    expect(await parleyOk(['check-data'], target)).toContain('complete');
  }, 120_000);

  test('says when a log has a hole, and when pg_dump is missing', async () => {
    const env = await emptyDatabase();
    await parleyOk(['migrate'], env);
    const { default: pg } = await import('pg');
    const client = new pg.Client({ connectionString: env.DATABASE_URL as string });
    await client.connect();
    await client.query(`
      insert into tenants values ('00000000-0000-7000-8000-000000000001', 'Home');
      insert into rooms (id, tenant_id, kind, name, visibility, last_seq)
        values ('00000000-0000-7000-8000-00000000000a', '00000000-0000-7000-8000-000000000001', 'channel', 'Holes', 'public', 3);
      insert into room_events (room_id, seq, tenant_id, type)
        select '00000000-0000-7000-8000-00000000000a', n, '00000000-0000-7000-8000-000000000001', 'room_updated'
        from unnest(array[1, 3]) n`);
    await client.end();
    const answer = await parley(['check-data'], env);
    expect(answer.code).toBe(1);
    expect(answer.out).toContain('is not gapless: 2 entries up to 3, but the room is at 3');

    const file = join(temporaryFolder(), 'holes.tar');
    const nowhere = await parley(['backup', file], { ...env, PATH: '/nonexistent' });
    expect(nowhere).toMatchObject({ code: 1, err: expect.stringContaining('pg_dump was not found') });
    expect(existsSync(file)).toBe(false);
    // The damage is in the backup too: a restore finds it, whoever made it.
    await parleyOk(['backup', file], env);
    const restored = await parley(['restore', file], await emptyDatabase());
    expect(restored).toMatchObject({ code: 1, err: expect.stringContaining('do not use it') });
  }, 60_000);
});
