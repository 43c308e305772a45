// Queries on training documents and their passages. No policy.
import { type Insertable, type Selectable, sql } from 'kysely';
import type { Db, Tx } from '../../core/db/database.ts';
import type { TrainingChunksTable, TrainingDocumentsTable } from './tables.ts';

export type DocumentRow = Selectable<TrainingDocumentsTable>;

export interface Holder {
  tenantId: string;
  agentId: string;
}

export interface PassageRef {
  documentId: string;
  ordinal: number;
}

export interface Passage extends PassageRef {
  title: string;
  content: string;
}

export interface FoundPassage extends Passage {
  /** Share of the question's words that stand in it. */
  coverage: number;
  /** Cosine; 0 where another model made its vector. */
  likeness: number;
  rank: number;
}

export const listDocuments = (
  db: Db | Tx,
  { tenantId, agentId }: Holder,
  page: { afterId: string | undefined; limit: number },
): Promise<DocumentRow[]> => {
  let query = db
    .selectFrom('trainingDocuments')
    .selectAll()
    .where('tenantId', '=', tenantId)
    .where('agentId', '=', agentId);
  if (page.afterId !== undefined) query = query.where('id', '>', page.afterId);
  return query.orderBy('id').limit(page.limit).execute();
};

export const listByHash = (
  db: Db | Tx,
  { tenantId, agentId }: Holder,
  hashes: string[],
): Promise<DocumentRow[]> =>
  db
    .selectFrom('trainingDocuments')
    .selectAll()
    .where('tenantId', '=', tenantId)
    .where('agentId', '=', agentId)
    .where('contentHash', 'in', hashes)
    .execute();

export const findDocument = (db: Db, tenantId: string, id: string): Promise<DocumentRow | undefined> =>
  db
    .selectFrom('trainingDocuments')
    .selectAll()
    .where('tenantId', '=', tenantId)
    .where('id', '=', id)
    .executeTakeFirst();

/** Passages it has, counted by one at a time. */
export async function countChunks(tx: Tx, { tenantId, agentId }: Holder): Promise<number> {
  await tx
    .selectFrom('aiAgents')
    .select('id')
    .where('tenantId', '=', tenantId)
    .where('id', '=', agentId)
    .forUpdate()
    .execute();
  const { count } = await tx
    .selectFrom('trainingChunks')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('tenantId', '=', tenantId)
    .where('agentId', '=', agentId)
    .executeTakeFirstOrThrow();
  return Number(count);
}

/** @returns false when the agent has this text already */
export async function insertDocument(
  tx: Tx,
  row: Insertable<TrainingDocumentsTable>,
  chunks: Insertable<TrainingChunksTable>[],
): Promise<boolean> {
  const inserted = await tx
    .insertInto('trainingDocuments')
    .values(row)
    .onConflict((oc) => oc.columns(['agentId', 'contentHash']).doNothing())
    .returning('id')
    .executeTakeFirst();
  if (inserted === undefined) return false;
  await tx.insertInto('trainingChunks').values(chunks).execute();
  return true;
}

export const deleteDocument = (tx: Tx, tenantId: string, id: string): Promise<unknown> =>
  tx.deleteFrom('trainingDocuments').where('tenantId', '=', tenantId).where('id', '=', id).execute();

/** Any of the question's words counts, and so does likeness; best first. */
export async function search(
  db: Db,
  { tenantId, agentId }: Holder,
  query: { text: string; vector: string; model: string; dimensions: number; vectorWeight: number },
  limit: number,
): Promise<FoundPassage[]> {
  const { text, vector, model, dimensions, vectorWeight } = query;
  const { rows } = await sql<FoundPassage>`
    with asked as (
      select coalesce(array_agg(lexeme), '{}') as lexemes, string_agg(quote_literal(lexeme), ' | ')::tsquery as any_of
      from unnest(to_tsvector('english', ${text})) as w(lexeme, positions, weights)
    ), passages as (
      select c.document_id, c.ordinal, d.title, c.content,
        setweight(to_tsvector('english', d.title), 'A') || c.words as words,
        case when c.embedding_model = ${model} and c.embedding_dimensions = ${dimensions}
          then 1 - (c.embedding <=> ${vector}::vector) else 0 end as likeness
      from training_chunks c join training_documents d on d.id = c.document_id
      where c.tenant_id = ${tenantId} and c.agent_id = ${agentId}
    ), scored as (
      select document_id, ordinal, title, content, likeness::float8 as likeness,
        coalesce(ts_rank_cd(words, any_of, 1), 0)::float8 as rank,
        coalesce((select count(*) from unnest(lexemes) as l where words @@ quote_literal(l)::tsquery)::float8
          / nullif(cardinality(lexemes), 0), 0) as coverage
      from passages, asked
    )
    select * from scored where coverage > 0 or likeness > 0
    order by coverage + 0.2 * least(rank, 1) + ${vectorWeight}::float8 * likeness desc, document_id, ordinal
    limit ${limit}`.execute(db);
  return rows;
}

/** In the order asked; those that are gone are left out. */
export async function listPassages(
  db: Db,
  { tenantId, agentId }: Holder,
  refs: readonly PassageRef[],
): Promise<Passage[]> {
  if (refs.length === 0) return [];
  const rows = await db
    .selectFrom('trainingChunks as c')
    .innerJoin('trainingDocuments as d', 'd.id', 'c.documentId')
    .select(['c.documentId', 'c.ordinal', 'c.content', 'd.title'])
    .where('c.tenantId', '=', tenantId)
    .where('c.agentId', '=', agentId)
    .where(
      'c.documentId',
      'in',
      refs.map(({ documentId }) => documentId),
    )
    .execute();
  return refs.flatMap(
    (ref) => rows.find((row) => row.documentId === ref.documentId && row.ordinal === ref.ordinal) ?? [],
  );
}

/** Passages whose vector another model made, of any agent. */
export const listOtherModel = (db: Db, model: { model: string; dimensions: number }, limit: number) =>
  db
    .selectFrom('trainingChunks as c')
    .innerJoin('trainingDocuments as d', 'd.id', 'c.documentId')
    .select(['c.tenantId', 'c.documentId', 'c.ordinal', 'c.content', 'd.title'])
    .where((eb) =>
      eb.or([eb('c.embeddingModel', '!=', model.model), eb('c.embeddingDimensions', '!=', model.dimensions)]),
    )
    .orderBy('c.documentId')
    .orderBy('c.ordinal')
    .limit(limit)
    .execute();

export const setVector = (
  tx: Tx,
  at: PassageRef & { tenantId: string },
  set: Pick<TrainingChunksTable, 'embedding' | 'embeddingModel' | 'embeddingDimensions'>,
): Promise<unknown> =>
  tx
    .updateTable('trainingChunks')
    .set(set)
    .where('tenantId', '=', at.tenantId)
    .where('documentId', '=', at.documentId)
    .where('ordinal', '=', at.ordinal)
    .execute();
