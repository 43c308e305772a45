// Lanes of runs; agents that speak first: their settings, goals, and what they considered saying; runs replayed with a model.
import { type Kysely, sql } from 'kysely';

const STATEMENTS = [
  `alter table agent_runs add column lane text not null default 'interactive' check (lane in ('interactive', 'background'))`,

  `alter table ai_agents add column proactive jsonb not null default '{}'`,
  `alter table rooms add column agents_proactive text not null default 'by_invitation'
    check (agents_proactive in ('never', 'by_invitation', 'always'))`,
  // An owner or admin of the room brought it.
  'alter table agent_rooms add column invited_by_admin boolean not null default false',

  // A goal without a room is pursued wherever the agent may speak first.
  `create table agent_goals (
    id uuid primary key,
    tenant_id uuid not null references tenants,
    agent_id uuid not null references ai_agents,
    room_id uuid references rooms,
    text text not null,
    due_at timestamptz,
    state text not null default 'open' check (state in ('open', 'done')),
    created_by uuid not null references users,
    created_at timestamptz not null default now(),
    done_at timestamptz,
    done_by uuid references users
  )`,
  'create index agent_goals_by_agent on agent_goals (agent_id, id)',
  `create index agent_goals_open on agent_goals (agent_id) where state = 'open'`,

  // One row for each reason to speak first in a room. It begins at most one run, which has this row's id for its trigger.
  `create table agent_openings (
    id uuid primary key,
    tenant_id uuid not null references tenants,
    agent_id uuid not null references ai_agents,
    room_id uuid not null references rooms,
    kind text not null check (kind in ('goal', 'todo_due', 'calendar_soon', 'unanswered')),
    subject_id uuid not null,
    occasion text not null,
    asker_id uuid not null references users,
    after_seq integer not null,
    decision text not null check (decision in ('speak', 'silent')),
    reason text not null,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    unique (agent_id, room_id, kind, subject_id, occasion)
  )`,
  'create index agent_openings_by_agent on agent_openings (agent_id, id)',
  'create index agent_openings_by_place on agent_openings (agent_id, room_id, updated_at)',
  'create index agent_runs_by_reply on agent_runs (reply_message_id) where reply_message_id is not null',

  // Recorded runs asked anew of a model, without any effect.
  `create table agent_replays (
    id uuid primary key,
    tenant_id uuid not null references tenants,
    requested_by uuid not null references users,
    agent_id uuid references ai_agents,
    room_id uuid references rooms,
    settings jsonb not null,
    status text not null default 'queued' check (status in ('queued', 'running', 'completed', 'cancelled')),
    total integer not null,
    created_at timestamptz not null default now(),
    finished_at timestamptz
  )`,
  'create index agent_replays_by_person on agent_replays (tenant_id, requested_by, id)',
  `create table agent_replay_runs (
    replay_id uuid not null references agent_replays on delete cascade,
    n integer not null,
    tenant_id uuid not null references tenants,
    run_id uuid not null references agent_runs on delete cascade,
    agent_id uuid not null references ai_agents,
    status text not null default 'queued' check (status in ('queued', 'done', 'failed')),
    reason text,
    result jsonb,
    input_tokens integer not null default 0,
    output_tokens integer not null default 0,
    cost_usd double precision,
    primary key (replay_id, n)
  )`,
  'create index agent_replay_runs_by_run on agent_replay_runs (run_id)',
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}
