// With a moderation service nothing that an agent writes is shown before it has passed: not a sentence of a stream, not a message it
// sends by a tool, not what a person puts into its call. Where the service is down, what is configured holds, and that is told.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Agent } from '../../src/agents/profiles/contract.ts';
import type { Run } from '../../src/agents/runtime/contract.ts';
import type { Scope } from '../../src/core/scope.ts';
import type { Room } from '../../src/server/rooms/contract.ts';
import { describeEachDatabase } from '../support/app.ts';
import { until } from '../support/until.ts';
import { type BadServer, serve } from './llm/support.ts';
import { createOutside } from './outside.ts';
import {
  assemble,
  calling,
  done,
  type Heard,
  saying,
  startTown,
  type Town,
  text,
  untilOver,
} from './town.ts';

/** A service that flags what holds the word "vile", when it is let; and counts what it is asked. */
async function startService() {
  const state = { down: false, gate: undefined as Promise<void> | undefined };
  const server: BadServer = await serve((res, n) => {
    const { input, model } = server.seen[n - 1]?.body ?? {};
    const answer = () => {
      if (state.down) return res.writeHead(503).end('{}');
      const flagged = String(input).includes('vile');
      const categories = { hate: flagged, violence: false };
      res.writeHead(200, { 'content-type': 'application/json' });
      res.end(
        JSON.stringify({ id: 'modr-1', model, results: [{ flagged, categories, category_scores: {} }] }),
      );
    };
    void (state.gate ?? Promise.resolve()).then(answer);
  });
  return { server, state, inputs: () => server.seen.map(({ body }) => String(body.input)) };
}

const configOf = (url: string, whenDown: string) => ({
  MODERATION_PROVIDER: 'openai',
  MODERATION_BASE_URL: `${url}/v1`,
  MODERATION_API_KEY: 'k',
  MODERATION_WHEN_DOWN: whenDown,
  MODERATION_TIMEOUT_MS: '30000',
});

const shown = (heard: Heard[]) => JSON.stringify(heard.filter((h) => h.type !== 'new_message'));

