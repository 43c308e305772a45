// Every operation about agents, their tools and their memory, in one table: who has nothing to do with a thing is told the same as
// where there is none; and what somebody may have to answer for is in the audit, or the table says why not. An operation without a
// row fails.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Agent } from '../../src/agents/profiles/contract.ts';
import type { AppError } from '../../src/core/errors.ts';
import { newId } from '../../src/core/ids.ts';
import type { Scope } from '../../src/core/scope.ts';
import { createOutside } from '../agents/outside.ts';
import { calling, saying, startTown, type Town } from '../agents/town.ts';
import { listen, SOCKET_SURFACES } from '../support/clients.ts';

interface World {
  bot: Agent;
  /** Agents to be changed and removed. */
  spare: Agent;
  doomed: Agent;
  halted: Agent;
  userId: string;
  roomId: string;
  messageId: string;
  answerId: string;
  runId: string;
  approvalId: string;
  waitingRunId: string;
  standingId: string;
  memoryId: string;
  doubtfulId: string;
  documentId: string;
  suggestionId: string;
  toolId: string;
  serverId: string;
  todoId: string;
  eventId: string;
  fileId: string;
  articleId: string;
  stopId: string;
  muteId: string;
  goalId: string;
  replayId: string;
}

/**
 * What somebody of the same tenant is told who has nothing to do with it: as if there were none, that it is the owner's (agents are
 * seen by all of a tenant), that it is the administrators', or it is his to do.
 */
type Outsider = 'as if missing' | 'forbidden' | 'may';
type Row = [
  name: string,
  input: (w: World) => object,
  outsider: Outsider,
  /** Of an operation that changes something: its entries, or why there is none. */
  audit?: string[] | string,
];

const SAID = 'is a message in the log of its room';
const OURS =
  'changes what a room shares; who did it stands with the thing, and agents’ calls are kept as tool.called';
const KNOWN = 'adds to or takes from what an agent knows, which gives nobody a right';
const KEPT = 'changes how what it knows is kept, which gives nobody a right';
const SELF = 'is somebody’s word on himself, kept as a receipt or as his consent';
const AIM = 'says what an agent pursues, which gives nobody a right';
const ASKED = 'makes or takes away a report; its calls of models are in the ledger';
const WORK = 'begins, ends or steers a turn, which the journal of its run keeps';

