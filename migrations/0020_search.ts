// Search: the words of messages, kept by reading the rooms' logs, and how far each log was read. Settings of rooms.
import { type Kysely, sql } from 'kysely';

const STATEMENTS = [
  // Written by the indexer alone, never in the transaction of a send.
  `create table message_words (
    message_id uuid primary key,
    tenant_id uuid not null,
    room_id uuid not null references rooms,
    author_id uuid not null,
    has_link boolean not null,
    created_at timestamptz not null,
    words tsvector not null
  )`,
  'create index message_words_by_word on message_words using gin (words)',
  'create index message_words_by_time on message_words (room_id, created_at, message_id)',
  'create index message_words_by_author on message_words (author_id, created_at)',

  // Entries of a room's log up to seq are in message_words.
  `create table search_marks (
    room_id uuid primary key references rooms,
    tenant_id uuid not null,
    seq bigint not null default 0
  )`,

  `create table room_settings (
    room_id uuid primary key references rooms,
    tenant_id uuid not null,
    language text not null default 'english',
    link_previews boolean not null default true,
    retention_days integer check (retention_days between 1 and 3650),
    updated_at timestamptz not null default now()
  )`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}
