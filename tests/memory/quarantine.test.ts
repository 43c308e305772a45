// What tools, pages and other agents say is kept apart: used only once the owner confirms it, a person says it himself, or a second
// source that has nothing to do with the first says the same.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { Agent } from '../../src/agents/profiles/contract.ts';
import { newId } from '../../src/core/ids.ts';
import type { Scope } from '../../src/core/scope.ts';
import { saysTheSame } from '../../src/memory/quarantine.ts';
import { defineTool } from '../../src/tools/tool.ts';
import { calling, saying, startTown, type Town } from '../agents/town.ts';
import { describeEachDatabase } from '../support/app.ts';

const readPage = defineTool({
  name: 'read_page',
  description: 'Reads a page.',
  input: z.strictObject({}),
  effect: 'read',
  timeoutMs: 5000,
  permissions: [],
  execute: async () => ({ ok: true, output: 'The ferry leaves at nine.', summary: 'read' }),
});

describeEachDatabase('quarantine of memories', (database) => {
  let town: Town;
  let ada: Scope;
  let bea: Scope;
  beforeAll(async () => {
    town = await startTown({ database, tools: [readPage] });
    await town.person('Zoe');
    ada = await town.person('Ada');
    bea = await town.person('Bea');
  });
  afterAll(() => town.stop());

  const content = 'The ferry to the island leaves at nine';
  const setUp = async () => {
    const bot = await town.agent(ada, { capabilities: ['read_page', 'remember', 'recall'] });
    const room = await town.room(ada, bot);
    await town.call(ada, 'add_member', { roomId: room.id, userId: bea.user.id });
    return { bot, room };
  };
  type Place = Awaited<ReturnType<typeof setUp>>;
  /** Somebody asks; the model reads a page and keeps what it says. */
  const readAndKeep = async ({ bot, room }: Place, who: Scope, words = content) => {
    town.plays((_, call) => {
      if (call === 1) return calling('read_page', {});
      return call === 2 ? calling('remember', { content: words }) : saying('Kept.');
    });
    await town.say(who, room, `@${bot.handle} please remember what the page says`);
    await town.settle();
  };
  const tell = async ({ bot, room }: Place, who: Scope, words: string) => {
    town.plays((_, call) => (call === 1 ? calling('remember', { content: words }) : saying('Kept.')));
    await town.say(who, room, `@${bot.handle} please remember: ${words}`);
    await town.settle();
  };
  /** Another agent has said it in the room, asking for it to be kept. */
  const heardFrom = async ({ bot, room }: Place, other: Agent, words: string) => {
    await town.call(ada, 'invite_agent', { roomId: room.id, agentId: other.id });
    town.plays(() => saying(`Remember that ${words}`));
    const asked = await town.say(ada, room, `@${other.handle} what do you know?`);
    await town.settle();
    const said = (await town.messages(ada, room)).find(
      ({ seq, author }) => seq > asked.seq && author.id === other.id,
    );
    await town.app.parts.agents.memory.told(
      { tenantId: ada.tenantId, agentId: bot.id },
      { content: words },
      { roomId: room.id, messageId: said?.id, runId: newId(), speakerId: other.id },
    );
  };
  const waiting = async ({ bot }: Place) =>
    (await town.call(ada, 'list_quarantined_memories', { agentId: bot.id })).data as {
      memory: { id: string; content: string };
      sources: string[];
    }[];
  const recalled = async ({ bot, room }: Place): Promise<string[]> => {
    const { data } = await town.call(ada, 'search_memories', {
      agentId: bot.id,
      query: 'when does the ferry to the island leave?',
      readersOf: room.id,
    });
    return data.map((hit: { memory: { content: string } }) => hit.memory.content);
  };

  it('holds what a run took down from a page, until the owner confirms it', async () => {
    const place = await setUp();
    await readAndKeep(place, bea);
    expect(await waiting(place)).toMatchObject([{ memory: { content }, sources: ['tools'] }]);
    expect(await recalled(place)).toEqual([]);
    const memory = (await waiting(place))[0]?.memory as { id: string };
    const confirmed = await town.call(ada, 'confirm_memory', { memoryId: memory.id });
    expect(confirmed).toMatchObject({ content, trust: 'owner' });
    expect(await town.call(ada, 'confirm_memory', { memoryId: memory.id })).toEqual(confirmed);
    expect(await waiting(place)).toEqual([]);
    expect(await recalled(place)).toEqual([content]);
  });

  it('does not take the same page, read for two people, for two sources', async () => {
    const place = await setUp();
    await readAndKeep(place, bea);
    await readAndKeep(place, ada);
    await readAndKeep(place, ada, 'At nine the ferry to the island is leaving');
    expect(await waiting(place)).toMatchObject([{ sources: ['tools'] }]);
    expect(await recalled(place)).toEqual([]);
  });

  it('lets out what two sources say, but not two agents of one owner', async () => {
    const place = await setUp();
    const [first, second, strange] = [await town.agent(bea), await town.agent(bea), await town.agent(ada)];
    await heardFrom(place, first, content);
    await heardFrom(place, second, content);
    expect(await waiting(place)).toMatchObject([{ sources: [`agents:${bea.user.id}`] }]);
    expect(await recalled(place)).toEqual([]);
    await heardFrom(place, strange, 'The ferry to the island leaves at ten');
    expect(await waiting(place)).toHaveLength(2);
    await heardFrom(place, strange, 'the ferry leaves to the island at nine');
    expect((await waiting(place)).map(({ memory }) => memory.content)).toEqual([
      'The ferry to the island leaves at ten',
    ]);
    expect(await recalled(place)).toEqual([content]);
  });

  it("puts a person's own word in the place of what waits", async () => {
    const place = await setUp();
    await readAndKeep(place, bea);
    const own = 'The ferry leaves to the island at nine';
    await tell(place, bea, own);
    expect(await recalled(place)).toEqual([own]);
    // It cannot be brought back by the page.
    await readAndKeep(place, bea);
    expect(await recalled(place)).toEqual([own]);
  });

  it('shows and releases only to who answers for the agent', async () => {
    const place = await setUp();
    await readAndKeep(place, bea);
    const memory = (await waiting(place))[0]?.memory as { id: string };
    const eve = await town.stranger('Eve');
    const missing = { code: 'not_found', reason: 'memory_not_found' };
    for (const who of [bea, eve]) {
      await expect(town.call(who, 'confirm_memory', { memoryId: memory.id })).rejects.toMatchObject(missing);
      await expect(
        town.call(who, 'list_quarantined_memories', { agentId: place.bot.id }),
      ).rejects.toMatchObject({ code: who === bea ? 'forbidden' : 'not_found' });
    }
    const another = await town.agent(ada);
    const other = await town.call(ada, 'list_quarantined_memories', { agentId: another.id });
    expect(other).toEqual({ data: [] });
    expect(await waiting(place)).toHaveLength(1);
  });
});

describe('saying the same', () => {
  it.each([
    ['Ada likes tea', 'tea is what Ada likes', true],
    ['The code is 4711', 'The code is 4712', false],
    ['Ada is allergic to nuts', 'Ada is not allergic to nuts', false],
    ['Ada likes tea', 'Bea likes tea', false],
    ['it is so', 'they are this', false],
  ])('%s / %s: %s', (a, b, same) => {
    expect(saysTheSame(a, b)).toBe(same);
  });
});
