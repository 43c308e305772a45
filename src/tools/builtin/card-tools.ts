// The tool by which an agent shows a card with its answer. It does nothing by itself: the run puts the card beside its words, so
// that whatever is retried or killed there is one message.
import type { z } from 'zod';
import { Card } from '../../server/cards/contract.ts';
import { defineTool, type Tool } from '../tool.ts';

export const SEND_CARD = 'send_card';

export const sendCardTool: Tool = defineTool<z.output<typeof Card>>({
  name: SEND_CARD,
  description:
    'Shows a card with your answer: text, fields, buttons, a select or a form. When somebody presses or sends something, you are told who and what. At most three with one answer, each action with an actionId of its own; "fallback" says the same in words.',
  input: Card,
  effect: 'pure',
  timeoutMs: 1000,
  permissions: [],
  execute: async ({ title, fallback }) => ({
    ok: true,
    output: { shown: 'with your answer' },
    summary: title ?? fallback.slice(0, 80),
  }),
});
