// Tools that use services from outside, against a local server that speaks their wire formats: what they send, what they make of
// the answer, and what becomes of failures. And the sandbox and HTTP requests, as agents have them.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Agent } from '../../src/agents/profiles/contract.ts';
import type { Scope } from '../../src/core/scope.ts';
import { createServiceClient, type ServiceClient } from '../../src/tools/builtin/service-client.ts';
import { createWebSearch } from '../../src/tools/builtin/web-search.ts';
import { saying, startTown, type Town } from '../agents/town.ts';
import { context } from './context.ts';
import { type OutsideServer, startOutside } from './services.ts';

const PNG =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

let outside: OutsideServer;
let town: Town;
let ada: Scope;
let bot: Agent;

beforeAll(async () => {
  outside = await startOutside();
  town = await startTown({
    config: {
      WEB_SEARCH_PROVIDER: 'searxng',
      WEB_SEARCH_URL: outside.url,
      TRANSLATE_URL: outside.url,
      TRANSLATE_API_KEY: 'translate-key',
      IMAGE_BASE_URL: `${outside.url}/v1`,
      IMAGE_API_KEY: 'image-key',
    },
  });
  ada = await town.person('Ada');
}, 60_000);
afterAll(async () => {
  await town.stop();
  outside.stop();
});
beforeEach(async () => {
  bot = await town.agent(ada, {
    capabilities: ['web_search', 'translate', 'generate_image', 'http_request', 'run_code'],
  });
});

const invoke = (tool: string, input: object, more: object = {}) =>
  town.call(ada, 'invoke_tool', { agentId: bot.id, tool, input, ...more });

