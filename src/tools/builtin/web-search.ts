// Searches the web through the provider that the operator chose: Brave, Tavily or a SearXNG of one's own, each in its own wire
// format. Must never fetch what it finds.
import { z } from 'zod';
import { defineTool, type Tool, toolFailure } from '../tool.ts';
import { notConfigured, type ServiceClient, served } from './service-client.ts';

export interface WebSearchConfig {
  provider: 'brave' | 'tavily' | 'searxng';
  url: string;
  apiKey?: string | undefined;
}

export const SEARCH_URLS = {
  brave: 'https://api.search.brave.com',
  tavily: 'https://api.tavily.com',
} as const;

const input = z.strictObject({
  query: z.string().trim().min(1).max(400).describe('What to search for.'),
  limit: z.number().int().min(1).max(10).optional().describe('At most this many. Default 5.'),
});

interface Found {
  title: string;
  url: string;
  snippet: string;
  at?: string;
}

const Text = z.string().nullish();
const Brave = z.object({
  web: z
    .object({
      results: z.array(z.object({ title: Text, url: z.string(), description: Text, page_age: Text })),
    })
    .nullish(),
});
const Tavily = z.object({
  results: z.array(z.object({ title: Text, url: z.string(), content: Text, published_date: Text })),
});
const Searx = z.object({
  results: z.array(z.object({ title: Text, url: z.string(), content: Text, publishedDate: Text })),
});

/** Output: `{ results: [{ title, url, snippet, at? }] }`. */
export function createWebSearch(config: WebSearchConfig | undefined, client: ServiceClient): Tool {
  const unavailable = config === undefined ? notConfigured('WEB_SEARCH_PROVIDER') : undefined;
  return defineTool<z.infer<typeof input>>({
    name: 'web_search',
    description: 'Searches the internet for current information. Answers titles, addresses and excerpts.',
    input,
    effect: 'read',
    timeoutMs: 20_000,
    permissions: [],
    cacheMs: 10 * 60_000,
    ...(unavailable === undefined ? {} : { unavailable }),
    execute: ({ query, limit = 5 }, ctx) =>
      served(ctx, async () => {
        if (config === undefined) return toolFailure('not_configured', unavailable as string);
        const found = await ask(config, client, query, limit, ctx.signal);
        const results = found
          .filter(({ url }) => /^https?:\/\//i.test(url))
          .slice(0, limit)
          .map(({ title, url, snippet, at }) => ({
            title: plain(title).slice(0, 200),
            url: url.slice(0, 2000),
            snippet: plain(snippet).slice(0, 1000),
            ...(at === undefined ? {} : { at }),
          }));
        return { ok: true, output: { results }, summary: `${results.length} found` };
      }),
  });
}

async function ask(
  { provider, url, apiKey }: WebSearchConfig,
  client: ServiceClient,
  query: string,
  limit: number,
  signal: AbortSignal,
): Promise<Found[]> {
  const base = url.replace(/\/+$/, '');
  const service = 'The search provider';
  const search = (path: string, parameters: Record<string, string>): string =>
    `${base}${path}?${new URLSearchParams(parameters)}`;
  if (provider === 'brave') {
    const address = search('/res/v1/web/search', { q: query, count: String(limit) });
    const headers: Record<string, string> = apiKey === undefined ? {} : { 'x-subscription-token': apiKey };
    const { web } = Brave.parse(await client.json(service, address, { headers, signal }));
    return (web?.results ?? []).map((r) => toFound(r, r.description, r.page_age));
  }
  if (provider === 'tavily') {
    const answer = await client.json(service, `${base}/search`, {
      method: 'POST',
      ...(apiKey === undefined ? {} : { headers: { authorization: `Bearer ${apiKey}` } }),
      body: { query, max_results: limit },
      signal,
    });
    return Tavily.parse(answer).results.map((r) => toFound(r, r.content, r.published_date));
  }
  const answer = await client.json(service, search('/search', { q: query, format: 'json' }), { signal });
  return Searx.parse(answer).results.map((r) => toFound(r, r.content, r.publishedDate));
}

const toFound = (
  { title, url }: { title?: string | null | undefined; url: string },
  snippet: string | null | undefined,
  at: string | null | undefined,
): Found => ({ title: title ?? url, url, snippet: snippet ?? '', ...(at == null ? {} : { at }) });

/** Without markup and with its entities read. */
const plain = (html: string): string =>
  html
    .replaceAll(/<[^>]*>/g, '')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll(/&#0?39;|&#x27;/g, "'")
    .replaceAll('&amp;', '&')
    .replaceAll(/\s+/g, ' ')
    .trim();
