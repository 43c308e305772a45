// A recorded run replays to the same decisions; where settings, tools or grants have changed, the replay says what would be
// decided otherwise, and changes nothing.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Agent } from '../../src/agents/profiles/contract.ts';
import type { Replay, Run } from '../../src/agents/runtime/contract.ts';
import { callKey, replay } from '../../src/agents/runtime/replay.ts';
import type { StepData } from '../../src/agents/runtime/steps.ts';
import type { Scope } from '../../src/core/scope.ts';
import type { Room } from '../../src/server/rooms/contract.ts';
import { describeEachDatabase } from '../support/app.ts';
import { createOutside } from './outside.ts';
import { calling, type Play, saying, startTown, type Town } from './town.ts';

const LETTER = { to: 'Ann', text: 'Hello' };

describe('replay', () => {
  const context = { provider: 'scripted', model: 'm' };
  const steps = [
    { kind: 'context', ...context },
    { kind: 'model', text: '', calls: [{ id: 'a', name: 'look', args: {} }] },
    { kind: 'tool', callId: 'a', name: 'look', executionId: 'x', result: '1', isError: false },
    { kind: 'model', text: 'One.', calls: [] },
  ] as unknown as StepData[];
  const allowed = { ruling: 'allow', reason: 'read' } as const;
  const calls = new Map([[callKey(1, 0), { tool: 'look', effect: 'read' as const, ruling: allowed }]]);

  it('has an entry for each step, and says what comes after them', () => {
    const entries = replay({ steps, context, calls });
    expect(entries.map(({ now }) => now?.do)).toEqual(['context', 'model', 'tool', 'model', 'reply']);
    expect(entries.every(({ same }) => same)).toBe(true);
  });

  it('says at which step the journal and the engine part', () => {
    const [first, second, , fourth] = steps as [StepData, StepData, StepData, StepData];
    // The result of the call is missing: no engine would have asked the model again.
    const entries = replay({ steps: [first, second, fourth], context, calls });
    expect(entries.map(({ same }) => same)).toEqual([true, true, false, true]);
    expect(entries[2]).toMatchObject({ was: { do: 'model', round: 2 }, now: { do: 'tool', tool: 'look' } });
  });

  it.each([
    [
      'another model',
      { context: { provider: 'openai', model: 'm' } },
      1,
      { do: 'context', provider: 'openai' },
    ],
    ['a ruling to ask', { ruling: { ruling: 'ask', reason: 'grant' } }, 3, { do: 'ask', tool: 'look' }],
    [
      'a ruling to refuse',
      { ruling: { ruling: 'refuse', reason: 'hours' } },
      3,
      { do: 'tool', refused: 'hours' },
    ],
    ['no such tool', { refused: 'unknown_tool' }, 3, { do: 'tool', refused: 'unknown_tool' }],
  ] as const)('tells of %s', (_what, change, step, now) => {
    const call = { tool: 'look', effect: 'read' as const, ruling: allowed, ...change };
    const entries = replay({
      steps,
      context: 'context' in change ? change.context : context,
      calls: new Map([[callKey(1, 0), call]]),
    });
    expect(entries.filter(({ same }) => !same)).toMatchObject([{ step, now }]);
  });
});

