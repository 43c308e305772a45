// Speaking unasked: what a listener can tell, who gets the floor, how it is explained, and that a storm of agents ends.
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import { type Heard, listen } from '../../src/agents/runtime/floor-ear.ts';
import { boundOf, MAX_CHAIN } from '../../src/agents/runtime/floor-limits.ts';
import { scoreFloor } from '../../src/agents/runtime/floor-score.ts';
import { namesIn, readWords } from '../../src/agents/runtime/floor-text.ts';
import { giveFloor } from '../../src/agents/runtime/turn-taking.ts';
import type { Scope } from '../../src/core/scope.ts';
import { describeEachDatabase } from '../support/app.ts';
import { saying, startTown, type Town } from './town.ts';

const KNOWN = new Map([
  ['ada', 'ada'],
  ['bea', 'bea'],
  ['bo', 'bo'],
  ['bot', 'bot'],
  ['adele', 'ada'],
  ['scout', 'bot'],
]);
/** Lines as `name: words`, a minute apart. */
const talk = (...lines: string[]): Heard[] =>
  lines.map((line, at) => {
    const [authorId = '', ...rest] = line.split(': ');
    const text = rest.join(': ');
    const { ids, first } = namesIn(text, KNOWN, authorId);
    return { authorId, text, at, named: ids, namedFirst: first };
  });
const scoreOf = (...lines: string[]) => scoreFloor(listen(talk(...lines)).about('bot'));

describe('words', () => {
  it.each([
    ['thanks a lot', true],
    ['ok', true],
    ['lol', true],
    ['how do I mount it', false],
    ['ok, and how do I mount the second disk', false],
  ])('%j is filler: %s', (text, filler) => expect(readWords(text).isFiller).toBe(filler));

  it('finds names as words, short ones only in front', () => {
    expect(namesIn('bo: are you there', KNOWN, 'ada')).toEqual({ ids: ['bo'], first: true });
    expect(namesIn('the bo thing of robot and adele?', KNOWN, 'bea')).toEqual({ ids: ['ada'], first: false });
    expect(namesIn('ada here', KNOWN, 'ada').ids).toEqual([]);
  });
});

describe('what a listener can tell', () => {
  it.each([
    [
      'someone it just answered goes on',
      ['ada: bot: how do I mount it?', 'bot: ada: with mount', 'ada: where do I type that?'],
      'partner',
    ],
    ['it is named', ['ada: what does scout say?'], 'named'],
    ['somebody else is named', ['ada: bot: hi', 'bot: ada: hi', 'ada: bea, how are you?'], 'other_named'],
    ['two others talk', ['ada: bea: it broke', 'bea: ada: how?', 'ada: it went out'], 'other_partner'],
    ['nobody is meant', ['ada: good morning'], 'nobody'],
    ['it answers commands, also those about others', ['ada: !a', 'bot: b', 'bea: !c | ada'], 'called'],
    ['no command was answered by it', ['ada: !a', 'bo: b', 'bea: !c'], 'nobody'],
    ['the command it answers begins with a name', ['ada: !a', 'bot: b', 'bea: ada: !c'], 'other_named'],
    ['it answers commands now and then', ['ada: !a', 'bot: b', 'bea: !c', 'bo: d', 'ada: !e'], 'nobody'],
  ])('%s', (_what, lines, stance) => expect(listen(talk(...lines)).about('bot').stance).toBe(stance));

  it('does not depend on what came before its span, nor on the clock', () => {
    const early = Array.from({ length: 80 }, (_, i) => `${i % 2 ? 'ada' : 'bea'}: line ${i}`);
    const late = early.slice(-60);
    expect(scoreOf(...early)).toEqual(scoreFloor(listen(talk(...early).slice(-60)).about('bot')));
    expect(listen(talk(...late)).about('bot')).toEqual(
      listen(talk(...late).map((h) => ({ ...h, at: h.at + 9000 }))).about('bot'),
    );
  });
});

describe('the score', () => {
  const answered = ['ada: bot: how do I mount it?', 'bot: ada: with mount'];
  it('is higher for a question of someone it just answered than for his thanks, and nothing where another is named', () => {
    const question = scoreOf(...answered, 'ada: and where do I type that?').score;
    expect(question).toBeGreaterThan(scoreOf(...answered, 'ada: thanks').score);
    expect(question).toBeGreaterThan(scoreOf('ada: and where do I type that?').score);
    expect(scoreOf(...answered, 'ada: bea, where do I type that?')).toMatchObject({
      score: 0,
      parts: [{ name: 'other_named' }],
    });
  });

  it('leans with the character, and stays between 0 and 1', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.constantFrom('ada', 'bea', 'bot'), fc.string()), {
          minLength: 1,
          maxLength: 30,
        }),
        fc.double({ min: -0.1, max: 0.1, noNaN: true }),
        (lines, lean) => {
          const features = listen(talk(...lines.map(([who, text]) => `${who}: ${text}`))).about('bot');
          const { score, parts } = scoreFloor(features, lean);
          expect(score).toBeGreaterThanOrEqual(0);
          expect(score).toBeLessThanOrEqual(1);
          expect(parts.length).toBeLessThanOrEqual(5);
          if (lean > 0) expect(score).toBeGreaterThanOrEqual(scoreFloor(features).score);
        },
      ),
    );
  });
});

