// What agents may do with tools, tools that people define, and what tools work on: to-dos, calendar and files of a room, and an
// agent's knowledge.
import { type Kysely, sql } from 'kysely';

const STATEMENTS = [
  // Limits on a tool that an agent has. Several rows for one tool: a call is allowed by any that fits.
  `create table tool_grants (
    id uuid primary key,
    tenant_id uuid not null references tenants,
    agent_id uuid not null references ai_agents,
    tool_name text not null,
    limits jsonb not null default '{}',
    approval text not null default 'by_effect' check (approval in ('by_effect', 'always', 'never')),
    expires_at timestamptz,
    granted_by uuid not null references users,
    created_at timestamptz not null default now()
  )`,
  'create index tool_grants_by_agent on tool_grants (agent_id, tool_name)',
  // How the call was decided; calls that were refused use up no rate.
  `alter table tool_executions add column ruling text check (ruling in ('allow', 'ask', 'refuse'))`,
  'create index tool_executions_by_tool on tool_executions (agent_id, tool_name, executed_at)',

  `create table custom_tools (
    id uuid primary key,
    tenant_id uuid not null references tenants,
    owner_id uuid not null references users,
    name text not null,
    description text not null,
    parameters jsonb not null,
    implementation jsonb not null,
    sealed_headers text,
    header_names jsonb not null default '[]',
    effect text not null check (effect in ('pure', 'read', 'write_internal', 'write_external', 'irreversible')),
    permissions jsonb not null default '[]',
    audience text not null default 'room' check (audience in ('room', 'asker')),
    timeout_ms integer not null,
    shared boolean not null default false,
    is_active boolean not null default true,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    deleted_at timestamptz
  )`,
  'create unique index custom_tools_by_name on custom_tools (tenant_id, owner_id, name) where deleted_at is null',

  `create table room_todos (
    id uuid primary key,
    tenant_id uuid not null references tenants,
    room_id uuid not null references rooms,
    title text not null,
    notes text,
    assignee_id uuid references users,
    due_at timestamptz,
    done_at timestamptz,
    created_by uuid not null references users,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
  )`,
  'create index room_todos_by_room on room_todos (room_id, id)',

  `create table calendar_events (
    id uuid primary key,
    tenant_id uuid not null references tenants,
    room_id uuid not null references rooms,
    title text not null,
    description text,
    starts_at timestamptz not null,
    ends_at timestamptz not null,
    created_by uuid not null references users,
    created_at timestamptz not null default now(),
    check (ends_at > starts_at)
  )`,
  'create index calendar_events_by_room on calendar_events (room_id, starts_at)',

  `create table room_files (
    id uuid primary key,
    tenant_id uuid not null references tenants,
    room_id uuid not null references rooms,
    path text not null,
    content_type text not null,
    encoding text not null check (encoding in ('utf8', 'base64')),
    body text not null,
    bytes integer not null,
    version integer not null default 1,
    written_by text,
    updated_by uuid not null references users,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    unique (room_id, path)
  )`,

  `create table knowledge_articles (
    id uuid primary key,
    tenant_id uuid not null references tenants,
    agent_id uuid not null references ai_agents,
    title text not null,
    body text not null,
    words tsvector not null generated always as
      (setweight(to_tsvector('english', title), 'A') || to_tsvector('english', body)) stored,
    created_by uuid not null references users,
    created_at timestamptz not null default now()
  )`,
  'create index knowledge_articles_by_agent on knowledge_articles (agent_id, id)',
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}
