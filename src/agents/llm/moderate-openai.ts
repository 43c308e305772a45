// Asks any server that speaks OpenAI's moderation endpoint. Must never put into errors what it was given.
import OpenAI from 'openai';
import { type Moderator, NoVerdict } from './moderate.ts';
import { OPENAI_BASE_URL } from './openai.ts';

export function createOpenAiModerator(options: {
  model: string;
  apiKey?: string | undefined;
  baseUrl?: string | undefined;
}): Moderator {
  const { model } = options;
  const client = new OpenAI({
    apiKey: options.apiKey ?? 'none',
    baseURL: options.baseUrl ?? OPENAI_BASE_URL,
    // Null keeps the SDK from reading its own environment variables.
    organization: null,
    project: null,
    adminAPIKey: null,
    webhookSecret: null,
    maxRetries: 0,
    logLevel: 'off',
  });
  return {
    provider: 'openai',
    model,
    async moderate(text, signal) {
      const answer = await client.moderations.create({ model, input: text }, { signal });
      const results = Array.isArray(answer?.results) ? answer.results : [];
      if (results.length === 0 || results.some((result) => typeof result?.flagged !== 'boolean'))
        throw new NoVerdict('The service answered without a verdict.');
      const found = results.filter((result) => result.flagged);
      const categories = found.flatMap((result) =>
        Object.entries(result.categories ?? {}).flatMap(([name, is]) => (is === true ? [name] : [])),
      );
      return {
        flagged: found.length > 0,
        categories: [...new Set(categories)].slice(0, 20).map((name) => name.slice(0, 60)),
        model: typeof answer.model === 'string' ? answer.model.slice(0, 100) : model,
      };
    },
  };
}
