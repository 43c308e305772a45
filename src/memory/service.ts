// What agents remember: writes without repeats, recalls by words and by meaning. Held to one agent of one tenant throughout;
// who may ask is decided by the agent's owner check that is passed in.
import { createHash } from 'node:crypto';
import type { InputOf } from '../core/contract.ts';
import type { Database } from '../core/db/database.ts';
import { AppError, notFound } from '../core/errors.ts';
import { isUuid, newId } from '../core/ids.ts';
import type { Scope } from '../core/scope.ts';
import type { addMemory, listMemories, Memory, searchMemories, updateMemory } from './contract.ts';
import type { Embedder } from './embed.ts';
import { DEFAULT_CHANNELS, type Ranked, rank } from './rank.ts';
import * as repo from './repository.ts';
import type { MemoryType } from './tables.ts';

export type MemoryService = ReturnType<typeof createMemoryService>;

export interface MemoryDeps {
  database: Database;
  embedder: Embedder;
  /** Throws unless the caller answers for the agent. */
  requireOwned(scope: Scope, agentId: string): Promise<unknown>;
}

/** Whose memory: never from a request's body. */
export interface MemoryHolder {
  tenantId: string;
  agentId: string;
}

export interface MemorySource {
  roomId?: string | undefined;
  messageId?: string | undefined;
  runId?: string | undefined;
  speakerId?: string | undefined;
}

export interface Recalled {
  memory: Memory;
  ranked: Ranked;
}

/** Candidates of each search. */
const CANDIDATES = 50;

const MEMORY_NOT_FOUND = () =>
  notFound('memory_not_found', 'There is no such memory, or you may not see it.');

