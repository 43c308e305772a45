// A run that is stopped while it rests leaves what it had said, as one that is stopped while it writes; and whoever comes in
// while it rests is shown the same text and state as those who were there.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Agent } from '../../src/agents/profiles/contract.ts';
import type { Scope } from '../../src/core/scope.ts';
import type { Message } from '../../src/server/messages/contract.ts';
import type { Room } from '../../src/server/rooms/contract.ts';
import { describeEachDatabase } from '../support/app.ts';
import { type Listener, listen, SOCKET_SURFACES } from '../support/clients.ts';
import { until } from '../support/until.ts';
import { createOutside } from './outside.ts';
import { assemble, calling, saying, startTown, type Town, text, untilOver } from './town.ts';

const SAID = 'I will post it.';

describeEachDatabase('a run that rests', (database) => {
  const outside = createOutside();
  let town: Town;
  let ada: Scope;
  let bot: Agent;
  let room: Room;
  beforeAll(async () => {
    town = await startTown({ database, tools: outside.tools });
    await town.person('Zoe');
    ada = await town.person('Ada');
    await town.person('Bea');
  });
  beforeEach(async () => {
    bot = await town.agent(ada);
    room = await town.room(ada, bot);
  });
  afterAll(() => town.stop());

  const command = (name: string) =>
    town.call(ada, 'agent_command', { agentId: bot.id, roomId: room.id, command: name });
  const answers = async (): Promise<Message[]> =>
    (await town.messages(ada, room)).filter((m) => m.kind === 'agent');

  /** Until the agent waits for a person's word on a call, having said something. */
  async function untilItWaits(): Promise<string> {
    town.plays((request) =>
      request.messages.some((m) => m.content.some((part) => part.type === 'tool_result'))
        ? saying('Done.')
        : calling('post_letter', { to: 'Ann', text: 'Hello' }, `${SAID} `),
    );
    await town.say(ada, room, `@${bot.handle} post it`);
    const run = await untilOver(town, ada, bot);
    expect(run.status).toBe('waiting_approval');
    return run.id;
  }

  /** Until the agent is paused in the middle of a sentence. */
  async function untilItPauses(): Promise<string> {
    town.plays(async function* (request, call) {
      yield text('Half of ');
      yield text('it');
      if (call === 1) await new Promise((resolve) => request.signal.addEventListener('abort', resolve));
      yield* saying(' and the rest.');
    });
    const heard = town.listen(room);
    await town.say(ada, room, `@${bot.handle} tell me`);
    await until('all of it is heard', () => assemble(heard) === 'Half of it');
    await command('pause');
    await town.settle();
    return (await town.runs(ada, bot))[0]?.id as string;
  }

  const RESTS = [
    ['waits for a person', 'waiting_approval', SAID, untilItWaits],
    ['is paused', 'paused', 'Half of it', untilItPauses],
  ] as const;

  describe.each(RESTS)('%s', (_, status, said, untilItRests) => {
    it('leaves what it had said when it is stopped, once, and nothing of it stays with the run', async () => {
      const heard = town.listen(room);
      const runId = await untilItRests();
      expect(await command('stop')).toMatchObject({ status: 'idle' });
      await town.settle();
      expect(await answers()).toMatchObject([{ body: said, run: { id: runId, status: 'cancelled' } }]);
      const [message] = await answers();
      expect(assemble(heard)).toBe(said);
      expect(heard.find((h) => h.type === 'agent_message_delta')?.payload.messageId).toBe(message?.id);
      expect(await town.run(ada, runId)).toMatchObject({
        status: 'cancelled',
        reason: 'stopped',
        replyMessageId: message?.id,
      });
      const { partial } = await town.app.parts.database.db
        .selectFrom('agentRuns')
        .select('partial')
        .where('id', '=', runId)
        .executeTakeFirstOrThrow();
      expect(partial).toBeNull();
      // A stop that is repeated finds nothing to stop.
      await command('stop');
      await town.settle();
      expect(await answers()).toHaveLength(1);
    });

    it('leaves nothing behind an emergency stop', async () => {
      const runId = await untilItRests();
      await town.call(ada, 'set_agent_stop', { target: 'agent', targetId: bot.id, reason: 'enough' });
      await town.settle();
      expect(await answers()).toEqual([]);
      expect(await town.run(ada, runId)).toMatchObject({ status: 'cancelled', reason: 'emergency_stop' });
    });

    it.each(SOCKET_SURFACES)('looks to one who comes late by %s as to who was there', async (surface) => {
      const clients: Listener[] = [await listen(surface, town.test, await town.test.signIn('Ada'))];
      const [there] = clients as [Listener];
      await there.join(room.id);
      await untilItRests();
      await there.until('that it rests', () => stateOf(there) === status);
      const late = await listen(surface, town.test, await town.test.signIn('Bea'));
      clients.push(late);
      await late.join(room.id);
      await late.until('that it rests', () => stateOf(late) === status && assemble(late.heard) !== '');
      for (const client of clients) expect(assemble(client.heard)).toBe(said);
      // Who comes back without a place in the log is shown it, too.
      await late.leave(room.id);
      late.heard.length = 0;
      await late.join(room.id);
      await late.until(
        'that it rests still',
        () => stateOf(late) === status && assemble(late.heard) === said,
      );
      await command('stop');
      for (const client of clients) {
        await client.until('what it left', () => client.heard.some((h) => h.type === 'agent_message'));
        expect(client.heard.find((h) => h.type === 'agent_message')?.payload).toMatchObject({
          body: said,
          run: { status: 'cancelled' },
        });
        expect(assemble(client.heard)).toBe(said);
      }
      await Promise.all(clients.map((client) => client.close()));
      await town.settle();
    });
  });

  it('goes on with the same text for all once a person has spoken', async () => {
    const runId = await untilItWaits();
    const late = await listen('phoenix 2.0.0', town.test, await town.test.signIn('Bea'));
    await late.join(room.id);
    await late.until('what it had said', () => assemble(late.heard) === SAID);
    const { data } = await town.call(ada, 'list_approvals', { runId });
    await town.call(ada, 'decide_approval', { approvalId: data[0].id, decision: 'approve' });
    await late.until('the answer', () => late.heard.some((h) => h.type === 'agent_message'));
    const body = `${SAID}\n\nDone.`;
    expect(late.heard.find((h) => h.type === 'agent_message')?.payload).toMatchObject({ body });
    expect(assemble(late.heard)).toBe(body);
    await late.close();
    await town.settle();
  });

  it('stopped in the tool that it went on with, leaves what it had said before', async () => {
    const gate = Promise.withResolvers<void>();
    outside.after = () => gate.promise;
    const runId = await untilItWaits();
    const before = outside.letters.length;
    const { data } = await town.call(ada, 'list_approvals', { runId });
    await town.call(ada, 'decide_approval', { approvalId: data[0].id, decision: 'approve' });
    await until('it posts', () => outside.letters.length > before);
    await command('stop');
    gate.resolve();
    outside.after = () => {};
    await town.settle();
    expect(await answers()).toMatchObject([{ body: SAID, run: { id: runId, status: 'cancelled' } }]);
  });
});

const stateOf = (client: Listener): unknown =>
  client.heard.findLast((h) => h.type === 'agent_thinking')?.payload.status;