const ROWS: Row[] = [
  ['agents.list', () => ({}), 'may'],
  ['agents.create', () => ({ name: 'Fresh' }), 'may', ['agent.created']],
  ['agents.get', (w) => ({ agentId: w.bot.id }), 'may'],
  ['agents.update', (w) => ({ agentId: w.bot.id, description: 'New' }), 'forbidden', ['agent.updated']],
  ['agents.activate', (w) => ({ agentId: w.spare.id, active: false }), 'forbidden', ['agent.deactivated']],
  ['agents.clone', (w) => ({ agentId: w.bot.id }), 'forbidden', ['agent.created']],
  ['agents.delete', (w) => ({ agentId: w.doomed.id }), 'forbidden', ['agent.deleted']],
  ['agents.metrics', (w) => ({ agentId: w.bot.id }), 'forbidden'],
  ['agents.revisions', (w) => ({ agentId: w.bot.id }), 'forbidden'],
  ['agents.rollback', (w) => ({ agentId: w.bot.id, revision: 1 }), 'forbidden', ['agent.rolled_back']],
  ['agents.mode', (w) => ({ agentId: w.bot.id }), 'forbidden'],
  [
    'agents.setMode',
    (w) => ({ agentId: w.spare.id, mode: 'analysis_only' }),
    'forbidden',
    ['agent.mode_set'],
  ],
  ['rooms.agents', (w) => ({ roomId: w.roomId }), 'as if missing'],
  [
    'rooms.invite_agent',
    (w) => ({ roomId: w.roomId, agentId: w.spare.id }),
    'as if missing',
    ['room_member.added'],
  ],
  [
    'rooms.dismiss_agent',
    (w) => ({ roomId: w.roomId, agentId: w.spare.id }),
    'as if missing',
    ['room_member.removed'],
  ],
  ['rooms.agent_settings', (w) => ({ roomId: w.roomId }), 'as if missing'],
  [
    'rooms.update_agent_settings',
    (w) => ({ roomId: w.roomId, responseMode: 'mention' }),
    'as if missing',
    'says how readily agents speak in a room, which gives nobody a right',
  ],
  ['rooms.turns', (w) => ({ roomId: w.roomId }), 'as if missing'],
  ['agents.chat', (w) => ({ agentId: w.bot.id, message: 'Hi' }), 'may', SAID],
  ['agents.conversations', (w) => ({ agentId: w.bot.id }), 'may'],
  [
    'agents.train',
    (w) => ({ agentId: w.bot.id, documents: [{ title: 'T', content: 'Some more words.' }] }),
    'forbidden',
    KNOWN,
  ],
  ['agents.training', (w) => ({ agentId: w.bot.id }), 'forbidden'],
  ['agents.untrain', (w) => ({ documentId: w.documentId }), 'as if missing', KNOWN],
  [
    'agents.feedback',
    (w) => ({ messageId: w.answerId, rating: 1 }),
    'as if missing',
    'is an opinion, kept with its author',
  ],
  ['agents.list_feedback', (w) => ({ agentId: w.bot.id }), 'forbidden'],
  ['agents.suggestions', (w) => ({ agentId: w.bot.id }), 'forbidden'],
  [
    'agents.decide_suggestion',
    (w) => ({ suggestionId: w.suggestionId, accept: true }),
    'as if missing',
    ['agent.updated'],
  ],
  ['agents.invoke', (w) => ({ roomId: w.roomId, agentId: w.bot.id }), 'as if missing', WORK],
  [
    'agents.command',
    (w) => ({ agentId: w.bot.id, roomId: w.roomId, command: 'status' }),
    'as if missing',
    WORK,
  ],
  ['agents.runs', (w) => ({ agentId: w.bot.id }), 'forbidden'],
  ['runs.get', (w) => ({ runId: w.runId }), 'as if missing'],
  ['runs.replay', (w) => ({ agentId: w.bot.id, runId: w.runId }), 'forbidden'],
  ['agents.replay_anew', (w) => ({ runId: w.runId }), 'as if missing', ASKED],
  ['agents.replays', () => ({}), 'may'],
  ['agents.replay_report', (w) => ({ replayId: w.replayId }), 'as if missing'],
  ['agents.delete_replay', (w) => ({ replayId: w.replayId }), 'as if missing', ASKED],
  ['goals.create', (w) => ({ agentId: w.bot.id, text: 'Find a date' }), 'forbidden', AIM],
  ['goals.list', (w) => ({ agentId: w.bot.id }), 'forbidden'],
  ['goals.update', (w) => ({ goalId: w.goalId, state: 'done' }), 'as if missing', AIM],
  ['goals.delete', (w) => ({ goalId: w.goalId }), 'as if missing', AIM],
  ['agents.openings', (w) => ({ agentId: w.bot.id }), 'forbidden'],
  ['messages.explain', (w) => ({ messageId: w.answerId }), 'as if missing'],
  ['runs.resolve', (w) => ({ runId: w.waitingRunId, outcome: 'give_up' }), 'as if missing', ['run.resolved']],
  ['approvals.list', () => ({}), 'may'],
  ['approvals.get', (w) => ({ approvalId: w.approvalId }), 'as if missing'],
  ['approvals.standing', (w) => ({ agentId: w.bot.id }), 'forbidden'],
  [
    'approvals.decide',
    (w) => ({ approvalId: w.approvalId, decision: 'reject' }),
    'as if missing',
    ['approval.rejected'],
  ],
  [
    'approvals.revoke',
    (w) => ({ agentId: w.bot.id, standingId: w.standingId }),
    'forbidden',
    ['approval.revoked'],
  ],
  ['memories.list', (w) => ({ agentId: w.bot.id }), 'forbidden'],
  ['memories.add', (w) => ({ agentId: w.bot.id, content: 'The shop is blue.' }), 'forbidden', KNOWN],
  ['memories.update', (w) => ({ memoryId: w.memoryId, pinned: true }), 'as if missing', KNOWN],
  ['memories.explain', (w) => ({ agentId: w.bot.id, query: 'ferry' }), 'forbidden'],
  ['memories.search', (w) => ({ agentId: w.bot.id, query: 'ferry' }), 'forbidden'],
  ['memories.list_quarantined', (w) => ({ agentId: w.bot.id }), 'forbidden'],
  ['memories.confirm', (w) => ({ memoryId: w.memoryId }), 'as if missing', KNOWN],
  ['memories.delete', (w) => ({ memoryId: w.memoryId }), 'as if missing', KNOWN],
  ['memories.about_me', (w) => ({ agentId: w.bot.id }), 'may'],
  [
    'memories.correct',
    (w) => ({ agentId: w.bot.id, memoryId: w.doubtfulId, content: 'Otherwise.' }),
    'as if missing',
    SELF,
  ],
  ['memories.forget_me', (w) => ({ agentId: w.bot.id }), 'may', SELF],
  ['memories.get_consent', (w) => ({ agentId: w.bot.id }), 'may'],
  ['memories.set_consent', (w) => ({ agentId: w.bot.id, status: 'granted' }), 'may', SELF],
  ['memories.list_receipts', (w) => ({ agentId: w.bot.id }), 'may'],
  ['memories.review', (w) => ({ agentId: w.bot.id, dryRun: true }), 'forbidden', KNOWN],
  ['memories.rotate_keys', (w) => ({ agentId: w.bot.id }), 'forbidden', KEPT],
  ['memories.set_retention', (w) => ({ agentId: w.bot.id, retentionDays: 90 }), 'forbidden', KEPT],
  ['tools.list', (w) => ({ agentId: w.bot.id }), 'forbidden'],
  ['agents.tools', (w) => ({ agentId: w.bot.id }), 'may'],
  [
    'agents.put_tools',
    (w) => ({ agentId: w.bot.id, tools: [{ tool: 'calculator', rate: { calls: 1, seconds: 60 } }] }),
    'forbidden',
    ['agent.updated'],
  ],
  [
    'agents.invoke_tool',
    (w) => ({ agentId: w.bot.id, tool: 'calculator', input: { expression: '1+1' }, roomId: w.roomId }),
    'forbidden',
    'of a tool that only computes leaves no entry; with an effect it is tool.called',
  ],
  ['tools.executions', (w) => ({ agentId: w.bot.id }), 'forbidden'],
  [
    'mcp_servers.create',
    () => ({ name: 'near', url: 'https://mcp.example/' }),
    'may',
    ['mcp_server.created'],
  ],
  ['mcp_servers.list', () => ({}), 'may'],
  [
    'mcp_servers.update',
    (w) => ({ serverId: w.serverId, headers: { 'x-key': 'abc' } }),
    'as if missing',
    ['mcp_server.updated'],
  ],
  [
    'mcp_servers.refresh',
    (w) => ({ serverId: w.serverId }),
    'as if missing',
    'asks what there is; nothing is usable before it is agreed to',
  ],
  ['mcp_servers.tools', (w) => ({ serverId: w.serverId }), 'as if missing'],
  [
    'mcp_servers.approve_tools',
    (w) => ({ serverId: w.serverId, tools: [{ name: 'x', hash: 'a'.repeat(64), approved: true }] }),
    'as if missing',
    'of a tool that is not offered changes nothing; of one that is, it is mcp_tool.approved or withdrawn',
  ],
  [
    'mcp_servers.authorize',
    (w) => ({ serverId: w.serverId }),
    'as if missing',
    'only begins a sign-in; its end is mcp_server.authorized',
  ],
  ['mcp_servers.authorization', (w) => ({ serverId: w.serverId }), 'as if missing'],
  [
    'mcp_servers.disconnect',
    (w) => ({ serverId: w.serverId }),
    'as if missing',
    'without a sign-in changes nothing; with one it is mcp_server.signed_out',
  ],
  ['mcp_servers.delete', (w) => ({ serverId: w.serverId }), 'as if missing', ['mcp_server.deleted']],
  ['custom_tools.list', () => ({}), 'may'],
  ['custom_tools.create', () => ({ name: 'whisper', ...TOOL }), 'may', ['tool.created']],
  ['custom_tools.get', (w) => ({ toolId: w.toolId }), 'as if missing'],
  [
    'custom_tools.update',
    (w) => ({ toolId: w.toolId, description: 'Louder.' }),
    'as if missing',
    ['tool.updated'],
  ],
  ['custom_tools.delete', (w) => ({ toolId: w.toolId }), 'as if missing', ['tool.deleted']],
  ['todos.list', (w) => ({ roomId: w.roomId }), 'as if missing'],
  ['todos.create', (w) => ({ roomId: w.roomId, title: 'Water' }), 'as if missing', OURS],
  ['todos.update', (w) => ({ todoId: w.todoId, done: true }), 'as if missing', OURS],
  ['todos.delete', (w) => ({ todoId: w.todoId }), 'as if missing', OURS],
  [
    'calendar.list',
    (w) => ({ roomId: w.roomId, from: '2030-01-01T00:00:00Z', to: '2030-02-01T00:00:00Z' }),
    'as if missing',
  ],
  ['calendar.create', (w) => ({ roomId: w.roomId, ...LUNCH }), 'as if missing', OURS],
  ['calendar.delete', (w) => ({ eventId: w.eventId }), 'as if missing', OURS],
  ['files.list', (w) => ({ roomId: w.roomId }), 'as if missing'],
  ['files.get', (w) => ({ fileId: w.fileId }), 'as if missing'],
  ['files.write', (w) => ({ roomId: w.roomId, path: 'b.md', body: 'b' }), 'as if missing', OURS],
  ['files.delete', (w) => ({ fileId: w.fileId }), 'as if missing', OURS],
  ['knowledge.list', (w) => ({ agentId: w.bot.id }), 'forbidden'],
  ['knowledge.add', (w) => ({ agentId: w.bot.id, title: 'Hours', body: 'Nine to six.' }), 'forbidden', KNOWN],
  ['knowledge.delete', (w) => ({ articleId: w.articleId }), 'as if missing', KNOWN],
  ['knowledge.search', (w) => ({ agentId: w.bot.id, query: 'hours' }), 'forbidden'],
  [
    'agent_stops.set',
    (w) => ({ target: 'agent', targetId: w.spare.id, reason: 'enough' }),
    'forbidden',
    ['agent_stop.set'],
  ],
  ['agent_stops.lift', (w) => ({ stopId: w.stopId, reason: 'well' }), 'as if missing', ['agent_stop.lifted']],
  ['agent_stops.list', () => ({ state: 'all' }), 'may'],
  ['agents.content_checks', (w) => ({ agentId: w.bot.id }), 'forbidden'],
  ['agents.moderation_history', (w) => ({ agentId: w.bot.id }), 'forbidden'],
  ['agents.safety_state', (w) => ({ agentId: w.bot.id }), 'forbidden'],
  [
    'agents.appeal',
    (w) => ({ agentId: w.bot.id, actionId: w.muteId, reason: 'It was asked to' }),
    'forbidden',
    ['moderation.appealed'],
  ],
  ['budgets.get', (w) => ({ target: 'agent', targetId: w.bot.id }), 'forbidden'],
  [
    'budgets.set',
    (w) => ({ target: 'agent', targetId: w.bot.id, tokensPerDay: 100_000 }),
    'forbidden',
    ['budget.set'],
  ],
  ['usage.get', (w) => ({ target: 'agent', targetId: w.bot.id }), 'forbidden'],
  ['agents.model_calls', (w) => ({ agentId: w.bot.id }), 'forbidden'],
  ['model_prices.list', () => ({}), 'may'],
  ['model_prices.set', () => ({ model: 'm-1', input: 1, output: 2 }), 'forbidden', ['model_price.set']],
  ['model_prices.reset', () => ({ model: 'm-1' }), 'forbidden', ['model_price.reset']],
];

