// An agent's own goals, as a tool: what it means to pursue in this room after the conversation is over. Given by name only.
import { z } from 'zod';
import type { Goal } from '../../agents/proactive/contract.ts';
import { derivedId } from '../../core/ids.ts';
import { type Operate, refusable } from '../operate.ts';
import { defineTool, type Tool, type ToolResult } from '../tool.ts';

const goalsInput = z.discriminatedUnion('action', [
  z.strictObject({ action: z.literal('list') }),
  z.strictObject({
    action: z.literal('add'),
    text: z.string().trim().min(1).max(1000).describe('What is to be achieved, as a whole sentence.'),
    dueAt: z.iso
      .datetime({ offset: true })
      .optional()
      .describe('ISO 8601 with an offset, e.g. 2026-03-05T14:00:00+01:00.'),
  }),
  z.strictObject({ action: z.enum(['done', 'reopen']), id: z.uuid() }),
]);
type GoalsInput = z.infer<typeof goalsInput>;

export function createGoalTools(operate: Operate): Tool[] {
  return [
    defineTool<GoalsInput>({
      name: 'goals',
      description:
        'Your goals in this room, which you pursue across conversations: list, add, mark as done or reopen them.',
      input: goalsInput,
      effect: 'write_internal',
      ownAffairs: true,
      timeoutMs: 10_000,
      permissions: [],
      execute: (input, ctx) =>
        refusable(async (): Promise<ToolResult> => {
          const { agentId, roomId } = ctx;
          if (input.action === 'list') {
            const page = { agentId, roomId, state: 'open', limit: 50 };
            const { data } = await operate.asAgent<{ data: Goal[] }>(ctx, 'goals.list', page);
            return { ok: true, output: { goals: data.map(shown) }, summary: `${data.length} goals` };
          }
          if (input.action === 'add') {
            const { text, dueAt } = input;
            const id = derivedId('goal', ctx.runId, text);
            const more = dueAt === undefined ? {} : { dueAt: new Date(dueAt).toISOString() };
            const goal = await operate.asAgent<Goal>(ctx, 'goals.create', {
              agentId,
              roomId,
              id,
              text,
              ...more,
            });
            return { ok: true, output: { goal: shown(goal) }, summary: 'added' };
          }
          const state = input.action === 'done' ? 'done' : 'open';
          // A goal of another room is not found here.
          const page = { agentId, roomId, limit: 200 };
          const { data } = await operate.asAgent<{ data: Goal[] }>(ctx, 'goals.list', page);
          const goalId = data.find(({ id }) => id === input.id)?.id ?? '00000000-0000-7000-8000-000000000000';
          const goal = await operate.asAgent<Goal>(ctx, 'goals.update', { goalId, state });
          return { ok: true, output: { goal: shown(goal) }, summary: state };
        }),
    }),
  ];
}

const shown = ({ id, text, dueAt, state }: Goal) => ({
  id,
  text,
  state,
  ...(dueAt === undefined ? {} : { dueAt }),
});
