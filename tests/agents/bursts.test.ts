// What somebody says in several messages is answered once, after the last of them; who asks is answered at once.
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import type { Agent } from '../../src/agents/profiles/contract.ts';
import { createBursts } from '../../src/agents/runtime/floor-bursts.ts';
import { BURST_MS, doesAsk, windowOf } from '../../src/agents/runtime/floor-plan.ts';
import { createTyping } from '../../src/agents/runtime/floor-typing.ts';
import type { SpeakReason } from '../../src/agents/runtime/turn-taking.ts';
import type { BusListener } from '../../src/core/bus.ts';
import type { Scope } from '../../src/core/scope.ts';
import { describeEachDatabase } from '../support/app.ts';
import { createTestClock, type TestClock } from '../support/test-clock.ts';
import { until } from '../support/until.ts';
import { saying, startTown, type Town } from './town.ts';

/** By then nothing more is waited for, however slowly the sender writes; it is told by the database's time. */
const LONGEST_WINDOW_MS = 6000;

describe('the wait', () => {
  it.each<[what: string, times: number[], direct: boolean, ms: number]>([
    ['for who has said nothing yet', [1000], false, 600],
    ['for one who writes fast', [0, 200, 400], false, 600],
    ['for one who takes two seconds', [0, 1000, 4000], false, 2400],
    ['for a slow one', [0, 9000], false, 6000],
    ['for who comes back after an hour', [0, 3_600_000], false, 600],
    ['is short in a direct room', [0, 1000, 4000], true, 1500],
    ['is shorter for a fast one there', [0, 100], true, 300],
  ])('%s', (_what, times, direct, ms) => expect(windowOf(times, direct)).toBe(ms));

  it.each<[body: string, reason: SpeakReason, asks: boolean]>([
    ['@bot', 'mentioned', false],
    ['@bot hello', 'mentioned', false],
    ['hey @bot!', 'mentioned', false],
    ['@bot begin', 'mentioned', true],
    ['@bot how do I mount it', 'mentioned', true],
    ['thanks', 'reply_to_agent', true],
    ['hello', 'reply_to_agent', false],
    ['@bot hello 2', 'mentioned', true],
    ['@bot yes', 'mentioned', true],
    ['Good morning, @bot :)', 'mentioned', false],
    ['and the other one?', 'reply_to_agent', true],
    ['tell me', 'direct_room', false],
    ['what is it?', 'direct_room', true],
    ['what is it?', 'score', false],
    ['what is it?', 'follow_up', false],
  ])('%j (%s) asks: %s', (body, reason, asks) => expect(doesAsk(body, reason)).toBe(asks));

  test('whatever comes when: the turn begins once, for the newest message, at most ten seconds after the first', async () => {
    const step = fc.oneof(
      fc.record({ do: fc.constant('say' as const), windowMs: fc.integer({ min: 300, max: 6000 }) }),
      fc.record({ do: fc.constant('type' as const), on: fc.boolean() }),
      fc.record({ do: fc.constant('pass' as const), ms: fc.integer({ min: 1, max: 4000 }) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
        const clock = createTestClock(0);
        let hear: BusListener = () => undefined;
        const bus = {
          subscribe: (_topic: string, listener: BusListener) => {
            hear = listener;
            return () => undefined;
          },
        };
        const began: { run: string; burst: number; at: number }[] = [];
        const bursts = createBursts({
          clock,
          logger: { warn: () => undefined } as never,
          typing: createTyping({ bus, clock }),
          async begin(run, burst) {
            began.push({ run, burst, at: clock.elapsed() });
          },
        });
        let [run, burst, opened, due] = [0, 0, 0, 0];
        /** A millisecond at a time is what real time is. */
        const pass = async (ms: number) => {
          for (let left = ms; left > 0; left -= 50) {
            clock.pass(Math.min(50, left));
            await Promise.resolve();
          }
        };
        const isOver = () => began.some((one) => one.run === `${run}`);
        for (const one of steps) {
          if (one.do === 'pass') await pass(one.ms);
          else if (one.do === 'type') {
            const json = JSON.stringify({ roomId: 'r', userId: 'ada', on: one.on, expiresInMs: 6000 });
            hear({ kind: 'signal', type: 'typing', json }, 'room:r');
          } else {
            if (burst === 0 || isOver()) [run, burst, opened] = [run + 1, 0, clock.elapsed()];
            burst++;
            due = clock.elapsed() + one.windowMs;
            bursts.open({
              runId: `${run}`,
              burst,
              roomId: 'r',
              askerId: 'ada',
              windowMs: one.windowMs,
              openForMs: clock.elapsed() - opened,
            });
          }
          const last = began.findLast((b) => b.run === `${run}`);
          if (last !== undefined) {
            expect(last.burst).toBe(burst);
            expect(last.at - opened).toBeLessThanOrEqual(BURST_MS + 50);
          } else if (burst > 0) expect(clock.elapsed() - opened).toBeLessThanOrEqual(BURST_MS);
          // Not before the sender had time to go on, unless the ten seconds are over.
          if (last !== undefined && last.at < opened + BURST_MS)
            expect(last.at).toBeGreaterThanOrEqual(Math.min(due, opened + BURST_MS));
        }
        await pass(BURST_MS);
        expect(began.map((one) => one.run)).toEqual(Array.from({ length: run }, (_, i) => `${i + 1}`));
        await bursts.stop();
      }),
      { numRuns: 300 },
    );
  });
});

