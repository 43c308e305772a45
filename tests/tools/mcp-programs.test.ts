// Programs that turn bad while agents use them: each costs its own call, in words, and leaves neither a process nor a wait behind.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import type { Agent } from '../../src/agents/profiles/contract.ts';
import type { Scope } from '../../src/core/scope.ts';
import { connectMcp, whyNot } from '../../src/tools/mcp/connection.ts';
import type { McpTool } from '../../src/tools/mcp/contract.ts';
import { calling, startTown, type Town, untilOver } from '../agents/town.ts';
import { until } from '../support/until.ts';
import { playServer } from './mcp-servers.ts';

// Programs start slowly on a busy machine.
vi.setConfig({ testTimeout: 90_000, hookTimeout: 90_000 });

const PROGRAM = fileURLToPath(new URL('moody-program.ts', import.meta.url));
let town: Town;
let folder: string;
let ada: Scope;
let agent: Agent;
let server: { id: string; name: string };

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'parley-moody-'));
  const moody = {
    command: process.execPath,
    args: [PROGRAM, 'moody', join(folder, 'pids')],
    for: 'everyone',
  };
  town = await startTown({ config: { MCP_SERVERS: JSON.stringify({ mcpServers: { moody } }) } });
  ada = await town.person('Ada');
});
beforeEach(async () => {
  server = await town.call(ada, 'mcp_servers.create', { name: 'moody', program: 'moody' });
  agent = await town.agent(ada);
  await agree();
});
afterEach(() => remove());
afterAll(async () => {
  await town.stop();
  await rm(folder, { recursive: true, force: true });
});

/** To all it offers now; the agent has it all. */
async function agree(): Promise<McpTool[]> {
  const { data } = await town.call(ada, 'mcp_servers.refresh', { serverId: server.id });
  await town.call(ada, 'mcp_servers.approve_tools', {
    serverId: server.id,
    tools: data.map(({ name, hash }: McpTool) => ({ name, hash, approved: true, effect: 'read' })),
  });
  await town.call(ada, 'put_agent_tools', {
    agentId: agent.id,
    tools: data.map(({ toolName }: McpTool) => ({ tool: toolName })),
  });
  return data;
}

const remove = () => town.call(ada, 'mcp_servers.delete', { serverId: server.id }).catch(() => undefined);
const invoke = (tool: string) =>
  town.call(ada, 'invoke_tool', { agentId: agent.id, tool: `moody__${tool}`, input: {} });
const pids = async (): Promise<number[]> =>
  (await readFile(join(folder, 'pids'), 'utf8')).trim().split('\n').map(Number);
const lastPid = async (): Promise<number> => (await pids()).at(-1) as number;

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

test('one that dies fails its call, and is started anew for the next', async () => {
  await invoke('look');
  const first = await lastPid();
  expect(await invoke('die')).toMatchObject({ status: 'error', error: { code: 'mcp_unreachable' } });
  expect(await invoke('look')).toMatchObject({ status: 'success', output: 'Looks.' });
  expect(await lastPid()).not.toBe(first);
  await until('the dead one is gone', () => !isAlive(first));
});

test('one that floods is ended, and its memory is bounded', async () => {
  await invoke('look');
  const pid = await lastPid();
  expect(await invoke('flood')).toMatchObject({ status: 'error', error: { code: 'mcp_unreachable' } });
  await until('it is ended', () => !isAlive(pid));
  expect(await invoke('look')).toMatchObject({ status: 'success' });
});

test('one that never answers ends with the run, and others go on', async () => {
  const room = await town.room(ada, agent);
  town.plays(() => calling('moody__hang', {}));
  await town.say(ada, room, `@${agent.handle} hang`);
  const told = () => readFile(join(folder, 'pids.told'), 'utf8').catch(() => '');
  await until('the tool is called', async () => (await told()).includes('called'));
  expect(await invoke('look')).toMatchObject({ status: 'success' });
  await town.call(ada, 'agent_command', { agentId: agent.id, command: 'stop' });
  expect(await untilOver(town, ada, agent)).toMatchObject({ status: 'cancelled' });
  await until('the program is told', async () => (await told()).includes('cancelled'));
});

test('one that says its tools changed is asked at once: what changed waits for the owner', async () => {
  expect(await invoke('change')).toMatchObject({ status: 'success' });
  expect(await invoke('look')).toMatchObject({ status: 'error', error: { code: 'definition_changed' } });
  const { data } = await town.call(ada, 'mcp_servers.tools', { serverId: server.id });
  expect(data.find(({ name }: McpTool) => name === 'look')).toMatchObject({ status: 'changed' });
  await agree();
  expect(await invoke('look')).toMatchObject({
    status: 'success',
    output: expect.stringContaining('stranger'),
  });
});

test('none is left when its server is deleted', async () => {
  await invoke('look');
  await remove();
  for (const pid of await pids()) await until('it is ended', () => !isAlive(pid));
});

const limits = { connectMs: 500, listMs: 500, callMs: 500 };
const unused = () => Promise.reject(new Error('not used'));

test('one that says nothing at its start is given up, in words, and ended', async () => {
  const started = join(folder, 'mute');
  const program = {
    command: process.execPath,
    args: [PROGRAM, 'mute', started],
    env: {},
    for: 'everyone' as const,
  };
  const opening = connectMcp({ kind: 'program', program }, { fetch: unused, version: '1', limits });
  const error = await opening.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(whyNot(error)).toMatchObject({ reason: 'mcp_unreachable' });
  // It may have been ended before it came to say its number.
  const pid = Number(await readFile(started, 'utf8').catch(() => '0'));
  if (pid > 0) await until('it is ended', () => !isAlive(pid));
});

test('a call has its own limit, after which the answer is not waited for', async () => {
  const played = await playServer({ name: 'hang', answer: () => new Promise(() => undefined) });
  const connection = await connectMcp(
    { kind: 'http', url: played.url, headers: {} },
    { fetch: (url, init) => fetch(url, init), version: '1', limits: { callMs: 100 } },
  );
  const error = await connection.call('hang', {}, new AbortController().signal).catch((reason) => reason);
  expect(whyNot(error).message).toContain('did not answer in time');
  await connection.close();
  await played.stop();
});
