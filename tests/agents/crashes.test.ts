// A run survives its worker: killed at any boundary, frozen past its lease, or parked by a stop, it is resumed from its journal,
// repeats no finished step, and answers once.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Agent } from '../../src/agents/profiles/contract.ts';
import { LEASE_SECONDS } from '../../src/agents/runtime/lease-repository.ts';
import { SWEEP_MS } from '../../src/agents/runtime/worker.ts';
import type { Scope } from '../../src/core/scope.ts';
import type { Room } from '../../src/server/rooms/contract.ts';
import { describeEachDatabase } from '../support/app.ts';
import { until } from '../support/until.ts';
import { assemble, calling, saying, startTown, type Town, text, untilOver } from './town.ts';

const BOUNDARIES: [boundary: string, modelCalls: number, toolCalls: number][] = [
  ['opened', 2, 1],
  ['before:context', 2, 1],
  ['after:context', 2, 1],
  ['before:model:1', 3, 1],
  ['after:model:1', 2, 1],
  ['before:tool:1:0', 2, 1],
  ['after:tool:1:0', 2, 1],
  ['before:model:2', 3, 1],
  ['after:model:2', 2, 1],
  ['before:reply', 2, 1],
  ['after:reply', 2, 1],
];

describeEachDatabase('a worker that dies', (database) => {
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

  const replies = async () => (await town.messages(ada, room)).filter((m) => m.author.id === bot.id);

  it.each(BOUNDARIES)(
    'at %s: one answer, no finished step repeated',
    async (boundary, modelCalls, toolCalls) => {
      const before = (await replies()).length;
      town.plays((request) => {
        const answered = request.messages.some((m) => m.content.some((part) => part.type === 'tool_result'));
        return answered
          ? saying('It is 391.')
          : calling('calculator', { expression: '17 * 23' }, 'Let me see.');
      });
      const passed: string[] = [];
      let dead = false;
      town.at(({ boundary: at, epoch }) => {
        passed.push(`${epoch} ${at}`);
        if (at === boundary && epoch === 1) dead = true;
        // A dead worker does nothing more, not even giving back its run.
        if (dead && epoch === 1) throw new Error('the worker died');
      });
      const heard = town.listen(room);
      await town.say(ada, room, `@${bot.handle} 17 * 23?`);
      await town.settle();
      expect(passed).toContain(`1 ${boundary}`);
      await town.app.parts.agents.takeBack(true);
      await town.settle();
      town.at(undefined);

      const answers = (await replies()).slice(before);
      expect(answers.map((m) => m.body)).toEqual(['Let me see.\n\nIt is 391.']);
      expect(assemble(heard)).toBe(answers[0]?.body);
      expect(town.requests).toHaveLength(modelCalls);
      const [run] = await town.runs(ada, bot);
      expect(run).toMatchObject({ status: 'completed', attempts: boundary === 'after:reply' ? 1 : 2 });
      const { steps } = await town.run(ada, run?.id as string);
      expect(steps.map((step) => step.kind)).toEqual(['context', 'model', 'tool', 'model']);
      const { data } = await town.call(ada, 'list_tool_executions', { agentId: bot.id });
      const executions = data.filter((execution: { runId: string }) => execution.runId === run?.id);
      expect(executions).toHaveLength(toolCalls);
      expect(executions[0]).toMatchObject({ executionStatus: 'success' });
    },
  );

  it('frozen past its lease, wakes up, and its late answer is refused', async () => {
    const before = (await replies()).length;
    const thaw = Promise.withResolvers<void>();
    town.plays(async function* (_request, call) {
      if (call === 1) {
        yield text('I am ');
        await thaw.promise;
        yield* saying('late.');
      } else yield* saying('In time.');
    });
    await town.say(ada, room, `@${bot.handle} now?`);
    await until('the first worker is in its call', () => town.requests.length === 1);
    await town.app.parts.agents.takeBack(true);
    await until('the second worker has answered', async () => (await replies()).length > before);
    thaw.resolve();
    await town.settle();
    expect((await replies()).slice(before).map((m) => m.body)).toEqual(['In time.']);
    const [run] = await town.runs(ada, bot);
    expect(run).toMatchObject({ status: 'completed', attempts: 2 });
  });

  it('frozen, wakes up while another works on its run: only the other’s steps and answer count', async () => {
    const before = (await replies()).length;
    const gates = [Promise.withResolvers<void>(), Promise.withResolvers<void>()] as const;
    const ended: number[] = [];
    town.plays(async function* (_request, call) {
      await gates[call - 1]?.promise;
      yield* saying(`I am worker ${call}.`);
    });
    town.at(({ boundary, epoch }) => {
      if (boundary === 'before:model:1') ended.push(epoch);
    });
    const heard = town.listen(room);
    await town.say(ada, room, `@${bot.handle} who?`);
    await until('the first worker is in its call', () => town.requests.length === 1);
    await town.app.parts.agents.takeBack(true);
    await until('the second worker is in its call', () => town.requests.length === 2);
    gates[0].resolve();
    // It may have looked at its lease first, and then it is cut off.
    await until(
      'the first worker has tried to go on',
      () => ended.includes(1) || town.requests[0]?.signal.aborted === true,
    );
    // Whatever it does now comes before this commit.
    await town.say(ada, room, 'meanwhile');
    expect(await replies()).toHaveLength(before);
    gates[1].resolve();
    await town.settle();
    town.at(undefined);
    expect((await replies()).slice(before).map((m) => m.body)).toEqual(['I am worker 2.']);
    const [run] = await town.runs(ada, bot);
    const { steps } = await town.run(ada, run?.id as string);
    expect(steps.map((step) => step.data.text ?? step.kind)).toEqual(['context', 'I am worker 2.']);
    expect(assemble(heard)).toBe('I am worker 2.');
  });

  it('with a text half heard: once its lease has run out the text is called interrupted, and is written anew', async () => {
    town.plays((_request, call) => saying(call === 1 ? 'I am the first' : 'I am the second.'));
    let dead = false;
    town.at(({ boundary, epoch }) => {
      if (epoch !== 1) return;
      dead ||= boundary === 'before:model:1';
      if (dead) throw new Error('the worker died');
    });
    const heard = town.listen(room);
    await town.say(ada, room, `@${bot.handle} who are you?`);
    await until('the worker is dead', () => dead);
    await town.settle();
    await town.app.parts.database.db
      .updateTable('agentRuns')
      .set({ leaseUntil: new Date(0) })
      .where('agentId', '=', bot.id)
      .where('status', '=', 'running')
      .execute();
    const over = () => heard.some(({ type }) => type === 'agent_message');
    await until('somebody else has answered', over);
    await town.settle();
    town.at(undefined);
    const statuses = heard.flatMap(({ type, payload }) =>
      type === 'agent_thinking' ? [payload.status] : [],
    );
    const cut = statuses.indexOf('interrupted');
    expect(statuses.slice(0, cut)).toContain('writing');
    expect(statuses.slice(cut, cut + 3)).toEqual(['interrupted', 'queued', 'thinking']);
    expect(assemble(heard)).toBe('I am the second.');
  });

  it('of every try is given up after a few', async () => {
    const before = (await replies()).length;
    town.plays(() => saying('Never.'));
    town.at(({ boundary }) => {
      if (boundary !== 'release') throw new Error('a defect');
      throw new Error('the worker died');
    });
    await town.say(ada, room, `@${bot.handle} break`);
    for (let i = 0; i < 6; i++) {
      await town.settle();
      await town.app.parts.agents.takeBack(true);
    }
    await town.settle();
    town.at(undefined);
    expect((await town.runs(ada, bot))[0]).toMatchObject({ status: 'failed', reason: 'too_many_attempts' });
    expect(await replies()).toHaveLength(before);
  });

  it('of a defect gives its run back, and it is tried again', async () => {
    town.plays(() => saying('Here.'));
    town.at(({ boundary, epoch }) => {
      if (boundary === 'after:context' && epoch === 1) throw new Error('a hiccup');
    });
    const before = (await replies()).length;
    await town.say(ada, room, `@${bot.handle} hiccup`);
    await untilOver(town, ada, bot);
    town.at(undefined);
    expect((await replies()).slice(before).map((m) => m.body)).toEqual(['Here.']);
  });
});

