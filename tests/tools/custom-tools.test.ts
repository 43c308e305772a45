// Tools that people define: who may, what a definition must keep to, that a model's words stay in their places, that credentials go
// to their own service alone, and that a change or removal holds at once.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Agent } from '../../src/agents/profiles/contract.ts';
import type { Scope } from '../../src/core/scope.ts';
import { startTown, type Town } from '../agents/town.ts';
import { type OutsideServer, startOutside } from './services.ts';

let outside: OutsideServer;
let other: OutsideServer;
let town: Town;
let admin: Scope;
let ada: Scope;
let sam: Scope;
let bot: Agent;
let n = 0;

beforeAll(async () => {
  [outside, other] = await Promise.all([startOutside(), startOutside()]);
  town = await startTown({ config: { OUTGOING_ALLOW_HOSTS: '127.0.0.1' } });
  admin = await town.person('Grace');
  ada = await town.person('Ada');
  sam = await town.person('Sam');
}, 60_000);
afterAll(async () => {
  await town.stop();
  outside.stop();
  other.stop();
});
beforeEach(async () => {
  bot = await town.agent(ada);
});

const orders = (more: object = {}) => ({
  name: `order_status_${++n}`,
  description: 'Looks up an order',
  parameters: [
    {
      name: 'orderId',
      type: 'string',
      description: 'Its number',
      validation: [{ rule: 'maxLength', value: 20 }],
    },
    { name: 'verbose', type: 'boolean', description: 'More', required: false },
  ],
  implementation: { kind: 'http', method: 'GET', url: `${outside.url}/orders/{orderId}` },
  effect: 'read',
  headers: { 'x-api-key': 'k3y-of-the-shop' },
  ...more,
});
const doubler = (more: object = {}) => ({
  name: `doubler_${++n}`,
  description: 'Doubles a number',
  parameters: [
    {
      name: 'value',
      type: 'number',
      description: 'What to double',
      validation: [{ rule: 'max', value: 100 }],
    },
  ],
  implementation: { kind: 'code', code: 'return { doubled: input.value * 2 };' },
  effect: 'pure',
  ...more,
});
const create = (scope: Scope, input: object) => town.call(scope, 'custom_tools.create', input);
const give = (tool: { name: string }, scope = ada, agent = bot) =>
  town.call(scope, 'put_agent_tools', { agentId: agent.id, tools: [{ tool: tool.name }] });
const invoke = (tool: { name: string }, input: object, more: object = {}) =>
  town.call(ada, 'invoke_tool', { agentId: bot.id, tool: tool.name, input, ...more });

describe('a definition', () => {
  it('is kept without its secrets, with the schema that models read', async () => {
    const tool = await create(ada, orders());
    expect(tool).toMatchObject({ headerNames: ['x-api-key'], effect: 'read', isActive: true, shared: false });
    expect(tool.inputSchema).toEqual({
      type: 'object',
      properties: {
        orderId: { type: 'string', maxLength: 20, description: 'Its number', minLength: 0 },
        verbose: { type: 'boolean', description: 'More' },
      },
      required: ['orderId'],
      additionalProperties: false,
    });
    expect(JSON.stringify(await town.call(ada, 'custom_tools.get', { toolId: tool.id }))).not.toContain(
      'k3y',
    );
    const { rows } = await town.app.parts.database.db
      .selectFrom('customTools')
      .selectAll()
      .where('id', '=', tool.id)
      .execute()
      .then((rows) => ({ rows }));
    expect(JSON.stringify(rows)).not.toContain('k3y');
  });

  it.each<[string, object, string]>([
    ['the name of a built-in tool', { name: 'calculator' }, 'name_taken'],
    ['a name that is not in snake_case', { name: 'Order-Status' }, 'invalid_input'],
    [
      'a place that is no parameter',
      { implementation: { kind: 'http', method: 'GET', url: 'https://a.example/{x}' } },
      'invalid_input',
    ],
    [
      'a place in the host',
      { implementation: { kind: 'http', method: 'GET', url: 'https://{orderId}.example/' } },
      'invalid_input',
    ],
    [
      'a place right behind the host',
      { implementation: { kind: 'http', method: 'GET', url: 'https://a.example{orderId}/' } },
      'invalid_input',
    ],
    [
      'another scheme',
      { implementation: { kind: 'http', method: 'GET', url: 'file:///etc/passwd' } },
      'invalid_input',
    ],
    [
      'a name and password in the address',
      { implementation: { kind: 'http', method: 'GET', url: 'https://a:b@a.example/' } },
      'invalid_input',
    ],
    [
      'headers in the clear',
      { implementation: { kind: 'http', method: 'GET', url: 'http://a.example/' } },
      'insecure_url',
    ],
    [
      'a POST that claims to read',
      { implementation: { kind: 'http', method: 'POST', url: 'https://a.example/' } },
      'invalid_input',
    ],
    ['a request that claims to be pure', { effect: 'pure' }, 'invalid_input'],
    [
      'code with an effect',
      { implementation: { kind: 'code', code: 'return 1' }, headers: {} },
      'invalid_input',
    ],
  ])('is refused: %s', async (_, more, reason) => {
    await expect(create(ada, orders(more))).rejects.toMatchObject({ reason });
  });

  it('has one name per owner, which others may have too', async () => {
    const tool = await create(ada, doubler());
    await expect(create(ada, doubler({ name: tool.name }))).rejects.toMatchObject({ reason: 'name_taken' });
    await expect(create(sam, doubler({ name: tool.name }))).resolves.toMatchObject({ name: tool.name });
  });
});

