// What people do with messages: reactions, pins, versions of edits, threads, saved messages, drafts, and rooms marked unread.
import { type Kysely, sql } from 'kysely';

const STATEMENTS = [
  `alter table rooms add column reaction_mode text not null default 'any' check (reaction_mode in ('any', 'one', 'off'))`,

  // What a message shows of its satellites, kept with it: reading a page of history or of the log joins nothing.
  `alter table messages
    add column reactions jsonb not null default '[]',
    add column pinned_at timestamptz,
    add column pinned_by uuid,
    add column reply_count integer not null default 0,
    add column last_reply_seq bigint,
    add column last_reply_at timestamptz`,
  'create index messages_pinned on messages (room_id, pinned_at) where pinned_at is not null',
  'create index messages_with_replies on messages (room_id, last_reply_seq) where reply_count > 0',
  `update messages m set reply_count = r.n, last_reply_seq = r.seq, last_reply_at = r.at
    from (select thread_id, count(*) as n, max(seq) as seq, max(created_at) as at
      from messages where thread_id is not null and deleted_at is null group by thread_id) r
    where r.thread_id = m.id`,

  `create table message_reactions (
    message_id uuid not null references messages,
    user_id uuid not null references users,
    emoji text not null,
    tenant_id uuid not null references tenants,
    created_at timestamptz not null default now(),
    primary key (message_id, user_id, emoji)
  )`,

  // What a message said before an edit. A version is written once; deleting the message deletes them.
  `create table message_versions (
    message_id uuid not null references messages,
    version integer not null,
    tenant_id uuid not null references tenants,
    body text not null,
    mentions jsonb not null,
    written_at timestamptz not null,
    primary key (message_id, version)
  )`,

  // What someone chose or read in a thread; whoever takes part in one follows it without a row.
  `create table thread_marks (
    root_id uuid not null references messages,
    user_id uuid not null references users,
    tenant_id uuid not null references tenants,
    read_seq bigint not null default 0,
    following boolean,
    primary key (root_id, user_id)
  )`,

  `create table saved_messages (
    user_id uuid not null references users,
    message_id uuid not null references messages,
    tenant_id uuid not null references tenants,
    room_id uuid not null references rooms,
    note text not null default '',
    saved_at timestamptz not null default now(),
    primary key (user_id, message_id)
  )`,

  // With the membership, which every send looks at anyway. draft_at stays when the draft is gone: an older one is then too late.
  `alter table memberships
    add column unread_from bigint,
    add column draft text,
    add column draft_at timestamptz`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}
