// Picks the provider for a call and says why. Pure over what is configured; must never fail: the scripted provider is always there.
import type { Llm, LlmChoice, LlmRouter, Turn } from './llm.ts';

export type { LlmRouter } from './llm.ts';

export interface RouterOptions {
  anthropic?: Llm;
  openai?: Llm;
  cloudflare?: Llm;
  scripted: Llm;
  /** `provider:model` for turns that need no more, and for when a budget allows no better. */
  simpleModel?: string;
  /** `provider:model` for when the model of an agent fails. */
  fallbackModel?: string;
  /** `provider:model` for turns that nobody waits for. */
  backgroundModel?: string;
  /** For 'auto', and for requests that name no model. */
  defaultModel?: string;
  /** The model of each provider when neither the request nor `defaultModel` fits it. */
  defaultModels?: Partial<Record<'anthropic' | 'openai' | 'cloudflare', string>>;
}

const REMOTE = ['anthropic', 'openai', 'cloudflare'] as const;

const DEFAULT_MODELS = {
  anthropic: 'claude-sonnet-5-5',
  openai: 'gpt-5-mini',
  cloudflare: '@cf/meta/llama-3.3-70b-instruct-fp8-fast',
};

export const SCRIPTED_MODEL = 'scripted';

export function createLlmRouter(options: RouterOptions): LlmRouter {
  const configured = REMOTE.filter((name) => options[name] !== undefined);
  const script = (reason: string): LlmChoice => ({
    llm: options.scripted,
    provider: 'scripted',
    model: SCRIPTED_MODEL,
    reason,
  });
  const modelFor = (name: (typeof REMOTE)[number], asked: string | undefined): string => {
    if (asked && asked !== 'auto' && asked !== SCRIPTED_MODEL) return asked;
    if (options.defaultModel && fits(name, options.defaultModel)) return options.defaultModel;
    return options.defaultModels?.[name] ?? DEFAULT_MODELS[name];
  };
  /** A model of the configuration, if its provider has a key. */
  const named = (spec: string | undefined, reason: string): LlmChoice | undefined => {
    const at = spec?.indexOf(':') ?? -1;
    const name = REMOTE.find((candidate) => candidate === spec?.slice(0, at));
    const llm = name === undefined ? undefined : options[name];
    return name === undefined || llm === undefined
      ? undefined
      : { llm, provider: name, model: spec?.slice(at + 1) ?? '', reason };
  };
  const router: LlmRouter = {
    configured: () => [...configured],
    routes(wish, turn) {
      const main = router.pick(wish);
      const open = main.reason === 'preferred_by_auto' && !wish.model;
      const routes = [
        ...(open && turn.lane === 'background' ? [named(options.backgroundModel, 'background')] : []),
        ...(open && isSimple(turn) ? [named(options.simpleModel, 'simple_turn')] : []),
        main,
        ...(main.provider === 'scripted' ? [] : [named(options.fallbackModel, 'fallback')]),
        ...(main.provider === 'scripted' ? [] : [named(options.simpleModel, 'cheaper')]),
      ].filter((route) => route !== undefined);
      return routes.filter(
        (route, i) =>
          routes.findIndex((other) => other.provider === route.provider && other.model === route.model) === i,
      );
    },
    pick({ provider, model }) {
      if (provider === 'scripted') return script('asked');
      if (provider === 'auto' || provider === '') {
        const best = (model ? configured.find((name) => owns(name, model)) : undefined) ?? configured[0];
        if (best === undefined) return script('no_provider_configured');
        const usable = model && fits(best, model) ? model : undefined;
        return {
          llm: options[best] as Llm,
          provider: best,
          model: modelFor(best, usable),
          reason: 'preferred_by_auto',
        };
      }
      const name = REMOTE.find((candidate) => candidate === provider);
      if (name === undefined) return script('unknown_provider');
      const llm = options[name];
      if (llm === undefined) return script(`no_key_for_${name}`);
      return { llm, provider: name, model: modelFor(name, model), reason: 'asked' };
    },
  };
  return router;
}

/** Characters of a question, and tokens of its prompt, up to which a small model does as well. */
const SIMPLE_TEXT = 160;
const SIMPLE_PROMPT = 3000;

/** Short, in one line, without code and addresses. */
const isSimple = ({ text, promptTokens }: Turn): boolean =>
  promptTokens <= SIMPLE_PROMPT && text.length <= SIMPLE_TEXT && !/\n|`|https?:|[{};]/.test(text);

/** The provider a model's name belongs to without doubt. */
function owns(name: (typeof REMOTE)[number], model: string): boolean {
  if (name === 'anthropic') return model.startsWith('claude-');
  if (name === 'cloudflare') return model.startsWith('@cf/');
  return /^(gpt-|o\d|chatgpt-)/.test(model);
}

/** False only when the model is certainly another provider's; servers behind OPENAI_BASE_URL name models as they like. */
function fits(name: (typeof REMOTE)[number], model: string): boolean {
  if (name === 'anthropic') return owns('anthropic', model);
  if (name === 'cloudflare') return owns('cloudflare', model);
  return !owns('anthropic', model) && !owns('cloudflare', model);
}
