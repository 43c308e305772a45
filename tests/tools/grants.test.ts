// Grants over the operations: who may set and see them, that each call is decided on what holds then, and calls by hand.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Agent } from '../../src/agents/profiles/contract.ts';
import { newId } from '../../src/core/ids.ts';
import type { Scope } from '../../src/core/scope.ts';
import type { Room } from '../../src/server/rooms/contract.ts';
import { calling, saying, startTown, type Town } from '../agents/town.ts';
import { describeEachDatabase } from '../support/app.ts';

let town: Town;
let admin: Scope;
let ada: Scope;
let sam: Scope;
let bot: Agent;
let room: Room;

beforeAll(async () => {
  town = await startTown();
  admin = await town.person('Grace');
  ada = await town.person('Ada');
  sam = await town.person('Sam');
}, 60_000);
afterAll(() => town.stop());
beforeEach(async () => {
  bot = await town.agent(ada);
  room = await town.room(ada, bot);
  await town.call(ada, 'add_member', { roomId: room.id, userId: sam.user.id });
});

const put = (scope: Scope, tools: object[]) =>
  town.call(scope, 'put_agent_tools', { agentId: bot.id, tools });
const invoke = (scope: Scope, tool: string, input: object, more: object = {}) =>
  town.call(scope, 'invoke_tool', { agentId: bot.id, tool, input, ...more });
const sum = { expression: '1 + 1' };

/** What the model is told when it calls the tool at someone's word. */
async function resultOf(asker: Scope, tool: string, args: object): Promise<string> {
  town.plays((_, call) => (call === 1 ? calling(tool, args) : saying('Done.')));
  await town.say(asker, room, `@${bot.handle} please`);
  await town.settle();
  const content = town.requests[1]?.messages.at(-1)?.content;
  return JSON.stringify(content);
}

describe('who may set them', () => {
  it('is the owner or an administrator; strangers know of no agent', async () => {
    const stranger = await town.stranger('Stranger');
    await expect(put(sam, [])).rejects.toMatchObject({ code: 'forbidden', reason: 'not_owner' });
    await expect(invoke(sam, 'calculator', sum)).rejects.toMatchObject({ code: 'forbidden' });
    for (const call of [
      () => put(stranger, []),
      () => invoke(stranger, 'calculator', sum),
      () => town.call(stranger, 'list_agent_tools', { agentId: bot.id }),
    ])
      await expect(call()).rejects.toMatchObject({ code: 'not_found', reason: 'agent_not_found' });
    expect(await put(admin, [{ tool: 'clock' }])).toMatchObject({ data: [{ name: 'clock' }], grants: [] });
  });

  it('is who may ask what the agent could be given', async () => {
    const choices = (scope: Scope, agentId: string) => town.call(scope, 'list_tools', { agentId });
    const names = (await choices(ada, bot.id)).data.map(({ name }: { name: string }) => name);
    expect(names).toEqual(expect.arrayContaining(['calculator', 'http_request']));
    await expect(choices(sam, bot.id)).rejects.toMatchObject({ code: 'forbidden', reason: 'not_owner' });
    const stranger = await town.stranger('Another stranger');
    const refusals = await Promise.all(
      [bot.id, newId()].map((id) => choices(stranger, id).catch((error: unknown) => error)),
    );
    expect(refusals[0]).toMatchObject({ code: 'not_found', reason: 'agent_not_found' });
    expect(String(refusals[0])).toBe(String(refusals[1]));
  });

  it('shows limits only to who answers for the agent', async () => {
    await put(ada, [{ tool: 'clock', rooms: [room.id] }, { tool: 'calculator' }]);
    const mine = await town.call(ada, 'list_agent_tools', { agentId: bot.id });
    expect(mine).toMatchObject({
      data: [{ name: 'calculator' }, { name: 'clock' }],
      grants: [{ tool: 'clock', rooms: [room.id], approval: 'by_effect', grantedBy: ada.user.id }],
    });
    const theirs = await town.call(sam, 'list_agent_tools', { agentId: bot.id });
    expect(theirs.data).toHaveLength(2);
    expect(theirs).not.toHaveProperty('grants');
    expect((await town.call(sam, 'get_agent', { agentId: bot.id })).capabilities).toEqual([
      'clock',
      'calculator',
    ]);
  });

  it('lets no program say in a person’s name that nobody has to be asked', async () => {
    const program = { ...ada, via: 'mcp' as const };
    await expect(put(program, [{ tool: 'clock', approval: 'never' }])).rejects.toMatchObject({
      reason: 'person_needed',
    });
    await expect(put(program, [{ tool: 'clock' }])).resolves.toMatchObject({ data: [{ name: 'clock' }] });
  });

  it('refuses what cannot be kept, and then changes nothing', async () => {
    const before = await town.call(ada, 'list_agent_tools', { agentId: bot.id });
    for (const [grant, reason] of [
      [{ tool: 'teleport' }, 'unknown_tool'],
      [
        { tool: 'clock', hours: { from: '09:00', to: '10:00', timeZone: 'Mars/Olympus' } },
        'unknown_time_zone',
      ],
      [{ tool: 'clock', hours: { from: '9', to: '10:00' } }, 'invalid_input'],
      [{ tool: 'clock', rate: { calls: 0, seconds: 1 } }, 'invalid_input'],
      [{ tool: 'clock', everything: true }, 'invalid_input'],
    ] as const)
      await expect(put(ada, [{ tool: 'calculator' }, grant])).rejects.toMatchObject({ reason });
    expect(await town.call(ada, 'list_agent_tools', { agentId: bot.id })).toEqual(before);
  });
});

