// Writes memories: kept once, the newest of a slot standing, sensitive ones sealed. Rows come in and go out through here, so that
// nothing else knows how they lie. Must never store a credential, nor let one audience's memory replace another's.

import type { Database, Tx } from '../core/db/database.ts';
import { vectorText } from '../core/db/vectors.ts';
import { AppError } from '../core/errors.ts';
import { newId } from '../core/ids.ts';
import type { Embedder } from './embed.ts';
import type { MemoryKeys } from './keys.ts';
import { kindOf } from './kinds.ts';
import { createLaying, type Words } from './laying.ts';
import { saysTheSame, vouched } from './quarantine.ts';
import * as repo from './repository.ts';
import type { Sealer } from './sealing.ts';
import type { MemoryAudience, MemoryKind, MemoryLayer, MemoryTrust, MemoryType } from './tables.ts';
import { importanceOf, isSensitive, junkOf } from './worth.ts';

export interface NewMemory {
  content: string;
  memoryType?: MemoryType | undefined;
  kind?: MemoryKind | undefined;
  layer?: MemoryLayer | undefined;
  importanceScore?: number | undefined;
  context?: Record<string, unknown> | undefined;
  audience?: MemoryAudience | undefined;
  trust?: MemoryTrust | undefined;
  consent?: 'explicit' | 'granted' | undefined;
  sensitive?: boolean | undefined;
  pinned?: boolean | undefined;
  /** Of what it tells about its subject. */
  slot?: string | undefined;
  dueAt?: Date | undefined;
  occurredAt?: Date | undefined;
  /** From when it is so, where that is not when it was said. */
  validFrom?: Date | undefined;
  /** Whose word it is, if it is to wait in quarantine. */
  voucher?: string | undefined;
  evidence?: string[] | undefined;
}

export interface MemorySource {
  roomId?: string | undefined;
  messageId?: string | undefined;
  runId?: string | undefined;
  speakerId?: string | undefined;
  subjectId?: string | undefined;
}

/** Memories in quarantine that something new is held against. */
const MOST_WAITING = 200;

export type Keeper = ReturnType<typeof createKeeper>;

