// What explanations need: when somebody read, and his comings and goings in a room without reading its whole log.
import { type Kysely, sql } from 'kysely';

const STATEMENTS = [
  // Null: the mark stands where joining put it, or was moved before this was kept.
  'alter table memberships add column read_at timestamptz',
  `create index room_events_comings on room_events (room_id, (coalesce(payload ->> 'userId', payload -> 'member' -> 'user' ->> 'id')), seq)
    where type in ('member_joined', 'member_left')`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}
