// Agents copied, written to alone, and what is kept of conversations with them: shown to those who may know, made of the words of
// those who allow it.
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Agent } from '../../src/agents/profiles/contract.ts';
import { newId } from '../../src/core/ids.ts';
import type { Scope } from '../../src/core/scope.ts';
import { describeEachDatabase } from '../support/app.ts';
import { calling, saying, startTown, type Town, untilOver } from './town.ts';

describeEachDatabase('conversations', (database) => {
  let town: Town;
  let admin: Scope;
  let ada: Scope;
  let bea: Scope;
  let eve: Scope;
  beforeAll(async () => {
    town = await startTown({ database });
    admin = await town.person('Zoe');
    [ada, bea, eve] = [await town.person('Ada'), await town.person('Bea'), await town.stranger('Eve')];
  });
  afterAll(() => town.stop());

  const conversations = async (by: Scope, agent: Agent) =>
    (await town.call(by, 'list_conversations', { agentId: agent.id })).data;

  it('are begun by writing to the agent alone, and say where the answer comes', async () => {
    const bot = await town.agent(ada);
    town.plays(() => saying('Good day.'));
    const id = newId();
    const { message, reply } = await town.call(bea, 'agent_chat', { agentId: bot.id, message: 'Hi!', id });
    await town.settle();
    expect(await town.call(bea, 'get_message', { messageId: reply.messageId })).toMatchObject({
      body: 'Good day.',
      roomId: reply.roomId,
      author: { id: bot.id },
      run: { id: reply.runId, status: 'completed' },
    });
    // The same again is the same; another word goes to the same room.
    expect(await town.call(bea, 'agent_chat', { agentId: bot.id, message: 'Hi!', id })).toMatchObject({
      message: { id: message.id },
      reply,
    });
    const second = await town.call(bea, 'agent_chat', { agentId: bot.id, message: 'And you?' });
    expect(second.message.roomId).toBe(message.roomId);
    expect(second.reply.messageId).not.toBe(reply.messageId);
    await town.settle();
    expect(town.requests).toHaveLength(2);
    town.plays(() => saying('Hello.'));
  });

  it('say why there will be no answer', async () => {
    const bot = await town.agent(ada);
    await town.call(ada, 'activate_agent', { agentId: bot.id, active: false });
    const said = await town.call(bea, 'agent_chat', { agentId: bot.id, message: 'Hi!' });
    expect(said).toMatchObject({ message: { body: 'Hi!' }, silentBecause: 'agent_inactive' });
    expect(said.reply).toBeUndefined();
  });

  it('are summed up from the words of those who allow it, for as long as they do and the words stand', async () => {
    const bot = await town.agent(ada);
    const room = await town.room(ada, bot);
    await town.call(ada, 'add_member', { roomId: room.id, userId: bea.user.id });
    await town.call(bea, 'set_memory_consent', { agentId: bot.id, status: 'granted' });
    const kept = await town.say(bea, room, `@${bot.handle} The ferry to Oslo leaves at nine.`);
    await town.settle();
    await town.say(ada, room, `@${bot.handle} My secret is a ferry of gold.`);
    await town.settle();

    const [shown] = await conversations(ada, bot);
    expect(shown).toMatchObject({ roomId: room.id, roomName: room.name, messageCount: 4 });
    expect(shown.lastMessage).toMatchObject({ body: 'Hello.', author: { id: bot.id } });
    expect(shown.summary).toContain('ferry to Oslo');
    expect(shown.summary).not.toContain('gold');
    expect(shown.relationships.map((r: { userId: string }) => r.userId).sort()).toEqual(
      [ada.user.id, bea.user.id].sort(),
    );
    expect((await conversations(bea, bot))[0].relationships).toMatchObject([
      { userId: bea.user.id, exchanges: 1 },
    ]);

    await town.call(bea, 'edit_message', { messageId: kept.id, body: 'Never mind.' });
    expect((await conversations(ada, bot))[0].summary).toBeUndefined();
    await town.say(bea, room, `@${bot.handle} The train to Bergen leaves at ten.`);
    await town.settle();
    expect((await conversations(ada, bot))[0].summary).toContain('Bergen');
    await town.call(bea, 'set_memory_consent', { agentId: bot.id, status: 'refused' });
    expect((await conversations(ada, bot))[0].summary).toBeUndefined();
  });

  it('show their words to members of the room only, and nothing to another tenant', async () => {
    const bot = await town.agent(ada);
    await town.call(bea, 'set_memory_consent', { agentId: bot.id, status: 'granted' });
    await town.call(bea, 'agent_chat', { agentId: bot.id, message: 'My code word is marzipan.' });
    await town.settle();
    expect((await conversations(bea, bot))[0].summary).toContain('marzipan');
    const [owners] = await conversations(ada, bot);
    expect(owners).toMatchObject({ messageCount: 2, relationships: [{ userId: bea.user.id }] });
    expect(owners).not.toHaveProperty('summary');
    expect(owners).not.toHaveProperty('lastMessage');
    expect(owners).not.toHaveProperty('roomName');
    const cid = await town.person('Cid');
    expect(await conversations(cid, bot)).toEqual([]);
    for (const [name, input] of [
      ['list_conversations', {}],
      ['agent_chat', { message: 'Hi' }],
      ['clone_agent', {}],
    ] as const)
      for (const agentId of [bot.id, newId()])
        await expect(town.call(eve, name, { agentId, ...input })).rejects.toMatchObject({
          reason: 'agent_not_found',
        });
  });

  it('tell the room when the agent used a tool', async () => {
    const bot = await town.agent(ada, { capabilities: ['calculator'] });
    const room = await town.room(ada, bot);
    const heard = town.listen(room);
    town.plays((_, call) => (call === 1 ? calling('calculator', { expression: '6*7' }) : saying('42')));
    await town.say(ada, room, `@${bot.handle} 6*7?`);
    await untilOver(town, ada, bot);
    const [used] = heard.filter(({ type }) => type === 'agent_action');
    expect(used?.payload).toMatchObject({ agentId: bot.id, action: 'used_tool', tool: 'calculator' });
    town.plays(() => saying('Hello.'));
  });

  it('begin anew with a copy: same settings and limits, nothing that was said', async () => {
    const bot = await town.agent(ada, {
      name: 'Otto',
      systemPrompt: 'Be kind.',
      personality: { communicationStyle: { verbosity: 'concise' } },
      responseMode: 'lively',
    });
    await town.call(ada, 'put_agent_tools', {
      agentId: bot.id,
      tools: [{ tool: 'calculator', rate: { calls: 1, seconds: 60 } }, { tool: 'clock' }],
    });
    await town.call(ada, 'add_memory', { agentId: bot.id, content: 'The shop opens at nine.' });
    const copy = await town.call(ada, 'clone_agent', { agentId: bot.id });
    expect(copy).toMatchObject({
      handle: 'otto-2',
      name: 'Otto 2',
      ownerId: ada.user.id,
      systemPrompt: 'Be kind.',
      personality: { communicationStyle: { verbosity: 'concise' } },
      responseMode: 'lively',
      revision: 1,
    });
    expect([...copy.capabilities].sort()).toEqual(['calculator', 'clock']);
    const tools = await town.call(ada, 'list_agent_tools', { agentId: copy.id });
    expect(JSON.stringify(tools)).toContain('"seconds":60');
    expect((await town.call(ada, 'list_memories', { agentId: copy.id })).data).toEqual([]);
    // Its instructions are its owner's: others cannot read them by copying it.
    await expect(town.call(bea, 'clone_agent', { agentId: bot.id })).rejects.toMatchObject({
      code: 'forbidden',
    });
    expect(await town.call(admin, 'clone_agent', { agentId: bot.id, handle: 'ours' })).toMatchObject({
      handle: 'ours',
      ownerId: admin.user.id,
    });
    await expect(town.call(ada, 'clone_agent', { agentId: bot.id, handle: 'ours' })).rejects.toMatchObject({
      reason: 'name_taken',
    });
  });
});
