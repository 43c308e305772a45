// Webhooks out of and into rooms; exports; records of erasures.
import { type Kysely, sql } from 'kysely';

const STATEMENTS = [
  // Entries of the room's log up to seq have become deliveries.
  `create table webhooks (
    id uuid primary key,
    tenant_id uuid not null references tenants,
    room_id uuid not null references rooms,
    url text not null,
    events text[] not null,
    secret text not null,
    previous_secret text,
    previous_until timestamptz,
    seq bigint not null,
    created_by uuid not null references users,
    disabled_at timestamptz,
    disabled_reason text,
    created_at timestamptz not null default now()
  )`,
  'create index webhooks_by_room on webhooks (room_id)',
  // What happened is read from the log when it is sent, so that a deleted text is nowhere.
  `create table webhook_deliveries (
    id uuid primary key,
    tenant_id uuid not null,
    webhook_id uuid not null references webhooks on delete cascade,
    seq bigint not null,
    type text not null,
    status text not null check (status in ('pending', 'delivered', 'failed')),
    attempts integer not null default 0,
    next_at timestamptz not null default now(),
    last_status integer,
    last_error text,
    created_at timestamptz not null default now(),
    done_at timestamptz,
    unique (webhook_id, seq)
  )`,

  `create table incoming_webhooks (
    id uuid primary key,
    tenant_id uuid not null references tenants,
    room_id uuid not null references rooms,
    bot_id uuid not null references users,
    name text not null,
    secret_hash text not null,
    created_by uuid not null references users,
    last_used_at timestamptz,
    revoked_at timestamptz,
    created_at timestamptz not null default now()
  )`,
  'create index incoming_webhooks_by_room on incoming_webhooks (room_id)',

  `create table exports (
    id uuid primary key,
    tenant_id uuid not null references tenants,
    user_id uuid not null references users,
    kind text not null check (kind in ('room', 'user', 'tenant')),
    subject_id uuid not null,
    status text not null check (status in ('waiting', 'ready', 'failed')),
    rows bigint,
    bytes bigint,
    error text,
    created_at timestamptz not null default now(),
    done_at timestamptz
  )`,

  `create table erasures (
    id uuid primary key,
    tenant_id uuid not null references tenants,
    user_id uuid not null,
    erased_by uuid not null,
    report jsonb not null,
    created_at timestamptz not null default now()
  )`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}
