// Workers AI by its OpenAI-compatible endpoint. Holds the address and nothing else.
import type { Llm } from './llm.ts';
import { createOpenAiLlm } from './openai.ts';

export interface CloudflareOptions {
  accountId: string;
  apiToken: string;
  /** Overrides the whole address, e.g. for an AI Gateway. */
  baseUrl?: string;
  fetch?: typeof fetch;
}

export function cloudflareBaseUrl(accountId: string): string {
  return `https://api.cloudflare.com/client/v4/accounts/${encodeURIComponent(accountId)}/ai/v1`;
}

export function createCloudflareLlm(options: CloudflareOptions): Llm {
  return createOpenAiLlm({
    provider: 'cloudflare',
    apiKey: options.apiToken,
    baseUrl: options.baseUrl ?? cloudflareBaseUrl(options.accountId),
    ...(options.fetch ? { fetch: options.fetch } : {}),
  });
}
