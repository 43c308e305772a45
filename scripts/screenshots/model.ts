// A model that answers from a short list, so that every picture says the same. Must never reach the network.
import type { Llm, LlmEvent, LlmRequest } from '../../src/agents/llm/llm.ts';

/** What it is asked with, what it says, and a tool it calls first. */
const ANSWERS: { asked: RegExp; says: string; tool?: { name: string; args: object } }[] = [
  {
    asked: /what it adds up to/,
    tool: { name: 'calculator', args: { expression: '2400 * 12 + 18500' } },
    says: 'In the first year **47,300**: the rent is 28,800, the oven 18,500 once.\n\n| | Once | A year |\n|---|---|---|\n| Rent | | 28,800 |\n| Oven | 18,500 | |',
  },
  {
    asked: /write to the landlord/,
    tool: {
      name: 'post_letter',
      args: {
        to: 'Mill Street Estates',
        text: 'We accept the lease from the 4th of January and ask for two keys.',
      },
    },
    says: 'The letter is on its way.',
  },
  {
    asked: /what did we decide/,
    says: 'Three things so far:\n\n1. The electrician comes on the **7th**; Grace lets her in.\n2. The sign gets the green of the old door.\n3. Dana meets two people for the counter.\n\nOpen is who orders the cable.',
  },
];
const ELSE = 'I am here if you need me.';

export const model: Llm = {
  provider: 'scripted',
  async *stream(request: LlmRequest): AsyncGenerator<LlmEvent> {
    const answer = ANSWERS.find(({ asked }) => asked.test(request.trigger?.text ?? ''));
    const done = (stopReason: 'end' | 'tool_use'): LlmEvent => ({
      type: 'done',
      stopReason,
      usage: { inputTokens: 640, outputTokens: 96 },
      model: 'scripted',
    });
    const hasResult = request.messages.at(-1)?.content.some(({ type }) => type === 'tool_result');
    if (answer?.tool !== undefined && !hasResult) {
      yield { type: 'tool_call', id: 'call_1', ...answer.tool };
      yield done('tool_use');
      return;
    }
    yield { type: 'text', text: answer?.says ?? ELSE };
    yield done('end');
  },
};
