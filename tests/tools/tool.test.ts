// What a tool tells a model: its parameters, its result, and what was wrong with the input.
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import {
  defineTool,
  parseToolInput,
  toolFailure,
  toolParameters,
  toolResultText,
} from '../../src/tools/tool.ts';

const tool = defineTool({
  name: 'greet',
  description: 'Greets.',
  input: z.strictObject({ name: z.string().min(1), times: z.number().int().default(1) }),
  effect: 'pure',
  timeoutMs: 100,
  permissions: [],
  execute: async ({ name, times }) => ({ ok: true, output: `${'Hello '.repeat(times)}${name}` }),
});

describe('tool', () => {
  it('offers its input as a JSON Schema in which defaults are optional', () => {
    const schema = toolParameters(tool);
    expect(schema).toMatchObject({ type: 'object', required: ['name'], additionalProperties: false });
    expect(schema).not.toHaveProperty('$schema');
  });

  it('fills defaults and names the field that is wrong', () => {
    expect(parseToolInput(tool, { name: 'Sam' })).toEqual({ ok: true, input: { name: 'Sam', times: 1 } });
    const wrong = parseToolInput(tool, { name: '', times: 'x' });
    expect(wrong).toMatchObject({ ok: false, error: { code: 'invalid_input' } });
    expect(wrong.ok ? '' : wrong.error.message).toMatch(/name: .*times: /);
    expect(parseToolInput(tool, undefined).ok).toBe(false);
  });

  it('turns results and failures into text', () => {
    expect(toolResultText({ ok: true, output: { a: 1 } })).toEqual({ result: '{"a":1}', isError: false });
    expect(toolResultText(toolFailure('nope', 'No.'))).toEqual({
      result: '{"error":{"code":"nope","message":"No."}}',
      isError: true,
    });
  });
});