/** Tags of the operations that are about agents. */
const TAGS = [
  'Agents',
  'Agent safety',
  'Approvals',
  'Budgets',
  'MCP servers',
  'Memory',
  'Tools',
  'Workspace',
];
const UUID = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g;
const TOOL = {
  description: 'Says it.',
  effect: 'pure',
  parameters: [],
  implementation: { kind: 'code', language: 'javascript', code: 'return 1;' },
};
const LUNCH = { title: 'Lunch', startsAt: '2030-01-02T12:00:00Z', endsAt: '2030-01-02T13:00:00Z' };

describe('the operations about agents', () => {
  let town: Town;
  let admin: Scope;
  let ada: Scope;
  let mallory: Scope;
  let eve: Scope;
  let w: World;

  beforeAll(async () => {
    const outside = createOutside();
    town = await startTown({ tools: outside.tools });
    admin = await town.person('Zoe');
    const [a, bea, cid, m] = [
      await town.person('Ada'),
      await town.person('Bea'),
      await town.person('Cid'),
      await town.person('Mallory'),
    ];
    [ada, mallory] = [a, m];
    eve = await town.stranger('Eve');
    w = await furnish(town, ada, [bea, cid]);
  });
  afterAll(() => town.stop());

  const refusal = (
    call: Promise<unknown>,
  ): Promise<{ code: string; reason: string; message: string } | string> =>
    call.then(
      (answer) => `answered: ${JSON.stringify(answer)}`,
      ({ code, reason, message }: AppError) => ({ code, reason, message }),
    );
  /** The same input, about things that are nowhere, but for those that may be known. */
  const nowhere = (input: object, known: readonly string[] = []): object =>
    JSON.parse(JSON.stringify(input).replaceAll(UUID, (id) => (known.includes(id) ? id : newId())));
  /** Seen by all of their tenant. */
  const agents = () => [w.bot.id, w.spare.id, w.doomed.id, w.halted.id];
  const isAbout = (input: object): boolean => JSON.stringify(input).search(UUID) !== -1;

  it('all have a row, and each that changes something says what the audit has of it', () => {
    const { operations } = town.app.parts;
    const defs = operations.list.map(({ def }) => def).filter(({ tag }) => TAGS.includes(tag));
    expect(ROWS.map(([name]) => name).sort()).toEqual(defs.map(({ name }) => name).sort());
    for (const [name, , , audit] of ROWS)
      expect(audit === undefined, name).toBe(operations.byName(name)?.def.effect === 'read');
  });

  it.each(ROWS)(
    '%s tells people of another tenant the same as where there is nothing',
    async (name, input) => {
      for (const who of [eve, { ...eve, role: 'admin' as const }]) {
        const asked = input(w);
        if (isAbout(asked)) {
          const told = await refusal(town.call(who, name, asked));
          expect(told).toMatchObject({
            code: who.role === 'admin' ? 'not_found' : expect.stringMatching(/^(not_found|forbidden)$/),
          });
          expect(told).toEqual(await refusal(town.call(who, name, nowhere(asked))));
        } else {
          const told = JSON.stringify(await refusal(town.call(who, name, asked)));
          for (const id of JSON.stringify(w).match(UUID) ?? []) expect(told).not.toContain(id);
        }
      }
    },
  );

  it.each(ROWS.filter(([, , outsider]) => outsider !== 'may'))(
    '%s tells nothing to who has nothing to do with it',
    async (name, input, outsider) => {
      const told = await refusal(town.call(mallory, name, input(w)));
      expect(told).toMatchObject({ code: outsider === 'forbidden' ? 'forbidden' : 'not_found' });
      if (outsider === 'as if missing')
        expect(told).toEqual(await refusal(town.call(mallory, name, nowhere(input(w), agents()))));
      for (const id of JSON.stringify(w).match(UUID) ?? []) expect(JSON.stringify(told)).not.toContain(id);
    },
  );

  it.each(SOCKET_SURFACES)('nobody hears by %s what he may not read', async (surface) => {
    const outsider = await listen(surface, town.test, await town.test.signIn('Mallory'));
    const told = await refusal(outsider.join(w.roomId));
    expect(told).toEqual(await refusal(outsider.join(newId())));
    await outsider.close();
  });

  // Last, and in the order of the table: what it changes is not there afterwards.
  it.each(ROWS.filter(([, , , audit]) => audit !== undefined))(
    '%s is in the audit, or says why not',
    async (name, input, _, audit) => {
      const entries = async () => (await town.call(admin, 'list_audit', { limit: 200 })).data;
      const by = name.startsWith('model_prices') ? admin : ada;
      const before = (await entries())[0]?.seq ?? 0;
      const told = await refusal(town.call(by, name, input(w)));
      // An address that nobody answers at, and tools that it does not have, are refused late; that it was allowed is what counts.
      if (typeof told !== 'string')
        expect(`${told.code} ${told.reason}`).toMatch(/^unavailable |^conflict |unknown_tool$/);
      await town.settle();
      const fresh = (await entries()).filter((entry: { seq: number }) => entry.seq > before);
      const actions = fresh.map((entry: { action: string }) => entry.action);
      if (typeof audit === 'string') return expect(actions).toEqual([]);
      for (const action of audit ?? []) {
        expect(actions.filter((said: string) => said === action)).toHaveLength(1);
        expect(fresh.find((entry: { action: string }) => entry.action === action)?.actorId).toBe(by.user.id);
      }
    },
  );

  it('a change of tools or limits by any way has other hashes before and after', async () => {
    const { data } = await town.call(admin, 'list_audit', { limit: 200 });
    const changed = data.filter(({ details }: { details: object }) => 'toolsAfter' in details);
    const actions = new Set(changed.map(({ action }: { action: string }) => action));
    expect(actions).toEqual(new Set(['agent.created', 'agent.updated']));
    for (const { action, details } of changed) {
      expect(details.toolsAfter).toMatch(/^[0-9a-f]{64}$/);
      if (action === 'agent.updated') expect(details.toolsBefore).toMatch(/^[0-9a-f]{64}$/);
      expect(details.toolsAfter).not.toBe(details.toolsBefore);
    }
    expect(await town.call(admin, 'verify_audit')).toMatchObject({ ok: true });
  });
});

