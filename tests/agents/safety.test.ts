// The emergency stop: what agents do ends at once, nothing of it is published, nothing begins until it is lifted, on every node;
// and only those may set and lift it who answer for what it stops.
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from 'vitest';
import type { Agent } from '../../src/agents/profiles/contract.ts';
import type { AgentStop } from '../../src/agents/safety/contract.ts';
import { newId } from '../../src/core/ids.ts';
import type { Scope } from '../../src/core/scope.ts';
import type { Room } from '../../src/server/rooms/contract.ts';
import { describeEachDatabase, TEST_SECRET } from '../support/app.ts';
import { createDatabase } from '../support/postgres.ts';
import { startRedis } from '../support/redis.ts';
import { until } from '../support/until.ts';
import { type Heard, saying, startTown, type Town, text, untilOver } from './town.ts';

/** A model that talks until it is cut off. */
async function* talking(request: { signal: AbortSignal }) {
  for (let i = 0; !request.signal.aborted; i++) {
    yield text(`word${i} `);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

const writes = (heard: Heard[]) => heard.some((h) => h.type === 'agent_message_delta');
const answersIn = async (town: Town, by: Scope, room: { id: string }) =>
  (await town.messages(by, room)).filter((m) => m.kind === 'agent').map((m) => m.body);

describeEachDatabase('an emergency stop', (database) => {
  let town: Town;
  let admin: Scope;
  let ada: Scope;
  let bea: Scope;
  let bot: Agent;
  let other: Agent;
  let room: Room;
  let elsewhere: Room;
  beforeAll(async () => {
    town = await startTown({ database });
    [admin, ada, bea] = [await town.person('Zoe'), await town.person('Ada'), await town.person('Bea')];
    [bot, other] = [await town.agent(ada), await town.agent(bea)];
    room = await town.room(ada, bot);
    elsewhere = await town.room(bea, other);
  });
  afterAll(() => town.stop());
  // A case that fails must not fail the next by what it left.
  afterEach(async () => {
    town.at(undefined);
    for (const stop of await list(admin)) await lift(admin, stop);
  });

  const set = (by: Scope, target: string, targetId?: string): Promise<AgentStop> =>
    town.call(by, 'set_agent_stop', {
      target,
      ...(targetId === undefined ? {} : { targetId }),
      reason: 'it rambles',
    });
  const lift = (by: Scope, stop: AgentStop): Promise<AgentStop> =>
    town.call(by, 'lift_agent_stop', { stopId: stop.id, reason: 'it is calm' });
  const list = async (by: Scope, more = {}): Promise<AgentStop[]> =>
    (await town.call(by, 'list_agent_stops', more)).data;

  const TARGETS: [
    what: string,
    by: () => Scope,
    target: string,
    id: () => string | undefined,
    all: boolean,
  ][] = [
    ['an agent, by its owner', () => ada, 'agent', () => bot.id, false],
    ['my agents', () => ada, 'owner', () => ada.user.id, false],
    ['an owner, by an administrator', () => admin, 'owner', () => ada.user.id, false],
    ['a room, by its owner', () => ada, 'room', () => room.id, false],
    ['a room he is not in, by an administrator', () => admin, 'room', () => room.id, false],
    ['all, by an administrator', () => admin, 'all', () => undefined, true],
  ];
  it.each(TARGETS)(
    'of %s ends what is said and holds until it is lifted',
    async (_what, by, target, id, all) => {
      const before = await answersIn(town, ada, room);
      town.plays(talking);
      const heard = [town.listen(room), town.listen(elsewhere)] as const;
      await town.say(ada, room, `@${bot.handle} talk`);
      await town.say(bea, elsewhere, `@${other.handle} talk`);
      await until('both talk', () => heard.every(writes));
      const stop = await set(by(), target, id());
      expect(stop).toMatchObject({ target, reason: 'it rambles', stoppedRuns: all ? 2 : 1 });
      const run = await untilOver(town, ada, bot);
      expect(run).toMatchObject({ status: 'cancelled', reason: 'emergency_stop' });
      expect(run.replyMessageId).toBeUndefined();
      await until(
        'the stream is closed',
        () => town.requests.find((r) => r.trigger?.authorName === 'Ada')?.signal.aborted === true,
      );
      if (!all) {
        expect((await town.runs(bea, other))[0]).toMatchObject({ status: 'running' });
        await town.call(bea, 'agent_command', { agentId: other.id, command: 'stop' });
      }
      await town.settle();
      const said = heard[0].filter((h) => h.type === 'agent_message_delta').length;

      town.plays(() => saying('Here.'));
      const asked = await town.say(ada, room, `@${bot.handle} hello?`);
      const there = await town.say(bea, elsewhere, `@${other.handle} hello?`);
      await town.settle();
      expect((await town.turns(ada, room, asked))[0]).toMatchObject({
        decision: 'silent',
        reason: 'emergency_stop',
      });
      expect((await town.turns(bea, elsewhere, there))[0]?.decision).toBe(all ? 'silent' : 'speak');
      await expect(
        town.call(ada, 'invoke_agent', { roomId: room.id, agentId: bot.id }),
      ).rejects.toMatchObject({
        code: 'conflict',
        reason: 'emergency_stop',
      });
      expect(await answersIn(town, ada, room)).toEqual(before);
      expect(heard[0].filter((h) => h.type === 'agent_message_delta')).toHaveLength(said);
      // Set again, it is the same one.
      expect((await set(by(), target, id())).id).toBe(stop.id);

      expect(await lift(by(), stop)).toMatchObject({ liftedBy: by().user.id, liftReason: 'it is calm' });
      expect((await lift(by(), stop)).liftedAt).toBeDefined();
      await town.say(ada, room, `@${bot.handle} and now?`);
      await town.settle();
      expect(await answersIn(town, ada, room)).toEqual([...before, 'Here.']);
      expect((await list(admin, { state: 'all' })).map((s) => s.id)).toContain(stop.id);
      expect(await list(admin)).toEqual([]);
    },
  );

  it.each(['before:context', 'before:model:1', 'before:reply'])(
    'that comes at %s is seen by the transaction that would commit, also when the run itself was missed',
    async (at) => {
      const before = await answersIn(town, ada, room);
      const id = newId();
      town.plays(() => saying('Too late.'));
      town.at(async ({ boundary }) => {
        if (boundary !== at) return;
        // As if the run had begun while the stop was being set.
        await town.app.parts.database.db
          .insertInto('agentStops')
          .values({
            id,
            tenantId: ada.tenantId,
            target: 'agent',
            targetId: bot.id,
            reason: 'now',
            setBy: ada.user.id,
            byAdministrator: false,
          })
          .execute();
      });
      await town.say(ada, room, `@${bot.handle} say it`);
      const run = await untilOver(town, ada, bot);
      town.at(undefined);
      expect(run).toMatchObject({ status: 'cancelled', reason: 'emergency_stop' });
      expect(await answersIn(town, ada, room)).toEqual(before);
      expect(town.requests).toHaveLength(at === 'before:context' ? 0 : 1);
      await town.call(ada, 'lift_agent_stop', { stopId: id, reason: 'done' });
    },
  );

  it('is set and lifted by who answers for what it stops, and by nobody else', async () => {
    const eve = await town.stranger(`Eve ${database}`);
    const missing = newId();
    for (const [target, id] of [
      ['agent', bot.id],
      ['room', room.id],
    ] as const) {
      const refusal = await set(eve, target, id).catch((error: Error) => error);
      const nothing = await set(eve, target, missing).catch((error: Error) => error);
      expect(refusal).toMatchObject({ code: 'not_found' });
      expect((refusal as Error).message).toBe((nothing as Error).message);
    }
    await expect(set(eve, 'owner', ada.user.id)).rejects.toMatchObject({ code: 'forbidden' });
    await expect(set(bea, 'owner', missing)).rejects.toMatchObject({ code: 'forbidden' });
    await expect(set(bea, 'owner', ada.user.id)).rejects.toMatchObject({ code: 'forbidden' });
    await expect(set(bea, 'agent', bot.id)).rejects.toMatchObject({ reason: 'not_owner' });
    await expect(set(bea, 'all')).rejects.toMatchObject({ reason: 'admin_only' });
    await expect(set(admin, 'owner', missing)).rejects.toMatchObject({ code: 'not_found' });
    await expect(set(admin, 'all', bot.id)).rejects.toMatchObject({ code: 'invalid' });
    await expect(set(ada, 'agent')).rejects.toMatchObject({ code: 'invalid' });
    await town.call(bea, 'rooms.join', { roomId: room.id });
    await expect(set(bea, 'room', room.id)).rejects.toMatchObject({ reason: 'not_allowed' });

    const hers = await set(ada, 'agent', bot.id);
    const theirs = await set(admin, 'agent', bot.id);
    expect(theirs.id).not.toBe(hers.id);
    for (const by of [bea, eve]) {
      expect(await list(by, { state: 'all' })).toEqual(
        by === eve ? [] : expect.not.arrayContaining([expect.objectContaining({ target: 'agent' })]),
      );
      await expect(lift(by, hers)).rejects.toMatchObject({ code: 'not_found', reason: 'stop_not_found' });
    }
    expect((await list(ada)).map((s) => s.id)).toEqual([theirs.id, hers.id]);
    await expect(lift(ada, theirs)).rejects.toMatchObject({ reason: 'admin_only' });
    await lift(ada, hers);
    // The administrator's still stands.
    const asked = await town.say(ada, room, `@${bot.handle} hello?`);
    expect((await town.turns(ada, room, asked))[0]?.reason).toBe('emergency_stop');
    await lift(admin, theirs);
    expect(await list(ada)).toEqual([]);
  });
});

describe.runIf(inject('postgresUrl') !== undefined && inject('redisUrl') !== undefined).each([
  ['heard over the bus', true],
  ['seen in the database alone', false],
])('an emergency stop of another node, %s', (_how, withBus) => {
  it('ends the stream and fences the run', async () => {
    const database = await createDatabase(inject('postgresUrl') as string);
    const redis = withBus ? await startRedis() : undefined;
    if (redis !== undefined && 'missing' in redis) throw new Error(redis.missing);
    const config = {
      DATABASE_URL: database.url,
      SECRET_KEY: TEST_SECRET,
      DATABASE_POOL_SIZE: '5',
      ...(redis === undefined ? {} : { REDIS_URL: redis.url }),
    };
    const towns = await Promise.all([startTown({ config }), startTown({ config })]);
    const [first] = towns;
    const ada = await first.person('Ada');
    const bot = await first.agent(ada);
    const room = await first.room(ada, bot);
    for (const town of towns) town.plays(talking);
    await first.say(ada, room, `@${bot.handle} talk`);
    const working = () => towns.find((town) => town.requests.length > 0);
    await until('a node works on it', () => working() !== undefined);
    const idle = towns.find((town) => town !== working()) as Town;
    await idle.call(await idle.person('Ada'), 'set_agent_stop', {
      target: 'agent',
      targetId: bot.id,
      reason: 'from here',
    });
    await until('the stream is closed', () => working()?.requests[0]?.signal.aborted === true);
    expect(await untilOver(first, ada, bot)).toMatchObject({ status: 'cancelled', reason: 'emergency_stop' });
    expect(await answersIn(first, ada, room)).toEqual([]);
    for (const town of towns) await town.app.stop();
    await redis?.stop();
    await database.drop();
  });
});
