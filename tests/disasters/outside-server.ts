// The server with two tools that write letters into a file, the world outside: a real process that can be killed between an
// effect and its record. Its model calls the tool that the message names, once, then says "Done.".
import { appendFileSync, readFileSync } from 'node:fs';
import { z } from 'zod';
import type { LlmEvent } from '../../src/agents/llm/llm.ts';
import { createApp } from '../../src/app.ts';
import { loadConfig } from '../../src/core/config.ts';
import { defineTool } from '../../src/tools/tool.ts';

const { LETTERS, ...env } = process.env;
if (LETTERS === undefined) throw new Error('LETTERS names the file that letters go to.');
const file = LETTERS;

const done = (stopReason: 'end' | 'tool_use'): LlmEvent => ({
  type: 'done',
  stopReason,
  usage: { inputTokens: 1, outputTokens: 1 },
  model: 'played-1',
});
const common = { input: z.object({}), effect: 'write_external' as const, timeoutMs: 10_000, permissions: [] };
const post = (key: string | undefined) => {
  appendFileSync(file, `${key}\n`);
  return { ok: true as const, output: 'posted' };
};
const tools = [
  defineTool({
    ...common,
    name: 'post_letter',
    description: 'Posts a letter.',
    execute: async (_input, { idempotencyKey }) => post(idempotencyKey),
  }),
  defineTool({
    ...common,
    name: 'post_once',
    description: 'Posts a letter, once for each key.',
    idempotent: true,
    execute: async (_input, { idempotencyKey }) =>
      readFileSync(file, 'utf8').includes(`${idempotencyKey}\n`)
        ? { ok: true, output: 'posted' }
        : post(idempotencyKey),
  }),
];

const app = await createApp(loadConfig(env), {
  agents: {
    tools,
    llm: {
      provider: 'played',
      async *stream({ messages, trigger }) {
        const called = messages.some((m) => m.content.some((part) => part.type === 'tool_result'));
        if (called) yield* [{ type: 'text', text: 'Done.' } as const, done('end')];
        else {
          const name = trigger?.text.includes('post_once') ? 'post_once' : 'post_letter';
          yield* [{ type: 'tool_call', id: 'call_1', name, args: {} } as const, done('tool_use')];
        }
      },
    },
  },
});
process.on('SIGTERM', () => app.stop().then(() => process.exit(0)));
process.stdout.write(`Parley is ready at ${await app.start()}\n`);
