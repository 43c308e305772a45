// Runs that are paused, steered, stopped with what they had said, and that wait for a person's approval of a tool call.
import { type Kysely, sql } from 'kysely';

const STATEMENTS = [
  // Grows each time a run that was over is opened again: its answer is then another message.
  'alter table agent_runs add column generation integer not null default 0',
  // Time that workers spent on it; waiting for a person is none.
  'alter table agent_runs add column running_ms integer not null default 0',
  'alter table run_steps drop constraint run_steps_kind_check',
  `alter table run_steps add constraint run_steps_kind_check check (kind in ('context', 'model', 'tool', 'steer'))`,

  // What people added to a turn under way; taken up before its next call of the model.
  `create table run_steers (
    run_id uuid not null references agent_runs,
    n integer not null,
    tenant_id uuid not null references tenants,
    by_id uuid not null references users,
    text text not null,
    created_at timestamptz not null default now(),
    primary key (run_id, n)
  )`,

  // A person's word on one exact call. The hashes are computed again when it is carried out.
  `create table tool_approvals (
    id uuid primary key,
    tenant_id uuid not null references tenants,
    agent_id uuid not null references ai_agents,
    run_id uuid not null references agent_runs,
    room_id uuid not null references rooms,
    asker_id uuid not null references users,
    tool_name text not null,
    tool_hash text not null,
    arguments jsonb not null,
    arguments_hash text not null,
    preview text not null,
    effect text not null,
    status text not null default 'pending' check (status in ('pending', 'approved', 'rejected', 'expired', 'cancelled')),
    edited_arguments jsonb,
    edited_hash text,
    decided_by uuid references users,
    decided_at timestamptz,
    comment text,
    expires_at timestamptz not null,
    created_at timestamptz not null default now()
  )`,
  `create index tool_approvals_pending on tool_approvals (tenant_id, expires_at) where status = 'pending'`,
  'create index tool_approvals_by_run on tool_approvals (run_id)',
  'create index tool_approvals_by_agent on tool_approvals (agent_id, id)',
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}
