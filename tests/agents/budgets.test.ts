// What models may cost: held before a call leaves, settled after it, never exceeded by calls in parallel; and who may see and set it.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { decide } from '../../src/agents/budgets/ledger.ts';
import { LlmError } from '../../src/agents/llm/llm.ts';
import type { Agent } from '../../src/agents/profiles/contract.ts';
import type { Run } from '../../src/agents/runtime/contract.ts';
import { newId } from '../../src/core/ids.ts';
import type { Scope } from '../../src/core/scope.ts';
import type { Room } from '../../src/server/rooms/contract.ts';
import { describeEachDatabase } from '../support/app.ts';
import { until } from '../support/until.ts';
import { calling, done, saying, startTown, type Town, text, untilOver } from './town.ts';

const NOTHING = { tokensPerDay: null, costUsdPerDay: null, tokensPerRun: null, costUsdPerRun: null };

describeEachDatabase('the budget of agents', (database) => {
  let town: Town;
  let admin: Scope;
  let ada: Scope;
  let bot: Agent;
  let room: Room;
  beforeAll(async () => {
    town = await startTown({ database });
    admin = await town.person('Zoe');
  });
  afterAll(() => town.stop());
  // A fresh owner and agent each time: what one case spends is nothing to the next.
  beforeEach(async () => {
    ada = await town.person(`Ada ${newId().slice(-6)}`);
    bot = await town.agent(ada);
    room = await town.room(ada, bot);
    town.at(undefined);
  });

  const setBudget = (by: Scope, target: string, targetId: string | undefined, limits: object) =>
    town.call(by, 'set_budget', { target, ...(targetId === undefined ? {} : { targetId }), ...limits });
  const budget = (by: Scope, target: string, targetId?: string) =>
    town.call(by, 'get_budget', { target, ...(targetId === undefined ? {} : { targetId }) });
  const usage = (by: Scope, target: string, targetId?: string, more = {}) =>
    town.call(by, 'get_usage', { target, ...(targetId === undefined ? {} : { targetId }), ...more });
  const calls = async (by = ada, agent = bot) =>
    (await town.call(by, 'list_model_calls', { agentId: agent.id })).data;
  const ask = async (body = 'hello'): Promise<Run> => {
    await town.say(ada, room, `@${bot.handle} ${body}`);
    return untilOver(town, ada, bot);
  };
  const answers = async () =>
    (await town.messages(ada, room)).filter((m) => m.kind === 'agent').map((m) => m.body);

  it('counts tokens and money of every call for the run, the agent, its owner and the tenant', async () => {
    await town.call(admin, 'set_model_price', { model: 'played-1', input: 100, output: 1000 });
    const before = (await usage(admin, 'tenant')).total;
    town.plays((_request, call) =>
      call === 1 ? calling('calculator', { expression: '2+2' }) : saying('Four.'),
    );
    const run = await ask('2+2?');
    expect(run).toMatchObject({ status: 'completed', inputTokens: 20, outputTokens: 10, costUsd: 0.012 });
    const spent = { calls: 2, inputTokens: 20, outputTokens: 10, costUsd: 0.012, unpricedCalls: 0 };
    expect(await usage(ada, 'run', run.id)).toMatchObject({ total: spent });
    expect(await usage(ada, 'agent', bot.id)).toMatchObject({ total: spent, days: [spent] });
    expect(await usage(ada, 'owner')).toMatchObject({ total: spent });
    expect((await usage(admin, 'tenant')).total.inputTokens).toBe(before.inputTokens + 20);
    expect((await budget(ada, 'agent', bot.id)).today).toMatchObject({
      ...spent,
      heldTokens: 0,
      heldCostUsd: 0,
    });
    expect(await calls()).toMatchObject(
      [1, 2].map(() => ({
        runId: run.id,
        model: 'played-1',
        status: 'settled',
        reason: 'ok',
        costUsd: 0.006,
      })),
    );
    await town.call(admin, 'reset_model_price', { model: 'played-1' });
  });

  it.each(['agent', 'owner', 'tenant'])(
    'refuses what would exceed the day of the %s, before it leaves',
    async (target) => {
      const id = { agent: bot.id, owner: ada.user.id, tenant: undefined }[target];
      const by = target === 'tenant' ? admin : ada;
      town.plays(() => saying('Said.'));
      await setBudget(by, target, id, { tokensPerDay: 100 });
      expect(await ask()).toMatchObject({ status: 'silent', reason: 'budget_exhausted' });
      expect(town.requests).toHaveLength(0);
      expect(await answers()).toEqual([]);
      expect(await calls()).toMatchObject([
        { status: 'refused', reason: `${target}:tokens_per_day`, inputTokens: 0 },
      ]);
      await setBudget(by, target, id, { tokensPerDay: null });
      expect(await ask()).toMatchObject({ status: 'completed' });
    },
  );

  it('holds what calls in parallel may cost, so that together they stay within it', async () => {
    const bots = [bot, await town.agent(ada), await town.agent(ada), await town.agent(ada)];
    const rooms = [room];
    for (const one of bots.slice(1)) rooms.push(await town.room(ada, one));
    // Enough for one call as it is held, not for two.
    await setBudget(ada, 'owner', undefined, { tokensPerDay: 9000 });
    const gate = Promise.withResolvers<void>();
    town.plays(async function* () {
      yield text('One ');
      await gate.promise;
      yield* saying('at a time.');
    });
    await Promise.all(bots.map((one, i) => town.say(ada, rooms[i] as Room, `@${one.handle} go`)));
    const ended = async () =>
      (await Promise.all(bots.map(async (one) => (await town.runs(ada, one))[0]?.status))).filter(
        (status) => status === 'silent',
      ).length;
    await until(
      'all but those that fit are refused',
      async () => town.requests.length + (await ended()) === bots.length,
    );
    const { today } = await budget(ada, 'owner');
    expect(town.requests.length).toBeGreaterThan(0);
    expect(town.requests.length).toBeLessThan(bots.length);
    expect(today.heldTokens).toBeGreaterThan(0);
    expect(today.heldTokens).toBeLessThanOrEqual(9000);
    gate.resolve();
    await town.settle();
    expect((await budget(ada, 'owner')).today).toMatchObject({
      heldTokens: 0,
      inputTokens: 10 * town.requests.length,
    });
  });

  it('ends a run that would spend more than one may, and keeps what it had said', async () => {
    await setBudget(ada, 'agent', bot.id, { tokensPerRun: 7000 });
    town.plays((_request, call) => [
      text(`Part ${call}.`),
      { type: 'tool_call', id: `c${call}`, name: 'clock', args: {} },
      { ...done('tool_use'), usage: { inputTokens: 3000, outputTokens: 500 } } as never,
    ]);
    const run = await ask();
    expect(run).toMatchObject({ status: 'failed', reason: 'budget_exhausted' });
    expect(town.requests.length).toBeLessThan(3);
    expect((await answers())[0]).toMatch(/^Part 1\./);
    expect((await calls())[0]).toMatchObject({ status: 'refused', reason: 'run:tokens_per_run' });
    // Another run begins anew.
    town.plays(() => saying('Fresh.'));
    expect(await ask()).toMatchObject({ status: 'completed' });
  });

  it('in money refuses models whose price nobody knows, and counts those that are known', async () => {
    await setBudget(ada, 'agent', bot.id, { costUsdPerDay: 0.001 });
    town.plays(() => saying('Hi.'));
    // The scripted model costs nothing.
    expect(await ask()).toMatchObject({ status: 'completed' });
    await town.call(admin, 'set_model_price', { model: 'scripted', input: 1, output: 5 });
    expect(await ask()).toMatchObject({ status: 'silent', reason: 'budget_exhausted' });
    expect((await calls())[0]).toMatchObject({ reason: 'agent:cost_per_day' });
    await town.call(admin, 'reset_model_price', { model: 'scripted' });
  });

  it('counts what was heard of a call that broke off, and nothing for one that never began', async () => {
    town.plays(() => {
      throw new LlmError('auth', 'No such key.');
    });
    await ask();
    expect(await calls()).toMatchObject([
      { status: 'settled', reason: 'auth', inputTokens: 0, outputTokens: 0 },
    ]);
    town.plays(function* () {
      yield text('Once upon a time there was a');
      throw new LlmError('bad_request', 'Gone.');
    });
    await ask();
    const [broken] = await calls();
    expect(broken).toMatchObject({ status: 'settled', reason: 'bad_request' });
    expect(broken.inputTokens).toBeGreaterThan(100);
    expect(broken.outputTokens).toBeGreaterThan(3);
    expect((await budget(ada, 'agent', bot.id)).today.heldTokens).toBe(0);
  });

  it('counts a call in full whose end is never heard', async () => {
    const { db } = town.app.parts.database;
    town.plays(() => saying('Hi.'));
    await ask();
    const [call] = await calls();
    // As a process that dies with a call under way leaves it.
    await db
      .updateTable('modelCalls')
      .set({ status: 'held', heldUntil: new Date(0) })
      .where('id', '=', call.id)
      .execute();
    const held = (
      await db
        .selectFrom('modelCalls')
        .select('heldTokens')
        .where('id', '=', call.id)
        .executeTakeFirstOrThrow()
    ).heldTokens;
    await db
      .updateTable('spending')
      .set({ heldTokens: held, calls: 0, inputTokens: 0, outputTokens: 0 })
      .where('targetId', 'in', [bot.id, call.runId])
      .execute();
    await town.app.parts.agents.sweep();
    expect((await calls())[0]).toMatchObject({ status: 'lost', inputTokens: held });
    expect((await budget(ada, 'agent', bot.id)).today).toMatchObject({ inputTokens: held, heldTokens: 0 });
  });

  it('is seen and set by who answers for it; the stricter limit holds', async () => {
    const bea = await town.person('Bea');
    const eve = await town.stranger(`Eve ${newId().slice(-6)}`);
    await setBudget(admin, 'agent', bot.id, { tokensPerDay: 5000 });
    const mine = await setBudget(ada, 'agent', bot.id, { tokensPerDay: 9000, tokensPerRun: 100 });
    expect(mine).toMatchObject({
      limits: { ...NOTHING, tokensPerDay: 5000, tokensPerRun: 100 },
      byOwner: { ...NOTHING, tokensPerDay: 9000, tokensPerRun: 100 },
      byAdministrators: { ...NOTHING, tokensPerDay: 5000 },
    });
    const run = await ask();
    for (const [by, code] of [
      [bea, 'forbidden'],
      [eve, 'not_found'],
    ] as const) {
      await expect(budget(by, 'agent', bot.id)).rejects.toMatchObject({ code });
      await expect(setBudget(by, 'agent', bot.id, { tokensPerDay: null })).rejects.toMatchObject({ code });
      await expect(usage(by, 'agent', bot.id)).rejects.toMatchObject({ code });
      await expect(calls(by)).rejects.toMatchObject({ code });
      await expect(usage(by, 'run', run.id)).rejects.toMatchObject({
        code: 'not_found',
        reason: 'run_not_found',
      });
      await expect(usage(by, 'run', newId())).rejects.toMatchObject({
        code: 'not_found',
        reason: 'run_not_found',
      });
      await expect(budget(by, 'owner', ada.user.id)).rejects.toMatchObject({ code: 'forbidden' });
      await expect(setBudget(by, 'tenant', undefined, { tokensPerDay: 1 })).rejects.toMatchObject({
        code: 'forbidden',
      });
      await expect(usage(by, 'tenant')).rejects.toMatchObject({ code: 'forbidden' });
      await expect(
        town.call(by, 'set_model_price', { model: 'gpt-5', input: 0, output: 0 }),
      ).rejects.toMatchObject({ code: 'forbidden' });
    }
    await expect(budget(admin, 'owner', eve.user.id)).rejects.toMatchObject({ code: 'not_found' });
    await expect(budget(ada, 'agent', newId())).rejects.toMatchObject({ code: 'not_found' });
    await expect(usage(ada, 'agent', bot.id, { from: '2026-02-30', to: '2024-01-01' })).rejects.toMatchObject(
      {
        code: 'invalid',
      },
    );
  });

  it('has prices that an administrator edits and takes back', async () => {
    const priceOf = async (by: Scope, model: string) =>
      (await town.call(by, 'list_model_prices')).data.find(
        (price: { model: string }) => price.model === model,
      );
    expect(await priceOf(ada, 'gpt-5')).toEqual({ model: 'gpt-5', input: 1.25, output: 10, edited: false });
    const above = { tokens: 1000, input: 3, output: 4 };
    await town.call(admin, 'set_model_price', { model: 'gpt-5', input: 1, output: 2, above });
    expect(await priceOf(ada, 'gpt-5')).toEqual({ model: 'gpt-5', input: 1, output: 2, above, edited: true });
    const eve = await town.stranger(`Eve ${newId().slice(-6)}`);
    expect(await priceOf(eve, 'gpt-5')).toMatchObject({ input: 1.25, edited: false });
    expect(await town.call(admin, 'reset_model_price', { model: 'gpt-5' })).toEqual({ reset: true });
    expect(await town.call(admin, 'reset_model_price', { model: 'gpt-5' })).toEqual({ reset: false });
    expect(await priceOf(ada, 'gpt-5')).toMatchObject({ input: 1.25, edited: false });
  });
});

