// What stands between a model's wish and a tool: grant, input, time limit, interruption, redaction. Failures are values.
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { systemClock } from '../../src/core/clock.ts';
import type { Tx } from '../../src/core/db/database.ts';
import { createLogger } from '../../src/core/logger.ts';
import { redact } from '../../src/tools/redact.ts';
import { createToolRegistry } from '../../src/tools/registry.ts';
import { createRunTool, type ToolRun } from '../../src/tools/run-tool.ts';
import { defineTool, type ToolEffect, type ToolResult } from '../../src/tools/tool.ts';
import { context } from './context.ts';

function tool(
  name: string,
  execute: (signal: AbortSignal) => Promise<ToolResult>,
  effect: ToolEffect = 'read',
) {
  return defineTool<{ value?: number | undefined }>({
    name,
    description: name,
    input: z.strictObject({ value: z.number().optional() }),
    effect,
    timeoutMs: 30,
    permissions: [],
    execute: (_input, { signal }) => execute(signal),
  });
}

let executed = 0;
const fine = async (): Promise<ToolResult> => {
  executed++;
  return { ok: true, output: { password: 'hunter2', note: 'key sk-abcdefghijklmnopqrstuv' } };
};
const registry = createToolRegistry([
  tool('fine', fine),
  tool('post', fine, 'write_external'),
  tool('broken', async () => {
    throw new Error('with a secret in it');
  }),
  tool('hangs', () => new Promise(() => {})),
]);
const runTool = createRunTool({
  registry,
  clock: systemClock,
  logger: createLogger({ level: 'silent', format: 'json' }),
});

/** Stands in for the execution's row. */
function run(
  name: string,
  more: {
    args?: unknown;
    invalidArgs?: string;
    granted?: string[];
    again?: boolean;
    signal?: AbortSignal;
  } = {},
) {
  const insert = {
    values: () => insert,
    onConflict: () => insert,
    returning: () => insert,
    executeTakeFirst: async () => (more.again ? undefined : { id: 'x' }),
  };
  const ctx = context();
  const request: ToolRun = {
    call: { executionId: 'x', name, args: more.args ?? {}, invalidArgs: more.invalidArgs },
    granted: more.granted ?? registry.names(),
    context: { ...ctx, signal: more.signal ?? ctx.signal },
    commit: (fn) => fn({ insertInto: () => insert } as unknown as Tx),
  };
  return runTool(request);
}

describe('runTool', () => {
  it('answers the output, and shows people a redacted one', async () => {
    const outcome = await run('fine');
    expect(outcome).toMatchObject({ isError: false });
    expect(outcome.text).toContain('hunter2');
    expect(outcome.preview).not.toMatch(/hunter2|sk-abc/);
  });

  it.each([
    ['an unknown tool', 'nothing', {}, 'unknown_tool'],
    ['one that is not granted', 'fine', { granted: ['post'] }, 'not_granted'],
    ['input that does not fit', 'fine', { args: { value: 'many' } }, 'invalid_input'],
    ['a field that is none', 'fine', { args: { tenantId: 'theirs' } }, 'invalid_input'],
    ['arguments that are not JSON', 'fine', { invalidArgs: '{' }, 'invalid_input'],
    ['a defect', 'broken', {}, 'tool_failed'],
    ['a tool that hangs', 'hangs', {}, 'timeout'],
    ['a second try of what may have left the server', 'post', { again: true }, 'outcome_unknown'],
  ])('answers %s as an error the model can read', async (_what, name, more, code) => {
    executed = 0;
    const outcome = await run(name, more);
    expect(outcome.isError).toBe(true);
    expect(JSON.parse(outcome.text)).toMatchObject({ error: { code } });
    expect(outcome.text).not.toContain('secret');
    expect(executed).toBe(0);
  });

  it('repeats what cannot double', async () => {
    expect((await run('fine', { again: true })).isError).toBe(false);
  });

  it('ends with the run, whatever the tool does', async () => {
    const stop = new AbortController();
    const running = run('hangs', { signal: stop.signal });
    stop.abort(new Error('stopped'));
    await expect(running).rejects.toThrow('stopped');
  });
});

describe('redact', () => {
  it.each([
    [
      { password: 'x', Password: 'y', api_key: 'z', authorization: 'w' },
      { password: '***', Password: '***', api_key: '***', authorization: '***' },
    ],
    [{ nested: [{ accessToken: 'x' }] }, { nested: [{ accessToken: '***' }] }],
    ['Authorization: Bearer abcdefghijkl', 'Authorization: ***'],
    ['ghp_abcdefghijklmnopqrstuvwxyz and sk-proj-abcdefghijklmnop', '*** and ***'],
    [
      { tokens: 12, keyboard: 'qwerty' },
      { tokens: 12, keyboard: 'qwerty' },
    ],
    [undefined, null],
    ['a\u0000b', 'ab'],
  ])('%j', (value, expected) => {
    expect(redact(value)).toEqual(expected);
  });

  it('stays small and finite', () => {
    const loop: Record<string, unknown> = { text: 'x'.repeat(10_000) };
    loop.self = loop;
    expect(JSON.stringify(redact(loop)).length).toBeLessThan(30_000);
  });
});
