// OpenAI's Chat Completions through the official SDK, streaming; also every server that speaks it (Ollama, vLLM, llama.cpp,
// Workers AI). Retries, deadlines and metering are wrappers; this file must do none of them.
import OpenAI from 'openai';
import { type ErrorTable, mapSdkError } from './http-error.ts';
import type { Llm, LlmMessage, LlmRequest } from './llm.ts';
import { readChunks } from './openai-chunks.ts';
import { type ToolNames, toolNames } from './tool-names.ts';

export const OPENAI_BASE_URL = 'https://api.openai.com/v1';

export interface OpenAiOptions {
  /** Servers of one's own often need none. */
  apiKey?: string;
  baseUrl?: string;
  fetch?: typeof fetch;
  /** The name in `Llm.provider` and in errors. */
  provider?: string;
}

const ERRORS: ErrorTable = {
  decisive: {
    insufficient_quota: 'auth',
    billing_hard_limit_reached: 'auth',
    context_length_exceeded: 'too_long',
  },
  words: {
    rate_limit_exceeded: 'rate_limited',
    engine_overloaded: 'overloaded',
    server_error: 'unavailable',
    invalid_api_key: 'auth',
    model_not_found: 'bad_request',
    invalid_request_error: 'bad_request',
  },
  statuses: {
    400: 'bad_request',
    401: 'auth',
    402: 'auth',
    403: 'auth',
    404: 'bad_request',
    408: 'timeout',
    413: 'bad_request',
    422: 'bad_request',
    429: 'rate_limited',
    503: 'overloaded',
    504: 'timeout',
  },
};

const CLASSES = {
  api: OpenAI.APIError,
  timeout: OpenAI.APIConnectionTimeoutError,
  connection: OpenAI.APIConnectionError,
  abort: OpenAI.APIUserAbortError,
};

export function createOpenAiLlm(options: OpenAiOptions): Llm {
  const provider = options.provider ?? 'openai';
  const baseURL = options.baseUrl ?? OPENAI_BASE_URL;
  const official = new URL(baseURL).hostname === 'api.openai.com';
  const client = new OpenAI({
    apiKey: options.apiKey ?? 'none',
    baseURL,
    // Null keeps the SDK from reading its own environment variables.
    organization: null,
    project: null,
    adminAPIKey: null,
    webhookSecret: null,
    maxRetries: 0,
    logLevel: 'off',
    ...(options.fetch ? { fetch: options.fetch } : {}),
  });
  return {
    provider,
    async *stream(req) {
      const names = toolNames(req.tools);
      try {
        const chunks = await client.chat.completions.create(toBody(req, names, official), {
          signal: req.signal,
        });
        yield* readChunks(chunks, req, names, provider);
      } catch (error) {
        throw mapSdkError(provider, error, req.signal, ERRORS, CLASSES);
      }
    },
  };
}

function toBody(
  req: LlmRequest,
  names: ToolNames,
  official: boolean,
): OpenAI.ChatCompletionCreateParamsStreaming {
  return {
    model: req.model,
    stream: true,
    stream_options: { include_usage: true },
    messages: [
      ...(req.system.trim() === '' ? [] : [{ role: 'system' as const, content: req.system }]),
      ...req.messages.flatMap((message) => toMessages(message, names)),
    ],
    ...limits(req, official),
    ...(req.tools.length === 0
      ? {}
      : {
          tools: req.tools.map((tool) => ({
            type: 'function' as const,
            function: {
              name: names.toWire(tool.name),
              description: tool.description,
              parameters: tool.parameters as Record<string, unknown>,
            },
          })),
        }),
  };
}

/**
 * OpenAI's own reasoning models refuse `max_tokens` and any `temperature`, and its GPT-6 line (but Astra) takes tools over this
 * endpoint only without reasoning; other servers know `max_tokens` best.
 */
function limits(req: LlmRequest, official: boolean): Partial<OpenAI.ChatCompletionCreateParamsStreaming> {
  const reasoning = official && /^(o\d|gpt-[5-9])/.test(req.model);
  const withoutReasoning =
    official && req.tools.length > 0 && /^gpt-6/.test(req.model) && !req.model.includes('astra');
  return {
    ...(official ? { max_completion_tokens: req.maxTokens } : { max_tokens: req.maxTokens }),
    ...(req.temperature === undefined || reasoning ? {} : { temperature: req.temperature }),
    ...(withoutReasoning ? { reasoning_effort: 'none' as const } : {}),
  };
}

function toMessages(message: LlmMessage, names: ToolNames): OpenAI.ChatCompletionMessageParam[] {
  const text = message.content.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join('');
  if (message.role === 'assistant') {
    const calls = message.content.flatMap((part) => (part.type === 'tool_call' ? [part] : []));
    if (text === '' && calls.length === 0) return [];
    return [
      {
        role: 'assistant',
        content: text === '' ? null : text,
        ...(calls.length === 0
          ? {}
          : {
              tool_calls: calls.map((call) => ({
                type: 'function' as const,
                id: call.id,
                function: { name: names.toWire(call.name), arguments: JSON.stringify(call.args ?? {}) },
              })),
            }),
      },
    ];
  }
  const results = message.content.flatMap((part) =>
    part.type === 'tool_result'
      ? [{ role: 'tool' as const, tool_call_id: part.id, content: part.result }]
      : [],
  );
  return text === '' ? results : [...results, { role: 'user', content: text }];
}
