// When agents speak: what a room asks of them, one pending turn for a burst, turns that wait for one another, and which turn
// covers a message that has none of its own.
import { type Kysely, sql } from 'kysely';

const STATEMENTS = [
  // No row: the defaults.
  `create table room_floor (
    room_id uuid primary key references rooms,
    tenant_id uuid not null references tenants,
    response_mode text not null default 'lively' check (response_mode in ('off', 'mention', 'helpful', 'lively')),
    interruption text not null default 'queue' check (interruption in ('queue', 'merge', 'restart', 'ignore')),
    updated_by uuid references users,
    updated_at timestamptz not null default now()
  )`,

  'alter table agent_turns add column handling text, add column run_id uuid',
  'create index agent_turns_by_run on agent_turns (run_id) where run_id is not null',

  `alter table agent_runs
    add column gathers boolean not null default false,
    add column due_at timestamptz,
    add column burst integer not null default 0,
    add column after_run_id uuid`,
  // A burst of messages is one pending turn.
  `create unique index agent_runs_gathering on agent_runs (agent_id, room_id) where status = 'queued' and gathers`,
  `create index agent_runs_under_way on agent_runs (room_id, agent_id) where status in ('queued', 'running')`,
  'create index agent_runs_after on agent_runs (after_run_id) where after_run_id is not null',
  // What counts against the limits on what agents say to each other and unasked.
  `create index agent_runs_limited on agent_runs (room_id, finished_at)
    where status = 'completed' and (hop > 1 or trigger_reason = 'score')`,

  'alter table run_steers add column message_id uuid',
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}
