// The command line as an operator meets it: the documented commands work in the order in which they are written, usage errors
// say what to write instead, and the doctor finds what is wrong.
import { execFile } from 'node:child_process';
import { chmodSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, inject, onTestFinished, test } from 'vitest';
import { startOn, temporaryFolder } from '../disasters/folder.ts';
import { createDatabase } from '../support/postgres.ts';
import { freePort } from '../support/service.ts';
import { parley, parleyOk } from './cli.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const SECRET = 'one-key-for-the-commands-of-a-test-2c9';

async function freeEnv(): Promise<Record<string, string>> {
  return { DATA_DIR: join(temporaryFolder(), 'data'), PORT: String(await freePort()) };
}

/** What `npm run -s parley --` comes to, without what it does first: a test must never install packages. */
const NPM = 'npm() { [ "$1 $2 $3 $4" = "run -s parley --" ]; shift 4; node src/cli.ts "$@"; }\n';

test('npm run parley runs the command line', () => {
  const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
    scripts: { parley: string };
  };
  expect(scripts.parley).toBe('node scripts/parley.mjs');
  expect(readFileSync(join(ROOT, 'scripts/parley.mjs'), 'utf8')).toContain(
    "runNode(['src/cli.ts', ...process.argv.slice(2)])",
  );
});

test('the commands of docs/operations.md that say they are run, run', async () => {
  const blocks = [
    ...readFileSync(join(ROOT, 'docs/operations.md'), 'utf8').matchAll(/```sh runnable\n([^`]+)```/g),
  ];
  expect(blocks.length).toBeGreaterThanOrEqual(6);
  const home = temporaryFolder();
  const env = { PATH: process.env.PATH ?? '', HOME: home, ...(await freeEnv()) };
  const said: string[] = [];
  for (const [, block] of blocks)
    said.push(
      await new Promise<string>((resolve, reject) => {
        execFile(
          'sh',
          ['-e', '-u', '-c', `${NPM}${block}`],
          { cwd: ROOT, env, timeout: 60_000 },
          (error, out, err) =>
            error === null ? resolve(out) : reject(new Error(`${block}\n${out}\n${err}`)),
        );
      }),
    );
  expect(said.join('\n')).toContain('Restored and verified');
}, 180_000);

describe('usage', () => {
  test.each([
    [[], 'Which command?'],
    [['frobnicate'], 'There is no command "frobnicate"'],
    [['constructor'], 'There is no command "constructor"'],
    [['backup'], '`backup` takes <file>'],
    [['backup', 'a', 'b'], '`backup` takes <file> and nothing else'],
    [['backup', 'a', '--replace'], "Unknown option '--replace'"],
    [['migrate', 'now'], '`migrate` takes no "now"'],
  ])('%j is not understood, and told', async (args, told) => {
    const { code, out, err } = await parley(args);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain(told);
    expect(err).toContain('Usage:');
  });

  test('help is an answer', async () => {
    for (const args of [['help'], ['--help'], ['backup', '--help']])
      expect(await parleyOk(args)).toContain('Usage:');
  });

  test('a configuration that cannot work is listed, not thrown', async () => {
    const { code, err } = await parley(['migrate'], { PORT: 'many', REDIS_URL: 'http://no' });
    expect(code).toBe(1);
    expect(err).toContain('The configuration has 2 problems');
    expect(err).not.toMatch(/\n\s+at /);
  });

  test('a token needs sign-in by name', async () => {
    const { code, err } = await parley(['token', 'Ada'], { ...(await freeEnv()), AUTH_LOCAL: 'false' });
    expect(code).toBe(1);
    expect(err).toContain('AUTH_LOCAL=true');
  });

  test('a database that is not there is said in a line', async () => {
    const env = {
      DATABASE_URL: `postgres://u:hunter2@127.0.0.1:${await freePort()}/none`,
      SECRET_KEY: SECRET,
    };
    const { code, err } = await parley(['migrate'], env);
    expect(code).toBe(1);
    expect(err).toContain('The database cannot be used');
    expect(err).not.toContain('hunter2');
  });
});

