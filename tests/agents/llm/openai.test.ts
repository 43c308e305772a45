// Servers that speak Chat Completions in their own accents, and what is sent to whom.
import { afterEach, describe, expect, it } from 'vitest';
import { cloudflareBaseUrl } from '../../../src/agents/llm/cloudflare.ts';
import { generate, type LlmRequest } from '../../../src/agents/llm/llm.ts';
import { createOpenAiLlm } from '../../../src/agents/llm/openai.ts';
import { type BadServer, calculator, request, serve, sse } from './support.ts';

let server: BadServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

const chunk = (delta: unknown, finish_reason: unknown = null) => ({
  choices: [{ index: 0, delta, finish_reason }],
});

async function ask(chunks: unknown[], more: Partial<LlmRequest> = {}) {
  server = await serve((res) => sse(res, chunks));
  return generate(createOpenAiLlm({ baseUrl: `${server.url}/v1` }), request('hello', more));
}

const call = (fields: object) => chunk({ tool_calls: [fields] });
const fn = (name: string | undefined, args: unknown) => ({
  function: { ...(name === undefined ? {} : { name }), arguments: args },
});

describe('OpenAI-compatible servers', () => {
  it('estimates usage that is missing, and says so', async () => {
    const answer = await ask([chunk({ content: 'Hello there' }), chunk({}, 'stop')]);
    expect(answer.usage.estimated).toBe(true);
    expect(answer.usage.inputTokens).toBeGreaterThan(5);
    expect(answer.usage.outputTokens).toBeGreaterThan(1);
  });

  it('takes usage for the end when the finish reason is missing', async () => {
    const usage = { prompt_tokens: 3, completion_tokens: 1, total_tokens: 4 };
    const answer = await ask([chunk({ content: 'Hi' }), { choices: [], usage }]);
    expect(answer).toMatchObject({
      text: 'Hi',
      stopReason: 'end',
      usage: { inputTokens: 3, outputTokens: 1 },
    });
  });

  it.each([
    ['stop', 'end'],
    ['eos', 'end'],
    ['something_new', 'end'],
    ['length', 'max_tokens'],
    ['model_length', 'max_tokens'],
    ['content_filter', 'refusal'],
  ])('reads the finish reason %s as %s', async (reason, stopReason) => {
    expect((await ask([chunk({ content: 'x' }), chunk({}, reason)])).stopReason).toBe(stopReason);
  });

  it('reads a refusal as text', async () => {
    const answer = await ask([chunk({ refusal: 'I cannot.' }), chunk({}, 'stop')]);
    expect(answer).toMatchObject({ text: 'I cannot.', stopReason: 'refusal' });
  });

  it.each([
    [
      'ids and indexes',
      [call({ index: 0, id: 'a', ...fn('calculator', '') }), call({ index: 0, ...fn(undefined, '{"x":1}') })],
    ],
    ['no id', [call({ index: 0, ...fn('calculator', '{"x"') }), call({ index: 0, ...fn(undefined, ':1}') })]],
    ['no index', [call({ id: 'a', ...fn('calculator', '{"x"') }), call(fn(undefined, ':1}'))]],
    ['an empty id', [call({ index: 0, id: '', ...fn('calculator', '{"x":1}') })]],
    [
      'an id repeated in every piece',
      [
        call({ index: 0, id: 'a', ...fn('calculator', '{"x"') }),
        call({ index: 0, id: 'a', ...fn('calculator', ':1}') }),
      ],
    ],
    ['arguments that are an object', [call({ index: 0, id: 'a', ...fn('calculator', { x: 1 }) })]],
    ['the old function_call', [chunk({ function_call: { name: 'calculator', arguments: '{"x":1}' } })]],
  ])('puts together a tool call with %s, also when it ends with "stop"', async (_, chunks) => {
    const answer = await ask([...chunks, chunk({}, 'stop')], { tools: [calculator] });
    expect(answer.stopReason).toBe('tool_use');
    expect(answer.toolCalls).toHaveLength(1);
    expect(answer.toolCalls[0]).toMatchObject({ name: 'calculator', args: { x: 1 } });
    expect(answer.toolCalls[0]?.id).toMatch(/^(a|call_0)$/);
  });

  it.each([
    ['by index', { index: 0, id: 'a' }, { index: 1, id: 'b' }],
    ['by id, with one index for all', { index: 0, id: 'a' }, { index: 0, id: 'b' }],
    ['by name only', {}, {}],
  ])('tells two calls apart %s', async (_, first, second) => {
    const answer = await ask([
      call({ ...first, ...fn('calculator', '{"x":1}') }),
      call({ ...second, ...fn('calculator', '{"x":2}') }),
      chunk({}, 'tool_calls'),
    ]);
    expect(answer.toolCalls.map((made) => made.args)).toEqual([{ x: 1 }, { x: 2 }]);
    expect(new Set(answer.toolCalls.map((made) => made.id)).size).toBe(2);
  });

  it('makes ids that differ from those of earlier turns', async () => {
    const messages: LlmRequest['messages'] = [
      ...request('hello').messages,
      { role: 'assistant', content: [{ type: 'tool_call', id: 'call_0', name: 'calculator', args: {} }] },
      { role: 'user', content: [{ type: 'tool_result', id: 'call_0', name: 'calculator', result: '1' }] },
    ];
    const answer = await ask([call(fn('calculator', '{}')), chunk({}, 'stop')], { messages });
    expect(answer.toolCalls[0]?.id).toBe('call_1');
  });

  it('reads no arguments as an empty object', async () => {
    const answer = await ask([call({ index: 0, id: 'a', ...fn('clock', '') }), chunk({}, 'tool_calls')]);
    expect(answer.toolCalls[0]?.args).toEqual({});
  });

  it('does not mind comments, empty choices and reasoning pieces', async () => {
    server = await serve((res) => {
      res.writeHead(200, { 'content-type': 'text/event-stream' });
      res.write(': keep-alive\n\n');
      sse2(res, [
        { choices: [] },
        chunk({ role: 'assistant', content: null }),
        chunk({ reasoning_content: 'hm' }),
      ]);
      sse2(res, [chunk({ content: 'Hi' }), chunk({ content: '' }, 'stop')]);
      res.end('data: [DONE]\n\n');
    });
    const answer = await generate(createOpenAiLlm({ baseUrl: `${server.url}/v1` }), request('hello'));
    expect(answer.text).toBe('Hi');
  });

  it.each([
    [
      'an error in the middle',
      [chunk({ content: 'x' }), { error: { message: 'no', code: 'rate_limit_exceeded' } }],
      'rate_limited',
    ],
    ['a quota that is used up', [{ error: { message: 'no', code: 'insufficient_quota' } }], 'auth'],
    ['an overload', [{ error: { message: 'no', type: 'engine_overloaded' } }], 'overloaded'],
    ['a piece that is not JSON', [chunk({ content: 'x' }), '{nope'], 'bad_response'],
    ['an end without a reason', [chunk({ content: 'x' })], 'bad_response'],
    ['nothing at all', [], 'bad_response'],
  ])('throws for %s', async (_, chunks, kind) => {
    await expect(ask(chunks)).rejects.toMatchObject({ kind });
  });

  it('throws bad_response for a page of HTML with status 200', async () => {
    server = await serve((res) =>
      res.writeHead(200, { 'content-type': 'text/html' }).end('<h1>Welcome</h1>'),
    );
    const llm = createOpenAiLlm({ baseUrl: `${server.url}/v1` });
    await expect(generate(llm, request('hello'))).rejects.toMatchObject({ kind: 'bad_response' });
  });

  it('reads Retry-After as a date against the date of the answer', async () => {
    server = await serve((res) =>
      res
        .writeHead(429, {
          date: 'Wed, 04 Mar 2026 10:00:00 GMT',
          'retry-after': 'Wed, 04 Mar 2026 10:00:12 GMT',
        })
        .end('{}'),
    );
    const llm = createOpenAiLlm({ baseUrl: `${server.url}/v1` });
    await expect(generate(llm, request('hello'))).rejects.toMatchObject({
      kind: 'rate_limited',
      retryAfterMs: 12_000,
    });
  });

  it('obeys a server that says a retry is no use', async () => {
    server = await serve((res) => res.writeHead(500, { 'x-should-retry': 'false' }).end('{}'));
    const llm = createOpenAiLlm({ baseUrl: `${server.url}/v1` });
    await expect(generate(llm, request('hello'))).rejects.toMatchObject({
      kind: 'unavailable',
      retryable: false,
    });
  });
});

