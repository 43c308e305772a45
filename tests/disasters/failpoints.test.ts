// Killed at the worst moments, each by its name: what was acknowledged is there, a retry makes no second message, an agent
// answers once and a tool acts once.
import { randomUUID } from 'node:crypto';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { rest, signIn } from '../support/chat-clients.ts';
import { spawnServer, startServer } from '../support/server-process.ts';
import { freePort } from '../support/service.ts';
import { until } from '../support/until.ts';
import { startOn, temporaryFolder } from './folder.ts';

/** Two starts of a real server, on a busy machine. */
const LIMIT_MS = 60_000;

interface Message {
  id: string;
  seq: number;
  body: string;
  author: { id: string; kind: string; handle: string };
}

const armed = (name: string) => ({ NODE_ENV: 'test', FAILPOINTS: name });

/** A folder that was started on once: a new one takes seconds to make. */
const template = mkdtempSync(join(tmpdir(), 'parley-failpoints-'));
beforeAll(async () => {
  const server = await startServer({ env: { DATA_DIR: template } });
  await server.stop();
}, LIMIT_MS);
afterAll(() => rmSync(template, { recursive: true, force: true }));

async function begin(failpoint: string) {
  const folder = temporaryFolder();
  cpSync(template, folder, { recursive: true });
  const port = await freePort();
  const first = await startOn(folder, port, armed(failpoint));
  const { token } = await signIn(first.url, 'Ada');
  const lobby = await rest<{ id: string }>(first.url, token, 'GET', '/api/rooms/lobby');
  const send = (url: string, id: string, body: string) =>
    rest<Message>(url, token, 'POST', `/api/rooms/${lobby.id}/messages`, { id, body });
  const history = async (url: string) =>
    (await rest<{ data: Message[] }>(url, token, 'GET', `/api/rooms/${lobby.id}/messages?limit=100`)).data;
  /** Ends as the failpoint makes it end, and starts again without it. */
  const restart = async () => {
    expect(await first.whenEnded).toEqual({ code: null, signal: 'SIGKILL' });
    expect(first.output()).toContain(`"failpoint hit","failpoint":"${failpoint}"`);
    return startOn(folder, port);
  };
  return { first, token, lobby, send, history, restart };
}

test.each(['after-commit-before-publish', 'before-ack'])(
  'at %s: the message is there, and its retry is the same one',
  async (failpoint) => {
    const { first, send, history, restart } = await begin(failpoint);
    const id = randomUUID();
    await expect(send(first.url, id, 'hold fast')).rejects.toThrow();
    const second = await restart();
    const [stored] = (await history(second.url)).filter((m) => m.id === id);
    const again = await send(second.url, id, 'hold fast');
    expect(again).toMatchObject({ id, seq: stored?.seq, body: 'hold fast' });
    expect((await history(second.url)).filter((m) => m.body === 'hold fast')).toHaveLength(1);
  },
  LIMIT_MS,
);

/** Steps of this run: context, model, tool, model, reply. */
test.each([
  'after-step-1',
  'after-step-2',
  'after-effect-before-record',
  'after-step-3',
  'after-step-4',
  'after-step-5',
])(
  'at %s: the agent answers once, and remembers once',
  async (failpoint) => {
    const { first, token, send, history, restart } = await begin(failpoint);
    await send(first.url, randomUUID(), '@parley remember that my boat is called Swallow').catch(() => {});
    const second = await restart();
    const answers = async () => (await history(second.url)).filter((m) => m.author.kind === 'agent');
    await until('the agent has answered', async () => (await answers()).length > 0);
    const agent = (await answers())[0]?.author as Message['author'];
    const runs = async () =>
      (await rest<{ data: { status: string }[] }>(second.url, token, 'GET', `/api/agents/${agent.id}/runs`))
        .data;
    await until('no run is open', async () => (await runs()).every((run) => run.status === 'completed'));
    expect(await runs()).toHaveLength(1);
    expect(await answers()).toHaveLength(1);
    const { data: memories } = await rest<{ data: { content: string }[] }>(
      second.url,
      token,
      'GET',
      `/api/agents/${agent.id}/memories`,
    );
    expect(memories.filter((m) => m.content.includes('Swallow'))).toHaveLength(1);
  },
  LIMIT_MS,
);

test.each([
  [{ NODE_ENV: 'test', FAILPOINTS: 'somewhere' }, 'FAILPOINTS has "somewhere", which is none of'],
  [{ FAILPOINTS: 'before-ack' }, 'needs NODE_ENV=test'],
])(
  '%j stops the start',
  async (env, words) => {
    const server = spawnServer({ env: { DATA_DIR: temporaryFolder(), ...env } });
    onTestFinished(() => server.kill('SIGKILL'));
    expect((await server.whenEnded).code).toBe(1);
    expect(server.output()).toContain(words);
  },
  LIMIT_MS,
);
