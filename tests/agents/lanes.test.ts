// Runs that nobody waits for have workers of their own: while all of them are busy, who mentions an agent is answered at once.
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Llm } from '../../src/agents/llm/llm.ts';
import { createLlmRouter } from '../../src/agents/llm/router.ts';
import type { Agent } from '../../src/agents/profiles/contract.ts';
import type { Scope } from '../../src/core/scope.ts';
import type { Room } from '../../src/server/rooms/contract.ts';
import { describeEachDatabase } from '../support/app.ts';
import { until } from '../support/until.ts';
import { saying, startTown, type Town } from './town.ts';

describeEachDatabase('lanes', (database) => {
  let town: Town;
  let ada: Scope;
  let bot: Agent;
  let room: Room;
  let letGo = () => {};
  beforeAll(async () => {
    town = await startTown({ database, config: { AGENT_BACKGROUND_CONCURRENT: '2' } });
    ada = await town.person('Ada');
    bot = await town.agent(ada);
    room = await town.room(ada, bot);
  });
  afterAll(async () => {
    letGo();
    await town.stop();
  });
  const lanes = async (status: string) =>
    (await town.runs(ada, bot)).filter((run) => run.status === status).map((run) => run.lane);

  it('of long tasks: no more at once than they have workers, and a mention is answered meanwhile', async () => {
    const gate = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    town.plays(async function* (request) {
      if (!request.trigger?.text.includes('quick')) await gate;
      yield* saying('Done.');
    });
    for (let i = 0; i < 4; i++)
      await town.call(ada, 'invoke_agent', {
        roomId: room.id,
        agentId: bot.id,
        prompt: `long ${i}`,
        lane: 'background',
      });
    await until('two long tasks are worked on', () => town.requests.length === 2);
    await town.say(ada, room, `@${bot.handle} a quick one`);
    await until('the quick one is answered', async () => (await lanes('completed')).length === 1);
    expect(await lanes('completed')).toEqual(['interactive']);
    expect(await lanes('running')).toEqual(['background', 'background']);
    expect(await lanes('queued')).toEqual(['background', 'background']);
    letGo();
    await town.settle();
    expect(await lanes('completed')).toHaveLength(5);
    const text = await town.app.parts.metrics.registry.metrics();
    expect(text).toMatch(/parley_agent_runs_total\{status="completed",lane="background"\} 4/);
  });

  it('is kept when a run is taken back', async () => {
    town.plays(() => saying('Again.'));
    await town.say(ada, room, 'What is the plan?');
    const { runId } = await town.call(ada, 'invoke_agent', {
      roomId: room.id,
      agentId: bot.id,
      lane: 'background',
    });
    await town.settle();
    await town.app.parts.database.db
      .updateTable('agentRuns')
      .set({ status: 'running', leaseUntil: new Date(0), finishedAt: null })
      .where('id', '=', runId)
      .execute();
    await town.app.parts.agents.takeBack(false);
    await until('it is over again', async () => (await town.run(ada, runId)).status === 'completed');
    expect(await town.run(ada, runId)).toMatchObject({ lane: 'background', attempts: 2 });
  });
});

it('the router takes the model of the background for turns that nobody waits for', () => {
  const llm = { provider: 'any', stream: () => [] } as unknown as Llm;
  const router = createLlmRouter({ scripted: llm, openai: llm, backgroundModel: 'openai:small' });
  const turn = { text: 'Why?\nAnd how?', promptTokens: 10 };
  const first = (lane: 'interactive' | 'background', wish: { provider: string; model?: string }) =>
    router.routes(wish, { ...turn, lane })[0];
  expect(first('background', { provider: 'auto' })).toMatchObject({ model: 'small', reason: 'background' });
  expect(first('interactive', { provider: 'auto' })?.reason).toBe('preferred_by_auto');
  expect(first('background', { provider: 'openai', model: 'big' })).toMatchObject({ model: 'big' });
});