describe('who knows of it', () => {
  it('is its owner and administrators; for everyone else it is missing', async () => {
    const tool = await create(ada, doubler());
    const stranger = await town.stranger('Stranger');
    for (const who of [sam, stranger])
      for (const [name, input] of [
        ['custom_tools.get', { toolId: tool.id }],
        ['custom_tools.update', { toolId: tool.id, isActive: false }],
        ['custom_tools.delete', { toolId: tool.id }],
      ] as const)
        await expect(town.call(who, name, input)).rejects.toMatchObject({
          code: 'not_found',
          reason: 'tool_not_found',
        });
    expect((await town.call(sam, 'custom_tools.list')).data).not.toContainEqual(
      expect.objectContaining({ id: tool.id }),
    );
    expect(await town.call(admin, 'custom_tools.get', { toolId: tool.id })).toMatchObject({ id: tool.id });
    const theirs = await town.agent(sam);
    await expect(give(tool, sam, theirs)).rejects.toMatchObject({ reason: 'unknown_tool' });
    await expect(
      town.call(sam, 'create_agent', { name: 'Thief', capabilities: [tool.name] }),
    ).rejects.toMatchObject({ reason: 'unknown_tool' });
  });

  it('is everyone once an administrator shares it, and then only administrators change it', async () => {
    await expect(create(ada, doubler({ shared: true }))).rejects.toMatchObject({ reason: 'admin_only' });
    const tool = await create(ada, doubler());
    await town.call(admin, 'custom_tools.update', { toolId: tool.id, shared: true });
    const theirs = await town.agent(sam);
    expect(await give(tool, sam, theirs)).toMatchObject({ data: [{ name: tool.name }] });
    await expect(
      town.call(ada, 'custom_tools.update', {
        toolId: tool.id,
        implementation: { kind: 'code', code: 'return 0' },
      }),
    ).rejects.toMatchObject({ reason: 'admin_only' });
  });
});