export function createMemoryService({ database, embedder, requireOwned }: MemoryDeps) {
  const { db } = database;

  async function vectorOf(content: string, signal?: AbortSignal): Promise<repo.Vector> {
    const [values] = await embedder.embed([content], signal);
    if (values === undefined) throw new Error('The embedder answered no vector.');
    return { values, model: embedder.model, dimensions: embedder.dimensions };
  }

  async function remember(
    holder: MemoryHolder,
    input: {
      content: string;
      memoryType?: MemoryType | undefined;
      importanceScore?: number | undefined;
      context?: Record<string, unknown> | undefined;
    },
    source: MemorySource = {},
  ): Promise<Memory> {
    const content = input.content.trim();
    // Before the transaction: an embedder may be a server.
    const vector = await vectorOf(content);
    const row = await database.transaction((tx) =>
      repo.insertMemory(tx, {
        id: newId(),
        tenantId: holder.tenantId,
        agentId: holder.agentId,
        memoryType: input.memoryType ?? 'fact',
        content,
        contentHash: hashOf(content),
        vector,
        importanceScore: input.importanceScore ?? 0.5,
        context: input.context ?? {},
        roomId: source.roomId ?? null,
        sourceMessageId: source.messageId ?? null,
        sourceRunId: source.runId ?? null,
        speakerId: source.speakerId ?? null,
      }),
    );
    return toMemory(row);
  }

  /** The best memories for a query, best first; none when nothing is good enough. */
  async function recall(
    holder: MemoryHolder,
    query: string,
    options: {
      limit: number;
      memoryTypes?: MemoryType[] | undefined;
      minSimilarity?: number | undefined;
      signal?: AbortSignal | undefined;
    },
  ): Promise<{ items: Recalled[]; abstained: boolean }> {
    const vector = await vectorOf(query, options.signal);
    const { tenantId, agentId } = holder;
    const words = await repo.searchText(db, tenantId, agentId, query, CANDIDATES);
    const meanings = await repo.searchVector(db, tenantId, agentId, vector, CANDIDATES);
    const channels = new Map<string, Record<string, number>>();
    for (const { id, score } of words) channels.set(id, { text: score });
    for (const { id, score } of meanings) channels.set(id, { ...channels.get(id), vector: score });
    const rows = new Map(
      (await repo.findMemories(db, tenantId, agentId, [...channels.keys()])).map((row) => [row.id, row]),
    );
    const wanted = options.memoryTypes;
    const candidates = [...rows.values()]
      .filter((row) => wanted === undefined || wanted.length === 0 || wanted.includes(row.memoryType))
      .map((row) => ({
        id: row.id,
        channels: channels.get(row.id) as Record<string, number>,
        importance: row.importanceScore,
      }));
    const vectorChannel = DEFAULT_CHANNELS.vector as { weight: number; admitAt?: number };
    const ranking = rank(candidates, {
      channels: {
        ...DEFAULT_CHANNELS,
        ...(options.minSimilarity === undefined
          ? {}
          : { vector: { ...vectorChannel, admitAt: options.minSimilarity } }),
      },
      limit: options.limit,
    });
    const items = ranking.items.map((ranked) => ({
      memory: toMemory(rows.get(ranked.id) as repo.MemoryRow),
      ranked,
    }));
    return { items, abstained: ranking.abstained };
  }

  /** The memory if the caller answers for its agent; otherwise as if there were none. */
  async function requireMemory(scope: Scope, id: string): Promise<repo.MemoryRow> {
    const row = await repo.findMemory(db, scope.tenantId, id);
    if (row === undefined) throw MEMORY_NOT_FOUND();
    await requireOwned(scope, row.agentId).catch((error: unknown) => {
      throw error instanceof AppError && (error.code === 'forbidden' || error.code === 'not_found')
        ? MEMORY_NOT_FOUND()
        : error;
    });
    return row;
  }

  return {
    remember,
    recall,

    /** Memories by id, in the order asked; those that are gone are left out. */
    async byIds(holder: MemoryHolder, ids: string[]): Promise<Memory[]> {
      const rows = new Map(
        (await repo.findMemories(db, holder.tenantId, holder.agentId, ids)).map((row) => [row.id, row]),
      );
      return ids.flatMap((id) => {
        const row = rows.get(id);
        return row === undefined ? [] : [toMemory(row)];
      });
    },

    /** Says that memories were used, so that what is never used may fade. */
    noteUse: (holder: MemoryHolder, ids: string[]): Promise<void> =>
      ids.length === 0
        ? Promise.resolve()
        : database.transaction((tx) => repo.touchMemories(tx, holder.tenantId, holder.agentId, ids)),

    async list(scope: Scope, { agentId, ...page }: InputOf<typeof listMemories>) {
      await requireOwned(scope, agentId);
      const rows = await repo.listMemories(db, scope.tenantId, agentId, {
        memoryType: page.memoryType,
        afterId: page.cursor !== undefined && isUuid(page.cursor) ? page.cursor : undefined,
        limit: page.limit + 1,
      });
      const data = rows.slice(0, page.limit).map(toMemory);
      const last = data.at(-1);
      return { data, ...(rows.length > page.limit && last !== undefined ? { nextCursor: last.id } : {}) };
    },

    async add(scope: Scope, { agentId, ...input }: InputOf<typeof addMemory>): Promise<Memory> {
      await requireOwned(scope, agentId);
      return remember({ tenantId: scope.tenantId, agentId }, input, { speakerId: scope.user.id });
    },

    async update(scope: Scope, { memoryId, ...change }: InputOf<typeof updateMemory>): Promise<Memory> {
      const seen = await requireMemory(scope, memoryId);
      const content = change.content;
      const words =
        content === undefined || content === seen.content
          ? undefined
          : { content, contentHash: hashOf(content), vector: await vectorOf(content) };
      const row = await database.transaction(async (tx) => {
        if (
          words !== undefined &&
          (await repo.hasHash(tx, scope.tenantId, seen.agentId, words.contentHash, memoryId))
        )
          throw new AppError('conflict', 'memory_exists', 'The agent remembers this already.');
        return repo.updateMemory(tx, scope.tenantId, memoryId, {
          ...(change.memoryType === undefined ? {} : { memoryType: change.memoryType }),
          ...(change.importanceScore === undefined ? {} : { importanceScore: change.importanceScore }),
          ...(change.context === undefined ? {} : { context: change.context }),
          ...(words === undefined ? {} : { words }),
        });
      });
      if (row === undefined) throw MEMORY_NOT_FOUND();
      return toMemory(row);
    },

    async remove(scope: Scope, memoryId: string): Promise<void> {
      await requireMemory(scope, memoryId);
      await database.transaction((tx) => repo.deleteMemory(tx, scope.tenantId, memoryId));
    },

    async search(scope: Scope, { agentId, query, ...options }: InputOf<typeof searchMemories>) {
      await requireOwned(scope, agentId);
      const { items, abstained } = await recall({ tenantId: scope.tenantId, agentId }, query, options);
      return {
        abstained,
        data: items.map(({ memory, ranked }) => {
          const similarity = ranked.explain.channels.vector?.raw;
          return {
            memory,
            ...(similarity === undefined ? {} : { similarity }),
            relevanceScore: ranked.score,
            admittedBy: ranked.explain.admittedBy,
          };
        }),
      };
    },
  };
}

/** Words that differ only in case, spacing, width or a final stop are one memory. */
function hashOf(content: string): string {
  const folded = content
    .normalize('NFKC')
    .toLowerCase()
    .replace(/\s+/g, ' ')
    .replace(/[\s.!]+$/, '')
    .trim();
  return createHash('sha256').update(folded).digest('hex');
}

const toMemory = (row: repo.MemoryRow): Memory => ({
  id: row.id,
  agentId: row.agentId,
  memoryType: row.memoryType,
  content: row.content,
  importanceScore: row.importanceScore,
  context: row.context,
  source: {
    ...(row.roomId === null ? {} : { roomId: row.roomId }),
    ...(row.sourceMessageId === null ? {} : { messageId: row.sourceMessageId }),
    ...(row.sourceRunId === null ? {} : { runId: row.sourceRunId }),
    ...(row.speakerId === null ? {} : { speakerId: row.speakerId }),
  },
  createdAt: row.createdAt.toISOString(),
  updatedAt: row.updatedAt.toISOString(),
  accessedAt: row.accessedAt.toISOString(),
  accessCount: row.accessCount,
});
