// What a run had said when it came to rest, for those who come meanwhile and for a stop that finds it resting; who judged a
// text: the server's own rules, or a moderation service; and how often a to-do was changed.
import { type Kysely, sql } from 'kysely';

const STATEMENTS = [
  'alter table agent_runs add column partial text',
  `create index agent_runs_resting on agent_runs (room_id)
    where status in ('waiting_approval', 'paused') or partial is not null`,

  // A text that a person put into a call that waits belongs to no message.
  'alter table content_checks alter column message_id drop not null',
  `alter table content_checks
    add column execution_id uuid,
    add column judge text not null default 'rules'`,

  // Tells those who are shown changes as they happen which of two is the newer.
  'alter table room_todos add column version integer not null default 1',
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}
