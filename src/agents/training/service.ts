// What an agent was trained with: documents cut into passages, found by words and likeness. Whoever may talk to the agent may be told
// what they say; only those who answer for it add or remove them. Must never keep a part of a document that was taken away.

import { createHash } from 'node:crypto';
import type { InputOf } from '../../core/contract.ts';
import type { Database } from '../../core/db/database.ts';
import { vectorText } from '../../core/db/vectors.ts';
import { AppError, notFound } from '../../core/errors.ts';
import { isUuid, newId } from '../../core/ids.ts';
import type { JobDef, Jobs } from '../../core/jobs.ts';
import type { Scope } from '../../core/scope.ts';
import type { Embedder } from '../../memory/service.ts';
import { chunksOf } from './chunks.ts';
import type { listTraining, TrainingDocument, train } from './contract.ts';
import * as repo from './repository.ts';

export type { PassageRef } from './repository.ts';
export type TrainingService = ReturnType<typeof createTraining>;

export interface TrainingDeps {
  database: Database;
  jobs: Jobs;
  embedder: Embedder;
  /** Throws unless the caller answers for the agent. */
  requireOwned(scope: Scope, agentId: string): Promise<unknown>;
}

const JOB = 'agents.training-vectors';
/** Passages of one agent: up to here an exact scan takes milliseconds. */
const MOST_CHUNKS = 5000;
const EMBED_AT_ONCE = 32;
/** Of a question's words, for a passage to be shown to an agent that did not look for it. */
const ENOUGH_WORDS = 0.3;
const MOST_ASKED = 1000;

const documentNotFound = () =>
  notFound('document_not_found', 'There is no such document, or it is not yours.');

