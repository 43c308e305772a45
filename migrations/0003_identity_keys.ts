// Sign-in from outside: users and tenants of an identity provider, API keys, revocations, webhooks taken in.
import { type Kysely, sql } from 'kysely';

const STATEMENTS = [
  'alter table tenants add column external_id text unique, add column deleted_at timestamptz',
  // One person in two tenants is two users.
  'alter table users add column external_id text',
  `create unique index users_by_external_id on users (external_id, tenant_id) where external_id is not null`,

  `create table api_keys (
    id uuid primary key,
    tenant_id uuid not null references tenants,
    user_id uuid not null references users,
    name text not null,
    short_id text not null unique,
    secret_hash text not null,
    scopes jsonb not null,
    role text not null check (role in ('admin', 'member')),
    expires_at timestamptz,
    last_used_at timestamptz,
    revoked_at timestamptz,
    created_at timestamptz not null default now()
  )`,
  'create index api_keys_by_tenant on api_keys (tenant_id, id)',

  // What was revoked: looked up by credential while the credential could still be valid, and read by nodes that missed it.
  `create table revocations (
    id uuid primary key,
    tenant_id uuid not null references tenants,
    user_id uuid references users,
    credential_id text,
    reason text not null,
    expires_at timestamptz not null,
    created_at timestamptz not null default now()
  )`,
  'create index revocations_by_credential on revocations (credential_id) where credential_id is not null',
  'create index revocations_by_time on revocations (created_at)',
  'create index revocations_by_end on revocations (expires_at)',

  // What the identity provider told about people, organisations and memberships, whether or not they came here yet.
  // Belongs to no tenant: the provider's people are the same in all of them.
  `create table directory (
    external_id text primary key,
    name text,
    handle text,
    avatar_url text,
    role text,
    changed_at timestamptz not null,
    removed_at timestamptz
  )`,

  `create table webhook_receipts (
    id text primary key,
    received_at timestamptz not null default now()
  )`,
  'create index webhook_receipts_by_time on webhook_receipts (received_at)',
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}
