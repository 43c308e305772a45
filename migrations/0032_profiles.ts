// How often what rooms show of somebody changed, and up to which change the log of each room has said so.
import { type Kysely, sql } from 'kysely';

const STATEMENTS = [
  'alter table users add column profile_version integer not null default 0',
  'alter table memberships add column profile_told integer not null default 0',
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}
