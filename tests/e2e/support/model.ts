// A model whose every word waits for the test, so that what is shown in between can be looked at.
import type { Llm, LlmEvent, LlmRequest } from '../../../src/agents/llm/llm.ts';
import { cancelled, LlmError } from '../../../src/agents/llm/llm-error.ts';

export interface Model {
  llm: Llm;
  /** Lets it say more; without a word from the test it thinks. */
  say(text: string): void;
  callTool(name: string, args: Record<string, unknown>): void;
  end(): void;
  /** The provider refuses, and trying again would not help. */
  fail(): void;
}

export function createModel(): Model {
  const lines: (LlmEvent | Error)[] = [];
  let calls = 0;
  let wake = () => {};
  const push = (line: LlmEvent | Error) => {
    lines.push(line);
    wake();
  };

  async function next(signal: AbortSignal): Promise<LlmEvent> {
    for (;;) {
      if (signal.aborted) throw cancelled(signal.reason);
      const line = lines.shift();
      if (line instanceof Error) throw line;
      if (line !== undefined) return line;
      await new Promise<void>((resolve) => {
        wake = resolve;
        signal.addEventListener('abort', () => resolve(), { once: true });
      });
    }
  }

  async function* stream(request: LlmRequest): AsyncGenerator<LlmEvent> {
    for (;;) {
      const event = await next(request.signal);
      yield event;
      if (event.type === 'done') return;
    }
  }

  const done = (stopReason: 'end' | 'tool_use'): LlmEvent => ({
    type: 'done',
    stopReason,
    usage: { inputTokens: 120, outputTokens: 30 },
    model: 'scripted',
  });

  return {
    llm: { provider: 'scripted', stream },
    say: (text) => push({ type: 'text', text }),
    callTool(name, args) {
      push({ type: 'tool_call', id: `call_${++calls}`, name, args });
      push(done('tool_use'));
    },
    end: () => push(done('end')),
    fail: () => push(new LlmError('auth', 'The key was refused.')),
  };
}
