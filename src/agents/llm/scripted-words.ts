// The sentences of the scripted provider. Must never pretend to be a model, and must never repeat its advice in every answer.
import type { LlmMessage, LlmRequest, ToolCallPart, ToolResultPart } from './llm.ts';

const SETUP =
  'No model key is set here, so I am the built-in scripted agent. To give me a model, set ANTHROPIC_API_KEY or OPENAI_API_KEY (or OPENAI_BASE_URL for a server of your own) and restart.';

const CAN: Record<string, string> = {
  calculator: 'do sums ("17 * 23")',
  clock: 'tell the time',
  remember: 'remember what you tell me ("remember that the demo is on Friday")',
  forget_me: 'forget you ("forget me")',
  recall: 'tell you what I remember ("what do you know about me?")',
};

export function greeting(name: string): string {
  return name.trim() === '' ? 'Hello! How can I help?' : `Hello ${name.trim()}! How can I help?`;
}

export const THANKS = 'You are welcome.';

export function help(req: LlmRequest): string {
  const can = req.tools.flatMap((tool) => (CAN[tool.name] === undefined ? [] : [CAN[tool.name] as string]));
  const able = can.length === 0 ? 'I can greet you and explain how to set a model.' : `I can ${list(can)}.`;
  return `${able} ${SETUP}`;
}

/** Names the tool that would be needed but is not granted. */
export function missingTool(name: string): string {
  return `I would need the ${name} tool for that, and it is not enabled for me in this room.`;
}

/** An honest answer to what the script cannot do. The advice on keys comes once; later answers are short. */
export function fallback(req: LlmRequest, text: string): string {
  const quote = shorten(text);
  const said = quote === '' ? 'I have read your message' : `You wrote "${quote}"`;
  if (!hasSaid(req, 'built-in scripted agent')) {
    return `${said}. I cannot think about that on my own: ${SETUP[0]?.toLowerCase()}${SETUP.slice(1)}`;
  }
  const variants = [
    `${said}. That is beyond what I can do without a model; ask me for a sum, the time, or something I should remember.`,
    `${said}. A scripted agent cannot answer that; say "help" to see what I can do.`,
    `${said}. I have no model to work that out with, but I can still calculate, tell the time and remember things.`,
  ];
  return variants[
    req.messages.filter((message) => message.role === 'assistant').length % variants.length
  ] as string;
}

function hasSaid(req: LlmRequest, words: string): boolean {
  return req.messages.some((message) =>
    message.content.some((part) => part.type === 'text' && part.text.includes(words)),
  );
}

/** One sentence per tool result, in order. */
export function answerResults(messages: LlmMessage[], results: ToolResultPart[]): string {
  return results.map((result) => answerResult(result, findCall(messages, result.id))).join(' ');
}

function findCall(messages: LlmMessage[], id: string): ToolCallPart | undefined {
  return messages
    .flatMap((message) => message.content)
    .findLast((part): part is ToolCallPart => part.type === 'tool_call' && part.id === id);
}

function answerResult(result: ToolResultPart, call: ToolCallPart | undefined): string {
  const value = parse(result.result);
  const args = (call?.args ?? {}) as Record<string, unknown>;
  if (result.isError)
    return `That did not work: the ${result.name} tool said "${shorten(errorText(value, result.result))}".`;
  if (result.name === 'calculator') {
    const shown = text(field(value, 'expression')) ?? text(args.expression) ?? 'That';
    return `${shown} is ${text(field(value, 'result')) ?? text(value) ?? result.result}.`;
  }
  if (result.name === 'clock') {
    return `It is ${text(field(value, 'human')) ?? text(field(value, 'iso')) ?? text(value) ?? result.result}.`;
  }
  if (result.name === 'remember') {
    const content = text(args.content) ?? text(field(value, 'content'));
    return content === undefined ? 'I will remember that.' : `I will remember that ${stop(content)}`;
  }
  if (result.name === 'recall' || result.name === 'about_me') return answerRecall(value);
  if (result.name === 'forget_me')
    return `I have forgotten all you told me and all I knew about you. Receipt: ${text(field(value, 'receipt')) ?? ''}.`;
  if (result.name === 'correct_memory') {
    const content = text(field(value, 'content'));
    return content === undefined ? 'I have corrected that.' : `I have corrected that: ${stop(content)}`;
  }
  return `The ${result.name} tool answered: ${shorten(text(value) ?? result.result, 300)}`;
}

function answerRecall(value: unknown): string {
  const found = Array.isArray(value)
    ? value
    : (field(value, 'memories') ?? field(value, 'data') ?? field(value, 'items'));
  const facts = (Array.isArray(found) ? found : [])
    .flatMap(
      (item) =>
        text(item) ?? text(field(item, 'content')) ?? text(field(field(item, 'memory'), 'content')) ?? [],
    )
    .filter((fact) => fact.trim() !== '');
  if (facts.length === 0) return "I don't know that yet.";
  if (facts.length === 1) return `I remember that ${stop(facts[0] as string)}`;
  return `Here is what I remember:\n${facts
    .slice(0, 8)
    .map((fact) => `- ${stop(fact)}`)
    .join('\n')}`;
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return json;
  }
}

function field(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, key)
    ? (value as Record<string, unknown>)[key]
    : undefined;
}

function text(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  return typeof value === 'number' ? String(value) : undefined;
}

function errorText(value: unknown, raw: string): string {
  return (
    text(field(field(value, 'error'), 'message')) ??
    text(field(value, 'message')) ??
    text(field(value, 'error')) ??
    raw
  );
}

function shorten(value: string, max = 80): string {
  const line = value.replace(/\s+/g, ' ').trim();
  const chars = [...line];
  return chars.length <= max ? line : `${chars.slice(0, max - 1).join('')}…`;
}

const stop = (sentence: string): string =>
  /[.!?…]$/.test(sentence.trim()) ? sentence.trim() : `${sentence.trim()}.`;

function list(items: string[]): string {
  return items.length < 2 ? items.join('') : `${items.slice(0, -1).join(', ')} and ${items.at(-1)}`;
}
