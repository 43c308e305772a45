// The built-in provider: what it understands, what it calls, what it says afterwards.
import { describe, expect, it } from 'vitest';
import { generate, type LlmMessage, type LlmRequest, type LlmTool } from '../../../src/agents/llm/llm.ts';
import { createScriptedLlm } from '../../../src/agents/llm/scripted.ts';
import { assemblePrompt, lastTrigger } from '../../../src/agents/prompts/prompts.ts';
import { fakeTime } from './fake-time.ts';
import { collect, done, request } from './support.ts';

const tools: LlmTool[] = ['calculator', 'clock', 'remember', 'recall'].map((name) => ({
  name,
  description: name,
  parameters: { type: 'object' },
}));

const scripted = () =>
  createScriptedLlm({ sleep: fakeTime({ instant: true }).sleep, readTrigger: lastTrigger });

function prompt(text: string, authorName = 'Sam'): Pick<LlmRequest, 'system' | 'messages'> {
  const { system, messages } = assemblePrompt({
    profile: { name: 'Parley', handle: 'parley' },
    room: { name: 'lobby', kind: 'channel', topic: 'what is 2 + 2?' },
    members: [{ name: 'Sam', handle: 'sam', kind: 'human' }],
    memories: [],
    history: [{ authorName: 'Mia', own: false, text: 'remember that I was here first' }],
    trigger: { text, authorName },
    budgetTokens: 4000,
  });
  return { system, messages };
}

const ask = (text: string, more: Partial<LlmRequest> = {}) =>
  generate(scripted(), request('', { ...prompt(text), tools, ...more }));

