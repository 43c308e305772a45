// Data keys of sensitive memories, one line of versions per agent and subject. Destroying a line is the purge of all it sealed.
// Must never answer a key to another tenant or agent than its own.
import { sql } from 'kysely';
import type { Db, Tx } from '../core/db/database.ts';
import type { Sealer } from './sealing.ts';

export interface DataKey {
  subjectId: string;
  version: number;
  key: Buffer;
}

export type MemoryKeys = ReturnType<typeof createMemoryKeys>;

export function createMemoryKeys(sealer: Sealer) {
  async function newest(tx: Tx, tenantId: string, agentId: string, subjectId: string) {
    return tx
      .selectFrom('memoryKeys')
      .select(['version', 'wrapped'])
      .where('tenantId', '=', tenantId)
      .where('agentId', '=', agentId)
      .where('subjectId', '=', subjectId)
      .orderBy('version', 'desc')
      .limit(1)
      .executeTakeFirst();
  }

  async function add(tx: Tx, tenantId: string, agentId: string, subjectId: string, version: number) {
    const wrapped = sealer.newKey({ tenantId, agentId, subjectId, version });
    await tx
      .insertInto('memoryKeys')
      .values({ tenantId, agentId, subjectId, version, wrapped })
      .onConflict((oc) => oc.doNothing())
      .execute();
  }

  async function current(tx: Tx, tenantId: string, agentId: string, subjectId: string): Promise<DataKey> {
    let row = await newest(tx, tenantId, agentId, subjectId);
    if (row === undefined) {
      await add(tx, tenantId, agentId, subjectId, 1);
      row = await newest(tx, tenantId, agentId, subjectId);
    }
    if (row === undefined) throw new Error('A data key that was just stored is not there.');
    const { version, wrapped } = row;
    return { subjectId, version, key: sealer.unwrap({ tenantId, agentId, subjectId, version }, wrapped) };
  }

  return {
    /** The newest key, made if there is none. The caller holds the agent's revision lock. */
    current,

    /** A further version; what older ones sealed stays readable until it is sealed anew. */
    async rotate(tx: Tx, tenantId: string, agentId: string, subjectId: string): Promise<DataKey> {
      const row = await newest(tx, tenantId, agentId, subjectId);
      await add(tx, tenantId, agentId, subjectId, (row?.version ?? 0) + 1);
      return current(tx, tenantId, agentId, subjectId);
    },

    /** All keys of an agent, by `subject:version`. Those that do not open are left out. */
    async all(db: Db | Tx, tenantId: string, agentId: string): Promise<Map<string, Buffer>> {
      const rows = await db
        .selectFrom('memoryKeys')
        .select(['subjectId', 'version', 'wrapped'])
        .where('tenantId', '=', tenantId)
        .where('agentId', '=', agentId)
        .execute();
      const keys = new Map<string, Buffer>();
      for (const { subjectId, version, wrapped } of rows) {
        try {
          keys.set(
            `${subjectId}:${version}`,
            sealer.unwrap({ tenantId, agentId, subjectId, version }, wrapped),
          );
        } catch {
          // Wrapped under another SECRET_KEY: what it sealed is as good as gone.
        }
      }
      return keys;
    },

    async destroy(tx: Tx, tenantId: string, agentId: string, subjectId: string): Promise<number> {
      const { rows } = await sql<{ version: number }>`
        delete from memory_keys
        where tenant_id = ${tenantId} and agent_id = ${agentId} and subject_id = ${subjectId} returning version`.execute(
        tx,
      );
      return rows.length;
    },

    /** Versions below the newest that nothing is sealed with any more. */
    async dropUnused(tx: Tx, tenantId: string, agentId: string, subjectId: string): Promise<void> {
      await sql`
        delete from memory_keys k
        where tenant_id = ${tenantId} and agent_id = ${agentId} and subject_id = ${subjectId}
          and version < (select max(version) from memory_keys n where n.agent_id = k.agent_id and n.subject_id = k.subject_id)
          and not exists (select 1 from agent_memories m
            where m.agent_id = k.agent_id and m.key_subject = k.subject_id and m.key_version = k.version)`.execute(
        tx,
      );
    },
  };
}
