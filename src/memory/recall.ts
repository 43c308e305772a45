// Recall: what may be used is filtered first (audience, trust, validity), then several searches are fused, restatements collapsed,
// and every verdict explained. Must never answer a memory that a reader of the answer may not know.
import type { Database } from '../core/db/database.ts';
import { lookAround, type MayKnow, type Readers } from './audience.ts';
import type { Embedder } from './embed.ts';
import { similarity } from './embed.ts';
import type { HeldMemory, IndexStore, LoadedIndex } from './index-store.ts';
import { DEFAULT_CHANNELS, type Ranked, rank } from './rank.ts';
import type { Holder, MemoryRow } from './repository.ts';
import type { MemoryKind, MemoryType } from './tables.ts';

export interface RecallOptions {
  limit: number;
  /** Who will read the answer. Undefined only for whoever answers for the agent. */
  readers?: Readers | undefined;
  memoryTypes?: readonly MemoryType[] | undefined;
  kinds?: readonly MemoryKind[] | undefined;
  /** Cosine below which meaning alone admits nothing. */
  minSimilarity?: number | undefined;
  /** Who asks: how he wants things done is known without being asked for. */
  askerId?: string | undefined;
  /** When it was said, in ms since 1970. */
  from?: number | undefined;
  to?: number | undefined;
  signal?: AbortSignal | undefined;
}

export type WithheldReason =
  | 'audience'
  | 'quarantined'
  | 'superseded'
  | 'other_type'
  | 'other_kind'
  | 'other_time'
  | 'below_threshold'
  | 'over_limit'
  | 'restated'
  | 'source_gone';

export interface Found {
  items: Ranked[];
  abstained: boolean;
  withheld: { id: string; reason: WithheldReason }[];
  /** What the agent remembers, whatever came of it. */
  memories: ReadonlyMap<string, HeldMemory>;
  /** How a memory that was looked at came by its score. */
  explain(id: string): Ranked | undefined;
}

const importanceOf = ({ pinned, state, importanceScore }: MemoryRow): number =>
  pinned ? 1 : state === 'cold' ? 0 : importanceScore;

const ASKS_FOR_RECENT =
  /\b(?:latest|lately|recent(?:ly)?|last time|newest|currently|right now|these days|this week)\b/i;
const RECENT_HALF_LIFE_MS = 30 * 86_400_000;
const RECENCY_WEIGHT = 0.1;
/** Two memories as near as this say the same. */
const RESTATED = 0.93;
/** Notes on the asker that are used unasked. */
const MOST_STANDING = 2;
/** Ranked beyond the limit, so that collapsed ones are made up for. */
const SPARE = 10;

export function createRecall(deps: { database: Database; embedder: Embedder; store: IndexStore }) {
  const { database, embedder, store } = deps;

  /** The agent's memories, and what the readers may know of them, as of one moment. */
  async function look(
    holder: Holder,
    readers: Readers | undefined,
  ): Promise<{ loaded: LoadedIndex; knows: MayKnow }> {
    if (readers === undefined) return { loaded: await store.load(holder), knows: () => true };
    const known = store.rooms(holder);
    const around = await lookAround(database.db, holder, readers, known);
    const loaded = await store.load(holder, around.state);
    if (loaded.rooms.every((room) => known.includes(room))) return { loaded, knows: around.mayKnow };
    return { loaded, knows: (await lookAround(database.db, holder, readers, loaded.rooms)).mayKnow };
  }

  return async function recall(holder: Holder, query: string, options: RecallOptions): Promise<Found> {
    const [vector] = await embedder.embed([query], options.signal);
    const { loaded, knows } = await look(holder, options.readers);
    const { index, memories } = loaded;
    const withheld: Found['withheld'] = [];
    const types = options.memoryTypes ?? [];
    const kinds = options.kinds ?? [];
    /** Facts support their sources also where only sources are asked for. */
    const reasonOf = (row: MemoryRow): WithheldReason | undefined => {
      if (!knows(row)) return 'audience';
      if (options.readers !== undefined && row.trust === 'quarantined') return 'quarantined';
      if (row.validTo !== null && (options.to === undefined || row.validTo.getTime() <= options.to))
        return 'superseded';
      const at = row.occurredAt.getTime();
      if ((options.from !== undefined && at < options.from) || (options.to !== undefined && at > options.to))
        return 'other_time';
      return undefined;
    };
    const visible = (id: string): boolean => {
      const held = memories.get(id);
      if (held === undefined) return false;
      const reason = reasonOf(held.row);
      if (reason === undefined) return true;
      withheld.push({ id, reason });
      return false;
    };
    const scores = index.search({ query, vector, visible });
    const newest = scores.reduce((last, { at }) => Math.max(last, at), 0);
    const candidates = scores.flatMap(({ id, at, channels }) => {
      const { row } = memories.get(id) as HeldMemory;
      if (types.length > 0 && !types.includes(row.memoryType)) {
        withheld.push({ id, reason: 'other_type' });
        return [];
      }
      if (kinds.length > 0 && !kinds.includes(row.kind)) {
        withheld.push({ id, reason: 'other_kind' });
        return [];
      }
      const recency = 0.5 ** ((newest - at) / RECENT_HALF_LIFE_MS);
      return [{ id, channels, importance: importanceOf(row), recency }];
    });
    const admitAt = options.minSimilarity ?? embedder.admitAt;
    const likeness = embedder.likeness?.(query);
    const confirm = (id: string): boolean =>
      likeness === undefined || likeness((memories.get(id) as HeldMemory).words.content) >= admitAt;
    const ranking = rank(candidates, {
      channels: {
        ...DEFAULT_CHANNELS,
        vector: { weight: embedder.weights.vector, admitAt, confirm },
        factMeaning: { weight: embedder.weights.factMeaning },
      },
      limit: options.limit + SPARE,
      recencyWeight: ASKS_FOR_RECENT.test(query) ? RECENCY_WEIGHT : 0,
    });
    const items = standingNotes();
    withheld.push(...ranking.rejected.filter(({ id }) => !items.some((kept) => kept.id === id)));
    for (const item of ranking.items) {
      if (items.some(({ id }) => id === item.id)) continue;
      if (items.length === options.limit) withheld.push({ id: item.id, reason: 'over_limit' });
      else if (items.some((kept) => restates(item.id, kept.id)))
        withheld.push({ id: item.id, reason: 'restated' });
      else items.push(item);
    }
    return {
      items,
      abstained: ranking.abstained && items.length === 0,
      withheld,
      memories,
      explain: ranking.explain,
    };

    /** What the asker wants of every answer, newest first. */
    function standingNotes(): Ranked[] {
      if (options.askerId === undefined) return [];
      const of = candidates.filter(({ id }) => {
        const row = memories.get(id)?.row;
        return row?.layer === 'note' && row.speakerId === options.askerId;
      });
      return of
        .flatMap(({ id }) => ranking.explain(id) ?? [])
        .slice(0, MOST_STANDING)
        .map((item) => ({ ...item, explain: { ...item.explain, admittedBy: ['asker'] } }));
    }

    function restates(id: string, of: string): boolean {
      const [a, b] = [memories.get(id), memories.get(of)];
      if (a === undefined || b === undefined) return false;
      if (types.length + kinds.length === 0 && (a.row.evidence.includes(of) || b.row.evidence.includes(id)))
        return true;
      return (
        a.vector !== undefined &&
        a.vector.length === b.vector?.length &&
        similarity(a.vector, b.vector) >= RESTATED
      );
    }
  };
}
