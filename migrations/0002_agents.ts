// Agents: profiles, rooms they are in, turns, runs with their journal, memories, tool executions.
import { type Kysely, sql } from 'kysely';

const STATEMENTS = [
  `create table ai_agents (
    id uuid primary key references users,
    tenant_id uuid not null references tenants,
    name text not null,
    description text,
    created_by uuid references users,
    llm_provider text not null check (llm_provider in ('anthropic', 'openai', 'cloudflare', 'scripted', 'auto')),
    model_name text not null default '',
    system_prompt text not null default '',
    personality jsonb not null default '{}',
    capabilities jsonb not null default '[]',
    memory_enabled boolean not null default true,
    is_active boolean not null default true,
    response_mode text not null default 'mention' check (response_mode in ('mention', 'helpful', 'lively')),
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    deleted_at timestamptz
  )`,
  'create index ai_agents_by_creator on ai_agents (tenant_id, created_by, id)',

  // Which memberships are agents', kept with them: a room of ten thousand people is asked for its agents on every commit.
  `create table agent_rooms (
    room_id uuid not null references rooms,
    agent_id uuid not null references ai_agents,
    tenant_id uuid not null references tenants,
    primary key (room_id, agent_id)
  )`,

  // Every decision to speak or to stay silent, with its reason. Written with every message of a room that has agents, so no
  // foreign keys are checked: the rows come from rows that were read in the same transaction.
  `create table agent_turns (
    message_id uuid not null,
    agent_id uuid not null,
    tenant_id uuid not null,
    room_id uuid not null,
    decision text not null check (decision in ('speak', 'silent')),
    reason text not null,
    created_at timestamptz not null default now(),
    primary key (message_id, agent_id)
  )`,
  'create index agent_turns_by_room on agent_turns (room_id, created_at)',

  `create table agent_runs (
    id uuid primary key,
    tenant_id uuid not null references tenants,
    agent_id uuid not null references ai_agents,
    room_id uuid not null references rooms,
    trigger_message_id uuid not null,
    trigger_reason text not null,
    asker_id uuid not null references users,
    root_id uuid not null,
    hop integer not null,
    status text not null default 'queued' check (status in
      ('queued', 'running', 'waiting_approval', 'paused', 'completed', 'silent', 'failed', 'cancelled', 'needs_attention')),
    reason text,
    provider text,
    model text,
    input_tokens integer not null default 0,
    output_tokens integer not null default 0,
    cost_usd double precision not null default 0,
    reply_message_id uuid,
    lease_epoch integer not null default 0,
    lease_until timestamptz,
    attempts integer not null default 0,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    started_at timestamptz,
    finished_at timestamptz,
    unique (agent_id, trigger_message_id)
  ) with (fillfactor = 80)`,
  `create index agent_runs_open on agent_runs (status, lease_until) where status in ('queued', 'running')`,
  'create index agent_runs_by_agent on agent_runs (agent_id, id)',

  // The journal: what was done is read back, never done again.
  `create table run_steps (
    run_id uuid not null references agent_runs,
    step integer not null,
    tenant_id uuid not null references tenants,
    kind text not null check (kind in ('context', 'model', 'tool')),
    data jsonb not null,
    input_tokens integer not null default 0,
    output_tokens integer not null default 0,
    cost_usd double precision,
    duration_ms integer not null default 0,
    created_at timestamptz not null default now(),
    primary key (run_id, step)
  )`,

  `create table tool_executions (
    id uuid primary key,
    tenant_id uuid not null references tenants,
    agent_id uuid not null references ai_agents,
    run_id uuid references agent_runs,
    room_id uuid,
    tool_name text not null,
    input_data jsonb not null,
    output_data jsonb,
    execution_status text not null default 'pending' check (execution_status in ('pending', 'success', 'error')),
    error_message text,
    executed_at timestamptz not null default now(),
    execution_time_ms integer
  )`,
  'create index tool_executions_by_agent on tool_executions (agent_id, executed_at, id)',
  'create index tool_executions_by_run on tool_executions (run_id)',

  // A vector says which model made it; vectors of different models are never compared.
  `create table agent_memories (
    id uuid primary key,
    tenant_id uuid not null references tenants,
    agent_id uuid not null references ai_agents,
    memory_type text not null check (memory_type in ('conversation', 'fact', 'preference', 'skill')),
    content text not null,
    content_hash text not null,
    content_tsv tsvector not null generated always as (to_tsvector('english', content)) stored,
    embedding vector not null,
    embedding_model text not null,
    embedding_dimensions integer not null,
    importance_score real not null default 0.5 check (importance_score between 0 and 1),
    context jsonb not null default '{}',
    room_id uuid,
    source_message_id uuid,
    source_run_id uuid,
    speaker_id uuid,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    accessed_at timestamptz not null default now(),
    access_count integer not null default 0,
    unique (agent_id, content_hash)
  )`,
  'create index agent_memories_by_agent on agent_memories (agent_id, id)',
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}
