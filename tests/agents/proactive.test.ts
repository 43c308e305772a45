// An agent speaks first only where its owner and the room let it, within its quota and outside its quiet hours, once for each reason,
// and every silence has a reason on record. Time is the test's own.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Opening } from '../../src/agents/proactive/contract.ts';
import { ProactiveSettings } from '../../src/agents/proactive/contract.ts';
import { dayOf, decideOpening, inQuietHours, type MomentFacts } from '../../src/agents/proactive/rules.ts';
import type { Agent } from '../../src/agents/profiles/contract.ts';
import { boundOf, MAX_CHAIN } from '../../src/agents/runtime/floor-limits.ts';
import { type Clock, systemClock } from '../../src/core/clock.ts';
import { newId } from '../../src/core/ids.ts';
import type { Scope } from '../../src/core/scope.ts';
import type { Room } from '../../src/server/rooms/contract.ts';
import { describeEachDatabase } from '../support/app.ts';
import { until } from '../support/until.ts';
import { calling, saying, startTown, type Town } from './town.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

describe('whether it may speak first', () => {
  const settings = ProactiveSettings.parse({ enabled: true });
  const now = new Date('2026-03-05T12:00:00Z');
  const place = {
    roomId: 'r',
    agentsAllowed: true,
    agentsProactive: 'by_invitation' as const,
    invitedByAdmin: true,
    isActive: true,
    suspended: false,
    stopped: false,
  };
  const moment: MomentFacts = { now, lastSaidAt: undefined, atWork: false, today: 0, chainFull: false };
  const night = { start: '22:00', end: '07:00', timeZone: 'Europe/Berlin' };

  it.each<[reason: string | undefined, settings: object, place: object, moment: object]>([
    [undefined, {}, {}, {}],
    ['switched_off', { enabled: false }, {}, {}],
    ['emergency_stop', {}, { stopped: true }, {}],
    ['agent_suspended', {}, { suspended: true }, {}],
    ['agent_inactive', {}, { isActive: false }, {}],
    ['room_disallows_agents', {}, { agentsAllowed: false }, {}],
    ['room_forbids', {}, { agentsProactive: 'never' }, {}],
    ['not_invited_by_admin', {}, { invitedByAdmin: false }, {}],
    [undefined, {}, { invitedByAdmin: false, agentsProactive: 'always' }, {}],
    ['room_not_chosen', { rooms: [] }, {}, {}],
    ['quiet_hours', { quietHours: { ...night, start: '13:00', end: '13:01' } }, {}, {}],
    ['chain_limit', {}, {}, { chainFull: true }],
    ['quota', {}, {}, { today: 2 }],
    [undefined, { perDay: 3 }, {}, { today: 2 }],
    ['room_busy', {}, {}, { atWork: true }],
    ['room_busy', {}, {}, { lastSaidAt: new Date(now.getTime() - 9 * MINUTE) }],
    [undefined, {}, {}, { lastSaidAt: new Date(now.getTime() - 10 * MINUTE) }],
  ])('%s: %j %j %j', (reason, s, p, m) => {
    expect(decideOpening({ ...settings, ...s }, { ...place, ...p }, { ...moment, ...m })).toBe(reason);
  });

  it.each([
    ['2026-03-05T20:59:00Z', false],
    ['2026-03-05T21:00:00Z', true],
    ['2026-03-06T05:59:00Z', true],
    ['2026-03-06T06:00:00Z', false],
    // Summer time has begun.
    ['2026-07-01T20:00:00Z', true],
    ['2026-07-02T05:00:00Z', false],
  ])('at %s it is night in Berlin: %s', (at, quiet) => {
    expect(inQuietHours({ quietHours: night }, new Date(at))).toBe(quiet);
  });

  it('counts days on the clock of its owner', () => {
    const late = new Date('2026-03-05T23:30:00Z');
    expect(dayOf({ quietHours: night }, late)).toBe('2026-03-06');
    expect(dayOf({ quietHours: null }, late)).toBe('2026-03-05');
  });

  it('takes no zone or time that does not exist', () => {
    const zone = { quietHours: { ...night, timeZone: 'Mars/Base' } };
    expect(ProactiveSettings.safeParse(zone).success).toBe(false);
    expect(ProactiveSettings.safeParse({ quietHours: { ...night, end: '24:00' } }).success).toBe(false);
    expect(ProactiveSettings.safeParse({ perDay: 25 }).success).toBe(false);
  });
});

