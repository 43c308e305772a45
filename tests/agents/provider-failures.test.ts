// However a provider fails, a room sees one outcome: an answer by another model, or one error status and what had been said, marked.
// Through the real SDK, against a server that fails by hand.
import type { ServerResponse } from 'node:http';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Agent } from '../../src/agents/profiles/contract.ts';
import type { Run } from '../../src/agents/runtime/contract.ts';
import type { Scope } from '../../src/core/scope.ts';
import type { Room } from '../../src/server/rooms/contract.ts';
import { type BadServer, serve, sse } from './llm/support.ts';
import { assemble, type Heard, startTown, type Town, untilOver } from './town.ts';

const SECRET = 'the secret detail';
const refuse = (res: ServerResponse, status: number, headers = {}, body: object = { message: SECRET }) =>
  res
    .writeHead(status, { 'content-type': 'application/json', ...headers })
    .end(JSON.stringify({ error: body }));
const say = (content: string, finish: string | null = null) => ({
  model: 'm',
  choices: [{ index: 0, delta: { content }, finish_reason: finish }],
});
const end = { choices: [], usage: { prompt_tokens: 7, completion_tokens: 3 } };
const answer = (res: ServerResponse, ...pieces: string[]) =>
  sse(res, [...pieces.map((piece) => say(piece)), say('', 'stop'), end]);

type Fail = (res: ServerResponse) => void;
const FAILURES: [what: string, reason: string, fail: Fail, calls: number, partial?: string][] = [
  ['limits us', 'model_rate_limited', (res) => refuse(res, 429, { 'retry-after-ms': '1' }), 3],
  [
    'wants us to wait for an hour',
    'model_rate_limited',
    (res) => refuse(res, 429, { 'retry-after': '3600' }),
    1,
  ],
  ['fails', 'model_unavailable', (res) => refuse(res, 500, { 'retry-after-ms': '1' }), 3],
  ['refuses the key', 'model_auth', (res) => refuse(res, 401), 1],
  [
    'sends garbage',
    'model_bad_response',
    (res) =>
      res
        .writeHead(200, { 'content-type': 'text/event-stream', 'retry-after-ms': '1' })
        .end('data: {nonsense\n\n'),
    3,
  ],
  [
    'breaks off in the middle of its words',
    'model_unavailable',
    (res) => {
      sse(res, [say('Half of it and ')], false);
      setImmediate(() => res.destroy());
    },
    2,
    'Half of it and',
  ],
];
const SILENCES: typeof FAILURES = [
  [
    'says nothing',
    'model_timeout',
    (res) => void res.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders(),
    3,
  ],
  [
    'falls silent in the middle of its words',
    'model_timeout',
    (res) => sse(res, [say('Half of it and ')], false),
    2,
    'Half of it and',
  ],
];
const ENDLESS: typeof FAILURES = [
  [
    'never comes to an end',
    'timeout',
    (res) => {
      res.writeHead(200, { 'content-type': 'text/event-stream' });
      const timer = setInterval(() => res.write(`data: ${JSON.stringify(say('more '))}\n\n`), 20);
      res.on('close', () => clearInterval(timer));
    },
    1,
    'more',
  ],
];

describe.each([
  ['that', {}, FAILURES],
  ['that, when it is waited for shortly,', { AGENT_IDLE_TIMEOUT_MS: '2000' }, SILENCES],
  ['that, when a run may not take long,', { AGENT_TIMEOUT_MS: '4000' }, ENDLESS],
])('a provider %s', (_when, config, failures) => {
  let server: BadServer;
  let town: Town;
  let ada: Scope;
  let bot: Agent;
  let room: Room;
  let act: (res: ServerResponse, n: number, model: string) => void;
  beforeAll(async () => {
    server = await serve((res, n) => act(res, n, server.seen.at(-1)?.body.model));
    town = await startTown({
      played: false,
      config: {
        OPENAI_API_KEY: 'k',
        OPENAI_BASE_URL: server.url,
        AGENT_DEFAULT_MODEL: 'big',
        AGENT_MAX_RETRIES: '3',
        ...config,
      },
    });
    ada = await town.person('Ada');
  });
  afterAll(async () => {
    await server.close();
    await town.stop();
  });
  afterEach(() => town.settle());

  async function ask(): Promise<{ run: Run; heard: Heard[]; said: string[] }> {
    bot = await town.agent(ada);
    room = await town.room(ada, bot);
    server.seen.length = 0;
    const heard = town.listen(room);
    await town.say(ada, room, `@${bot.handle} please tell me all of it`);
    const run = await untilOver(town, ada, bot);
    await town.settle();
    const said = (await town.messages(ada, room)).filter((m) => m.kind === 'agent').map((m) => m.body);
    return { run, heard, said };
  }

  it.each(failures)(
    '%s shows one error, and what it had said',
    async (_what, reason, fail, calls, partial) => {
      act = fail;
      const { run, heard, said } = await ask();
      expect(run).toMatchObject({ status: 'failed', reason });
      expect(server.seen).toHaveLength(calls);
      const statuses = heard.filter((h) => h.type === 'agent_thinking').map((h) => h.payload.status);
      expect(statuses.filter((status) => status === 'error')).toHaveLength(1);
      expect(statuses.at(-1)).toBe('error');
      if (partial === undefined) expect(said).toEqual([]);
      else {
        expect(said).toHaveLength(1);
        expect(said[0]).toMatch(new RegExp(`^${partial}`));
        // A room falls silent the moment a run is over; the message has the last words.
        expect(said[0]?.startsWith(assemble(heard))).toBe(true);
        expect(assemble(heard)).toMatch(new RegExp(`^${partial}`));
        const [message] = (await town.messages(ada, room)).filter((m) => m.kind === 'agent');
        expect(message?.run).toMatchObject({ status: 'failed' });
      }
      expect(JSON.stringify([heard, said])).not.toContain(SECRET);
    },
  );

  if (failures !== FAILURES) return;

  it('finds the prompt too long is given a smaller one, and the run says so', async () => {
    act = (res, n) =>
      n <= 2
        ? refuse(
            res,
            400,
            {},
            { message: "This model's maximum context length is 9 tokens", type: 'invalid_request_error' },
          )
        : answer(res, 'Now it fits.');
    const { run, said } = await ask();
    expect(run).toMatchObject({ status: 'completed' });
    expect(said).toEqual(['Now it fits.']);
    const { steps } = await town.run(ada, run.id);
    expect(steps.at(-1)?.data.moved).toMatchObject({
      model: 'big',
      shrunk: 2,
      failures: [{ error: 'too_long' }, { error: 'too_long' }],
    });
  });

  it('never takes the prompt shows one error after a few', async () => {
    act = (res) => refuse(res, 400, {}, { code: 'context_length_exceeded', message: 'No.' });
    const { run } = await ask();
    expect(run).toMatchObject({ status: 'failed', reason: 'model_too_long' });
    expect(server.seen).toHaveLength(3);
  });
});

