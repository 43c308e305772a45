// The client package as people install it: what is packed passes the gates, says what it did before, and runs from ESM, from
// CommonJS and in a page built by Vite.
import { execFile, execFileSync, spawn } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hasBrowser, launchBrowser } from '../e2e/support/console.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { until } from '../support/until.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const DIST = join(ROOT, 'client-sdk/dist');
const LIMIT_MS = 120_000;
/** Bytes of a page's script that holds the client and socket.io-client, compressed. */
const MAX_PAGE_BYTES = 46_000;
const ENTRIES = ['index', 'react', 'node', 'agent', 'testing'];

let tarball: Uint8Array;
let app: TestApp;
/** A project of somebody who installed the package. */
const project = mkdtempSync(join(tmpdir(), 'parley-sdk-'));

beforeAll(async () => {
  execFileSync(process.execPath, [join(ROOT, 'client-sdk/build/package.ts')], {
    cwd: ROOT,
    stdio: 'pipe',
    timeout: LIMIT_MS,
  });
  const name = readdirSync(DIST).find((file) => file.endsWith('.tgz')) as string;
  tarball = new Uint8Array(readFileSync(join(DIST, name)));
  const installed = join(project, 'node_modules/@parley/client');
  mkdirSync(installed, { recursive: true });
  writeFileSync(join(project, 'package.json'), '{"type": "module"}');
  execFileSync('tar', ['-xzf', join(DIST, name), '-C', installed, '--strip-components=1']);
  for (const dependency of ['socket.io-client', 'react', 'react-dom'])
    symlinkSync(join(ROOT, 'node_modules', dependency), join(project, 'node_modules', dependency));
  app = await startApp();
}, LIMIT_MS);
afterAll(async () => {
  await app?.stop();
  rmSync(project, { recursive: true, force: true });
});

test('publint finds nothing', async () => {
  const { messages } = await publint({ pkgDir: DIST, level: 'suggestion', strict: true, pack: false });
  const manifest = JSON.parse(readFileSync(join(DIST, 'package.json'), 'utf8'));
  expect(messages.map((message) => formatMessage(message, manifest))).toEqual([]);
});

test('attw finds nothing', async () => {
  const analysis = await checkPackage(createPackageFromTarballData(tarball));
  if (!analysis.types) throw new Error('The package has no types.');
  // The oldest way of looking knows no subpaths; it is for tools that are no longer made.
  expect(analysis.problems.filter((p) => !('resolutionKind' in p && p.resolutionKind === 'node10'))).toEqual(
    [],
  );
});