describe('what is sent', () => {
  it('uses max_tokens and the given temperature for servers of one’s own', async () => {
    await ask([chunk({ content: 'x' }, 'stop')], { temperature: 0.3 });
    expect(server?.seen[0]).toMatchObject({
      path: '/v1/chat/completions',
      body: { max_tokens: 500, temperature: 0.3, stream: true, stream_options: { include_usage: true } },
    });
    expect(server?.seen[0]?.body).not.toHaveProperty('tools');
    expect(server?.seen[0]?.body).not.toHaveProperty('max_completion_tokens');
  });

  it.each([
    ['gpt-4o', { max_completion_tokens: 500, temperature: 0.3 }, ['max_tokens', 'reasoning_effort']],
    ['gpt-5-mini', { max_completion_tokens: 500 }, ['max_tokens', 'temperature', 'reasoning_effort']],
    ['gpt-6-sol', { reasoning_effort: 'none' }, ['max_tokens', 'temperature']],
    ['gpt-6-astra', {}, ['temperature', 'reasoning_effort']],
  ])('sends %s at OpenAI only what it takes', async (model, sent, left) => {
    let body: Record<string, unknown> = {};
    const fake: typeof fetch = async (_, init) => {
      body = JSON.parse(String(init?.body));
      return new Response(
        'data: {"choices":[{"index":0,"delta":{"content":"x"},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n',
        {
          headers: { 'content-type': 'text/event-stream' },
        },
      );
    };
    const llm = createOpenAiLlm({ apiKey: 'test', fetch: fake });
    await generate(llm, request('hello', { model, temperature: 0.3, tools: [calculator] }));
    expect(body).toMatchObject(sent);
    for (const key of left) expect(body).not.toHaveProperty(key);
  });

  it('writes turns as Chat Completions wants them: results before text, calls with their arguments as text', async () => {
    await ask([chunk({ content: 'x' }, 'stop')], {
      messages: [
        { role: 'user', content: [{ type: 'text', text: 'a' }] },
        {
          role: 'assistant',
          content: [
            { type: 'text', text: 'b' },
            { type: 'tool_call', id: '1', name: 'calculator', args: undefined },
          ],
        },
        {
          role: 'user',
          content: [
            { type: 'text', text: 'c' },
            { type: 'tool_result', id: '1', name: 'calculator', result: 'no', isError: true },
          ],
        },
      ],
    });
    expect(server?.seen[0]?.body.messages).toEqual([
      { role: 'system', content: 'You are a test.' },
      { role: 'user', content: 'a' },
      {
        role: 'assistant',
        content: 'b',
        tool_calls: [{ type: 'function', id: '1', function: { name: 'calculator', arguments: '{}' } }],
      },
      { role: 'tool', tool_call_id: '1', content: 'no' },
      { role: 'user', content: 'c' },
    ]);
  });

  it('builds the address of Workers AI from the account', () => {
    expect(cloudflareBaseUrl('abc/../x')).toBe(
      'https://api.cloudflare.com/client/v4/accounts/abc%2F..%2Fx/ai/v1',
    );
  });
});

function sse2(res: { write(text: string): unknown }, chunks: unknown[]): void {
  for (const piece of chunks) res.write(`data: ${JSON.stringify(piece)}\n\n`);
}