it('a text whose worker died is called interrupted within 15 s', () => {
  expect(LEASE_SECONDS * 1000 + SWEEP_MS).toBeLessThan(15_000);
});

describe('a stop of the server', () => {
  // Two databases on disk are made and opened here.
  it('parks the run; the next start answers, once', { timeout: 60_000 }, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'parley-runs-'));
    const config = { DATA_DIR: folder };
    try {
      const first = await startTown({ config });
      let room: Room;
      try {
        const ada = await first.person('Ada');
        const bot = await first.agent(ada, { handle: 'bot', name: 'Bot' });
        room = await first.room(ada, bot);
        first.plays(async function* (request) {
          yield text('I was about to');
          await new Promise((resolve) => request.signal.addEventListener('abort', resolve, { once: true }));
          yield* saying(' say something.');
        });
        await first.say(ada, room, '@bot hello');
        await until('the model is writing', () => first.requests.length === 1);
      } finally {
        await first.stop();
      }
      // It may be resumed before the start is over.
      const second = await startTown({ config, play: () => saying('Hello again.') });
      try {
        const ada = await second.person('Ada');
        await until('the run was resumed', async () => (await second.messages(ada, room)).length === 2);
        await second.settle();
        expect((await second.messages(ada, room)).map((m) => m.body)).toEqual(['@bot hello', 'Hello again.']);
      } finally {
        await second.stop();
      }
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