/** One of everything, of Ada's, in a private room; two others of the room have complained of the agent's answer. */
async function furnish(town: Town, ada: Scope, others: Scope[]): Promise<World> {
  const capabilities = ['calculator', 'post_letter', 'burn', 'remember'];
  const bot = await town.agent(ada, { capabilities });
  const [spare, doomed, halted] = [await town.agent(ada), await town.agent(ada), await town.agent(ada)];
  const { id: roomId } = await town.call(ada, 'create_room', { name: 'Ours', visibility: 'private' });
  await town.call(ada, 'invite_agent', { roomId, agentId: bot.id });
  for (const { user } of others) await town.call(ada, 'add_member', { roomId, userId: user.id });
  town.plays(() => saying('A long answer.'));
  const { id: messageId } = await town.say(ada, { id: roomId }, `@${bot.handle} hello?`);
  await town.settle();
  const answer = (await town.messages(ada, { id: roomId })).find((m) => m.author.id === bot.id);
  for (const who of others)
    await town.call(who, 'agent_feedback', { messageId: answer?.id, rating: -1, comment: 'Much too long.' });
  const { data: suggestions } = await town.call(ada, 'list_suggestions', { agentId: bot.id });
  const runId = (await town.runs(ada, bot))[0]?.id as string;

  const waits = async () => {
    town.plays((request) =>
      request.messages.some((m) => m.content.some((part) => part.type === 'tool_result'))
        ? saying('Done.')
        : calling('post_letter', { to: 'Ann', text: 'Hello' }),
    );
    await town.say(ada, { id: roomId }, `@${bot.handle} post it`);
    await town.settle();
    return (await town.call(ada, 'list_approvals', { status: 'pending', agentId: bot.id })).data[0];
  };
  const first = await waits();
  await town.call(ada, 'decide_approval', {
    approvalId: first.id,
    decision: 'approve',
    always: { uses: 1, same: [] },
  });
  await town.settle();
  const { data: standing } = await town.call(ada, 'list_standing_approvals', { agentId: bot.id });
  // The word given in advance is for another tool, so that this one waits.
  town.plays((request) =>
    request.messages.some((m) => m.content.some((part) => part.type === 'tool_result'))
      ? saying('Done.')
      : calling('burn', { to: 'Ann', text: 'Hello' }),
  );
  await town.say(ada, { id: roomId }, `@${bot.handle} burn it`);
  await town.settle();
  const [pending] = (await town.call(ada, 'list_approvals', { status: 'pending', agentId: bot.id })).data;
  // As if the server had stopped in the middle of a call.
  await town.app.parts.database.db
    .updateTable('agentRuns')
    .set({ status: 'needs_attention' })
    .where('id', '=', first.runId)
    .execute();
  const memory = (content: string) => town.call(ada, 'add_memory', { agentId: bot.id, content });
  const trained = await town.call(ada, 'train_agent', {
    agentId: bot.id,
    documents: [{ title: 'Hours', content: 'The shop opens at nine in the morning.' }],
  });
  const { data: documents } = await town.call(ada, 'list_training', { agentId: bot.id });
  const quiet = await town.room(ada, bot);
  return {
    bot,
    spare,
    doomed,
    halted,
    userId: ada.user.id,
    roomId,
    messageId,
    answerId: answer?.id as string,
    runId,
    approvalId: pending.id,
    waitingRunId: first.runId,
    standingId: standing[0].id,
    memoryId: (await memory('The ferry to Oslo leaves at nine.')).id,
    doubtfulId: (await memory('The ferry to Bergen leaves at ten.')).id,
    documentId: documents[0]?.id ?? trained.data?.[0]?.id,
    suggestionId: suggestions[0].id,
    toolId: (await town.call(ada, 'custom_tools.create', { name: 'shout', ...TOOL })).id,
    serverId: (await town.call(ada, 'mcp_servers.create', { name: 'far', url: 'https://mcp.example/' })).id,
    todoId: (await town.call(ada, 'create_todo', { roomId, title: 'Plants' })).id,
    eventId: (await town.call(ada, 'create_calendar_event', { roomId, ...LUNCH })).id,
    fileId: (await town.call(ada, 'write_file', { roomId, path: 'a.md', body: 'a' })).id,
    articleId: (await town.call(ada, 'add_knowledge', { agentId: bot.id, title: 'A', body: 'B' })).id,
    muteId: (await town.call(ada, 'mute_member', { roomId: quiet.id, userId: bot.id })).id,
    stopId: (await town.call(ada, 'set_agent_stop', { target: 'agent', targetId: halted.id, reason: 'no' }))
      .id,
    goalId: (await town.call(ada, 'create_goal', { agentId: bot.id, text: 'Plan lunch' })).id,
    replayId: (await town.call(ada, 'create_replay', { runId })).id,
  };
}
