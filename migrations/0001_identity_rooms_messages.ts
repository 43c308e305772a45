// Tenants, users, rooms, memberships, the room log and messages.
import { type Kysely, sql } from 'kysely';

const STATEMENTS = [
  'create extension if not exists vector',
  'create extension if not exists pg_trgm',

  // Facts about this database: its epoch changes when it is restored, so that clients resync.
  'create table system_facts (key text primary key, value text not null)',
  `insert into system_facts values ('epoch', gen_random_uuid()::text)`,

  `create table tenants (
    id uuid primary key,
    name text not null,
    created_at timestamptz not null default now()
  )`,

  `create table users (
    id uuid primary key,
    tenant_id uuid not null references tenants,
    kind text not null check (kind in ('human', 'agent')),
    handle text not null,
    handle_key text not null,
    name text not null,
    avatar_url text,
    owner_id uuid references users,
    role text not null default 'member' check (role in ('admin', 'member')),
    suspended_at timestamptz,
    deleted_at timestamptz,
    created_at timestamptz not null default now(),
    unique (tenant_id, handle_key)
  )`,
  'create index users_by_handle on users (tenant_id, handle)',

  `create table rooms (
    id uuid primary key,
    tenant_id uuid not null references tenants,
    slug text,
    kind text not null check (kind in ('channel', 'group', 'direct')),
    name text not null,
    topic text,
    visibility text not null check (visibility in ('public', 'private')),
    agents_allowed boolean not null default true,
    direct_key text,
    last_seq bigint not null default 0,
    created_by uuid references users,
    created_at timestamptz not null default now(),
    deleted_at timestamptz,
    unique (tenant_id, slug),
    unique (tenant_id, direct_key)
  ) with (fillfactor = 70)`,

  `create table memberships (
    room_id uuid not null references rooms,
    user_id uuid not null references users,
    tenant_id uuid not null references tenants,
    role text not null default 'member' check (role in ('owner', 'admin', 'member')),
    read_seq bigint not null default 0,
    joined_at timestamptz not null default now(),
    primary key (room_id, user_id)
  ) with (fillfactor = 80)`,
  'create index memberships_by_user on memberships (user_id, room_id)',

  `create table messages (
    id uuid primary key,
    tenant_id uuid not null,
    room_id uuid not null references rooms,
    seq bigint not null,
    author_id uuid not null references users,
    kind text not null check (kind in ('text', 'agent', 'system')),
    body text not null,
    thread_id uuid,
    mentions jsonb not null default '[]',
    metadata jsonb not null default '{}',
    run jsonb,
    root_id uuid,
    hop integer not null default 0,
    version integer not null default 1,
    created_at timestamptz not null default now(),
    edited_at timestamptz,
    deleted_at timestamptz,
    unique (room_id, seq)
  )`,
  'create index messages_by_thread on messages (thread_id, seq) where thread_id is not null',

  // The room log. Entries about a message hold its id and are shown with its present state; others hold their payload.
  `create table room_events (
    room_id uuid not null references rooms,
    seq bigint not null,
    tenant_id uuid not null,
    type text not null,
    message_id uuid,
    payload jsonb,
    created_at timestamptz not null default now(),
    primary key (room_id, seq)
  )`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}