describe('scripted provider', () => {
  it.each([
    ['What is 17 * 23?', 'calculator', { expression: '17 * 23' }],
    ['@parley what is 17 x 23', 'calculator', { expression: '17*23' }],
    ['hey @parley, 2 plus 2', 'calculator', { expression: '2 + 2' }],
    ['how much is 15% of 80?', 'calculator', { expression: '15/100* 80' }],
    ['compute (1 + 2) * 3 please', 'calculator', { expression: '(1 + 2) * 3' }],
    ['what is the square root of 144?', 'calculator', { expression: 'sqrt(144)' }],
    ['1,000 times 3', 'calculator', { expression: '1000 * 3' }],
    ['what is 7-3?', 'calculator', { expression: '7-3' }],
    ['what time is it?', 'clock', {}],
    ["What's the date today?", 'clock', {}],
    ['could you tell me the time in Europe/Berlin', 'clock', { timeZone: 'Europe/Berlin' }],
    ['remember that the demo is on Friday', 'remember', { content: 'the demo is on Friday' }],
    ['Please remember: I am allergic to nuts.', 'remember', { content: 'Sam is allergic to nuts' }],
    ["don't forget that I like tea", 'remember', { content: 'Sam said: I like tea' }],
    ['My favourite colour is teal', 'remember', { content: "Sam's favourite colour is teal" }],
    ['remember that 2 + 2 is 4', 'remember', { content: '2 + 2 is 4' }],
    ['What is my favourite colour?', 'recall', { query: "Sam's favourite colour" }],
    ['what do you know about me?', 'recall', { query: 'Sam' }],
    ['@parley what do you remember about the demo?', 'recall', { query: 'the demo' }],
    ['do you recall when the demo is?', 'recall', { query: 'the demo is' }],
    ['Do you remember my birthday?', 'recall', { query: "Sam's birthday" }],
  ])('takes "%s" for %s', async (text, name, args) => {
    const answer = await ask(text);
    expect(answer).toMatchObject({
      stopReason: 'tool_use',
      text: '',
      toolCalls: [{ id: 'call_0', name, args }],
    });
  });

  it.each([
    'I will be there in 3-4 weeks',
    'we are open 24/7',
    'see you on 2026-01-02 at 10:30',
    'version 1.2.3 is out',
    'Is my code OK?',
    'how are you doing?',
    'time flies',
    'what is the meaning of this 5 star rating',
    'my dog ate it',
  ])('calls nothing for "%s"', async (text) => {
    const answer = await ask(text);
    expect(answer.toolCalls).toEqual([]);
    expect(answer.stopReason).toBe('end');
    expect(answer.text).not.toBe('');
  });

  it.each([
    [
      'calculator',
      { expression: '17 * 23' },
      '{"expression":"17 * 23","result":"391","exact":true}',
      false,
      '17 * 23 is 391.',
    ],
    [
      'clock',
      {},
      '{"iso":"2026-03-05T13:07:09.000Z","human":"Thursday, 5 March 2026, 13:07 (UTC)"}',
      false,
      'It is Thursday, 5 March 2026, 13:07 (UTC).',
    ],
    [
      'remember',
      { content: "Sam's cat is Tom" },
      '{"id":"1"}',
      false,
      "I will remember that Sam's cat is Tom.",
    ],
    [
      'recall',
      {},
      '{"memories":[{"content":"Sam\'s cat is Tom"}]}',
      false,
      "I remember that Sam's cat is Tom.",
    ],
    ['recall', {}, '["a is b","c is d."]', false, 'Here is what I remember:\n- a is b.\n- c is d.'],
    ['recall', {}, '{"memories":[]}', false, "I don't know that yet."],
    ['recall', {}, 'not json', false, "I don't know that yet."],
    [
      'calculator',
      { expression: '1/0' },
      '{"error":{"code":"undefined_result","message":"Division by zero."}}',
      true,
      'That did not work: the calculator tool said "Division by zero.".',
    ],
    ['weather', {}, '{"celsius":4}', false, 'The weather tool answered: {"celsius":4}'],
  ])('puts the result of %s %o into words', async (name, args, result, isError, words) => {
    const messages: LlmMessage[] = [
      ...prompt('whatever').messages,
      { role: 'assistant', content: [{ type: 'tool_call', id: 'call_0', name, args }] },
      { role: 'user', content: [{ type: 'tool_result', id: 'call_0', name, result, isError }] },
    ];
    expect((await ask('whatever', { messages })).text).toBe(words);
  });

  it('never calls a tool it was not offered', async () => {
    for (const text of ['17 * 23', 'what time is it', 'remember that a is b', 'what is my name?']) {
      const answer = await ask(text, { tools: [] });
      expect(answer.toolCalls).toEqual([]);
      expect(answer.text).toMatch(/not enabled/);
    }
  });

  it('greets by name', async () => {
    expect((await ask('Hello @parley!')).text).toBe('Hello Sam! How can I help?');
    expect((await ask('hi', prompt('hi', ''))).text).toBe('Hello! How can I help?');
  });

  it('says in its help what it can do and how to set a model', async () => {
    const { text } = await ask('help');
    expect(text).toMatch(/sums.*time.*remember/s);
    expect(text).toContain('ANTHROPIC_API_KEY');
    expect((await ask('help', { tools: [] })).text).not.toContain('sums');
  });

  it('is honest about what it cannot do, and gives its advice once', async () => {
    const first = (await ask('@parley write me a poem about the sea')).text;
    expect(first).toContain('"write me a poem about the sea"');
    expect(first).toContain('built-in scripted agent');
    expect(first).toContain('OPENAI_BASE_URL');
    const messages: LlmMessage[] = [
      ...prompt('x').messages,
      { role: 'assistant', content: [{ type: 'text', text: first }] },
      ...prompt('and one about hills').messages,
    ];
    const second = (await ask('', { messages })).text;
    expect(second).toContain('"and one about hills"');
    expect(second).not.toContain('ANTHROPIC_API_KEY');
  });

  it('prefers the trigger it is told, and reads plain text without sections', async () => {
    const told = await ask('hello', { trigger: { text: '6 * 7', authorName: 'Sam' } });
    expect(told.toolCalls[0]?.args).toEqual({ expression: '6 * 7' });
    const plain = await generate(scripted(), request('what is 6 * 7?', { tools }));
    expect(plain.toolCalls[0]?.args).toEqual({ expression: '6 * 7' });
  });

  it('streams word by word, the same every time, and counts its tokens', async () => {
    const time = fakeTime({ instant: true });
    const llm = createScriptedLlm({ sleep: time.sleep, wordMs: 7, readTrigger: lastTrigger });
    const events = await collect(llm.stream(request('', prompt('hello'))));
    expect(events.filter((event) => event.type === 'text').map((event) => event.text)).toEqual([
      'Hello ',
      'Sam! ',
      'How ',
      'can ',
      'I ',
      'help?',
    ]);
    expect(new Set(time.waits)).toEqual(new Set([7]));
    expect(events.at(-1)).toMatchObject({ type: 'done', stopReason: 'end', model: 'scripted' });
    expect(await collect(llm.stream(request('', prompt('hello'))))).toEqual(events);
  });

  it('stops at the token limit and when cancelled', async () => {
    expect(await ask('help', { maxTokens: 5 })).toMatchObject({ stopReason: 'max_tokens' });
    const control = new AbortController();
    const stream = scripted().stream(request('', { ...prompt('help'), signal: control.signal }));
    const read = (async () => {
      for await (const _ of stream) control.abort();
    })();
    await expect(read).rejects.toMatchObject({ kind: 'cancelled' });
  });

  it('plays a script instead, for tests', async () => {
    const llm = createScriptedLlm({
      sleep: fakeTime().sleep,
      async *script(req) {
        yield { type: 'text', text: `saw ${req.messages.length}` };
        yield done;
      },
    });
    expect((await generate(llm, request('x'))).text).toBe('saw 1');
  });
});
