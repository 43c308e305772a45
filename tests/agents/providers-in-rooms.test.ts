// From a mention to an answer through the real SDKs, against a mock of each provider's API; and what a room sees of its failures.
import { LLMock } from '@copilotkit/aimock';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Agent } from '../../src/agents/profiles/contract.ts';
import type { Scope } from '../../src/core/scope.ts';
import type { Room } from '../../src/server/rooms/contract.ts';
import { assemble, startTown, type Town } from './town.ts';

const PROVIDERS = [
  ['anthropic', 'claude-haiku-5-5', (url: string) => ({ ANTHROPIC_API_KEY: 'k', ANTHROPIC_BASE_URL: url })],
  ['openai', 'gpt-5-mini', (url: string) => ({ OPENAI_API_KEY: 'k', OPENAI_BASE_URL: `${url}/v1` })],
] as const;

describe.each(PROVIDERS)('%s', (provider, modelName, variables) => {
  const mock = new LLMock({ port: 0, host: '127.0.0.1', chunkSize: 7 });
  let town: Town;
  let ada: Scope;
  let bot: Agent;
  let room: Room;
  beforeAll(async () => {
    await mock.start();
    town = await startTown({ played: false, config: { ...variables(mock.url) } });
    ada = await town.person('Ada');
    bot = await town.agent(ada, { llmProvider: 'auto', modelName });
    room = await town.room(ada, bot);
  });
  afterAll(async () => {
    // First, so that no connection to it is kept alive.
    await mock.stop();
    await town.stop();
  });
  beforeEach(() => mock.reset());

  it('says in its profile which model answers', () => {
    expect(bot).toMatchObject({ effectiveProvider: provider, effectiveModel: modelName });
  });

  it('answers through a tool call, streamed, with what it cost', async () => {
    mock.on(
      { userMessage: '17', hasToolResult: false },
      { toolCalls: [{ id: 'call_abc', name: 'calculator', arguments: '{"expression":"17*23"}' }] },
    );
    mock.on(
      { toolCallId: 'call_abc' },
      {
        content: 'It is 391, which is a nice number.',
        usage: { input_tokens: 110, output_tokens: 70, prompt_tokens: 110, completion_tokens: 70 },
      },
    );
    const heard = town.listen(room);
    await town.say(ada, room, `@${bot.handle} what is 17 * 23?`);
    await town.settle();
    const answer = (await town.messages(ada, room)).at(-1);
    expect(answer).toMatchObject({
      kind: 'agent',
      body: 'It is 391, which is a nice number.',
      run: { status: 'completed', model: modelName },
    });
    expect(answer?.run?.costUsd).toBeGreaterThan(0);
    expect(assemble(heard)).toBe(answer?.body);
    expect(heard.filter((h) => h.type === 'agent_message_delta').length).toBeGreaterThan(0);
    expect(heard.filter((h) => h.type === 'tool_execution').at(-1)?.payload).toMatchObject({
      status: 'success',
      output: '17*23 = 391',
    });
    const [run] = await town.runs(ada, bot);
    expect(run).toMatchObject({ provider, model: modelName, status: 'completed' });
    expect(run?.inputTokens).toBeGreaterThan(0);
  });

  it('that fails shows as an error status and never as a message', async () => {
    mock.onMessage('hello', { error: { message: 'the secret detail' }, status: 500 });
    const heard = town.listen(room);
    const before = (await town.messages(ada, room)).length;
    await town.say(ada, room, `@${bot.handle} hello`);
    await town.settle();
    expect(await town.messages(ada, room)).toHaveLength(before + 1);
    expect((await town.runs(ada, bot))[0]).toMatchObject({ status: 'failed', reason: 'model_unavailable' });
    const last = heard.filter((h) => h.type === 'agent_thinking').at(-1);
    expect(last?.payload).toMatchObject({ agentId: bot.id, status: 'error' });
    expect(JSON.stringify(heard)).not.toContain('the secret detail');
  });

  it('does not break the room when it breaks off in mid-stream, and starts over once', async () => {
    mock.on(
      { userMessage: 'again', sequenceIndex: 0 },
      { content: 'A first try that is cut off before its end' },
      { truncateAfterChunks: 5, latency: 4 },
    );
    mock.onMessage('again', { content: 'A second try.' });
    const heard = town.listen(room);
    await town.say(ada, room, `@${bot.handle} again`);
    await town.settle();
    expect((await town.runs(ada, bot))[0]).toMatchObject({ status: 'completed' });
    expect((await town.messages(ada, room)).at(-1)).toMatchObject({ kind: 'agent', body: 'A second try.' });
    expect(assemble(heard)).toBe('A second try.');
  });
});
