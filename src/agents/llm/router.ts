// Picks the provider for a call and says why. Pure over what is configured; must never fail: the scripted provider is always there.
import type { Llm, LlmChoice, LlmRouter } from './llm.ts';

export type { LlmRouter } from './llm.ts';

export interface RouterOptions {
  anthropic?: Llm;
  openai?: Llm;
  cloudflare?: Llm;
  scripted: Llm;
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
  return {
    configured: () => [...configured],
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
}

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