describe('doctor', () => {
  const lines = (out: string, what: string): string =>
    out
      .split('\n')
      .filter((line) => line.slice(6).startsWith(what))
      .join('\n');

  test('knows a folder that a server has open, and its port', async () => {
    const env = await freeEnv();
    const server = await startOn(env.DATA_DIR as string, Number(env.PORT));
    const out = await parleyOk(['doctor'], env);
    expect(lines(out, 'Data folder')).toContain(`in process ${server.pid}; its database is not looked at`);
    expect(lines(out, 'Port')).toContain('used by a server that says it is ready');
    await server.stop();
    chmodSync(env.DATA_DIR as string, 0o755);
    const later = await parleyOk(['doctor'], env);
    expect(lines(later, 'Data folder')).toMatch(/^warn .*other accounts may read/);
    expect(lines(later, 'Migrations')).toMatch(/^ok .*all applied/);
    expect(lines(later, 'Extensions')).toMatch(/vector \d.*\n.*pg_trgm \d/);
  }, 60_000);

  test('fails for what cannot work, with what to do next', async () => {
    const other = createServer((_, response) => void response.end('not Parley'));
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as AddressInfo;
    onTestFinished(() => void other.close());
    const nobody = await freePort();
    const { code, out } = await parley(['doctor'], {
      PORT: String(port),
      DATABASE_URL: `postgres://u:hunter2@127.0.0.1:${nobody}/none`,
      SECRET_KEY: SECRET,
      REDIS_URL: `redis://:hunter2@127.0.0.1:${nobody}`,
    });
    expect(code).toBe(1);
    for (const what of ['Database', 'Redis', 'Port']) expect(lines(out, what)).toMatch(/^fail/);
    expect(out.match(/next: /g)?.length).toBe(3);
    expect(out).not.toContain('hunter2');
    const wrong = await parley(['doctor'], { PORT: 'many' });
    expect(wrong.code).toBe(1);
    expect(lines(wrong.out, 'Configuration')).toMatch(/^fail .*PORT/);
  });

  test('asks model providers: a refused key fails, silence is a warning', async () => {
    let status = 200;
    const asked: (string | undefined)[] = [];
    const provider = createServer((request, response) => {
      asked.push(`${request.url} ${request.headers.authorization}`);
      response.writeHead(status, { connection: 'close' }).end('{"data":[]}');
    });
    await new Promise<void>((resolve) => provider.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void provider.close());
    const { port } = provider.address() as AddressInfo;
    const env = {
      ...(await freeEnv()),
      OPENAI_API_KEY: 'sk-hunter2',
      OPENAI_BASE_URL: `http://127.0.0.1:${port}/v1`,
    };
    expect(lines(await parleyOk(['doctor'], env), 'Models')).toMatch(/^ok/);
    expect(asked).toEqual(['/v1/models Bearer sk-hunter2']);
    status = 401;
    const refused = await parley(['doctor'], env);
    expect(refused.code).toBe(1);
    expect(lines(refused.out, 'Models')).toMatch(/^fail .*refuses the key/);
    expect(refused.out).not.toContain('hunter2');
    const silent = { ...env, OPENAI_BASE_URL: `http://127.0.0.1:${await freePort()}/v1` };
    expect(lines(await parleyOk(['doctor'], silent), 'Models')).toMatch(/^warn .*cannot be reached/);
  });

  test('looks at how the server is reached', async () => {
    const out = await parleyOk(['doctor'], {
      ...(await freeEnv()),
      HOST: '0.0.0.0',
      AUTH_LOCAL: 'true',
      PUBLIC_URL: 'http://chat.example.com/parley',
      CORS_ORIGINS: 'https://pages.example.com/',
    });
    for (const told of [
      'is not encrypted',
      'has a path',
      'https://pages.example.com/',
      'by name, on HOST=0.0.0.0',
      '/metrics is open',
    ])
      expect(out).toContain(told);
  });

  test.runIf(inject('postgresUrl') && inject('redisUrl'))('looks at Postgres and Redis', async () => {
    const database = await createDatabase(inject('postgresUrl') as string);
    onTestFinished(() => database.drop());
    const { PORT } = (await freeEnv()) as { PORT: string };
    const env = {
      PORT,
      DATABASE_URL: database.url,
      SECRET_KEY: SECRET,
      REDIS_URL: inject('redisUrl') as string,
    };
    const before = await parleyOk(['doctor'], env);
    expect(lines(before, 'Migrations')).toMatch(/^warn .*0001_identity_rooms_messages/);
    expect(lines(before, 'Clock')).toMatch(/^ok/);
    expect(lines(before, 'Redis')).toMatch(/^ok +Redis +[78]\./);
    expect(await parleyOk(['migrate'], env)).toContain('applied 0001_identity_rooms_messages');
    expect(await parleyOk(['migrate'], env)).toContain('Nothing to do');
    expect(lines(await parleyOk(['doctor'], env), 'Migrations')).toMatch(/^ok/);
  });
});
