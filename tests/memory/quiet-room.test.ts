// What an agent takes down by itself once a room is quiet: only from who allows it, with facts, episode and card that cite it,
// the newest of a slot standing, and all of it gone with its source.
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Agent } from '../../src/agents/profiles/contract.ts';
import type { Scope } from '../../src/core/scope.ts';
import type { Memory } from '../../src/memory/contract.ts';
import { startTown, type Town } from '../agents/town.ts';
import { describeEachDatabase } from '../support/app.ts';

describeEachDatabase('a quiet room', (database) => {
  let town: Town;
  let ada: Scope;
  let bea: Scope;
  beforeAll(async () => {
    town = await startTown({ database });
    await town.person('Zoe');
    ada = await town.person('Ada');
    bea = await town.person('Bea');
  });
  afterAll(() => town.stop());

  const memory = () => town.app.parts.agents.memory;
  const setUp = async () => {
    const bot = await town.agent(ada);
    const room = await town.room(ada, bot);
    await town.call(ada, 'add_member', { roomId: room.id, userId: bea.user.id });
    await town.call(ada, 'set_memory_consent', { agentId: bot.id, status: 'granted' });
    return { bot, room };
  };
  const takeDown = (bot: Agent, room: { id: string }) =>
    memory().takeDown({ tenantId: ada.tenantId, agentId: bot.id, roomId: room.id });
  const kept = async (bot: Agent): Promise<Memory[]> =>
    (await town.call(ada, 'list_memories', { agentId: bot.id, limit: 100 })).data;
  const of = (memories: Memory[], layer: string) =>
    memories.filter((one) => one.layer === layer).map(({ content }) => content);

  it('is taken down once: turns of who allows it, facts that cite them, no greetings, no one else', async () => {
    const { bot, room } = await setUp();
    await town.say(ada, room, 'Hi there!');
    await town.say(ada, room, 'I moved to Lyon. Do I like it? My favourite colour is teal.');
    await town.say(bea, room, 'I live in Oslo');
    await takeDown(bot, room);
    await takeDown(bot, room);
    const memories = await kept(bot);
    expect(of(memories, 'turn')).toEqual(['I moved to Lyon. Do I like it? My favourite colour is teal.']);
    expect(of(memories, 'fact')).toEqual(['Ada lives in Lyon', "Ada's favourite colour is teal"]);
    const [turn] = memories.filter(({ layer }) => layer === 'turn');
    const [fact] = memories.filter(({ layer }) => layer === 'fact');
    expect(fact).toMatchObject({
      trust: 'extracted',
      consent: 'granted',
      source: { memoryIds: [turn?.id], speakerId: ada.user.id, roomId: room.id },
    });
  });

  it('replaces the older fact of a slot, which keeps its dates, and is recalled by the newer', async () => {
    const { bot, room } = await setUp();
    await town.say(ada, room, 'I live in Bergen');
    await takeDown(bot, room);
    await town.say(ada, room, 'I moved to Trieste');
    await takeDown(bot, room);
    const facts = (await kept(bot)).filter(({ layer }) => layer === 'fact');
    expect(facts.map(({ content, validTo }) => [content, validTo !== undefined])).toEqual([
      ['Ada lives in Bergen', true],
      ['Ada lives in Trieste', false],
    ]);
    expect(facts[0]?.supersededBy).toBe(facts[1]?.id);
    const found = await town.call(ada, 'search_memories', {
      agentId: bot.id,
      query: 'where does Ada live?',
      memoryTypes: ['fact'],
    });
    expect(found.data.map((hit: { memory: Memory }) => hit.memory.content)).toEqual(['Ada lives in Trieste']);
  });

  it('makes an episode and a card, which go with what they were made from', async () => {
    const { bot, room } = await setUp();
    for (const words of [
      'We should plan the offsite for the whole team',
      'I will book the cabin near the fjord',
      'The kitchen there has room for twelve people',
      'My birthday is on the third of June',
      'The train leaves at nine from platform four',
      'Everyone needs to bring rain clothes and boots',
    ])
      await town.say(ada, room, words);
    await takeDown(bot, room);
    const memories = await kept(bot);
    expect(of(memories, 'episode')[0]).toContain('book the cabin near the fjord');
    expect(of(memories, 'relationship')[0]).toContain("Ada's birthday is the third of June");
    await town.call(ada, 'set_memory_consent', { agentId: bot.id, status: 'refused' });
    expect(await kept(bot)).toEqual([]);
  });

  it('forgets a message that is deleted, at once in recall and then for good', async () => {
    const { bot, room } = await setUp();
    const said = await town.say(ada, room, 'I work at the lighthouse in Skagen');
    await takeDown(bot, room);
    const holder = { tenantId: ada.tenantId, agentId: bot.id };
    const recall = async () =>
      (await memory().recall(holder, 'lighthouse in Skagen', { limit: 5, readers: { roomId: room.id } }))
        .items;
    expect(await recall()).not.toEqual([]);
    await town.call(ada, 'delete_message', { messageId: said.id });
    expect(await recall()).toEqual([]);
    await memory().tend(holder);
    expect(await kept(bot)).toEqual([]);
  });

  it('waits while an emergency stop halts the agent, and is taken down after it', async () => {
    const { bot, room } = await setUp();
    const stop = await town.call(ada, 'set_agent_stop', {
      target: 'agent',
      targetId: bot.id,
      reason: 'looking into it',
    });
    await town.say(ada, room, 'I live in Bodø');
    await takeDown(bot, room);
    expect(await kept(bot)).toEqual([]);
    await town.call(ada, 'lift_agent_stop', { stopId: stop.id, reason: 'all is well' });
    await takeDown(bot, room);
    expect(of(await kept(bot), 'fact')).toEqual(['Ada lives in Bodø']);
  });

  it('wakes an agent by a job of the message itself', async () => {
    const { bot, room } = await setUp();
    await town.say(ada, room, 'I have a job interview at the museum');
    const { rows } = await sql<{ data: { agentId: string } }>`
      select data from jobs.job where name = 'memory.quiet-room'`.execute(town.app.parts.database.db);
    expect(rows.map(({ data }) => data.agentId)).toContain(bot.id);
  });
});
