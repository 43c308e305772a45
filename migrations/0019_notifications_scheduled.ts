// Notifications with their levels and quiet hours, and messages and reminders for later.
import { type Kysely, sql } from 'kysely';

const STATEMENTS = [
  // Null: as the kind of the room has it.
  `alter table memberships
    add column notify text check (notify in ('all', 'mentions', 'none')),
    add column muted_until timestamptz`,
  // Somebody wants to hear of every message: known from the row that a send locks anyway.
  'alter table rooms add column loud boolean not null default false',

  `create table notification_settings (
    user_id uuid primary key references users,
    tenant_id uuid not null references tenants,
    last_place bigint not null default 0,
    quiet_from text,
    quiet_to text,
    time_zone text
  ) with (fillfactor = 80)`,

  // In the order of its owner. What it is about is read when it is shown; key names it, so that it is made once.
  `create table notifications (
    id uuid primary key,
    tenant_id uuid not null references tenants,
    user_id uuid not null references users,
    place bigint not null,
    key text not null,
    kind text not null check (kind in ('mention', 'reply', 'direct', 'message', 'approval', 'reminder')),
    room_id uuid,
    message_id uuid,
    subject jsonb not null default '{}',
    created_at timestamptz not null default now(),
    read_at timestamptz,
    unique (user_id, key),
    unique (user_id, place)
  )`,
  'create index notifications_unread on notifications (user_id) where read_at is null',

  // What a person leaves to be sent, or to be reminded of. version grows with each change: a job of an older one does nothing.
  `create table scheduled_items (
    id uuid primary key,
    tenant_id uuid not null references tenants,
    user_id uuid not null references users,
    kind text not null check (kind in ('message', 'reminder')),
    room_id uuid references rooms,
    thread_id uuid,
    message_id uuid,
    body text not null default '',
    due_at timestamptz not null,
    version integer not null default 1,
    status text not null default 'waiting' check (status in ('waiting', 'done', 'cancelled', 'failed')),
    reason text,
    sent_message_id uuid,
    created_at timestamptz not null default now(),
    done_at timestamptz
  )`,
  `create index scheduled_items_waiting on scheduled_items (due_at) where status = 'waiting'`,
  'create index scheduled_items_of on scheduled_items (user_id, due_at)',
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}
