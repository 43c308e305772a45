// Outside MCP servers that people connect for their agents, and the tools these offer, each pinned by a hash of its definition.
import { type Kysely, sql } from 'kysely';

const STATEMENTS = [
  `create table mcp_servers (
    id uuid primary key,
    tenant_id uuid not null references tenants,
    owner_id uuid not null references users,
    name text not null,
    url text,
    program text,
    sealed_headers text,
    header_names jsonb not null default '[]',
    is_active boolean not null default true,
    revision integer not null default 1,
    last_error text,
    listed_at timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    deleted_at timestamptz,
    check ((url is null) <> (program is null))
  )`,
  'create unique index mcp_servers_by_name on mcp_servers (tenant_id, owner_id, name) where deleted_at is null',

  // A tool is usable while what was approved is what the server offers.
  `create table mcp_tools (
    id uuid primary key,
    tenant_id uuid not null references tenants,
    server_id uuid not null references mcp_servers,
    name text not null,
    tool_name text not null,
    definition jsonb not null,
    hash text not null,
    is_offered boolean not null default true,
    approved_hash text,
    approved_effect text check (approved_effect in ('read', 'write_external', 'irreversible')),
    approved_by uuid references users,
    approved_at timestamptz,
    seen_at timestamptz not null default now(),
    unique (server_id, name),
    unique (server_id, tool_name)
  )`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}
