// What moves the score beside the conversation itself, and what keeps an agent silent before a run begins.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Stance } from '../../src/agents/runtime/floor-ear.ts';
import { withMoves } from '../../src/agents/runtime/floor-score.ts';
import { readWords } from '../../src/agents/runtime/floor-text.ts';
import { topicMatch } from '../../src/agents/runtime/floor-topics.ts';
import { stricter } from '../../src/agents/runtime/turn-taking.ts';
import type { Scope } from '../../src/core/scope.ts';
import { describeEachDatabase } from '../support/app.ts';
import { createTestClock } from '../support/test-clock.ts';
import { saying, startTown, type Town } from './town.ts';

describe('what a message is about', () => {
  const topics = { expertise: ['file system', 'Käse'], interests: ['sailing'] };
  it.each<[text: string, stance: Stance, match: number]>([
    ['does the file system know of it?', 'nobody', 0.3],
    ['the file is in the system, I think', 'nobody', 0.15],
    ['which file?', 'nobody', 0],
    ['what KÄSE is that?', 'partner', 0.3],
    ['who goes sailing?', 'nobody', 0.2],
    ['we went sailing', 'nobody', 0.1],
    ['which file systems are there?', 'nobody', 0.3],
    ['does the file system know of it?', 'other_partner', 0],
    ['does the file system know of it?', 'other_named', 0],
    ['lol', 'nobody', 0],
  ])('%j to %s: %d', (text, stance, match) =>
    expect(topicMatch(text, readWords(text), stance, topics)).toBe(match),
  );
});

it('moves a score within its bounds, shows what moved it first, and never speaks into talk that names another', () => {
  const score = { score: 0.2, stance: 'nobody' as const, parts: [{ name: 'question', by: 1 }] };
  expect(withMoves(score, { topic: 0.3, someone_typing: 0 })).toEqual({
    ...score,
    score: 0.5,
    parts: [{ name: 'topic', by: 0.3 }, ...score.parts],
  });
  expect(withMoves(score, { someone_typing: -0.3 }).score).toBe(0);
  const other = { ...score, score: 0, stance: 'other_named' as const };
  expect(withMoves(other, { topic: 0.3 })).toEqual(other);
});

it('of what the room allows and what the agent is set to, the less counts', () => {
  expect(stricter('lively', 'mention')).toBe('mention');
  expect(stricter('mention', 'lively')).toBe('mention');
  expect(stricter('helpful', 'lively')).toBe('helpful');
  expect(stricter('off', 'lively')).toBe('off');
});

describeEachDatabase('an agent', (database) => {
  let town: Town;
  let ada: Scope;
  let bea: Scope;
  beforeAll(async () => {
    town = await startTown({ database, clock: createTestClock() });
    await town.person('Zoe');
    [ada, bea] = [await town.person('Ada'), await town.person('Bea')];
    town.plays(() => saying('With mount.'));
  });
  afterAll(() => town.stop());
  const say = async (by: Scope, room: { id: string }, body: string) => {
    const said = await town.say(by, room, body);
    await town.settle();
    return (await town.turns(ada, room, said))[0];
  };

  it('speaks of what it knows, where it would not speak of anything else', async () => {
    const bot = await town.agent(ada, {
      responseMode: 'helpful',
      personality: { expertise: ['Saturn'], interests: ['cheese'] },
    });
    const room = await town.room(ada, bot);
    const turn = await say(ada, room, 'Who knows how far away Saturn is?');
    expect(turn).toMatchObject({ decision: 'speak', reason: 'score' });
    expect(turn?.parts?.[0]).toEqual({ name: 'topic', by: 0.3 });
    const other = await town.room(ada, bot);
    expect(await say(ada, other, 'Who knows how far away Brighton is?')).toMatchObject({
      decision: 'silent',
      reason: 'below_threshold',
    });
  });

  it('leaves the floor to a person who is typing, but not to who has just sent', async () => {
    const bot = await town.agent(ada, { responseMode: 'lively' });
    const room = await town.room(ada, bot);
    await town.call(bea, 'rooms.join', { roomId: room.id });
    await say(ada, room, `@${bot.handle} how do I mount the disk?`);
    await town.call(ada, 'typing', { roomId: room.id, on: true });
    expect(await say(ada, room, 'And where would I have to type that, as I do not see it?')).toMatchObject({
      decision: 'speak',
    });
    await town.call(bea, 'typing', { roomId: room.id, on: true });
    const turn = await say(ada, room, 'I did not see it there');
    expect(turn).toMatchObject({ decision: 'silent', reason: 'below_threshold' });
    expect(turn?.parts?.[0]).toEqual({ name: 'someone_typing', by: -0.3 });
    await town.call(bea, 'typing', { roomId: room.id, on: false });
    expect(await say(ada, room, 'I did not see it there')).toMatchObject({ decision: 'speak' });
  });

  it.each(['agent', 'owner'])(
    'says nothing once the day of the %s is spent, before a run begins',
    async (target) => {
      const bot = await town.agent(ada);
      const room = await town.room(ada, bot);
      await town.call(bea, 'rooms.join', { roomId: room.id });
      const limit = (tokensPerDay: number | null) =>
        town.call(ada, 'set_budget', {
          target,
          ...(target === 'agent' ? { targetId: bot.id } : {}),
          tokensPerDay,
        });
      await limit(1_000_000);
      expect(await say(ada, room, `@${bot.handle} how do I mount it?`)).toMatchObject({
        run: { status: 'completed' },
      });
      // That answer was fifteen tokens.
      await limit(15);
      const turn = await say(bea, room, `@${bot.handle} and how do I unmount it?`);
      expect(turn).toMatchObject({ decision: 'silent', reason: 'budget_empty' });
      expect(turn).not.toHaveProperty('run');
      await expect(
        town.call(bea, 'invoke_agent', { roomId: room.id, agentId: bot.id }),
      ).rejects.toMatchObject({ code: 'conflict', reason: 'budget_empty' });
      await limit(null);
      expect(await say(ada, room, `@${bot.handle} and now?`)).toMatchObject({ run: { status: 'completed' } });
    },
  );
});
