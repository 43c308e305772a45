// The tools that need services from outside or the sandbox, made from what is configured. One that is not configured is listed
// with what its operator would have to set, and not offered to models.
import type { Config } from '../../core/config.ts';
import type { GuardedFetch } from '../http-guard.ts';
import type { Operate, WriteText } from '../operate.ts';
import type { Sandbox } from '../sandbox.ts';
import type { Tool } from '../tool.ts';
import { createGenerateImage } from './generate-image.ts';
import { createHttpRequest } from './http-request.ts';
import { createRunCode } from './run-code.ts';
import type { ServiceClient } from './service-client.ts';
import { createTranslate } from './translate.ts';
import { createWebSearch, SEARCH_URLS, type WebSearchConfig } from './web-search.ts';

const OPENAI_URL = 'https://api.openai.com/v1';

/** Where the configured services are. */
export const serviceUrls = (config: Config): string[] =>
  [searchOf(config)?.url, config.TRANSLATE_URL, imageUrlOf(config)].filter((url) => url !== undefined);

export function createServiceTools(deps: {
  config: Config;
  client: ServiceClient;
  fetch: GuardedFetch;
  sandbox: Sandbox;
  operate: Operate;
  write: WriteText;
}): Tool[] {
  const { config, client, operate, write } = deps;
  const imageUrl = imageUrlOf(config);
  return [
    createWebSearch(searchOf(config), client),
    createTranslate(
      config.TRANSLATE_URL === undefined
        ? undefined
        : { url: config.TRANSLATE_URL, apiKey: config.TRANSLATE_API_KEY },
      client,
      write,
    ),
    createGenerateImage(
      imageUrl === undefined
        ? undefined
        : { url: imageUrl, model: config.IMAGE_MODEL, apiKey: imageKeyOf(config) },
      client,
      operate,
    ),
    createHttpRequest(deps.fetch),
    createRunCode(deps.sandbox),
  ];
}

/** A server of one's own; or OpenAI, by the key of its models where there is no other. */
const imageUrlOf = (config: Config): string | undefined =>
  config.IMAGE_BASE_URL ?? (imageKeyOf(config) === undefined ? undefined : OPENAI_URL);

function imageKeyOf(config: Config): string | undefined {
  if (config.IMAGE_API_KEY !== undefined || config.IMAGE_BASE_URL !== undefined) return config.IMAGE_API_KEY;
  return config.OPENAI_BASE_URL === undefined ? config.OPENAI_API_KEY : undefined;
}

function searchOf(config: Config): WebSearchConfig | undefined {
  const { WEB_SEARCH_PROVIDER: provider, WEB_SEARCH_API_KEY: apiKey } = config;
  if (provider === undefined) return undefined;
  const url = config.WEB_SEARCH_URL ?? (provider === 'searxng' ? undefined : SEARCH_URLS[provider]);
  return url === undefined ? undefined : { provider, url, apiKey };
}
