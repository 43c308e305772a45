// When connections to MCP servers are opened, listed anew, left alone and closed; what of a definition is kept and how it is named.
import { describe, expect, test } from 'vitest';
import type { Clock } from '../../src/core/clock.ts';
import { createTextSealer } from '../../src/core/sealed-text.ts';
import type { McpConnection } from '../../src/tools/mcp/connection.ts';
import { CONNECTION_LIMITS, createMcpConnections } from '../../src/tools/mcp/connections.ts';
import { agentToolName, definitionHash, readDefinition } from '../../src/tools/mcp/definition.ts';
import { readResult } from '../../src/tools/mcp/result.ts';

function setup() {
  let now = 0;
  const clock = { elapsed: () => now } as Clock;
  const connections = createMcpConnections({ clock, isBroken: (error) => (error as Error).message !== 'no' });
  const made: (McpConnection & { stale: boolean; closed: boolean; lists: number })[] = [];
  const open = async (): Promise<McpConnection> => {
    const connection = {
      stale: false,
      closed: false,
      lists: 0,
      async listTools() {
        connection.lists++;
        connection.stale = false;
        return [];
      },
      call: async () => ({ ok: true as const, output: null }),
      isStale: () => connection.stale,
      isClosed: () => connection.closed,
      async close() {
        connection.closed = true;
      },
    };
    made.push(connection);
    return connection;
  };
  const use = (key = 'a', fn: (c: McpConnection) => Promise<unknown> = async () => null, opening = open) =>
    connections.use(key, opening, async () => undefined, fn);
  return {
    connections,
    made,
    use,
    pass: (ms: number) => {
      now += ms;
    },
  };
}

const throws = (message: string) => async () => {
  throw new Error(message);
};

describe('connections', () => {
  test('are shared by the calls of one key, and listed once', async () => {
    const { made, use } = setup();
    await Promise.all([use(), use(), use('b'), use()]);
    await use();
    expect(made.map(({ lists }) => lists)).toEqual([1, 1]);
  });

  test('are listed anew when told of a change, and after a while', async () => {
    const { made, use, pass } = setup();
    await use();
    const [connection] = made;
    if (connection) connection.stale = true;
    await use();
    expect(connection?.lists).toBe(2);
    pass(CONNECTION_LIMITS.listedMs + 1);
    await use();
    await use();
    expect(connection?.lists).toBe(3);
  });

  test('that closed are opened again', async () => {
    const { made, use } = setup();
    await use();
    await made[0]?.close();
    await use();
    expect(made.map(({ lists }) => lists)).toEqual([1, 1]);
  });

  test('rest after failures, but not after refusals, and are tried again later', async () => {
    const { made, use, pass } = setup();
    for (let i = 0; i < 10; i++) await expect(use('a', throws('no'))).rejects.toThrow('no');
    expect(made).toHaveLength(1);
    for (let i = 0; i < CONNECTION_LIMITS.failures; i++)
      await expect(use('a', throws('down'))).rejects.toThrow('down');
    const opened = made.length;
    await expect(use()).rejects.toMatchObject({ reason: 'mcp_resting' });
    expect(made).toHaveLength(opened);
    // Others are not held up by it.
    await use('b');
    pass(CONNECTION_LIMITS.restMs);
    await use();
    await use();
    expect(made.filter(({ closed }) => !closed)).toHaveLength(2);
  });

  test('that cannot be opened count as failures', async () => {
    const { use } = setup();
    for (let i = 0; i < CONNECTION_LIMITS.failures; i++)
      await expect(use('a', undefined, throws('down'))).rejects.toThrow('down');
    await expect(use()).rejects.toMatchObject({ reason: 'mcp_resting' });
  });

  test('are limited: the one that was unused the longest makes room', async () => {
    const { made, use, pass } = setup();
    for (let i = 0; i < CONNECTION_LIMITS.open; i++) {
      await use(`key${i}`);
      pass(1);
    }
    await use('key0');
    await use('one more');
    expect(made.map(({ closed }) => closed).indexOf(true)).toBe(1);
    const gate = Promise.withResolvers<void>();
    const busy = Array.from({ length: CONNECTION_LIMITS.open }, (_, i) =>
      use(`busy${i}`, () => gate.promise),
    );
    await expect(use('too many')).rejects.toMatchObject({ reason: 'mcp_busy' });
    gate.resolve();
    await Promise.all(busy);
  });

  test('are closed when they are dropped, and when all stops', async () => {
    const { connections, made, use } = setup();
    await Promise.all([use('a:1'), use('b:1')]);
    await connections.drop('a:');
    expect(made.map(({ closed }) => closed)).toEqual([true, false]);
    await connections.stop();
    expect(made.map(({ closed }) => closed)).toEqual([true, true]);
    await expect(use('c:1')).rejects.toMatchObject({ reason: 'stopping' });
  });
});

