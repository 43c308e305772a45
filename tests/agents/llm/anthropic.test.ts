// What is particular to Claude's Messages API: block order, broken arguments, thinking, refusals, overload in mid-stream.
import { afterEach, describe, expect, it } from 'vitest';
import { createAnthropicLlm } from '../../../src/agents/llm/anthropic.ts';
import { generate, type LlmRequest } from '../../../src/agents/llm/llm.ts';
import { type BadServer, calculator, collect, request, serve } from './support.ts';

let server: BadServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

type Event = { type: string; [key: string]: unknown };

const start: Event = {
  type: 'message_start',
  message: {
    id: 'm',
    type: 'message',
    role: 'assistant',
    model: 'claude-x',
    content: [],
    stop_reason: null,
    usage: { input_tokens: 5, cache_read_input_tokens: 20, cache_creation_input_tokens: 3, output_tokens: 1 },
  },
};
const finish = (stop_reason: string): Event[] => [
  { type: 'message_delta', delta: { stop_reason, stop_sequence: null }, usage: { output_tokens: 9 } },
  { type: 'message_stop' },
];
const block = (index: number, content_block: object, ...deltas: object[]): Event[] => [
  { type: 'content_block_start', index, content_block },
  ...deltas.map((delta) => ({ type: 'content_block_delta', index, delta })),
  { type: 'content_block_stop', index },
];
const text = (index: number, words: string): Event[] =>
  block(index, { type: 'text', text: '' }, { type: 'text_delta', text: words });
const tool = (index: number, ...json: string[]): Event[] =>
  block(
    index,
    { type: 'tool_use', id: `t${index}`, name: 'calculator', input: {} },
    ...json.map((partial_json) => ({ type: 'input_json_delta', partial_json })),
  );

async function open(events: Event[]) {
  server = await serve((res) => {
    res.writeHead(200, { 'content-type': 'text/event-stream' });
    for (const event of events) res.write(`event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
    res.end();
  });
  return createAnthropicLlm({ apiKey: 'key-1', baseUrl: server.url });
}

const ask = async (events: Event[], more: Partial<LlmRequest> = {}) =>
  generate(await open(events), request('hello', { tools: [calculator], ...more }));

describe('anthropic', () => {
  it('reports broken tool arguments as text', async () => {
    const answer = await ask([start, ...tool(0, '{"expression": ', '1 +'), ...finish('tool_use')]);
    expect(answer.toolCalls).toEqual([
      { type: 'tool_call', id: 't0', name: 'calculator', args: undefined, invalidArgs: '{"expression": 1 +' },
    ]);
  });

  it('keeps two calls and the text between them apart, in order, and leaves thinking out', async () => {
    const thinking = block(
      0,
      { type: 'thinking', thinking: '', signature: '' },
      { type: 'thinking_delta', thinking: 'hm' },
    );
    const llm = await open([
      start,
      ...thinking,
      ...tool(1, '{"x":1}'),
      ...text(2, 'and'),
      ...tool(3),
      { type: 'ping' },
      ...finish('tool_use'),
    ]);
    const events = await collect(llm.stream(request('hello', { tools: [calculator] })));
    expect(events).toEqual([
      { type: 'tool_call', id: 't1', name: 'calculator', args: { x: 1 } },
      { type: 'text', text: 'and' },
      { type: 'tool_call', id: 't3', name: 'calculator', args: {} },
      {
        type: 'done',
        stopReason: 'tool_use',
        usage: { inputTokens: 28, outputTokens: 9 },
        model: 'claude-x',
      },
    ]);
  });

  it.each([
    ['end_turn', 'end'],
    ['stop_sequence', 'end'],
    ['refusal', 'refusal'],
    ['max_tokens', 'max_tokens'],
    ['model_context_window_exceeded', 'max_tokens'],
  ])('reads %s as %s', async (reason, stopReason) => {
    expect((await ask([start, ...text(0, 'x'), ...finish(reason)])).stopReason).toBe(stopReason);
  });

  it.each([
    ['overloaded_error', 'overloaded'],
    ['rate_limit_error', 'rate_limited'],
    ['api_error', 'unavailable'],
    ['billing_error', 'auth'],
  ])('maps an %s in mid-stream to %s', async (type, kind) => {
    await expect(ask([start, { type: 'error', error: { type, message: 'x' } }])).rejects.toMatchObject({
      kind,
    });
  });

  it('does not take a stream without its end for an answer', async () => {
    await expect(ask([start, ...text(0, 'half')])).rejects.toMatchObject({ kind: 'bad_response' });
  });

  it('sends results before text, no empty text, ids the API takes, and no temperature', async () => {
    await ask([start, ...text(0, 'x'), ...finish('end_turn')], {
      temperature: 0.5,
      messages: [
        { role: 'user', content: [{ type: 'text', text: 'a' }] },
        {
          role: 'assistant',
          content: [
            { type: 'text', text: '' },
            { type: 'tool_call', id: 'call:1', name: 'calculator', args: undefined },
          ],
        },
        {
          role: 'user',
          content: [
            { type: 'text', text: 'b' },
            { type: 'tool_result', id: 'call:1', name: 'calculator', result: 'no', isError: true },
          ],
        },
      ],
    });
    const sent = server?.seen[0];
    expect(sent?.headers.authorization ?? sent?.headers['x-api-key']).toMatch(/^(Bearer )?key-1$/);
    expect(sent?.body.messages.slice(1)).toEqual([
      { role: 'assistant', content: [{ type: 'tool_use', id: 'call_1', name: 'calculator', input: {} }] },
      {
        role: 'user',
        content: [
          { type: 'tool_result', tool_use_id: 'call_1', content: 'no', is_error: true },
          { type: 'text', text: 'b' },
        ],
      },
    ]);
    expect(sent?.body).not.toHaveProperty('temperature');
    expect(sent?.body).toMatchObject({ max_tokens: 500, system: 'You are a test.', stream: true });
  });
});
