// An agent over most of a year: it takes down what was said once the room is quiet, recalls it where it may and not where it may not,
// is corrected, lets what does not matter fade, and forgets on request with a receipt. Time is the test's own.
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Agent } from '../../src/agents/profiles/contract.ts';
import { type Clock, systemClock } from '../../src/core/clock.ts';
import type { Scope } from '../../src/core/scope.ts';
import type { Memory } from '../../src/memory/contract.ts';
import { calling, saying, startTown, type Town } from '../agents/town.ts';
import { describeEachDatabase } from '../support/app.ts';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

describeEachDatabase('memory over days', (database) => {
  let ahead = 0;
  const clock: Clock = {
    ...systemClock,
    now: () => systemClock.now() + ahead,
    date: () => new Date(systemClock.now() + ahead),
  };
  let town: Town;
  let ada: Scope;
  let bea: Scope;
  let cleo: Scope;
  let bot: Agent;
  let kitchen: { id: string };
  let garden: { id: string };
  let direct: { id: string };
  beforeAll(async () => {
    town = await startTown({ database, clock });
    await town.person('Zoe');
    [ada, bea, cleo] = [await town.person('Ada'), await town.person('Bea'), await town.person('Cleo')];
    bot = await town.agent(ada);
    const open = async (name: string, who: Scope) => {
      const room = await town.call(ada, 'create_room', { name, kind: 'group', memberIds: [who.user.id] });
      await town.call(ada, 'invite_agent', { roomId: room.id, agentId: bot.id });
      return room as { id: string };
    };
    kitchen = await open('Kitchen', bea);
    garden = await open('Garden', cleo);
    direct = await town.call(bea, 'open_direct_room', { userIds: [bot.id] });
  });
  afterAll(() => town.stop());

  const db = () => town.app.parts.database.db;
  const passes = (ms: number) => {
    ahead += ms;
  };
  /** Said at the test's time: messages are dated by the database. */
  const say = async (who: Scope, room: { id: string }, words: string) => {
    const { id } = await town.say(who, room, words);
    await sql`update messages set created_at = ${clock.date()} where id = ${id}`.execute(db());
  };
  const quietJob = async (room: { id: string }) => {
    const job = town.app.parts.agents.memory.jobs.find(({ name }) => name === 'memory.quiet-room');
    const data = { tenantId: ada.tenantId, agentId: bot.id, roomId: room.id };
    await job?.handle(data as never, {
      signal: AbortSignal.timeout(60_000),
      attempt: 1,
      taken: () => undefined,
    });
  };
  const all = async (): Promise<Memory[]> =>
    (await town.call(ada, 'list_memories', { agentId: bot.id, limit: 100 })).data;
  const standing = async (layer: string): Promise<string[]> =>
    (await all())
      .filter((one) => one.layer === layer && one.validTo === undefined)
      .map(({ content }) => content);
  /** What the answer to a question in a room was given from memory. */
  const recalledFor = async (who: Scope, room: { id: string }, question: string): Promise<string> => {
    town.plays(() => saying('I see.'));
    await say(who, room, `@${bot.handle} ${question}`);
    await town.settle();
    const [run] = await town.runs(ada, bot);
    const { steps } = await town.run(ada, run?.id as string);
    const context = steps[0]?.data as { memoryIds: string[] } | undefined;
    const chosen = new Set(context?.memoryIds);
    return (await all())
      .filter(({ id }) => chosen.has(id))
      .map(({ content }) => content)
      .join('\n');
  };

  it('takes down, recalls and withholds, is corrected, fades and forgets', async () => {
    // Day 1: Bea allows it and tells about herself.
    await town.call(bea, 'set_memory_consent', { agentId: bot.id, status: 'granted' });
    passes(MINUTE);
    await say(bea, kitchen, 'I live in Bergen, in the old harbour');
    await say(bea, kitchen, 'I am allergic to walnuts');
    await say(bea, kitchen, 'The weather at the quay was grey all week');
    await quietJob(kitchen);
    expect(await all()).toEqual([]);
    passes(3 * MINUTE);
    await quietJob(kitchen);
    expect(await standing('fact')).toEqual([
      'Bea lives in Bergen, in the old harbour',
      'Bea is allergic to walnuts',
    ]);
    const { rows } = await sql<{
      row: string;
    }>`select agent_memories::text as row from agent_memories`.execute(db());
    expect(rows.map(({ row }) => row).join()).not.toContain('walnuts');

    // Day 2: those who were there may hear of it, others may not.
    passes(DAY);
    const question = 'where does Bea live?';
    expect(await recalledFor(ada, kitchen, question)).toContain('Bergen');
    expect(await recalledFor(bea, direct, question)).toContain('Bergen');
    expect(await recalledFor(cleo, garden, question)).not.toContain('Bergen');
    const why = await town.call(ada, 'explain_recall', {
      agentId: bot.id,
      query: question,
      roomId: garden.id,
    });
    expect(why.withheld.audience).toBeGreaterThanOrEqual(2);

    // Day 10: she has it put right, in another room than the one where she said it.
    passes(8 * DAY);
    town.plays((_, call) =>
      call === 1
        ? calling('correct_memory', { wrong: 'Bea lives in Bergen', right: 'Bea lives in Trieste' })
        : saying('I have put that right.'),
    );
    await say(bea, direct, 'correct that: I live in Trieste');
    await town.settle();
    passes(DAY);
    const later = await recalledFor(ada, kitchen, question);
    expect(later).toContain('Bea lives in Trieste');
    expect(later).not.toContain('Bergen');
    expect((await standing('relationship'))[0]).toContain('Trieste');

    // Day 211: small talk has faded, what is known of her has not.
    passes(200 * DAY);
    const plan = await town.call(ada, 'review_memories', { agentId: bot.id });
    expect(plan.counts.cold + plan.counts.archived).toBeGreaterThan(0);
    await town.app.parts.agents.memory.tend({ tenantId: ada.tenantId, agentId: bot.id });
    const weather = (await all()).find(({ content }) => content.includes('weather'));
    expect(weather?.state).not.toBe('active');
    expect(await recalledFor(ada, kitchen, question)).toContain('Bea lives in Trieste');

    // Day 212: she asks to be forgotten.
    passes(DAY);
    town.plays((_, call) => (call === 1 ? calling('forget_me', {}) : saying('Forgotten.')));
    await say(bea, direct, 'please forget me');
    await town.settle();
    const receipts = (await town.call(bea, 'list_memory_receipts', { agentId: bot.id })).data;
    expect(receipts.map(({ action }: { action: string }) => action)).toEqual([
      'forget',
      'correct',
      'consent',
    ]);
    expect(receipts[0].counts).toMatchObject({ turn: 3, fact: 2, keysDestroyed: 1 });
    expect(await all()).toEqual([]);
    expect(await recalledFor(ada, kitchen, question)).toBe('');

    // And what she says from now on is not taken down.
    passes(DAY);
    await say(bea, kitchen, 'I live in Graz');
    passes(3 * MINUTE);
    await quietJob(kitchen);
    expect(await all()).toEqual([]);
  });
});