describeEachDatabase('an agent that speaks first', (database) => {
  let ahead = 0;
  const clock: Clock = {
    ...systemClock,
    now: () => systemClock.now() + ahead,
    date: () => new Date(systemClock.now() + ahead),
  };
  let town: Town;
  let ada: Scope;
  let bea: Scope;
  let bot: Agent;
  let room: Room;
  beforeAll(async () => {
    // The scan runs only when the test says so.
    town = await startTown({ database, clock, config: { AGENT_PROACTIVE_SCAN_SECONDS: '3600' } });
    await town.person('Zoe');
    [ada, bea] = [await town.person('Ada'), await town.person('Bea')];
  });
  afterAll(() => town.stop());
  beforeEach(async () => {
    ahead = 0;
    bot = await town.agent(ada);
    room = await town.room(ada, bot);
    await town.call(bea, 'rooms.join', { roomId: room.id });
    town.plays(() => saying('Shall we?'));
    await allow();
  });

  const allow = (proactive: object = {}) =>
    town.call(ada, 'update_agent', {
      agentId: bot.id,
      proactive: { enabled: true, minSilenceMinutes: 0, ...proactive },
    });
  const goal = (text: string, more: object = {}) =>
    town.call(ada, 'create_goal', { agentId: bot.id, text, ...more });
  const look = async () => {
    await town.app.parts.agents.speakFirst();
    await town.settle();
  };
  const said = async () =>
    (await town.messages(ada, room)).filter((m) => m.author.id === bot.id).map((m) => m.body);
  const openings = async (): Promise<Opening[]> =>
    (await town.call(ada, 'list_openings', { agentId: bot.id })).data;
  const reasons = async () => (await openings()).map((o) => o.run?.reason ?? o.run?.status ?? o.reason);

  it('says something for a goal, once a day, and says why it came', async () => {
    const { id } = await goal('Find a date for the picnic');
    await look();
    await look();
    expect(await said()).toEqual(['Shall we?']);
    const [run] = await town.runs(ada, bot);
    expect(run).toMatchObject({ triggerReason: 'proactive_goal', lane: 'background', askerId: ada.user.id });
    const request = town.requests[0];
    expect(JSON.stringify(request?.messages)).toContain('Find a date for the picnic');
    expect(request?.system).toContain('NOTHING_TO_SAY');
    const message = (await town.messages(ada, room)).at(-1);
    const why = { messageId: message?.id };
    const explained = await town.call(ada, 'explain_message', why);
    expect(explained).toMatchObject({ reason: 'proactive_goal', runId: run?.id, unasked: { subjectId: id } });
    expect(explained.unasked.about).toBe('Find a date for the picnic');
    // What the goal says is between the agent and its owner.
    expect((await town.call(bea, 'explain_message', why)).unasked).not.toHaveProperty('about');
    ahead += 25 * HOUR;
    await look();
    expect(await said()).toHaveLength(2);
    await town.call(ada, 'update_goal', { goalId: id, state: 'done' });
    ahead += 25 * HOUR;
    await look();
    expect(await said()).toHaveLength(2);
  });

  it('has nothing to say: nobody hears of it, and it is on record', async () => {
    await goal('Keep the peace');
    town.plays(() => saying('NOTHING_TO_SAY'));
    const heard = town.listen(room);
    await look();
    expect(await said()).toEqual([]);
    expect(await reasons()).toEqual(['nothing_to_say']);
    expect(heard.filter(({ type }) => type === 'agent_message_delta')).toEqual([]);
  });

  it('reminds of what is due, and of what is about to begin', async () => {
    const soon = (ms: number) => new Date(clock.now() + ms).toISOString();
    await town.call(ada, 'todos.create', {
      roomId: room.id,
      title: 'Water the plants',
      dueAt: soon(-MINUTE),
    });
    await town.call(ada, 'todos.create', { roomId: room.id, title: 'Not yet', dueAt: soon(HOUR) });
    const event = { roomId: room.id, title: 'Stand-up', startsAt: soon(10 * MINUTE), endsAt: soon(HOUR) };
    await town.call(ada, 'calendar.create', event);
    await look();
    await look();
    await look();
    expect((await openings()).map(({ kind }) => kind).toSorted()).toEqual(['calendar_soon', 'todo_due']);
    expect(await said()).toHaveLength(2);
    expect(town.requests.map(({ trigger }) => trigger?.text)).toEqual([
      expect.stringContaining('Stand-up'),
      expect.stringContaining('Water the plants'),
    ]);
  });

  it('takes up a question that nobody has answered, once', async () => {
    await town.say(bea, room, 'Who has the key?');
    await look();
    expect(await said()).toEqual([]);
    ahead += 61 * MINUTE;
    await look();
    await look();
    expect(await said()).toEqual(['Shall we?']);
    expect((await openings())[0]).toMatchObject({ kind: 'unanswered', decision: 'speak' });
  });

  it('keeps silent in quiet hours, and also leaves what it is not addressed by; a mention it answers', async () => {
    const day = { start: '00:00', end: '00:00', timeZone: 'Asia/Tokyo' };
    await allow({ quietHours: day });
    await goal('Sleep well');
    await look();
    expect(await reasons()).toEqual(['quiet_hours']);
    await town.call(ada, 'update_agent', { agentId: bot.id, responseMode: 'lively' });
    const open = await town.say(bea, room, 'does anybody know how this works?');
    expect((await town.turns(ada, room, open))[0]).toMatchObject({ reason: 'quiet_hours' });
    const mention = await town.say(bea, room, `@${bot.handle} are you there?`);
    expect((await town.turns(ada, room, mention))[0]).toMatchObject({ reason: 'mentioned' });
    await town.settle();
    await allow();
    await look();
    expect((await openings())[0]).toMatchObject({ decision: 'speak' });
  });

  it('keeps its quota', async () => {
    await allow({ perDay: 2 });
    for (const text of ['One', 'Two', 'Three']) await goal(text);
    for (let i = 0; i < 4; i++) await look();
    expect(await said()).toHaveLength(2);
    expect((await reasons()).toSorted()).toEqual(['completed', 'completed', 'quota']);
  });

  it('waits until the room is silent', async () => {
    await allow({ minSilenceMinutes: 30 });
    await goal('Ask about lunch');
    await town.say(bea, room, 'I am writing.');
    await look();
    expect(await reasons()).toEqual(['room_busy']);
    ahead += 31 * MINUTE;
    await look();
    expect(await said()).toEqual(['Shall we?']);
  });

  it('says no more when somebody has spoken meanwhile', async () => {
    await goal('Ask about lunch');
    town.plays(async function* () {
      await town.say(bea, room, 'Lunch is at one.');
      yield* saying('When is lunch?');
    });
    await look();
    expect(await said()).toEqual([]);
    expect(await reasons()).toEqual(['room_busy']);
  });

  it('counts against the bound of what agents say after the last word of a person', async () => {
    await allow({ perDay: 24 });
    await town.say(bea, room, 'Good morning.');
    for (let i = 0; i < MAX_CHAIN + 2; i++) await goal(`Goal ${i}`);
    for (let i = 0; i < MAX_CHAIN + 2; i++) {
      await look();
      // Spread over the day: the limits on minutes are others.
      await town.app.parts.database.db
        .updateTable('agentRuns')
        .set({ finishedAt: new Date(0) })
        .where('agentId', '=', bot.id)
        .execute();
    }
    expect((await said()).length).toBe(MAX_CHAIN);
    expect(MAX_CHAIN).toBeLessThan(boundOf(1));
    expect((await reasons())[0]).toBe('chain_limit');
    await town.say(bea, room, 'So many words.');
    await look();
    expect((await said()).length).toBe(MAX_CHAIN + 1);
  });

  it('obeys the room: those whom its owner brought, all, or none', async () => {
    const other = await town.call(ada, 'create_room', { name: 'Other', visibility: 'public' });
    await town.call(bea, 'rooms.join', { roomId: other.id });
    await town.call(bea, 'invite_agent', { roomId: other.id, agentId: bot.id });
    await goal('Greet', { roomId: undefined });
    const inOther = async () =>
      (await openings()).filter(({ roomId }) => roomId === other.id).map(({ reason }) => reason);
    await look();
    expect(await inOther()).toEqual(['not_invited_by_admin']);
    await town.call(ada, 'update_room', { roomId: other.id, agentsProactive: 'never' });
    await look();
    expect(await inOther()).toEqual(['room_forbids']);
    await expect(
      town.call(bea, 'update_room', { roomId: other.id, agentsProactive: 'always' }),
    ).rejects.toMatchObject({ code: 'forbidden' });
    await town.call(ada, 'update_room', { roomId: other.id, agentsProactive: 'always' });
    await look();
    expect(await inOther()).toEqual(['speak']);
  });

  it('in a direct room heeds the person there', async () => {
    const direct = await town.call(bea, 'open_direct_room', { userIds: [bot.id] });
    await allow({ rooms: [direct.id] });
    await goal('Ask how it went');
    await town.call(bea, 'update_room', { roomId: direct.id, agentsProactive: 'never' });
    await look();
    const there = (await openings()).filter(({ roomId }) => roomId === direct.id);
    expect(there).toMatchObject([{ reason: 'room_forbids' }]);
    await expect(
      town.call(ada, 'update_room', { roomId: direct.id, agentsProactive: 'always' }),
    ).rejects.toMatchObject({ code: 'not_found' });
    await town.call(bea, 'update_room', { roomId: direct.id, agentsProactive: 'by_invitation' });
    await look();
    // The goal's owner is not there: the agent answers for itself.
    expect((await town.runs(ada, bot))[0]).toMatchObject({ roomId: direct.id, askerId: bot.id });
  });

  it('is switched off, and stopped, also while it thinks', async () => {
    await goal('Ask about lunch');
    await town.call(ada, 'set_agent_stop', { target: 'agent', targetId: bot.id, reason: 'enough' });
    await look();
    expect(await reasons()).toEqual(['emergency_stop']);
    const [stop] = (await town.call(ada, 'list_agent_stops', {})).data;
    await town.call(ada, 'lift_agent_stop', { stopId: stop.id, reason: 'go on' });
    town.plays(async function* () {
      await allow({ enabled: false });
      yield* saying('When is lunch?');
    });
    await look();
    expect(await said()).toEqual([]);
    expect(await reasons()).toEqual(['switched_off']);
    town.plays(() => saying('Hello.'));
    await goal('Another');
    await look();
    expect(town.requests).toEqual([]);
  });

  it('looks and changes nothing where nobody asked, but keeps its own goals', async () => {
    await town.call(ada, 'update_agent', { agentId: bot.id, capabilities: ['tasks', 'goals'] });
    const due = new Date(clock.now() - MINUTE).toISOString();
    await town.call(ada, 'todos.create', { roomId: room.id, title: 'Call the plumber', dueAt: due });
    town.plays((_request, call) =>
      call === 1
        ? calling('tasks', { action: 'add', title: 'Made up' })
        : call === 2
          ? calling('goals', { action: 'add', text: 'See that the plumber came' })
          : saying('The plumber is due.'),
    );
    await look();
    expect(await said()).toEqual(['The plumber is due.']);
    const { data } = await town.call(ada, 'todos.list', { roomId: room.id });
    expect(data.map(({ title }: { title: string }) => title)).toEqual(['Call the plumber']);
    const goals = (await town.call(ada, 'list_goals', { agentId: bot.id })).data;
    expect(goals).toMatchObject([{ createdBy: bot.id, roomId: room.id, state: 'open' }]);
  });

  it('two looks at once begin one run', async () => {
    await goal('Say hello');
    await Promise.all([1, 2, 3].map(() => town.app.parts.agents.speakFirst()));
    await until('it has spoken', async () => (await said()).length > 0);
    await town.settle();
    expect(await said()).toHaveLength(1);
    expect(await town.runs(ada, bot)).toHaveLength(1);
  });

  it('its settings are a revision, and the way back works', async () => {
    const { revision } = await town.call(ada, 'get_agent', { agentId: bot.id });
    await allow({ perDay: 5 });
    const { data } = await town.call(ada, 'list_revisions', { agentId: bot.id });
    expect(data[0]).toMatchObject({ changed: ['proactive'], settings: { proactive: { perDay: 5 } } });
    const back = await town.call(ada, 'rollback_agent', { agentId: bot.id, revision });
    expect(back.proactive).toMatchObject({ perDay: 2, enabled: true });
    expect(await town.call(bea, 'get_agent', { agentId: bot.id })).not.toHaveProperty('proactive');
    // A name with a digit that looks like a letter is found to be taken, too.
    const named = await town.agent(ada, { name: 'Bot 10' });
    expect((await town.call(ada, 'clone_agent', { agentId: named.id })).handle).toBe('bot-10-2');
    const copy = await town.call(ada, 'clone_agent', { agentId: bot.id });
    expect(copy.proactive).toMatchObject({ enabled: false });
  });

  it('is for those who answer for it; a stranger cannot tell a goal from none', async () => {
    const mine = await goal('Secret');
    const eve = await town.stranger('Eve');
    const refusal = (who: Scope, name: string, input: object) =>
      town.call(who, name, input).catch((error: unknown) => error);
    for (const [name, input] of [
      ['create_goal', { text: 'x' }],
      ['list_goals', {}],
      ['list_openings', {}],
    ] as const) {
      expect(await refusal(bea, name, { agentId: bot.id, ...input })).toMatchObject({ code: 'forbidden' });
      const foreign = await refusal(eve, name, { agentId: bot.id, ...input });
      expect(foreign).toMatchObject({ code: 'not_found' });
      expect(foreign).toEqual(await refusal(eve, name, { agentId: newId(), ...input }));
    }
    for (const name of ['update_goal', 'delete_goal'] as const)
      for (const who of [bea, eve])
        expect(await refusal(who, name, { goalId: mine.id })).toEqual(
          await refusal(who, name, { goalId: newId() }),
        );
    await look();
    const [, message] = [0, (await town.messages(ada, room)).at(-1)];
    expect(await refusal(eve, 'explain_message', { messageId: message?.id })).toEqual(
      await refusal(eve, 'explain_message', { messageId: newId() }),
    );
    const elsewhere = await town.call(bea, 'create_room', { name: 'Elsewhere', visibility: 'private' });
    expect(
      await refusal(ada, 'create_goal', { agentId: bot.id, text: 'x', roomId: elsewhere.id }),
    ).toMatchObject({
      code: 'not_found',
    });
  });
});