describe('with another model at hand', () => {
  let server: BadServer;
  let town: Town;
  let ada: Scope;
  let act: Record<string, Fail>;
  beforeAll(async () => {
    server = await serve((res) => act[server.seen.at(-1)?.body.model]?.(res));
    town = await startTown({
      played: false,
      config: {
        OPENAI_API_KEY: 'k',
        OPENAI_BASE_URL: server.url,
        AGENT_DEFAULT_MODEL: 'big',
        AGENT_FALLBACK_MODEL: 'openai:other',
        AGENT_SIMPLE_MODEL: 'openai:small',
        AGENT_MAX_RETRIES: '3',
      },
    });
    ada = await town.person('Zoe');
  });
  afterAll(async () => {
    await server.close();
    await town.stop();
  });

  async function ask(body: string) {
    const bot = await town.agent(ada);
    const room = await town.room(ada, bot);
    server.seen.length = 0;
    await town.say(ada, room, `@${bot.handle} ${body}`);
    const run = await untilOver(town, ada, bot);
    await town.settle();
    const { steps } = await town.run(ada, run.id);
    return {
      run,
      steps,
      said: (await town.messages(ada, room)).at(-1)?.body,
      asked: server.seen.map((s) => s.body.model),
    };
  }
  const hard = 'write a function:\n```ts\nf()\n```';
  const ok: Fail = (res) => answer(res, 'Here you are.');

  it('asks a cheap model what is simple, and the good one what is not', async () => {
    act = { big: ok, small: ok };
    const simple = await ask('what day is it?');
    expect(simple.asked).toEqual(['small']);
    expect(simple.steps[0]?.data).toMatchObject({ model: 'small', providerReason: 'simple_turn' });
    expect((await ask(hard)).asked).toEqual(['big']);
  });

  it('goes on to it when the first fails, at most three calls in all, and says why', async () => {
    act = { big: (res) => refuse(res, 500), other: ok };
    const { run, steps, said, asked } = await ask(hard);
    expect(run.status).toBe('completed');
    expect(said).toBe('Here you are.');
    expect(asked).toEqual(['big', 'other']);
    expect(steps.at(-1)?.data.moved).toEqual({
      provider: 'openai',
      model: 'other',
      reason: 'fallback',
      shrunk: 0,
      failures: [{ provider: 'openai', model: 'big', error: 'unavailable' }],
    });
  });

  it('begins anew for the readers when the first had said something', async () => {
    act = {
      big: (res) => {
        sse(res, [say('It was a dark and ')], false);
        setImmediate(() => res.destroy());
      },
      other: ok,
    };
    const { run, said } = await ask(hard);
    expect(run.status).toBe('completed');
    expect(said).toBe('Here you are.');
  });

  it('shows one error when all of them fail', async () => {
    const fail: Fail = (res) => refuse(res, 500);
    act = { big: fail, other: fail, small: fail };
    const { run, asked } = await ask(hard);
    expect(run).toMatchObject({ status: 'failed', reason: 'model_unavailable' });
    expect(asked).toEqual(['big', 'other', 'small']);
  });

  it('takes the cheaper one when the budget has no more for the good one', async () => {
    act = { big: ok, small: ok };
    for (const [model, price] of [
      ['big', 1000],
      ['other', 1000],
      ['small', 0.01],
    ] as const)
      await town.call(ada, 'set_model_price', { model, input: price, output: price });
    await town.call(ada, 'set_budget', { target: 'tenant', costUsdPerDay: 0.5 });
    const { run, steps, asked } = await ask(hard);
    expect(run.status).toBe('completed');
    expect(asked).toEqual(['small']);
    expect(steps.at(-1)?.data.moved).toMatchObject({
      model: 'small',
      reason: 'cheaper',
      failures: [{ error: 'budget_exhausted' }, { error: 'budget_exhausted' }],
    });
  });
});
