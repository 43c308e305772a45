// Signing in at outside MCP servers: what their owner was given there, and consents that are under way.
import { type Kysely, sql } from 'kysely';

const STATEMENTS = [
  // One for each server, which has one owner. `sealed` holds client, tokens and what was discovered.
  `create table mcp_credentials (
    server_id uuid primary key references mcp_servers,
    tenant_id uuid not null references tenants,
    owner_id uuid not null references users,
    status text not null check (status in ('connected', 'needs_authorization')),
    issuer text,
    sealed text,
    scope text,
    required_scope text,
    resource_metadata_url text,
    expires_at timestamptz,
    version integer not null default 1,
    refreshing_until timestamptz,
    connected_at timestamptz,
    updated_at timestamptz not null default now()
  )`,
  `create table mcp_oauth_flows (
    id uuid primary key,
    tenant_id uuid not null references tenants,
    server_id uuid not null references mcp_servers unique,
    user_id uuid not null references users,
    sign_in_id text not null,
    state_hash text not null unique,
    sealed text not null,
    expires_at timestamptz not null,
    created_at timestamptz not null default now()
  )`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}
