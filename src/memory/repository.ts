// Queries on memories. Every one of them is held to one tenant and one agent. No policy, no clocks.
import { type Selectable, sql } from 'kysely';
import type { Db, Tx } from '../core/db/database.ts';
import type { AgentMemoriesTable, MemoryType } from './tables.ts';

const COLUMNS = [
  'id',
  'agentId',
  'memoryType',
  'content',
  'importanceScore',
  'context',
  'roomId',
  'sourceMessageId',
  'sourceRunId',
  'speakerId',
  'createdAt',
  'updatedAt',
  'accessedAt',
  'accessCount',
] as const;

export type MemoryRow = Pick<Selectable<AgentMemoriesTable>, (typeof COLUMNS)[number]>;

export interface Vector {
  values: Float32Array;
  model: string;
  dimensions: number;
}

const vectorText = (values: Float32Array): string => `[${values.join(',')}]`;

export interface NewMemory {
  id: string;
  tenantId: string;
  agentId: string;
  memoryType: MemoryType;
  content: string;
  contentHash: string;
  vector: Vector;
  importanceScore: number;
  context: Record<string, unknown>;
  roomId: string | null;
  sourceMessageId: string | null;
  sourceRunId: string | null;
  speakerId: string | null;
}

/** Inserts, unless the agent remembers these very words already; then answers what it remembers. */
export async function insertMemory(tx: Tx, { vector, context, ...memory }: NewMemory): Promise<MemoryRow> {
  const inserted = await tx
    .insertInto('agentMemories')
    .values({
      ...memory,
      context: JSON.stringify(context),
      embedding: vectorText(vector.values),
      embeddingModel: vector.model,
      embeddingDimensions: vector.dimensions,
    })
    .onConflict((oc) => oc.columns(['agentId', 'contentHash']).doNothing())
    .returning(COLUMNS)
    .executeTakeFirst();
  return (
    inserted ??
    tx
      .selectFrom('agentMemories')
      .select(COLUMNS)
      .where('tenantId', '=', memory.tenantId)
      .where('agentId', '=', memory.agentId)
      .where('contentHash', '=', memory.contentHash)
      .executeTakeFirstOrThrow()
  );
}

export const findMemory = (db: Db | Tx, tenantId: string, id: string): Promise<MemoryRow | undefined> =>
  db
    .selectFrom('agentMemories')
    .select(COLUMNS)
    .where('tenantId', '=', tenantId)
    .where('id', '=', id)
    .executeTakeFirst();

export const findMemories = (
  db: Db | Tx,
  tenantId: string,
  agentId: string,
  ids: string[],
): Promise<MemoryRow[]> =>
  ids.length === 0
    ? Promise.resolve([])
    : db
        .selectFrom('agentMemories')
        .select(COLUMNS)
        .where('tenantId', '=', tenantId)
        .where('agentId', '=', agentId)
        .where('id', 'in', ids)
        .execute();

export const listMemories = (
  db: Db,
  tenantId: string,
  agentId: string,
  page: { memoryType: MemoryType | undefined; afterId: string | undefined; limit: number },
): Promise<MemoryRow[]> => {
  let query = db
    .selectFrom('agentMemories')
    .select(COLUMNS)
    .where('tenantId', '=', tenantId)
    .where('agentId', '=', agentId);
  if (page.memoryType !== undefined) query = query.where('memoryType', '=', page.memoryType);
  if (page.afterId !== undefined) query = query.where('id', '>', page.afterId);
  return query.orderBy('id').limit(page.limit).execute();
};

/** Undefined when there is no such memory. A unique violation means that the agent remembers the new words already. */
export const updateMemory = (
  tx: Tx,
  tenantId: string,
  id: string,
  set: {
    memoryType?: MemoryType;
    importanceScore?: number;
    context?: Record<string, unknown>;
    words?: { content: string; contentHash: string; vector: Vector };
  },
): Promise<MemoryRow | undefined> =>
  tx
    .updateTable('agentMemories')
    .set((eb) => ({
      ...(set.memoryType === undefined ? {} : { memoryType: set.memoryType }),
      ...(set.importanceScore === undefined ? {} : { importanceScore: set.importanceScore }),
      ...(set.context === undefined ? {} : { context: JSON.stringify(set.context) }),
      ...(set.words === undefined
        ? {}
        : {
            content: set.words.content,
            contentHash: set.words.contentHash,
            embedding: vectorText(set.words.vector.values),
            embeddingModel: set.words.vector.model,
            embeddingDimensions: set.words.vector.dimensions,
          }),
      updatedAt: eb.fn<Date>('now'),
    }))
    .where('tenantId', '=', tenantId)
    .where('id', '=', id)
    .returning(COLUMNS)
    .executeTakeFirst();

export const hasHash = async (
  db: Db | Tx,
  tenantId: string,
  agentId: string,
  contentHash: string,
  exceptId: string,
): Promise<boolean> =>
  (await db
    .selectFrom('agentMemories')
    .select('id')
    .where('tenantId', '=', tenantId)
    .where('agentId', '=', agentId)
    .where('contentHash', '=', contentHash)
    .where('id', '<>', exceptId)
    .executeTakeFirst()) !== undefined;

export const deleteMemory = async (tx: Tx, tenantId: string, id: string): Promise<boolean> => {
  const { numDeletedRows } = await tx
    .deleteFrom('agentMemories')
    .where('tenantId', '=', tenantId)
    .where('id', '=', id)
    .executeTakeFirst();
  return numDeletedRows > 0n;
};

export const touchMemories = async (
  tx: Tx,
  tenantId: string,
  agentId: string,
  ids: string[],
): Promise<void> => {
  if (ids.length === 0) return;
  await tx
    .updateTable('agentMemories')
    .set((eb) => ({ accessedAt: eb.fn<Date>('now'), accessCount: eb('accessCount', '+', 1) }))
    .where('tenantId', '=', tenantId)
    .where('agentId', '=', agentId)
    .where('id', 'in', ids)
    .execute();
};

export interface Hit {
  id: string;
  score: number;
}

/** Any of the query's lexemes; all of them at once found a sixth as much on LoCoMo's dialogues. Scores 0..1. */
export async function searchText(
  db: Db,
  tenantId: string,
  agentId: string,
  query: string,
  limit: number,
): Promise<Hit[]> {
  const { rows } = await sql<Hit>`
    with q as (select replace(plainto_tsquery('english', ${query})::text, '&', '|')::tsquery as words)
    select id, ts_rank(content_tsv, words, 32)::float8 as score
    from agent_memories, q
    where tenant_id = ${tenantId} and agent_id = ${agentId} and content_tsv @@ words
    order by score desc, id limit ${limit}`.execute(db);
  return rows;
}

/** An exact scan of the agent's rows: a shared approximate index loses a small agent's rows among the others'. Scores are cosines. */
export async function searchVector(
  db: Db,
  tenantId: string,
  agentId: string,
  vector: Vector,
  limit: number,
): Promise<Hit[]> {
  const { rows } = await sql<Hit>`
    select id, (1 - (embedding <=> ${vectorText(vector.values)}::vector))::float8 as score
    from agent_memories
    where tenant_id = ${tenantId} and agent_id = ${agentId}
      and embedding_model = ${vector.model} and embedding_dimensions = ${vector.dimensions}
    order by score desc, id limit ${limit}`.execute(db);
  return rows;
}
