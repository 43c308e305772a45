// What every provider promises, through its real SDK against a mock of its API.
import { LLMock } from '@copilotkit/aimock';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createAnthropicLlm } from '../../../src/agents/llm/anthropic.ts';
import { createCloudflareLlm } from '../../../src/agents/llm/cloudflare.ts';
import { generate, type Llm, type LlmMessage } from '../../../src/agents/llm/llm.ts';
import { createOpenAiLlm } from '../../../src/agents/llm/openai.ts';
import { withRetry } from '../../../src/agents/llm/retry.ts';
import { wrapLlm } from '../../../src/agents/llm/wrap.ts';
import { type FakeTime, fakeTime } from './fake-time.ts';
import { calculator, collect, request, serve, textOf } from './support.ts';

const PROVIDERS: [name: string, make: (url: string) => Llm][] = [
  ['anthropic', (url) => createAnthropicLlm({ apiKey: 'test', baseUrl: url })],
  ['openai', (url) => createOpenAiLlm({ apiKey: 'test', baseUrl: `${url}/v1` })],
  ['cloudflare', (url) => createCloudflareLlm({ accountId: 'acc', apiToken: 'test', baseUrl: `${url}/v1` })],
];

describe.each(PROVIDERS)('%s', (provider, make) => {
  let mock: LLMock;
  let llm: Llm;

  beforeEach(async () => {
    mock = new LLMock({ port: 0, host: '127.0.0.1', chunkSize: 5 });
    await mock.start();
    llm = make(mock.url);
  });
  afterEach(() => mock.stop());

  const retried = (time: FakeTime) => withRetry(llm, { sleep: time.sleep, random: () => 0 });

  it('streams text in pieces and ends with usage and model', async () => {
    mock.onMessage('hello', {
      content: 'Hi there, how are you?',
      usage: { input_tokens: 11, output_tokens: 7, prompt_tokens: 11, completion_tokens: 7 },
    });
    const events = await collect(llm.stream(request('hello')));
    expect(textOf(events)).toBe('Hi there, how are you?');
    expect(events.filter((event) => event.type === 'text').length).toBeGreaterThan(2);
    expect(events.at(-1)).toEqual({
      type: 'done',
      stopReason: 'end',
      usage: { inputTokens: 11, outputTokens: 7 },
      model: 'test-model',
    });
    expect(llm.provider).toBe(provider);
  });

  it('runs a tool loop: call out, result in, answer out', async () => {
    mock.on(
      { userMessage: '17', hasToolResult: false },
      { toolCalls: [{ id: 'call_abc', name: 'calculator', arguments: '{"expression":"17*23"}' }] },
    );
    mock.on({ toolCallId: 'call_abc' }, { content: 'It is 391.' });
    const first = await generate(llm, request('what is 17 * 23?', { tools: [calculator] }));
    expect(first).toMatchObject({
      stopReason: 'tool_use',
      toolCalls: [{ id: 'call_abc', name: 'calculator', args: { expression: '17*23' } }],
    });
    const messages: LlmMessage[] = [
      ...request('what is 17 * 23?').messages,
      {
        role: 'assistant',
        content: [{ type: 'tool_call', id: 'call_abc', name: 'calculator', args: { expression: '17*23' } }],
      },
      { role: 'user', content: [{ type: 'tool_result', id: 'call_abc', name: 'calculator', result: '391' }] },
    ];
    expect((await generate(llm, request('', { messages, tools: [calculator] }))).text).toBe('It is 391.');
  });

  it('maps tool names the API refuses, and back', async () => {
    mock.onMessage('send', { toolCalls: [{ id: 'c1', name: 'messages_send', arguments: '{}' }] });
    const tools = [{ ...calculator, name: 'messages.send' }];
    const answer = await generate(llm, request('send it', { tools }));
    expect(answer.toolCalls).toMatchObject([{ name: 'messages.send', args: {} }]);
    expect(JSON.stringify(mock.getLastRequest()?.body)).not.toContain('messages.send');
  });

  it('reports arguments that are not JSON instead of throwing', async () => {
    mock.onMessage('sum', { toolCalls: [{ id: 'c1', name: 'calculator', arguments: '{"expression": 1 +' }] });
    const answer = await generate(llm, request('sum', { tools: [calculator] }));
    // The mock of Claude writes {} for what it cannot parse; the real API streams the text as it is (see anthropic.test.ts).
    if (provider !== 'anthropic') {
      expect(answer.toolCalls).toEqual([
        {
          type: 'tool_call',
          id: 'c1',
          name: 'calculator',
          args: undefined,
          invalidArgs: '{"expression": 1 +',
        },
      ]);
    }
    expect(answer.stopReason).toBe('tool_use');
  });

  it('says when the answer was cut', async () => {
    mock.onMessage('long', {
      content: 'and so on',
      finishReason: provider === 'anthropic' ? 'max_tokens' : 'length',
    });
    expect((await generate(llm, request('long'))).stopReason).toBe('max_tokens');
  });

  it('waits as long as a 429 asks, then succeeds', async () => {
    mock.on(
      { userMessage: 'hello', sequenceIndex: 0 },
      { error: { message: 'slow down' }, status: 429, retryAfter: 7 },
    );
    mock.onMessage('hello', { content: 'Hi.' });
    const time = fakeTime({ instant: true });
    expect((await generate(retried(time), request('hello'))).text).toBe('Hi.');
    expect(time.waits).toEqual([7000]);
  });

  it('tries again after a 500', async () => {
    mock.nextRequestError(500, { message: 'oops' });
    mock.onMessage('hello', { content: 'Hi.' });
    const time = fakeTime({ instant: true });
    expect((await generate(retried(time), request('hello'))).text).toBe('Hi.');
    expect(time.waits).toEqual([250]);
    expect(mock.getRequests()).toHaveLength(2);
  });

  it.each([
    [401, 'auth', false],
    [403, 'auth', false],
    [400, 'bad_request', false],
    [404, 'bad_request', false],
    [429, 'rate_limited', true],
    [500, 'unavailable', true],
    [503, 'overloaded', true],
  ])('maps HTTP %i to %s', async (status, kind, retryable) => {
    mock.nextRequestError(status, { message: 'my secret prompt' });
    const error = await generate(llm, request('hello')).catch((thrown) => thrown);
    expect(error).toMatchObject({ name: 'LlmError', kind, retryable, status, partial: false });
    expect(error.message).not.toContain('secret');
  });

  it('turns a garbage body into bad_response', async () => {
    mock.setChaos({ malformedRate: 1 });
    mock.onMessage('hello', { content: 'Hi.' });
    await expect(generate(llm, request('hello'))).rejects.toMatchObject({
      kind: 'bad_response',
      retryable: true,
    });
  });

  it('throws when the stream breaks in the middle, after what came before', async () => {
    mock.onMessage(
      'hello',
      { content: 'one two three four five six' },
      { truncateAfterChunks: 5, latency: 4 },
    );
    const time = fakeTime({ instant: true });
    let text = '';
    const error = await (async () => {
      for await (const event of retried(time).stream(request('hello')))
        if (event.type === 'text') text += event.text;
    })().catch((thrown) => thrown);
    expect(error).toMatchObject({ name: 'LlmError', partial: true });
    expect(['unavailable', 'bad_response']).toContain(error.kind);
    expect(text.length).toBeGreaterThan(0);
    expect('one two three four five six'.startsWith(text)).toBe(true);
    expect(mock.getRequests()).toHaveLength(1);
  });

  it('gives up on a server that hangs, and closes the connection', async () => {
    let closed = false;
    const server = await serve((res) => {
      res.on('close', () => {
        closed = true;
      });
    });
    try {
      llm = make(server.url);
      const time = fakeTime();
      const wrapped = wrapLlm(llm, {
        sleep: time.sleep,
        elapsed: time.now,
        random: () => 0,
        tries: 1,
        idleMs: 1000,
      });
      const pending = generate(wrapped, request('hello'));
      const outcome = expect(pending).rejects.toMatchObject({ kind: 'timeout', retryable: true });
      await server.arrived(1);
      await time.advance(1000);
      await outcome;
      await expect.poll(() => closed).toBe(true);
      expect(time.pending()).toBe(0);
    } finally {
      await server.close();
    }
  });

  it('stops at once when it is cancelled, and closes the connection', async () => {
    let closed = false;
    const server = await serve((res) => {
      res.on('close', () => {
        closed = true;
      });
    });
    try {
      const control = new AbortController();
      const pending = generate(make(server.url), request('hello', { signal: control.signal }));
      const outcome = expect(pending).rejects.toMatchObject({ kind: 'cancelled', retryable: false });
      await server.arrived(1);
      control.abort();
      await outcome;
      await expect.poll(() => closed).toBe(true);
    } finally {
      await server.close();
    }
  });

  it('does not call when it is cancelled already', async () => {
    await expect(generate(llm, request('hello', { signal: AbortSignal.abort() }))).rejects.toMatchObject({
      kind: 'cancelled',
    });
    expect(mock.getRequests()).toHaveLength(0);
  });

  it('says that a server is not there', async () => {
    const server = await serve(() => undefined);
    await server.close();
    await expect(generate(make(server.url), request('hello'))).rejects.toMatchObject({ kind: 'unavailable' });
  });
});