test('needs nothing but socket.io-client, and nothing of the server', () => {
  const manifest = JSON.parse(readFileSync(join(DIST, 'package.json'), 'utf8'));
  expect(Object.keys(manifest.dependencies)).toEqual(['socket.io-client']);
  for (const file of readdirSync(DIST).filter((one) => /\.(js|cjs|d\.ts|d\.cts)$/.test(one)))
    expect(readFileSync(join(DIST, file), 'utf8'), file).not.toMatch(/\bzod\b|\.\.\/src\//);
});

test('says what it said: the report of its types is up to date', async () => {
  const parts = [...ENTRIES, 'api'].map(
    (entry) => `// ${entry}\n${readFileSync(join(DIST, `${entry}.d.ts`), 'utf8')}`,
  );
  await expect(parts.join('\n')).toMatchFileSnapshot('../../client-sdk/api-report.d.ts.txt');
});

const SCRIPT = (head: string) => `${head}
const [url, token] = process.argv.slice(2);
const client = createClient({ url, getToken: () => token, storage: null });
client.connect();
const room = client.room('lobby');
room.join();
room.whenLive()
  .then(() => room.messages.send('from a script').confirmed)
  .then((message) => { console.log(message.body + ' ' + (message.seq > 0) + ' ' + typeof createAdmin); client.close(); });
`;

test.each([
  [
    'script.mjs',
    "import { createClient } from '@parley/client';\nimport { createAdmin } from '@parley/client/node';",
  ],
  [
    'script.cjs',
    "const { createClient } = require('@parley/client');\nconst { createAdmin } = require('@parley/client/node');",
  ],
])('runs from %s', async (file, head) => {
  writeFileSync(join(project, file), SCRIPT(head));
  const { token } = await app.signIn('Ada');
  const run = promisify(execFile)(process.execPath, [join(project, file), app.url, token], {
    timeout: 30_000,
  });
  expect((await run).stdout).toBe('from a script true function\n');
});

/** The examples of the README that are programs, by what they import first. */
function example(first: string): string {
  const readme = readFileSync(join(ROOT, 'client-sdk/README.md'), 'utf8');
  const block = [...readme.matchAll(/```ts\n(.*?)```/gs)]
    .map((match) => match[1] ?? '')
    .find((one) => one.startsWith(first));
  if (block === undefined) throw new Error(`The README has no example that begins with ${first}`);
  return block.replaceAll('http://127.0.0.1:4000', app.url);
}

/** Runs an example until it has said `words`, then interrupts it. Answers its output. */
async function runExample(
  first: string,
  words: RegExp,
  then: () => Promise<void> = async () => {},
): Promise<string> {
  const file = join(project, `example-${words.source.length}.ts`);
  writeFileSync(file, example(first));
  const { token } = await app.signIn('Ada');
  const child = spawn(process.execPath, [file], {
    env: { ...process.env, PARLEY_KEY: token },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  try {
    await until('the example says it', () => words.test(output) || child.exitCode !== null);
    await then();
    child.kill('SIGINT');
    await ended;
    return output;
  } finally {
    child.kill('SIGKILL');
  }
}

describe('the examples of the README', () => {
  test('the first one sends a message', async () => {
    expect(await runExample('import { createClient, signIn }', /sent as number/)).toMatch(
      /sent as number \d+/,
    );
  });

  test('the agent answers', async () => {
    const { token } = await app.signIn('Ada');
    const send = async (method: string, body?: object): Promise<{ data: { body: string }[] }> =>
      (
        await fetch(`${app.url}/api/rooms/lobby/messages`, {
          method,
          headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
          ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        })
      ).json() as Promise<{ data: { body: string }[] }>;
    await runExample('import { signIn }', /listening/, async () => {
      await send('POST', { body: '@echo good morning' });
      await until('it answers', async () =>
        (await send('GET')).data.some((m) => m.body === 'You said: good morning'),
      );
    });
  });

  test('the admin client makes a room and lists it', async () => {
    expect(await runExample('import { createAdmin }', /Plans/)).toContain('Plans');
  });
});

const PAGE = `
import { createElement as h, StrictMode, useState } from 'react';
import { createRoot } from 'react-dom/client';
import { createClient, signIn } from '@parley/client';
import { ParleyProvider, useConnection, useEvent, useMessage, useRoom, useRoomHandle, useRooms } from '@parley/client/react';

function Row({ id }) {
  return h('li', null, useMessage('lobby', id)?.body);
}
function Room() {
  const room = useRoom('lobby');
  const handle = useRoomHandle('lobby');
  const [heard, setHeard] = useState(0);
  useEvent('new_message', () => setHeard((n) => n + 1));
  return h('main', null,
    h('p', { id: 'status' }, useConnection().status + ' ' + room.status + ' ' + useRooms().status),
    h('p', { id: 'heard' }, String(heard)),
    h('button', { onClick: () => handle.messages.send('from a page') }, 'Send'),
    h('ol', null, room.messages.map((m) => h(Row, { key: m.id, id: m.id }))));
}
const { token } = await signIn('', 'Bob');
const client = createClient({ url: '', getToken: () => token, storage: null });
client.connect();
createRoot(document.body).render(h(StrictMode, null, h(ParleyProvider, { client }, h(Room))));
`;

describe.skipIf(!hasBrowser)('in a page', () => {
  test(
    'built by Vite, with the hooks, in StrictMode',
    async () => {
      writeFileSync(join(project, 'page.js'), PAGE);
      writeFileSync(join(project, 'client.js'), "export { createClient } from '@parley/client';");
      const { build } = await import('vite');
      const made = (entry: string) =>
        build({
          root: project,
          configFile: false,
          logLevel: 'error',
          build: {
            outDir: `built-${entry}`,
            target: 'es2022',
            lib: { entry: `${entry}.js`, formats: ['es'], fileName: entry },
            minify: true,
            rolldownOptions: { output: { codeSplitting: false } },
          },
          define: { 'process.env.NODE_ENV': '"production"' },
        });
      await made('page');
      await made('client');
      const script = (entry: string) => readFileSync(join(project, `built-${entry}`, `${entry}.js`));
      expect(gzipSync(script('client')).byteLength).toBeLessThan(MAX_PAGE_BYTES);

      const browser = await launchBrowser();
      try {
        const page = await browser.newPage();
        const problems: string[] = [];
        page.on('pageerror', (error) => problems.push(String(error)));
        await page.route('**/sdk-page/**', (route) =>
          route.request().url().endsWith('.js')
            ? route.fulfill({ contentType: 'text/javascript', body: script('page') })
            : route.fulfill({
                contentType: 'text/html',
                body: '<!doctype html><body><script type="module" src="/sdk-page/page.js"></script>',
              }),
        );
        await page.goto(`${app.url}/sdk-page/`);
        await page.locator('#status').getByText('online live ready').waitFor();
        await page.getByRole('button', { name: 'Send' }).click();
        await page.getByRole('listitem').getByText('from a page').waitFor();
        await page.locator('#heard').getByText('1', { exact: true }).waitFor();
        expect(problems).toEqual([]);
      } finally {
        await browser.close();
      }
    },
    LIMIT_MS,
  );
});
