// kill -9 while an agent speaks first: a reason begins one run and one message, whether the power went before a worker heard of the
// run, in the middle of it, or with its message.
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
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
const OFTEN = { AGENT_PROACTIVE_SCAN_SECONDS: '1' };

/** A folder that was started on once: a new one takes seconds to make. */
const template = mkdtempSync(join(tmpdir(), 'parley-proactive-'));
beforeAll(async () => {
  const server = await startServer({ env: { DATA_DIR: template } });
  await server.stop();
}, LIMIT_MS);
afterAll(() => rmSync(template, { recursive: true, force: true }));

test.each(['after-opening', 'after-step-1', 'after-step-2', 'after-step-3'])(
  'at %s: the agent speaks first once',
  async (failpoint) => {
    const folder = temporaryFolder();
    cpSync(template, folder, { recursive: true });
    const port = await freePort();
    const first = await startOn(folder, port, { ...OFTEN, NODE_ENV: 'test', FAILPOINTS: failpoint });
    const { token } = await signIn(first.url, 'Ada');
    const call = <T>(url: string, method: string, path: string, body?: object) =>
      rest<T>(url, token, method, path, body);
    const proactive = { enabled: true, minSilenceMinutes: 0, prompts: ['goals'] };
    const agent = await call<{ id: string }>(first.url, 'POST', '/api/agents', { name: 'Otto', proactive });
    const room = await call<{ id: string }>(first.url, 'POST', '/api/rooms', { name: 'Shed' });
    await call(first.url, 'POST', `/api/rooms/${room.id}/agents`, { agentId: agent.id });
    // Its one occasion is that it is due: midnight makes no other.
    const goal = { text: 'Ask for the ladder', dueAt: '2026-01-01T00:00:00.000Z', roomId: room.id };
    // The server may be gone before it has answered.
    await call(first.url, 'POST', `/api/agents/${agent.id}/goals`, goal).catch(() => undefined);
    expect(await first.whenEnded).toEqual({ code: null, signal: 'SIGKILL' });
    expect(first.output()).toContain(`"failpoint hit","failpoint":"${failpoint}"`);

    const second = await startOn(folder, port, OFTEN);
    const list = async <T>(path: string) => (await call<{ data: T[] }>(second.url, 'GET', path)).data;
    const runs = () => list<{ status: string; triggerReason: string }>(`/api/agents/${agent.id}/runs`);
    await until('its run is over', async () => (await runs())[0]?.status === 'completed');
    expect(await runs()).toMatchObject([{ triggerReason: 'proactive_goal' }]);
    const openings = await list<{ decision: string }>(`/api/agents/${agent.id}/openings`);
    expect(openings).toMatchObject([{ decision: 'speak' }]);
    const messages = await list<{ kind: string; body: string }>(`/api/rooms/${room.id}/messages`);
    expect(messages.filter(({ kind }) => kind === 'agent')).toHaveLength(1);
    expect(messages.at(-1)?.body).toContain('Ask for the ladder');
  },
  LIMIT_MS,
);
