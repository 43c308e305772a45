// What a message does that reaches an agent at work is the room's choice; whatever it is, every message tells what became of it.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Agent } from '../../src/agents/profiles/contract.ts';
import { type Asked, MAX_RESTARTS, planTurn, type Standing } from '../../src/agents/runtime/floor-plan.ts';
import { MAX_ROUNDS } from '../../src/agents/runtime/steps.ts';
import type { Scope } from '../../src/core/scope.ts';
import type { Message } from '../../src/server/messages/contract.ts';
import type { Room } from '../../src/server/rooms/contract.ts';
import { describeEachDatabase } from '../support/app.ts';
import { createTestClock } from '../support/test-clock.ts';
import { until } from '../support/until.ts';
import { assemble, calling, done, saying, startTown, type Town, text } from './town.ts';

describe('planTurn', () => {
  const ASKED: Asked = {
    reason: 'mentioned',
    authorId: 'ada',
    byPerson: true,
    asks: true,
    lane: 'interactive',
  };
  const busy = (askerId: string, generation = 0): Standing => ({
    underWay: [{ id: 'w', askerId, generation }],
  });
  const pending = (askerId: string, reason = 'mentioned'): Standing => ({
    pending: { id: 'p', askerId, reason },
    underWay: [],
  });
  it.each<
    [
      what: string,
      asked: Partial<Asked>,
      mode: Parameters<typeof planTurn>[1],
      standing: Standing,
      plan: object,
    ]
  >([
    ['nothing is under way', {}, 'queue', { underWay: [] }, { do: 'begin' }],
    ['more may come', { asks: false }, 'queue', { underWay: [] }, { do: 'gather' }],
    ['a turn is under way', {}, 'queue', busy('bea'), { do: 'begin', after: 'w' }],
    [
      'more may come, and a turn is under way',
      { asks: false },
      'queue',
      busy('ada'),
      { do: 'gather', after: 'w' },
    ],
    ['his own is taken up', {}, 'merge', busy('ada'), { do: 'merge', run: 'w' }],
    ['nobody merges into the turn of another', {}, 'merge', busy('bea'), { do: 'begin', after: 'w' }],
    ['an agent changes no turn', { byPerson: false }, 'merge', busy('ada'), { do: 'begin', after: 'w' }],
    ['his own begins anew', {}, 'restart', busy('ada'), { do: 'restart', run: 'w' }],
    [
      'his own began anew often enough',
      {},
      'restart',
      busy('ada', MAX_RESTARTS),
      { do: 'begin', after: 'w' },
    ],
    ['nobody begins the turn of another anew', {}, 'restart', busy('bea'), { do: 'begin', after: 'w' }],
    ['it is left alone', {}, 'ignore', busy('bea'), { do: 'ignore' }],
    ['it is idle', {}, 'ignore', { underWay: [] }, { do: 'begin' }],
    ['his burst ends', {}, 'queue', pending('ada'), { do: 'join', run: 'p', atOnce: true }],
    ['his burst goes on', { asks: false }, 'queue', pending('ada'), { do: 'join', run: 'p', atOnce: false }],
    ['another calls as well', { asks: false }, 'queue', pending('bea'), { do: 'begin' }],
    [
      'another calls where nobody had',
      { asks: false },
      'queue',
      pending('bea', 'score'),
      { do: 'join', run: 'p', atOnce: false },
    ],
    [
      'nobody asked for either',
      { reason: 'score', asks: false },
      'queue',
      pending('bea', 'score'),
      { do: 'join', run: 'p', atOnce: false },
    ],
    ['another asks', {}, 'queue', pending('bea'), { do: 'begin' }],
    [
      'what nobody asked for takes no call away',
      { reason: 'score', asks: false },
      'queue',
      pending('bea'),
      { do: 'cover', run: 'p' },
    ],
    ['a task that nobody waits for', { lane: 'background' }, 'queue', busy('ada'), { do: 'begin' }],
  ])('%s', (_what, asked, mode, standing, plan) =>
    expect(planTurn({ ...ASKED, ...asked }, mode, standing)).toEqual(plan),
  );
});

