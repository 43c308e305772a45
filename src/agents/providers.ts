// The models and the moderator that the configuration names.
// Must never load a provider's SDK that is not configured: each costs a start a tenth of a second.
import type { Clock } from '../core/clock.ts';
import type { Config } from '../core/config.ts';
import type { Logger } from '../core/logger.ts';
import type { Metrics } from '../core/metrics.ts';
import type { Tracer } from '../core/tracing.ts';
import type { Llm, LlmRouter } from './llm/llm.ts';
import { withBreaker } from './llm/moderate.ts';
import { createLlmRouter } from './llm/router.ts';
import { createScriptedLlm } from './llm/scripted.ts';
import { createModeration, type Moderation } from './safety/moderation.ts';

/** @param llm answers every call instead of what is configured */
export async function openRouter(config: Config, clock: Clock, llm: Llm | undefined): Promise<LlmRouter> {
  if (llm !== undefined) return createLlmRouter({ scripted: llm });
  const { ANTHROPIC_API_KEY, ANTHROPIC_BASE_URL, OPENAI_API_KEY, OPENAI_BASE_URL } = config;
  const { CLOUDFLARE_ACCOUNT_ID, CLOUDFLARE_API_TOKEN, CLOUDFLARE_BASE_URL } = config;
  return createLlmRouter({
    scripted: createScriptedLlm({ sleep: clock.sleep }),
    ...(ANTHROPIC_API_KEY === undefined
      ? {}
      : {
          anthropic: (await import('./llm/anthropic.ts')).createAnthropicLlm({
            apiKey: ANTHROPIC_API_KEY,
            ...(ANTHROPIC_BASE_URL === undefined ? {} : { baseUrl: ANTHROPIC_BASE_URL }),
          }),
        }),
    // A server of one's own often takes no key.
    ...(OPENAI_API_KEY === undefined && OPENAI_BASE_URL === undefined
      ? {}
      : {
          openai: (await import('./llm/openai.ts')).createOpenAiLlm({
            ...(OPENAI_API_KEY === undefined ? {} : { apiKey: OPENAI_API_KEY }),
            ...(OPENAI_BASE_URL === undefined ? {} : { baseUrl: OPENAI_BASE_URL }),
          }),
        }),
    ...(CLOUDFLARE_ACCOUNT_ID === undefined || CLOUDFLARE_API_TOKEN === undefined
      ? {}
      : {
          cloudflare: (await import('./llm/cloudflare.ts')).createCloudflareLlm({
            accountId: CLOUDFLARE_ACCOUNT_ID,
            apiToken: CLOUDFLARE_API_TOKEN,
            ...(CLOUDFLARE_BASE_URL === undefined ? {} : { baseUrl: CLOUDFLARE_BASE_URL }),
          }),
        }),
    ...(config.AGENT_DEFAULT_MODEL === undefined ? {} : { defaultModel: config.AGENT_DEFAULT_MODEL }),
    ...(config.AGENT_SIMPLE_MODEL === undefined ? {} : { simpleModel: config.AGENT_SIMPLE_MODEL }),
    ...(config.AGENT_FALLBACK_MODEL === undefined ? {} : { fallbackModel: config.AGENT_FALLBACK_MODEL }),
    ...(config.AGENT_BACKGROUND_MODEL === undefined
      ? {}
      : { backgroundModel: config.AGENT_BACKGROUND_MODEL }),
  });
}

export async function openModeration(
  config: Config,
  deps: { clock: Clock; logger: Logger; metrics: Metrics; tracer: Tracer },
): Promise<Moderation | undefined> {
  if (config.MODERATION_PROVIDER === 'off') return undefined;
  const { sleep, elapsed } = deps.clock;
  const { createOpenAiModerator } = await import('./llm/moderate-openai.ts');
  const moderator = createOpenAiModerator({
    model: config.MODERATION_MODEL,
    apiKey: config.MODERATION_API_KEY ?? config.OPENAI_API_KEY,
    baseUrl: config.MODERATION_BASE_URL ?? config.OPENAI_BASE_URL,
  });
  return createModeration({
    ...deps,
    moderator: withBreaker(moderator, { sleep, elapsed, timeoutMs: config.MODERATION_TIMEOUT_MS }),
    whenDown: config.MODERATION_WHEN_DOWN,
  });
}