describeEachDatabase('with a moderation service', (database) => {
  const outside = createOutside();
  let service: Awaited<ReturnType<typeof startService>>;
  let town: Town;
  let admin: Scope;
  let ada: Scope;
  let bot: Agent;
  let room: Room;
  beforeAll(async () => {
    service = await startService();
    town = await startTown({
      database,
      tools: outside.tools,
      config: configOf(service.server.url, 'closed'),
    });
    [admin, ada] = [await town.person('Zoe'), await town.person('Ada')];
  });
  beforeEach(async () => {
    bot = await town.agent(ada);
    room = await town.room(ada, bot);
    service.server.seen.length = 0;
    outside.letters.length = 0;
  });
  afterAll(async () => {
    await service.server.close();
    await town.stop();
  });

  const answers = async () => (await town.messages(ada, room)).filter((m) => m.kind === 'agent');
  const stepsOf = async (run: Run) => (await town.run(ada, run.id)).steps;
  async function ask(): Promise<Run> {
    await town.say(ada, room, `@${bot.handle} well?`);
    return untilOver(town, ada, bot);
  }

  it('what passes is streamed as it stands, and the journal says what was asked', async () => {
    const body = 'One thing. Another thing! And the end';
    town.plays(() => saying(...body.split(/(?<=\W)/)));
    const heard = town.listen(room);
    expect((await ask()).status).toBe('completed');
    expect((await answers()).map((m) => m.body)).toEqual([body]);
    expect(assemble(heard)).toBe(body);
    // Each is judged with what stands before it.
    expect(service.inputs().at(-1)).toBe(body);
    const [run] = await town.runs(ada, bot);
    expect((await stepsOf(run as Run)).at(-1)?.data.moderated).toMatchObject({
      model: 'omni-moderation-latest',
      windows: service.inputs().length,
      unavailable: 0,
    });
    expect(service.server.seen[0]).toMatchObject({
      path: '/v1/moderations',
      body: { model: 'omni-moderation-latest' },
    });
  });

  it('no sentence is shown before its verdict', async () => {
    const gate = Promise.withResolvers<void>();
    service.state.gate = gate.promise;
    town.plays(() => saying('One thing. ', 'Another thing.'));
    const heard = town.listen(room);
    await town.say(ada, room, `@${bot.handle} well?`);
    await service.server.arrived(1);
    expect(shown(heard)).not.toContain('One');
    gate.resolve();
    service.state.gate = undefined;
    expect((await untilOver(town, ada, bot)).status).toBe('completed');
    expect(assemble(heard)).toBe('One thing. Another thing.');
  });

  it('what is flagged is shown to nobody; what had passed stays, marked; no call that came with it is made', async () => {
    town.plays(() => [
      text('A fair word. '),
      text('Then a vile one. And more.'),
      { type: 'tool_call', id: 'c', name: 'calculator', args: { expression: '1+1' } },
      done('tool_use'),
    ]);
    const heard = town.listen(room);
    const run = await ask();
    expect(run).toMatchObject({ status: 'failed', reason: 'content_blocked' });
    expect(await answers()).toMatchObject([{ body: 'A fair word.', run: { status: 'failed' } }]);
    expect(assemble(heard)).toBe('A fair word.');
    expect(shown(heard)).not.toMatch(/vile|And more|tool_execution/);
    const steps = await stepsOf(run);
    expect(steps.map((step) => step.kind)).toEqual(['context', 'model']);
    expect(steps[1]?.data).toMatchObject({
      stopReason: 'blocked',
      moderated: { blocked: { reason: 'content_blocked', categories: ['hate'] } },
    });
    expect(JSON.stringify(steps)).not.toContain('vile');
    const { data } = await town.call(ada, 'list_content_checks', { agentId: bot.id });
    expect(data).toMatchObject([
      { judge: 'moderation', verdict: 'blocked', runId: run.id, findings: { hate: 1 } },
    ]);
    const audit = await town.call(admin, 'list_audit', { agentId: bot.id, action: 'content.blocked' });
    expect(audit.data).toMatchObject([
      {
        actorId: bot.id,
        via: 'agent',
        details: { reason: 'content_blocked', categories: ['hate'], runId: run.id },
      },
    ]);
    expect(await town.app.parts.metrics.registry.metrics()).toMatch(
      /parley_moderation_verdicts_total\{verdict="flagged",outcome="withheld"\} [1-9]/,
    );
  });

  it('an answer that is flagged from its first sentence leaves nothing', async () => {
    town.plays(() => saying('All of it is vile.'));
    const heard = town.listen(room);
    expect(await ask()).toMatchObject({ status: 'silent', reason: 'content_blocked' });
    expect(await answers()).toEqual([]);
    expect(shown(heard)).not.toContain('vile');
    expect(heard.findLast((h) => h.type === 'agent_thinking')?.payload.status).toBe('idle');
  });

  it('what an agent sends or changes in another way is judged as a whole', async () => {
    const { identity, messages } = town.app.parts;
    const scope = await identity.agentScope(ada.tenantId, bot.id);
    await expect(messages.send(scope, { roomId: room.id, body: 'So vile.' })).rejects.toMatchObject({
      code: 'invalid',
      reason: 'content_blocked',
    });
    const sent = await messages.send(scope, { roomId: room.id, body: 'So fair.' });
    await expect(messages.edit(scope, { messageId: sent.id, body: 'So vile.' })).rejects.toMatchObject({
      reason: 'content_blocked',
    });
    expect((await answers()).map((m) => m.body)).toEqual(['So fair.']);
    const { data } = await town.call(ada, 'list_content_checks', { agentId: bot.id });
    expect(data.map((check: { messageId: string }) => check.messageId)).toContain(sent.id);
    // A person's words are a person's.
    expect((await town.say(ada, room, 'vile')).body).toBe('vile');
  });

  it('what a person puts into a call that waits is judged again, and may be put otherwise', async () => {
    town.plays((request) =>
      request.messages.some((m) => m.content.some((part) => part.type === 'tool_result'))
        ? saying('Done.')
        : calling('post_letter', { to: 'Ann', text: 'Hello' }),
    );
    await ask();
    const { data } = await town.call(ada, 'list_approvals', { agentId: bot.id });
    const approvalId = data[0].id;
    const approve = (letter: object) =>
      town.call(ada, 'decide_approval', { approvalId, decision: 'approve', arguments: letter });
    await expect(approve({ to: 'Ann', text: 'vile' })).rejects.toMatchObject({ reason: 'content_blocked' });
    expect((await town.call(ada, 'get_approval', { approvalId })).status).toBe('pending');
    const checks = await town.call(ada, 'list_content_checks', { agentId: bot.id });
    expect(checks.data[0]).toMatchObject({ executionId: data[0].executionId, verdict: 'blocked' });
    expect(checks.data[0].messageId).toBeUndefined();
    const audit = await town.call(admin, 'list_audit', { agentId: bot.id, action: 'content.blocked' });
    expect(audit.data).toMatchObject([{ actorId: ada.user.id, via: 'rest' }]);
    await approve({ to: 'Ann', text: 'fair' });
    await town.settle();
    expect(outside.letters).toMatchObject([{ to: 'Ann', text: 'fair' }]);
  });

  // Last: the breaker it trips stays so for a while.
  it('while it is down, nothing is shown where it is closed', async () => {
    service.state.down = true;
    town.plays(() => saying('Is anyone there? Yes.'));
    const heard = town.listen(room);
    expect(await ask()).toMatchObject({ status: 'silent', reason: 'moderation_unavailable' });
    expect(shown(heard)).not.toContain('anyone');
    const { data } = await town.call(ada, 'list_content_checks', { agentId: bot.id });
    expect(data).toMatchObject([{ judge: 'moderation', verdict: 'blocked', findings: { unavailable: 1 } }]);
    service.state.down = false;
  });
});

describe('while a moderation service is down, and it is open', () => {
  it('what agents write is shown, and that nobody judged it is told', async () => {
    const service = await startService();
    service.state.down = true;
    const town = await startTown({ config: configOf(service.server.url, 'open') });
    const ada = await town.person('Ada');
    const bot = await town.agent(ada);
    const room = await town.room(ada, bot);
    town.plays(() => saying('Is anyone there? Yes.'));
    const heard = town.listen(room);
    await town.say(ada, room, `@${bot.handle} well?`);
    const run = await untilOver(town, ada, bot);
    expect(run.status).toBe('completed');
    expect(assemble(heard)).toBe('Is anyone there? Yes.');
    const { steps } = await town.run(ada, run.id);
    const { windows, unavailable } = (steps.at(-1)?.data.moderated ?? {}) as {
      windows: number;
      unavailable: number;
    };
    expect(unavailable).toBe(windows);
    expect(windows).toBeGreaterThan(0);
    await until('it is counted', async () =>
      /parley_moderation_verdicts_total\{verdict="unavailable",outcome="shown"\} [1-9]/.test(
        await town.app.parts.metrics.registry.metrics(),
      ),
    );
    await service.server.close();
    await town.stop();
  });
});
