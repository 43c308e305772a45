// Reads the chunks of a Chat Completions stream, as OpenAI sends them and as its many imitators do.
// Must never trust a field to be there: indexes, ids, finish reasons and usage are all missing somewhere.
import type { ChatCompletionChunk } from 'openai/resources/chat/completions';
import type { LlmEvent, LlmRequest, LlmUsage, StopReason } from './llm.ts';
import { cancelled, LlmError } from './llm-error.ts';
import { estimateRequestTokens, estimateTokens } from './tokens.ts';
import { parseToolArgs, type ToolNames } from './tool-names.ts';

interface Call {
  index: number | undefined;
  id: string | undefined;
  name: string;
  json: string;
}

const STOP: Record<string, StopReason> = {
  stop: 'end',
  eos: 'end',
  end_turn: 'end',
  stop_sequence: 'end',
  tool_calls: 'tool_use',
  tool_use: 'tool_use',
  function_call: 'tool_use',
  length: 'max_tokens',
  max_tokens: 'max_tokens',
  model_length: 'max_tokens',
  content_filter: 'refusal',
  refusal: 'refusal',
};

export async function* readChunks(
  chunks: AsyncIterable<ChatCompletionChunk>,
  req: LlmRequest,
  names: ToolNames,
  provider: string,
): AsyncGenerator<LlmEvent> {
  const calls: Call[] = [];
  let text = '';
  let model = req.model;
  let reason: string | undefined;
  let usage: LlmUsage | undefined;
  let refused = false;
  for await (const chunk of chunks) {
    if (typeof chunk !== 'object' || chunk === null) throw unreadable(provider);
    if (chunk.model) model = chunk.model;
    usage = readUsage(chunk) ?? usage;
    const choice = chunk.choices?.[0];
    if (!choice) continue;
    if (choice.finish_reason) reason = choice.finish_reason;
    // A few servers put the last piece into `message` as if they were not streaming.
    const delta = choice.delta ?? (choice as { message?: ChatCompletionChunk.Choice.Delta }).message;
    const piece = delta?.content ?? delta?.refusal;
    if (delta?.refusal) refused = true;
    if (typeof piece === 'string' && piece !== '') {
      text += piece;
      yield { type: 'text', text: piece };
    }
    for (const part of delta?.tool_calls ?? []) addPart(calls, part);
    if (delta?.function_call) addPart(calls, { index: 0, function: delta.function_call });
  }
  // The SDK ends quietly both when it is aborted and when the body just stops.
  if (req.signal.aborted) throw cancelled(req.signal.reason);
  if (reason === undefined && usage === undefined) throw unreadable(provider);
  yield* toEvents(calls, req, names);
  const stopReason = refused
    ? 'refusal'
    : calls.length > 0 && reason !== 'length'
      ? 'tool_use'
      : (STOP[reason ?? 'stop'] ?? 'end');
  yield { type: 'done', stopReason, usage: usage ?? estimate(req, text, calls), model };
}

function unreadable(provider: string): LlmError {
  return new LlmError(
    'bad_response',
    `${provider} ended its answer before it was complete, or sent no answer at all.`,
  );
}

function readUsage(chunk: ChatCompletionChunk): LlmUsage | undefined {
  const { prompt_tokens, completion_tokens } = chunk.usage ?? {};
  if (typeof prompt_tokens !== 'number' && typeof completion_tokens !== 'number') return undefined;
  return { inputTokens: prompt_tokens ?? 0, outputTokens: completion_tokens ?? 0 };
}

function estimate(req: LlmRequest, text: string, calls: Call[]): LlmUsage {
  const written = text + calls.map((call) => call.name + call.json).join('');
  return { inputTokens: estimateRequestTokens(req), outputTokens: estimateTokens(written), estimated: true };
}

/**
 * Adds one piece to the call it belongs to: the one with its index, unless the piece starts another call, which a new id shows,
 * or, without ids or without indexes, a name after arguments have begun.
 */
function addPart(calls: Call[], part: Partial<ChatCompletionChunk.Choice.Delta.ToolCall>): void {
  const name = part.function?.name ?? '';
  const given: unknown = part.function?.arguments;
  const json =
    typeof given === 'string' ? given : given === undefined || given === null ? '' : JSON.stringify(given);
  const current =
    part.index === undefined ? calls.at(-1) : calls.findLast((call) => call.index === part.index);
  const otherId = Boolean(part.id && current?.id && part.id !== current.id);
  const otherName = Boolean(name && current?.json && !(part.id && part.id === current.id));
  if (!current || otherId || otherName) {
    calls.push({ index: part.index, id: part.id || undefined, name, json });
    return;
  }
  current.id ??= part.id || undefined;
  // Most servers send the name once; one that repeats it whole must not double it.
  if (name !== current.name) current.name += name;
  current.json += json;
}

function* toEvents(calls: Call[], req: LlmRequest, names: ToolNames): Generator<LlmEvent> {
  const earlier = req.messages
    .flatMap((message) => message.content)
    .filter((part) => part.type === 'tool_call').length;
  for (const [n, call] of calls.entries()) {
    yield {
      type: 'tool_call',
      id: call.id ?? `call_${earlier + n}`,
      name: names.fromWire(call.name),
      ...parseToolArgs(call.json),
    };
  }
}
