// What an agent makes of what it took down: episodes, cards of persons, notes on how things are done. Each cites what it was made
// from, falls with it and is made anew from what is left; nothing crosses rooms.
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Agent } from '../../src/agents/profiles/contract.ts';
import type { Scope } from '../../src/core/scope.ts';
import type { Memory } from '../../src/memory/contract.ts';
import { saying, startTown, type Town } from '../agents/town.ts';
import { describeEachDatabase } from '../support/app.ts';

describeEachDatabase('layers of memory', (database) => {
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
  const holder = (bot: Agent) => ({ tenantId: ada.tenantId, agentId: bot.id });
  const setUp = async () => {
    const bot = await town.agent(ada);
    const room = await openRoom(bot);
    for (const who of [ada, bea])
      await town.call(who, 'set_memory_consent', { agentId: bot.id, status: 'granted' });
    return { bot, room };
  };
  const openRoom = async (bot: Agent) => {
    const room = await town.room(ada, bot);
    await town.call(ada, 'add_member', { roomId: room.id, userId: bea.user.id });
    return room;
  };
  const takeDown = (bot: Agent, room: { id: string }) =>
    memory().takeDown({ ...holder(bot), roomId: room.id });
  const kept = async (bot: Agent, layer?: string): Promise<Memory[]> =>
    (await town.call(ada, 'list_memories', { agentId: bot.id, limit: 100 })).data.filter(
      (one: Memory) => layer === undefined || one.layer === layer,
    );
  const standing = async (bot: Agent, layer: string): Promise<string[]> =>
    (await kept(bot, layer)).filter(({ validTo }) => validTo === undefined).map(({ content }) => content);
  const talk = async (room: { id: string }) => {
    const said = [];
    for (const [who, words] of [
      [ada, 'We should plan the offsite for the whole team'],
      [bea, 'I will book the cabin near the fjord'],
      [ada, 'The kitchen there has room for twelve people'],
      [ada, 'My birthday is on the third of June'],
      [bea, 'The train leaves at nine from platform four'],
      [ada, 'Everyone needs to bring rain clothes and boots'],
    ] as const)
      said.push(await town.say(who, room, words));
    return said;
  };

  it('cite the layer below, down to the messages', async () => {
    const { bot, room } = await setUp();
    const said = await talk(room);
    await takeDown(bot, room);
    const all = await kept(bot);
    const byId = new Map(all.map((one) => [one.id, one]));
    const layersUnder = (one: Memory) =>
      [...new Set(one.source.memoryIds.map((id) => byId.get(id)?.layer))].sort();
    const [episode] = all.filter(({ layer }) => layer === 'episode');
    expect(episode?.content).toContain('Ada, Bea talked.');
    expect(layersUnder(episode as Memory)).toEqual(['fact', 'turn']);
    for (const card of all.filter(({ layer }) => layer === 'relationship'))
      expect(layersUnder(card)).toEqual(['fact']);
    for (const fact of all.filter(({ layer }) => layer === 'fact'))
      expect(layersUnder(fact)).toEqual(['turn']);
    const turns = all.filter(({ layer }) => layer === 'turn');
    expect(turns.map(({ source }) => source.messageId)).toEqual(said.map(({ id }) => id));
    expect((await standing(bot, 'relationship')).sort()).toEqual([
      "Ada in short: Ada's birthday is the third of June",
      'Bea in short: Bea will book the cabin near the fjord',
    ]);
  });

  it('fall with what they were made from, and are made anew from what is left', async () => {
    const { bot, room } = await setUp();
    await town.say(ada, room, 'I live in Oslo');
    const said = await talk(room);
    await takeDown(bot, room);
    expect((await standing(bot, 'relationship'))[0]).toContain('birthday');
    expect((await kept(bot, 'episode'))[0]?.source.memoryIds.length).toBeGreaterThan(6);
    await town.call(ada, 'delete_message', { messageId: said[3]?.id });
    await memory().tend(holder(bot));
    expect(await standing(bot, 'relationship')).toContain('Ada in short: Ada lives in Oslo');
    expect(JSON.stringify(await kept(bot))).not.toContain('birthday');
    const episodes = await kept(bot, 'episode');
    expect(episodes).toHaveLength(1);
    expect(episodes[0]?.content).toContain('cabin near the fjord');
    // Looking again makes nothing more.
    const before = await kept(bot);
    await memory().tend(holder(bot));
    expect(await kept(bot)).toEqual(before);
  });

  it('keep what they said before: an older card ends, and is still there', async () => {
    const { bot, room } = await setUp();
    for (const town_ of ['Bergen', 'Trieste', 'Bergen']) {
      await town.say(ada, room, `I moved to ${town_}`);
      await takeDown(bot, room);
      expect(await standing(bot, 'fact')).toEqual([`Ada lives in ${town_}`]);
      expect(await standing(bot, 'relationship')).toEqual([`Ada in short: Ada lives in ${town_}`]);
    }
    expect((await kept(bot, 'relationship')).map(({ content }) => content)).toEqual([
      'Ada in short: Ada lives in Bergen',
      'Ada in short: Ada lives in Trieste',
    ]);
  });

  it('say how things are done, from all who said so, and how a person wants them, whenever he asks', async () => {
    const { bot, room } = await setUp();
    await town.say(ada, room, `@${bot.handle} from now on answer me in French.`);
    await town.say(ada, room, 'Always lock the door, Bea.');
    await town.say(ada, room, 'To restart the build server, run make restart.');
    await town.say(bea, room, 'To restart the build server, wait until the lamp is green.');
    await town.say(bea, room, 'To restart the build server, ask Ada for the key first.');
    await town.settle();
    await takeDown(bot, room);
    expect((await standing(bot, 'note')).sort()).toEqual([
      'How to restart the build server: run make restart (Ada); ask Ada for the key first (Bea)',
      'When answering Ada: answer me in French',
    ]);
    const notes = await kept(bot, 'note');
    expect(notes.map(({ kind }) => kind)).toEqual(['procedural', 'procedural']);
    const promptOf = async (who: Scope) => {
      town.plays(() => saying('Bien.'));
      await town.say(who, room, `@${bot.handle} which day is it?`);
      await town.settle();
      return JSON.stringify(town.requests);
    };
    const memories = (prompt: string) => /<memories.*?<\/memories>/s.exec(prompt)?.[0] ?? prompt;
    expect(memories(await promptOf(ada))).toContain('When answering Ada: answer me in French');
    expect(await promptOf(bea)).not.toContain('When answering Ada');
    // No note is left when its only ground is taken back.
    await town.call(ada, 'set_memory_consent', { agentId: bot.id, status: 'refused' });
    await memory().tend(holder(bot));
    expect(await standing(bot, 'note')).toEqual([
      'How to restart the build server: ask Ada for the key first (Bea)',
    ]);
  });

  it('are corrected at their ground: words stay as they were said, a fact stands for them, a card is not written in', async () => {
    const { bot, room } = await setUp();
    await town.say(ada, room, 'My bicycle was stolen in March');
    await town.say(ada, room, 'I live in Oslo');
    await takeDown(bot, room);
    const [stolen] = await kept(bot, 'turn');
    const [card] = await kept(bot, 'relationship');
    const [home] = await kept(bot, 'fact');
    const correct = (one: Memory | undefined, content: string, who = ada) =>
      town.call(who, 'correct_memory', { agentId: bot.id, memoryId: one?.id, content });
    await expect(correct(card, 'Ada in short: rich')).rejects.toMatchObject({
      reason: 'made_of_others',
      message: expect.stringContaining(home?.id as string),
    });
    await expect(correct(card, 'Ada in short: rich', bea)).rejects.toMatchObject({
      reason: 'memory_not_found',
    });
    const right = await correct(stolen, "Ada's bicycle was stolen in April");
    expect(right).toMatchObject({
      memory: { layer: 'fact', source: { roomId: room.id, speakerId: ada.user.id } },
      receipt: { action: 'correct', counts: { corrected: 1 } },
    });
    expect((await kept(bot, 'turn'))[0]).toMatchObject({
      content: 'My bicycle was stolen in March',
      supersededBy: right.memory.id,
    });
    const found = await memory().recall(holder(bot), 'when was the bicycle stolen?', {
      limit: 5,
      readers: { roomId: room.id },
    });
    const recalled = found.items.map((item) => item.memory.content).join();
    expect(recalled).toContain('April');
    expect(recalled).not.toContain('March');
    expect((await standing(bot, 'relationship'))[0]).toContain('April');
  });

  it('are made anew when the owner corrects or deletes what they stand on', async () => {
    const { bot, room } = await setUp();
    await town.say(ada, room, 'I live in Oslo');
    await town.say(ada, room, 'I work at the lighthouse');
    await takeDown(bot, room);
    const [home, work] = await kept(bot, 'fact');
    await town.call(ada, 'update_memory', { memoryId: home?.id, content: 'Ada lives in Narvik' });
    expect(await standing(bot, 'relationship')).toEqual([
      'Ada in short: Ada lives in Narvik; Ada works at the lighthouse',
    ]);
    expect(JSON.stringify(await kept(bot, 'relationship'))).not.toContain('Oslo');
    await town.call(ada, 'delete_memory', { memoryId: work?.id });
    expect(await standing(bot, 'relationship')).toEqual(['Ada in short: Ada lives in Narvik']);
    expect(JSON.stringify(await kept(bot, 'relationship'))).not.toContain('lighthouse');
  });

  it('never join what was said in two rooms', async () => {
    const { bot, room } = await setUp();
    const other = await openRoom(bot);
    await town.say(ada, room, 'I live in Oslo');
    await town.say(ada, other, 'I work at the lighthouse');
    await takeDown(bot, room);
    await takeDown(bot, other);
    await memory().tend(holder(bot));
    const cards = await kept(bot, 'relationship');
    expect(cards.map(({ content, source }) => [content, source.roomId])).toEqual([
      ['Ada in short: Ada lives in Oslo', room.id],
      ['Ada in short: Ada works at the lighthouse', other.id],
    ]);
  });

  it('are known no further back than their oldest ground', async () => {
    const { bot, room } = await setUp();
    await town.say(ada, room, 'I live in Oslo');
    await takeDown(bot, room);
    await town.say(ada, room, 'I work at the lighthouse');
    await takeDown(bot, room);
    const [first] = await kept(bot, 'turn');
    const card = (await kept(bot, 'relationship')).find(({ validTo }) => validTo === undefined);
    expect(card?.content).toContain('lighthouse');
    expect(card?.occurredAt).toBe(first?.occurredAt);
  });

  it('belong to families, by their type or by what is said of them, and are found by them', async () => {
    const bot = await town.agent(ada);
    const add = (content: string, more = {}): Promise<Memory> =>
      town.call(ada, 'add_memory', { agentId: bot.id, content, ...more });
    const kinds = [
      await add('The kettle is in the green cupboard'),
      await add('Bea is the sister of nobody, but the kettle is hers', { kind: 'social' }),
      await add("Ada's sister owns the kettle"),
      await add('Boil the kettle before the guests come', { memoryType: 'skill' }),
      await add('We talked about the kettle', { memoryType: 'conversation' }),
    ].map(({ kind }) => kind);
    expect(kinds).toEqual(['semantic', 'social', 'social', 'procedural', 'episodic']);
    const found = await town.call(ada, 'search_memories', {
      agentId: bot.id,
      query: 'kettle',
      kinds: ['procedural', 'episodic'],
    });
    expect(found.data.map((hit: { memory: Memory }) => hit.memory.kind).sort()).toEqual([
      'episodic',
      'procedural',
    ]);
    const social = await town.call(ada, 'list_memories', { agentId: bot.id, kind: 'social' });
    expect(social.data).toHaveLength(2);
    const changed = await town.call(ada, 'update_memory', {
      memoryId: social.data[0].id,
      memoryType: 'skill',
    });
    expect(changed.kind).toBe('procedural');
  });
});