describe('web search', () => {
  const clients: ServiceClient[] = [];
  const search = (provider: 'brave' | 'tavily' | 'searxng') => {
    const client = createServiceClient([outside.url], 'Parley/test');
    clients.push(client);
    return createWebSearch({ provider, url: outside.url, apiKey: 'search-key' }, client);
  };
  afterAll(async () => {
    for (const client of clients) await client.stop();
  });
  const query = { query: 'opening hours & more', limit: 2 };
  const expected = {
    ok: true,
    output: {
      results: [
        { title: 'Hours & days', url: 'https://a.example/', snippet: 'Open "daily" from 9' },
        { title: 'https://b.example/', url: 'https://b.example/', snippet: '' },
      ],
    },
  };

  it('speaks Brave', async () => {
    outside.answers(() => ({
      body: {
        web: {
          results: [
            {
              title: 'Hours &amp; days',
              url: 'https://a.example/',
              description: '<strong>Open</strong> &quot;daily&quot;\n from 9',
            },
            { title: 'no page', url: 'javascript:alert(1)', description: 'x' },
            { url: 'https://b.example/' },
            { title: 'too many', url: 'https://c.example/', description: 'x' },
          ],
        },
      },
    }));
    expect(await search('brave').execute(query, context())).toMatchObject(expected);
    expect(outside.asked[0]).toMatchObject({
      method: 'GET',
      headers: { 'x-subscription-token': 'search-key', accept: 'application/json' },
    });
    expect(outside.asked[0]?.url.pathname).toBe('/res/v1/web/search');
    expect(Object.fromEntries(outside.asked[0]?.url.searchParams ?? [])).toEqual({
      q: 'opening hours & more',
      count: '2',
    });
  });

  it('speaks Tavily', async () => {
    outside.answers(() => ({
      body: {
        results: [
          { title: 'Hours & days', url: 'https://a.example/', content: 'Open "daily" from 9', score: 0.9 },
          { title: null, url: 'https://b.example/', content: null },
        ],
      },
    }));
    expect(await search('tavily').execute(query, context())).toMatchObject(expected);
    expect(outside.asked[0]).toMatchObject({
      method: 'POST',
      headers: { authorization: 'Bearer search-key', 'content-type': 'application/json' },
    });
    expect(outside.asked[0]?.url.pathname).toBe('/search');
    expect(JSON.parse(outside.asked[0]?.body ?? '')).toEqual({
      query: 'opening hours & more',
      max_results: 2,
    });
  });

  it('speaks SearXNG, for an agent, and asks once for the same question', async () => {
    outside.answers(() => ({
      body: {
        results: [
          { title: 'Hours & days', url: 'https://a.example/', content: 'Open "daily" from 9' },
          { url: 'https://b.example/' },
        ],
      },
    }));
    expect((await invoke('web_search', query)).output).toEqual(expected.output);
    expect((await invoke('web_search', query)).output).toEqual(expected.output);
    expect(outside.asked).toHaveLength(1);
    expect(Object.fromEntries(outside.asked[0]?.url.searchParams ?? [])).toEqual({
      q: 'opening hours & more',
      format: 'json',
    });
    // Another right is another question: nothing is given on that was found under the old one.
    await town.call(ada, 'put_agent_tools', {
      agentId: bot.id,
      tools: [{ tool: 'web_search', requesters: { users: [ada.user.id] } }],
    });
    await invoke('web_search', query);
    expect(outside.asked).toHaveLength(2);
  });

  it.each([
    [{ status: 401, body: 'no' }, 'service_key_refused'],
    [{ status: 429, body: 'slow' }, 'service_busy'],
    [{ status: 500, body: 'oops' }, 'service_refused'],
    [{ body: '<html>' }, 'bad_answer'],
    [{ body: { web: { results: 'none' } } }, 'bad_answer'],
    [
      { status: 302, body: '', headers: { location: 'http://169.254.169.254/latest' } },
      'address_not_allowed',
    ],
  ])('makes a failure of %j', async (answer, code) => {
    outside.answers(() => answer);
    const result = await search('brave').execute({ query: 'x' }, context());
    expect(result).toMatchObject({ ok: false, error: { code } });
    expect(JSON.stringify(result)).not.toContain('search-key');
  });

  it('is listed with what to set where it is not configured, and not offered to models', async () => {
    const bare = await startTown();
    try {
      const owner = await bare.person('Ada');
      const { data } = await bare.call(owner, 'list_tools');
      const tool = data.find(({ name }: { name: string }) => name === 'web_search');
      expect(tool.unavailable).toContain('WEB_SEARCH_PROVIDER');
      const agent = await bare.agent(owner, { capabilities: ['web_search', 'clock'] });
      const room = await bare.room(owner, agent);
      bare.plays(() => saying('Hello.'));
      await bare.say(owner, room, `@${agent.handle} hi`);
      await bare.settle();
      const names = bare.requests[0]?.tools.map(({ name }) => name);
      expect(names).toContain('clock');
      expect(names).not.toContain('web_search');
    } finally {
      await bare.stop();
    }
  });
});

describe('translation', () => {
  it('speaks LibreTranslate', async () => {
    outside.answers(() => ({
      body: { translatedText: 'Guten Morgen', detectedLanguage: { language: 'en', confidence: 90 } },
    }));
    expect((await invoke('translate', { text: 'Good morning', to: 'de' })).output).toEqual({
      text: 'Guten Morgen',
      to: 'de',
      from: 'en',
      by: 'service',
    });
    expect(outside.asked[0]?.url.pathname).toBe('/translate');
    expect(JSON.parse(outside.asked[0]?.body ?? '')).toEqual({
      q: 'Good morning',
      source: 'auto',
      target: 'de',
      format: 'text',
      api_key: 'translate-key',
    });
  });
});

