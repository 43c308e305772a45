// Keeps agents' recall indexes in the process, brought up to the database's revision before each use, sealed rows opened on the
// way in. Must never answer an index that lacks what was committed before it was asked for, nor write anything anywhere.

import { LRUCache } from 'lru-cache';
import type { Database } from '../core/db/database.ts';
import { vectorOf } from '../core/db/vectors.ts';
import type { MemoryKeys } from './keys.ts';
import type { Words } from './laying.ts';
import { createRecallIndex, type RecallIndex } from './recall-index.ts';
import * as repo from './repository.ts';
import type { Sealer } from './sealing.ts';

/** A memory as it lies in its row, opened. */
export interface HeldMemory {
  row: repo.MemoryRow;
  words: Words;
  vector: Float32Array | undefined;
}

export interface LoadedIndex {
  index: RecallIndex;
  memories: ReadonlyMap<string, HeldMemory>;
  rooms: readonly string[];
}

type State = Pick<NonNullable<Awaited<ReturnType<typeof repo.findState>>>, 'revision' | 'reloadRevision'>;

interface Held extends LoadedIndex {
  revision: number;
  memories: Map<string, HeldMemory>;
  rooms: string[];
  /** Data keys that its sealed rows were opened with. */
  keys: Map<string, Buffer>;
}

/** Memories of all agents that are kept in the process at once, about 4 KB each. */
const MOST_ROWS = 60_000;
const PAGE = 2000;

export type IndexStore = ReturnType<typeof createIndexStore>;

export function createIndexStore(deps: {
  database: Database;
  keys: MemoryKeys;
  sealer: Sealer;
  model: { model: string; dimensions: number };
}) {
  const { db } = deps.database;
  const held = new LRUCache<string, Held>({
    max: 1000,
    maxSize: MOST_ROWS,
    sizeCalculation: ({ index }) => index.size + 1,
  });
  /** One refresh of an agent at a time. */
  const busy = new Map<string, Promise<Held>>();

  async function refresh(holder: repo.Holder, old: Held | undefined, seen: State | undefined): Promise<Held> {
    const state = seen ?? (await repo.findState(db, holder));
    const revision = state?.revision ?? 0;
    const known = old !== undefined && old.revision >= (state?.reloadRevision ?? 0) ? old : undefined;
    if (known?.revision === revision) return known;
    const next: Held = known ?? {
      index: createRecallIndex(),
      memories: new Map(),
      rooms: [],
      keys: new Map(),
      revision: 0,
    };
    let fresh = false;
    let after =
      known === undefined
        ? undefined
        : { revision: known.revision, id: 'ffffffff-ffff-ffff-ffff-ffffffffffff' };
    for (;;) {
      const rows = await repo.listChanged(db, holder, after, PAGE);
      if (!fresh && rows.some((row) => row.sealed !== null)) {
        next.keys = await deps.keys.all(db, holder.tenantId, holder.agentId);
        fresh = true;
      }
      for (const row of rows) enter(next, row);
      const last = rows.at(-1);
      if (rows.length < PAGE || last === undefined) break;
      after = { revision: last.revision, id: last.id };
    }
    // Not beyond what the state said before: a later deletion would be missed.
    next.revision = revision;
    return next;
  }

  function enter(into: Held, row: repo.IndexRow): void {
    into.index.remove(row.id);
    into.memories.delete(row.id);
    if (row.state === 'archived') return;
    const words = read(row, into.keys);
    if (words === undefined) return;
    const { embedding: _, contentHash: __, speakerName, ...rest } = row;
    const { layer, roomId, occurredAt, evidence } = row;
    const { content, context, vector } = words;
    into.index.put({
      id: row.id,
      layer,
      text: content,
      speaker: layer === 'turn' ? (speakerName ?? speakerOf(context)) : undefined,
      roomId: roomId ?? undefined,
      at: occurredAt.getTime(),
      evidence,
      vector,
    });
    into.memories.set(row.id, { row: { ...rest, sealed: null }, words: { content, context }, vector });
    if (roomId !== null && !into.rooms.includes(roomId)) into.rooms.push(roomId);
  }

  function read(row: repo.IndexRow, keys: ReadonlyMap<string, Buffer>) {
    const ours = row.embeddingModel === deps.model.model;
    if (row.sealed === null) {
      const vector = ours && row.embedding !== null ? vectorOf(row.embedding) : undefined;
      return { content: row.content, context: row.context, vector };
    }
    const { tenantId, agentId, id: memoryId, keySubject, keyVersion } = row;
    const key = keys.get(`${keySubject}:${keyVersion}`);
    if (key === undefined || keyVersion === null) return undefined;
    try {
      const { content, context, vector } = deps.sealer.open(
        key,
        { tenantId, agentId, memoryId, keyVersion },
        row.sealed,
      );
      return { content, context, vector: ours ? vector : undefined };
    } catch {
      // Moved or changed in the database: it is nobody's memory.
      return undefined;
    }
  }

  return {
    /** @param seen the agent's state, if the caller has just read it */
    async load(holder: repo.Holder, seen?: State): Promise<LoadedIndex> {
      const name = `${holder.tenantId}:${holder.agentId}`;
      // A refresh under way may have read its revision before what the caller knows of was committed.
      await busy.get(name)?.catch(() => undefined);
      const under = busy.get(name);
      if (under !== undefined) return under;
      const work = refresh(holder, held.get(name), seen).then((next) => {
        held.set(name, next);
        return next;
      });
      busy.set(name, work);
      try {
        return await work;
      } catch (error) {
        held.delete(name);
        throw error;
      } finally {
        if (busy.get(name) === work) busy.delete(name);
      }
    },

    /** As it was last; perhaps out of date. */
    rooms: (holder: repo.Holder): readonly string[] => [
      ...(held.get(`${holder.tenantId}:${holder.agentId}`)?.rooms ?? []),
    ],

    /** What a node must not go on holding. */
    drop: (holder: repo.Holder): void => void held.delete(`${holder.tenantId}:${holder.agentId}`),
  };
}

const speakerOf = ({ speaker }: Record<string, unknown>): string | undefined =>
  typeof speaker === 'string' ? speaker : undefined;
