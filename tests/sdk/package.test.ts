// The client package as people install it: what is packed passes the gates, says what it did before, and runs from ESM, from
// CommonJS and in a page built by Vite.
import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';
import type { Browser } from 'playwright-core';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createAdmin } from '../../client-sdk/src/node.ts';
import { hasBrowser, launchBrowser } from '../e2e/support/console.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { until } from '../support/until.ts';
import { startWire } from './support/broken-wire.ts';
import { checkTypes, readExamples, runProgram, writeExample } from './support/examples.ts';
import { DIST, installPacked, LIMIT_MS } from './support/installed.ts';
import { buildScript, openScript } from './support/pages.ts';

/** Bytes of a page's script that holds the client and socket.io-client, compressed. */
const MAX_PAGE_BYTES = 45_000;
const ENTRIES = ['index', 'react', 'node', 'agent', 'testing'];

let tarball: Uint8Array;
let app: TestApp;
/** The administrator. */
let ada: ReturnType<typeof createAdmin>;
let token: string;
/** A project of somebody who installed the package. */
const project = mkdtempSync(join(tmpdir(), 'parley-sdk-'));

beforeAll(async () => {
  tarball = installPacked(project);
  app = await startApp({ config: { OUTGOING_ALLOW_HOSTS: '127.0.0.1' } });
  ({ token } = await app.signIn('Ada'));
  ada = createAdmin({ url: app.url, key: token });
}, LIMIT_MS);
afterAll(async () => {
  await app?.stop();
  rmSync(project, { recursive: true, force: true });
});

const bodiesIn = async (roomId: string): Promise<string[]> =>
  (await ada.call('list_messages', { roomId, limit: 100 })).data.map(({ body }) => body);

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
  const run = promisify(execFile)(process.execPath, [join(project, file), app.url, token], {
    timeout: 30_000,
  });
  expect((await run).stdout).toBe('from a script true function\n');
});

