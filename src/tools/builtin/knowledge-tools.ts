// Tools that read: what the agent was given to know, and the gist of a conversation or a text.
import { z } from 'zod';
import type { Message } from '../../server/messages/contract.ts';
import { type Operate, refusable, type WriteText } from '../operate.ts';
import { defineTool, type Tool, type ToolContext, type ToolResult, toolFailure } from '../tool.ts';
import { keySentences } from './key-sentences.ts';

const searchInput = z.strictObject({
  query: z.string().trim().min(1).max(500).describe('What to look for, in plain words.'),
  limit: z.number().int().min(1).max(10).optional(),
});

const summarizeInput = z.strictObject({
  what: z
    .enum(['conversation', 'text', 'file'])
    .describe('This room’s conversation, a text, or a file of this room.'),
  messages: z.number().int().min(2).max(200).optional().describe('How many of the newest messages.'),
  text: z.string().max(40_000).optional(),
  path: z.string().max(200).optional().describe('Path of the file.'),
  sentences: z.number().int().min(1).max(20).optional().describe('How long. Default 5.'),
});

/** Characters of what is summarised. */
const MOST_TEXT = 40_000;

/** `knowledge_search` outputs `{ passages }`, `summarize` `{ summary, by: "model" | "key_sentences" }`. */
export function createKnowledgeTools(operate: Operate, write: WriteText): Tool[] {
  return [
    defineTool<z.infer<typeof searchInput>>({
      name: 'knowledge_search',
      description:
        'Looks up what you were given to know: articles of your owner. Use it before you say that you do not know.',
      input: searchInput,
      effect: 'read',
      byDefault: true,
      timeoutMs: 10_000,
      permissions: [],
      execute: ({ query, limit = 5 }, ctx) =>
        refusable(async () => {
          const { data } = await operate.asAgent<{ data: { title: string; passage: string }[] }>(
            ctx,
            'knowledge.search',
            { agentId: ctx.agentId, query, limit },
          );
          const passages = data.map(({ title, passage }) => ({ title, passage }));
          return { ok: true, output: { passages }, summary: `${passages.length} found` };
        }),
    }),
    defineTool<z.infer<typeof summarizeInput>>({
      name: 'summarize',
      description: 'Sums up the conversation of this room, a file of it, or a text.',
      input: summarizeInput,
      effect: 'read',
      byDefault: true,
      timeoutMs: 60_000,
      permissions: [],
      execute: (input, ctx) => refusable(() => summarize(input, ctx)),
    }),
  ];

  async function summarize(input: z.infer<typeof summarizeInput>, ctx: ToolContext): Promise<ToolResult> {
    const text = await textOf(input, ctx);
    if (text === undefined)
      return toolFailure(
        'nothing_to_summarize',
        'There is no such text; give "text", or a "path" of a file.',
      );
    const sentences = input.sentences ?? 5;
    const said = await write(ctx, {
      task: `Sum up the text in at most ${sentences} sentences. Keep names, numbers, decisions and open questions; add nothing.`,
      text: text.slice(-MOST_TEXT).toWellFormed(),
      maxTokens: 4000,
    });
    if (said !== undefined && said !== '') return { ok: true, output: { summary: said, by: 'model' } };
    return { ok: true, output: { summary: keySentences(text, sentences).join(' '), by: 'key_sentences' } };
  }

  async function textOf(
    { what, text, path, messages = 50 }: z.infer<typeof summarizeInput>,
    ctx: ToolContext,
  ): Promise<string | undefined> {
    if (what === 'text') return text?.trim() === '' ? undefined : text;
    if (what === 'file') {
      const page = { roomId: ctx.roomId, limit: 200 };
      const { data } = await operate.asAgent<{ data: { id: string; path: string }[] }>(
        ctx,
        'files.list',
        page,
      );
      const found = data.find((file) => file.path === path);
      if (found === undefined) return undefined;
      const file = await operate.asAgent<{ body: string; encoding: string }>(ctx, 'files.get', {
        fileId: found.id,
      });
      return file.encoding === 'utf8' ? file.body : undefined;
    }
    const { data } = await operate.asAgent<{ data: Message[] }>(ctx, 'messages.list', {
      roomId: ctx.roomId,
      limit: messages,
    });
    const lines = data
      .filter((message) => message.deletedAt === undefined && message.id !== ctx.triggerMessageId)
      .map((message) => `${message.author.name}: ${message.body}`);
    return lines.length === 0 ? undefined : lines.join('\n');
  }
}
