// Why an agent spoke unasked or did not: the score of the moment and what moved it.
import { type Kysely, sql } from 'kysely';

const STATEMENTS = [
  'alter table agent_turns add column score real',
  'alter table agent_turns add column parts jsonb',
  // What one act of a person has set off.
  'create index agent_runs_by_root on agent_runs (root_id) where hop > 1',
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}
