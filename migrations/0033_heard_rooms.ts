// Which rooms have, or once had, an agent among their members: in others nobody need be asked what agents make of a message. Kept by the
// database, so that it also holds while nodes of an earlier version run.
import { type Kysely, sql } from 'kysely';

const STATEMENTS = [
  'alter table rooms add column heard boolean not null default false',
  'update rooms set heard = true where id in (select room_id from agent_rooms)',
  `create function room_is_heard() returns trigger language plpgsql as $$
    begin
      update rooms set heard = true where id = new.room_id and not heard;
      return null;
    end $$`,
  'create trigger room_is_heard after insert on agent_rooms for each row execute function room_is_heard()',
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}
