// Queries on commands and their calls. No policy.
import { type Insertable, type Selectable, sql, type Updateable } from 'kysely';
import type { Db, Tx } from '../../core/db/database.ts';
import type { CommandRunsTable, CommandsTable } from './tables.ts';

export type CommandRow = Selectable<CommandsTable>;
export type RunRow = Selectable<CommandRunsTable>;

/** Of the tenant and of the room, by name; a room's own comes after the tenant's. */
export const listFor = (db: Db, tenantId: string, roomId: string): Promise<CommandRow[]> =>
  db
    .selectFrom('commands')
    .selectAll()
    .where('tenantId', '=', tenantId)
    .where((eb) => eb.or([eb('roomId', 'is', null), eb('roomId', '=', roomId)]))
    .orderBy('name')
    .orderBy(sql`room_id nulls first`)
    .execute();

export const findCommand = (db: Db | Tx, tenantId: string, id: string): Promise<CommandRow | undefined> =>
  db
    .selectFrom('commands')
    .selectAll()
    .where('tenantId', '=', tenantId)
    .where('id', '=', id)
    .executeTakeFirst();

export const countCommands = async (tx: Tx, tenantId: string, roomId: string | null): Promise<number> =>
  (
    await tx
      .selectFrom('commands')
      .select((eb) => eb.fn.countAll<number>().as('n'))
      .where('tenantId', '=', tenantId)
      .where('roomId', roomId === null ? 'is' : '=', roomId)
      .executeTakeFirstOrThrow()
  ).n;

/** Undefined where the name is taken. */
export const insertCommand = (tx: Tx, row: Insertable<CommandsTable>): Promise<CommandRow | undefined> =>
  tx
    .insertInto('commands')
    .values(row)
    .onConflict((oc) => oc.doNothing())
    .returningAll()
    .executeTakeFirst();

export const updateCommand = (
  tx: Tx,
  tenantId: string,
  id: string,
  set: Updateable<CommandsTable>,
): Promise<CommandRow | undefined> =>
  tx
    .updateTable('commands')
    .set({ ...set, id })
    .where('tenantId', '=', tenantId)
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirst();

export const deleteCommand = (tx: Tx, tenantId: string, id: string) =>
  tx.deleteFrom('commands').where('tenantId', '=', tenantId).where('id', '=', id).execute();

// ——— calls ———

/** A call that has said nothing for so long was cut off with its server. */
const CUT_OFF_SECONDS = 30;

/** Takes a call, and forgets the caller's of more than a day ago. @returns the row of an earlier call under this id, if it stands */
export async function takeRun(
  db: Db,
  row: Pick<RunRow, 'userId' | 'id' | 'tenantId' | 'roomId' | 'called'>,
): Promise<RunRow | undefined> {
  await sql`delete from command_runs where user_id = ${row.userId} and started_at < now() - interval '1 day'`.execute(
    db,
  );
  const { rows: taken } = await sql`
    insert into command_runs (user_id, id, tenant_id, room_id, called)
    values (${row.userId}, ${row.id}, ${row.tenantId}, ${row.roomId}, ${row.called})
    on conflict (user_id, id) do update set started_at = now()
      where command_runs.result is null and command_runs.called = excluded.called
        and command_runs.started_at < now() - make_interval(secs => ${CUT_OFF_SECONDS})
    returning id`.execute(db);
  if (taken.length > 0) return undefined;
  return db
    .selectFrom('commandRuns')
    .selectAll()
    .where('userId', '=', row.userId)
    .where('id', '=', row.id)
    .executeTakeFirst();
}

export const endRun = (db: Db, userId: string, id: string, result: string) =>
  db.updateTable('commandRuns').set({ result }).where('userId', '=', userId).where('id', '=', id).execute();

export const dropRun = (db: Db, userId: string, id: string) =>
  db
    .deleteFrom('commandRuns')
    .where('userId', '=', userId)
    .where('id', '=', id)
    .where('result', 'is', null)
    .execute();
