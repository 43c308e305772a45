// How memories fade: a table of what becomes of what, and a review that says so before it does it.
import { describe, expect, it } from 'vitest';
import { type Fading, fade } from '../../src/memory/forgetting.ts';
import { importanceOf, isSensitive, junkOf } from '../../src/memory/worth.ts';
import { startTown } from '../agents/town.ts';

const NOW = new Date('2026-06-01T12:00:00Z');
const ago = (days: number) => new Date(NOW.getTime() - days * 86_400_000);
const memory = (more: Partial<Fading> & { days: number }): Fading => ({
  kind: 'episodic',
  importance: 0.5,
  pinned: false,
  uses: 0,
  usedAt: ago(more.days),
  createdAt: ago(more.days),
  dueAt: null,
  state: 'active',
  holdsOpen: false,
  ...more,
});

describe('fading', () => {
  it.each([
    ['a fresh one stays', { days: 0 }, null, 'active'],
    ['an episode is half as strong after its half-life, and stays', { days: 30 }, null, 'active'],
    ['below a fifth it is cold', { days: 71 }, null, 'cold'],
    ['what was used fades later', { days: 71, uses: 5 }, null, 'active'],
    ['what mattered fades later', { days: 71, importance: 1 }, null, 'active'],
    ['below a twentieth and past retention it is archived', { days: 140 }, null, 'archived'],
    ['an owner who keeps longer archives later', { days: 140 }, 365, 'cold'],
    ['facts live longer', { days: 140, kind: 'semantic' }, null, 'active'],
    [
      'what people are to each other lives longer than what happened',
      { days: 140, kind: 'social' },
      null,
      'active',
    ],
    ['and less long than what is so', { days: 420, kind: 'social' }, null, 'cold'],
    ['what one knows how to do stays', { days: 5000, kind: 'procedural' }, null, 'active'],
    ['pinned stays', { days: 5000, pinned: true }, null, 'active'],
    ['what has its day ahead stays', { days: 5000, dueAt: ago(-1) }, null, 'active'],
    ['what had its day fades', { days: 5000, dueAt: ago(1) }, null, 'archived'],
    ['the only ground of something open stays', { days: 5000, holdsOpen: true }, null, 'active'],
    ['the archive is kept where no retention is set', { days: 5000, state: 'archived' }, null, 'archived'],
    ['and deleted past the one that is', { days: 5000, state: 'archived' }, 365, 'deleted'],
    ['what was used again comes back', { days: 0, state: 'cold' }, null, 'active'],
  ] as const)('%s', (_, more, retention, to) => {
    expect(fade(memory(more), NOW, retention).to).toBe(to);
  });
});

describe('what is worth keeping', () => {
  it.each([
    ['Hi there!', 'greeting'],
    ['thanks a lot', 'greeting'],
    ['ok, cool', 'filler'],
    ['my password is hunter22', 'credential'],
    ['the key is sk-proj-abcdefghijklmnopqrstuvwx', 'credential'],
    ['4111 1111 1111 1111', 'credential'],
    [`{"a": [${'1, '.repeat(200)}1]}`, 'dump'],
    ['I moved to Lyon', undefined],
    ['Hello is the name of my dog', undefined],
    ['Yes, we meet at nine on Friday', undefined],
  ])('%s: %s', (text, junk) => {
    expect(junkOf(text)).toBe(junk);
  });

  it('weighs what was asked for, promised, corrected or told of oneself, and chit-chat less than anything', () => {
    const plain = importanceOf('the weather was fine');
    expect(plain).toBeCloseTo(0.15);
    expect(importanceOf('remember that the weather was fine')).toBeCloseTo(0.4);
    expect(importanceOf('we will paint it next week')).toBeCloseTo(0.35);
    expect(importanceOf('actually it was raining')).toBeCloseTo(0.3);
    expect(importanceOf('my name is ada')).toBeCloseTo(0.25);
    expect(importanceOf('lol how are you')).toBe(0);
  });

  it('knows what is delicate', () => {
    expect(isSensitive('Ada was diagnosed with asthma')).toBe(true);
    expect(isSensitive('write to ada@example.org')).toBe(true);
    expect(isSensitive('Ada likes green tea')).toBe(false);
  });
});

describe('a review', () => {
  it('says what would fade and changes nothing, then does it; the archived is not recalled; only for its owner', async () => {
    const town = await startTown();
    try {
      await town.person('Zoe');
      const ada = await town.person('Ada');
      const bea = await town.person('Bea');
      const eve = await town.stranger('Eve');
      const bot = await town.agent(ada);
      const holder = { tenantId: ada.tenantId, agentId: bot.id };
      const { memory } = town.app.parts.agents;
      const old = new Date(Date.now() - 400 * 86_400_000);
      const input = { content: 'The fountain in the yard was repaired', memoryType: 'conversation' as const };
      const faded = await memory.remember(holder, { ...input, occurredAt: old, audience: 'everyone' });
      await town.app.parts.database.db
        .updateTable('agentMemories')
        .set({ createdAt: old })
        .where('id', '=', faded.id)
        .execute();
      const count = async () =>
        (await town.call(ada, 'search_memories', { agentId: bot.id, query: 'fountain in the yard' })).data
          .length;
      const planned = await town.call(ada, 'review_memories', { agentId: bot.id });
      expect(planned).toMatchObject({
        dryRun: true,
        counts: { archived: 1 },
        changes: [{ id: faded.id, from: 'active', to: 'archived' }],
      });
      expect(await count()).toBe(1);
      await town.call(ada, 'review_memories', { agentId: bot.id, dryRun: false });
      expect(await count()).toBe(0);
      await town.call(ada, 'set_memory_retention', { agentId: bot.id, retentionDays: 30 });
      const last = await town.call(ada, 'review_memories', { agentId: bot.id, dryRun: false });
      expect(last.counts).toMatchObject({ deleted: 1 });
      for (const [name, more] of [
        ['review_memories', {}],
        ['set_memory_retention', { retentionDays: 1 }],
        ['rotate_memory_keys', {}],
      ] as const) {
        const asked = { agentId: bot.id, ...more };
        await expect(town.call(bea, name, asked)).rejects.toMatchObject({ code: 'forbidden' });
        await expect(town.call(eve, name, asked)).rejects.toMatchObject({ code: 'not_found' });
      }
    } finally {
      await town.stop();
    }
  });

  it('gives vectors of another model anew', async () => {
    const town = await startTown();
    try {
      await town.person('Zoe');
      const ada = await town.person('Ada');
      const bot = await town.agent(ada);
      const holder = { tenantId: ada.tenantId, agentId: bot.id };
      const { db } = town.app.parts.database;
      const kept = [
        await town.call(ada, 'add_memory', {
          agentId: bot.id,
          content: 'The printer is on the second floor',
        }),
        await town.call(ada, 'add_memory', { agentId: bot.id, content: 'Ada takes medication at noon' }),
      ];
      await db
        .updateTable('agentMemories')
        .set({ embeddingModel: 'of-last-year' })
        .where('agentId', '=', bot.id)
        .execute();
      await town.app.parts.agents.memory.tend(holder);
      const rows = await db
        .selectFrom('agentMemories')
        .select(['id', 'embeddingModel', 'sensitive'])
        .where('agentId', '=', bot.id)
        .orderBy('id')
        .execute();
      expect(rows).toEqual(
        kept.map(({ id, sensitive }) => ({ id, sensitive, embeddingModel: 'local-hash-3' })),
      );
    } finally {
      await town.stop();
    }
  });
});
