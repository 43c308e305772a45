// Words for what an agent is set to do. Pure.
import type { Agent } from '@parley/client';

export const MODES: Record<Agent['responseMode'], { label: string; about: string }> = {
  mention: {
    label: 'When addressed',
    about: 'Speaks when someone mentions it, answers it, or talks to it alone.',
  },
  helpful: { label: 'Helpful', about: 'Also answers open questions that nobody takes up.' },
  lively: { label: 'Lively', about: 'Joins in when it has something to say.' },
};

const PROVIDERS: Record<string, string> = {
  anthropic: 'Anthropic',
  openai: 'OpenAI',
  cloudflare: 'Cloudflare',
  scripted: 'the built-in script',
};

/** "claude-sonnet by Anthropic", "the built-in script". */
export function thinksWith({ effectiveProvider, effectiveModel }: Agent): string {
  const provider = PROVIDERS[effectiveProvider] ?? effectiveProvider;
  return effectiveProvider === 'scripted' ? provider : `${effectiveModel} by ${provider}`;
}

/** `send_message` as "send message". */
export const toolWords = (name: string): string => name.replaceAll('_', ' ');
