// An agent's numbers: what it answered, called, used and failed at, for those who answer for it; Prometheus has no ids.
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { AgentMetrics } from '../../src/agents/activity/contract.ts';
import { LlmError } from '../../src/agents/llm/llm-error.ts';
import type { AppError } from '../../src/core/errors.ts';
import { newId } from '../../src/core/ids.ts';
import type { Scope } from '../../src/core/scope.ts';
import { describeEachDatabase } from '../support/app.ts';
import { calling, saying, startTown, type Town } from './town.ts';

describeEachDatabase("an agent's numbers", (database) => {
  let town: Town;
  let owner: Scope;
  beforeAll(async () => {
    town = await startTown({ database });
    await town.person('Ada');
    owner = await town.person('Olga');
  });
  afterAll(() => town.stop());
  const metrics = (scope: Scope, agent: { id: string }, more: object = {}): Promise<AgentMetrics> =>
    town.call(scope, 'get_agent_metrics', { agentId: agent.id, ...more });

  test('count answers, tools, tokens, failures and memories', async () => {
    const agent = await town.agent(owner);
    const room = await town.room(owner, agent);
    town.plays((_, call) =>
      call === 1
        ? calling('calculator', { expression: '2*3' })
        : call === 2
          ? calling('calculator', { expression: 'no sum' })
          : saying('Six.'),
    );
    await town.say(owner, room, `@${agent.handle} how much is 2*3?`);
    await town.settle();
    const answer = (await town.messages(owner, room)).at(-1);
    await town.call(owner, 'agent_feedback', { messageId: answer?.id, rating: 1 });
    town.plays(() => {
      throw new LlmError('bad_request', 'This model does not exist.');
    });
    await town.say(owner, room, `@${agent.handle} and now?`);
    await town.settle();
    const { performance, usage, health } = await metrics(owner, agent);
    expect(performance).toMatchObject({ answered: 1, silent: 0, recalledShare: 0, memoriesPerPrompt: 0 });
    expect(performance.satisfaction).toEqual({ good: 1, bad: 0, goodShare: 1 });
    expect(performance.conversation).toEqual({ answersPerPerson: 1, returningShare: null });
    expect(performance.responseTime.p50Ms).toBeGreaterThanOrEqual(0);
    expect(performance.responseTime.p95Ms).toBeGreaterThanOrEqual(performance.responseTime.p50Ms as number);
    expect(performance.responseTimeBefore).toEqual({ p50Ms: null, p95Ms: null });
    expect(usage).toMatchObject({
      runs: 2,
      messages: 1,
      people: 1,
      rooms: 1,
      inputTokens: 30,
      outputTokens: 15,
    });
    expect(usage.tools).toEqual([
      {
        tool: 'calculator',
        calls: 2,
        successShare: 0.5,
        time: { p50Ms: expect.any(Number), p95Ms: expect.any(Number) },
      },
    ]);
    expect(health).toMatchObject({
      failed: 1,
      cancelled: 0,
      open: 0,
      failureShare: 0.5,
      failedModelCalls: 1,
    });
    expect(health.failures).toEqual([{ reason: expect.any(String), runs: 1 }]);
  });

  test('leave out what is older, but show how it was before', async () => {
    const agent = await town.agent(owner);
    const room = await town.room(owner, agent);
    town.plays(() => saying('Yes.'));
    await town.say(owner, room, `@${agent.handle} yes?`);
    await town.settle();
    await sql`update agent_runs set created_at = created_at - interval '36 hours', finished_at = created_at - interval '36 hours' + interval '4 seconds'
      where agent_id = ${agent.id}`.execute(town.app.parts.database.db);
    const day = await metrics(owner, agent, { days: 1 });
    expect(day.usage.runs).toBe(0);
    expect(day.performance).toMatchObject({
      responseTime: { p50Ms: null, p95Ms: null },
      responseTimeBefore: { p50Ms: 4000, p95Ms: 4000 },
    });
    expect((await metrics(owner, agent, { days: 2 })).performance.responseTime.p50Ms).toBe(4000);

    expect(day.performance.conversation).toEqual({ answersPerPerson: null, returningShare: 0 });
    await town.say(owner, room, `@${agent.handle} still yes?`);
    await town.settle();
    expect((await metrics(owner, agent, { days: 1 })).performance.conversation).toEqual({
      answersPerPerson: 1,
      returningShare: 1,
    });
  });

  test('are for its owner and administrators alone', async () => {
    const agent = await town.agent(owner);
    expect((await metrics(await town.person('Ada'), agent)).usage.runs).toBe(0);
    const refused = (scope: Scope, id: string) =>
      metrics(scope, { id }).then(
        () => expect.fail('this should have been refused'),
        (error: AppError) => ({ code: error.code, reason: error.reason, message: error.message }),
      );
    expect(await refused(await town.person('Bob'), agent.id)).toMatchObject({ code: 'forbidden' });
    const stranger = { ...(await town.stranger('Zoe')), role: 'admin' as const };
    expect(await refused(stranger, agent.id)).toEqual(await refused(stranger, newId()));
  });

  test('of all agents together are in /metrics, without an id', async () => {
    const agent = await town.agent(owner);
    const room = await town.room(owner, agent);
    town.plays((_, call) => (call === 1 ? calling('calculator', { expression: '1+1' }) : saying('Two.')));
    await town.say(owner, room, `@${agent.handle} 1+1?`);
    await town.settle();
    const text = await town.app.parts.metrics.registry.metrics();
    expect(text).toMatch(/parley_tool_calls_total\{tool="calculator",outcome="success"\} \d/);
    expect(text).toMatch(
      /parley_agent_run_duration_seconds_count\{status="completed",lane="interactive"\} \d/,
    );
    expect(text).not.toMatch(/[0-9a-f]{8}-[0-9a-f]{4}-/);
    expect(text).not.toContain(agent.handle);
  });
});
