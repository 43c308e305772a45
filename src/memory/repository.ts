// Queries on memories. Every one of them is held to one tenant and one agent. No policy, no clocks.
import { type Insertable, type Selectable, sql, type Updateable } from 'kysely';
import type { Db, Tx } from '../core/db/database.ts';
import type { AgentMemoriesTable, MemoryKind, MemoryTrust, MemoryType } from './tables.ts';

const COLUMNS = [
  'id',
  'tenantId',
  'agentId',
  'memoryType',
  'kind',
  'layer',
  'content',
  'importanceScore',
  'context',
  'roomId',
  'sourceMessageId',
  'sourceRunId',
  'speakerId',
  'subjectId',
  'slot',
  'validFrom',
  'validTo',
  'supersededBy',
  'occurredAt',
  'audience',
  'trust',
  'vouchers',
  'consent',
  'state',
  'pinned',
  'dueAt',
  'evidence',
  'sensitive',
  'sealed',
  'keySubject',
  'keyVersion',
  'embeddingModel',
  'embeddingDimensions',
  'createdAt',
  'updatedAt',
  'accessedAt',
  'accessCount',
] as const;

export type MemoryRow = Pick<Selectable<AgentMemoriesTable>, (typeof COLUMNS)[number]>;

/** What an index needs besides: the vector, whose model made it, and the speaker's name. */
export type IndexRow = MemoryRow & {
  embedding: string | null;
  speakerName: string | null;
  contentHash: string;
};

export interface Vector {
  values: Float32Array;
  model: string;
  dimensions: number;
}

export interface Holder {
  tenantId: string;
  agentId: string;
}

/**
 * The revision that the changes of this transaction take; holds the agent's memories for it until it ends.
 * @param gone something was deleted or may not be used any more
 */
export async function takeRevision(tx: Tx, { tenantId, agentId }: Holder, gone = false): Promise<number> {
  const { rows } = await sql<{ revision: number }>`
    insert into memory_states (agent_id, tenant_id, revision, reload_revision)
    values (${agentId}, ${tenantId}, 1, ${gone ? 1 : 0})
    on conflict (agent_id) do update set revision = memory_states.revision + 1,
      reload_revision = case when ${gone} then memory_states.revision + 1 else memory_states.reload_revision end
    returning revision`.execute(tx);
  return rows[0]?.revision ?? 1;
}

export const findState = (db: Db | Tx, { tenantId, agentId }: Holder) =>
  db
    .selectFrom('memoryStates')
    .select(['revision', 'reloadRevision', 'retentionDays'])
    .where('tenantId', '=', tenantId)
    .where('agentId', '=', agentId)
    .executeTakeFirst();

export const setRetention = async (
  tx: Tx,
  { tenantId, agentId }: Holder,
  retentionDays: number | null,
): Promise<void> => {
  await tx
    .updateTable('memoryStates')
    .set({ retentionDays })
    .where('tenantId', '=', tenantId)
    .where('agentId', '=', agentId)
    .execute();
};

/** Everything that changed after a revision, oldest first. */
export const listChanged = (
  db: Db | Tx,
  { tenantId, agentId }: Holder,
  after: { revision: number; id: string } | undefined,
  limit: number,
): Promise<(IndexRow & { revision: number })[]> => {
  let query = db
    .selectFrom('agentMemories as m')
    .leftJoin('users as u', 'u.id', 'm.speakerId')
    .select(COLUMNS.map((column) => `m.${column}` as const))
    .select(['m.embedding', 'm.revision', 'm.contentHash', 'u.name as speakerName'])
    .where('m.tenantId', '=', tenantId)
    .where('m.agentId', '=', agentId);
  if (after !== undefined)
    query = query.where((eb) =>
      eb.or([
        eb('m.revision', '>', after.revision),
        eb.and([eb('m.revision', '=', after.revision), eb('m.id', '>', after.id)]),
      ]),
    );
  return query.orderBy('m.revision').orderBy('m.id').limit(limit).execute();
};

export const insertRow = (tx: Tx, row: Insertable<AgentMemoriesTable>): Promise<MemoryRow | undefined> =>
  tx
    .insertInto('agentMemories')
    .values(row)
    .onConflict((oc) => oc.columns(['agentId', 'contentHash']).doNothing())
    .returning(COLUMNS)
    .executeTakeFirst();

export const findByHash = (
  db: Db | Tx,
  { tenantId, agentId }: Holder,
  contentHash: string,
): Promise<MemoryRow | undefined> =>
  db
    .selectFrom('agentMemories')
    .select(COLUMNS)
    .where('tenantId', '=', tenantId)
    .where('agentId', '=', agentId)
    .where('contentHash', '=', contentHash)
    .executeTakeFirst();

