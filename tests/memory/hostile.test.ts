// Every route of memories against those it is not for: another tenant, a member who does not answer for the agent, another agent, and
// a key that was not given it. What one may not know of looks as if it were missing.
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Agent } from '../../src/agents/profiles/contract.ts';
import { newId } from '../../src/core/ids.ts';
import type { Scope } from '../../src/core/scope.ts';
import type { Memory } from '../../src/memory/contract.ts';
import { startTown, type Town } from '../agents/town.ts';
import { describeEachDatabase } from '../support/app.ts';

/** By operation; `agent`: for its owner, `memory`: for the owner of its agent, `mine`: for everybody who knows the agent. */
const ROUTES: Record<string, { of: 'agent' | 'memory' | 'mine'; input?: object }> = {
  'memories.list': { of: 'agent' },
  'memories.add': { of: 'agent', input: { content: 'planted' } },
  'memories.search': { of: 'agent', input: { query: 'vault' } },
  'memories.explain': { of: 'agent', input: { query: 'vault' } },
  'memories.list_quarantined': { of: 'agent' },
  'memories.review': { of: 'agent', input: { dryRun: false } },
  'memories.set_retention': { of: 'agent', input: { retentionDays: 1 } },
  'memories.rotate_keys': { of: 'agent' },
  'memories.update': { of: 'memory', input: { content: 'planted', confirmed: true } },
  'memories.delete': { of: 'memory' },
  'memories.confirm': { of: 'memory' },
  'memories.about_me': { of: 'mine' },
  'memories.forget_me': { of: 'mine' },
  'memories.correct': { of: 'mine', input: { content: 'planted' } },
  'memories.get_consent': { of: 'mine' },
  'memories.set_consent': { of: 'mine', input: { status: 'granted' } },
  'memories.list_receipts': { of: 'mine' },
};

describeEachDatabase('memories under attack', (database) => {
  let town: Town;
  let ada: Scope;
  let bea: Scope;
  let eve: Scope;
  let intruder: Scope;
  let bot: Agent;
  let secret: Memory;
  let waiting: string;
  beforeAll(async () => {
    town = await startTown({ database });
    await town.person('Zoe');
    [ada, bea, eve] = [await town.person('Ada'), await town.person('Bea'), await town.stranger('Eve')];
    bot = await town.agent(ada);
    const other = await town.agent(bea);
    intruder = await town.app.parts.identity.agentScope(ada.tenantId, other.id);
    const room = await town.room(ada, bot);
    const holder = { tenantId: ada.tenantId, agentId: bot.id };
    const { memory } = town.app.parts.agents;
    secret = await memory.remember(
      holder,
      { content: 'The vault opens at dawn' },
      { roomId: room.id, speakerId: ada.user.id },
    );
    const said = { content: 'The vault is empty', trust: 'quarantined' as const };
    waiting = (await memory.remember(holder, said, { roomId: room.id })).id;
  });
  afterAll(() => town.stop());

  const all = async () => (await town.call(ada, 'list_memories', { agentId: bot.id })).data;
  const refusalOf = async (who: Scope, name: string, input: object) => {
    try {
      await town.call(who, name, input);
    } catch (error) {
      const { code, reason, message } = error as { code: string; reason: string; message: string };
      return { code, reason, message };
    }
    throw new Error(`${name} was answered.`);
  };
  const ids = () => ({ agentId: bot.id, memoryId: secret.id });
  const take = (name: string, ids_: { agentId: string; memoryId: string }) => {
    const { of, input } = ROUTES[name] as (typeof ROUTES)[string];
    const { agentId, memoryId } = ids_;
    if (of === 'memory') return { memoryId, ...input };
    return { agentId, ...(name === 'memories.correct' ? { memoryId } : {}), ...input };
  };

  it('leaves no route out', () => {
    const names = town.app.parts.operations.list.map(({ def }) => def.name);
    expect(names.filter((name) => name.startsWith('memories.')).sort()).toEqual(Object.keys(ROUTES).sort());
  });

  it.each(Object.keys(ROUTES))('%s: another tenant hears what it hears of what is missing', async (name) => {
    const before = await all();
    const missing = await refusalOf(eve, name, take(name, { agentId: newId(), memoryId: newId() }));
    expect(missing.code).toBe('not_found');
    expect(await refusalOf(eve, name, take(name, ids()))).toEqual(missing);
    expect(await all()).toEqual(before);
  });

  it.each(Object.keys(ROUTES))(
    '%s: neither a member nor another agent reads or changes a thing',
    async (name) => {
      const before = await all();
      const { of } = ROUTES[name] as (typeof ROUTES)[string];
      for (const who of [bea, intruder]) {
        if (of === 'agent')
          expect(await refusalOf(who, name, take(name, ids()))).toMatchObject({ code: 'forbidden' });
        else if (of === 'memory' || name === 'memories.correct') {
          const missing = await refusalOf(who, name, take(name, { agentId: bot.id, memoryId: newId() }));
          expect(missing).toMatchObject({ code: 'not_found', reason: 'memory_not_found' });
          expect(await refusalOf(who, name, take(name, ids()))).toEqual(missing);
          const asked = take(name, { agentId: bot.id, memoryId: waiting });
          expect(await refusalOf(who, name, asked)).toEqual(missing);
        } else expect(JSON.stringify(await town.call(who, name, take(name, ids())))).not.toContain('vault');
      }
      expect(await all()).toEqual(before);
    },
  );

  it('takes a memory of one agent for none of another, whoever owns both', async () => {
    const second = await town.agent(ada);
    await expect(
      town.call(ada, 'correct_memory', { agentId: second.id, memoryId: secret.id, content: 'planted' }),
    ).rejects.toMatchObject({ reason: 'memory_not_found' });
    const found = await town.call(ada, 'explain_recall', { agentId: second.id, query: 'the vault at dawn' });
    expect(found).toEqual({ abstained: false, data: [], withheld: {} });
  });

  it('tells an owner nothing of rooms that he may not see', async () => {
    const hidden = await town.call(bea, 'create_room', { name: 'Hidden', kind: 'group' });
    for (const [name, room] of [
      ['search_memories', 'readersOf'],
      ['explain_recall', 'roomId'],
    ] as const) {
      const asked = { agentId: bot.id, query: 'vault' };
      const missing = await refusalOf(ada, name, { ...asked, [room]: newId() });
      expect(missing.code).toBe('not_found');
      expect(await refusalOf(ada, name, { ...asked, [room]: hidden.id })).toEqual(missing);
    }
  });
});
