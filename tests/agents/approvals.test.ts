// A tool call that acts outside waits for a person: who is asked, who may decide, what is carried out then, and that one word
// counts once.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Approval } from '../../src/agents/approvals/contract.ts';
import type { Agent } from '../../src/agents/profiles/contract.ts';
import type { Scope } from '../../src/core/scope.ts';
import type { Message } from '../../src/server/messages/contract.ts';
import type { Room } from '../../src/server/rooms/contract.ts';
import { describeEachDatabase } from '../support/app.ts';
import { until } from '../support/until.ts';
import { createOutside } from './outside.ts';
import { calling, saying, startTown, type Town, untilOver } from './town.ts';

const LETTER = { to: 'Ann', text: 'Hello' };

describeEachDatabase('approvals', (database) => {
  const outside = createOutside();
  let town: Town;
  let root: Scope;
  let ada: Scope;
  let bea: Scope;
  let bot: Agent;
  let room: Room;
  beforeAll(async () => {
    town = await startTown({ database, tools: outside.tools });
    [root, ada, bea] = [await town.person('Zoe'), await town.person('Ada'), await town.person('Bea')];
    bot = await town.agent(ada);
    room = await town.room(ada, bot);
    await town.call(bea, 'rooms.join', { roomId: room.id });
  });
  afterAll(() => town.stop());
  beforeEach(() => {
    outside.letters.length = 0;
    outside.describe = ({ to, text }) => `Posts "${text}" to ${to}`;
  });

  const answers = async (): Promise<Message[]> =>
    (await town.messages(ada, room)).filter((m) => m.kind === 'agent');
  const decide = (by: Scope, approval: { id: string }, more: object) =>
    town.call(by, 'decide_approval', { approvalId: approval.id, ...more });
  /** What the model was told of its calls, newest last. */
  const told = () =>
    (town.requests.at(-1)?.messages ?? [])
      .flatMap((m) => m.content)
      .flatMap((part) => (part.type === 'tool_result' ? [part.result] : []))
      .join('\n');

  /** Somebody asks; the agent calls the tool, then says "Done."; answers the approval that waits. */
  async function ask(by: Scope = bea, tool = 'post_letter', args: object = LETTER): Promise<Approval> {
    town.plays((request) => {
      const answered = request.messages.some((m) => m.content.some((part) => part.type === 'tool_result'));
      return answered ? saying('Done.') : calling(tool, args, 'I will post it.');
    });
    await town.say(by, room, `@${bot.handle} post it`);
    await town.settle();
    const { data } = await town.call(ada, 'list_approvals', { status: 'pending', agentId: bot.id });
    expect(data).toHaveLength(1);
    return data[0];
  }

  it('a call waits: the owner is told what, for whom and until when; nothing is done, nobody works on it', async () => {
    const [heard, private_, other] = [town.listen(room), town.listenTo(ada), town.listenTo(bea)];
    const approval = await ask();
    const [run] = await town.runs(ada, bot);
    expect(approval).toMatchObject({
      agentId: bot.id,
      roomId: room.id,
      runId: run?.id,
      tool: 'post_letter',
      arguments: LETTER,
      preview: 'Posts "Hello" to Ann',
      effect: 'write_external',
      requester: { id: bea.user.id, name: 'Bea' },
      status: 'pending',
      mayStand: true,
    });
    expect(Date.parse(approval.expiresAt)).toBeGreaterThan(Date.parse(approval.createdAt));
    expect(run).toMatchObject({ status: 'waiting_approval' });
    expect(outside.letters).toEqual([]);
    expect(heard.findLast((h) => h.type === 'agent_thinking')?.payload.status).toBe('waiting_approval');
    expect(private_).toMatchObject([
      { type: 'approval_requested', payload: { approval } },
      {
        type: 'notification',
        payload: { notification: { kind: 'approval', subject: { approvalId: approval.id } } },
      },
    ]);
    expect(other).toEqual([]);
    const row = await town.app.parts.database.db
      .selectFrom('agentRuns')
      .select(['leaseUntil'])
      .where('id', '=', run?.id as string)
      .executeTakeFirstOrThrow();
    expect(row.leaseUntil).toBeNull();
    await decide(ada, approval, { decision: 'reject' });
    await town.settle();
  });

  it('approved, it is carried out once and the answer follows', async () => {
    const approval = await ask();
    const private_ = town.listenTo(ada);
    const decided = await decide(ada, approval, { decision: 'approve', comment: 'Fine.' });
    expect(decided).toMatchObject({ status: 'approved', decidedBy: ada.user.id, comment: 'Fine.' });
    await town.settle();
    expect(outside.letters).toMatchObject([LETTER]);
    expect((await answers()).at(-1)?.body).toBe('I will post it.\n\nDone.');
    expect(private_).toMatchObject([
      { type: 'approval_decided', payload: { approval: { id: approval.id, status: 'approved' } } },
    ]);
    const { steps } = await town.run(ada, approval.runId);
    expect(steps.map((step) => step.kind)).toEqual([
      'context',
      'model',
      'approval',
      'intent',
      'tool',
      'model',
    ]);
  });

  it('rejected, it is not carried out, and the model knows why', async () => {
    const approval = await ask();
    await decide(ada, approval, { decision: 'reject', comment: 'Not to Ann.' });
    await town.settle();
    expect(outside.letters).toEqual([]);
    expect(told()).toContain('approval_rejected');
    expect(told()).toContain('Not to Ann.');
    expect((await answers()).at(-1)?.body).toBe('I will post it.\n\nDone.');
  });

  it('is not even asked about when the agent was invoked on words of somebody else', async () => {
    await town.say(ada, room, 'Somebody should write to Ann');
    town.plays((request) => {
      const answered = request.messages.some((m) => m.content.some((part) => part.type === 'tool_result'));
      return answered ? saying('I may not.') : calling('post_letter', LETTER);
    });
    await town.call(bea, 'invoke_agent', { roomId: room.id, agentId: bot.id });
    await town.settle();
    expect(told()).toContain('asker_not_author');
    expect((await town.call(ada, 'list_approvals', { status: 'pending' })).data).toEqual([]);
    expect(outside.letters).toEqual([]);
    expect((await answers()).at(-1)?.body).toBe('I may not.');
  });

  it('approved with other arguments, only these are carried out, and the model is told', async () => {
    const approval = await ask();
    const edited = { to: 'Ben', text: 'Hello' };
    const decided = await decide(ada, approval, { decision: 'approve', arguments: edited });
    expect(decided).toMatchObject({
      arguments: LETTER,
      editedArguments: edited,
      editedPreview: 'Posts "Hello" to Ben',
    });
    await town.settle();
    expect(outside.letters).toMatchObject([edited]);
    expect(told()).toMatch(/A person changed the arguments .*"to":"Ben"/);
  });

  it('arguments that the tool does not take are refused, and the call waits on', async () => {
    const approval = await ask();
    await expect(decide(ada, approval, { decision: 'approve', arguments: { to: 7 } })).rejects.toMatchObject({
      code: 'invalid',
    });
    expect(await town.call(ada, 'get_approval', { approvalId: approval.id })).toMatchObject({
      status: 'pending',
    });
    await decide(ada, approval, { decision: 'reject' });
    await town.settle();
  });

  it('what would be done now is not what was approved: nothing is done', async () => {
    const approval = await ask();
    outside.describe = ({ to }) => `Posts to ${to} and to everyone else`;
    await decide(ada, approval, { decision: 'approve' });
    await town.settle();
    expect(outside.letters).toEqual([]);
    expect(told()).toContain('approval_void');
  });

  it('a tool that changed since cannot be approved', async () => {
    const approval = await ask();
    const tool = outside.tools.find(({ name }) => name === 'post_letter');
    if (tool === undefined) throw new Error('There is no such tool.');
    tool.fingerprint = 'https://elsewhere.example';
    try {
      await expect(decide(ada, approval, { decision: 'approve' })).rejects.toMatchObject({
        reason: 'tool_changed',
      });
    } finally {
      delete tool.fingerprint;
    }
    await decide(ada, approval, { decision: 'reject' });
    await town.settle();
  });

  it('of fifty who decide at once, one does', async () => {
    const approval = await ask();
    const tries = await Promise.allSettled(
      Array.from({ length: 50 }, (_, i) =>
        decide(i % 2 === 0 ? ada : root, approval, { decision: i % 3 === 0 ? 'reject' : 'approve' }),
      ),
    );
    const won = tries.flatMap((result) => (result.status === 'fulfilled' ? [result.value as Approval] : []));
    const lost = tries.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
    expect(won).toHaveLength(1);
    expect(new Set(lost.map((error) => error.reason))).toEqual(new Set(['already_decided']));
    await town.settle();
    expect(outside.letters).toHaveLength(won[0]?.status === 'approved' ? 1 : 0);
  });

  it('nobody decides in time: the agent goes on without', async () => {
    const approval = await ask();
    await town.app.parts.database.db
      .updateTable('toolApprovals')
      .set({ expiresAt: new Date(0) })
      .where('id', '=', approval.id)
      .execute();
    await expect(decide(ada, approval, { decision: 'approve' })).rejects.toMatchObject({
      reason: 'already_decided',
    });
    await until('the agent has gone on', async () => (await town.runs(ada, bot))[0]?.status === 'completed');
    expect(outside.letters).toEqual([]);
    expect(told()).toContain('approval_expired');
    expect(await town.call(ada, 'get_approval', { approvalId: approval.id })).toMatchObject({
      status: 'expired',
    });
  });

  it('a run that is stopped asks nobody any more', async () => {
    const approval = await ask();
    await town.call(bea, 'agent_command', { agentId: bot.id, roomId: room.id, command: 'stop' });
    await expect(decide(ada, approval, { decision: 'approve' })).rejects.toMatchObject({
      reason: 'already_decided',
    });
    await town.settle();
    expect(outside.letters).toEqual([]);
    expect((await town.runs(ada, bot))[0]).toMatchObject({ status: 'cancelled' });
  });

  it('more calls wait than a run may be tried: each is asked about, and the run ends well', async () => {
    const CALLS = 6;
    town.plays((_request, call) =>
      call <= CALLS ? calling('post_letter', { to: `${call}`, text: 'x' }) : saying('All.'),
    );
    await town.say(bea, room, `@${bot.handle} post six`);
    for (let i = 1; i <= CALLS; i++) {
      await town.settle();
      const { data } = await town.call(ada, 'list_approvals', { status: 'pending' });
      expect(data.map((approval: Approval) => approval.arguments)).toEqual([{ to: `${i}`, text: 'x' }]);
      await decide(ada, data[0], { decision: 'approve' });
    }
    expect(await untilOver(town, ada, bot)).toMatchObject({ status: 'completed' });
    expect(outside.letters.map(({ to }) => to)).toEqual(['1', '2', '3', '4', '5', '6']);
  });

  describe('who decides', () => {
    it('is the owner or an administrator; to others there is nothing there', async () => {
      const approval = await ask();
      const eve = await town.stranger('Eve');
      for (const other of [bea, eve]) {
        const missing = { approvalId: bea.user.id };
        const error = await town.call(other, 'get_approval', missing).catch((e: unknown) => e);
        await expect(town.call(other, 'get_approval', { approvalId: approval.id })).rejects.toEqual(error);
        await expect(decide(other, approval, { decision: 'approve' })).rejects.toEqual(error);
        expect((await town.call(other, 'list_approvals', {})).data).toEqual([]);
      }
      await expect(town.call(ada, 'list_approvals', { scope: 'all' })).rejects.toMatchObject({
        code: 'forbidden',
      });
      expect((await town.call(root, 'list_approvals', { status: 'pending' })).data).toEqual([]);
      expect(
        (await town.call(root, 'list_approvals', { scope: 'all', status: 'pending' })).data,
      ).toMatchObject([{ id: approval.id }]);
      expect(await decide(root, approval, { decision: 'reject' })).toMatchObject({ status: 'rejected' });
      await town.settle();
    });

    it('is a person: neither a key, nor an MCP client, nor an agent', async () => {
      const approval = await ask();
      const agent = await town.app.parts.identity.agentScope(ada.tenantId, bot.id);
      const inTheirName: Scope[] = [
        { ...ada, via: 'mcp' },
        { ...ada, allows: () => true },
        { ...agent, role: 'admin' },
      ];
      for (const scope of inTheirName)
        await expect(decide(scope, approval, { decision: 'approve' })).rejects.toMatchObject({
          reason: 'person_needed',
        });
      await decide(ada, approval, { decision: 'reject' });
      await town.settle();
    });
  });

  describe('given in advance', () => {
    const standing = async () => (await town.call(ada, 'list_standing_approvals', { agentId: bot.id })).data;
    /** Posts without being asked about, and answers what was posted. */
    async function goesThrough(by: Scope, args: object): Promise<boolean> {
      const before = outside.letters.length;
      town.plays((request) => {
        const answered = request.messages.some((m) => m.content.some((part) => part.type === 'tool_result'));
        return answered ? saying('Done.') : calling('post_letter', args);
      });
      await town.say(by, room, `@${bot.handle} post it`);
      await town.settle();
      const { data } = await town.call(ada, 'list_approvals', { status: 'pending' });
      for (const approval of data) await decide(ada, approval, { decision: 'reject' });
      await town.settle();
      return outside.letters.length > before;
    }

    it('covers like calls of the same asker, so often and no more', async () => {
      await decide(ada, await ask(), { decision: 'approve', always: { uses: 2, same: ['to'] } });
      await town.settle();
      expect(await standing()).toMatchObject([
        { fixed: { to: 'Ann' }, usesLeft: 2, requesterId: bea.user.id },
      ]);
      expect(await goesThrough(bea, { to: 'Ben', text: 'x' })).toBe(false);
      expect(await goesThrough(ada, { to: 'Ann', text: 'x' })).toBe(false);
      expect(await goesThrough(bea, { to: 'Ann', text: 'x' })).toBe(true);
      expect(await goesThrough(bea, { to: 'Ann', text: 'y' })).toBe(true);
      expect(await standing()).toEqual([]);
      expect(await goesThrough(bea, { to: 'Ann', text: 'z' })).toBe(false);
    });

    it('covers the same arguments only, unless said otherwise, and can be taken back', async () => {
      await decide(ada, await ask(), { decision: 'approve', always: {} });
      await town.settle();
      expect(await goesThrough(bea, { ...LETTER, text: 'other' })).toBe(false);
      expect(await goesThrough(bea, LETTER)).toBe(true);
      const [given] = await standing();
      const revoke = { agentId: bot.id, standingId: given.id };
      await expect(town.call(bea, 'revoke_standing_approval', revoke)).rejects.toMatchObject({
        code: 'forbidden',
      });
      const eve = await town.stranger('Eva');
      await expect(town.call(eve, 'revoke_standing_approval', revoke)).rejects.toMatchObject({
        code: 'not_found',
      });
      await town.call(ada, 'revoke_standing_approval', revoke);
      expect(await goesThrough(bea, LETTER)).toBe(false);
    });

    it('does not exist for what cannot be undone', async () => {
      const approval = await ask(bea, 'burn');
      expect(approval).toMatchObject({ effect: 'irreversible', mayStand: false });
      await expect(decide(ada, approval, { decision: 'approve', always: {} })).rejects.toMatchObject({
        reason: 'must_ask',
      });
      await decide(ada, approval, { decision: 'reject' });
      await town.settle();
    });
  });
});
