// What an answer would recall: each search's score, who let it in, and why everything else was left out.
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Agent } from '../../src/agents/profiles/contract.ts';
import type { OutputOf } from '../../src/core/contract.ts';
import type { Scope } from '../../src/core/scope.ts';
import type { explainRecall } from '../../src/memory/contract.ts';
import { startTown, type Town } from '../agents/town.ts';
import { describeEachDatabase } from '../support/app.ts';

type Explained = OutputOf<typeof explainRecall>;

describeEachDatabase('what would be recalled', (database) => {
  let town: Town;
  let ada: Scope;
  let bea: Scope;
  let bot: Agent;
  let room: { id: string };
  let corner: { id: string };
  beforeAll(async () => {
    town = await startTown({ database });
    await town.person('Zoe');
    [ada, bea] = [await town.person('Ada'), await town.person('Bea')];
    bot = await town.agent(ada);
    const people = { kind: 'group', memberIds: [bea.user.id] };
    room = await town.call(ada, 'create_room', { name: 'Kitchen', ...people });
    corner = await town.call(ada, 'create_room', { name: 'Corner', kind: 'group' });
    for (const { id } of [room, corner])
      await town.call(ada, 'invite_agent', { roomId: id, agentId: bot.id });
    const { memory } = town.app.parts.agents;
    const holder = { tenantId: ada.tenantId, agentId: bot.id };
    const keep = (content: string, more = {}, where = room) =>
      memory.remember(holder, { content, ...more }, { roomId: where.id, speakerId: ada.user.id });
    await keep('The spare key of the boat house hangs behind the clock');
    await keep('The boat house is painted red', {}, corner);
    await keep('The boat house was sold to a circus', { trust: 'quarantined' });
    await keep('The boat house key is with Tom', { slot: 'key', occurredAt: new Date('2026-01-01') });
    await keep('The boat house key is with Tim', { slot: 'key', occurredAt: new Date('2026-02-01') });
    await keep('Soup is on Thursdays');
  });
  afterAll(() => town.stop());

  const explain = (more = {}): Promise<Explained> =>
    town.call(ada, 'explain_recall', {
      agentId: bot.id,
      query: 'where is the key of the boat house?',
      roomId: room.id,
      ...more,
    });
  const verdicts = ({ data }: Explained) =>
    Object.fromEntries(data.map(({ memory, verdict, reason }) => [memory.content, reason ?? verdict]));

  it('is said of each memory, with the reason for what is withheld', async () => {
    const answer = await explain();
    expect(verdicts(answer)).toEqual({
      'The spare key of the boat house hangs behind the clock': 'recalled',
      'The boat house key is with Tim': 'recalled',
      'The boat house key is with Tom': 'superseded',
      'The boat house is painted red': 'audience',
      'The boat house was sold to a circus': 'quarantined',
      'Soup is on Thursdays': 'below_threshold',
    });
    expect(answer.withheld).toEqual({ superseded: 1, audience: 1, quarantined: 1, below_threshold: 1 });
  });

  it('adds up: the parts of all searches, age and weight are the score, and what admitted is named', async () => {
    const { data } = await explain();
    const scored = data.filter(({ explain }) => explain !== undefined);
    expect(scored).toHaveLength(3);
    for (const { score, explain, verdict } of scored) {
      const parts = Object.values(explain?.channels ?? {}).reduce((sum, { part }) => sum + part, 0);
      expect(score).toBeCloseTo(parts + (explain?.recency ?? 0) + (explain?.importance ?? 0), 9);
      expect((explain?.admittedBy ?? []).length > 0).toBe(verdict === 'recalled');
    }
    expect(Object.keys(scored[0]?.explain?.channels ?? {}).sort()).toEqual(
      ['coverage', 'factMeaning', 'facts', 'session', 'speaker', 'text', 'vector'].sort(),
    );
  });

  it('is what a recall there answers, in its order, and cuts where it does', async () => {
    const { data } = await explain({ limit: 1 });
    const { items } = await town.app.parts.agents.memory.recall(
      { tenantId: ada.tenantId, agentId: bot.id },
      'where is the key of the boat house?',
      { limit: 1, readers: { roomId: room.id } },
    );
    const recalled = data.filter(({ verdict }) => verdict === 'recalled');
    expect(recalled.map(({ memory }) => memory.id)).toEqual(items.map(({ memory }) => memory.id));
    expect(data.filter(({ reason }) => reason === 'over_limit')).toHaveLength(1);
  });

  it('differs by room, and without one nothing is kept back for its readers', async () => {
    expect(verdicts(await explain({ roomId: corner.id }))['The boat house is painted red']).toBe('recalled');
    const open = verdicts(await explain({ roomId: undefined }));
    expect(open['The boat house is painted red']).toBe('recalled');
    expect(open['The boat house was sold to a circus']).toBe('recalled');
  });
});
