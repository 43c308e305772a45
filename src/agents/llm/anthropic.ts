// Claude through the official SDK, streaming. Retries, deadlines and metering are wrappers; this file must do none of them.
import Anthropic from '@anthropic-ai/sdk';
import { type ErrorTable, mapSdkError } from './http-error.ts';
import type { Llm, LlmEvent, LlmMessage, LlmRequest, LlmToolCallEvent, StopReason } from './llm.ts';
import { cancelled, LlmError } from './llm-error.ts';
import { parseToolArgs, type ToolNames, toolNames } from './tool-names.ts';

export interface AnthropicOptions {
  apiKey: string;
  baseUrl?: string;
  fetch?: typeof fetch;
  /** How much the model should think; models before Claude 4.5 refuse it, so it is sent only when set. */
  effort?: 'low' | 'medium' | 'high';
}

const ERRORS: ErrorTable = {
  decisive: { billing_error: 'auth', request_too_large: 'too_long' },
  words: {
    rate_limit_error: 'rate_limited',
    overloaded_error: 'overloaded',
    timeout_error: 'timeout',
    api_error: 'unavailable',
    authentication_error: 'auth',
    permission_error: 'auth',
    invalid_request_error: 'bad_request',
    not_found_error: 'bad_request',
  },
  statuses: {
    400: 'bad_request',
    401: 'auth',
    402: 'auth',
    403: 'auth',
    404: 'bad_request',
    408: 'timeout',
    413: 'too_long',
    422: 'bad_request',
    429: 'rate_limited',
    503: 'overloaded',
    504: 'timeout',
    529: 'overloaded',
  },
};

const CLASSES = {
  api: Anthropic.APIError,
  timeout: Anthropic.APIConnectionTimeoutError,
  connection: Anthropic.APIConnectionError,
  abort: Anthropic.APIUserAbortError,
};

const STOP: Record<string, StopReason> = {
  end_turn: 'end',
  stop_sequence: 'end',
  pause_turn: 'end',
  tool_use: 'tool_use',
  max_tokens: 'max_tokens',
  model_context_window_exceeded: 'max_tokens',
  refusal: 'refusal',
};

/** `temperature` is not sent: the Messages API has no such parameter any more. */
export function createAnthropicLlm(options: AnthropicOptions): Llm {
  const client = new Anthropic({
    apiKey: options.apiKey,
    baseURL: options.baseUrl ?? 'https://api.anthropic.com',
    maxRetries: 0,
    // The SDK's log prints bodies; ours must never hold message text.
    logLevel: 'off',
    ...(options.fetch ? { fetch: options.fetch } : {}),
  });
  return {
    provider: 'anthropic',
    async *stream(req) {
      const names = toolNames(req.tools);
      try {
        const events = await client.messages.create(toBody(req, names, options.effort), {
          signal: req.signal,
        });
        yield* readEvents(events, req, names);
      } catch (error) {
        throw mapSdkError('Anthropic', error, req.signal, ERRORS, CLASSES);
      }
    },
  };
}

function toBody(
  req: LlmRequest,
  names: ToolNames,
  effort: AnthropicOptions['effort'],
): Anthropic.MessageCreateParamsStreaming {
  return {
    model: req.model,
    max_tokens: req.maxTokens,
    stream: true,
    messages: req.messages
      .map((message) => toMessage(message, names))
      .filter((message) => message.content.length > 0),
    ...(req.system.trim() === '' ? {} : { system: req.system }),
    ...(effort === undefined ? {} : { output_config: { effort } }),
    ...(req.tools.length === 0
      ? {}
      : {
          tools: req.tools.map((tool) => ({
            name: names.toWire(tool.name),
            description: tool.description,
            input_schema: tool.parameters as Anthropic.Tool.InputSchema,
          })),
        }),
  };
}

function toMessage(message: LlmMessage, names: ToolNames): Anthropic.MessageParam & { content: unknown[] } {
  const content: Anthropic.ContentBlockParam[] = [];
  // The API wants tool results before any text of the same turn.
  for (const part of message.content) {
    if (part.type !== 'tool_result') continue;
    content.push({
      type: 'tool_result',
      tool_use_id: safeId(part.id),
      content: part.result,
      ...(part.isError ? { is_error: true } : {}),
    });
  }
  for (const part of message.content) {
    if (part.type === 'text' && part.text.trim() !== '') content.push({ type: 'text', text: part.text });
    if (part.type === 'tool_call') {
      content.push({
        type: 'tool_use',
        id: safeId(part.id),
        name: names.toWire(part.name),
        input: part.args ?? {},
      });
    }
  }
  return { role: message.role, content };
}

/** Ids another provider made may hold characters this one refuses. */
const safeId = (id: string): string => id.replace(/[^a-zA-Z0-9_-]/g, '_');

async function* readEvents(
  events: AsyncIterable<Anthropic.RawMessageStreamEvent>,
  req: LlmRequest,
  names: ToolNames,
): AsyncGenerator<LlmEvent> {
  const calls = new Map<number, { id: string; name: string; json: string }>();
  const usage = { inputTokens: 0, outputTokens: 0 };
  let model = req.model;
  let stopReason: StopReason | undefined;
  let finished = false;
  for await (const event of events) {
    if (event.type === 'message_start') {
      model = event.message.model || model;
      const { input_tokens, cache_creation_input_tokens, cache_read_input_tokens, output_tokens } =
        event.message.usage;
      usage.inputTokens = input_tokens + (cache_creation_input_tokens ?? 0) + (cache_read_input_tokens ?? 0);
      usage.outputTokens = output_tokens;
    } else if (event.type === 'content_block_start') {
      const block = event.content_block;
      if (block.type === 'tool_use') {
        const given = block.input && Object.keys(block.input).length > 0 ? JSON.stringify(block.input) : '';
        calls.set(event.index, { id: block.id, name: block.name, json: given });
      } else if (block.type === 'text' && block.text !== '') yield { type: 'text', text: block.text };
    } else if (event.type === 'content_block_delta') {
      if (event.delta.type === 'text_delta' && event.delta.text !== '')
        yield { type: 'text', text: event.delta.text };
      const call = calls.get(event.index);
      if (event.delta.type === 'input_json_delta' && call) call.json += event.delta.partial_json;
    } else if (event.type === 'content_block_stop') {
      const call = calls.get(event.index);
      if (call) yield toCall(call, names);
    } else if (event.type === 'message_delta') {
      usage.outputTokens = event.usage.output_tokens ?? usage.outputTokens;
      if (event.delta.stop_reason) stopReason = STOP[event.delta.stop_reason] ?? 'end';
    } else if (event.type === 'message_stop') finished = true;
  }
  // The SDK ends quietly both when it is aborted and when the body just stops.
  if (req.signal.aborted) throw cancelled(req.signal.reason);
  if (!finished) throw new LlmError('bad_response', 'Anthropic ended its answer before it was complete.');
  yield { type: 'done', stopReason: stopReason ?? 'end', usage, model };
}

function toCall(call: { id: string; name: string; json: string }, names: ToolNames): LlmToolCallEvent {
  return { type: 'tool_call', id: call.id, name: names.fromWire(call.name), ...parseToolArgs(call.json) };
}
