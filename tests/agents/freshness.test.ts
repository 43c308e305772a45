// Before its words reach the room an agent looks again: what became pointless meanwhile is dropped with a reason, what was
// reworded is answered as it is now, and agents that have said enough say no more.
import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, it, test } from 'vitest';
import type { Agent } from '../../src/agents/profiles/contract.ts';
import { type Heard, isAnswered } from '../../src/agents/runtime/floor-ear.ts';
import {
  AGENT_AND_PERSON,
  limitReached,
  PAIR_OF_AGENTS,
  WHOLE_ROOM,
} from '../../src/agents/runtime/floor-limits.ts';
import { newId } from '../../src/core/ids.ts';
import type { Scope } from '../../src/core/scope.ts';
import type { Message } from '../../src/server/messages/contract.ts';
import type { Room } from '../../src/server/rooms/contract.ts';
import { describeEachDatabase } from '../support/app.ts';
import { createTestClock, type TestClock } from '../support/test-clock.ts';
import { until } from '../support/until.ts';
import { done, saying, startTown, type Town, text } from './town.ts';

describe('whether a message was answered since', () => {
  const line = (authorId: string, words: string, more: Partial<Heard> = {}): Heard => ({
    authorId,
    text: words,
    at: 0,
    named: [],
    namedFirst: false,
    ...more,
  });
  const asked = line('ada', 'how do I mount it?');
  it.each<[what: string, after: Heard[], is: boolean]>([
    ['nobody spoke', [], false],
    ['another spoke right after the question', [line('bea', 'with mount')], true],
    ['another named who asked', [line('bea', 'hm'), line('cy', 'ada: with mount', { named: ['ada'] })], true],
    ['another replied to it', [line('bea', 'with mount', { repliesTo: 'ada' })], true],
    ['another talks to somebody else', [line('bea', 'cy: lunch?', { named: ['cy'] })], false],
    ['only who asked went on', [line('ada', 'anyone?')], false],
    ['only the agent itself', [line('bot', 'with mount')], false],
  ])('%s', (_what, after, is) => expect(isAnswered([asked, ...after], 0, 'ada', 'bot')).toBe(is));
});

test.each([
  [{ pair: AGENT_AND_PERSON - 1, room: 0 }, 1, undefined],
  [{ pair: AGENT_AND_PERSON, room: 0 }, 1, 'pair_limit'],
  [{ pair: PAIR_OF_AGENTS - 1, room: 0 }, 2, undefined],
  [{ pair: PAIR_OF_AGENTS, room: 0 }, 2, 'pair_limit'],
  [{ pair: 0, room: WHOLE_ROOM }, 1, 'room_limit'],
])('of %j, as answer number %i in a row: %s', (lately, hop, reached) =>
  expect(limitReached(lately, hop)).toBe(reached),
);

