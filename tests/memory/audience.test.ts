// Who may be told: a memory reaches a prompt or a recall only where everyone who reads the answer could read its source.
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Agent } from '../../src/agents/profiles/contract.ts';
import type { Scope } from '../../src/core/scope.ts';
import { saying, startTown, type Town } from '../agents/town.ts';
import { describeEachDatabase } from '../support/app.ts';

describeEachDatabase('the audience of memories', (database) => {
  let town: Town;
  let ada: Scope;
  let bea: Scope;
  let bot: Agent;
  const secret = 'Ada is going to leave the company in March';
  beforeAll(async () => {
    town = await startTown({ database });
    await town.person('Zoe');
    ada = await town.person('Ada');
    bea = await town.person('Bea');
    bot = await town.agent(ada);
  });
  afterAll(() => town.stop());

  const holder = () => ({ tenantId: ada.tenantId, agentId: bot.id });
  const memory = () => town.app.parts.agents.memory;
  const privateRoom = async (owner: Scope, ...people: Scope[]) => {
    const room = await town.call(owner, 'create_room', {
      name: 'Quiet corner',
      kind: 'group',
      memberIds: people.map((person) => person.user.id),
    });
    await town.call(owner, 'invite_agent', { roomId: room.id, agentId: bot.id });
    return room as { id: string };
  };
  const tell = (room: { id: string }, content = secret) =>
    memory().remember(holder(), { content }, { roomId: room.id, speakerId: ada.user.id });
  /** What an answer in a room may use. */
  const recalled = async (room: { id: string }, query = 'when will Ada leave the company?') =>
    (await memory().recall(holder(), query, { limit: 10, readers: { roomId: room.id } })).items.map(
      ({ memory: { content } }) => content,
    );
  /** The prompt of the next answer in a room. */
  const promptIn = async (room: { id: string }, by = ada) => {
    town.plays(() => saying('I see.'));
    await town.say(by, room, `@${bot.handle} when will Ada leave the company?`);
    await town.settle();
    return JSON.stringify(town.requests);
  };

  it('keeps what was told in a direct room out of the lobby, and of a room with anyone else', async () => {
    const direct = await town.call(ada, 'open_direct_room', { userIds: [bot.id] });
    await tell(direct);
    const open = await town.room(ada, bot);
    const shared = await privateRoom(ada, bea);
    expect(await recalled(direct)).toEqual([secret]);
    expect(await recalled(open)).toEqual([]);
    expect(await recalled(shared)).toEqual([]);
    expect(await promptIn(open)).not.toContain('March');
    expect(await promptIn(shared)).not.toContain('March');
    expect(await promptIn(direct)).toContain('March');
  });

  it('lets it be used among the same people elsewhere, until someone comes who was not there', async () => {
    const fresh = 'Ada and Bea hide the spare badge behind the clock';
    const here = await privateRoom(ada, bea);
    await tell(here, fresh);
    const there = await privateRoom(ada, bea);
    const ask = 'where is the spare badge hidden?';
    expect(await recalled(there, ask)).toEqual([fresh]);
    const cleo = await town.person('Cleo');
    await town.call(ada, 'add_member', { roomId: there.id, userId: cleo.user.id });
    expect(await recalled(there, ask)).toEqual([]);
    // She can read the room's past where it was said, but nobody said it in front of her.
    await town.call(ada, 'add_member', { roomId: here.id, userId: cleo.user.id });
    expect(await recalled(there, ask)).toEqual([]);
    expect(await recalled(here, ask)).toEqual([fresh]);
  });

  it('ends for a reader with his membership where it was said', async () => {
    const here = await privateRoom(ada, bea);
    const plan = 'The surprise party plan is at the boathouse';
    await tell(here, plan);
    const there = await privateRoom(ada, bea);
    const ask = 'where is the surprise party plan?';
    expect(await recalled(there, ask)).toEqual([plan]);
    await town.call(ada, 'remove_member', { roomId: here.id, userId: bea.user.id });
    expect(await recalled(there, ask)).toEqual([]);
  });

  it('is decided again when a prompt is built, not only when memories are chosen', async () => {
    const here = await privateRoom(ada);
    const kept = await tell(here, 'The combination of the bicycle shed hangs in the hall');
    const readers = { roomId: here.id };
    expect(await memory().byIds(holder(), [kept.id], readers)).toHaveLength(1);
    const open = await town.room(ada, bot);
    expect(await memory().byIds(holder(), [kept.id], { roomId: open.id })).toEqual([]);
    // A room of nobody's, as after a deletion, opens nothing either.
    expect(await memory().byIds(holder(), [kept.id], { roomId: ada.user.id })).toEqual([]);
  });

  it('counts another agent in the room as a reader', async () => {
    const here = await privateRoom(ada);
    await tell(here, 'Ada dreads the quarterly budget review');
    const there = await privateRoom(ada);
    const ask = 'who dreads the quarterly budget review?';
    expect(await recalled(there, ask)).toHaveLength(1);
    const spy = await town.agent(bea);
    await town.call(ada, 'invite_agent', { roomId: there.id, agentId: spy.id });
    expect(await recalled(there, ask)).toEqual([]);
  });

  it('is everyone for what its owner gave the agent, and for what was said where everyone may read', async () => {
    await town.call(ada, 'add_memory', { agentId: bot.id, content: 'The canteen opens at half past eleven' });
    const open = await town.room(ada, bot);
    await tell(open, 'The canteen closes at half past two');
    const elsewhere = await town.room(ada, bot);
    expect((await recalled(elsewhere, 'canteen opening hours')).sort()).toEqual([
      'The canteen closes at half past two',
      'The canteen opens at half past eleven',
    ]);
  });

  it('is explained to the owner, who sees what a room may not', async () => {
    const direct = await town.call(ada, 'open_direct_room', { userIds: [bot.id] });
    const open = await town.room(ada, bot);
    const query = 'when will Ada leave the company?';
    const all = await town.call(ada, 'search_memories', { agentId: bot.id, query, explain: true });
    const [hit] = all.data;
    expect(hit.memory).toMatchObject({ content: secret, audience: 'room', source: { roomId: direct.id } });
    expect(Object.keys(hit.explain.channels)).toContain('session');
    const there = await town.call(ada, 'search_memories', {
      agentId: bot.id,
      query,
      explain: true,
      readersOf: open.id,
    });
    expect(there.data.map((h: { memory: { id: string } }) => h.memory.id)).not.toContain(hit.memory.id);
    expect(there.withheld).toContainEqual({ id: hit.memory.id, reason: 'audience' });
  });
});
