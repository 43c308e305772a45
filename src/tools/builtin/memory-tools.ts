// Remembering and recalling, as tools of an agent. Whose memory it is comes from the run, never from the arguments.
import { z } from 'zod';
import type { MemoryService } from '../../memory/service.ts';
import { defineTool, type Tool, type ToolContext, toolFailure } from '../tool.ts';

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

const aboutInput = z.strictObject({});

const correctInput = z.strictObject({
  wrong: z.string().trim().min(1).max(500).describe('What you remember wrongly, in plain words.'),
  right: z
    .string()
    .trim()
    .min(1)
    .max(1000)
    .describe('The fact as it is, as a whole sentence in the third person, with names.'),
});

/** Erasing needs the person's own words, whatever a model was made to believe. */
const ASKS_TO_FORGET = /\b(?:forget|erase|delete|remove|wipe)\b/i;

const recallInput = z.strictObject({
  query: z.string().trim().min(1).max(500).describe('What to look for, in plain words, with names.'),
  limit: z.number().int().min(1).max(20).optional().describe('At most this many. Default 8.'),
});

/** Memories that `about_me` shows a model, newest last. */
const MOST_LISTED = 50;

/** `remember` outputs `{ id, content }`, `recall` `{ memories: [{ content, type, at }] }`. */
export function createMemoryTools(
  memory: Pick<
    MemoryService,
    'told' | 'recall' | 'noteUse' | 'aboutInRoom' | 'forgetAsked' | 'correctAsked' | 'saidBy'
  >,
): Tool[] {
  return [
    defineTool<z.infer<typeof rememberInput>>({
      name: 'remember',
      byDefault: true,
      description:
        'Keeps a fact for later conversations. Use it when someone asks you to remember something or tells you something lasting about themselves.',
      input: rememberInput,
      effect: 'write_internal',
      timeoutMs: 15_000,
      permissions: [],
      async execute({ content, type }, ctx) {
        const told = await memory.told(
          ctx,
          { content, memoryType: type },
          {
            roomId: ctx.roomId,
            messageId: ctx.triggerMessageId,
            runId: ctx.runId,
            speakerId: ctx.asker.userId,
          },
        );
        if (!told.kept && told.reason === 'credential')
          return toolFailure('credential', 'Passwords, keys and card numbers are not remembered. Say so.');
        if (!told.kept)
          return toolFailure(
            'no_consent',
            `${ctx.asker.name} did not ask for it and has not allowed you to keep what they say; they can say "remember that …".`,
          );
        const kept = told.memory;
        return { ok: true, output: { id: kept.id, content: kept.content }, summary: 'remembered' };
      },
    }),
    defineTool<z.infer<typeof recallInput>>({
      name: 'recall',
      byDefault: true,
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
    defineTool<z.infer<typeof aboutInput>>({
      name: 'about_me',
      everyAgent: true,
      description:
        'Lists what you remember from and about the person you are talking to. Use it when they ask what you know about them.',
      input: aboutInput,
      effect: 'read',
      timeoutMs: 15_000,
      permissions: [],
      async execute(_, ctx) {
        const known = await memory.aboutInRoom(ctx, ctx.asker.userId, { roomId: ctx.roomId });
        return {
          ok: true,
          output: {
            memories: known
              .slice(-MOST_LISTED)
              .map(({ content, memoryType, createdAt }) => ({ content, type: memoryType, at: createdAt })),
            total: known.length,
          },
          summary: `${known.length} known`,
        };
      },
    }),
    defineTool<z.infer<typeof aboutInput>>({
      name: 'forget_me',
      everyAgent: true,
      description:
        'Erases for good all that the person you are talking to told you and all you know about them. Only when they ask you to forget them or everything they said.',
      input: aboutInput,
      effect: 'write_internal',
      timeoutMs: 15_000,
      permissions: [],
      async execute(_, ctx) {
        if (!ASKS_TO_FORGET.test(await askedIn(ctx)))
          return toolFailure(
            'not_asked',
            'They did not ask you to forget anything; ask them to say "forget me".',
          );
        const { id, counts } = await memory.forgetAsked(ctx, ctx.asker.userId);
        return { ok: true, output: { receipt: id, counts }, summary: 'forgotten' };
      },
    }),
    defineTool<z.infer<typeof correctInput>>({
      name: 'correct_memory',
      everyAgent: true,
      description:
        'Corrects something the person you are talking to told you before, when they say it was wrong.',
      input: correctInput,
      effect: 'write_internal',
      timeoutMs: 15_000,
      permissions: [],
      async execute({ wrong, right }, ctx) {
        const look = { limit: 10, readers: { roomId: ctx.roomId }, signal: ctx.signal };
        const [facts, turns] = await Promise.all([
          memory.recall(ctx, wrong, { ...look, memoryTypes: ['fact', 'preference', 'skill'] }),
          memory.recall(ctx, wrong, { ...look, memoryTypes: ['conversation'] }),
        ]);
        // What was drawn from words rather than the words.
        const own = (layer: string) => (item: (typeof facts.items)[number]) =>
          item.memory.layer === layer && item.memory.source.speakerId === ctx.asker.userId;
        const found = facts.items.find(own('fact')) ?? turns.items.find(own('turn'));
        if (found === undefined)
          return toolFailure('not_found', 'You remember nothing like that from them; use remember instead.');
        const { memory: now } = await memory.correctAsked(ctx, ctx.asker.userId, found.memory.id, right);
        return {
          ok: true,
          output: { id: now.id, was: found.memory.content, content: now.content },
          summary: 'corrected',
        };
      },
    }),
  ];

  async function askedIn(ctx: ToolContext): Promise<string> {
    return ctx.triggerMessageId === undefined
      ? ''
      : memory.saidBy(ctx, ctx.asker.userId, ctx.triggerMessageId);
  }
}
