// An agent that is addressed answers once, in the room, durably; one that is not says nothing, and why.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Agent } from '../../src/agents/profiles/contract.ts';
import type { Run } from '../../src/agents/runtime/contract.ts';
import { enqueueRuns } from '../../src/agents/runtime/lanes.ts';
import type { Scope } from '../../src/core/scope.ts';
import type { Room } from '../../src/server/rooms/contract.ts';
import { describeEachDatabase } from '../support/app.ts';
import { assemble, calling, done, saying, startTown, type Town, text } from './town.ts';

describeEachDatabase('replies', (database) => {
  let town: Town;
  let ada: Scope;
  let bot: Agent;
  let room: Room;
  beforeAll(async () => {
    town = await startTown({ database });
    ada = await town.person('Ada');
    bot = await town.agent(ada);
    room = await town.room(ada, bot);
  });
  afterAll(() => town.stop());

  const replies = async (to = room) => (await town.messages(ada, to)).filter((m) => m.author.id === bot.id);

  it('answers a mention exactly once, with its run, however often the job comes', async () => {
    town.plays(() => saying('It is ', 'a cat.'));
    const heard = town.listen(room);
    const asked = await town.say(ada, room, `@${bot.handle} what is it?`);
    await town.settle();
    const [run] = await town.runs(ada, bot);
    for (let i = 0; i < 3; i++) {
      await town.app.parts.database.transaction((tx) => enqueueRuns(town.app.parts.jobs, tx, [run as Run]));
      await town.settle();
    }
    const answers = await replies();
    expect(answers).toHaveLength(1);
    expect(answers[0]).toMatchObject({
      kind: 'agent',
      body: 'It is a cat.',
      run: { id: run?.id, status: 'completed', model: 'played-1', tokens: 15 },
    });
    expect(town.requests).toHaveLength(1);
    expect(run).toMatchObject({ status: 'completed', attempts: 1, inputTokens: 10, outputTokens: 5 });
    expect(await town.turns(ada, room, asked)).toMatchObject([
      { agentId: bot.id, decision: 'speak', reason: 'mentioned', run: { id: run?.id, status: 'completed' } },
    ]);
    // One entry in the log, after the message it answers.
    const { events } = await town.call(ada, 'list_events', { roomId: room.id, afterSeq: asked.seq });
    expect(events.map((e: { type: string }) => e.type)).toEqual(['agent_message']);
    const statuses = heard.filter((h) => h.type === 'agent_thinking').map((h) => h.payload.status);
    expect(statuses).toEqual(['queued', 'thinking', 'writing', 'idle']);
    expect(heard.at(0)?.type).toBe('new_message');
  });

  it('streams deltas of the message it will send, which add up to its body', async () => {
    const pieces = ['Let me', ' think.\n', '\n', 'Caf\u00e9 \ud83d', '\ude00', ' and so on.', '  \n'];
    town.plays(() => saying(...pieces));
    const heard = town.listen(room);
    await town.say(ada, room, `@${bot.handle} go on`);
    await town.settle();
    const answer = (await replies()).at(-1);
    expect(answer?.body).toBe('Let me think.\n\nCaf\u00e9 \ud83d\ude00 and so on.');
    expect(assemble(heard)).toBe(answer?.body);
    for (const { type, payload } of heard)
      if (type === 'agent_message_delta') expect(payload.messageId).toBe(answer?.id);
  });

  it('uses tools, tells the room, keeps a record, and carries the text before and after into one message', async () => {
    town.plays((_request, call) =>
      call === 1 ? calling('calculator', { expression: '17 * 23' }, 'Let me see. ') : saying('It is 391.'),
    );
    const heard = town.listen(room);
    await town.say(ada, room, `@${bot.handle} 17 * 23?`);
    await town.settle();
    const answer = (await replies()).at(-1);
    expect(answer?.body).toBe('Let me see.\n\nIt is 391.');
    expect(assemble(heard)).toBe(answer?.body);
    expect(heard.filter((h) => h.type === 'tool_execution').map((h) => h.payload)).toMatchObject([
      { tool: 'calculator', status: 'running', input: { expression: '17 * 23' } },
      { tool: 'calculator', status: 'success', output: '17 * 23 = 391' },
    ]);
    const results = town.requests[1]?.messages.at(-1)?.content;
    expect(results).toMatchObject([{ type: 'tool_result', name: 'calculator' }]);
    const { data } = await town.call(ada, 'list_tool_executions', { agentId: bot.id });
    expect(data[0]).toMatchObject({ toolName: 'calculator', executionStatus: 'success' });
  });

  it('does not run a tool that is not enabled, and lets the model say so', async () => {
    const plain = await town.agent(ada, { capabilities: ['clock'] });
    const other = await town.room(ada, plain);
    town.plays((request, call) => {
      if (call === 1) {
        const names = request.tools.map((tool) => tool.name);
        expect(names).toContain('clock');
        expect(names).not.toContain('calculator');
        return calling('calculator', { expression: '1 + 1' });
      }
      return saying('I may not.');
    });
    await town.say(ada, other, `@${plain.handle} 1 + 1?`);
    await town.settle();
    expect(town.requests[1]?.messages.at(-1)?.content).toMatchObject([
      { type: 'tool_result', isError: true, result: expect.stringContaining('not_granted') },
    ]);
    expect((await town.messages(ada, other)).at(-1)?.body).toBe('I may not.');
  });

  it('gives the model history, members and the trigger, and nothing after the trigger', async () => {
    const fresh = await town.room(ada, bot);
    await town.say(ada, fresh, 'the cellar is flooded');
    town.plays(() => saying('Noted.'));
    await town.say(ada, fresh, `@${bot.handle} what happened?`);
    await town.settle();
    const prompt = JSON.stringify(town.requests[0]?.messages);
    expect(prompt).toContain('the cellar is flooded');
    expect(prompt).toContain('what happened?');
    expect(town.requests[0]?.trigger).toMatchObject({ authorName: 'Ada' });
    expect(town.requests[0]?.system).toContain(bot.name);
  });

  describe('stays silent, with a reason on record', () => {
    const silence = async (body: string, where = room, more = {}) => {
      town.plays(() => saying('Too much.'));
      const message = await town.say(ada, where, body, more);
      await town.settle();
      expect(town.requests).toHaveLength(0);
      const [turn] = await town.turns(ada, where, message);
      expect(turn?.run).toBeUndefined();
      return turn;
    };

    it('nobody addressed it', async () => {
      expect(await silence('good morning')).toMatchObject({ decision: 'silent', reason: 'not_addressed' });
    });
    it('everybody was addressed', async () => {
      expect(await silence('@all @here hello')).toMatchObject({ reason: 'not_addressed' });
    });
    it('it is switched off, and speaks again when it is on', async () => {
      await town.call(ada, 'activate_agent', { agentId: bot.id, active: false });
      expect(await silence(`@${bot.handle} hello`)).toMatchObject({ reason: 'agent_inactive' });
      await town.call(ada, 'activate_agent', { agentId: bot.id, active: true });
      const before = (await replies()).length;
      await town.say(ada, room, `@${bot.handle} hello`);
      await town.settle();
      expect(await replies()).toHaveLength(before + 1);
    });
    it('the room does not allow agents any more', async () => {
      const other = await town.room(ada, bot);
      await town.call(ada, 'update_room', { roomId: other.id, agentsAllowed: false });
      expect(await silence(`@${bot.handle} hello`, other)).toMatchObject({ reason: 'room_disallows_agents' });
    });
  });

  it.each([
    ['empty_reply', [done()]],
    ['empty_reply', [text(' \n '), done()]],
    ['refusal', [text('I cannot'), done('refusal')]],
  ])('sends no message for an answer that is none (%s)', async (reason, events) => {
    const before = (await replies()).length;
    town.plays(() => events);
    await town.say(ada, room, `@${bot.handle} hm`);
    await town.settle();
    expect(await replies()).toHaveLength(before);
    expect((await town.runs(ada, bot))[0]).toMatchObject({ status: 'silent', reason });
  });

  it('answers in a direct room without a mention, and a reply to its own message', async () => {
    town.plays(() => saying('Yes.'));
    const direct = await town.call(ada, 'open_direct_room', { userIds: [bot.id] });
    await town.say(ada, direct, 'are you there?');
    await town.settle();
    expect((await replies(direct)).map((m) => m.body)).toEqual(['Yes.']);

    const first = (await replies())[0];
    const asked = await town.say(ada, room, 'really?', { threadId: first?.id });
    await town.settle();
    expect(await town.turns(ada, room, asked)).toMatchObject([{ reason: 'reply_to_agent' }]);
    expect((await replies()).at(-1)).toMatchObject({ body: 'Yes.', threadId: first?.id });
  });

  it('lets agents that mention each other stop by themselves', async () => {
    const [left, right] = [await town.agent(ada), await town.agent(ada)];
    const ring = await town.room(ada, left, right);
    town.plays(() => saying(`@${left.handle} @${right.handle} and you?`));
    const asked = await town.say(ada, ring, `@${left.handle} begin`);
    await town.settle();
    const said = (await town.messages(ada, ring)).filter((m) => m.kind === 'agent');
    expect(said.map((m) => m.author.id)).toEqual([left.id, right.id]);
    const last = said.at(-1) as (typeof said)[number];
    expect(await town.turns(ada, ring, last)).toMatchObject([{ agentId: left.id, reason: 'chain_limit' }]);
    expect(asked.seq).toBeLessThan(last.seq);
  });

  it('does not answer a question that was taken back while it thought', async () => {
    const before = (await replies()).length;
    let asked = '';
    town.plays(() => saying('Anyway:'));
    town.at(async ({ boundary }) => {
      if (boundary === 'after:model:1') await town.call(ada, 'delete_message', { messageId: asked });
    });
    asked = (await town.say(ada, room, `@${bot.handle} forget it`)).id;
    await town.settle();
    town.at(undefined);
    expect(await replies()).toHaveLength(before);
    expect((await town.runs(ada, bot))[0]).toMatchObject({ status: 'silent', reason: 'message_deleted' });
  });

  it('costs a room of people no rows', async () => {
    const people = await town.room(ada);
    const message = await town.say(ada, people, `@${bot.handle} hello?`);
    await town.settle();
    expect(await town.turns(ada, people, message)).toEqual([]);
  });
});
