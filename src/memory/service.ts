// What agents remember, for their runs and for whoever answers for them. Held to one agent of one tenant throughout; who may ask
// is decided by the agent's owner check that is passed in. Must never answer a run what the readers of its answer may not know.
import type { Clock } from '../core/clock.ts';
import type { InputOf } from '../core/contract.ts';
import type { Database } from '../core/db/database.ts';
import { AppError, notFound } from '../core/errors.ts';
import type { Events } from '../core/events.ts';
import { isUuid } from '../core/ids.ts';
import type { Jobs } from '../core/jobs.ts';
import type { Scope } from '../core/scope.ts';
import { lookAround, type Readers } from './audience.ts';
import { createConsolidation } from './consolidation.ts';
import type {
  addMemory,
  correctMemory,
  explainRecall,
  listMemories,
  listQuarantined,
  Memory,
  reviewMemories,
  searchMemories,
  setConsent,
  setRetention,
  updateMemory,
} from './contract.ts';
import type { Embedder } from './embed.ts';
import { explained } from './explain.ts';
import { createIndexStore, type HeldMemory } from './index-store.ts';
import { createKeeper, type MemorySource, type NewMemory } from './keeper.ts';
import { createMemoryKeys } from './keys.ts';
import { kindOf } from './kinds.ts';
import { createPrivacy } from './privacy.ts';
import { agentsOf, TOOLS } from './quarantine.ts';
import { createQuietRoom, type QuietJob } from './quiet-room.ts';
import type { Ranked } from './rank.ts';
import { createRecall, type RecallOptions } from './recall.ts';
import * as repo from './repository.ts';
import { createSealer } from './sealing.ts';
import { ruleExtractor } from './slots.ts';
import type { MemoryKind, MemoryType } from './tables.ts';
import * as tellers from './tellers.ts';
import { createTending } from './tending.ts';
import { createUpkeep } from './upkeep.ts';
import { toMemory } from './view.ts';
import { asksToRemember, importanceOf, isSensitive, junkOf, shareSaid } from './worth.ts';

export type { Readers } from './audience.ts';
export type { MemorySource, NewMemory } from './keeper.ts';
export type MemoryService = ReturnType<typeof createMemoryService>;

export interface MemoryDeps {
  database: Database;
  jobs: Jobs;
  events: Events;
  embedder: Embedder;
  clock: Clock;
  /** SECRET_KEY: data keys of sensitive memories are wrapped under it. */
  secret: string;
  /** Throws unless the caller answers for the agent. */
  requireOwned(scope: Scope, agentId: string): Promise<unknown>;
  /** Throws unless the caller may see the room. */
  requireRoom(scope: Scope, roomId: string): Promise<unknown>;
  /** Throws unless the caller may know of the agent. */
  requireAgent(scope: Scope, agentId: string): Promise<unknown>;
}

/** Whose memory: never from a request's body. */
export interface MemoryHolder {
  tenantId: string;
  agentId: string;
}

export interface Recalled {
  memory: Memory;
  ranked: Ranked;
}

export type Told = { kept: true; memory: Memory } | { kept: false; reason: 'no_consent' | 'credential' };

/** What somebody asked to be kept is worth more than what was picked up in passing. */
const TOLD_IMPORTANCE = 0.7;
/** Share of a memory's words that its message must hold for it to be what was said. */
const MOSTLY_SAID = 0.5;
/** Tools that read nothing of the world outside. */
const OWN_TOOLS = ['remember', 'recall', 'about_me', 'forget_me', 'correct_memory', 'calculator', 'clock'];

const MEMORY_NOT_FOUND = () =>
  notFound('memory_not_found', 'There is no such memory, or you may not see it.');

