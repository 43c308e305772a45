// Effects outside of the server, and what guards them: approvals and standing approvals, intents, revisions of an agent's
// settings, and how well an agent has been doing.
import { type Kysely, sql } from 'kysely';

const STATEMENTS = [
  `alter table tool_approvals
    add column execution_id uuid not null,
    add column preview_hash text not null,
    add column edited_preview text,
    add column edited_preview_hash text`,
  'alter table tool_approvals add constraint tool_approvals_once unique (execution_id)',

  // A person's word on calls to come, within limits: this agent, tool, room and asker, so often and so long.
  `create table standing_approvals (
    id uuid primary key,
    tenant_id uuid not null references tenants,
    agent_id uuid not null references ai_agents,
    room_id uuid not null references rooms,
    asker_id uuid not null references users,
    tool_name text not null,
    tool_hash text not null,
    fixed jsonb not null,
    uses_left integer not null check (uses_left >= 0),
    expires_at timestamptz not null,
    approval_id uuid not null references tool_approvals,
    by_id uuid not null references users,
    revoked_at timestamptz,
    created_at timestamptz not null default now()
  )`,
  'create index standing_approvals_by_agent on standing_approvals (agent_id, id)',

  // An intent stands before an effect outside; without a result after it, nobody knows whether it happened.
  'alter table run_steps drop constraint run_steps_kind_check',
  `alter table run_steps add constraint run_steps_kind_check
    check (kind in ('context', 'model', 'approval', 'intent', 'tool', 'steer'))`,
  'alter table tool_executions drop constraint tool_executions_execution_status_check',
  `alter table tool_executions add constraint tool_executions_execution_status_check
    check (execution_status in ('pending', 'success', 'error', 'unknown'))`,
  `create index agent_runs_unsettled on agent_runs (agent_id, id) where status = 'needs_attention'`,

  // Every state that an agent's settings had. The agent points at the one that counts, a run at the one it began with.
  `create table agent_revisions (
    agent_id uuid not null references ai_agents,
    revision integer not null,
    tenant_id uuid not null references tenants,
    settings jsonb not null,
    by_id uuid references users,
    created_at timestamptz not null default now(),
    primary key (agent_id, revision)
  )`,
  'alter table ai_agents add column revision integer not null default 1',
  'alter table agent_runs add column revision integer',
  `insert into agent_revisions (agent_id, revision, tenant_id, settings, by_id, created_at)
    select id, 1, tenant_id, jsonb_build_object(
      'name', name, 'description', description, 'llmProvider', llm_provider, 'modelName', model_name,
      'systemPrompt', system_prompt, 'personality', personality, 'capabilities', capabilities,
      'memoryEnabled', memory_enabled, 'responseMode', response_mode), created_by, created_at
    from ai_agents`,

  // Failures in a row, and whether the agent may only look and answer until it does better.
  `create table agent_health (
    agent_id uuid primary key references ai_agents,
    tenant_id uuid not null references tenants,
    failures integer not null default 0,
    successes integer not null default 0,
    analysis_only_since timestamptz,
    reason text,
    updated_at timestamptz not null default now()
  )`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}