describeEachDatabase('a recorded run', (database) => {
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
    (name: string, args: object, more: object = {}): Play =>
    (request) => {
      const answered = request.messages.some((m) => m.content.some((part) => part.type === 'tool_result'));
      return answered ? saying('So it is.') : calling(name, { ...args, ...more }, 'Let me see.');
    };

  async function record(play: Play, decision?: object): Promise<Run> {
    town.plays(play);
    await town.say(bea, room, `@${bot.handle} go`);
    await town.settle();
    const { data } = await town.call(ada, 'list_approvals', { status: 'pending' });
    for (const { id } of data) await town.call(ada, 'decide_approval', { approvalId: id, ...decision });
    await town.settle();
    return (await town.runs(ada, bot))[0] as Run;
  }
  const replayed = (run: Run, more: object = {}): Promise<Replay> =>
    town.call(ada, 'replay_run', { agentId: bot.id, runId: run.id, ...more });

  it.each<[what: string, play: Play, decision?: object]>([
    ['with an answer', () => saying('Hello.')],
    ['with a tool', once('calculator', { expression: '17 * 23' })],
    ['with arguments that do not fit', once('calculator', { wrong: 1 })],
    ['with a tool that fails', once('calculator', { expression: '1 +' })],
    ['with a tool that is not there', once('teleport', {})],
    ['with an approved call', once('post_letter', LETTER), { decision: 'approve' }],
    [
      'with a changed call',
      once('post_letter', LETTER),
      { decision: 'approve', arguments: { ...LETTER, to: 'Ben' } },
    ],
    ['with a rejected call', once('post_letter', LETTER), { decision: 'reject' }],
    [
      'with a failure',
      () => {
        throw new Error('down');
      },
    ],
  ])('%s replays to the same decisions, and nothing happens', async (_what, play, decision) => {
    const run = await record(play, decision);
    const before = { run: await town.run(ada, run.id), letters: outside.letters.length };
    town.requests.length = 0;
    const answer = await replayed(run);
    expect(answer.decisions.filter(({ same }) => !same)).toEqual([]);
    expect(answer).toMatchObject({ runId: run.id, same: true, revision: 1 });
    expect(answer.decisions.map(({ was }) => was?.do).slice(0, -1)).not.toContain(undefined);
    if (run.replyMessageId !== undefined) expect(answer.reply.was).toBe(answer.reply.now);
    expect(town.requests).toEqual([]);
    expect({ run: await town.run(ada, run.id), letters: outside.letters.length }).toEqual(before);
  });

  it('says what another revision would have decided', async () => {
    const run = await record(once('calculator', { expression: '1 + 1' }));
    const { revision } = await town.call(ada, 'update_agent', { agentId: bot.id, capabilities: ['clock'] });
    const now = await replayed(run, { revision });
    expect(now).toMatchObject({ same: false, revision });
    expect(now.decisions.filter(({ same }) => !same)).toMatchObject([
      { was: { do: 'tool', tool: 'calculator' }, now: { do: 'tool', refused: 'not_granted' } },
    ]);
    await expect(replayed(run, { revision: 99 })).rejects.toMatchObject({ reason: 'revision_not_found' });
    await town.call(ada, 'rollback_agent', { agentId: bot.id, revision: run.revision });
  });

  it('says that an agent that may only look would be refused now', async () => {
    const run = await record(once('post_letter', LETTER), { decision: 'approve' });
    await town.call(ada, 'set_agent_mode', { agentId: bot.id, mode: 'analysis_only' });
    const { same, decisions } = await replayed(run);
    await town.call(ada, 'set_agent_mode', { agentId: bot.id, mode: 'normal' });
    expect(same).toBe(false);
    expect(decisions.find((decision) => !decision.same)).toMatchObject({
      was: { do: 'ask', tool: 'post_letter' },
      now: { do: 'tool', tool: 'post_letter', refused: 'analysis_only' },
    });
  });

  it('is for those who answer for its agent', async () => {
    const run = await record(() => saying('Hello.'));
    const eve = await town.stranger('Eve');
    const other = await town.agent(ada);
    const input = { agentId: bot.id, runId: run.id };
    await expect(town.call(bea, 'replay_run', input)).rejects.toMatchObject({ code: 'forbidden' });
    const missing = { ...input, agentId: bea.user.id };
    const error = await town.call(eve, 'replay_run', missing).catch((e: unknown) => e);
    await expect(town.call(eve, 'replay_run', input)).rejects.toEqual(error);
    await expect(town.call(ada, 'replay_run', { ...input, agentId: other.id })).rejects.toMatchObject({
      reason: 'run_not_found',
    });
  });
});
