// The audit: what is done to people, roles, keys and agents is kept in the transaction that does it, in a chain that shows every
// later change; administrators read it all, owners what concerns their agents, nobody else anything.
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import type { AppError } from '../../src/core/errors.ts';
import { newId } from '../../src/core/ids.ts';
import type { Scope } from '../../src/core/scope.ts';
import { verifyChain } from '../../src/server/audit/chain.ts';
import type { AuditEntry, AuditVerdict } from '../../src/server/audit/contract.ts';
import { defineTool } from '../../src/tools/tool.ts';
import { describeEachDatabase } from '../support/app.ts';
import { calling, saying, startTown, type Town } from './town.ts';

const noteTool = defineTool({
  name: 'post_note',
  description: 'Puts a note on the board.',
  input: z.object({ text: z.string() }),
  effect: 'write_internal',
  timeoutMs: 1000,
  permissions: [],
  execute: async () => ({ ok: true, output: { posted: true } }),
});

describeEachDatabase('the audit', (database) => {
  let town: Town;
  let admin: Scope;
  beforeAll(async () => {
    town = await startTown({ database, tools: [noteTool] });
    admin = await town.person('Ada');
    for (let i = 0; i < 8; i++) await town.agent(admin);
  });
  afterAll(() => town.stop());

  const list = async (scope: Scope, filter: object = {}): Promise<AuditEntry[]> =>
    (await town.call(scope, 'list_audit', { limit: 200, ...filter })).data;
  const verify = (more: object = {}): Promise<AuditVerdict> => town.call(admin, 'verify_audit', more);
  const actionsOn = async (id: string): Promise<string[]> =>
    (await list(admin)).filter((entry) => entry.subject.id === id).map((entry) => entry.action);
  const refusal = (call: Promise<unknown>): Promise<AppError> =>
    call.then(
      () => expect.fail('this should have been refused'),
      (error: AppError) => error,
    );

  test('people, roles, suspensions and removals are kept, with who did it', async () => {
    const bob = await town.person('Bob');
    await town.call(admin, 'users.update', { userId: bob.user.id, role: 'admin' });
    await town.call(admin, 'users.update', { userId: bob.user.id, role: 'member', suspended: true });
    await town.call(admin, 'users.update', { userId: bob.user.id, suspended: false });
    await town.call(admin, 'users.remove', { userId: bob.user.id });
    const mine = (await list(admin)).filter(({ subject }) => subject.id === bob.user.id).reverse();
    expect(
      mine.filter((entry) => entry.roomId === undefined).map(({ action, actorId }) => [action, actorId]),
    ).toEqual([
      ['member.added', bob.user.id],
      ['member.role_changed', admin.user.id],
      ['member.role_changed', admin.user.id],
      ['member.suspended', admin.user.id],
      ['member.unsuspended', admin.user.id],
      ['member.removed', admin.user.id],
    ]);
    expect(mine[1]?.details).toEqual({ role: 'admin' });
    // The lobby lost him by the administrator's act; that he came to it by himself is in its log alone.
    expect(mine.filter((entry) => entry.roomId !== undefined).map(({ action }) => action)).toEqual([
      'room_member.removed',
    ]);
  });

  test('a key is kept when it is made and revoked, and never itself', async () => {
    const made = await town.call(admin, 'keys.create', {
      name: 'Nightly',
      scopes: ['rooms.*'],
      role: 'member',
    });
    await town.call(admin, 'keys.delete', { keyId: made.id });
    expect(await actionsOn(made.id)).toEqual(['key.revoked', 'key.created']);
    const [created] = (await list(admin, { action: 'key.created' })).filter((e) => e.subject.id === made.id);
    expect(created).toMatchObject({ actorId: admin.user.id, via: 'rest', details: { name: 'Nightly' } });
    expect(JSON.stringify(await list(admin))).not.toContain(made.key.slice(-43));
  });

  test('a tool of somebody’s own and a server of tools are kept when they are made, changed and removed', async () => {
    const tool = await town.call(admin, 'custom_tools.create', {
      name: 'shout',
      description: 'Says it loudly.',
      effect: 'pure',
      parameters: [],
      implementation: { kind: 'code', language: 'javascript', code: 'return 1;' },
    });
    await town.call(admin, 'custom_tools.update', { toolId: tool.id, description: 'Says it.' });
    await town.call(admin, 'custom_tools.delete', { toolId: tool.id });
    const of = (await list(admin, { action: 'tool.*' })).filter((e) => e.subject.id === tool.id);
    expect(of.map((e) => e.action)).toEqual(['tool.deleted', 'tool.updated', 'tool.created']);
    expect(of[0]).toMatchObject({ actorId: admin.user.id, details: { name: 'shout', effect: 'pure' } });
    const server = await town.call(admin, 'mcp_servers.create', { name: 'far', url: 'https://mcp.example/' });
    await town.call(admin, 'mcp_servers.delete', { serverId: server.id });
    const those = (await list(admin, { action: 'mcp_server.*' })).filter((e) => e.subject.id === server.id);
    expect(those.map((e) => e.action)).toEqual(['mcp_server.deleted', 'mcp_server.created']);
  });

  test('an agent is kept from its creation to its end, and so is what it does with effect', async () => {
    const owner = await town.person('Carla');
    const agent = await town.agent(owner, { capabilities: ['post_note', 'calculator'] });
    await town.call(owner, 'update_agent', {
      agentId: agent.id,
      description: 'It posts.',
      systemPrompt: 'Be brief.',
    });
    const room = await town.room(owner, agent);
    town.plays((_, call) =>
      call === 1
        ? calling('post_note', { text: 'what nobody may read here' })
        : call === 2
          ? calling('calculator', { expression: '1+1' })
          : saying('Done.'),
    );
    await town.say(owner, room, `@${agent.handle} please`);
    await town.settle();
    await town.call(owner, 'activate_agent', { agentId: agent.id, active: false });
    await town.call(owner, 'set_agent_stop', { target: 'agent', targetId: agent.id, reason: 'enough' });
    await town.call(owner, 'delete_agent', { agentId: agent.id });
    const mine = (await list(owner, { agentId: agent.id })).reverse();
    expect(mine.map(({ action }) => action)).toEqual([
      'agent.created',
      'agent.updated',
      'room_member.added',
      'tool.called',
      'agent.deactivated',
      'agent_stop.set',
      'room_member.removed',
      'agent.deleted',
    ]);
    expect(mine[1]?.details).toEqual({ changed: ['description', 'systemPrompt'] });
    expect(mine[3]).toMatchObject({
      actorId: agent.id,
      via: 'agent',
      details: { tool: 'post_note', status: 'success', askerId: owner.user.id },
    });
    expect(JSON.stringify(mine)).not.toContain('nobody may read');
    expect(JSON.stringify(mine)).not.toContain('Be brief');
  });

  test('an owner reads what concerns his agents, others and other tenants nothing, and only administrators verify', async () => {
    const owner = await town.person('Dora');
    const other = await town.person('Emil');
    const agent = await town.agent(owner);
    expect((await list(owner)).map((e) => e.agentId)).toEqual([agent.id]);
    expect(await list(other)).toEqual([]);
    expect(await list(other, { agentId: agent.id })).toEqual(await list(other, { agentId: newId() }));
    const stranger = await town.stranger('Zoe');
    const foreign: Scope = { ...stranger, role: 'admin' };
    expect(await list(foreign, { agentId: agent.id })).toEqual([]);
    expect((await town.call(foreign, 'verify_audit')).checked).toBe(0);
    expect(await refusal(town.call(owner, 'verify_audit'))).toMatchObject({
      code: 'forbidden',
      reason: 'admin_only',
    });
  });

  test('pages by place, and filters by action and family', async () => {
    const all = await list(admin);
    const first = await town.call(admin, 'list_audit', { limit: 3 });
    const second = await town.call(admin, 'list_audit', { limit: 3, cursor: first.nextCursor });
    expect([...first.data, ...second.data]).toEqual(all.slice(0, 6));
    expect(all.map((e) => e.seq)).toEqual(all.map((_, i) => all.length - i));
    expect((await list(admin, { action: 'agent.*' })).map((e) => e.action)).toEqual(
      all.map((e) => e.action).filter((action) => action.startsWith('agent.')),
    );
  });

  test('what rolls back leaves nothing, and what is concurrent stands in one chain without a gap', async () => {
    const before = (await verify()).head.seq;
    const { database: db, identity } = town.app.parts;
    await db
      .transaction(async (tx) => {
        await identity.createAgentUser(tx, admin.tenantId, {
          id: newId(),
          handle: 'gone',
          name: 'Gone',
          ownerId: null,
        });
        await tx
          .insertInto('auditEntries')
          .values({ id: newId(), tenantId: admin.tenantId, entry: '{"action":"x.y"}' })
          .execute();
        throw new Error('no');
      })
      .catch(() => undefined);
    expect((await verify()).head.seq).toBe(before);
    await Promise.all(Array.from({ length: 12 }, () => town.agent(admin)));
    expect(await verify()).toMatchObject({
      ok: true,
      complete: true,
      checked: before + 12,
      head: { seq: before + 12 },
    });
  });

  test('the database refuses to change, remove or empty it', async () => {
    const { db } = town.app.parts.database;
    for (const statement of [
      'update audit_entries set entry = entry where seq = 1',
      `update audit_entries set hash = 'x' where seq = 1`,
      'delete from audit_entries where seq = 1',
      'truncate audit_entries',
    ])
      await expect(sql.raw(statement).execute(db), statement).rejects.toThrow('append-only');
    expect((await verify()).ok).toBe(true);
  });

  const HASHED = `encode(sha256(convert_to(concat_ws(E'\\n', previous_hash, tenant_id, seq, id,
    to_char(created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), entry), 'UTF8')), 'hex')`;
  const INSERT = `insert into audit_entries (id, tenant_id, entry, seq, previous_hash, hash)`;
  const TAMPERINGS: [string, string[], RegExp][] = [
    ['an entry is changed', [`update audit_entries set entry = entry || ' ' where seq = 3`], /was changed/],
    [
      'its time is changed',
      [`update audit_entries set created_at = created_at + interval '1 microsecond' where seq = 3`],
      /was changed/,
    ],
    [
      'an entry is changed and hashed anew',
      [
        `update audit_entries set entry = replace(entry, '"details"', '"details" ') where seq = 3`,
        `update audit_entries set hash = ${HASHED} where seq = 3`,
      ],
      /does not follow/,
    ],
    ['an entry is removed', ['delete from audit_entries where seq = 4'], /is missing/],
    ['the first is removed', ['delete from audit_entries where seq = 1'], /is missing/],
    [
      'the newest is removed',
      ['delete from audit_entries where seq = (select max(seq) from audit_entries)'],
      /is missing/,
    ],
    [
      'one is put in at the end',
      [
        `${INSERT} select gen_random_uuid(), tenant_id, '{"action":"forged.entry"}', max(seq) + 1, 'x', 'y'
         from audit_entries group by tenant_id`,
      ],
      /was put in/,
    ],
    [
      'one is put in instead of another',
      [
        'delete from audit_entries where seq = 5',
        `${INSERT} select gen_random_uuid(), tenant_id, '{"action":"forged.entry"}', 5, hash, 'y' from audit_entries where seq = 4`,
        `update audit_entries set hash = ${HASHED} where seq = 5`,
      ],
      /does not follow/,
    ],
    [
      'one is put in outside of the chain',
      [
        `insert into audit_entries (id, tenant_id, entry) select gen_random_uuid(), tenant_id, '{"action":"forged.entry"}' from audit_entries where seq = 1`,
      ],
      /outside of the chain/,
    ],
    [
      'the head is moved back with what follows removed',
      [
        'delete from audit_entries where seq > 6',
        'update audit_heads set seq = 6, hash = (select hash from audit_entries where seq = 6)',
      ],
      /not the entry that was known/,
    ],
  ];
  test.each(TAMPERINGS)('it is found when %s', async (_, statements, problem) => {
    const { db } = town.app.parts.database;
    const { head } = await verify();
    const known = { knownSeq: head.seq, knownHash: head.hash };
    expect((await verify(known)).ok).toBe(true);
    // What somebody does who owns the database. It is seen inside the transaction, and then undone.
    const undo = new Error('undo');
    let verdict: AuditVerdict | undefined;
    await db
      .transaction()
      .execute(async (tx) => {
        await sql`alter table audit_entries disable trigger user`.execute(tx);
        for (const statement of statements) await sql.raw(statement).execute(tx);
        verdict = await verifyChain(tx, admin.tenantId, { fromSeq: 1, known: head });
        throw undo;
      })
      .catch((error) => expect(error).toBe(undo));
    expect(verdict?.ok).toBe(false);
    expect(verdict?.problems.map((p) => p.problem).join('; ')).toMatch(problem);
    expect((await verify(known)).ok).toBe(true);
  });
});
