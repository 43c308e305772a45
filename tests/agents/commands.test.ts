// Telling an agent to act and to stop: who may, how fast, and what remains.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Agent } from '../../src/agents/profiles/contract.ts';
import type { Scope } from '../../src/core/scope.ts';
import type { Room } from '../../src/server/rooms/contract.ts';
import { describeEachDatabase } from '../support/app.ts';
import { until } from '../support/until.ts';
import { assemble, saying, startTown, type Town, text, untilOver } from './town.ts';

describeEachDatabase('commands', (database) => {
  let town: Town;
  let ada: Scope;
  let bea: Scope;
  let cy: Scope;
  let bot: Agent;
  let room: Room;
  beforeAll(async () => {
    town = await startTown({ database });
    await town.person('Zoe');
    [ada, bea, cy] = [await town.person('Ada'), await town.person('Bea'), await town.person('Cy')];
    bot = await town.agent(ada);
    room = await town.room(ada, bot);
    for (const scope of [bea, cy]) await town.call(scope, 'rooms.join', { roomId: room.id });
  });
  afterAll(() => town.stop());

  const answers = async () => (await town.messages(ada, room)).filter((m) => m.kind === 'agent');

  /** An answer that goes on until it is stopped. */
  async function talk(by: Scope): Promise<void> {
    town.plays(async function* (request) {
      for (let i = 0; !request.signal.aborted; i++) {
        yield text(`word${i} `);
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      yield* saying('the end');
    });
    const heard = town.listen(room);
    await town.say(by, room, `@${bot.handle} talk`);
    await until('it talks', () => assemble(heard).includes('word1'));
  }

  describe('stop', () => {
    it.each([
      ['who asked', () => bea, () => bea],
      ["the agent's owner", () => bea, () => ada],
    ])('by %s ends the stream at once; what it had said stays, marked', async (_who, asker, stopper) => {
      const before = (await answers()).length;
      await talk(asker());
      const heard = town.listen(room);
      const answer = await town.call(stopper(), 'agent_command', {
        agentId: bot.id,
        roomId: room.id,
        command: 'stop',
      });
      await town.settle();
      expect(answer).toMatchObject({ status: 'idle', runs: [{ status: 'cancelled' }] });
      expect((await town.runs(ada, bot))[0]).toMatchObject({ status: 'cancelled', reason: 'stopped' });
      const [partial, ...more] = (await answers()).slice(before);
      expect(more).toEqual([]);
      expect(partial?.body).toMatch(/^word0 word1/);
      expect(partial?.run).toMatchObject({ status: 'cancelled' });
      expect(heard.filter((h) => h.type === 'agent_thinking').map((h) => h.payload.status)).toContain('idle');
      const idle = heard.findIndex((h) => h.type === 'agent_thinking' && h.payload.status === 'idle');
      expect(heard.slice(idle).some((h) => h.type === 'agent_message_delta')).toBe(false);
    });

    it('is refused to a mere member, and to another tenant as if there were no agent', async () => {
      await talk(ada);
      const stop = { agentId: bot.id, command: 'stop' };
      await expect(town.call(cy, 'agent_command', stop)).rejects.toMatchObject({ code: 'forbidden' });
      const eve = await town.stranger('Eve');
      await expect(town.call(eve, 'agent_command', stop)).rejects.toMatchObject({ code: 'not_found' });
      expect(await town.call(cy, 'agent_command', { ...stop, command: 'status' })).toMatchObject({
        status: 'thinking',
        runs: [{ status: 'running' }],
      });
      await town.call(ada, 'agent_command', stop);
      await town.settle();
    });

    it('comes with switching the agent off', async () => {
      await talk(bea);
      await town.call(ada, 'activate_agent', { agentId: bot.id, active: false });
      await town.settle();
      expect((await town.runs(ada, bot))[0]).toMatchObject({ status: 'cancelled', reason: 'agent_inactive' });
      await town.call(ada, 'activate_agent', { agentId: bot.id, active: true });
    });

    it('wins against an answer that was about to be sent', async () => {
      const before = (await answers()).length;
      town.plays(() => saying('Too late.'));
      town.at(async ({ boundary }) => {
        if (boundary === 'before:reply')
          await town.call(ada, 'agent_command', { agentId: bot.id, command: 'stop' });
      });
      await town.say(ada, room, `@${bot.handle} quick`);
      await town.settle();
      town.at(undefined);
      const [partial, ...more] = (await answers()).slice(before);
      expect(more).toEqual([]);
      expect(partial).toMatchObject({ body: 'Too late.', run: { status: 'cancelled' } });
      expect((await town.runs(ada, bot))[0]).toMatchObject({
        status: 'cancelled',
        replyMessageId: partial?.id,
      });
    });
  });

  describe('invoke', () => {
    it('with a prompt sends it as a mention', async () => {
      town.plays(() => saying('Four.'));
      const { runId, message } = await town.call(bea, 'invoke_agent', {
        roomId: room.id,
        agentId: bot.id,
        prompt: 'what is two and two?',
      });
      expect(message.body).toBe(`@${bot.handle} what is two and two?`);
      await town.settle();
      expect(await town.run(bea, runId)).toMatchObject({ status: 'completed', askerId: bea.user.id });
      expect((await answers()).at(-1)?.body).toBe('Four.');
    });

    it('without one answers the newest message, once', async () => {
      town.plays(() => saying('Nice.'));
      await town.say(cy, room, 'I baked a cake');
      await town.settle();
      const first = await town.call(bea, 'invoke_agent', { roomId: room.id, agentId: bot.id });
      await town.settle();
      const again = await town.call(bea, 'invoke_agent', { roomId: room.id, agentId: bot.id });
      await town.settle();
      expect(again.runId).toBe(first.runId);
      expect(town.requests).toHaveLength(1);
      expect((await answers()).at(-1)?.body).toBe('Nice.');
    });

    it('opens a run again that failed', async () => {
      town.plays(() => {
        throw new Error('down');
      });
      await town.say(ada, room, `@${bot.handle} try`);
      expect(await untilOver(town, ada, bot)).toMatchObject({
        status: 'failed',
        reason: 'model_unavailable',
      });
      town.plays(() => saying('Now it works.'));
      await town.call(ada, 'invoke_agent', { roomId: room.id, agentId: bot.id });
      await town.settle();
      expect((await answers()).at(-1)?.body).toBe('Now it works.');
    });

    it('is refused outside the room, and for an agent that is not in it', async () => {
      const other = await town.room(ada);
      await expect(
        town.call(ada, 'invoke_agent', { roomId: other.id, agentId: bot.id, prompt: 'hi' }),
      ).rejects.toMatchObject({ reason: 'agent_not_in_room' });
      const eve = await town.stranger('Eva');
      await expect(
        town.call(eve, 'invoke_agent', { roomId: room.id, agentId: bot.id, prompt: 'hi' }),
      ).rejects.toMatchObject({ code: 'not_found' });
    });
  });
});
