// What an agent does outside is done once: killed at any boundary, a run finds out what became of its call, repeats it only where
// that is harmless, and asks a person where nobody knows.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Agent } from '../../src/agents/profiles/contract.ts';
import type { Run } from '../../src/agents/runtime/contract.ts';
import type { Scope } from '../../src/core/scope.ts';
import type { Message } from '../../src/server/messages/contract.ts';
import type { Room } from '../../src/server/rooms/contract.ts';
import { describeEachDatabase } from '../support/app.ts';
import { until } from '../support/until.ts';
import { createOutside } from './outside.ts';
import { calling, saying, startTown, type Town } from './town.ts';

const LETTER = { to: 'Ann', text: 'Hello' };

/** Before the word is given, the first worker is at work; after it, the second. */
const BOUNDARIES = [
  'before:approval:1:0',
  'after:approval:1:0',
  'before:intent:1:0',
  'after:intent:1:0',
  'before:tool:1:0',
  'after:tool:1:0',
  'before:model:2',
  'before:reply',
  'after:reply',
];
/** An effect was begun, and nobody knows whether it happened. */
const UNSETTLED = new Set(['after:intent:1:0', 'before:tool:1:0']);

describeEachDatabase('effects', (database) => {
  const outside = createOutside();
  let town: Town;
  let ada: Scope;
  let bea: Scope;
  let bot: Agent;
  let room: Room;
  beforeAll(async () => {
    town = await startTown({ database, tools: outside.tools });
    await town.person('Zoe');
    [ada, bea] = [await town.person('Ada'), await town.person('Bea')];
    bot = await town.agent(ada);
    room = await town.room(ada, bot);
    await town.call(bea, 'rooms.join', { roomId: room.id });
  });
  afterAll(() => town.stop());
  beforeEach(() => {
    outside.letters.length = 0;
    outside.after = () => {};
  });

  const answersOf = async ({ id }: Run): Promise<string[]> =>
    (await town.messages(ada, room)).filter((m: Message) => m.run?.id === id).map(({ body }) => body);
  const told = () =>
    (town.requests.at(-1)?.messages ?? [])
      .flatMap((m) => m.content)
      .flatMap((part) => (part.type === 'tool_result' ? [part.result] : []));
  const latest = async (): Promise<Run> => (await town.runs(ada, bot))[0] as Run;

  async function approveAll(): Promise<number> {
    const { data } = await town.call(ada, 'list_approvals', { status: 'pending' });
    for (const { id } of data)
      await town.call(ada, 'decide_approval', { approvalId: id, decision: 'approve' });
    return data.length;
  }

  /** The agent is asked to post; its worker dies at the boundary, and everything is taken over. */
  async function dieAt(boundary: string | undefined, tool: string): Promise<void> {
    town.plays((request) => {
      const answered = request.messages.some((m) => m.content.some((part) => part.type === 'tool_result'));
      return answered ? saying('Done.') : calling(tool, LETTER);
    });
    let dead: number | undefined;
    town.at(({ boundary: at, epoch }) => {
      if (at === boundary) dead ??= epoch;
      if (dead === epoch) throw new Error('the worker died');
    });
    await town.say(bea, room, `@${bot.handle} post it`);
    const takeOver = async () => {
      await town.settle();
      await town.app.parts.agents.takeBack(true);
      await town.settle();
    };
    await takeOver();
    expect(await approveAll()).toBe(1);
    await takeOver();
    town.at(undefined);
    if (boundary !== undefined) expect(dead).toBeDefined();
  }

  describe.each(['post_letter', 'post_once', 'post_traced'])('of %s', (tool) => {
    it.each(BOUNDARIES)('a worker that dies at %s: one letter at most, one answer', async (boundary) => {
      await dieAt(boundary, tool);
      const run = await latest();
      const stuck = tool === 'post_letter' && UNSETTLED.has(boundary);
      expect(run.status).toBe(stuck ? 'needs_attention' : 'completed');
      expect(outside.letters).toHaveLength(stuck && boundary === 'after:intent:1:0' ? 0 : 1);
      expect(await answersOf(run)).toEqual(stuck ? [] : ['Done.']);
      const { data } = await town.call(ada, 'list_tool_executions', { agentId: bot.id });
      expect(data.filter((execution: { runId: string }) => execution.runId === run.id)).toMatchObject([
        { executionStatus: stuck ? 'unknown' : 'success' },
      ]);
      if (!stuck) return;
      await town.call(ada, 'resolve_run', { runId: run.id, outcome: 'give_up' });
    });
  });

  describe('that nobody knows of', () => {
    const resolve = (by: Scope, runId: string, more: object) =>
      town.call(by, 'resolve_run', { runId, ...more });

    it('are told to the owner alone, and can be listed', async () => {
      const [owner, asker] = [town.listenTo(ada), town.listenTo(bea)];
      await dieAt('before:tool:1:0', 'post_letter');
      const run = await latest();
      expect(run).toMatchObject({ status: 'needs_attention', reason: 'outcome_unknown' });
      expect(owner.filter((h) => h.type === 'run_needs_attention')).toMatchObject([
        { payload: { runId: run.id, agentId: bot.id, roomId: room.id, tool: 'post_letter' } },
      ]);
      expect(asker).toEqual([]);
      const listed = await town.call(ada, 'list_runs', { agentId: bot.id, status: 'needs_attention' });
      expect(listed.data.map(({ id }: Run) => id)).toEqual([run.id]);
      await resolve(ada, run.id, { outcome: 'give_up' });
    });

    it.each([
      ['happened', 'took effect. They add: I saw it.'],
      ['not_happened', 'did not take effect. They add: I saw it.'],
    ])('are settled by a person: %s', async (outcome, words) => {
      await dieAt('before:tool:1:0', 'post_letter');
      const run = await latest();
      await resolve(ada, run.id, { outcome, note: 'I saw it.' });
      await town.settle();
      expect(told()[0]).toContain(words);
      expect(await latest()).toMatchObject({ status: 'completed' });
      expect(await answersOf(run)).toEqual(['Done.']);
      expect(outside.letters).toHaveLength(1);
    });

    it('can be left: the run ends', async () => {
      await dieAt('before:tool:1:0', 'post_letter');
      const { id } = await latest();
      expect(await resolve(ada, id, { outcome: 'give_up' })).toMatchObject({ status: 'cancelled' });
      await expect(resolve(ada, id, { outcome: 'happened' })).rejects.toMatchObject({
        reason: 'not_waiting',
      });
    });

    it('are settled by who answers for the agent, in person; to strangers there is no such run', async () => {
      await dieAt('before:tool:1:0', 'post_letter');
      const { id } = await latest();
      const cy = await town.person('Cy');
      const eve = await town.stranger('Eve');
      const happened = { outcome: 'happened' };
      const missing = await resolve(cy, cy.user.id, happened).catch((error: unknown) => error);
      for (const other of [cy, eve]) await expect(resolve(other, id, happened)).rejects.toEqual(missing);
      await expect(resolve(bea, id, happened)).rejects.toMatchObject({ code: 'forbidden' });
      await expect(resolve({ ...ada, via: 'mcp' }, id, happened)).rejects.toMatchObject({
        reason: 'person_needed',
      });
      const tries = await Promise.allSettled(
        Array.from({ length: 20 }, (_, i) =>
          resolve(ada, id, { outcome: i % 2 === 0 ? 'happened' : 'not_happened' }),
        ),
      );
      const reasons = tries.map((result) => (result.status === 'rejected' ? result.reason.reason : 'won'));
      expect(reasons.toSorted()).toEqual([...Array.from({ length: 19 }, () => 'not_waiting'), 'won']);
      await town.settle();
      expect(await latest()).toMatchObject({ status: 'completed' });
    });
  });

  it('that break off inside of the tool are not repeated in that run, whatever the model wants', async () => {
    outside.after = () => {
      throw new Error('the line went dead');
    };
    town.plays((_request, call) => (call <= 2 ? calling('post_letter', LETTER) : saying('I cannot tell.')));
    await town.say(bea, room, `@${bot.handle} post it`);
    await town.settle();
    expect(await approveAll()).toBe(1);
    await town.settle();
    expect(await approveAll()).toBe(0);
    expect(outside.letters).toHaveLength(1);
    expect(told()[0]).toContain('outcome_unknown');
    expect(told()[1]).toContain('not_repeated');
    expect(await latest()).toMatchObject({ status: 'completed' });
  });

  it('that are under way when the server stops are let end, and are known', async () => {
    const own = createOutside();
    const gate = Promise.withResolvers<void>();
    own.after = () => gate.promise;
    const there = await startTown({ database, tools: own.tools });
    try {
      const cy = await there.person('Cy');
      const agent = await there.agent(cy);
      const place = await there.room(cy, agent);
      there.plays(() => calling('post_letter', LETTER));
      await there.say(cy, place, `@${agent.handle} post it`);
      await there.settle();
      const { data } = await there.call(cy, 'list_approvals', {});
      await there.call(cy, 'decide_approval', { approvalId: data[0].id, decision: 'approve' });
      await until('the letter is on its way', () => own.letters.length === 1);
      const stopped = there.app.parts.agents.stop();
      gate.resolve();
      await stopped;
      const [run] = await there.runs(cy, agent);
      expect(run).toMatchObject({ status: 'queued' });
      const { steps } = await there.run(cy, run?.id as string);
      expect(steps.at(-1)).toMatchObject({ kind: 'tool', data: { isError: false } });
    } finally {
      await there.stop();
    }
  });

  it('have a key that stays the same over tries, and differs between calls', async () => {
    await dieAt('after:intent:1:0', 'post_once');
    await dieAt(undefined, 'post_once');
    const keys = outside.letters.map(({ key }) => key);
    expect(keys).toEqual([expect.stringMatching(/^[0-9a-f]{64}$/), expect.stringMatching(/^[0-9a-f]{64}$/)]);
    expect(new Set(keys).size).toBe(2);
  });
});
