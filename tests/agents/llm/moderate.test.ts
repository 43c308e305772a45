// A moderation service through the real SDK, against a mock of it; what is no verdict is an error; and a service that fails again
// and again is left alone for a while.
import { LLMock } from '@copilotkit/aimock';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { BREAKER, type Moderator, withBreaker } from '../../../src/agents/llm/moderate.ts';
import { createOpenAiModerator } from '../../../src/agents/llm/moderate-openai.ts';
import { fakeTime } from './fake-time.ts';
import { serve } from './support.ts';

const mock = new LLMock({ port: 0, host: '127.0.0.1' });
beforeAll(async () => {
  await mock.start();
});
afterAll(async () => {
  await mock.stop();
});

const never = new AbortController().signal;

it('reads verdict, categories and model as the service gives them', async () => {
  mock.onModerate(/vile/, { flagged: true, categories: { hate: true, violence: false } });
  const moderator = createOpenAiModerator({
    model: 'omni-moderation-latest',
    apiKey: 'k',
    baseUrl: `${mock.url}/v1`,
  });
  expect(await moderator.moderate('a vile word', never)).toEqual({
    flagged: true,
    categories: ['hate'],
    model: 'omni-moderation-latest',
  });
  expect(await moderator.moderate('a fair word', never)).toMatchObject({ flagged: false, categories: [] });
});

it.each([
  ['an error', 500, '{"error":{"message":"the text was: secret"}}'],
  ['a refusal of the key', 401, '{"error":{"message":"no"}}'],
  ['no results', 200, '{"results":[]}'],
  ['something else', 200, '{"results":[{"flagged":"yes"}]}'],
  ['what is not JSON', 200, 'flagged: false'],
])('takes %s for no verdict', async (_, status, body) => {
  const server = await serve((res) => {
    res.writeHead(status, { 'content-type': 'application/json' }).end(body);
  });
  const moderator = createOpenAiModerator({ model: 'm', baseUrl: `${server.url}/v1` });
  await expect(moderator.moderate('secret', never)).rejects.toThrow();
  expect(server.seen).toHaveLength(1);
  await server.close();
});

it('ends what takes too long, leaves a failing service alone, and tries again later', async () => {
  const time = fakeTime();
  let asked = 0;
  let alive = false;
  const slow: Moderator = {
    provider: 'p',
    model: 'm',
    moderate: (_, signal) => {
      asked++;
      if (alive) return Promise.resolve({ flagged: false, categories: [], model: 'm' });
      return new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    },
  };
  const moderator = withBreaker(slow, { sleep: time.sleep, elapsed: time.now, timeoutMs: 1000 });
  for (let i = 1; i <= BREAKER.failures; i++) {
    const refused = expect(moderator.moderate('x', never)).rejects.toThrow('within 1000 ms');
    await time.advance(1000);
    await refused;
  }
  await expect(moderator.moderate('x', never)).rejects.toThrow('left alone');
  expect(asked).toBe(BREAKER.failures);
  alive = true;
  await time.advance(BREAKER.restMs);
  expect(await moderator.moderate('x', never)).toMatchObject({ flagged: false });
  // One that nobody waits for any more says nothing of the service.
  alive = false;
  for (let i = 0; i < BREAKER.failures; i++) {
    const gone = new AbortController();
    const left = expect(moderator.moderate('x', gone.signal)).rejects.toThrow();
    gone.abort();
    await left;
  }
  alive = true;
  expect(await moderator.moderate('x', never)).toMatchObject({ flagged: false });
  expect(time.pending()).toBe(0);
});