test('one agent has the floor: the best, by the same lot everywhere among equals, nobody where one is addressed', () => {
  const bid = (agentId: string, score: number, reason = 'score') => ({ agentId, score, reason });
  expect(giveFloor('m1', [bid('a', 0.4), bid('b', 0.6)])?.agentId).toBe('b');
  expect(giveFloor('m1', [bid('a', 0.9), bid('b', 0, 'mentioned')])).toBeUndefined();
  const equals = [bid('a', 0.5), bid('b', 0.5), bid('c', 0.5)];
  const lots = Array.from({ length: 40 }, (_, i) => giveFloor(`m${i}`, equals)?.agentId);
  expect(lots).toEqual(
    Array.from({ length: 40 }, (_, i) => giveFloor(`m${i}`, equals.toReversed())?.agentId),
  );
  expect(new Set(lots).size).toBe(3);
});

describeEachDatabase('agents that may speak unasked', (database) => {
  let town: Town;
  let ada: Scope;
  let bea: Scope;
  beforeAll(async () => {
    town = await startTown({ database });
    [, ada, bea] = [await town.person('Zoe'), await town.person('Ada'), await town.person('Bea')];
  });
  afterAll(() => town.stop());

  it('go on with whom they answered, say nothing to others, and tell why', async () => {
    const bot = await town.agent(ada, { responseMode: 'helpful' });
    const room = await town.room(ada, bot);
    await town.call(bea, 'rooms.join', { roomId: room.id });
    town.plays(() => saying('With mount.'));
    await town.say(ada, room, `@${bot.handle} how do I mount the disk?`);
    await town.settle();
    const further = await town.say(ada, room, 'And where would I have to type that, as I do not see it?');
    await town.settle();
    expect(await town.turns(ada, room, further)).toMatchObject([
      {
        agentId: bot.id,
        decision: 'speak',
        reason: 'score',
        score: expect.any(Number),
        run: { status: 'completed' },
      },
    ]);
    const aside = await town.say(ada, room, `@${bea.user.handle} how are you?`);
    await town.settle();
    const [turn] = await town.turns(ada, room, aside);
    expect(turn).toMatchObject({ decision: 'silent', reason: 'below_threshold', score: 0 });
    expect(turn?.parts).toEqual([{ name: 'other_named', by: -1 }]);
  });

  it('leave it to one of them, and to who is addressed', async () => {
    const bots = await Promise.all([1, 2, 3].map(() => town.agent(ada, { responseMode: 'lively' })));
    const [first] = bots as [Awaited<ReturnType<Town['agent']>>];
    const room = await town.room(ada, ...bots);
    town.plays(() => saying('With mount.'));
    const said = await town.say(ada, room, `@${first.handle} how do I mount the disk?`);
    await town.settle();
    expect((await town.turns(ada, room, said)).filter(({ decision }) => decision === 'speak')).toHaveLength(
      1,
    );
    const further = await town.say(ada, room, 'And where would I have to type that, as I do not see it?');
    await town.settle();
    const turns = await town.turns(ada, room, further);
    expect(turns.filter(({ decision }) => decision === 'speak')).toHaveLength(1);
  });

  it('a storm of twenty that mention each other never exceeds the printed bound', async () => {
    const bots = await Promise.all(Array.from({ length: 20 }, () => town.agent(ada)));
    const room = await town.room(ada, ...bots);
    const everyone = bots.map(({ handle }) => `@${handle}`).join(' ');
    town.plays(() => saying(`${everyone} and you?`));
    const asked = await town.say(ada, room, `${everyone} begin`);
    await town.settle();
    const { bound } = await town.call(ada, 'list_turns', { roomId: room.id });
    expect(bound).toBe(boundOf(20));
    const said = (await town.messages(ada, room)).filter((m) => m.kind === 'agent' && m.seq > asked.seq);
    // Each was addressed by a person and answers him; of the answers to answers there are so many.
    expect(said.length).toBeGreaterThan(20);
    expect(said.length).toBeLessThanOrEqual(bound);
    expect(said.length - 20).toBeLessThanOrEqual(MAX_CHAIN);
  });
});
