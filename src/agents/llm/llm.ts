// The port to language models: one streaming method, plain messages in, plain events out.
// Must never name a provider's own types, read the environment or hold state between calls. Other folders import only this file.

export { LlmError, type LlmErrorKind } from './llm-error.ts';
export type { Attempts } from './retry.ts';
export { estimateTokens, MESSAGE_OVERHEAD_TOKENS } from './tokens.ts';

export interface TextPart {
  type: 'text';
  text: string;
}

/** A call the model asked for. `args` is undefined when the model's arguments were not valid JSON. */
export interface ToolCallPart {
  type: 'tool_call';
  id: string;
  name: string;
  args: unknown;
}

/** `result` is the text the model reads: see `toolResultText` in tools/tool.ts. */
export interface ToolResultPart {
  type: 'tool_result';
  id: string;
  name: string;
  result: string;
  isError?: boolean;
}

export type LlmPart = TextPart | ToolCallPart | ToolResultPart;

export interface LlmMessage {
  role: 'user' | 'assistant';
  content: LlmPart[];
}

export interface LlmTool {
  /** Any name; a provider that allows fewer characters maps it and maps it back. */
  name: string;
  description: string;
  /** JSON Schema of an object. */
  parameters: object;
}

export interface LlmRequest {
  model: string;
  system: string;
  messages: LlmMessage[];
  tools: LlmTool[];
  /** Upper bound of output tokens. Models that think count their thinking in it. */
  maxTokens: number;
  temperature?: number;
  signal: AbortSignal;
  /** The message that caused the call. Only the scripted provider looks at it. */
  trigger?: LlmTrigger;
}

export interface LlmTrigger {
  text: string;
  authorName: string;
  /** Nobody wrote it: the agent may speak about it first. */
  unasked?: boolean;
}

export interface LlmUsage {
  inputTokens: number;
  outputTokens: number;
  /** True when the server reported nothing and the numbers are our own estimate. */
  estimated?: boolean;
}

/** `blocked`: a moderation service stopped the text; no provider says it. */
export type StopReason = 'end' | 'tool_use' | 'max_tokens' | 'refusal' | 'blocked';

export interface LlmTextEvent {
  type: 'text';
  text: string;
}

export interface LlmToolCallEvent {
  type: 'tool_call';
  id: string;
  name: string;
  args: unknown;
  /** The raw text of arguments that are not valid JSON; then `args` is undefined. */
  invalidArgs?: string;
}

/** Always the last event of a stream that succeeded. */
export interface LlmDoneEvent {
  type: 'done';
  stopReason: StopReason;
  usage: LlmUsage;
  /** The model that answered, as the server names it. */
  model: string;
}

export type LlmEvent = LlmTextEvent | LlmToolCallEvent | LlmDoneEvent;

export interface Llm {
  readonly provider: string;
  /**
   * Runs one model call. Ends with exactly one `done` event or throws an LlmError; never ends without either.
   * Leaving the loop early cancels the call.
   * @throws LlmError
   */
  stream(req: LlmRequest): AsyncIterable<LlmEvent>;
}

export type ProviderName = 'anthropic' | 'openai' | 'cloudflare' | 'scripted';

export interface LlmChoice {
  llm: Llm;
  provider: ProviderName;
  model: string;
  /** `asked`, `preferred_by_auto`, `no_key_for_<provider>`, `unknown_provider` or `no_provider_configured`. */
  reason: string;
}

/** What is known of a turn before its model is chosen. */
export interface Turn {
  /** What was asked. */
  text: string;
  promptTokens: number;
  lane: 'interactive' | 'background';
}

export interface LlmRouter {
  /**
   * The models for a turn, best first: those after the first are for when it fails or costs too much. Each says why it stands there:
   * a reason of `pick`, `background`, `simple_turn`, `fallback` or `cheaper`.
   */
  routes(wish: { provider: string; model?: string }, turn: Turn): LlmChoice[];
  /** Never fails: without a fitting key it picks the scripted provider and says why. */
  pick(wish: { provider: string; model?: string }): LlmChoice;
  /** The providers a key is set for, best first. Empty means agents answer by script. */
  configured(): ProviderName[];
}

export type Sleep = (ms: number, signal?: AbortSignal) => Promise<void>;

export interface LlmAnswer {
  text: string;
  toolCalls: LlmToolCallEvent[];
  stopReason: StopReason;
  usage: LlmUsage;
  model: string;
}

/**
 * Runs one call to its end and returns it whole.
 * @throws LlmError
 */
export async function generate(llm: Llm, req: LlmRequest): Promise<LlmAnswer> {
  const answer: LlmAnswer = {
    text: '',
    toolCalls: [],
    stopReason: 'end',
    usage: { inputTokens: 0, outputTokens: 0 },
    model: req.model,
  };
  for await (const event of llm.stream(req)) {
    if (event.type === 'text') answer.text += event.text;
    else if (event.type === 'tool_call') answer.toolCalls.push(event);
    else {
      answer.stopReason = event.stopReason;
      answer.usage = event.usage;
      answer.model = event.model;
    }
  }
  return answer;
}