describe('the examples of the README', () => {
  const examples = new Map(readExamples().map((one) => [one.name, one]));
  const ran = new Set<string>();
  const PORT = /port: (\d+)/;
  const addressIn = (output: string) => `http://127.0.0.1:${PORT.exec(output)?.[1]}/`;

  /** Runs an example until it has said the words. */
  function run(
    name: string,
    words: RegExp,
    ...more: [Record<string, string>?, Parameters<typeof runProgram>[3]?]
  ) {
    const example = examples.get(name);
    if (example === undefined) throw new Error(`The README has no example under ${name}`);
    ran.add(name);
    return runProgram(writeExample(project, example, app.url), words, ...more);
  }

  test('fit the types of the package', async () => {
    const files = [...examples.values()].map((one) => writeExample(project, one, app.url));
    expect(await checkTypes(project, files)).toBe('');
  });

  test('the first one sends a message', async () => {
    expect(await run('@parley/client', /sent as number/)).toMatch(/sent as number \d+/);
  });

  test('a thread, a file, a draft, the inbox, a command', async () => {
    const said = await run('Threads, files, drafts, inbox', /\/topic/);
    expect(said).toMatch(/10 of 10 bytes\n\d+ for me to read\n.*\/help/s);
    expect(await bodiesIn('lobby')).toContain('The plan');
  });

  test('the agent answers', async () => {
    await run('An agent of your own', /listening/, {}, async () => {
      await ada.call('send_message', { roomId: 'lobby', body: '@echo good morning' });
      await until('it answers', async () => (await bodiesIn('lobby')).includes('You said: good morning'));
    });
  });

  test('the agent hears of a press and carries out a command', async () => {
    const made = await ada.call('create_command', {
      name: 'deploy',
      description: 'Deploys',
      options: [{ name: 'version', type: 'string', required: true }],
      handler: { kind: 'webhook', url: 'http://127.0.0.1:9/' },
    });
    const env = { PORT: '0', COMMAND_SECRET: made.secret as string };
    await run('An agent of your own 2', PORT, env, async (output) => {
      await ada.call('update_command', { commandId: made.id as string, url: addressIn(output()) });
      const asked = (await ada.call('list_messages', { roomId: 'lobby' })).data.at(-1);
      await ada.call('card_action', {
        messageId: asked?.id as string,
        actionId: 'go',
        id: crypto.randomUUID(),
      });
      await until('it deploys', async () => (await bodiesIn('lobby')).includes('Deploying 4.2.'));
      const call = { roomId: 'lobby', text: '/deploy 4.3', id: crypto.randomUUID() };
      const { reply } = await ada.call('run_command', call);
      expect(reply).toEqual({ visibility: 'private', body: 'Ada, /deploy 4.3 is on its way.' });
    });
  });

  test('the admin client makes a room and lists it', async () => {
    expect(await run('On a server', /Plans/, { PARLEY_KEY: token })).toContain('Plans');
  });

  test('a webhook is taken when it is signed, and only then', async () => {
    const secret = `whsec_${Buffer.from('a secret of twenty-four b').toString('base64')}`;
    const body = '{"type":"new_message"}';
    const said = await run('On a server 2', PORT, { PORT: '0', WEBHOOK_SECRET: secret }, async (output) => {
      const now = new Date();
      const headers = {
        'webhook-id': 'msg_1',
        'webhook-timestamp': String(Math.floor(now.getTime() / 1000)),
        'webhook-signature': new Webhook(secret).sign('msg_1', now, body),
      };
      const post = async (text: string) =>
        (await fetch(addressIn(output()), { method: 'POST', headers, body: text })).status;
      expect([await post(body), await post('{"type":"forged"}')]).toEqual([204, 401]);
    });
    expect(said).toContain("msg_1 { type: 'new_message' }");
    expect(said).not.toContain('forged');
  });

  test('the network in memory delivers', async () => {
    expect(await run('Testing an application', /sent/)).toContain('sent 1');
  });

  // The one for React is shown in a page below.
  test('are all run', () => {
    const programs = [...examples.values()].filter(({ language }) => language !== 'tsx');
    expect(programs.map(({ name }) => name)).toEqual([...ran]);
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

/** What I wrote and how it stands, with a way to write. The page needs nothing of the server to be shown. */
const OUTBOX = `
import { createClient } from '@parley/client';

const list = document.body.appendChild(document.createElement('ol'));
const client = createClient({ url: '', getToken: () => location.hash.slice(1) });
const room = client.room('lobby');
const show = () => list.replaceChildren(...room.getSnapshot().messages.map(({ body, delivery }) => {
  const row = document.createElement('li');
  row.textContent = body + ': ' + (delivery?.status ?? 'sent');
  return row;
}));
room.subscribe(show);
room.join();
client.connect();
window.send = (body) => void room.messages.send(body);
window.isLive = () => room.getSnapshot().status === 'live';
`;

describe.skipIf(!hasBrowser)('in a page', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser?.close());
  const scriptOf = (name: string, code: string) => {
    writeFileSync(join(project, name), code);
    return buildScript(project, name);
  };

  test(
    'built by Vite, with the hooks, in StrictMode',
    async () => {
      const alone = await scriptOf('client.js', "export { createClient } from '@parley/client';");
      expect(gzipSync(alone).byteLength).toBeLessThan(MAX_PAGE_BYTES);
      const page = await browser.newPage();
      const problems = await openScript(page, app.url, await scriptOf('page.js', PAGE));
      await page.locator('#status').getByText('online live ready').waitFor();
      await page.getByRole('button', { name: 'Send' }).click();
      await page.getByRole('listitem').getByText('from a page').waitFor();
      await page.locator('#heard').getByText('1', { exact: true }).waitFor();
      expect(problems).toEqual([]);
      await page.close();
    },
    LIMIT_MS,
  );

  test(
    'the example of the README',
    async () => {
      const example = readExamples().find(({ language }) => language === 'tsx');
      const page = await browser.newPage();
      const problems = await openScript(page, app.url, await scriptOf('example.tsx', example?.code ?? ''));
      await page.locator('ol[aria-busy=false]').waitFor({ state: 'attached' });
      await page.getByRole('button', { name: 'Say hello' }).click();
      await page.getByRole('listitem').getByText('Hello', { exact: true }).waitFor();
      expect(problems).toEqual([]);
      await page.close();
    },
    LIMIT_MS,
  );

  test(
    'a message outlives a reload: written while the server was away, or sent and its answer lost, it is there once',
    async ({ onTestFinished }) => {
      const wire = await startWire(app.url);
      onTestFinished(wire.stop);
      const page = await browser.newPage();
      const script = await scriptOf('outbox.js', OUTBOX);
      const problems = await openScript(page, wire.url, script, `#${token}`);
      const row = (words: string) => page.getByRole('listitem').getByText(words, { exact: true });
      const send = (body: string) => page.evaluate(`send(${JSON.stringify(body)})`);
      /** Whose message it is, is known with the connection: until then it waits in storage alone. */
      const kept = () =>
        page.evaluate("Object.keys(localStorage).filter((key) => key.includes(':outbox:')).length");
      const reload = async () => {
        await page.reload();
        await page.waitForFunction("'send' in window");
        expect(await kept()).toBe(1);
      };
      const back = async (body: string) => {
        wire.mend();
        await page.evaluate("dispatchEvent(new Event('online'))");
        await row(`${body}: sent`).waitFor();
        expect(await row(`${body}: sent`).count()).toBe(1);
        expect((await bodiesIn('lobby')).filter((one) => one === body)).toEqual([body]);
        expect(await kept()).toBe(0);
      };

      await page.waitForFunction('isLive()');
      wire.cut();
      await send('written while away');
      await row('written while away: pending').waitFor();
      await reload();
      expect(await bodiesIn('lobby')).not.toContain('written while away');
      await back('written while away');

      await page.waitForFunction('isLive()');
      wire.loseAnswers();
      await send('sent, and no answer');
      await until('the server has it', async () => (await bodiesIn('lobby')).includes('sent, and no answer'));
      await row('sent, and no answer: pending').waitFor();
      wire.cut();
      await reload();
      await back('sent, and no answer');
      expect(problems).toEqual([]);
      await page.close();
    },
    LIMIT_MS,
  );
});