describe('a definition', () => {
  const tool = {
    name: 'look',
    description: 'Looks.',
    inputSchema: { type: 'object', properties: { a: {}, b: {} } },
  };
  const hash = (value: unknown) => {
    const definition = readDefinition(value);
    return definition && definitionHash(definition);
  };

  test('has one hash, however it is written down, and another for any change of meaning', () => {
    const same = {
      inputSchema: { properties: { b: {}, a: {} }, type: 'object' },
      description: 'Looks.',
      name: 'look',
    };
    expect(hash(same)).toBe(hash(tool));
    for (const change of [
      { name: 'peek' },
      { description: 'Looks!' },
      { title: 'Look' },
      { annotations: { readOnlyHint: true } },
      { inputSchema: { type: 'object' } },
    ])
      expect(hash({ ...tool, ...change })).not.toBe(hash(tool));
  });

  test.each([
    ['no object', null],
    ['no name', { ...tool, name: undefined }],
    ['a name that could be mistaken', { ...tool, name: 'look around' }],
    ['a name that is too long', { ...tool, name: 'x'.repeat(129) }],
    ['no schema', { ...tool, inputSchema: undefined }],
    ['a schema of no object', { ...tool, inputSchema: { type: 'string' } }],
    ['too much', { ...tool, description: 'x'.repeat(20_000) }],
    [
      'too much depth',
      { ...tool, inputSchema: { type: 'object', deep: JSON.parse('['.repeat(60) + ']'.repeat(60)) } },
    ],
  ])('with %s is left out', (_what, value) => {
    expect(readDefinition(value)).toBeUndefined();
  });

  test('shows a person all that a model reads', () => {
    const hidden = 'Looks.\u200b\u202e\u{e0041}\u0007 Or not.\nReally.';
    expect(readDefinition({ ...tool, description: hidden })?.description).toBe('Looks. Or not.\nReally.');
  });

  test('is named for models, distinctly', () => {
    expect(agentToolName('files', 'read_file')).toBe('files__read_file');
    const names = ['a.b', 'a:b', 'a/b', 'x'.repeat(100), 'x'.repeat(101)].map((name) =>
      agentToolName('files', name),
    );
    for (const name of names) expect(name).toMatch(/^files__[A-Za-z0-9_-]{1,57}$/);
    expect(new Set(names).size).toBe(names.length);
  });
});

describe('an answer', () => {
  test.each([
    [
      {
        content: [
          { type: 'text', text: 'a' },
          { type: 'text', text: 'b' },
        ],
      },
      { ok: true, output: 'a\nb' },
    ],
    [
      { content: [{ type: 'text', text: '{"a":1}' }], structuredContent: { a: 1 } },
      { ok: true, output: { a: 1 } },
    ],
    [{ content: [] }, { ok: true, output: '' }],
    [{}, { ok: true, output: '' }],
    [{ content: 'odd' }, { ok: true, output: '' }],
    [{ content: [null, 1, { type: 'odd' }] }, { ok: true, output: '' }],
    [
      { isError: true, content: [{ type: 'text', text: 'no file' }] },
      { ok: false, error: { code: 'tool_error', message: 'no file' } },
    ],
    [
      { content: [{ type: 'image', mimeType: 'image/png', data: 'AAAA' }] },
      { ok: true, output: '[image, image/png, 3 bytes]' },
    ],
    [
      { content: [{ type: 'resource_link', name: 'r', uri: 'http://10.0.0.1/' }] },
      { ok: true, output: '[resource r: http://10.0.0.1/]' },
    ],
    [
      { content: [{ type: 'resource', resource: { uri: 'u', text: 'words' } }] },
      { ok: true, output: 'words' },
    ],
  ])('%j', (answer, expected) => {
    expect(readResult(answer)).toEqual(expected);
  });
});

test('a sealed text opens at its place, under its key and purpose, and unchanged', () => {
  const sealer = createTextSealer('x'.repeat(32), 'tests');
  const sealed = sealer.seal('row 1', 'a credential');
  expect(sealer.open('row 1', sealed)).toBe('a credential');
  expect(sealed).not.toBe(sealer.seal('row 1', 'a credential'));
  expect(() => sealer.open('row 2', sealed)).toThrow();
  expect(() => createTextSealer('y'.repeat(32), 'tests').open('row 1', sealed)).toThrow();
  expect(() => createTextSealer('x'.repeat(32), 'others').open('row 1', sealed)).toThrow();
  const bytes = Buffer.from(sealed, 'base64');
  bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
  expect(() => sealer.open('row 1', bytes.toString('base64'))).toThrow();
});
