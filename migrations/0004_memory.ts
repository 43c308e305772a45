// Memories with layers, times of validity, audiences, consent and keys; what an agent knows of a room is counted up by revisions.
import { type Kysely, sql } from 'kysely';

const STATEMENTS = [
  `alter table agent_memories
    add column layer text not null default 'fact' check (layer in ('turn', 'fact', 'episode', 'relationship', 'note')),
    add column slot text,
    add column subject_id uuid,
    add column valid_from timestamptz,
    add column valid_to timestamptz,
    add column superseded_by uuid,
    add column occurred_at timestamptz not null default now(),
    add column audience text not null default 'room' check (audience in ('everyone', 'room')),
    add column trust text not null default 'told' check (trust in ('owner', 'told', 'extracted', 'quarantined')),
    add column consent text not null default 'explicit' check (consent in ('explicit', 'granted')),
    add column state text not null default 'active' check (state in ('active', 'cold', 'archived')),
    add column pinned boolean not null default false,
    add column due_at timestamptz,
    add column evidence uuid[] not null default '{}',
    add column sensitive boolean not null default false,
    add column sealed bytea,
    add column key_subject uuid,
    add column key_version integer,
    add column revision bigint not null default 0`,
  'alter table agent_memories alter column embedding drop not null',
  `update agent_memories set audience = 'everyone', trust = 'owner' where room_id is null`,
  'update agent_memories set occurred_at = created_at',
  'create index agent_memories_by_revision on agent_memories (agent_id, revision)',
  'create index agent_memories_by_slot on agent_memories (agent_id, slot) where slot is not null and valid_to is null',
  'create index agent_memories_by_speaker on agent_memories (tenant_id, agent_id, speaker_id)',
  'create index agent_memories_by_subject on agent_memories (tenant_id, agent_id, subject_id)',
  'create index agent_memories_by_source on agent_memories (source_message_id) where source_message_id is not null',

  // One row per agent: every change of its memories takes the next revision under this row's lock, so that a node that holds
  // an index reads only what changed; a purge makes all nodes read anew.
  `create table memory_states (
    agent_id uuid primary key references ai_agents,
    tenant_id uuid not null references tenants,
    revision bigint not null default 0,
    reload_revision bigint not null default 0,
    retention_days integer check (retention_days between 1 and 3650),
    reviewed_at timestamptz
  )`,

  // Data keys, wrapped by the server's own; without its row what it sealed is unreadable.
  `create table memory_keys (
    agent_id uuid not null references ai_agents,
    subject_id uuid not null,
    version integer not null,
    tenant_id uuid not null references tenants,
    wrapped bytea not null,
    created_at timestamptz not null default now(),
    primary key (agent_id, subject_id, version)
  )`,

  `create table memory_consents (
    agent_id uuid not null references ai_agents,
    user_id uuid not null references users,
    tenant_id uuid not null references tenants,
    status text not null check (status in ('granted', 'refused')),
    updated_at timestamptz not null default now(),
    primary key (agent_id, user_id)
  )`,

  // What was erased, corrected or consented to, in numbers only.
  `create table memory_receipts (
    id uuid primary key,
    tenant_id uuid not null references tenants,
    agent_id uuid not null references ai_agents,
    user_id uuid not null references users,
    action text not null check (action in ('forget', 'correct', 'consent')),
    counts jsonb not null,
    created_at timestamptz not null default now()
  )`,
  'create index memory_receipts_by_user on memory_receipts (tenant_id, user_id, id)',

  // How far an agent has taken in a room.
  `create table memory_watermarks (
    agent_id uuid not null references ai_agents,
    room_id uuid not null references rooms,
    tenant_id uuid not null references tenants,
    upto_seq bigint not null default 0,
    primary key (agent_id, room_id)
  )`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}