describe('images', () => {
  it('speaks the images API, and keeps the image as a file of the room', async () => {
    outside.answers(() => ({ body: { created: 1, data: [{ b64_json: PNG }] } }));
    const room = await town.room(ada, bot);
    const made = await invoke('generate_image', { prompt: 'A red boat' }, { roomId: room.id });
    expect(made.output).toMatchObject({
      contentType: 'image/png',
      path: expect.stringMatching(/^images\/a-red-boat-/),
    });
    expect(outside.asked[0]).toMatchObject({
      method: 'POST',
      headers: { authorization: 'Bearer image-key' },
    });
    expect(outside.asked[0]?.url.pathname).toBe('/v1/images/generations');
    expect(JSON.parse(outside.asked[0]?.body ?? '')).toEqual({
      model: 'gpt-image-1',
      prompt: 'A red boat',
      size: '1024x1024',
      n: 1,
    });
    const file = await town.call(ada, 'get_file', { fileId: made.output.fileId });
    expect(file).toMatchObject({ body: PNG, encoding: 'base64', contentType: 'image/png' });
  });

  it('keeps nothing that is no image', async () => {
    const html = Buffer.from('<html>').toString('base64');
    outside.answers(() => ({ body: { data: [{ b64_json: html }] } }));
    expect(await invoke('generate_image', { prompt: 'x' })).toMatchObject({ error: { code: 'bad_answer' } });
  });
});

describe('programs', () => {
  it('run in the sandbox and answer what they return and print', async () => {
    const code = 'console.log("hi"); const n: number = input.n; return { square: n * n };';
    const done = await invoke('run_code', { code, language: 'typescript', input: { n: 12 } });
    expect(done).toMatchObject({ status: 'success', output: { result: { square: 144 }, logs: 'hi' } });
  });

  it('fail as values', async () => {
    expect(await invoke('run_code', { code: 'throw new Error("no")' })).toMatchObject({
      status: 'error',
      error: { code: 'threw', message: expect.stringContaining('no') },
    });
    expect(await invoke('run_code', { code: 'return process.env' })).toMatchObject({ status: 'error' });
  });
});

describe('HTTP requests', () => {
  it('wait for a person, and reach nothing internal even then', async () => {
    outside.answers(() => ({ body: 'secret' }));
    const inside = { url: `${outside.url}/admin` };
    expect(await invoke('http_request', inside)).toMatchObject({ status: 'needs_approval' });
    expect(await invoke('http_request', inside, { confirm: true })).toMatchObject({
      status: 'error',
      error: { code: 'address_not_allowed' },
    });
    expect(outside.asked).toHaveLength(0);
  });

  it('send no credentials that a model wrote', async () => {
    for (const name of ['Authorization', 'cookie', 'Host', 'X-Forwarded-For'])
      expect(
        await invoke('http_request', { url: 'https://example.com', headers: { [name]: 'x' } }),
      ).toMatchObject({ status: 'refused', error: { code: 'invalid_input' } });
  });

  it('go ahead by a grant that names the hosts, where the operator allows them', async () => {
    const open = await startTown({ config: { OUTGOING_ALLOW_HOSTS: '127.0.0.1' } });
    try {
      const owner = await open.person('Ada');
      const agent = await open.agent(owner);
      const put = (grant: object) =>
        open.call(owner, 'put_agent_tools', {
          agentId: agent.id,
          tools: [{ tool: 'http_request', approval: 'never', ...grant }],
        });
      await expect(put({})).rejects.toMatchObject({ reason: 'too_wide' });
      await put({ arguments: { url: { hosts: ['127.0.0.1'] }, method: { oneOf: ['GET'], optional: true } } });
      const ask = (input: object) =>
        open.call(owner, 'invoke_tool', { agentId: agent.id, tool: 'http_request', input });
      outside.answers(() => ({ body: { price: 5 }, headers: { 'set-cookie': 'a=b' } }));
      const answered = await ask({ url: `${outside.url}/price` });
      expect(answered).toMatchObject({ status: 'success', output: { status: 200, body: '{"price":5}' } });
      expect(answered.output.headers).not.toHaveProperty('set-cookie');
      expect(await ask({ url: `http://localhost:${outside.port}/` })).toMatchObject({
        status: 'refused',
        error: { code: 'argument_not_granted' },
      });
      expect(await ask({ url: `${outside.url}/`, method: 'DELETE' })).toMatchObject({ status: 'refused' });
      expect(outside.asked).toHaveLength(1);
    } finally {
      await open.stop();
    }
  });
});