describeEachDatabase('a message that reaches an agent at work', (database) => {
  let town: Town;
  let ada: Scope;
  let bea: Scope;
  let bot: Agent;
  let room: Room;
  beforeAll(async () => {
    // No sweep by itself: a turn that has waited for long would begin beside the one under way.
    town = await startTown({ database, clock: createTestClock() });
    await town.person('Zoe');
    [ada, bea] = [await town.person('Ada'), await town.person('Bea')];
  });
  beforeEach(async () => {
    bot = await town.agent(ada);
    room = await town.room(ada, bot);
    await town.call(bea, 'rooms.join', { roomId: room.id });
  });
  afterAll(() => town.stop());

  const setting = (interruption: string) =>
    town.call(ada, 'update_room_agent_settings', { roomId: room.id, interruption });
  const answers = async () =>
    (await town.messages(ada, room)).filter((m) => m.kind === 'agent').map((m) => m.body);
  const turnOf = async (message: Message) => (await town.turns(ada, room, message))[0];
  /** Asks something that the agent is at work on until the gate opens; later calls of the model answer at once. */
  const ask = async (by = ada) => {
    const gate = Promise.withResolvers<void>();
    town.plays(async function* (request, call) {
      if (call > 1) return yield* saying(`Answer ${call}.`);
      yield text('One moment.');
      await Promise.race([gate.promise, new Promise((r) => request.signal.addEventListener('abort', r))]);
      request.signal.throwIfAborted();
      yield done();
    });
    const first = await town.say(by, room, `@${bot.handle} how do I mount the disk?`);
    await until('it is at work', () => town.requests.length === 1);
    return { first, open: gate.resolve };
  };

  it('waits for its turn, whoever it is from, where nothing else is set', async () => {
    const { first, open } = await ask();
    const second = await town.say(bea, room, `@${bot.handle} and how do I unmount it?`);
    const third = await town.say(ada, room, `@${bot.handle} where is it then?`);
    expect(await turnOf(second)).toMatchObject({ handling: 'queued', run: { status: 'queued' } });
    expect(town.requests).toHaveLength(1);
    open();
    await town.settle();
    expect(await answers()).toEqual(['One moment.', 'Answer 2.', 'Answer 3.']);
    expect(town.requests.map((request) => request.trigger?.text)).toEqual([
      first.body,
      second.body,
      third.body,
    ]);
    expect(await turnOf(third)).toMatchObject({ handling: 'queued', run: { status: 'completed' } });
  });

  it('does not wait for one that was stopped', async () => {
    await ask(bea);
    const second = await town.say(ada, room, `@${bot.handle} and how do I unmount it?`);
    await town.call(bea, 'agent_command', { agentId: bot.id, roomId: room.id, command: 'stop' });
    await until('the turn of the other is over', async () => {
      await town.app.parts.agents.takeBack(false);
      return (await turnOf(second))?.run?.status === 'completed';
    });
    await town.settle();
  });

  it('is taken up by the turn under way (merge), also without a mention; one of another waits', async () => {
    await setting('merge');
    const { first, open } = await ask();
    const more = await town.say(ada, room, 'The second one, I mean.');
    const other = await town.say(bea, room, `@${bot.handle} and how do I unmount it?`);
    const run = (await turnOf(first))?.run?.id;
    expect(await turnOf(more)).toMatchObject({ reason: 'follow_up', handling: 'merged', run: { id: run } });
    expect(await turnOf(other)).toMatchObject({ handling: 'queued' });
    open();
    await town.settle();
    expect(await answers()).toEqual(['One moment.\n\nAnswer 2.', 'Answer 3.']);
    expect(JSON.stringify(town.requests[1]?.messages.at(-1))).toContain('The second one, I mean.');
  });

  it('that is to be taken up when the model has no call left gets a turn of its own', async () => {
    await setting('merge');
    let late: Message | undefined;
    town.plays(async function* (_request, call) {
      if (call < MAX_ROUNDS) return yield* calling('calculator', { expression: `${call} + 1` });
      if (call === MAX_ROUNDS) late = await town.say(ada, room, 'And what is it in words?');
      yield* saying(`Answer ${call}.`);
    });
    await town.say(ada, room, `@${bot.handle} count to eight`);
    await town.settle();
    expect(await answers()).toEqual([`Answer ${MAX_ROUNDS}.`, `Answer ${MAX_ROUNDS + 1}.`]);
    expect(town.requests.at(-1)?.trigger?.text).toBe(late?.body);
    expect(await turnOf(late as Message)).toMatchObject({ handling: 'queued', run: { status: 'completed' } });
  });

  it('begins the turn anew (restart): what it had said is void, and there is one answer', async () => {
    await setting('restart');
    const heard = town.listen(room);
    const { first } = await ask();
    await until('it writes', () => heard.some((h) => h.type === 'agent_message_delta'));
    const second = await town.say(ada, room, `@${bot.handle} no, how do I unmount it?`);
    await town.settle();
    expect(await answers()).toEqual(['Answer 2.']);
    const run = (await turnOf(second))?.run;
    expect(run).toMatchObject({ status: 'completed' });
    expect(await turnOf(second)).toMatchObject({ handling: 'restarted' });
    expect(await turnOf(first)).toMatchObject({ handling: 'superseded', run: { id: run?.id } });
    expect(town.requests.at(-1)?.trigger?.text).toBe(second.body);
    const statuses = heard.filter((h) => h.type === 'agent_thinking').map((h) => h.payload.status);
    expect(statuses).toContain('interrupted');
    expect(assemble(heard.slice(heard.findLastIndex((h) => h.payload.status === 'interrupted')))).toBe(
      'Answer 2.',
    );
  });

  it('is taken up instead where the turn has used a tool: that is done', async () => {
    await setting('restart');
    const gate = Promise.withResolvers<void>();
    town.plays(async function* (_request, call) {
      if (call === 1) return yield* calling('calculator', { expression: '2 + 2' });
      if (call === 2) await gate.promise;
      yield* saying(`Answer ${call}.`);
    });
    await town.say(ada, room, `@${bot.handle} how much is 2 + 2?`);
    await until('it has counted', () => town.requests.length === 2);
    const second = await town.say(ada, room, `@${bot.handle} and in words?`);
    expect(await turnOf(second)).toMatchObject({ handling: 'merged' });
    gate.resolve();
    await town.settle();
    expect(await answers()).toEqual(['Answer 2.\n\nAnswer 3.']);
  });

  it('is left alone (ignore), and says so', async () => {
    await setting('ignore');
    const { open } = await ask();
    const second = await town.say(bea, room, `@${bot.handle} and how do I unmount it?`);
    const turn = await turnOf(second);
    expect(turn).toMatchObject({ decision: 'silent', reason: 'ignored_while_busy' });
    expect(turn).not.toHaveProperty('run');
    open();
    await town.settle();
    expect(await answers()).toEqual(['One moment.']);
    await town.say(bea, room, `@${bot.handle} and now?`);
    await town.settle();
    expect(await answers()).toEqual(['One moment.', 'Answer 2.']);
  });
});

