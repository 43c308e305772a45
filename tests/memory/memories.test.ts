// What an agent remembers: kept once, found by words and by meaning, its own and nobody else's, and used in later answers.
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Agent } from '../../src/agents/profiles/contract.ts';
import type { Scope } from '../../src/core/scope.ts';
import { startTown, type Town } from '../agents/town.ts';
import { describeEachDatabase } from '../support/app.ts';

describeEachDatabase('memories', (database) => {
  let town: Town;
  let ada: Scope;
  let bea: Scope;
  let bot: Agent;
  let other: Agent;
  beforeAll(async () => {
    // The scripted provider: it remembers and recalls by its tools.
    town = await startTown({ database, played: false });
    await town.person('Zoe');
    ada = await town.person('Ada');
    bea = await town.person('Bea');
    bot = await town.agent(ada);
    other = await town.agent(ada);
  });
  afterAll(() => town.stop());

  const add = (content: string, agent = bot, more = {}) =>
    town.call(ada, 'add_memory', { agentId: agent.id, content, ...more });
  const search = async (query: string, agent = bot, more = {}) =>
    (await town.call(ada, 'search_memories', { agentId: agent.id, query, ...more })).data.map(
      (hit: { memory: { content: string } }) => hit.memory.content,
    );

  it('are told in chat and recalled in a later message, by the same agent only', async () => {
    const room = await town.room(ada, bot, other);
    await town.say(ada, room, `@${bot.handle} remember that my cat is called Tom`);
    await town.settle();
    const asked = await town.say(ada, room, `@${bot.handle} what do you know about my cat?`);
    await town.settle();
    await town.say(ada, room, `@${other.handle} what do you know about my cat?`);
    await town.settle();
    const said = (await town.messages(ada, room)).filter((m) => m.kind === 'agent').map((m) => m.body);
    expect(said).toEqual([
      "I will remember that Ada's cat is called Tom.",
      "I remember that Ada's cat is called Tom.",
      "I don't know that yet.",
    ]);
    const { data } = await town.call(ada, 'list_memories', { agentId: bot.id });
    const [told] = data;
    expect(data).toHaveLength(1);
    expect(told).toMatchObject({
      content: "Ada's cat is called Tom",
      memoryType: 'fact',
      source: { roomId: room.id, speakerId: ada.user.id },
    });
    expect(told.source.messageId).not.toBe(asked.id);
    expect(told.accessCount).toBeGreaterThan(0);
  });

  it('that bear on a message are in the prompt without being asked for', async () => {
    const room = await town.room(ada, bot);
    await town.say(ada, room, `@${bot.handle} hello, is Tom the cat around?`);
    await town.settle();
    const [run] = await town.runs(ada, bot);
    const { steps } = await town.run(ada, run?.id as string);
    expect(steps[0]?.data).toMatchObject({ kind: 'context', report: { memoriesKept: 1 } });
  });

  it('are kept once, however they are spelt', async () => {
    const first = await add('The demo is on Friday.');
    const again = await add('the  demo is on FRIDAY');
    expect(again.id).toBe(first.id);
    expect(await search('demo')).toEqual(['The demo is on Friday.']);
  });

  it('are found by a word of many, by related forms and by nearness of meaning, best first', async () => {
    await add('Bea prefers tea without sugar', bot, { memoryType: 'preference' });
    await add('The office printer is on the second floor');
    await add('Ada rides a bicycle to work every day');
    expect((await search('where is that printer thing again?'))[0]).toBe(
      'The office printer is on the second floor',
    );
    expect((await search('cycling: who rides to their work?'))[0]).toContain('bicycle');
    expect(await search('tea', bot, { memoryTypes: ['preference'] })).toEqual([
      'Bea prefers tea without sugar',
    ]);
    expect(await search('tea', bot, { memoryTypes: ['skill'] })).toEqual([]);
    expect(await search('quantum chromodynamics lecture')).toEqual([]);
    // Operators of the search language are words like any other.
    expect(await search("tea & | ! ( ' :* <-> \\")).toContain('Bea prefers tea without sugar');
  });

  it('stay apart: no other agent, owner or tenant finds, reads, changes or deletes them', async () => {
    await add('The vault code is 4711', other);
    expect(await search('vault code')).toEqual([]);
    expect(await search('vault code', other)).toEqual(['The vault code is 4711']);
    const secret = (await town.call(ada, 'list_memories', { agentId: other.id })).data[0];
    const eve = await town.stranger('Eve');
    for (const scope of [bea, eve]) {
      for (const [name, input] of [
        ['update_memory', { content: 'x' }],
        ['delete_memory', {}],
      ] as const)
        await expect(town.call(scope, name, { memoryId: secret.id, ...input })).rejects.toMatchObject({
          code: 'not_found',
          reason: 'memory_not_found',
        });
      for (const [name, input] of [
        ['list_memories', {}],
        ['search_memories', { query: 'vault' }],
        ['add_memory', { content: 'x' }],
      ] as const)
        await expect(town.call(scope, name, { agentId: other.id, ...input })).rejects.toMatchObject({
          code: scope === bea ? 'forbidden' : 'not_found',
        });
    }
    expect(await search('vault code', other)).toHaveLength(1);
  });

  it('are corrected, and found by the new words only', async () => {
    const wrong = await add('The server room is in the basement', bot, { importanceScore: 0.9 });
    const right = await town.call(ada, 'update_memory', {
      memoryId: wrong.id,
      content: 'The machines live in the attic',
    });
    expect(right).toMatchObject({
      id: wrong.id,
      importanceScore: 0.9,
      content: 'The machines live in the attic',
    });
    expect(await search('attic machines')).toEqual(['The machines live in the attic']);
    expect(await search('server room basement')).not.toContain('The server room is in the basement');
    await expect(
      town.call(ada, 'update_memory', { memoryId: wrong.id, content: 'The demo is on friday' }),
    ).rejects.toMatchObject({ reason: 'memory_exists' });
  });

  it('are not found by a question that shares nothing with them, whatever the vectors say', async () => {
    const other = await town.agent(ada);
    for (const words of ['*cough*', 'onope', 'Cheers!']) await add(words, other);
    for (const question of ['what is in the basement?', 'what did we do with the basement']) {
      const found = await town.call(ada, 'search_memories', { agentId: other.id, query: question });
      expect(found).toMatchObject({ data: [], abstained: true });
    }
  });

  it('are forgotten for good', async () => {
    const gone = await add('Something embarrassing');
    await town.call(ada, 'delete_memory', { memoryId: gone.id });
    expect(await search('embarrassing')).toEqual([]);
    await expect(town.call(ada, 'delete_memory', { memoryId: gone.id })).rejects.toMatchObject({
      code: 'not_found',
    });
  });

  it('are paged', async () => {
    const many = await town.agent(ada);
    for (let i = 0; i < 5; i++) await add(`Fact number ${i}`, many);
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await town.call(ada, 'list_memories', { agentId: many.id, limit: 2, cursor });
      seen.push(...page.data.map((m: { content: string }) => m.content));
      cursor = page.nextCursor;
    } while (cursor !== undefined);
    expect(seen).toEqual([0, 1, 2, 3, 4].map((i) => `Fact number ${i}`));
  });

  it('are neither read nor written by an agent whose memory is off', async () => {
    const blank = await town.agent(ada, { memoryEnabled: false });
    await add('Ada likes the colour green', blank);
    const room = await town.room(ada, blank);
    await town.say(ada, room, `@${blank.handle} what do you know about me?`);
    await town.settle();
    expect((await town.messages(ada, room)).at(-1)?.body).not.toContain('green');
    const [run] = await town.runs(ada, blank);
    expect((await town.run(ada, run?.id as string)).steps[0]?.data).toMatchObject({ memoryIds: [] });
  });
});
