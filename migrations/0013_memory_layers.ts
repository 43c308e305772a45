// Memories by family, who vouches for what is in quarantine, and finding at once what was made from a memory.
import { type Kysely, sql } from 'kysely';

const STATEMENTS = [
  `alter table agent_memories
    add column kind text not null default 'semantic' check (kind in ('episodic', 'semantic', 'procedural', 'social')),
    add column vouchers text[] not null default '{}'`,
  `update agent_memories set kind = case memory_type
    when 'conversation' then 'episodic' when 'preference' then 'social' when 'skill' then 'procedural' else 'semantic' end`,
  'create index agent_memories_by_evidence on agent_memories using gin (evidence)',
  `create index agent_memories_quarantined on agent_memories (agent_id, id) where trust = 'quarantined'`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}
