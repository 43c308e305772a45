// Conversations of agents, what people think of their answers, documents they were trained with, and when they begin by themselves.
import { type Kysely, sql } from 'kysely';

const STATEMENTS = [
  // The summary cites sentences of messages instead of holding them: what is deleted or withdrawn is gone from it at once.
  `create table agent_conversations (
    id uuid primary key,
    tenant_id uuid not null references tenants,
    agent_id uuid not null references ai_agents,
    room_id uuid not null references rooms,
    conversation_summary jsonb not null default '[]',
    last_message_at timestamptz,
    last_message_id uuid,
    message_count integer not null default 0,
    relationship_data jsonb not null default '{}',
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    unique (agent_id, room_id)
  )`,
  'create index agent_runs_by_place on agent_runs (agent_id, room_id, id)',

  // A person's word on an answer; the last one counts.
  `create table agent_feedback (
    message_id uuid not null,
    user_id uuid not null references users,
    tenant_id uuid not null references tenants,
    agent_id uuid not null references ai_agents,
    room_id uuid not null references rooms,
    rating smallint not null check (rating in (-1, 1)),
    comment text,
    memory_ids uuid[] not null default '{}',
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    primary key (message_id, user_id)
  )`,
  'create index agent_feedback_by_agent on agent_feedback (agent_id, updated_at)',

  // How much feedback of late moves the score of speaking unasked in a room.
  'alter table agent_rooms add column readiness real not null default 0',

  // What feedback would change about an agent: nothing, until its owner says so.
  `create table agent_suggestions (
    id uuid primary key,
    tenant_id uuid not null references tenants,
    agent_id uuid not null references ai_agents,
    kind text not null,
    votes integer not null,
    status text not null default 'open' check (status in ('open', 'accepted', 'dismissed')),
    decided_by uuid references users,
    created_at timestamptz not null default now(),
    decided_at timestamptz
  )`,
  `create unique index agent_suggestions_open on agent_suggestions (agent_id, kind) where status = 'open'`,
  'create index agent_suggestions_by_agent on agent_suggestions (agent_id, id)',

  `create table training_documents (
    id uuid primary key,
    tenant_id uuid not null references tenants,
    agent_id uuid not null references ai_agents,
    title text not null,
    source text,
    content_hash text not null,
    chars integer not null,
    chunks integer not null,
    created_by uuid not null references users,
    created_at timestamptz not null default now(),
    unique (agent_id, content_hash)
  )`,
  // A vector says which model made it; vectors of different models are never compared.
  `create table training_chunks (
    document_id uuid not null references training_documents on delete cascade,
    ordinal integer not null,
    tenant_id uuid not null references tenants,
    agent_id uuid not null references ai_agents,
    content text not null,
    content_hash text not null,
    words tsvector not null generated always as (to_tsvector('english', content)) stored,
    embedding vector not null,
    embedding_model text not null,
    embedding_dimensions integer not null,
    primary key (document_id, ordinal)
  )`,
  'create index training_chunks_by_agent on training_chunks (agent_id)',
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}
