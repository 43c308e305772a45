// Commands that people added, and the calls of the last day.
import { type Kysely, sql } from 'kysely';

const STATEMENTS = [
  `create table commands (
    id uuid primary key,
    tenant_id uuid not null references tenants,
    room_id uuid references rooms,
    name text not null,
    description text not null,
    options jsonb not null,
    handler text not null check (handler in ('agent', 'webhook')),
    agent_id uuid references users,
    url text,
    secret text,
    bot_id uuid references users,
    created_by uuid not null references users,
    created_at timestamptz not null default now()
  )`,
  `create unique index commands_name on commands
    (tenant_id, coalesce(room_id, '00000000-0000-0000-0000-000000000000'), name)`,

  `create table command_runs (
    user_id uuid not null references users,
    id uuid not null,
    tenant_id uuid not null references tenants,
    room_id uuid not null references rooms,
    called text not null,
    result jsonb,
    started_at timestamptz not null default now(),
    primary key (user_id, id)
  )`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}
