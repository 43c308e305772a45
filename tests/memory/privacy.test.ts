// Consent and erasure: nothing is kept unasked, and what a person told can be seen, corrected and forgotten, by him alone, in
// chat and over the operations, with all that was made from it.
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Agent } from '../../src/agents/profiles/contract.ts';
import type { Scope } from '../../src/core/scope.ts';
import { calling, saying, startTown, type Town } from '../agents/town.ts';
import { describeEachDatabase } from '../support/app.ts';

describeEachDatabase('what people may ask of memories', (database) => {
  let town: Town;
  let ada: Scope;
  let bea: Scope;
  let eve: Scope;
  beforeAll(async () => {
    // The scripted provider: it answers these requests by its tools.
    town = await startTown({ database, played: false });
    await town.person('Zoe');
    ada = await town.person('Ada');
    bea = await town.person('Bea');
    eve = await town.stranger('Eve');
  });
  afterAll(() => town.stop());

  const memory = () => town.app.parts.agents.memory;
  const direct = (who: Scope, bot: Agent) => town.call(who, 'open_direct_room', { userIds: [bot.id] });
  const ask = async (who: Scope, room: { id: string }, words: string): Promise<string> => {
    await town.say(who, room, words);
    await town.settle();
    return (await town.messages(who, room)).at(-1)?.body as string;
  };
  const contents = (answer: { data: { content: string }[] }) => answer.data.map(({ content }) => content);
  const about = async (who: Scope, bot: Agent) =>
    contents(await town.call(who, 'what_you_know', { agentId: bot.id }));

  it('are answered in chat: what do you know, correct that, forget me', async () => {
    const bot = await town.agent(ada);
    const room = await direct(bea, bot);
    await ask(bea, room, 'remember that my cat is called Tom');
    expect(await ask(bea, room, 'what do you know about me?')).toBe(
      "I remember that Bea's cat is called Tom.",
    );
    expect(await ask(bea, room, 'correct that: my cat is called Tim')).toBe(
      "I have corrected that: Bea's cat is called Tim.",
    );
    expect(await about(bea, bot)).toEqual(["Bea's cat is called Tim"]);
    expect(await ask(bea, room, 'forget me')).toContain('Receipt: ');
    expect(await about(bea, bot)).toEqual([]);
    expect(await ask(bea, room, 'what do you know about me?')).toBe("I don't know that yet.");
    const receipts = await town.call(bea, 'list_memory_receipts', { agentId: bot.id });
    expect(receipts.data.map(({ action }: { action: string }) => action)).toEqual(['forget', 'correct']);
    expect(receipts.data[0].counts).toMatchObject({ fact: 1 });
  });

  it('leave nothing of what was forgotten, nor of what was made from it, in any table of the agents', async () => {
    const bot = await town.agent(ada);
    const room = await direct(bea, bot);
    await ask(bea, room, 'remember that my sailing boat is called Zephyrine');
    const [kept] = (await town.call(bea, 'what_you_know', { agentId: bot.id })).data;
    const holder = { tenantId: ada.tenantId, agentId: bot.id };
    await memory().remember(
      holder,
      { content: 'The Zephyrine was talked about', layer: 'episode', evidence: [kept.id] },
      { roomId: room.id },
    );
    await town.call(bea, 'forget_me', { agentId: bot.id });
    for (const table of ['agent_memories', 'tool_executions', 'run_steps']) {
      const { rows } = await sql<{ n: number }>`
        select count(*)::int as n from ${sql.table(table)} t where t::text like '%Zephyrine%'`.execute(
        town.app.parts.database.db,
      );
      expect([table, rows[0]?.n]).toEqual([table, 0]);
    }
    expect(contents(await town.call(ada, 'list_memories', { agentId: bot.id }))).toEqual([]);
  });

  it('touch nobody else: others keep what they said, see only their own, and other tenants find nothing', async () => {
    const bot = await town.agent(ada);
    const hers = await direct(bea, bot);
    const his = await direct(ada, bot);
    await ask(bea, hers, 'remember that my locker is number seven');
    await ask(ada, his, 'remember that my locker is number nine');
    expect(await about(ada, bot)).toEqual(["Ada's locker is number nine"]);
    const [kept] = (await town.call(bea, 'what_you_know', { agentId: bot.id })).data;
    const correction = { agentId: bot.id, memoryId: kept.id, content: 'Nothing of the kind' };
    await expect(town.call(ada, 'correct_memory', correction)).rejects.toMatchObject({
      reason: 'memory_not_found',
    });
    await town.call(ada, 'forget_me', { agentId: bot.id });
    expect(await about(bea, bot)).toEqual(["Bea's locker is number seven"]);
    const other = await town.agent(ada);
    await expect(
      town.call(bea, 'correct_memory', { ...correction, agentId: other.id }),
    ).rejects.toMatchObject({ reason: 'memory_not_found' });
    for (const [name, more] of [
      ['what_you_know', {}],
      ['forget_me', {}],
      ['correct_memory', { memoryId: kept.id, content: 'x' }],
      ['get_memory_consent', {}],
      ['set_memory_consent', { status: 'granted' }],
      ['list_memory_receipts', {}],
    ] as const)
      await expect(town.call(eve, name, { agentId: bot.id, ...more })).rejects.toMatchObject({
        code: 'not_found',
        reason: 'agent_not_found',
      });
    expect(await about(bea, bot)).toEqual(["Bea's locker is number seven"]);
  });

  it('does not show one person what another said about him in confidence', async () => {
    const bot = await town.agent(ada);
    const room = await town.call(ada, 'create_room', {
      name: 'Surprise',
      kind: 'group',
      memberIds: [bea.user.id],
    });
    const holder = { tenantId: ada.tenantId, agentId: bot.id };
    const said = { content: 'Cleo gets a bicycle for her birthday' };
    const cleo = await town.person('Cleo');
    const source = { roomId: room.id, speakerId: ada.user.id, subjectId: cleo.user.id };
    await memory().remember(holder, said, source);
    expect(await about(cleo, bot)).toEqual([]);
    // Yet it is about her: forgetting her takes it along.
    const receipt = await town.call(cleo, 'forget_me', { agentId: bot.id });
    expect(receipt.counts).toMatchObject({ fact: 1 });
    expect(contents(await town.call(ada, 'list_memories', { agentId: bot.id }))).toEqual([]);
  });
});

