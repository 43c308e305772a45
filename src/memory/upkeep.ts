// What happens to memories without anyone asking: they fade, go with their message, move to another embedding model, and are
// sealed under newer keys. Each step is a transaction of its own and may be repeated. Must never do for show what a dry run said.
import { sql } from 'kysely';
import type { Clock } from '../core/clock.ts';
import type { Database } from '../core/db/database.ts';
import type { Embedder } from './embed.ts';
import { fade, type Verdict } from './forgetting.ts';
import type { Keeper } from './keeper.ts';
import type { MemoryKeys } from './keys.ts';
import * as repo from './repository.ts';

export interface Review {
  dryRun: boolean;
  counts: { kept: number; cold: number; archived: number; deleted: number };
  /** What changes, at most 200. */
  changes: { id: string; from: string; to: Verdict['to']; strength: number }[];
}

export interface UpkeepDeps {
  database: Database;
  clock: Clock;
  embedder: Embedder;
  keeper: Keeper;
  keys: MemoryKeys;
  /** Makes anew what is made of memories. */
  consolidateAll(holder: repo.Holder, signal?: AbortSignal): Promise<void>;
  drop(holder: repo.Holder): void;
}

const PAGE = 500;
const MOST_CHANGES_SHOWN = 200;
const RE_EMBED_BATCH = 100;