export const findMemory = (db: Db | Tx, tenantId: string, id: string): Promise<MemoryRow | undefined> =>
  db
    .selectFrom('agentMemories')
    .select(COLUMNS)
    .where('tenantId', '=', tenantId)
    .where('id', '=', id)
    .executeTakeFirst();

/** Something that a memory was made from and that its author took back or said differently since. */
const lostGround = sql`(select 1 from agent_memories e join messages s on s.id = e.source_message_id and s.tenant_id = e.tenant_id
  where e.id = any(m.evidence) and e.agent_id = m.agent_id and (s.deleted_at is not null or s.edited_at > e.updated_at))`;

/** Memories by id, without those whose message is deleted or says something else by now. */
export const findMemories = (
  db: Db | Tx,
  { tenantId, agentId }: Holder,
  ids: readonly string[],
): Promise<MemoryRow[]> =>
  ids.length === 0
    ? Promise.resolve([])
    : db
        .selectFrom('agentMemories as m')
        .leftJoin('messages as s', (join) =>
          join.onRef('s.id', '=', 'm.sourceMessageId').onRef('s.tenantId', '=', 'm.tenantId'),
        )
        .select(COLUMNS.map((column) => `m.${column}` as const))
        .where('m.tenantId', '=', tenantId)
        .where('m.agentId', '=', agentId)
        .where('m.id', 'in', [...ids])
        .where('s.deletedAt', 'is', null)
        .where((eb) =>
          eb.or([
            eb('m.layer', '<>', 'turn'),
            eb('s.editedAt', 'is', null),
            eb('s.editedAt', '<=', eb.ref('m.updatedAt')),
          ]),
        )
        .where((eb) => eb.or([eb('m.layer', 'in', ['turn', 'fact']), eb.not(eb.exists(lostGround))]))
        .execute();

/**
 * How memories were used, without those that are gone, whose message is deleted, or says something else by now.
 * @param cites whether any of them may stand on other memories
 */
export async function listStanding(
  db: Db,
  { tenantId, agentId }: Holder,
  ids: readonly string[],
  cites: boolean,
): Promise<Map<string, Pick<MemoryRow, 'accessedAt' | 'accessCount'>>> {
  if (ids.length === 0) return new Map();
  const grounded = cites ? sql`and (m.layer in ('turn', 'fact') or not exists ${lostGround})` : sql``;
  const { rows } = await sql<Pick<MemoryRow, 'id' | 'accessedAt' | 'accessCount'>>`
    select m.id, m.accessed_at, m.access_count from agent_memories m
    where m.tenant_id = ${tenantId} and m.agent_id = ${agentId} and m.id = any(${[...ids]}::uuid[])
      and not exists (select 1 from messages s where s.id = m.source_message_id and s.tenant_id = m.tenant_id
        and (s.deleted_at is not null or (m.layer = 'turn' and s.edited_at > m.updated_at))) ${grounded}`.execute(
    db,
  );
  return new Map(rows.map((row) => [row.id, row]));
}

export const listMemories = (
  db: Db | Tx,
  { tenantId, agentId }: Holder,
  page: {
    memoryType?: MemoryType | undefined;
    kind?: MemoryKind | undefined;
    trust?: MemoryTrust | undefined;
    state?: string | undefined;
    /** Said by, or about. */
    person?: string | undefined;
    afterId?: string | undefined;
    limit: number;
  },
): Promise<MemoryRow[]> => {
  let query = db
    .selectFrom('agentMemories')
    .select(COLUMNS)
    .where('tenantId', '=', tenantId)
    .where('agentId', '=', agentId);
  const { memoryType, kind, trust, state, person, afterId } = page;
  if (memoryType !== undefined) query = query.where('memoryType', '=', memoryType);
  if (kind !== undefined) query = query.where('kind', '=', kind);
  if (trust !== undefined) query = query.where('trust', '=', trust);
  if (state !== undefined) query = query.where('state', '=', state as 'active');
  if (person !== undefined)
    query = query.where((eb) => eb.or([eb('speakerId', '=', person), eb('subjectId', '=', person)]));
  if (afterId !== undefined) query = query.where('id', '>', afterId);
  return query.orderBy('id').limit(page.limit).execute();
};

/** Undefined when there is no such memory. A unique violation means that the agent remembers the new words already. */
export const updateRow = (
  tx: Tx,
  tenantId: string,
  id: string,
  set: Updateable<AgentMemoriesTable>,
): Promise<MemoryRow | undefined> =>
  tx
    .updateTable('agentMemories')
    .set((eb) => ({ ...set, updatedAt: eb.fn<Date>('now') }))
    .where('tenantId', '=', tenantId)
    .where('id', '=', id)
    .returning(COLUMNS)
    .executeTakeFirst();