describeEachDatabase('consent to memories', (database) => {
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

  /** A model that keeps whatever it hears. */
  const keeps = (content: string) =>
    town.plays((_, call) => (call === 1 ? calling('remember', { content }) : saying('Fine.')));
  const kept = async (bot: Agent) =>
    (await town.call(ada, 'list_memories', { agentId: bot.id })).data as {
      content: string;
      consent: string;
      trust: string;
    }[];

  it('is needed for what nobody asked to be remembered, whatever the model tries', async () => {
    const bot = await town.agent(ada);
    const room = await town.room(bea, bot);
    const tell = async (words: string, content: string) => {
      keeps(content);
      await town.say(bea, room, `@${bot.handle} ${words}`);
      await town.settle();
    };
    await tell('I moved to Lyon last week', 'Bea moved to Lyon');
    expect(await kept(bot)).toEqual([]);
    await tell('please remember that I moved to Lyon', 'Bea moved to Lyon');
    expect(await kept(bot)).toMatchObject([{ content: 'Bea moved to Lyon', consent: 'explicit' }]);
    const { status } = await town.call(bea, 'set_memory_consent', { agentId: bot.id, status: 'granted' });
    expect(status).toBe('granted');
    await tell('I have taken up fencing', 'Bea has taken up fencing');
    expect(await kept(bot)).toHaveLength(2);
    // Taken back, it takes along what was kept under it, and nothing that she asked for.
    const refused = await town.call(bea, 'set_memory_consent', { agentId: bot.id, status: 'refused' });
    expect(refused).toMatchObject({ status: 'refused', receipt: { counts: { fact: 1 } } });
    expect(await kept(bot)).toMatchObject([{ content: 'Bea moved to Lyon' }]);
    await tell('I now row on Sundays', 'Bea rows on Sundays');
    expect(await kept(bot)).toHaveLength(1);
    // The consent of one is nobody else's.
    await town.call(bea, 'add_member', { roomId: room.id, userId: ada.user.id });
    keeps('Ada sings in a choir');
    await town.say(ada, room, `@${bot.handle} I sing in a choir`);
    await town.settle();
    expect(await kept(bot)).toHaveLength(1);
  });

  it('does not reach to passwords and card numbers, nor does an erasure that nobody asked for happen', async () => {
    const bot = await town.agent(ada);
    const room = await town.room(bea, bot);
    keeps('The password of the router is hunter22');
    await town.say(bea, room, `@${bot.handle} remember: the password of the router is hunter22`);
    await town.settle();
    expect(await kept(bot)).toEqual([]);
    await expect(
      town.call(ada, 'add_memory', { agentId: bot.id, content: 'My pin is 4711 0815' }),
    ).rejects.toMatchObject({ reason: 'credential_not_kept' });
    keeps('Bea plays the oboe');
    await town.say(bea, room, `@${bot.handle} remember that I play the oboe`);
    await town.settle();
    town.plays((_, call) => (call === 1 ? calling('forget_me', {}) : saying('Done.')));
    await town.say(bea, room, `@${bot.handle} how was your day?`);
    await town.settle();
    expect(await kept(bot)).toHaveLength(1);
  });

  it('keeps what another agent said in quarantine until the owner confirms it', async () => {
    const bot = await town.agent(ada);
    const holder = { tenantId: ada.tenantId, agentId: bot.id };
    const { memory } = town.app.parts.agents;
    const content = 'The release was moved to Thursday';
    const doubtful = await memory.remember(holder, { content, audience: 'everyone', trust: 'quarantined' });
    const room = await town.room(ada, bot);
    const recalled = async () =>
      (await memory.recall(holder, 'when is the release?', { limit: 5, readers: { roomId: room.id } })).items;
    expect(await recalled()).toEqual([]);
    expect(await memory.byIds(holder, [doubtful.id], { roomId: room.id })).toEqual([]);
    await town.call(ada, 'update_memory', { memoryId: doubtful.id, confirmed: true });
    expect(await recalled()).toHaveLength(1);
  });
});
