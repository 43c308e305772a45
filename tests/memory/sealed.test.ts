// Sensitive memories: unreadable at rest, in words, vectors and hashes alike; bound to their place; gone with their key; found all the same.
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Agent } from '../../src/agents/profiles/contract.ts';
import type { Scope } from '../../src/core/scope.ts';
import { createSealer } from '../../src/memory/sealing.ts';
import { startTown, type Town } from '../agents/town.ts';
import { describeEachDatabase } from '../support/app.ts';

describeEachDatabase('sensitive memories', (database) => {
  let town: Town;
  let ada: Scope;
  let bea: Scope;
  let bot: Agent;
  const words = 'Ada was diagnosed with hyperacusis in Uppsala';
  beforeAll(async () => {
    town = await startTown({ database });
    await town.person('Zoe');
    ada = await town.person('Ada');
    bea = await town.person('Bea');
  });
  afterAll(() => town.stop());

  const fresh = async () => {
    bot = await town.agent(ada);
    return town.call(ada, 'add_memory', {
      agentId: bot.id,
      content: words,
      context: { note: 'hyperacusis' },
    });
  };
  const search = async (query: string) =>
    (await town.call(ada, 'search_memories', { agentId: bot.id, query })).data.map(
      (hit: { memory: { content: string } }) => hit.memory.content,
    );
  const db = () => town.app.parts.database.db;
  /** Every table, as a dump would have it. */
  const dump = async (): Promise<string> => {
    const { rows } = await sql<{ name: string }>`
      select quote_ident(table_schema) || '.' || quote_ident(table_name) as name from information_schema.tables
      where table_type = 'BASE TABLE' and table_schema not in ('pg_catalog', 'information_schema')`.execute(
      db(),
    );
    const texts: string[] = [];
    for (const { name } of rows) {
      const table = await sql<{ line: string }>`select t::text as line from ${sql.raw(name)} t`.execute(db());
      texts.push(...table.rows.map(({ line }) => line));
    }
    return texts.join('\n');
  };

  it('lie in no table in plain, with their search text, vector and a hash that could be guessed', async () => {
    const kept = await fresh();
    expect(kept).toMatchObject({ content: words, sensitive: true, context: { note: 'hyperacusis' } });
    const text = (await dump()).toLowerCase();
    for (const word of ['hyperacusis', 'hyperacusi', 'uppsala', 'diagnos']) expect(text).not.toContain(word);
    const { rows } = await sql<{ embedding: string | null; contentTsv: string }>`
      select embedding, content_tsv::text from agent_memories where id = ${kept.id}`.execute(db());
    expect(rows).toEqual([{ embedding: null, contentTsv: '' }]);
    expect(await search('what was Ada diagnosed with?')).toEqual([words]);
    // Also twice the same is kept once.
    const again = await town.call(ada, 'add_memory', { agentId: bot.id, content: `${words}.` });
    expect(again.id).toBe(kept.id);
  });

  it('become sensitive by correction, and leave nothing of the plain row behind', async () => {
    bot = await town.agent(ada);
    const plain = await town.call(ada, 'add_memory', {
      agentId: bot.id,
      content: 'Ada takes quetiapone daily',
    });
    expect(plain.sensitive).toBe(false);
    const sealed = await town.call(ada, 'update_memory', { memoryId: plain.id, sensitive: true });
    expect(sealed).toMatchObject({ content: 'Ada takes quetiapone daily', sensitive: true });
    expect(await dump()).not.toContain('quetiap');
    expect(await search('quetiapone')).toEqual(['Ada takes quetiapone daily']);
  });

  it('open at their own place only: moved to another memory or agent they are nobody’s', async () => {
    const kept = await fresh();
    const other = await town.call(ada, 'add_memory', {
      agentId: bot.id,
      content: 'Ada has a mild pollen allergy',
    });
    await sql`update agent_memories set sealed = (select sealed from agent_memories where id = ${kept.id}), revision = revision + 100
      where id = ${other.id}`.execute(db());
    await sql`update memory_states set revision = revision + 100 where agent_id = ${bot.id}`.execute(db());
    expect(await search('hyperacusis diagnosis')).toEqual([words]);
    expect(await search('pollen allergy')).toEqual([]);
    const { data } = await town.call(ada, 'list_memories', { agentId: bot.id });
    expect(data.map((memory: { id: string }) => memory.id)).toEqual([kept.id]);
  });

  it('are found as before after their keys were changed, by the owner only, and the old keys are gone', async () => {
    const kept = await fresh();
    const before = await sql<{
      sealed: string;
    }>`select sealed::text from agent_memories where id = ${kept.id}`.execute(db());
    await expect(town.call(bea, 'rotate_memory_keys', { agentId: bot.id })).rejects.toMatchObject({
      code: 'forbidden',
    });
    expect(await town.call(ada, 'rotate_memory_keys', { agentId: bot.id })).toEqual({ keys: 1, memories: 1 });
    const { rows } = await sql<{
      version: number;
    }>`select version from memory_keys where agent_id = ${bot.id}`.execute(db());
    expect(rows).toEqual([{ version: 2 }]);
    const after = await sql<{
      sealed: string;
    }>`select sealed::text from agent_memories where id = ${kept.id}`.execute(db());
    expect(after.rows).not.toEqual(before.rows);
    expect(await search('what was Ada diagnosed with?')).toEqual([words]);
  });

  it('are gone with their key', async () => {
    const kept = await fresh();
    const copy = await sql<{ sealed: Buffer; wrapped: Buffer }>`
      select m.sealed, k.wrapped from agent_memories m join memory_keys k on k.agent_id = m.agent_id where m.id = ${kept.id}`.execute(
      db(),
    );
    await town.call(ada, 'forget_me', { agentId: bot.id });
    const { rows } = await sql`select 1 from memory_keys where agent_id = ${bot.id}`.execute(db());
    expect(rows).toEqual([]);
    // What a backup still holds of it does not open under another server's secret.
    const { sealed, wrapped } = copy.rows[0] as { sealed: Buffer; wrapped: Buffer };
    const sealer = createSealer('another secret of at least thirty-two characters');
    const place = { tenantId: ada.tenantId, agentId: bot.id, subjectId: ada.user.id, version: 1 };
    expect(() => sealer.unwrap(place, wrapped)).toThrow();
    expect(sealed.toString('latin1')).not.toContain('hyperacusis');
  });
});
