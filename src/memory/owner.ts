// What owners and administrators may do with an agent's memories: read, add, correct, delete, release from quarantine, and ask what
// would be recalled. Must never answer who does not answer for the agent, nor tell of a room that the caller may not see.
import type { InputOf } from '../core/contract.ts';
import type { Database } from '../core/db/database.ts';
import { AppError } from '../core/errors.ts';
import { isUuid } from '../core/ids.ts';
import type { Scope } from '../core/scope.ts';
import type { Consolidate } from './consolidation.ts';
import type {
  addMemory,
  explainRecall,
  listMemories,
  listQuarantined,
  Memory,
  searchMemories,
  updateMemory,
} from './contract.ts';
import { explained } from './explain.ts';
import type { Keeper, MemorySource, NewMemory } from './keeper.ts';
import { kindOf } from './kinds.ts';
import type { Ranked } from './rank.ts';
import type { Found, RecallOptions } from './recall.ts';
import * as repo from './repository.ts';
import type { MemoryKind } from './tables.ts';
import { memoryNotFound } from './view.ts';
import { isSensitive } from './worth.ts';

export interface OwnerSideDeps {
  database: Database;
  keeper: Keeper;
  /** Throws unless the caller answers for the agent. */
  requireOwned(scope: Scope, agentId: string): Promise<unknown>;
  /** Throws unless the caller may see the room. */
  requireRoom(scope: Scope, roomId: string): Promise<unknown>;
  remember(holder: repo.Holder, input: NewMemory, source: MemorySource): Promise<Memory>;
  recall(
    holder: repo.Holder,
    query: string,
    options: RecallOptions,
  ): Promise<Omit<Found, 'items'> & { items: { memory: Memory; ranked: Ranked }[] }>;
  reveal(rows: readonly repo.MemoryRow[]): Promise<Map<string, Memory>>;
  revealOne(row: repo.MemoryRow): Promise<Memory>;
  consolidate: Consolidate;
  drop(holder: repo.Holder): void;
}

