// Remembering and recalling, as tools of an agent. Whose memory it is comes from the run, never from the arguments.
import { z } from 'zod';
import type { MemoryService } from '../../memory/service.ts';
import { defineTool, type Tool } from '../tool.ts';

const rememberInput = z.strictObject({
  content: z
    .string()
    .trim()
    .min(1)
    .max(1000)
    .describe('One fact as a whole sentence in the third person, with names: "Sam\'s cat is called Tom".'),
  type: z
    .enum(['fact', 'preference', 'skill', 'conversation'])
    .optional()
    .describe('What kind of memory it is. Default "fact".'),
});

const recallInput = z.strictObject({
  query: z.string().trim().min(1).max(500).describe('What to look for, in plain words, with names.'),
  limit: z.number().int().min(1).max(20).optional().describe('At most this many. Default 8.'),
});

/** What somebody asked to be kept is worth more than what was picked up in passing. */
const TOLD_IMPORTANCE = 0.7;

/** `remember` outputs `{ id, content }`, `recall` `{ memories: [{ content, type, at }] }`. */
export function createMemoryTools(memory: Pick<MemoryService, 'remember' | 'recall' | 'noteUse'>): Tool[] {
  return [
    defineTool<z.infer<typeof rememberInput>>({
      name: 'remember',
      description:
        'Keeps a fact for later conversations. Use it when someone asks you to remember something or tells you something lasting about themselves.',
      input: rememberInput,
      effect: 'write_internal',
      timeoutMs: 15_000,
      permissions: [],
      async execute({ content, type }, ctx) {
        const kept = await memory.remember(
          ctx,
          { content, memoryType: type, importanceScore: TOLD_IMPORTANCE },
          {
            roomId: ctx.roomId,
            messageId: ctx.triggerMessageId,
            runId: ctx.runId,
            speakerId: ctx.asker.userId,
          },
        );
        return { ok: true, output: { id: kept.id, content: kept.content }, summary: 'remembered' };
      },
    }),
    defineTool<z.infer<typeof recallInput>>({
      name: 'recall',
      description: 'Looks up what you remember from earlier conversations.',
      input: recallInput,
      effect: 'read',
      timeoutMs: 15_000,
      permissions: [],
      async execute({ query, limit = 8 }, ctx) {
        const { items } = await memory.recall(ctx, query, {
          limit,
          readers: { roomId: ctx.roomId },
          signal: ctx.signal,
        });
        await memory.noteUse(
          ctx,
          items.map((item) => item.memory.id),
        );
        return {
          ok: true,
          output: {
            memories: items.map(({ memory: { content, memoryType, createdAt } }) => ({
              content,
              type: memoryType,
              at: createdAt,
            })),
          },
          summary: `${items.length} found`,
        };
      },
    }),
  ];
}
