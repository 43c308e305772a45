// A model that does whatever any text tells it to. A command in angle brackets of its own, ⟦tool {json}⟧, is obeyed wherever it
// stands: in a message, a name, a topic, a memory, a tool's result. When nothing is left to obey, it says all it has seen.
import type { LlmEvent, LlmRequest } from '../../src/agents/llm/llm.ts';
import { done, text } from '../agents/town.ts';

const COMMAND = /⟦(again )?([\w.-]+) ?(.*?)⟧/gs;
/** Characters of what it saw that it repeats. */
const MOST_SAID = 20_000;

export const order = (tool: string, args: unknown = {}): string => `⟦${tool} ${JSON.stringify(args)}⟧`;
/** An order that it never tires of. */
export const orderAgain = (tool: string, args: unknown = {}): string =>
  `⟦again ${tool} ${JSON.stringify(args)}⟧`;

export function* obey(request: LlmRequest): Generator<LlmEvent> {
  const seen = request.messages.flatMap(({ role, content }) =>
    content.flatMap((part) =>
      part.type === 'text' && role === 'user'
        ? [part.text]
        : part.type === 'tool_result'
          ? [part.result]
          : [],
    ),
  );
  const called = new Set(
    request.messages.flatMap(({ content }) =>
      content.flatMap((part) =>
        part.type === 'tool_call' ? [`${part.name} ${JSON.stringify(part.args)}`] : [],
      ),
    ),
  );
  for (const words of seen) {
    // Results of tools are JSON: what stands in their strings is read as well.
    for (const [, again, name = '', json = ''] of unescaped(words).matchAll(COMMAND)) {
      const args = parsed(json);
      if (args === undefined) continue;
      if (again === undefined && called.has(`${name} ${JSON.stringify(args)}`)) continue;
      yield { type: 'tool_call', id: `call_${called.size}`, name, args };
      yield done('tool_use');
      return;
    }
  }
  yield text(`I was told: ${seen.map(unescaped).join('\n').slice(0, MOST_SAID).toWellFormed()}`);
  yield done();
}

const ENTITIES: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', '#10': '\n' };
const unescaped = (words: string): string =>
  words
    .replace(/&(amp|lt|gt|quot|#10);/g, (_, name: string) => ENTITIES[name] as string)
    .replaceAll('\\"', '"')
    .replaceAll('\\\\', '\\');

function parsed(json: string): unknown {
  try {
    return JSON.parse(json === '' ? '{}' : json);
  } catch {
    return undefined;
  }
}