export function createMemoryService(deps: MemoryDeps) {
  const { database, embedder, clock, jobs, events, secret } = deps;
  const { requireOwned, requireAgent, requireRoom } = deps;
  const { db } = database;
  const sealer = createSealer(secret);
  const keys = createMemoryKeys(sealer);
  const keeper = createKeeper({ database, embedder, keys, sealer });
  const store = createIndexStore({ database, keys, sealer, model: embedder });
  const search = createRecall({ database, embedder, store });

  /** Rows as the wire has them; those whose key is gone are left out. */
  async function reveal(rows: readonly repo.MemoryRow[]): Promise<Map<string, Memory>> {
    const words = await keeper.read(rows);
    return new Map(
      rows.flatMap((row) => {
        const said = words.get(row.id);
        return said === undefined ? [] : [[row.id, toMemory(row, said)] as const];
      }),
    );
  }

  async function revealOne(row: repo.MemoryRow): Promise<Memory> {
    const memory = (await reveal([row])).get(row.id);
    if (memory === undefined) throw MEMORY_NOT_FOUND();
    return memory;
  }

  const { consolidate, consolidateAll } = createConsolidation({ database, clock, keeper });
  const privacy = createPrivacy({ database, clock, keeper, consolidate, keys, reveal, drop: store.drop });
  const upkeep = createUpkeep({
    database,
    clock,
    embedder,
    keeper,
    keys,
    consolidateAll,
    drop: store.drop,
  });
  const quietRoom = createQuietRoom({
    database,
    clock,
    jobs,
    events,
    keeper,
    extractor: ruleExtractor,
    consolidate,
  });
  const tending = createTending({ database, clock, jobs, upkeep });
  /** The caller's own dealings with an agent that he may know of. */
  const mine = async (scope: Scope, agentId: string): Promise<MemoryHolder> => {
    await requireAgent(scope, agentId);
    return { tenantId: scope.tenantId, agentId };
  };

  async function remember(
    holder: MemoryHolder,
    input: NewMemory,
    source: MemorySource = {},
  ): Promise<Memory> {
    const [row] = await keeper.keep(holder, [{ input: { ...input, content: input.content.trim() }, source }]);
    return revealOne(row as repo.MemoryRow);
  }

  /** The best memories for a query, best first; none when nothing is good enough. */
  async function recall(holder: MemoryHolder, query: string, options: RecallOptions) {
    const { items: ranked, abstained, withheld, memories, explain } = await search(holder, query, options);
    const standing = await repo.listStanding(
      db,
      holder,
      ranked.map(({ id }) => id),
      ranked.some(({ id }) => isDigest(memories.get(id))),
    );
    const items: Recalled[] = [];
    for (const item of ranked) {
      const [held, use] = [memories.get(item.id), standing.get(item.id)];
      if (held === undefined || use === undefined) withheld.push({ id: item.id, reason: 'source_gone' });
      else items.push({ memory: toMemory({ ...held.row, ...use }, held.words), ranked: item });
    }
    return { items, abstained, withheld, memories, explain };
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
    consentOf: privacy.consentOf,

    /**
     * Keeps what an agent was told in a run. Without consent only what its speaker asked to be remembered; what nobody said, after
     * the run has read the world outside, and what another agent said wait in quarantine.
     */
    async told(
      holder: MemoryHolder,
      input: { content: string; memoryType?: MemoryType | undefined },
      source: { roomId: string; messageId?: string | undefined; runId: string; speakerId: string },
    ): Promise<Told> {
      const said =
        source.messageId === undefined
          ? undefined
          : await tellers.findSaid(db, holder.tenantId, source.messageId);
      const body = said?.authorId === source.speakerId ? said.body : '';
      const { status } = await privacy.consentOf(holder, source.speakerId);
      const asked = asksToRemember(body);
      if (!asked && status !== 'granted') return { kept: false, reason: 'no_consent' };
      if (junkOf(input.content) === 'credential') return { kept: false, reason: 'credential' };
      const own = shareSaid(input.content, body) >= MOSTLY_SAID;
      const teller = await tellers.findTeller(db, holder.tenantId, source.speakerId);
      const doubtful =
        !teller.person ||
        (!own && (await tellers.hasReadOutside(db, holder.tenantId, source.runId, OWN_TOOLS)));
      const memory = await remember(
        holder,
        {
          ...input,
          importanceScore: Math.max(TOLD_IMPORTANCE, importanceOf(input.content, { asked })),
          trust: doubtful ? 'quarantined' : 'told',
          voucher: teller.person ? TOOLS : agentsOf(teller.ownerId),
          consent: asked ? 'explicit' : 'granted',
        },
        { ...source, subjectId: await tellers.findSubject(db, holder, source.roomId, input.content) },
      );
      return { kept: true, memory };
    },

    jobs: [quietRoom.job, tending.job],
    /** From now on memories are looked after, day by day. */
    start: tending.start,
    /** Takes down at once what a room has said; the job does it when the room is quiet. */
    takeDown: (room: QuietJob): Promise<number> => quietRoom.takeDown(room),
    tend: (holder: MemoryHolder): Promise<void> => upkeep.tend(holder),

    async review(scope: Scope, { agentId, dryRun }: InputOf<typeof reviewMemories>) {
      await requireOwned(scope, agentId);
      return upkeep.review({ tenantId: scope.tenantId, agentId }, dryRun);
    },

    async rotateKeys(scope: Scope, agentId: string) {
      await requireOwned(scope, agentId);
      const holder = { tenantId: scope.tenantId, agentId };
      const rotated = await upkeep.rotateKeys(holder);
      store.drop(holder);
      return rotated;
    },

    async setRetention(scope: Scope, { agentId, retentionDays }: InputOf<typeof setRetention>) {
      await requireOwned(scope, agentId);
      const holder = { tenantId: scope.tenantId, agentId };
      await database.transaction(async (tx) => {
        await repo.takeRevision(tx, holder);
        await repo.setRetention(tx, holder, retentionDays);
      });
      return { retentionDays };
    },

    aboutInRoom: privacy.about,
    forgetAsked: privacy.forget,
    correctAsked: privacy.correct,
    /** What somebody wrote, if it is his and still there. */
    async saidBy(holder: MemoryHolder, userId: string, messageId: string): Promise<string> {
      const said = await tellers.findSaid(db, holder.tenantId, messageId);
      return said?.authorId === userId ? said.body : '';
    },

    aboutMe: async (scope: Scope, agentId: string) => ({
      data: await privacy.about(await mine(scope, agentId), scope.user.id),
    }),
    forgetMe: async (scope: Scope, agentId: string) =>
      privacy.forget(await mine(scope, agentId), scope.user.id),
    correct: async (scope: Scope, { agentId, memoryId, content }: InputOf<typeof correctMemory>) =>
      privacy.correct(await mine(scope, agentId), scope.user.id, memoryId, content),
    getConsent: async (scope: Scope, agentId: string) =>
      privacy.consentOf(await mine(scope, agentId), scope.user.id),
    setConsent: async (scope: Scope, { agentId, status }: InputOf<typeof setConsent>) =>
      privacy.setConsent(await mine(scope, agentId), scope.user.id, status),
    receipts: async (scope: Scope, agentId: string) => ({
      data: await privacy.receipts(await mine(scope, agentId), scope.user.id),
    }),

    /** Several at once, in one transaction: what a room has said. */
    async rememberAll(
      holder: MemoryHolder,
      items: readonly { input: NewMemory; source: MemorySource }[],
    ): Promise<string[]> {
      return (await keeper.keep(holder, items)).map((row) => row.id);
    },

    /** Memories by id, in the order asked; those that are gone, or that a reader may not know, are left out. */
    async byIds(holder: MemoryHolder, ids: string[], readers?: Readers): Promise<Memory[]> {
      const found = await repo.findMemories(db, holder, ids);
      const rooms = [...new Set(found.flatMap((row) => row.roomId ?? []))];
      const knows =
        readers === undefined ? () => true : (await lookAround(db, holder, readers, rooms)).mayKnow;
      const memories = await reveal(
        found.filter((row) => knows(row) && (readers === undefined || row.trust !== 'quarantined')),
      );
      return ids.flatMap((id) => memories.get(id) ?? []);
    },

    /** Says that memories were used, so that what is never used may fade. */
    noteUse: (holder: MemoryHolder, ids: string[]): Promise<void> =>
      ids.length === 0
        ? Promise.resolve()
        : database.transaction((tx) => repo.touchMemories(tx, holder, ids)),

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
        const revision = await repo.takeRevision(tx, seen);
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
      if (row === undefined) throw MEMORY_NOT_FOUND();
      return revealOne(row);
    },

    async remove(scope: Scope, memoryId: string): Promise<void> {
      const row = await requireMemory(scope, memoryId);
      await database.transaction(async (tx) => {
        await repo.takeRevision(tx, row, true);
        await repo.deleteWithDerived(tx, row, [memoryId]);
      });
      store.drop(row);
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

const isDigest = (held: HeldMemory | undefined): boolean =>
  held !== undefined && held.row.layer !== 'turn' && held.row.layer !== 'fact';

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