describe('a call', () => {
  it('asks its service, with its credentials and what the model wrote in its places', async () => {
    const tool = await create(ada, orders());
    await give(tool);
    outside.answers(() => ({ body: { state: 'sent' } }));
    const done = await invoke(tool, { orderId: 'a/b?c=d&e#f', verbose: true });
    expect(done).toMatchObject({ status: 'success', output: { state: 'sent' } });
    expect(outside.asked[0]?.url.pathname).toBe('/orders/a%2Fb%3Fc%3Dd%26e%23f');
    expect(outside.asked[0]?.url.search).toBe('?verbose=true');
    expect(outside.asked[0]?.headers).toMatchObject({ 'x-api-key': 'k3y-of-the-shop' });
    for (const orderId of ['..', '.'])
      expect(await invoke(tool, { orderId })).toMatchObject({ error: { code: 'invalid_input' } });
    expect(await invoke(tool, { orderId: 'x'.repeat(21) })).toMatchObject({
      error: { code: 'invalid_input' },
    });
    expect(await invoke(tool, { orderId: '1', extra: 1 })).toMatchObject({
      error: { code: 'invalid_input' },
    });
    expect(outside.asked).toHaveLength(1);
  });

  it('sends its credentials nowhere else, not by a redirect and not after a change of address', async () => {
    const tool = await create(ada, orders());
    await give(tool);
    other.answers(() => ({ body: 'caught' }));
    outside.answers(() => ({ status: 302, body: '', headers: { location: `${other.url}/steal` } }));
    expect(await invoke(tool, { orderId: '1' })).toMatchObject({ error: { code: 'host_not_granted' } });
    const moved = await town.call(ada, 'custom_tools.update', {
      toolId: tool.id,
      implementation: { kind: 'http', method: 'GET', url: `${other.url}/{orderId}` },
    });
    expect(moved.headerNames).toEqual([]);
    await invoke(tool, { orderId: '1' });
    expect(other.asked).toHaveLength(1);
    expect(other.asked[0]?.headers).not.toHaveProperty('x-api-key');
  });

  it('waits for a person when it changes something, and tells when nobody knows what became of it', async () => {
    const tool = await create(
      ada,
      orders({
        implementation: { kind: 'http', method: 'POST', url: `${outside.url}/orders` },
        effect: 'write_external',
      }),
    );
    await give(tool);
    outside.answers(() => ({ body: { made: true } }));
    const preview = expect.stringContaining(`POST ${outside.url}/orders`);
    for (const [mode, status] of [
      [{}, 'needs_approval'],
      [{ dryRun: true }, 'decided'],
    ] as const)
      expect(await invoke(tool, { orderId: '7' }, mode)).toMatchObject({ status, preview });
    expect(outside.asked).toHaveLength(0);
    expect(await invoke(tool, { orderId: '7' }, { confirm: true })).toMatchObject({ status: 'success' });
    expect(JSON.parse(outside.asked[0]?.body ?? '')).toEqual({ orderId: '7' });
    expect(outside.asked[0]?.headers).toHaveProperty('idempotency-key');
    outside.answers(() => ({ body: 'x'.repeat(5 * 1024 * 1024) }));
    expect(await invoke(tool, { orderId: '7' }, { confirm: true })).toMatchObject({
      error: { code: 'outcome_unknown' },
    });
    outside.answers(() => ({ status: 422, body: { error: 'no such order' } }));
    expect(await invoke(tool, { orderId: '7' }, { confirm: true })).toMatchObject({
      error: { code: 'service_refused', message: expect.stringContaining('no such order') },
    });
  });

  it('runs its program in the sandbox', async () => {
    const tool = await create(ada, doubler());
    await give(tool);
    expect(await invoke(tool, { value: 21 })).toMatchObject({ output: { doubled: 42 } });
    expect(await invoke(tool, { value: 101 })).toMatchObject({ error: { code: 'invalid_input' } });
  });

  it('is over at once when the tool is switched off or removed', async () => {
    const tool = await create(ada, doubler());
    await give(tool);
    await town.call(ada, 'custom_tools.update', { toolId: tool.id, isActive: false });
    expect(await invoke(tool, { value: 1 })).toMatchObject({ error: { code: 'unknown_tool' } });
    await town.call(ada, 'custom_tools.update', { toolId: tool.id, isActive: true });
    expect(await invoke(tool, { value: 1 })).toMatchObject({ status: 'success' });
    await town.call(ada, 'custom_tools.delete', { toolId: tool.id });
    expect(await invoke(tool, { value: 1 })).toMatchObject({ error: { code: 'unknown_tool' } });
    await expect(town.call(ada, 'custom_tools.get', { toolId: tool.id })).rejects.toMatchObject({
      code: 'not_found',
    });
  });
});
