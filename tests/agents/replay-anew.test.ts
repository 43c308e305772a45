// Recorded runs asked anew of a model: the report tells what would be said and done under other settings, nothing happens, the agent's
// budget pays, and only who answers for the agent asks and reads.
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Agent } from '../../src/agents/profiles/contract.ts';
import type { ReplayedRun, ReplayReport, Run } from '../../src/agents/runtime/contract.ts';
import { newId } from '../../src/core/ids.ts';
import type { Scope } from '../../src/core/scope.ts';
import type { Room } from '../../src/server/rooms/contract.ts';
import { describeEachDatabase } from '../support/app.ts';
import { createOutside } from './outside.ts';
import { calling, type Play, saying, startTown, type Town } from './town.ts';

const LETTER = { to: 'Ann', text: 'Hello' };

describeEachDatabase('runs asked anew', (database) => {
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

  const once =
    (name: string, args: object, end = 'So it is.'): Play =>
    (request) => {
      const answered = request.messages.some((m) => m.content.some((part) => part.type === 'tool_result'));
      return answered ? saying(end) : calling(name, args);
    };
  async function record(play: Play): Promise<Run> {
    town.plays(play);
    await town.say(bea, room, `@${bot.handle} go`);
    await town.settle();
    const { data } = await town.call(ada, 'list_approvals', { status: 'pending' });
    for (const { id } of data)
      await town.call(ada, 'decide_approval', { approvalId: id, decision: 'approve' });
    await town.settle();
    return (await town.runs(ada, bot))[0] as Run;
  }
  type Report = ReplayReport & { data: ReplayedRun[]; nextCursor?: string };
  async function anew(play: Play, input: object): Promise<Report> {
    town.plays(play);
    const { id } = await town.call(ada, 'create_replay', input);
    await town.settle();
    return town.call(ada, 'get_replay', { replayId: id });
  }

  it('says what another prompt would have said; the room stays as it is, and the ledger has the call', async () => {
    const run = await record(() => saying('Good day.'));
    const before = await town.messages(ada, room);
    const report = await anew(() => saying('Ahoy.'), { runId: run.id, systemPrompt: 'Talk like a pirate.' });
    expect(town.requests[0]?.system).toContain('Talk like a pirate.');
    expect(report).toMatchObject({ status: 'completed', total: 1, done: 1 });
    expect(report.data).toMatchObject([
      {
        runId: run.id,
        status: 'done',
        was: { reply: 'Good day.' },
        now: { reply: 'Ahoy.' },
        sameReply: false,
      },
    ]);
    expect(report.data[0]).toMatchObject({ inputTokens: 10, outputTokens: 5, sameCalls: true });
    expect(await town.messages(ada, room)).toEqual(before);
    const { data } = await town.call(ada, 'list_model_calls', { agentId: bot.id });
    expect(data[0]).toMatchObject({ runId: report.id, status: 'settled' });
    expect((await town.run(ada, run.id)).inputTokens).toBe(10);
  });

  it('answers a call that was made from the journal, computes, and does nothing else', async () => {
    const run = await record(once('post_letter', LETTER));
    const letters = outside.letters.length;
    const same = await anew(once('post_letter', LETTER), { runId: run.id });
    expect(same.data[0]).toMatchObject({ sameCalls: true, sameReply: true });
    expect(same.data[0]?.now?.calls).toMatchObject([{ tool: 'post_letter', answeredBy: 'journal' }]);
    const other = await anew(once('post_letter', { ...LETTER, to: 'Ben' }), { runId: run.id });
    expect(other.data[0]).toMatchObject({ sameCalls: false });
    expect(other.data[0]?.now?.calls).toMatchObject([{ answeredBy: 'not_executed', failed: true }]);
    const sum = await anew(once('calculator', { expression: '6 * 7' }), { runId: run.id });
    expect(sum.data[0]?.now?.calls).toMatchObject([
      { tool: 'calculator', answeredBy: 'computed', failed: false },
    ]);
    const told = town.requests.at(-1)?.messages.flatMap(({ content }) => content);
    expect(JSON.stringify(told?.findLast(({ type }) => type === 'tool_result'))).toContain('42');
    expect(outside.letters).toHaveLength(letters);
    expect((await town.call(ada, 'list_approvals', { status: 'pending' })).data).toEqual([]);
  });

  it('goes through the last runs of a room, in pages, without what was deleted since', async () => {
    for (let i = 0; i < 3; i++) await record(() => saying(`Answer ${i}.`));
    const [newest] = await town.runs(ada, bot);
    const report = await anew(() => saying('Answer 2.'), { roomId: room.id, last: 3 });
    expect(report.data.map(({ sameReply }) => sameReply)).toEqual([true, false, false]);
    const page = await town.call(ada, 'get_replay', { replayId: report.id, limit: 2 });
    expect(page.data).toHaveLength(2);
    const rest = await town.call(ada, 'get_replay', { replayId: report.id, cursor: page.nextCursor });
    expect(rest.data).toHaveLength(1);
    expect(rest).not.toHaveProperty('nextCursor');
    await town.call(ada, 'delete_message', { messageId: newest?.replyMessageId });
    const later: Report = await town.call(ada, 'get_replay', { replayId: report.id });
    expect(later.data[0]?.was).not.toHaveProperty('reply');
  });

  it('fails run by run: on a budget, on an emergency stop', async () => {
    const run = await record(() => saying('Hm.'));
    await town.call(ada, 'set_budget', { target: 'agent', targetId: bot.id, tokensPerDay: 1 });
    const poor = await anew(() => saying('Never.'), { runId: run.id });
    expect(poor.data).toMatchObject([{ status: 'failed', reason: 'budget_exhausted' }]);
    await town.call(ada, 'set_budget', { target: 'agent', targetId: bot.id, tokensPerDay: null });
    const stop = await town.call(ada, 'set_agent_stop', {
      target: 'agent',
      targetId: bot.id,
      reason: 'enough',
    });
    const halted = await anew(() => saying('Never.'), { runId: run.id });
    expect(halted.data).toMatchObject([{ status: 'failed', reason: 'emergency_stop' }]);
    expect(town.requests).toEqual([]);
    await town.call(ada, 'lift_agent_stop', { stopId: stop.id, reason: 'go on' });
  });

  it('is for those who answer for the agent; for others there is no such run and no such report', async () => {
    const run = await record(() => saying('Hello.'));
    const report = await anew(() => saying('Hello.'), { runId: run.id });
    const eve = await town.stranger('Eve');
    const refusal = (who: Scope, name: string, input: object) =>
      town.call(who, name, input).catch((error: unknown) => error);
    for (const who of [bea, eve]) {
      const missing = await refusal(who, 'create_replay', { runId: newId() });
      expect(missing).toMatchObject({ code: 'not_found' });
      expect(await refusal(who, 'create_replay', { runId: run.id })).toEqual(missing);
      for (const name of ['get_replay', 'delete_replay']) {
        const none = await refusal(who, name, { replayId: newId() });
        expect(none).toMatchObject({ code: 'not_found' });
        expect(await refusal(who, name, { replayId: report.id })).toEqual(none);
      }
      expect((await town.call(who, 'list_replays')).data).toEqual([]);
    }
    // She is in the room, but none of its agents is hers.
    expect(await refusal(bea, 'create_replay', { roomId: room.id })).toMatchObject({
      reason: 'nothing_to_replay',
    });
    expect(await refusal(eve, 'create_replay', { roomId: room.id })).toMatchObject({ code: 'not_found' });
    await town.call(ada, 'delete_replay', { replayId: report.id });
    expect(await refusal(ada, 'get_replay', { replayId: report.id })).toMatchObject({ code: 'not_found' });
  });
});