describe('what fits into the limits', () => {
  const free = { target: 'tenant' as const, tokens: 0, micros: 0, maxTokens: null, maxMicros: null };
  const dollarEach = (tokens: number) => 1 + tokens;
  const want = { inputTokens: 100, outputTokens: 2000 };
  it.each([
    ['no limits', [free], { outputTokens: 2000 }],
    ['room for all', [{ ...free, maxTokens: 2100 }], { outputTokens: 2000 }],
    ['one token too few for all of it', [{ ...free, maxTokens: 2099 }], { outputTokens: 1999 }],
    ['the least that makes sense', [{ ...free, tokens: 400, maxTokens: 1012 }], { outputTokens: 512 }],
    ['less than that', [{ ...free, tokens: 401, maxTokens: 1012 }], { refused: 'tenant:tokens_per_day' }],
    ['overspent', [{ ...free, tokens: 5000, maxTokens: 1000 }], { refused: 'tenant:tokens_per_day' }],
    [
      'the strictest of many',
      [
        { ...free, maxTokens: 1500 },
        { ...free, target: 'run', maxTokens: 900 },
      ],
      { outputTokens: 800 },
    ],
    [
      'a run that is through',
      [{ ...free, target: 'run', tokens: 9, maxTokens: 9 }],
      { refused: 'run:tokens_per_run' },
    ],
    ['money for a part', [{ ...free, maxMicros: 1_001_000_000 }], { outputTokens: 1000 }],
    ['no money', [{ ...free, target: 'agent', maxMicros: 0 }], { refused: 'agent:cost_per_day' }],
  ] as const)('%s', (_what, standings, expected) => {
    expect(decide([...standings], want, dollarEach)).toMatchObject(expected);
  });

  it('knows no price, and then no limit in money', () => {
    expect(decide([{ ...free, maxMicros: 9e12 }], want, () => undefined)).toEqual({
      refused: 'tenant:cost_per_day:price_unknown',
    });
    expect(decide([free], want, () => undefined)).toEqual({ outputTokens: 2000, micros: 0 });
  });
});