export function createKeeper(deps: {
  database: Database;
  embedder: Embedder;
  keys: MemoryKeys;
  sealer: Sealer;
}) {
  const { database, embedder, keys, sealer } = deps;
  const { lay, read } = createLaying({ database, keys, sealer });

  async function embed(texts: string[], signal?: AbortSignal): Promise<repo.Vector[]> {
    const vectors = await embedder.embed(texts, signal);
    return vectors.map((values) => ({ values, model: embedder.model, dimensions: embedder.dimensions }));
  }

  async function put(
    tx: Tx,
    holder: repo.Holder,
    revision: number,
    input: NewMemory & { vector: repo.Vector },
    source: MemorySource,
  ): Promise<repo.MemoryRow> {
    const id = newId();
    const layer = input.layer ?? 'fact';
    const audience = input.audience ?? (source.roomId === undefined ? 'everyone' : 'room');
    const subjectId = source.subjectId ?? source.speakerId;
    const trust = input.trust ?? 'told';
    const scopeKey = scopeKeyOf({
      id,
      layer,
      audience,
      roomId: source.roomId ?? null,
      sourceMessageId: source.messageId ?? null,
    });
    const met =
      layer === 'fact'
        ? await meetWaiting(tx, holder, revision, { ...input, trust, audience }, source.roomId ?? null)
        : { stood: [] };
    if (met.instead !== undefined) return met.instead;
    const sensitive = input.sensitive ?? isSensitive(input.content);
    const slot = input.slot === undefined ? undefined : `${subjectId ?? ''}:${input.slot}`;
    const laid = await lay(
      tx,
      holder,
      id,
      { content: input.content, context: input.context ?? {}, vector: input.vector, scopeKey, slot },
      sensitive ? (subjectId ?? holder.agentId) : undefined,
    );
    const row = await repo.insertRow(tx, {
      ...laid,
      ...holder,
      id,
      layer,
      audience,
      trust,
      revision,
      memoryType: input.memoryType ?? 'fact',
      kind: input.kind ?? kindOf(input.memoryType ?? 'fact', input.content),
      vouchers: trust === 'quarantined' && input.voucher !== undefined ? [input.voucher] : [],
      importanceScore: input.importanceScore ?? importanceOf(input.content),
      roomId: source.roomId ?? null,
      sourceMessageId: source.messageId ?? null,
      sourceRunId: source.runId ?? null,
      speakerId: source.speakerId ?? null,
      subjectId: subjectId ?? null,
      validFrom: input.validFrom ?? input.occurredAt ?? null,
      validTo: null,
      supersededBy: null,
      dueAt: input.dueAt ?? null,
      evidence: input.evidence ?? [],
      consent: input.consent ?? 'explicit',
      pinned: input.pinned ?? false,
      ...(input.occurredAt === undefined ? {} : { occurredAt: input.occurredAt }),
    });
    if (row === undefined) return again(tx, holder, laid.contentHash, { ...input, trust }, revision);
    for (const waiting of met.stood)
      await repo.updateRow(tx, holder.tenantId, waiting.id, {
        validTo: begins(row),
        supersededBy: row.id,
        revision,
      });
    if (laid.slot !== null && trust !== 'quarantined') await supersede(tx, holder, revision, row);
    return row;
  }

  /**
   * The same in other words, of what waits in quarantine: a second source may let it out, and a person's own word stands in its place.
   * @returns what is kept instead of the input
   */
  async function meetWaiting(
    tx: Tx,
    holder: repo.Holder,
    revision: number,
    input: NewMemory & { trust: MemoryTrust; audience: MemoryAudience },
    roomId: string | null,
  ): Promise<{ instead?: repo.MemoryRow; stood: repo.MemoryRow[] }> {
    const waiting = (
      await repo.listMemories(tx, holder, { trust: 'quarantined', limit: MOST_WAITING })
    ).filter((row) => row.validTo === null && row.audience === input.audience && row.roomId === roomId);
    const words = await read(waiting, tx);
    const same = waiting.filter(({ id }) => saysTheSame(words.get(id)?.content ?? '', input.content));
    if (input.trust !== 'quarantined') return { stood: same };
    const [known] = same;
    if (known === undefined) return { stood: [] };
    const set = vouched(known, input);
    const row = await repo.updateRow(tx, holder.tenantId, known.id, { ...set, revision });
    return { instead: row ?? known, stood: [] };
  }

  /** It is there already. Somebody else's word for what was in quarantine lets it out. */
  async function again(
    tx: Tx,
    holder: repo.Holder,
    contentHash: string,
    input: NewMemory & { trust: MemoryTrust },
    revision: number,
  ): Promise<repo.MemoryRow> {
    const known = await repo.findByHash(tx, holder, contentHash);
    if (known === undefined) throw new Error('A memory that is stored already is not there.');
    // The word of what is in quarantine itself changes nothing about what is trusted.
    if (input.trust === 'quarantined' && known.trust !== 'quarantined') return known;
    const since = input.validFrom ?? input.occurredAt;
    const set = {
      ...vouched(known, input),
      // Said again, it holds again, and from then on.
      ...(known.validTo === null ? {} : { validTo: null, supersededBy: null }),
      ...(since !== undefined && since > begins(known) ? { validFrom: since } : {}),
      ...(known.state === 'active' ? {} : { state: 'active' as const }),
      // A digest that says the same again stands on what it was made from this time.
      ...(input.evidence === undefined || known.layer === 'turn' || known.layer === 'fact'
        ? {}
        : { evidence: input.evidence }),
    };
    if (Object.keys(set).length === 0) return known;
    const row = await repo.updateRow(tx, holder.tenantId, known.id, { ...set, revision });
    if (row !== undefined && row.slot !== null && row.trust !== 'quarantined')
      await supersede(tx, holder, revision, row);
    return row ?? known;
  }

  /** The newest stands; what stood before keeps its dates. Only among what the same people may know. */
  async function supersede(
    tx: Tx,
    holder: repo.Holder,
    revision: number,
    row: repo.MemoryRow,
  ): Promise<void> {
    for (const older of await repo.findInSlot(tx, holder, row.slot as string)) {
      if (older.id === row.id || older.audience !== row.audience) continue;
      if (row.audience === 'room' && older.roomId !== row.roomId) continue;
      if (begins(older) > begins(row)) {
        await repo.updateRow(tx, holder.tenantId, row.id, {
          validTo: begins(older),
          supersededBy: older.id,
          revision,
        });
        return;
      }
      await repo.updateRow(tx, holder.tenantId, older.id, {
        validTo: begins(row),
        supersededBy: row.id,
        revision,
      });
    }
  }

  return {
    embed,
    read,

    /** @throws AppError invalid for a credential, and whatever the embedder throws */
    async keep(
      { tenantId, agentId }: repo.Holder,
      items: readonly { input: NewMemory; source: MemorySource }[],
      within?: (tx: Tx, rows: repo.MemoryRow[]) => Promise<void>,
    ): Promise<repo.MemoryRow[]> {
      const holder = { tenantId, agentId };
      for (const { input } of items) {
        if (junkOf(input.content) === 'credential')
          throw new AppError(
            'invalid',
            'credential_not_kept',
            'This looks like a password, key or card number; such things are not remembered. Leave it out.',
          );
      }
      // Before the transaction: an embedder may be a server.
      const vectors = await embed(items.map(({ input }) => textToEmbed(input)));
      return database.transaction(async (tx) => {
        const revision = items.length === 0 ? 0 : await repo.takeRevision(tx, holder);
        const rows: repo.MemoryRow[] = [];
        for (const [i, { input, source }] of items.entries())
          rows.push(await put(tx, holder, revision, { ...input, vector: vectors[i] as repo.Vector }, source));
        await within?.(tx, rows);
        return rows;
      });
    },

    /** Out of quarantine, by the word of who answers for the agent; from now on it stands in its slot. */
    async release(row: repo.MemoryRow): Promise<repo.MemoryRow> {
      const holder = { tenantId: row.tenantId, agentId: row.agentId };
      return database.transaction(async (tx) => {
        const revision = await repo.takeRevision(tx, holder);
        const set = { trust: 'owner' as const, revision };
        const released = (await repo.updateRow(tx, row.tenantId, row.id, set)) ?? row;
        if (released.slot !== null && released.validTo === null)
          await supersede(tx, holder, revision, released);
        return released;
      });
    },

    /** Other words for a memory, in its place. @throws AppError conflict when the agent remembers those already */
    async reword(tx: Tx, row: repo.MemoryRow, words: Words & { vector: repo.Vector; sensitive: boolean }) {
      const holder = { tenantId: row.tenantId, agentId: row.agentId };
      const scopeKey = scopeKeyOf(row);
      const { slot: _, ...laid } = await lay(
        tx,
        holder,
        row.id,
        { ...words, scopeKey },
        words.sensitive ? (row.keySubject ?? row.subjectId ?? row.speakerId ?? row.agentId) : undefined,
      );
      const same = await repo.findByHash(tx, holder, laid.contentHash);
      if (same !== undefined && same.id !== row.id)
        throw new AppError('conflict', 'memory_exists', 'The agent remembers this already.');
      return laid;
    },

    /** The same words, laid anew: sealed under the newest key, or beside another model's vector. False for what does not open. */
    async lieAgain(tx: Tx, row: repo.MemoryRow, revision: number, other?: repo.Vector): Promise<boolean> {
      const holder = { tenantId: row.tenantId, agentId: row.agentId };
      if (row.sealed === null || row.keyVersion === null) {
        if (other === undefined) return false;
        await repo.updateRow(tx, row.tenantId, row.id, {
          embedding: vectorText(other.values),
          embeddingModel: other.model,
          embeddingDimensions: other.dimensions,
          revision,
        });
        return true;
      }
      const opened = await keys.all(tx, row.tenantId, row.agentId);
      const key = opened.get(`${row.keySubject}:${row.keyVersion}`);
      if (key === undefined) return false;
      const { content, context, vector, slot } = sealer.open(
        key,
        { ...holder, memoryId: row.id, keyVersion: row.keyVersion },
        row.sealed,
      );
      const model = { model: row.embeddingModel, dimensions: row.embeddingDimensions };
      const laid = await lay(
        tx,
        holder,
        row.id,
        { content, context, slot, vector: other ?? { values: vector, ...model }, scopeKey: scopeKeyOf(row) },
        row.keySubject ?? row.agentId,
      );
      await repo.updateRow(tx, row.tenantId, row.id, { ...laid, revision });
      return true;
    },
  };
}

const begins = ({ validFrom, occurredAt }: repo.MemoryRow): Date => validFrom ?? occurredAt;

/** The same words in another room are another memory, since others may know it. A turn is its message. */
const scopeKeyOf = (
  row: Pick<repo.MemoryRow, 'id' | 'layer' | 'audience' | 'roomId' | 'sourceMessageId'>,
): string => {
  if (row.layer === 'turn') return `turn ${row.sourceMessageId ?? row.id}\n`;
  return row.audience === 'everyone' ? '' : `room ${row.roomId}\n`;
};

/** A turn is looked for by who said it as well. */
const textToEmbed = ({ content, layer, context }: NewMemory): string =>
  layer === 'turn' && typeof context?.speaker === 'string' ? `${context.speaker}: ${content}` : content;
