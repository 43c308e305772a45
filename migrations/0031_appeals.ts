// Appeals against what moderators did: one for each act, decided once.
import { type Kysely, sql } from 'kysely';

const STATEMENTS = [
  `create table moderation_appeals (
    id uuid primary key,
    tenant_id uuid not null references tenants,
    record_id uuid not null unique references moderation_records,
    room_id uuid references rooms,
    user_id uuid not null references users,
    appellant_id uuid not null references users,
    reason text not null,
    status text not null default 'open' check (status in ('open', 'granted', 'upheld')),
    note text not null default '',
    decided_by uuid references users,
    decided_at timestamptz,
    created_at timestamptz not null default now()
  )`,
  'create index moderation_appeals_of_room on moderation_appeals (room_id, id)',
  `create index moderation_appeals_open on moderation_appeals (tenant_id, id) where status = 'open'`,
  'alter table moderation_records drop constraint moderation_records_kind_check',
  `alter table moderation_records add constraint moderation_records_kind_check
    check (kind in ('mute', 'unmute', 'kick', 'ban', 'unban', 'slow_mode', 'rules', 'held', 'released', 'rejected', 'resolved',
      'appealed', 'appeal_granted', 'appeal_upheld'))`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}
