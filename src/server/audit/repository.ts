// Queries of the audit. No policy. Must never change or remove an entry; the database refuses it as well.
import { sql } from 'kysely';
import type { Db, Tx } from '../../core/db/database.ts';

export interface EntryRow {
  seq: number;
  id: string;
  entry: string;
  /** To the microsecond, as it was hashed. */
  at: string;
  previousHash: string;
  hash: string;
}

export interface Head {
  seq: number;
  hash: string;
}

export const insertEntries = (tx: Tx, rows: { id: string; tenantId: string; entry: string }[]) =>
  tx.insertInto('auditEntries').values(rows).execute();

const columns = [
  'seq',
  'id',
  'entry',
  'previousHash',
  'hash',
  sql<string>`to_char(created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`.as('at'),
] as const;

export async function listEntries(
  db: Db,
  tenantId: string,
  filter: {
    beforeSeq: number | undefined;
    limit: number;
    action: string | undefined;
    actorId: string | undefined;
    agentId: string | undefined;
    /** Only what concerns agents of this person. */
    ownerId: string | undefined;
  },
): Promise<EntryRow[]> {
  const { beforeSeq, action, actorId, agentId, ownerId } = filter;
  let query = db
    .selectFrom('auditEntries')
    .select(columns)
    .where('tenantId', '=', tenantId)
    .where('seq', 'is not', null);
  if (beforeSeq !== undefined) query = query.where('seq', '<', beforeSeq);
  if (actorId !== undefined) query = query.where('actorId', '=', actorId);
  if (agentId !== undefined) query = query.where('agentId', '=', agentId);
  if (action?.endsWith('.*') === true)
    query = query.where(sql<boolean>`starts_with(action, ${action.slice(0, -1)})`);
  else if (action !== undefined) query = query.where('action', '=', action);
  if (ownerId !== undefined)
    query = query.where('agentId', 'in', (eb) =>
      eb
        .selectFrom('users')
        .select(sql<string>`id::text`.as('id'))
        .where('tenantId', '=', tenantId)
        .where('kind', '=', 'agent')
        .where('ownerId', '=', ownerId),
    );
  return (await query.orderBy('seq', 'desc').limit(filter.limit).execute()) as EntryRow[];
}

/** In the order of the chain, from `fromSeq` to `toSeq`. */
export const readChain = async (
  db: Db,
  tenantId: string,
  { fromSeq, toSeq, limit }: { fromSeq: number; toSeq: number; limit: number },
): Promise<EntryRow[]> =>
  (await db
    .selectFrom('auditEntries')
    .select(columns)
    .where('tenantId', '=', tenantId)
    .where('seq', '>=', fromSeq)
    .where('seq', '<=', toSeq)
    .orderBy('seq')
    .limit(limit)
    .execute()) as EntryRow[];

export async function hashAt(db: Db, tenantId: string, seq: number): Promise<string | undefined> {
  const row = await db
    .selectFrom('auditEntries')
    .select('hash')
    .where('tenantId', '=', tenantId)
    .where('seq', '=', seq)
    .executeTakeFirst();
  return row?.hash ?? undefined;
}

/** Where the chain ends by its head and by its entries, and how many entries have no place, as of one moment. */
export async function findEnd(
  db: Db,
  tenantId: string,
): Promise<{ head: Head; lastSeq: number; placeless: number }> {
  const { rows } = await sql<{ seq: number | null; hash: string | null; lastSeq: number; placeless: number }>`
    select
      (select seq from audit_heads where tenant_id = ${tenantId}) as seq,
      (select hash from audit_heads where tenant_id = ${tenantId}) as hash,
      (select coalesce(max(seq), 0) from audit_entries where tenant_id = ${tenantId}) as last_seq,
      (select count(*)::int from audit_entries where tenant_id = ${tenantId} and seq is null) as placeless
  `.execute(db);
  const { seq, hash, lastSeq, placeless } = rows[0] as (typeof rows)[number];
  return { head: { seq: seq ?? 0, hash: hash ?? '' }, lastSeq, placeless };
}

export const listTenants = (db: Db): Promise<{ id: string; name: string }[]> =>
  db.selectFrom('tenants').select(['id', 'name']).orderBy('id').execute();
