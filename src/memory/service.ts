// What agents remember, for their runs and for whoever answers for them. Held to one agent of one tenant throughout; who may ask
// is decided by the agent's owner check that is passed in. Must never answer a run what the readers of its answer may not know.
import type { Clock } from '../core/clock.ts';
import type { InputOf } from '../core/contract.ts';
import type { Database, Tx } from '../core/db/database.ts';
import type { Events } from '../core/events.ts';
import type { Jobs } from '../core/jobs.ts';
import type { Scope } from '../core/scope.ts';
import { lookAround, type Readers } from './audience.ts';
import { createConsolidation } from './consolidation.ts';
import type { correctMemory, Memory, reviewMemories, setConsent, setRetention } from './contract.ts';
import type { Embedder } from './embed.ts';
import { createIndexStore, type HeldMemory } from './index-store.ts';
import { createKeeper, type MemorySource, type NewMemory } from './keeper.ts';
import { createMemoryKeys } from './keys.ts';
import { createOwnerSide } from './owner.ts';
import { createPrivacy } from './privacy.ts';
import { agentsOf, TOOLS } from './quarantine.ts';
import { createQuietRoom, type QuietJob } from './quiet-room.ts';
import type { Ranked } from './rank.ts';
import { createRecall, type RecallOptions } from './recall.ts';
import * as repo from './repository.ts';
import { createSealer } from './sealing.ts';
import { ruleExtractor } from './slots.ts';
import type { MemoryType } from './tables.ts';
import * as tellers from './tellers.ts';
import { createTending } from './tending.ts';
import { createUpkeep } from './upkeep.ts';
import { memoryNotFound, toMemory } from './view.ts';
import { asksToRemember, importanceOf, junkOf, shareSaid } from './worth.ts';

export type { Readers } from './audience.ts';
export type { Memory } from './contract.ts';
export type { Embedder } from './embed.ts';
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
  /** Whether nothing may be done for an agent in a room at present. */
  isHalted(tx: Tx, at: { tenantId: string; agentId: string; roomId: string }): Promise<boolean>;
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
    if (memory === undefined) throw memoryNotFound();
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
    isHalted: deps.isHalted,
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

    /** Makes memories stronger or weaker by what came of them, inside `tx`. */
    async weigh(tx: Tx, holder: MemoryHolder, ids: string[], by: number): Promise<void> {
      if (ids.length === 0) return;
      await repo.weighMemories(tx, holder, ids, by, await repo.takeRevision(tx, holder));
    },

    /** Says that memories were used, so that what is never used may fade. */
    noteUse: (holder: MemoryHolder, ids: string[]): Promise<void> => repo.touchMemories(db, holder, ids),

    ...createOwnerSide({
      database,
      keeper,
      requireOwned,
      requireRoom,
      remember,
      recall,
      reveal,
      revealOne,
      consolidate,
      drop: store.drop,
    }),
  };
}

const isDigest = (held: HeldMemory | undefined): boolean =>
  held !== undefined && held.row.layer !== 'turn' && held.row.layer !== 'fact';
