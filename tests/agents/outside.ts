// A world outside of the server for tests: tools that act on it, and what they have done there.
import { z } from 'zod';
import { defineTool, type Tool, type ToolContext, type ToolResult } from '../../src/tools/tool.ts';

export interface Outside {
  /** Letters that were posted, in order. */
  letters: { to: string; text: string; key: string | undefined }[];
  tools: Tool[];
  /** What happens between the effect and its result; nothing by default. */
  after: (context: ToolContext) => void | Promise<void>;
  /** How a letter is described to whoever approves it. */
  describe: (letter: { to: string; text: string }) => string;
}

const Letter = z.object({ to: z.string(), text: z.string() });

/**
 * `post_letter` can tell nothing and takes no key; `post_once` takes a key and posts once under it; `post_traced` can find out;
 * `burn` is irreversible.
 */
export function createOutside(): Outside {
  const outside: Outside = {
    letters: [],
    tools: [],
    after: () => {},
    describe: ({ to, text }) => `Posts "${text}" to ${to}`,
  };
  const post = async (letter: z.output<typeof Letter>, context: ToolContext): Promise<ToolResult> => {
    outside.letters.push({ ...letter, key: context.idempotencyKey });
    await outside.after(context);
    return { ok: true, output: { posted: letter.to } };
  };
  const common = {
    input: Letter,
    effect: 'write_external' as const,
    timeoutMs: 60_000,
    permissions: [],
    preview: (letter: z.output<typeof Letter>) => outside.describe(letter),
  };
  const find = (key: string | undefined) => outside.letters.find((letter) => letter.key === key);
  outside.tools = [
    defineTool({ ...common, name: 'post_letter', description: 'Posts a letter.', execute: post }),
    defineTool({
      ...common,
      name: 'post_once',
      description: 'Posts a letter, once for each key.',
      idempotent: true,
      execute: async (letter, context) =>
        find(context.idempotencyKey) === undefined
          ? post(letter, context)
          : { ok: true, output: { posted: letter.to } },
    }),
    defineTool({
      ...common,
      name: 'post_traced',
      description: 'Posts a letter that can be looked up.',
      execute: post,
      verify: async (letter, context) =>
        find(context.idempotencyKey) === undefined
          ? { outcome: 'not_happened' }
          : { outcome: 'happened', result: { ok: true, output: { posted: letter.to } } },
    }),
    defineTool({
      ...common,
      name: 'burn',
      description: 'Burns a letter.',
      effect: 'irreversible',
      execute: post,
    }),
  ];
  return outside;
}