describeEachDatabase('a burst', (database) => {
  let town: Town;
  let clock: TestClock;
  let ada: Scope;
  let bea: Scope;
  let bot: Agent;
  beforeAll(async () => {
    clock = createTestClock();
    town = await startTown({ database, clock });
    await town.person('Zoe');
    [ada, bea] = [await town.person('Ada'), await town.person('Bea')];
    bot = await town.agent(ada);
  });
  afterAll(() => town.stop());

  const place = async () => {
    const room = await town.room(ada, bot);
    await town.call(bea, 'rooms.join', { roomId: room.id });
    town.plays(() => saying('With mount.'));
    return room;
  };
  const answers = async (room: { id: string }) =>
    (await town.messages(ada, room)).filter((m) => m.kind === 'agent');
  const began = (n: number) => until('the model is asked', () => town.requests.length === n);
  const typing = (by: Scope, room: { id: string }, on: boolean) =>
    town.call(by, 'typing', { roomId: room.id, on });

  it('is one turn, for its newest message, and each message tells which', async () => {
    const room = await place();
    const first = await town.say(ada, room, `@${bot.handle}`);
    const second = await town.say(ada, room, 'I have a new disk');
    const third = await town.say(ada, room, 'and want it under /data');
    expect((await town.runs(ada, bot)).filter((run) => run.roomId === room.id)).toMatchObject([
      { status: 'queued', triggerMessageId: third.id, triggerReason: 'mentioned' },
    ]);
    expect(town.requests).toHaveLength(0);
    clock.pass(LONGEST_WINDOW_MS);
    await began(1);
    await town.settle();
    expect(await answers(room)).toHaveLength(1);
    expect(town.requests[0]?.trigger?.text).toBe('and want it under /data');
    expect(JSON.stringify(town.requests[0]?.messages)).toContain('I have a new disk');
    const [run] = (await town.runs(ada, bot)).filter((one) => one.roomId === room.id);
    const turnOf = async (message: { id: string }) => (await town.turns(ada, room, message))[0];
    const same = { decision: 'speak', run: { id: run?.id, status: 'completed' } };
    expect(await turnOf(first)).toMatchObject({ ...same, reason: 'mentioned', handling: 'coalesced' });
    expect(await turnOf(second)).toMatchObject({ ...same, reason: 'follow_up', handling: 'coalesced' });
    expect(await turnOf(third)).toMatchObject({ ...same, reason: 'follow_up' });
    expect(await turnOf(third)).not.toHaveProperty('handling');
  });

  it('waits while its sender types, but not for others, and not longer than ten seconds', async () => {
    const room = await place();
    await town.say(ada, room, `@${bot.handle} hello`);
    await typing(ada, room, true);
    clock.pass(5000);
    await typing(ada, room, true);
    clock.pass(4900);
    expect((await town.runs(ada, bot))[0]).toMatchObject({ roomId: room.id, status: 'queued' });
    clock.pass(100);
    await began(1);
    await town.settle();

    await town.say(ada, room, `@${bot.handle} hey`);
    await typing(bea, room, true);
    clock.pass(LONGEST_WINDOW_MS - 1000);
    await typing(bea, room, true);
    clock.pass(1000);
    await began(2);
    await town.settle();
    expect(await answers(room)).toHaveLength(2);
  });

  it('is over when it asks; who asks at once never waits, and neither does another who asks', async () => {
    const room = await place();
    await town.say(ada, room, `@${bot.handle} how do I mount it?`);
    await began(1);
    await until('it is answered', async () => (await answers(room)).length === 1);

    const call = await town.say(ada, room, `@${bot.handle}`);
    const asked = await town.say(bea, room, `@${bot.handle} and how do I unmount it?`);
    await began(2);
    await until('she is answered', async () => (await answers(room)).length === 2);
    expect((await town.turns(ada, room, asked))[0]?.run?.id).not.toBe(
      (await town.turns(ada, room, call))[0]?.run?.id,
    );
    await town.say(ada, room, `@${bot.handle} where does it go?`);
    await began(3);
    await town.settle();
    // His bare call and his question are one turn, hers is another.
    expect(await answers(room)).toHaveLength(3);
    expect((await town.turns(ada, room, call))[0]).toMatchObject({
      handling: 'coalesced',
      run: { status: 'completed' },
    });
  });

  it('leaves talk to others alone', async () => {
    const room = await place();
    await town.say(ada, room, `@${bot.handle}`);
    const aside = await town.say(ada, room, `@${bea.user.handle} did you mount it?`);
    expect((await town.turns(ada, room, aside))[0]).toMatchObject({
      decision: 'silent',
      reason: 'not_addressed',
    });
    await town.settle();
    expect(await answers(room)).toHaveLength(1);
  });

  it('is answered although nobody remembers to wait for it any more', async () => {
    const room = await place();
    const said = await town.say(ada, room, `@${bot.handle}`);
    const sweepWithEnd = async (dueAt: Date) => {
      const { db } = town.app.parts.database;
      await db.updateTable('agentRuns').set({ dueAt }).where('triggerMessageId', '=', said.id).execute();
      await town.app.parts.agents.takeBack(false);
    };
    await sweepWithEnd(new Date('2999-01-01'));
    expect((await town.turns(ada, room, said))[0]?.run?.status).toBe('queued');
    await sweepWithEnd(new Date(0));
    await until('it is answered', async () => (await answers(room)).length === 1);
    clock.pass(BURST_MS);
    await town.settle();
    expect(await answers(room)).toHaveLength(1);
  });

  it('is short in a direct room', async () => {
    town.plays(() => saying('Hello.'));
    const room = await town.call(bea, 'open_direct_room', { userIds: [bot.id] });
    await town.say(bea, room, 'good morning to you and all');
    await town.say(bea, room, 'I have a new disk');
    clock.pass(1500);
    await began(1);
    await town.settle();
    expect((await town.messages(bea, room)).filter((m) => m.kind === 'agent')).toHaveLength(1);
  });

  it('of several people, in whatever order: one pending turn, for the newest of its sender, and nothing is left out', async () => {
    const line = fc.record({
      who: fc.constantFrom('ada', 'bea'),
      words: fc.constantFrom('', 'hello', 'hey'),
      gap: fc.constantFrom(0, 100),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(line, { minLength: 1, maxLength: 6 }), async (lines) => {
        const room = await place();
        const sent: { id: string; who: string }[] = [];
        for (const { who, words, gap } of lines) {
          const { id } = await town.say(who === 'ada' ? ada : bea, room, `@${bot.handle} ${words}`);
          sent.push({ id, who });
          const pending = await town.app.parts.database.db
            .selectFrom('agentRuns')
            .select('triggerMessageId')
            .where('roomId', '=', room.id)
            .where('status', '=', 'queued')
            .where('gathers', '=', true)
            .execute();
          const own = sent.findLast((one) => one.who === sent[0]?.who);
          expect(pending).toEqual([{ triggerMessageId: own?.id }]);
          clock.pass(gap);
        }
        await town.settle();
        const runs = (await town.runs(ada, bot)).filter((run) => run.roomId === room.id);
        const { data } = await town.call(ada, 'list_turns', { roomId: room.id, limit: 200 });
        const covers = Map.groupBy(
          sent,
          ({ id }) => data.find((turn: { messageId: string }) => turn.messageId === id)?.run?.id,
        );
        expect([...covers.keys()].sort()).toEqual(runs.map((run) => run.id).sort());
        for (const run of runs) {
          expect(run.status).toBe('completed');
          expect(covers.get(run.id)?.at(-1)?.id).toBe(run.triggerMessageId);
          expect(new Set(covers.get(run.id)?.map((one) => one.who)).size).toBe(1);
        }
        expect(runs).toHaveLength(1 + sent.filter((one) => one.who !== sent[0]?.who).length);
        expect(await answers(room)).toHaveLength(runs.length);
      }),
      { numRuns: 12 },
    );
  });
});