export function createOwnerSide(deps: OwnerSideDeps) {
  const { database, keeper, requireOwned, requireRoom, remember, recall, reveal, revealOne } = deps;
  const { consolidate, drop } = deps;
  const { db } = database;

  /** The memory if the caller answers for its agent; otherwise as if there were none. */
  async function requireMemory(scope: Scope, id: string): Promise<repo.MemoryRow> {
    const row = await repo.findMemory(db, scope.tenantId, id);
    if (row === undefined) throw memoryNotFound();
    await requireOwned(scope, row.agentId).catch((error: unknown) => {
      throw error instanceof AppError && (error.code === 'forbidden' || error.code === 'not_found')
        ? memoryNotFound()
        : error;
    });
    return row;
  }

  /** The digests of its room, from what is left. */
  const madeAnew = async (row: repo.MemoryRow): Promise<void> => {
    if (row.roomId !== null) await consolidate(row, row.roomId);
  };

  return {
    async list(scope: Scope, { agentId, ...page }: InputOf<typeof listMemories>) {
      await requireOwned(scope, agentId);
      const holder = { tenantId: scope.tenantId, agentId };
      const rows = await repo.listMemories(db, holder, {
        memoryType: page.memoryType,
        kind: page.kind,
        afterId: page.cursor !== undefined && isUuid(page.cursor) ? page.cursor : undefined,
        limit: page.limit + 1,
      });
      const shown = rows.slice(0, page.limit);
      const last = shown.at(-1);
      return {
        data: [...(await reveal(shown)).values()],
        ...(rows.length > page.limit && last !== undefined ? { nextCursor: last.id } : {}),
      };
    },

    async add(scope: Scope, { agentId, ...input }: InputOf<typeof addMemory>): Promise<Memory> {
      await requireOwned(scope, agentId);
      return remember(
        { tenantId: scope.tenantId, agentId },
        { ...input, importanceScore: input.importanceScore ?? 0.5, audience: 'everyone', trust: 'owner' },
        { speakerId: scope.user.id },
      );
    },

    async update(
      scope: Scope,
      { memoryId, confirmed, ...change }: InputOf<typeof updateMemory>,
    ): Promise<Memory> {
      let seen = await requireMemory(scope, memoryId);
      if (confirmed && seen.trust === 'quarantined') seen = await keeper.release(seen);
      if (Object.keys(change).length === 0) return revealOne(seen);
      const before = await revealOne(seen);
      const content = change.content ?? before.content;
      const context = change.context ?? before.context;
      const sensitive = change.sensitive ?? (seen.sensitive || isSensitive(content));
      const reworded =
        content !== before.content || change.context !== undefined || sensitive !== seen.sensitive;
      const [vector] = reworded ? await keeper.embed([content]) : [];
      const row = await database.transaction(async (tx) => {
        const revision = await repo.takeRevision(tx, seen, content !== before.content);
        // What was made from the old words falls with them.
        if (content !== before.content) await repo.deleteDerived(tx, seen, [memoryId]);
        const laid =
          vector === undefined ? {} : await keeper.reword(tx, seen, { content, context, vector, sensitive });
        return repo.updateRow(tx, scope.tenantId, memoryId, {
          ...laid,
          ...(change.memoryType === undefined ? {} : { memoryType: change.memoryType }),
          ...kindAfter(change, content),
          ...(change.importanceScore === undefined ? {} : { importanceScore: change.importanceScore }),
          ...(change.pinned === undefined ? {} : { pinned: change.pinned }),
          revision,
        });
      });
      if (row === undefined) throw memoryNotFound();
      if (content !== before.content) await madeAnew(row);
      return revealOne(row);
    },

    async remove(scope: Scope, memoryId: string): Promise<void> {
      const row = await requireMemory(scope, memoryId);
      await database.transaction(async (tx) => {
        await repo.takeRevision(tx, row, true);
        await repo.deleteWithDerived(tx, row, [memoryId]);
      });
      drop(row);
      await madeAnew(row);
    },

    /** What an answer would recall, and what becomes of all else. */
    async explain(scope: Scope, { agentId, query, roomId, askerId, limit }: InputOf<typeof explainRecall>) {
      await requireOwned(scope, agentId);
      if (roomId !== undefined) await requireRoom(scope, roomId);
      const found = await recall({ tenantId: scope.tenantId, agentId }, query, {
        limit,
        askerId,
        ...(roomId === undefined ? {} : { readers: { roomId } }),
      });
      return explained(found);
    },

    async listQuarantined(scope: Scope, { agentId, cursor, limit }: InputOf<typeof listQuarantined>) {
      await requireOwned(scope, agentId);
      const rows = await repo.listMemories(
        db,
        { tenantId: scope.tenantId, agentId },
        {
          trust: 'quarantined',
          afterId: cursor !== undefined && isUuid(cursor) ? cursor : undefined,
          limit: limit + 1,
        },
      );
      const shown = rows.slice(0, limit);
      const memories = await reveal(shown);
      const last = shown.at(-1);
      return {
        data: shown.flatMap(({ id, vouchers }) => {
          const memory = memories.get(id);
          return memory === undefined ? [] : [{ memory, sources: vouchers }];
        }),
        ...(rows.length > limit && last !== undefined ? { nextCursor: last.id } : {}),
      };
    },

    /** What was not in quarantine stays as it is. */
    async confirm(scope: Scope, memoryId: string): Promise<Memory> {
      const seen = await requireMemory(scope, memoryId);
      if (seen.trust !== 'quarantined') return revealOne(seen);
      return revealOne(await keeper.release(seen));
    },

    async search(scope: Scope, { agentId, query, ...input }: InputOf<typeof searchMemories>) {
      await requireOwned(scope, agentId);
      if (input.readersOf !== undefined) await requireRoom(scope, input.readersOf);
      const { items, abstained, withheld } = await recall({ tenantId: scope.tenantId, agentId }, query, {
        limit: input.limit,
        memoryTypes: input.memoryTypes,
        kinds: input.kinds,
        minSimilarity: input.minSimilarity,
        ...(input.readersOf === undefined ? {} : { readers: { roomId: input.readersOf } }),
        ...(input.timeRange?.from === undefined ? {} : { from: Date.parse(input.timeRange.from) }),
        ...(input.timeRange?.to === undefined ? {} : { to: Date.parse(input.timeRange.to) }),
      });
      return {
        abstained,
        data: items.map(({ memory, ranked }) => ({
          memory,
          similarity: ranked.explain.channels.vector?.raw ?? 0,
          relevanceScore: ranked.score,
          admittedBy: ranked.explain.admittedBy,
          ...(input.explain ? { explain: ranked.explain } : {}),
        })),
        ...(input.explain ? { withheld: withheld.slice(0, MOST_EXPLAINED) } : {}),
      };
    },
  };
}

/** A memory of another type belongs to another family, unless that is said as well. */
const kindAfter = (
  { kind, memoryType }: Pick<InputOf<typeof updateMemory>, 'kind' | 'memoryType'>,
  content: string,
): { kind?: MemoryKind } => {
  if (kind !== undefined) return { kind };
  return memoryType === undefined ? {} : { kind: kindOf(memoryType, content) };
};

/** Memories of which a search says why they are not in its answer. */
const MOST_EXPLAINED = 200;