export function createTraining({ database, jobs, embedder, requireOwned }: TrainingDeps) {
  const { db } = database;
  const model = { embeddingModel: embedder.model, embeddingDimensions: embedder.dimensions };

  async function vectorsOf(texts: string[], signal?: AbortSignal): Promise<string[]> {
    const vectors: string[] = [];
    for (let at = 0; at < texts.length; at += EMBED_AT_ONCE)
      for (const vector of await embedder.embed(texts.slice(at, at + EMBED_AT_ONCE), signal))
        vectors.push(vectorText(vector));
    return vectors;
  }

  async function search(holder: repo.Holder, query: string, limit: number, signal?: AbortSignal) {
    const text = query.slice(0, MOST_ASKED).toWellFormed();
    const [vector = ''] = await vectorsOf([text], signal);
    const asked = {
      text,
      vector,
      model: embedder.model,
      dimensions: embedder.dimensions,
      vectorWeight: embedder.weights.vector,
    };
    const found = await repo.search(db, holder, asked, limit);
    return found.filter((passage) => passage.coverage > 0 || passage.likeness >= embedder.admitAt);
  }

  const job: JobDef<object> = {
    name: JOB,
    retryLimit: 5,
    expireInSeconds: 3600,
    concurrency: 1,
    async handle(_, { signal }) {
      for (;;) {
        signal.throwIfAborted();
        const rows = await repo.listOtherModel(db, embedder, EMBED_AT_ONCE);
        if (rows.length === 0) return;
        const vectors = await vectorsOf(
          rows.map(({ title, content }) => `${title}\n${content}`),
          signal,
        );
        await database.transaction(async (tx) => {
          for (const [i, row] of rows.entries())
            await repo.setVector(tx, row, { embedding: vectors[i] as string, ...model });
        });
      }
    },
  };

  return {
    job,

    /** Has embedded anew, by a job, what another model had embedded. */
    async start(): Promise<void> {
      if ((await repo.listOtherModel(db, embedder, 1)).length === 0) return;
      await database.transaction((tx) => jobs.enqueue(tx, { name: JOB }, [{}]));
    },

    async train(scope: Scope, { agentId, documents }: InputOf<typeof train>) {
      await requireOwned(scope, agentId);
      const holder = { tenantId: scope.tenantId, agentId };
      const given = documents.map((document) => {
        const content = document.content.toWellFormed();
        return { ...document, content, hash: hashOf(`${document.title}\u0000${content}`) };
      });
      const hashes = given.map(({ hash }) => hash);
      const known = new Set((await repo.listByHash(db, holder, hashes)).map((row) => row.contentHash));
      const fresh: ((typeof given)[number] & { chunks: string[]; vectors: string[] })[] = [];
      for (const document of given) {
        if (known.has(document.hash)) continue;
        known.add(document.hash);
        const chunks = chunksOf(document.content);
        const vectors = await vectorsOf(chunks.map((chunk) => `${document.title}\n${chunk}`));
        fresh.push({ ...document, chunks, vectors });
      }
      const added = await database.transaction(async (tx) => {
        const total = fresh.reduce((sum, { chunks }) => sum + chunks.length, 0);
        if (total > 0 && (await repo.countChunks(tx, holder)) + total > MOST_CHUNKS)
          throw new AppError(
            'conflict',
            'too_much',
            `An agent knows at most ${MOST_CHUNKS} passages; delete documents first.`,
          );
        const stored = new Set<string>();
        for (const { title, source, hash, content, chunks, vectors } of fresh) {
          const id = newId();
          const row = {
            ...holder,
            id,
            title,
            source: source ?? null,
            contentHash: hash,
            chars: content.length,
            chunks: chunks.length,
            createdBy: scope.user.id,
          };
          const passages = chunks.map((chunk, ordinal) => ({
            ...holder,
            documentId: id,
            ordinal,
            content: chunk,
            contentHash: hashOf(chunk),
            embedding: vectors[ordinal] as string,
            ...model,
          }));
          if (await repo.insertDocument(tx, row, passages)) stored.add(hash);
        }
        return stored;
      });
      const rows = new Map((await repo.listByHash(db, holder, hashes)).map((row) => [row.contentHash, row]));
      return {
        data: hashes.flatMap((hash) => {
          const row = rows.get(hash);
          if (row === undefined) return [];
          // The same one twice in a request is added once.
          const status = added.delete(hash) ? ('added' as const) : ('unchanged' as const);
          return [{ ...toDocument(row), status }];
        }),
      };
    },

    async list(scope: Scope, { agentId, limit, cursor }: InputOf<typeof listTraining>) {
      await requireOwned(scope, agentId);
      const rows = await repo.listDocuments(
        db,
        { tenantId: scope.tenantId, agentId },
        { afterId: cursor !== undefined && isUuid(cursor) ? cursor : undefined, limit: limit + 1 },
      );
      const data = rows.slice(0, limit).map(toDocument);
      const last = data.at(-1);
      return { data, ...(rows.length > limit && last !== undefined ? { nextCursor: last.id } : {}) };
    },

    async remove(scope: Scope, id: string): Promise<void> {
      const row = await repo.findDocument(db, scope.tenantId, id);
      if (row === undefined) throw documentNotFound();
      await requireOwned(scope, row.agentId).catch((error: unknown) => {
        throw error instanceof AppError && error.code !== 'unavailable' ? documentNotFound() : error;
      });
      await database.transaction((tx) => repo.deleteDocument(tx, scope.tenantId, id));
    },

    /** Passages that bear on a question, best first. For callers that have checked who asks. */
    async search(holder: repo.Holder, query: string, limit: number) {
      const found = await search(holder, query, limit);
      return found.map(({ documentId, title, content, coverage, likeness }) => ({
        documentId,
        title,
        passage: content,
        score: Math.max(coverage, likeness),
      }));
    },

    /** Places of the passages that an answer should know without having looked for them. */
    async recall(holder: repo.Holder, query: string, limit: number, signal: AbortSignal) {
      if ((await repo.listDocuments(db, holder, { afterId: undefined, limit: 1 })).length === 0) return [];
      const found = await search(holder, query, limit, signal);
      return found
        .filter(({ coverage, likeness }) => coverage >= ENOUGH_WORDS || likeness >= embedder.admitAt)
        .map(({ documentId, ordinal }): repo.PassageRef => ({ documentId, ordinal }));
    },

    passages: (holder: repo.Holder, refs: readonly repo.PassageRef[]): Promise<repo.Passage[]> =>
      repo.listPassages(db, holder, refs),
  };
}

const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex');

const toDocument = (row: repo.DocumentRow): TrainingDocument => ({
  id: row.id,
  agentId: row.agentId,
  title: row.title,
  ...(row.source === null ? {} : { source: row.source }),
  chars: row.chars,
  chunks: row.chunks,
  createdBy: row.createdBy,
  createdAt: row.createdAt.toISOString(),
});