export function createUpkeep(deps: UpkeepDeps) {
  const { database, clock, embedder, keeper, keys, consolidateAll, drop } = deps;
  const { db } = database;

  async function review(holder: repo.Holder, dryRun: boolean): Promise<Review> {
    const now = clock.date();
    const retentionDays = (await repo.findState(db, holder))?.retentionDays ?? null;
    const open = await openGrounds(holder, now);
    const result: Review = { dryRun, counts: { kept: 0, cold: 0, archived: 0, deleted: 0 }, changes: [] };
    const moves: { id: string; to: Verdict['to'] }[] = [];
    let afterId: string | undefined;
    for (;;) {
      const rows = await repo.listMemories(db, holder, { afterId, limit: PAGE });
      for (const row of rows) {
        const { to, strength } = fade(
          {
            kind: row.kind,
            importance: row.importanceScore,
            pinned: row.pinned,
            uses: row.accessCount,
            usedAt: lastOf(row.occurredAt, row.validFrom, row.accessCount > 0 ? row.accessedAt : null),
            createdAt: row.createdAt,
            dueAt: row.dueAt,
            state: row.state,
            holdsOpen: open.has(row.id),
          },
          now,
          retentionDays,
        );
        result.counts[to === 'active' ? 'kept' : to]++;
        if (to === row.state) continue;
        moves.push({ id: row.id, to });
        if (result.changes.length < MOST_CHANGES_SHOWN)
          result.changes.push({ id: row.id, from: row.state, to, strength });
      }
      afterId = rows.at(-1)?.id;
      if (rows.length < PAGE) break;
    }
    if (!dryRun && moves.length > 0) await apply(holder, moves);
    return result;
  }

  /** Memories that alone stand under something dated ahead. */
  async function openGrounds(holder: repo.Holder, now: Date): Promise<Set<string>> {
    const { rows } = await sql<{ id: string }>`
      select distinct evidence[1] as id from agent_memories
      where tenant_id = ${holder.tenantId} and agent_id = ${holder.agentId} and due_at > ${now}
        and cardinality(evidence) = 1`.execute(db);
    return new Set(rows.map(({ id }) => id));
  }

  async function apply(holder: repo.Holder, moves: { id: string; to: Verdict['to'] }[]): Promise<void> {
    await database.transaction(async (tx) => {
      const revision = await repo.takeRevision(tx, holder, true);
      for (const state of ['active', 'cold', 'archived'] as const) {
        const ids = moves.filter(({ to }) => to === state).map(({ id }) => id);
        if (ids.length === 0) continue;
        await tx
          .updateTable('agentMemories')
          .set({ state, revision })
          .where('tenantId', '=', holder.tenantId)
          .where('agentId', '=', holder.agentId)
          .where('id', 'in', ids)
          .execute();
      }
      const gone = moves.filter(({ to }) => to === 'deleted').map(({ id }) => id);
      if (gone.length > 0) await repo.deleteWithDerived(tx, holder, gone);
    });
    drop(holder);
  }

  /** Memories whose message was deleted, or, for turns, says something else, with what was made from them. */
  async function sweep(holder: repo.Holder): Promise<number> {
    const { rows } = await sql<{ id: string }>`
      select m.id from agent_memories m join messages s on s.id = m.source_message_id and s.tenant_id = m.tenant_id
      where m.tenant_id = ${holder.tenantId} and m.agent_id = ${holder.agentId}
        and (s.deleted_at is not null
          or (s.edited_at > m.updated_at and (m.layer = 'turn' or m.trust = 'extracted')))
      limit ${PAGE}`.execute(db);
    if (rows.length === 0) return 0;
    await database.transaction(async (tx) => {
      await repo.takeRevision(tx, holder, true);
      await repo.deleteWithDerived(
        tx,
        holder,
        rows.map(({ id }) => id),
      );
    });
    drop(holder);
    return rows.length;
  }

  /** Vectors of another model are worth nothing beside this one's. */
  async function reEmbed(holder: repo.Holder, signal?: AbortSignal): Promise<number> {
    let done = 0;
    for (;;) {
      const rows = await repo.listOtherModel(db, holder, embedder, RE_EMBED_BATCH);
      if (rows.length === 0) return done;
      const words = await keeper.read(rows);
      const readable = rows.filter((row) => words.has(row.id));
      if (readable.length === 0) return done;
      const vectors = await keeper.embed(
        readable.map((row) => (words.get(row.id) as { content: string }).content),
        signal,
      );
      await database.transaction(async (tx) => {
        const revision = await repo.takeRevision(tx, holder);
        for (const [i, row] of readable.entries())
          await keeper.lieAgain(tx, row, revision, vectors[i] as repo.Vector);
      });
      done += readable.length;
      signal?.throwIfAborted();
    }
  }

  return {
    review,
    sweep,
    reEmbed,

    /** All that a quiet moment allows for one agent. */
    async tend(holder: repo.Holder, signal?: AbortSignal): Promise<void> {
      await sweep(holder);
      await reEmbed(holder, signal);
      await consolidateAll(holder, signal);
      await review(holder, false);
      await db
        .updateTable('memoryStates')
        .set((eb) => ({ reviewedAt: eb.fn<Date>('now') }))
        .where('tenantId', '=', holder.tenantId)
        .where('agentId', '=', holder.agentId)
        .execute();
    },

    /** New data keys for every subject; what older ones sealed is sealed anew and those are destroyed. */
    async rotateKeys(holder: repo.Holder): Promise<{ keys: number; memories: number }> {
      return database.transaction(async (tx) => {
        const revision = await repo.takeRevision(tx, holder, true);
        const sealed = await repo.listSealed(tx, holder);
        const subjects = [...new Set(sealed.flatMap((row) => row.keySubject ?? []))];
        for (const subject of subjects) await keys.rotate(tx, holder.tenantId, holder.agentId, subject);
        let memories = 0;
        for (const row of sealed) if (await keeper.lieAgain(tx, row, revision)) memories++;
        for (const subject of subjects) await keys.dropUnused(tx, holder.tenantId, holder.agentId, subject);
        return { keys: subjects.length, memories };
      });
    },

    /** Agents whose memories have not been looked after for a day. */
    async due(limit: number): Promise<repo.Holder[]> {
      const { rows } = await sql<repo.Holder>`
        select tenant_id, agent_id from memory_states
        where reviewed_at is null or reviewed_at < now() - interval '1 day'
        order by reviewed_at nulls first limit ${limit}`.execute(db);
      return rows;
    },
  };
}

const lastOf = (first: Date, ...others: (Date | null)[]): Date =>
  others.reduce<Date>((last, one) => (one !== null && one > last ? one : last), first);
