// Agents as their owners, other members, administrators and other tenants see them.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Scope } from '../../src/core/scope.ts';
import { LOBBY } from '../../src/server/rooms/service.ts';
import { saying, startTown, type Town } from './town.ts';

describe('agents', () => {
  let town: Town;
  let admin: Scope;
  let ada: Scope;
  let bea: Scope;
  let eve: Scope;
  beforeAll(async () => {
    town = await startTown();
    admin = await town.person('Zoe');
    ada = await town.person('Ada');
    bea = await town.person('Bea');
    eve = await town.stranger('Eve');
  });
  afterAll(() => town.stop());

  it('starts with @parley in the lobby, which says that no model is behind it', async () => {
    const { data } = await town.call(admin, 'list_agents', { scope: 'all' });
    expect(data).toMatchObject([
      {
        handle: 'parley',
        llmProvider: 'auto',
        effectiveProvider: 'scripted',
        providerReason: 'no_provider_configured',
        capabilities: expect.arrayContaining(['calculator', 'clock', 'recall', 'remember']),
      },
    ]);
    const members = (await town.call(ada, 'list_room_agents', { roomId: LOBBY })).data;
    expect(members.map((m: { user: { id: string } }) => m.user.id)).toEqual([data[0].id]);
  });

  it('is made once, and stays deleted', async () => {
    const { parts } = town.app;
    const lobby = await town.call(ada, 'get_room', { roomId: LOBBY });
    await parts.agents.ensureParley(admin.tenantId, lobby.id);
    const { data } = await town.call(admin, 'list_agents', { scope: 'all' });
    expect(data).toHaveLength(1);
    await town.call(admin, 'delete_agent', { agentId: data[0].id });
    await parts.agents.ensureParley(admin.tenantId, lobby.id);
    expect((await town.call(admin, 'list_agents', { scope: 'all' })).data).toEqual([]);
    expect((await town.call(ada, 'list_room_agents', { roomId: LOBBY })).data).toEqual([]);
  });

  it('keeps what its owner said', async () => {
    const made = await town.call(ada, 'create_agent', {
      name: 'Chef Louis',
      description: 'Cooks.',
      llmProvider: 'anthropic',
      modelName: 'claude-haiku-5-5',
      systemPrompt: 'You cook.',
      personality: { traits: { openness: 0.9 }, communicationStyle: { verbosity: 'concise' } },
      capabilities: ['clock'],
    });
    expect(made).toMatchObject({
      handle: 'chef-louis',
      ownerId: ada.user.id,
      user: { id: made.id, kind: 'agent', ownerId: ada.user.id },
      llmProvider: 'anthropic',
      effectiveProvider: 'scripted',
      providerReason: 'no_key_for_anthropic',
      systemPrompt: 'You cook.',
      isActive: true,
      memoryEnabled: true,
      responseMode: 'mention',
    });
    const changed = await town.call(ada, 'update_agent', {
      agentId: made.id,
      name: 'Louis',
      capabilities: [],
    });
    expect(changed).toMatchObject({
      name: 'Louis',
      handle: 'chef-louis',
      systemPrompt: 'You cook.',
      capabilities: [],
    });
    expect(await town.call(bea, 'get_user', { userId: made.id })).toMatchObject({ name: 'Louis' });
    const { data } = await town.call(ada, 'list_agents');
    expect(data.map((agent: { id: string }) => agent.id)).toContain(made.id);
  });

  it.each([
    ['an unknown tool', { capabilities: ['teleport'] }, 'unknown_tool'],
    ['an unknown provider', { llmProvider: 'mine' }, 'invalid_input'],
    ['a trait beyond 1', { personality: { traits: { openness: 2 } } }, 'invalid_input'],
    ['a field that is none', { ownerId: 'me' }, 'invalid_input'],
    ['a handle with spaces', { handle: 'a b' }, 'invalid_input'],
    ['a reserved handle', { handle: 'all' }, 'name_reserved'],
    ['a taken handle', { handle: 'ada' }, 'name_taken'],
    ['a handle that looks like a taken one', { handle: '\u0430da' }, 'name_taken'],
  ])('is refused with %s', async (_what, more, reason) => {
    await expect(town.agent(ada, more)).rejects.toMatchObject({ reason });
  });

  it('shows others what it is, not what it was told; changes are its owner’s and the administrator’s', async () => {
    const bot = await town.agent(ada, { systemPrompt: 'The password is swordfish.' });
    const seen = await town.call(bea, 'get_agent', { agentId: bot.id });
    expect(seen).toMatchObject({ id: bot.id, name: bot.name });
    expect(JSON.stringify(seen)).not.toContain('swordfish');
    for (const [name, input] of [
      ['update_agent', { name: 'Mine' }],
      ['activate_agent', { active: false }],
      ['delete_agent', {}],
      ['list_runs', {}],
      ['list_memories', {}],
    ] as const)
      await expect(town.call(bea, name, { agentId: bot.id, ...input })).rejects.toMatchObject({
        code: 'forbidden',
      });
    await expect(town.call(bea, 'list_agents', { scope: 'all' })).rejects.toMatchObject({
      code: 'forbidden',
    });
    expect(await town.call(admin, 'update_agent', { agentId: bot.id, name: 'Ours' })).toMatchObject({
      name: 'Ours',
      systemPrompt: 'The password is swordfish.',
    });
  });

  it('does not exist for another tenant', async () => {
    const bot = await town.agent(ada);
    const room = await town.room(ada, bot);
    const elsewhere = await town.room(eve);
    for (const [name, input] of [
      ['get_agent', {}],
      ['update_agent', { name: 'Mine' }],
      ['activate_agent', { active: false }],
      ['delete_agent', {}],
      ['list_runs', {}],
      ['list_memories', {}],
      ['add_memory', { content: 'x' }],
      ['search_memories', { query: 'x' }],
      ['list_agent_tools', {}],
      ['list_tool_executions', {}],
      ['agent_command', { command: 'status' }],
      ['invite_agent', { roomId: elsewhere.id }],
      ['invite_agent', { roomId: room.id }],
    ] as const)
      await expect(town.call(eve, name, { agentId: bot.id, ...input })).rejects.toMatchObject({
        code: 'not_found',
      });
    for (const name of ['list_room_agents', 'list_turns'])
      await expect(town.call(eve, name, { roomId: room.id })).rejects.toMatchObject({ code: 'not_found' });
  });

  it('leaves every room when deleted, its handle becomes free, and what it said stays', async () => {
    const bot = await town.agent(ada, { handle: 'fleeting' });
    const room = await town.room(ada, bot);
    town.plays(() => saying('I was here.'));
    await town.say(ada, room, '@fleeting hello');
    await town.settle();
    await town.call(ada, 'delete_agent', { agentId: bot.id });
    await town.say(ada, room, '@fleeting hello?');
    await town.settle();
    expect((await town.messages(ada, room)).map((m) => m.body)).toEqual([
      '@fleeting hello',
      'I was here.',
      '@fleeting hello?',
    ]);
    expect((await town.call(ada, 'list_room_agents', { roomId: room.id })).data).toEqual([]);
    await expect(town.call(ada, 'get_agent', { agentId: bot.id })).rejects.toMatchObject({
      code: 'not_found',
    });
    expect(await town.agent(bea, { handle: 'fleeting' })).toMatchObject({ handle: 'fleeting' });
  });

  it('joins by the room’s rules and is called back by its owner', async () => {
    const bot = await town.agent(ada);
    const room = await town.call(bea, 'create_room', { name: 'Private', visibility: 'private' });
    await expect(town.call(ada, 'invite_agent', { roomId: room.id, agentId: bot.id })).rejects.toMatchObject({
      code: 'not_found',
    });
    expect(await town.call(bea, 'invite_agent', { roomId: room.id, agentId: bot.id })).toMatchObject({
      user: { id: bot.id },
      role: 'member',
    });
    const shut = await town.call(bea, 'create_room', { name: 'No bots', agentsAllowed: false });
    await expect(town.call(bea, 'invite_agent', { roomId: shut.id, agentId: bot.id })).rejects.toMatchObject({
      reason: 'agents_not_allowed',
    });
    await expect(
      town.call(bea, 'invite_agent', { roomId: room.id, agentId: ada.user.id }),
    ).rejects.toMatchObject({ reason: 'agent_not_found' });

    const open = await town.room(bea, bot);
    await expect(
      town.call(await town.person('Cy'), 'dismiss_agent', { roomId: open.id, agentId: bot.id }),
    ).rejects.toMatchObject({ code: 'forbidden' });
    await town.call(ada, 'dismiss_agent', { roomId: open.id, agentId: bot.id });
    expect((await town.call(bea, 'list_room_agents', { roomId: open.id })).data).toEqual([]);
  });

  it('that is taken out of a room while it thinks says nothing there any more', async () => {
    const bot = await town.agent(ada);
    const room = await town.room(ada, bot);
    town.plays(() => saying('Too late.'));
    town.at(async ({ boundary }) => {
      if (boundary === 'before:reply')
        await town.call(ada, 'dismiss_agent', { roomId: room.id, agentId: bot.id });
    });
    await town.say(ada, room, `@${bot.handle} hello`);
    await town.settle();
    town.at(undefined);
    expect((await town.messages(ada, room)).map((m) => m.kind)).toEqual(['text']);
    expect((await town.runs(ada, bot))[0]).toMatchObject({
      status: 'cancelled',
      reason: 'agent_not_in_room',
    });
  });
});
