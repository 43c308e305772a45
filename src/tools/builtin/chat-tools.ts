// Tools that do with a message what people do with it: react. Built from the operation, as the agent, and only in the room that
// the agent was asked in: elsewhere its sign would tell what was said here.
import { z } from 'zod';
import type { Message } from '../../server/messages/contract.ts';
import { Emoji } from '../../server/reactions/contract.ts';
import { type Operate, refusable } from '../operate.ts';
import { defineTool, type Tool, type ToolContext, type ToolResult, toolFailure } from '../tool.ts';

const reactInput = z.strictObject({
  emoji: Emoji.describe('One emoji, e.g. "👍".'),
  messageId: z.uuid().optional().describe('A message of this room; without it, the one you were asked by.'),
});
type ReactInput = z.infer<typeof reactInput>;

export function createChatTools(operate: Operate): Tool[] {
  return [
    defineTool<ReactInput>({
      name: 'add_reaction',
      description: 'Reacts to a message of this room with an emoji, where a sign says more than an answer.',
      input: reactInput,
      effect: 'write_internal',
      timeoutMs: 10_000,
      permissions: [],
      idempotent: true,
      execute: (input, ctx) => refusable(() => react(input, ctx)),
    }),
  ];

  async function react({ emoji, messageId }: ReactInput, ctx: ToolContext): Promise<ToolResult> {
    const id = messageId ?? ctx.triggerMessageId;
    if (id === undefined) return toolFailure('no_message', 'Say which message: give its messageId.');
    const message = await operate.asAgent<Message>(ctx, 'messages.get', { messageId: id });
    if (message.roomId !== ctx.roomId)
      return toolFailure(
        'other_room',
        'That message is in another room; react only to messages of this one.',
      );
    await operate.asAgent(ctx, 'reactions.add', { messageId: id, emoji });
    return { ok: true, output: { reacted: emoji }, summary: emoji };
  }
}