describeEachDatabase('a look before it speaks', (database) => {
  let town: Town;
  let clock: TestClock;
  let ada: Scope;
  let bea: Scope;
  let bot: Agent;
  let room: Room;
  beforeAll(async () => {
    clock = createTestClock();
    town = await startTown({ database, clock });
    await town.person('Zoe');
    [ada, bea] = [await town.person('Ada'), await town.person('Bea')];
  });
  beforeEach(async () => {
    bot = await town.agent(ada, { responseMode: 'lively' });
    room = await town.room(ada, bot);
    await town.call(bea, 'rooms.join', { roomId: room.id });
    town.plays(() => saying('With mount.'));
    await town.say(ada, room, `@${bot.handle} how do I mount the disk?`);
    await town.settle();
  });
  afterAll(() => town.stop());

  const FURTHER = 'And where would I have to type that, as I do not see it?';
  const answers = async () =>
    (await town.messages(ada, room)).filter((m) => m.kind === 'agent').map((m) => m.body);
  const runOf = async (message: { id: string }) => (await town.turns(ada, room, message))[0]?.run;
  /** Says something the agent is to answer; it speaks when the gate opens. */
  const ask = async (body: string) => {
    const gate = Promise.withResolvers<void>();
    town.plays(async function* (_request, call) {
      if (call === 1) await gate.promise;
      yield* [text(`Answer ${call}.`), done()];
    });
    const heard = town.listen(room);
    const asked = await town.say(ada, room, body);
    clock.pass(6000);
    await until('the model is asked', () => town.requests.length === 1);
    return {
      asked,
      async open() {
        gate.resolve();
        await town.settle();
        return heard.filter((h) => h.type === 'agent_message_delta').length;
      },
    };
  };

  it('keeps to itself what somebody else answered meanwhile, where nobody addressed it', async () => {
    const { asked, open } = await ask(FURTHER);
    expect((await town.turns(ada, room, asked))[0]).toMatchObject({ reason: 'score' });
    await town.say(bea, room, `@${ada.user.handle} in a terminal`);
    expect(await open()).toBe(0);
    expect(await answers()).toEqual(['With mount.']);
    expect(await runOf(asked)).toMatchObject({ status: 'silent', reason: 'answered_meanwhile' });
  });

  it('answers who addressed it all the same', async () => {
    const { asked, open } = await ask(`@${bot.handle} ${FURTHER}`);
    await town.say(bea, room, `@${ada.user.handle} in a terminal`);
    await open();
    expect(await answers()).toEqual(['With mount.', 'Answer 1.']);
    expect(await runOf(asked)).toMatchObject({ status: 'completed' });
  });

  const CHANGES: [
    what: string,
    reason: string,
    change: (asked: Message) => Promise<unknown>,
    undo?: () => Promise<unknown>,
  ][] = [
    [
      'the message is taken back',
      'message_deleted',
      (asked) => town.call(ada, 'delete_message', { messageId: asked.id }),
    ],
    [
      'it is not for the agent any more',
      'message_edited',
      (asked) => town.call(ada, 'edit_message', { messageId: asked.id, body: 'never mind' }),
    ],
    [
      'the agent is taken out of the room',
      'agent_not_in_room',
      () => town.call(ada, 'rooms.remove_member', { roomId: room.id, userId: bot.id }),
    ],
    [
      'the room takes no words of agents',
      'room_off',
      () => town.call(ada, 'update_room_agent_settings', { roomId: room.id, responseMode: 'off' }),
    ],
    [
      'the room takes no agents',
      'room_disallows_agents',
      () => town.call(ada, 'update_room', { roomId: room.id, agentsAllowed: false }),
    ],
  ];
  /** Who takes it out of the room stops what it does there at once; after the others it finds out by itself. */
  const endOf = (reason: string) => (reason === 'agent_not_in_room' ? 'cancelled' : 'silent');
  it.each(CHANGES)('says nothing when %s while it thinks', async (_what, reason, change) => {
    const { asked, open } = await ask(`@${bot.handle} ${FURTHER}`);
    await change(asked);
    // Longer ago than what counts as seen just now.
    clock.pass(2000);
    expect(await open()).toBe(0);
    expect(await answers()).toEqual(['With mount.']);
    expect(await runOf(asked)).toMatchObject({ status: endOf(reason), reason });
  });

  it.each(CHANGES)('does not send what it wrote when %s while it writes', async (_what, reason, change) => {
    const gate = Promise.withResolvers<void>();
    town.plays(async function* () {
      yield text('In a terminal');
      await gate.promise;
      yield done();
    });
    const asked = await town.say(ada, room, `@${bot.handle} ${FURTHER}`);
    await until('the model is asked', () => town.requests.length === 1);
    await change(asked);
    gate.resolve();
    await town.settle();
    expect(await answers()).toEqual(['With mount.']);
    expect(await runOf(asked)).toMatchObject({ status: endOf(reason), reason });
  });

  it('answers the words as they are when they were edited, once', async () => {
    const { asked, open } = await ask(`@${bot.handle} where do I tpye it?`);
    await town.call(ada, 'edit_message', {
      messageId: asked.id,
      body: `@${bot.handle} where do I type it?`,
    });
    await open();
    expect(await answers()).toEqual(['With mount.', 'Answer 2.']);
    expect(town.requests.map((request) => request.trigger?.text)).toEqual([
      `@${bot.handle} where do I tpye it?`,
      `@${bot.handle} where do I type it?`,
    ]);
    expect(await runOf(asked)).toMatchObject({ status: 'completed' });
  });

  describe('with much said unasked already', () => {
    /** As if the agent had done what it did there so often. */
    const repeat = (run: string, times: number) =>
      town.app.parts.database.transaction(async (tx) => {
        for (let n = 0; n < times; n++)
          await sql`
            insert into agent_runs (id, tenant_id, agent_id, room_id, trigger_message_id, trigger_reason, asker_id, root_id, hop, status, finished_at)
            select ${newId()}, tenant_id, agent_id, room_id, ${newId()}, 'score', asker_id, root_id, hop, 'completed', now()
            from agent_runs where id = ${run}`.execute(tx);
      });
    const decided = async (by: Scope) => {
      const said = await town.say(by, room, FURTHER);
      await town.settle();
      return (await town.turns(ada, room, said))[0];
    };

    it('to one person, it says no more, until he asks', async () => {
      const first = await decided(ada);
      expect(first).toMatchObject({ decision: 'speak', reason: 'score', run: { status: 'completed' } });
      await repeat(first?.run?.id as string, AGENT_AND_PERSON - 1);
      expect(await decided(ada)).toMatchObject({ decision: 'silent', reason: 'pair_limit' });
      const asked = await town.say(ada, room, `@${bot.handle} ${FURTHER}`);
      await town.settle();
      expect(await runOf(asked)).toMatchObject({ status: 'completed' });
    });

    it('what is under way is not sent', async () => {
      const { asked, open } = await ask(FURTHER);
      await repeat((await runOf(asked))?.id as string, AGENT_AND_PERSON);
      await open();
      expect(await answers()).toEqual(['With mount.']);
      expect(await runOf(asked)).toMatchObject({ status: 'silent', reason: 'pair_limit' });
    });
  });
});
