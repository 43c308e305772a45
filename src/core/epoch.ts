// Which life of the database this is: a word that changes when it is restored from a backup, so that clients who saw
// another history start afresh (P5). Must never change while a server runs on the database.
import { sql } from 'kysely';
import type { Db, Tx } from './db/database.ts';
import { newId } from './ids.ts';

export async function readEpoch(db: Db | Tx): Promise<string> {
  const { rows } = await sql<{ value: string }>`select value from system_facts where key = 'epoch'`.execute(
    db,
  );
  if (rows[0] === undefined)
    throw new Error('The database has no epoch; run `parley check-data --new-epoch`.');
  return rows[0].value;
}

/** Reads it once: it changes only while no server runs. */
export function createEpoch(db: Db): () => Promise<string> {
  let known: Promise<string> | undefined;
  return () => {
    known ??= readEpoch(db).catch((error: unknown) => {
      known = undefined;
      throw error;
    });
    return known;
  };
}

/** Makes every client that comes back start afresh. @returns the new epoch */
export async function renewEpoch(db: Db | Tx): Promise<string> {
  const epoch = newId();
  await sql`insert into system_facts values ('epoch', ${epoch})
    on conflict (key) do update set value = excluded.value`.execute(db);
  return epoch;
}