/** From a moment on they are true no more; what has ended already keeps its date. */
export async function endValidity(
  tx: Tx,
  { tenantId, agentId }: Holder,
  ids: readonly string[],
  at: Date,
  by: { supersededBy?: string | undefined; speakerId?: string } = {},
): Promise<void> {
  if (ids.length === 0) return;
  const revision = await takeRevision(tx, { tenantId, agentId });
  let query = tx
    .updateTable('agentMemories')
    .set({ validTo: at, supersededBy: by.supersededBy ?? null, revision })
    .where('tenantId', '=', tenantId)
    .where('agentId', '=', agentId)
    .where('id', 'in', [...ids])
    .where('validTo', 'is', null);
  if (by.speakerId !== undefined) query = query.where('speakerId', '=', by.speakerId);
  await query.execute();
}

/** With all that was made from them, however deep. Answers how many are gone, by layer. */
export async function deleteWithDerived(
  tx: Tx,
  { tenantId, agentId }: Holder,
  ids: readonly string[],
): Promise<Record<string, number>> {
  const { rows } = await sql<{ layer: string }>`
    with recursive doomed as (
      select id from agent_memories
      where tenant_id = ${tenantId} and agent_id = ${agentId} and id = any(${[...ids]}::uuid[])
      union
      select m.id from agent_memories m, doomed d
      where m.tenant_id = ${tenantId} and m.agent_id = ${agentId} and m.evidence @> array[d.id]
    )
    delete from agent_memories m using doomed d where m.id = d.id returning m.layer`.execute(tx);
  const counts: Record<string, number> = {};
  for (const { layer } of rows) counts[layer] = (counts[layer] ?? 0) + 1;
  return counts;
}

/** What was made from them, however deep, but not they themselves. Answers how many are gone. */
export async function deleteDerived(tx: Tx, holder: Holder, ids: readonly string[]): Promise<number> {
  const { tenantId, agentId } = holder;
  const { rows } = await sql<{ id: string }>`
    select id from agent_memories
    where tenant_id = ${tenantId} and agent_id = ${agentId} and evidence && ${[...ids]}::uuid[]`.execute(tx);
  const counts = await deleteWithDerived(
    tx,
    holder,
    rows.map(({ id }) => id),
  );
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}

export const touchMemories = async (
  db: Db | Tx,
  { tenantId, agentId }: Holder,
  ids: string[],
): Promise<void> => {
  if (ids.length === 0) return;
  await db
    .updateTable('agentMemories')
    .set((eb) => ({ accessedAt: eb.fn<Date>('now'), accessCount: eb('accessCount', '+', 1) }))
    .where('tenantId', '=', tenantId)
    .where('agentId', '=', agentId)
    .where('id', 'in', ids)
    .execute();
};

/** Moves their importance within bounds, except of what is pinned. */
export const weighMemories = async (
  tx: Tx,
  { tenantId, agentId }: Holder,
  ids: string[],
  by: number,
  revision: number,
): Promise<void> => {
  await tx
    .updateTable('agentMemories')
    .set({
      importanceScore: sql<number>`greatest(least(importance_score, 0.05), least(greatest(importance_score, 0.95), importance_score + ${by}::real))`,
      revision,
    })
    .where('tenantId', '=', tenantId)
    .where('agentId', '=', agentId)
    .where('id', 'in', ids)
    .where('pinned', '=', false)
    .execute();
};

/** Memories whose vector another model made. */
export const listOtherModel = (
  db: Db,
  { tenantId, agentId }: Holder,
  model: { model: string; dimensions: number },
  limit: number,
): Promise<MemoryRow[]> =>
  db
    .selectFrom('agentMemories')
    .select(COLUMNS)
    .where('tenantId', '=', tenantId)
    .where('agentId', '=', agentId)
    .where((eb) =>
      eb.or([eb('embeddingModel', '<>', model.model), eb('embeddingDimensions', '<>', model.dimensions)]),
    )
    .orderBy('id')
    .limit(limit)
    .execute();

export const listSealed = (tx: Tx, { tenantId, agentId }: Holder): Promise<MemoryRow[]> =>
  tx
    .selectFrom('agentMemories')
    .select(COLUMNS)
    .where('tenantId', '=', tenantId)
    .where('agentId', '=', agentId)
    .where('sealed', 'is not', null)
    .orderBy('id')
    .forUpdate()
    .execute();

/** What stands in a slot now. */
export const findInSlot = (tx: Tx, { tenantId, agentId }: Holder, slot: string): Promise<MemoryRow[]> =>
  tx
    .selectFrom('agentMemories')
    .select(COLUMNS)
    .where('tenantId', '=', tenantId)
    .where('agentId', '=', agentId)
    .where('slot', '=', slot)
    .where('validTo', 'is', null)
    .execute();
