// Translates by a LibreTranslate server where one is configured, and otherwise by the agent's own model. The text is data to both.
import { z } from 'zod';
import type { WriteText } from '../operate.ts';
import { defineTool, type Tool, toolFailure } from '../tool.ts';
import { notConfigured, type ServiceClient, served } from './service-client.ts';

export interface TranslateConfig {
  url: string;
  apiKey?: string | undefined;
}

const Language = z.string().regex(/^[a-z]{2,3}(-[A-Za-z]{2,4})?$/, 'is a code such as "de" or "pt-BR"');
const input = z.strictObject({
  text: z.string().trim().min(1).max(10_000),
  to: Language.describe('Code of the language to translate into, e.g. "de".'),
  from: Language.optional().describe('Code of its language; found out when left out.'),
});

const Answer = z.object({
  translatedText: z.string(),
  detectedLanguage: z.object({ language: z.string() }).nullish(),
});

/** Output: `{ text, to, from?, by: "service" | "model" }`. */
export function createTranslate(
  config: TranslateConfig | undefined,
  client: ServiceClient,
  write: WriteText,
): Tool {
  return defineTool<z.infer<typeof input>>({
    name: 'translate',
    description: 'Translates a text from one language into another.',
    input,
    effect: 'read',
    timeoutMs: 60_000,
    permissions: [],
    cacheMs: 24 * 3600_000,
    execute: ({ text, to, from }, ctx) =>
      served(ctx, async () => {
        if (config !== undefined) {
          const answer = await client.json(
            'The translation service',
            `${config.url.replace(/\/+$/, '')}/translate`,
            {
              method: 'POST',
              body: {
                q: text,
                source: from ?? 'auto',
                target: to,
                format: 'text',
                ...(config.apiKey === undefined ? {} : { api_key: config.apiKey }),
              },
              signal: ctx.signal,
            },
          );
          const { translatedText, detectedLanguage } = Answer.parse(answer);
          const source = from ?? detectedLanguage?.language;
          return {
            ok: true,
            output: {
              text: translatedText,
              to,
              by: 'service',
              ...(source === undefined ? {} : { from: source }),
            },
            summary: `into ${to}`,
          };
        }
        const said = await write(ctx, {
          task: `Translate the text ${from === undefined ? '' : `from "${from}" `}into the language with the code "${to}". Keep its form, names and numbers.`,
          text,
          maxTokens: 6000,
        });
        if (said === undefined || said === '')
          return toolFailure(
            'not_configured',
            notConfigured('TRANSLATE_URL, or the key of a model provider'),
          );
        return { ok: true, output: { text: said, to, by: 'model' }, summary: `into ${to}` };
      }),
  });
}