describeEachDatabase("a room's settings for agents", (database) => {
  let town: Town;
  let ada: Scope;
  let bea: Scope;
  beforeAll(async () => {
    town = await startTown({ database });
    await town.person('Zoe');
    [ada, bea] = [await town.person('Ada'), await town.person('Bea')];
  });
  afterAll(() => town.stop());
  const settings = (by: Scope, roomId: string, change?: object) =>
    change === undefined
      ? town.call(by, 'get_room_agent_settings', { roomId })
      : town.call(by, 'update_room_agent_settings', { roomId, ...change });

  it('are seen by who sees the room, and set by who manages it; what is left out stays', async () => {
    const room = await town.call(ada, 'create_room', { name: 'Ours', visibility: 'private' });
    const unset = { roomId: room.id, responseMode: 'lively', interruption: 'queue' };
    expect(await settings(ada, room.id)).toEqual(unset);
    const eve = await town.stranger(`Eve ${database}`);
    const missing = await settings(ada, '01900000-0000-7000-8000-000000000000').catch((e: Error) => e);
    for (const by of [bea, eve])
      for (const change of [undefined, { interruption: 'merge' }])
        await expect(settings(by, room.id, change)).rejects.toMatchObject({
          code: 'not_found',
          message: (missing as Error).message,
        });
    await town.call(ada, 'rooms.add_member', { roomId: room.id, userId: bea.user.id });
    expect(await settings(bea, room.id)).toEqual(unset);
    const bot = await town.agent(bea);
    await town.call(ada, 'invite_agent', { roomId: room.id, agentId: bot.id });
    const botScope = await town.app.parts.identity.agentScope(bea.tenantId, bot.id);
    for (const by of [bea, botScope])
      await expect(settings(by, room.id, { interruption: 'merge' })).rejects.toMatchObject({
        code: 'forbidden',
      });
    expect(await settings(ada, room.id, { interruption: 'merge' })).toEqual({
      ...unset,
      interruption: 'merge',
    });
    expect(await settings(ada, room.id, { responseMode: 'helpful' })).toEqual({
      ...unset,
      responseMode: 'helpful',
      interruption: 'merge',
    });
    expect(await settings(bea, room.id)).toMatchObject({ responseMode: 'helpful' });
    const direct = await town.call(ada, 'open_direct_room', { userIds: [bea.user.id] });
    await expect(settings(ada, direct.id, { responseMode: 'off' })).rejects.toMatchObject({
      code: 'forbidden',
    });
  });

  it('silence all agents (off), also one that is mentioned or invoked, and make none readier than it is', async () => {
    const bot = await town.agent(ada, { responseMode: 'lively' });
    const room = await town.room(ada, bot);
    town.plays(() => saying('With mount.'));
    await town.say(ada, room, `@${bot.handle} how do I mount the disk?`);
    await town.settle();
    const further = 'And where would I have to type that, as I do not see it?';
    const decided = async () => {
      const said = await town.say(ada, room, further);
      await town.settle();
      return (await town.turns(ada, room, said))[0];
    };
    await settings(ada, room.id, { responseMode: 'mention' });
    expect(await decided()).toMatchObject({ decision: 'silent', reason: 'not_addressed' });
    await settings(ada, room.id, { responseMode: 'off' });
    const said = await town.say(ada, room, `@${bot.handle} hello?`);
    expect((await town.turns(ada, room, said))[0]).toMatchObject({ decision: 'silent', reason: 'room_off' });
    await expect(town.call(ada, 'invoke_agent', { roomId: room.id, agentId: bot.id })).rejects.toMatchObject({
      code: 'conflict',
      reason: 'room_off',
    });
    await settings(ada, room.id, { responseMode: 'lively' });
    expect(await decided()).toMatchObject({ decision: 'speak', reason: 'score' });
  });
});
