// Runs a program that a model wrote, in the sandbox, and answers what it returned and printed. Must never run it anywhere else.
import { z } from 'zod';
import type { Sandbox } from '../sandbox.ts';
import { defineTool, type Json, type Tool, toolFailure } from '../tool.ts';
import { served } from './service-client.ts';

const input = z.strictObject({
  code: z
    .string()
    .min(1)
    .max(20_000)
    .describe(
      'The body of an async function: "return" the result. "input" is what was given; console.log is shown. No network, no files, no modules.',
    ),
  language: z.enum(['javascript', 'typescript']).default('javascript'),
  input: z.json().optional(),
});

/** Characters of what was printed. */
const MOST_LOGS = 4000;

/** Output: `{ result, logs, durationMs }`. */
export function createRunCode(sandbox: Pick<Sandbox, 'run'>): Tool {
  return defineTool<z.infer<typeof input>>({
    name: 'run_code',
    description:
      'Runs a JavaScript or TypeScript snippet in a sandbox and answers its result. For data, text and calculations beyond the calculator.',
    input,
    effect: 'pure',
    timeoutMs: 30_000,
    permissions: [],
    execute: ({ code, language, input: given }, ctx) =>
      served(ctx, async () => {
        const done = await sandbox.run({
          code,
          language,
          input: (given ?? null) as Json,
          now: ctx.now,
          signal: ctx.signal,
        });
        const logs = done.logs.join('\n').slice(0, MOST_LOGS).toWellFormed();
        if (!done.ok)
          return toolFailure(
            done.error.code,
            `${done.error.message}${logs === '' ? '' : `\nPrinted: ${logs}`}`,
          );
        const { durationMs } = done;
        return {
          ok: true,
          output: { result: done.output, logs, durationMs },
          summary: `ran in ${durationMs} ms`,
        };
      }),
  });
}
