// Emergency stops of agents; what model calls may and did cost; what was held back of agents' texts.
import { type Kysely, sql } from 'kysely';

const STATEMENTS = [
  `create table agent_stops (
    id uuid primary key,
    tenant_id uuid not null references tenants,
    target text not null check (target in ('agent', 'owner', 'room', 'all')),
    target_id uuid,
    reason text not null,
    set_by uuid not null references users,
    by_administrator boolean not null,
    stopped_runs integer not null default 0,
    created_at timestamptz not null default now(),
    lifted_by uuid references users,
    lifted_at timestamptz,
    lift_reason text,
    check ((target = 'all') = (target_id is null))
  )`,
  // One that stands for each target, and one more of administrators, which owners cannot lift.
  `create unique index agent_stops_standing on agent_stops
    (tenant_id, target, coalesce(target_id, '00000000-0000-0000-0000-000000000000'), by_administrator) where lifted_at is null`,
  'create index agent_stops_by_tenant on agent_stops (tenant_id, id)',

  // Taken shared by whoever commits something for an agent, alone by whoever sets a stop: what is committed after a stop knows it.
  // Two statements in one call: the second sees what was committed while the first waited.
  `create function agent_is_stopped(tenant uuid, agent uuid, room uuid) returns boolean language plpgsql volatile as $$
  begin
    perform pg_advisory_xact_lock_shared(hashtextextended('agent_stops:' || tenant, 0));
    return exists (
      select from agent_stops s where s.tenant_id = tenant and s.lifted_at is null and (
        s.target = 'all'
        or (s.target = 'agent' and s.target_id = agent)
        or (s.target = 'room' and s.target_id = room)
        or (s.target = 'owner' and s.target_id = (select created_by from ai_agents where id = agent))));
  end $$`,

  // What may be spent in a day and by one run. Tokens are the raw measure; money is in millionths of a dollar.
  `create table budgets (
    id uuid primary key,
    tenant_id uuid not null references tenants,
    target text not null check (target in ('tenant', 'owner', 'agent')),
    target_id uuid not null,
    tokens_per_day bigint check (tokens_per_day >= 0),
    micros_per_day bigint check (micros_per_day >= 0),
    tokens_per_run bigint check (tokens_per_run >= 0),
    micros_per_run bigint check (micros_per_run >= 0),
    by_administrator boolean not null,
    updated_by uuid not null references users,
    updated_at timestamptz not null default now(),
    unique (tenant_id, target, target_id, by_administrator)
  )`,

  // What was spent and is held for calls under way, by day of the database's clock (UTC). A run has one row, on the day it began to spend.
  `create table spending (
    tenant_id uuid not null references tenants,
    target text not null check (target in ('tenant', 'owner', 'agent', 'run')),
    target_id uuid not null,
    day date not null,
    calls integer not null default 0,
    input_tokens bigint not null default 0,
    output_tokens bigint not null default 0,
    micros bigint not null default 0,
    unpriced_calls integer not null default 0,
    held_tokens bigint not null default 0,
    held_micros bigint not null default 0,
    primary key (tenant_id, target, target_id, day)
  )`,

  // Every model call, also those that were refused. \`held\` until it is known what it cost; \`lost\` when that was never heard.
  `create table model_calls (
    id uuid primary key,
    tenant_id uuid not null references tenants,
    agent_id uuid not null references ai_agents,
    owner_id uuid,
    run_id uuid,
    day date not null,
    provider text not null,
    model text not null,
    status text not null check (status in ('held', 'settled', 'lost', 'refused')),
    reason text,
    held_tokens bigint not null,
    held_micros bigint not null default 0,
    input_tokens bigint not null default 0,
    output_tokens bigint not null default 0,
    micros bigint,
    held_until timestamptz,
    created_at timestamptz not null default now(),
    settled_at timestamptz
  )`,
  'create index model_calls_by_agent on model_calls (tenant_id, agent_id, id)',
  'create index model_calls_by_run on model_calls (tenant_id, run_id, id)',
  `create index model_calls_held on model_calls (held_until) where status = 'held'`,

  // Dollars for a million tokens, instead of or beside the prices that come with the program.
  `create table model_prices (
    tenant_id uuid not null references tenants,
    model text not null,
    input double precision not null check (input >= 0),
    output double precision not null check (output >= 0),
    above_tokens integer check (above_tokens > 0),
    above_input double precision check (above_input >= 0),
    above_output double precision check (above_output >= 0),
    updated_by uuid not null references users,
    updated_at timestamptz not null default now(),
    primary key (tenant_id, model),
    check ((above_tokens is null) = (above_input is null) and (above_tokens is null) = (above_output is null))
  )`,

  // What the filter found in a text of an agent: names of rules, never the text.
  `create table content_checks (
    id uuid primary key,
    tenant_id uuid not null references tenants,
    agent_id uuid not null references ai_agents,
    room_id uuid not null references rooms,
    run_id uuid,
    message_id uuid not null,
    verdict text not null check (verdict in ('redacted', 'blocked')),
    findings jsonb not null,
    created_at timestamptz not null default now()
  )`,
  'create index content_checks_by_agent on content_checks (tenant_id, agent_id, id)',
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}
