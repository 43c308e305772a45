// What roles may be changed to per room, and moderation: measures against people and agents, slow mode, reports, rules that
// messages are checked by before they are stored, and messages that wait for a moderator.
import { type Kysely, sql } from 'kysely';

const STATEMENTS = [
  // rights: what roles and single members have beyond or short of the usual. Null: nothing was changed.
  // rules_version: 0 while the room has no rules; whoever has read the rules of a version knows them for good.
  `alter table rooms
    add column rights jsonb,
    add column slow_mode_seconds integer not null default 0 check (slow_mode_seconds between 0 and 21600),
    add column rules_version integer not null default 0,
    add column has_bans boolean not null default false`,
  // Somebody has muted them once: the send path looks further only then.
  'alter table users add column sanctioned boolean not null default false',

  // Who put the agent there: where that is its owner, the room's approvers count for it.
  'alter table agent_rooms add column brought_by uuid',

  // Mutes and bans stand while ended_at is null and until has not come; the other kinds are records only.
  `create table moderation_records (
    id uuid primary key,
    tenant_id uuid not null references tenants,
    room_id uuid references rooms,
    kind text not null check (kind in ('mute', 'unmute', 'kick', 'ban', 'unban', 'slow_mode', 'rules', 'held', 'released', 'rejected', 'resolved')),
    user_id uuid references users,
    actor_id uuid references users,
    reason text not null default '',
    until timestamptz,
    details jsonb not null default '{}',
    created_at timestamptz not null default now(),
    ended_at timestamptz,
    ended_by uuid references users
  )`,
  `create index moderation_records_standing on moderation_records (user_id, kind) where ended_at is null and kind in ('mute', 'ban')`,
  'create index moderation_records_of_room on moderation_records (room_id, id)',
  'create index moderation_records_of_user on moderation_records (user_id, id)',

  // Null: not muted. A time in the year 9999: for good.
  `create function muted_here(who uuid, room uuid) returns timestamptz language sql stable as $$
    select max(coalesce(until, timestamptz '9999-01-01 00:00:00Z')) from moderation_records
    where user_id = who and kind = 'mute' and ended_at is null and room_id = room and (until is null or until > now()) $$`,
  `create function muted_until(who uuid, room uuid) returns timestamptz language sql stable as $$
    select max(coalesce(until, timestamptz '9999-01-01 00:00:00Z')) from moderation_records
    where user_id = who and kind = 'mute' and ended_at is null and (room_id is null or room_id = room)
      and (until is null or until > now()) $$`,
  `create function banned_until(who uuid, room uuid) returns timestamptz language sql stable as $$
    select max(coalesce(until, timestamptz '9999-01-01 00:00:00Z')) from moderation_records
    where user_id = who and kind = 'ban' and ended_at is null and room_id = room and (until is null or until > now()) $$`,

  // When somebody spoke last in a room of slow mode; outlives his membership.
  `create table room_speakers (
    room_id uuid not null references rooms,
    user_id uuid not null references users,
    tenant_id uuid not null references tenants,
    spoke_at timestamptz not null,
    primary key (room_id, user_id)
  ) with (fillfactor = 80)`,

  `create table message_reports (
    id uuid primary key,
    tenant_id uuid not null references tenants,
    room_id uuid not null references rooms,
    message_id uuid not null references messages,
    reporter_id uuid not null references users,
    reason text not null,
    comment text not null default '',
    status text not null default 'open' check (status in ('open', 'resolved')),
    action text,
    note text not null default '',
    resolved_by uuid references users,
    resolved_at timestamptz,
    created_at timestamptz not null default now(),
    unique (message_id, reporter_id)
  )`,
  'create index message_reports_of_room on message_reports (room_id, id)',
  `create index message_reports_open on message_reports (tenant_id, id) where status = 'open'`,

  `create table content_rules (
    room_id uuid primary key references rooms,
    tenant_id uuid not null references tenants,
    version integer not null,
    rules jsonb not null,
    updated_by uuid references users,
    updated_at timestamptz not null default now()
  )`,

  // Under the id that the message has when it is released.
  `create table held_messages (
    id uuid primary key,
    tenant_id uuid not null references tenants,
    room_id uuid not null references rooms,
    author_id uuid not null references users,
    send jsonb not null,
    rule text not null,
    state text not null default 'waiting' check (state in ('waiting', 'released', 'rejected')),
    note text not null default '',
    decided_by uuid references users,
    decided_at timestamptz,
    created_at timestamptz not null default now()
  )`,
  'create index held_messages_of_room on held_messages (room_id, state, id)',

  'alter table notifications drop constraint notifications_kind_check',
  `alter table notifications add constraint notifications_kind_check
    check (kind in ('mention', 'reply', 'direct', 'message', 'approval', 'reminder', 'moderation', 'invitation'))`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}