describe('each call', () => {
  it('is decided on what holds at that moment, also within one run', async () => {
    town.plays(async function* (_, call) {
      if (call === 1) yield* calling('calculator', sum);
      else if (call === 2) {
        await put(ada, [{ tool: 'clock' }]);
        yield* calling('calculator', { expression: '2 + 2' });
      } else yield* saying('Done.');
    });
    await town.say(sam, room, `@${bot.handle} please`);
    await town.settle();
    const results = town.requests.slice(1).map((request) => JSON.stringify(request.messages.at(-1)?.content));
    expect(results[0]).toContain('\\"result\\":\\"2\\"');
    expect(results[1]).toContain('not_granted');
  });

  it('keeps to room, requester and arguments', async () => {
    await put(ada, [{ tool: 'calculator', rooms: [newId()] }]);
    expect(await resultOf(sam, 'calculator', sum)).toContain('room_not_granted');
    await put(ada, [{ tool: 'calculator', requesters: { users: [ada.user.id] } }]);
    expect(await resultOf(sam, 'calculator', sum)).toContain('requester_not_granted');
    expect(await resultOf(ada, 'calculator', sum)).toContain('1 + 1');
    await put(ada, [{ tool: 'calculator', arguments: { expression: { oneOf: ['2 + 2'] } } }]);
    expect(await resultOf(sam, 'calculator', sum)).toContain('argument_not_granted');
    expect(await resultOf(sam, 'calculator', { expression: '2 + 2' })).toContain('\\"result\\":\\"4\\"');
  });

  it('uses up a rate only by calls that were not refused', async () => {
    await put(ada, [{ tool: 'calculator', rate: { calls: 1, seconds: 3600 }, rooms: [room.id] }]);
    expect((await invoke(ada, 'calculator', sum)).status).toBe('refused');
    expect(await resultOf(sam, 'calculator', sum)).toContain('1 + 1');
    expect(await resultOf(sam, 'calculator', sum)).toContain('rate_limited');
    const { data } = await town.call(ada, 'list_tool_executions', { agentId: bot.id, tool: 'calculator' });
    expect(data.map(({ ruling }: { ruling: string }) => ruling)).toEqual(['refuse', 'allow']);
  });
});

describe('a call by hand', () => {
  it('does what the agent would do, and leaves a record', async () => {
    const answer = await invoke(ada, 'calculator', { expression: '17 * 23' });
    expect(answer).toMatchObject({
      status: 'success',
      output: { result: '391' },
      decision: { ruling: 'allow' },
    });
    const { data } = await town.call(ada, 'list_tool_executions', { agentId: bot.id });
    expect(data[0]).toMatchObject({
      id: answer.executionId,
      executionStatus: 'success',
      toolName: 'calculator',
    });
    expect(data[0]).not.toHaveProperty('runId');
  });

  it('explains without doing when asked to, and says what is wrong', async () => {
    const dry = await invoke(ada, 'calculator', sum, { dryRun: true });
    expect(dry).toMatchObject({
      status: 'decided',
      decision: { ruling: 'allow', checks: expect.any(Array) },
    });
    expect(await invoke(ada, 'teleport', {})).toMatchObject({
      status: 'refused',
      error: { code: 'unknown_tool' },
    });
    expect(await invoke(ada, 'calculator', {})).toMatchObject({ error: { code: 'invalid_input' } });
    expect((await town.call(ada, 'list_tool_executions', { agentId: bot.id })).data).toEqual([]);
  });

  it('waits for a word where a person must agree', async () => {
    await put(ada, [{ tool: 'calculator', approval: 'always' }]);
    expect(await invoke(ada, 'calculator', sum)).toMatchObject({ status: 'needs_approval' });
    const program = { ...ada, via: 'mcp' as const };
    expect(await invoke(program, 'calculator', sum, { confirm: true })).toMatchObject({
      status: 'needs_approval',
    });
    expect(await invoke(ada, 'calculator', sum, { confirm: true })).toMatchObject({ status: 'success' });
  });

  it('happens only in a room that both are in', async () => {
    const other = await town.room(ada);
    expect(await invoke(ada, 'calculator', sum, { roomId: other.id })).toMatchObject({
      status: 'refused',
      error: { code: 'agent_not_in_room' },
    });
    const secret = await town.room(sam);
    await town.call(sam, 'update_room', { roomId: secret.id, visibility: 'private' });
    await expect(invoke(ada, 'calculator', sum, { roomId: secret.id })).rejects.toMatchObject({
      reason: 'room_not_found',
    });
  });
});

describeEachDatabase('a rate', (database) => {
  it('counts exactly when many calls come at once', async () => {
    const crowded = await startTown({ database });
    try {
      const owner = await crowded.person('Ada');
      const agent = await crowded.agent(owner);
      const { id: roomId } = await crowded.room(owner, agent);
      const agentId = agent.id;
      const tools = [{ tool: 'calculator', rate: { calls: 2, seconds: 3600 } }];
      await crowded.call(owner, 'put_agent_tools', { agentId, tools });
      const call = { agentId, roomId, tool: 'calculator', input: sum };
      const answers = await Promise.all(
        Array.from({ length: 8 }, () => crowded.call(owner, 'invoke_tool', call)),
      );
      expect(answers.filter(({ status }) => status === 'success')).toHaveLength(2);
      for (const { error } of answers.filter(({ status }) => status !== 'success'))
        expect(error.code).toBe('rate_limited');
    } finally {
      await crowded.stop();
    }
  }, 60_000);
});
