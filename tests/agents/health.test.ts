// An agent whose runs fail again and again only looks and answers, until it does better or its owner says otherwise.
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Agent } from '../../src/agents/profiles/contract.ts';
import type { Scope } from '../../src/core/scope.ts';
import type { Room } from '../../src/server/rooms/contract.ts';
import { describeEachDatabase } from '../support/app.ts';
import { createOutside } from './outside.ts';
import { calling, saying, startTown, type Town } from './town.ts';

describeEachDatabase('the mode of an agent', (database) => {
  const outside = createOutside();
  let town: Town;
  let ada: Scope;
  let bea: Scope;
  let bot: Agent;
  let room: Room;
  beforeAll(async () => {
    town = await startTown({ database, tools: outside.tools });
    await town.person('Zoe');
    [ada, bea] = [await town.person('Ada'), await town.person('Bea')];
    // Few enough that all of them are shown to the model.
    bot = await town.agent(ada, {
      capabilities: ['calculator', 'recall', 'remember', 'post_letter', 'burn'],
    });
    room = await town.room(ada, bot);
  });
  afterAll(() => town.stop());

  const mode = () => town.call(ada, 'get_agent_mode', { agentId: bot.id });
  async function ask(): Promise<void> {
    await town.say(ada, room, `@${bot.handle} hello`);
    await town.settle();
  }
  async function fail(times: number): Promise<void> {
    town.plays(() => {
      throw new Error('down');
    });
    for (let i = 0; i < times; i++) await ask();
  }
  const offered = () => town.requests.at(-1)?.tools?.map(({ name }) => name) ?? [];

  it('is normal, also after some failures with a success between', async () => {
    await fail(4);
    expect(await mode()).toMatchObject({ mode: 'normal', failures: 4, reason: 'model_unavailable' });
    town.plays(() => saying('Here.'));
    await ask();
    expect(offered()).toContain('post_letter');
    await fail(4);
    expect(await mode()).toMatchObject({ mode: 'normal', failures: 4 });
  });

  it('is to look and answer after five in a row: no tool that writes is offered, and none is used', async () => {
    await fail(1);
    expect(await mode()).toMatchObject({ mode: 'analysis_only', failures: 5, since: expect.any(String) });
    town.plays((_request, call) =>
      call === 1 ? calling('post_letter', { to: 'Ann', text: 'x' }) : saying('I may not.'),
    );
    await ask();
    expect(offered()).toEqual(expect.arrayContaining(['calculator', 'recall']));
    for (const name of ['post_letter', 'burn', 'remember']) expect(offered()).not.toContain(name);
    const results = town.requests.at(-1)?.messages.flatMap((m) => m.content) ?? [];
    expect(JSON.stringify(results)).toContain('analysis_only');
    expect((await town.call(ada, 'list_approvals', {})).data).toEqual([]);
    expect(outside.letters).toEqual([]);
    expect((await town.messages(ada, room)).at(-1)?.body).toBe('I may not.');
  });

  it('is normal again after three that went well', async () => {
    town.plays(() => saying('Here.'));
    await ask();
    expect(await mode()).toMatchObject({ mode: 'analysis_only' });
    await ask();
    expect(await mode()).toMatchObject({ mode: 'normal', failures: 0 });
  });

  it('can be set by its owner, who alone takes it back', async () => {
    const set = (by: Scope, to: string) => town.call(by, 'set_agent_mode', { agentId: bot.id, mode: to });
    expect(await set(ada, 'analysis_only')).toMatchObject({ mode: 'analysis_only', reason: 'set_by_owner' });
    town.plays(() => saying('Here.'));
    for (let i = 0; i < 4; i++) await ask();
    expect(await mode()).toMatchObject({ mode: 'analysis_only' });
    expect(await set(ada, 'normal')).toMatchObject({ mode: 'normal', failures: 0 });
    await fail(5);
    expect(await mode()).toMatchObject({ mode: 'analysis_only', reason: 'model_unavailable' });
    expect(await set(ada, 'normal')).toMatchObject({ mode: 'normal' });
  });

  it('is for those who answer for the agent', async () => {
    const eve = await town.stranger('Eve');
    for (const [name, input] of [
      ['get_agent_mode', {}],
      ['set_agent_mode', { mode: 'normal' }],
    ] as const) {
      await expect(town.call(bea, name, { agentId: bot.id, ...input })).rejects.toMatchObject({
        code: 'forbidden',
      });
      const missing = await town.call(eve, name, { agentId: bea.user.id, ...input }).catch((e: unknown) => e);
      await expect(town.call(eve, name, { agentId: bot.id, ...input })).rejects.toEqual(missing);
    }
  });
});
