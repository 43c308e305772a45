// A turn under way can be paused, resumed and added to; whoever comes late sees its text so far; one that breaks off leaves what
// it had said, marked, once.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LlmError } from '../../src/agents/llm/llm.ts';
import type { Agent } from '../../src/agents/profiles/contract.ts';
import type { Scope } from '../../src/core/scope.ts';
import type { Room } from '../../src/server/rooms/contract.ts';
import { describeEachDatabase } from '../support/app.ts';
import { listen, SOCKET_SURFACES } from '../support/clients.ts';
import { until } from '../support/until.ts';
import { assemble, saying, startTown, type Town, text, untilOver } from './town.ts';

describeEachDatabase('a turn under way', (database) => {
  let town: Town;
  let ada: Scope;
  let bea: Scope;
  let bot: Agent;
  let room: Room;
  beforeAll(async () => {
    town = await startTown({ database });
    await town.person('Zoe');
    [ada, bea] = [await town.person('Ada'), await town.person('Bea')];
    bot = await town.agent(ada);
    room = await town.room(ada, bot);
    await town.call(bea, 'rooms.join', { roomId: room.id });
  });
  afterAll(() => town.stop());

  const answers = async () => (await town.messages(ada, room)).filter((m) => m.kind === 'agent');
  const command = (by: Scope, name: string, more = {}) =>
    town.call(by, 'agent_command', { agentId: bot.id, roomId: room.id, command: name, ...more });

  it('rests while it is paused, and goes on from its journal when it is resumed', async () => {
    const before = (await answers()).length;
    const gate = Promise.withResolvers<void>();
    town.plays(async function* (request, call) {
      yield text('Let me ');
      if (call === 1)
        await Promise.race([gate.promise, new Promise((r) => request.signal.addEventListener('abort', r))]);
      yield* saying('think.');
    });
    const heard = town.listen(room);
    await town.say(ada, room, `@${bot.handle} well?`);
    await until('it writes', () => heard.some((h) => h.type === 'agent_message_delta'));
    expect(await command(ada, 'pause')).toMatchObject({ status: 'paused', runs: [{ status: 'paused' }] });
    gate.resolve();
    await town.settle();
    await town.app.parts.agents.takeBack(true);
    await town.settle();
    expect(await answers()).toHaveLength(before);
    expect(heard.filter((h) => h.type === 'agent_thinking').at(-1)?.payload.status).toBe('paused');
    await expect(command(bea, 'resume')).rejects.toMatchObject({ code: 'forbidden' });
    expect(await command(ada, 'resume')).toMatchObject({ runs: [{ status: 'queued' }] });
    expect(await untilOver(town, ada, bot)).toMatchObject({ status: 'completed' });
    expect((await answers()).slice(before).map((m) => m.body)).toEqual(['Let me think.']);
    expect(assemble(heard)).toBe('Let me think.');
  });

  it.each(['while it writes', 'just before it answers'])(
    'takes up what is added %s, in one answer',
    async (when) => {
      const before = (await answers()).length;
      const gate = Promise.withResolvers<void>();
      const steer = () => command(ada, 'steer', { text: 'and in French, please' });
      town.plays(async function* (_request, call) {
        if (call === 1) {
          yield text('Good morning.');
          await gate.promise;
          yield* saying();
        } else yield* saying('Bonjour.');
      });
      let steered = false;
      town.at(async ({ boundary }) => {
        if (when !== 'just before it answers' || boundary !== 'before:reply' || steered) return;
        steered = true;
        await steer();
      });
      await town.say(ada, room, `@${bot.handle} say good morning`);
      await until('it is asked', () => town.requests.length === 1);
      if (when === 'while it writes') await steer();
      gate.resolve();
      const run = await untilOver(town, ada, bot);
      town.at(undefined);
      expect(run).toMatchObject({ status: 'completed' });
      expect((await answers()).slice(before).map((m) => m.body)).toEqual(['Good morning.\n\nBonjour.']);
      expect(town.requests).toHaveLength(2);
      expect(JSON.stringify(town.requests[1]?.messages.at(-1))).toContain('and in French, please');
      const { steps } = await town.run(ada, run.id);
      expect(steps.map((step) => step.kind)).toEqual(['context', 'model', 'steer', 'model']);
    },
  );

  it('with nothing to add to, a steer says so; a stranger finds no agent', async () => {
    await expect(command(ada, 'steer', { text: 'hurry' })).rejects.toMatchObject({ reason: 'no_turn' });
    await expect(command(ada, 'steer')).rejects.toMatchObject({ code: 'invalid' });
    const eve = await town.stranger(`Eve ${database}`);
    await expect(
      town.call(eve, 'agent_command', { agentId: bot.id, command: 'pause' }),
    ).rejects.toMatchObject({
      code: 'not_found',
    });
  });

  it('that breaks off leaves what it had said, marked, and can be asked again', async () => {
    const before = (await answers()).length;
    town.plays(async function* (_request, call) {
      if (call > 1) return yield* saying('All of it.');
      yield text('Half of ');
      yield text('it');
      throw new LlmError('bad_request', 'the line is dead');
    });
    const heard = town.listen(room);
    await town.say(ada, room, `@${bot.handle} tell me`);
    expect(await untilOver(town, ada, bot)).toMatchObject({ status: 'failed' });
    const [partial, ...more] = (await answers()).slice(before);
    expect(more).toEqual([]);
    expect(partial).toMatchObject({ body: 'Half of it', run: { status: 'failed' } });
    expect(assemble(heard)).toBe('Half of it');
    expect(heard.filter((h) => h.type === 'agent_thinking').at(-1)?.payload.status).toBe('error');
    // Asked again, it answers in another message.
    const { runId } = await town.call(ada, 'invoke_agent', { roomId: room.id, agentId: bot.id });
    await town.settle();
    expect(runId).not.toBe((await town.runs(ada, bot))[1]?.id);
    expect((await answers()).slice(before).map((m) => m.body)).toEqual(['Half of it', 'All of it.']);
  });

  describe.each(SOCKET_SURFACES)('for one who comes late by %s', (surface) => {
    it('shows the same text as to who was there', async () => {
      const gate = Promise.withResolvers<void>();
      town.plays(async function* () {
        yield text('One, two, ');
        await gate.promise;
        yield* saying('three, four.');
      });
      const signed = await town.test.signIn('Ada');
      const there = town.listen(room);
      await town.say(ada, room, `@${bot.handle} count`);
      await until('it writes', () => there.some((h) => h.type === 'agent_message_delta'));
      const late = await listen(surface, town.test, signed);
      await late.join(room.id);
      const deltas = () => late.heard.filter((h) => h.type === 'agent_message_delta');
      await late.until('the text so far', () => deltas().length > 0);
      expect(assemble(late.heard)).toBe('One, two,');
      gate.resolve();
      await late.until('the answer', () => late.heard.some((h) => h.type === 'agent_message'));
      expect(assemble(late.heard)).toBe('One, two, three, four.');
      expect(late.heard.find((h) => h.type === 'agent_message')?.payload.body).toBe('One, two, three, four.');
      await late.close();
      await town.settle();
    });
  });
});
