// Every change of an agent's settings is a revision; a run goes by the one it began with; going back loses nothing and gives no
// right back that was taken away.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Agent } from '../../src/agents/profiles/contract.ts';
import type { Revision } from '../../src/agents/revisions/contract.ts';
import type { Scope } from '../../src/core/scope.ts';
import { describeEachDatabase } from '../support/app.ts';
import { until } from '../support/until.ts';
import { calling, saying, startTown, type Town, untilOver } from './town.ts';

describeEachDatabase('revisions', (database) => {
  let town: Town;
  let ada: Scope;
  let bea: Scope;
  beforeAll(async () => {
    town = await startTown({ database });
    await town.person('Zoe');
    [ada, bea] = [await town.person('Ada'), await town.person('Bea')];
  });
  afterAll(() => town.stop());

  const change = (agent: Agent, set: object): Promise<Agent> =>
    town.call(ada, 'update_agent', { agentId: agent.id, ...set });
  const rollback = (by: Scope, agent: Agent, revision: number): Promise<Agent> =>
    town.call(by, 'rollback_agent', { agentId: agent.id, revision });
  const list = async (agent: Agent): Promise<Revision[]> =>
    (await town.call(ada, 'list_revisions', { agentId: agent.id })).data;

  it('are made by every change that changes something, and say what changed and by whom', async () => {
    const bot = await town.agent(ada, { systemPrompt: 'Be brief.' });
    expect(bot.revision).toBe(1);
    await change(bot, { systemPrompt: 'Be kind.', personality: { traits: { openness: 0.5 } } });
    await change(bot, { systemPrompt: 'Be kind.' });
    await town.call(ada, 'activate_agent', { agentId: bot.id, active: true });
    const changed = await change(bot, { capabilities: ['clock'] });
    expect(changed.revision).toBe(3);
    expect(await list(bot)).toMatchObject([
      { revision: 3, current: true, changed: ['capabilities'], byId: ada.user.id },
      { revision: 2, current: false, changed: ['systemPrompt', 'personality'] },
      { revision: 1, changed: [], settings: { systemPrompt: 'Be brief.' } },
    ]);
  });

  it('can be gone back to: the agent points there, nothing is lost, and a change after it is a new one', async () => {
    const bot = await town.agent(ada, { name: 'Otto', systemPrompt: 'One.' });
    await change(bot, { name: 'Olga', systemPrompt: 'Two.' });
    const back = await rollback(ada, bot, 1);
    expect(back).toMatchObject({ name: 'Otto', systemPrompt: 'One.', revision: 1, user: { name: 'Otto' } });
    expect((await list(bot)).map(({ revision, current }) => [revision, current])).toEqual([
      [2, false],
      [1, true],
    ]);
    expect(await change(bot, { systemPrompt: 'Three.' })).toMatchObject({ name: 'Otto', revision: 3 });
    expect(await rollback(ada, bot, 2)).toMatchObject({ name: 'Olga', systemPrompt: 'Two.', revision: 2 });
  });

  it('that are made at once are all kept', async () => {
    const bot = await town.agent(ada);
    await Promise.all(Array.from({ length: 10 }, (_, i) => change(bot, { systemPrompt: `Prompt ${i}` })));
    const revisions = await list(bot);
    expect(revisions.map(({ revision }) => revision)).toEqual([11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1]);
    expect(new Set(revisions.map(({ settings }) => settings.systemPrompt)).size).toBe(11);
    expect(await town.call(ada, 'get_agent', { agentId: bot.id })).toMatchObject({
      revision: 11,
      systemPrompt: revisions[0]?.settings.systemPrompt,
    });
  });

  it('are for those who answer for the agent', async () => {
    const bot = await town.agent(ada);
    const eve = await town.stranger('Eve');
    for (const [name, input] of [
      ['list_revisions', {}],
      ['rollback_agent', { revision: 1 }],
    ] as const) {
      await expect(town.call(bea, name, { agentId: bot.id, ...input })).rejects.toMatchObject({
        code: 'forbidden',
      });
      const missing = await town.call(eve, name, { agentId: bea.user.id, ...input }).catch((e: unknown) => e);
      await expect(town.call(eve, name, { agentId: bot.id, ...input })).rejects.toEqual(missing);
    }
    const other = await town.agent(ada);
    await change(other, { systemPrompt: 'Mine.' });
    await expect(rollback(ada, bot, 2)).rejects.toMatchObject({ reason: 'revision_not_found' });
  });

  describe('of a run under way', () => {
    /** An agent that calls the calculator; its settings change before it does. */
    async function changeMeanwhile(set: object): Promise<{ bot: Agent; result: string }> {
      const bot = await town.agent(ada, { systemPrompt: 'First.', capabilities: ['calculator'] });
      const room = await town.room(ada, bot);
      const gate = Promise.withResolvers<void>();
      town.plays(async function* (_request, call) {
        if (call > 1) return yield* saying('Done.');
        await gate.promise;
        yield* calling('calculator', { expression: '1 + 1' });
      });
      await town.say(ada, room, `@${bot.handle} go`);
      await until('the model is asked', () => town.requests.length === 1);
      await change(bot, set);
      gate.resolve();
      expect(await untilOver(town, ada, bot)).toMatchObject({ status: 'completed', revision: 1 });
      const [, second] = town.requests;
      const results = second?.messages
        .flatMap((m) => m.content)
        .filter((part) => part.type === 'tool_result');
      return { bot, result: JSON.stringify(results) };
    }

    it('stay as they were when it began, also after its worker died', async () => {
      let died = false;
      town.at(({ boundary }) => {
        if (boundary !== 'after:tool:1:0' || died) return;
        died = true;
        throw new Error('a hiccup');
      });
      const { bot, result } = await changeMeanwhile({ systemPrompt: 'Second.', name: 'Other' });
      town.at(undefined);
      expect(result).toContain('2');
      expect(town.requests.map(({ system }) => /First|Second/.exec(JSON.stringify(system))?.[0])).toEqual([
        'First',
        'First',
      ]);
      const room = await town.room(ada, bot);
      town.plays(() => saying('Hi.'));
      await town.say(ada, room, `@${bot.handle} again`);
      expect(await untilOver(town, ada, bot)).toMatchObject({ revision: 2 });
    });

    it('give it no tool that was taken away since', async () => {
      const { result } = await changeMeanwhile({ capabilities: [] });
      expect(result).toContain('not_granted');
    });
  });
});
