// kill -9 around an effect outside: after the restart there is one reply and one letter at most, what waited for a person waits
// still, and where nobody knows what became of a letter, a person is asked instead of posting it again.
import { randomUUID } from 'node:crypto';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { rest, signIn } from '../support/chat-clients.ts';
import { startServer } from '../support/server-process.ts';
import { freePort } from '../support/service.ts';
import { until } from '../support/until.ts';
import { startOn, temporaryFolder } from './folder.ts';

/** Two starts of a real server, on a busy machine. */
const LIMIT_MS = 120_000;
const ENTRY = 'tests/disasters/outside-server.ts';

interface Approval {
  id: string;
  status: string;
}
interface Run {
  id: string;
  status: string;
}

/** A folder that was started on once: a new one takes seconds to make. */
const template = mkdtempSync(join(tmpdir(), 'parley-effects-'));
beforeAll(async () => {
  const env = { DATA_DIR: template, LETTERS: join(template, 'unused') };
  const server = await startServer({ env, entry: ENTRY });
  await server.stop();
}, LIMIT_MS);
afterAll(() => rmSync(template, { recursive: true, force: true }));

async function begin(failpoint: string | undefined, tool: string) {
  const folder = temporaryFolder();
  cpSync(template, folder, { recursive: true });
  const port = await freePort();
  const file = join(temporaryFolder(), 'letters');
  writeFileSync(file, '');
  const env: Record<string, string> = { LETTERS: file };
  const armed: Record<string, string> =
    failpoint === undefined ? {} : { NODE_ENV: 'test', FAILPOINTS: failpoint };
  const first = await startOn(folder, port, { ...env, ...armed }, ENTRY);
  const { token } = await signIn(first.url, 'Ada');
  const lobby = await rest<{ id: string }>(first.url, token, 'GET', '/api/rooms/lobby');
  const agents = await rest<{ data: { id: string }[] }>(first.url, token, 'GET', '/api/users?kind=agent');
  const agentId = agents.data[0]?.id as string;
  const get = <T>(url: string, path: string) => rest<T>(url, token, 'GET', path);
  const waiting = async (url: string) =>
    (await get<{ data: Approval[] }>(url, '/api/approvals?status=pending')).data;
  const question = { id: randomUUID(), body: `@parley ${tool}` };
  await rest(first.url, token, 'POST', `/api/rooms/${lobby.id}/messages`, question);
  return {
    first,
    waiting,
    letters: () => readFileSync(file, 'utf8').split('\n').filter(Boolean),
    run: async (url: string) => (await get<{ data: Run[] }>(url, `/api/agents/${agentId}/runs`)).data[0],
    answers: async (url: string) =>
      (
        await get<{ data: { author: { kind: string }; body: string }[] }>(
          url,
          `/api/rooms/${lobby.id}/messages?limit=100`,
        )
      ).data
        .filter((m) => m.author.kind === 'agent')
        .map((m) => m.body),
    approve: async (url: string) => {
      await until('the call waits for a word', async () => (await waiting(url)).length === 1);
      const [approval] = await waiting(url);
      const decide = `/api/approvals/${approval?.id}/decide`;
      await rest(url, token, 'POST', decide, { decision: 'approve' }).catch(() => {});
    },
    resolve: (url: string, runId: string) =>
      rest<Run>(url, token, 'POST', `/api/runs/${runId}/resolve`, { outcome: 'happened' }),
    restart: async () => {
      expect(await first.whenEnded).toEqual({ code: null, signal: 'SIGKILL' });
      return startOn(folder, port, env, ENTRY);
    },
  };
}

/** Steps of this run: context, model, the word, the intent, the result, model, reply. */
test.each([
  ['post_letter', 'after-step-3'],
  ['post_letter', 'after-step-5'],
  ['post_letter', 'after-step-6'],
  ['post_letter', 'after-step-7'],
  ['post_once', 'after-step-4'],
  ['post_once', 'after-effect-before-record'],
])(
  '%s, killed at %s: one letter, one answer',
  async (tool, failpoint) => {
    const town = await begin(failpoint, tool);
    await town.approve(town.first.url);
    const { url } = await town.restart();
    await until('the run is over', async () => (await town.run(url))?.status === 'completed');
    expect(town.letters()).toHaveLength(1);
    expect(await town.answers(url)).toEqual(['Done.']);
  },
  LIMIT_MS,
);

test.each([
  ['after-step-4', 0],
  ['after-effect-before-record', 1],
])(
  'post_letter, killed at %s: nobody knows, so a person is asked, and it is not posted again',
  async (failpoint, letters) => {
    const town = await begin(failpoint, 'post_letter');
    await town.approve(town.first.url);
    const { url } = await town.restart();
    await until('a person is asked', async () => (await town.run(url))?.status === 'needs_attention');
    expect(town.letters()).toHaveLength(letters);
    expect(await town.answers(url)).toEqual([]);
    await town.resolve(url, (await town.run(url))?.id as string);
    await until('the run is over', async () => (await town.run(url))?.status === 'completed');
    expect(town.letters()).toHaveLength(letters);
    expect(await town.answers(url)).toEqual(['Done.']);
  },
  LIMIT_MS,
);

test(
  'killed while a call waits for a person: it waits still, and the word counts',
  async () => {
    const town = await begin(undefined, 'post_letter');
    await until('the call waits', async () => (await town.waiting(town.first.url)).length === 1);
    town.first.kill('SIGKILL');
    const { url } = await town.restart();
    expect(await town.run(url)).toMatchObject({ status: 'waiting_approval' });
    expect(town.letters()).toEqual([]);
    await town.approve(url);
    await until('the run is over', async () => (await town.run(url))?.status === 'completed');
    expect(town.letters()).toHaveLength(1);
    expect(await town.answers(url)).toEqual(['Done.']);
  },
  LIMIT_MS,
);
