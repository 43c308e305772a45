// What a person may ask of an agent's memory of him: what it knows, that it be corrected or forgotten, and whether it may keep
// what he says. Must never show one person what another said in confidence, nor erase without a receipt.
import { type Selectable, sql } from 'kysely';
import type { Clock } from '../core/clock.ts';
import type { Database, Tx } from '../core/db/database.ts';
import { AppError } from '../core/errors.ts';
import { newId } from '../core/ids.ts';
import { lookAround, type Readers } from './audience.ts';
import type { Consolidate } from './consolidation.ts';
import type { Memory, MemoryConsent, MemoryReceipt } from './contract.ts';
import type { Keeper } from './keeper.ts';
import type { MemoryKeys } from './keys.ts';
import * as repo from './repository.ts';
import type { MemoryReceiptsTable } from './tables.ts';
import { memoryNotFound } from './view.ts';
import { isSensitive } from './worth.ts';

export interface PrivacyDeps {
  database: Database;
  clock: Clock;
  keeper: Keeper;
  consolidate: Consolidate;
  keys: MemoryKeys;
  reveal(rows: readonly repo.MemoryRow[]): Promise<Map<string, Memory>>;
  drop(holder: repo.Holder): void;
}

/** Memories that one look shows. */
const MOST_SHOWN = 200;
/** Memories that a refusal names. */
const MOST_NAMED = 8;
/** Tools whose calls and results hold memories. */
const MEMORY_TOOLS = ['remember', 'recall', 'about_me', 'correct_memory', 'forget_me'];

export function createPrivacy(deps: PrivacyDeps) {
  const { database, clock, keeper, consolidate, keys, reveal, drop } = deps;
  const { db } = database;

  /** What he said, and what may be told about him where he is. */
  async function rowsAbout(holder: repo.Holder, userId: string): Promise<repo.MemoryRow[]> {
    const rows = await repo.listMemories(db, holder, { person: userId, limit: MOST_SHOWN });
    const others = rows.flatMap(({ speakerId, roomId }) =>
      speakerId !== userId && roomId !== null ? [roomId] : [],
    );
    const mine = others.length === 0 ? new Set<string>() : await roomsOf(holder, userId, others);
    return rows.filter(
      ({ speakerId, audience, roomId }) =>
        speakerId === userId || audience === 'everyone' || (roomId !== null && mine.has(roomId)),
    );
  }

  async function roomsOf(holder: repo.Holder, userId: string, rooms: string[]): Promise<Set<string>> {
    const rows = await db
      .selectFrom('memberships')
      .select('roomId')
      .where('tenantId', '=', holder.tenantId)
      .where('userId', '=', userId)
      .where('roomId', 'in', rooms)
      .execute();
    return new Set(rows.map(({ roomId }) => roomId));
  }

  async function receipt(
    tx: Tx,
    holder: repo.Holder,
    userId: string,
    action: MemoryReceipt['action'],
    counts: Record<string, number>,
  ): Promise<MemoryReceipt> {
    const row = await tx
      .insertInto('memoryReceipts')
      .values({
        id: newId(),
        tenantId: holder.tenantId,
        agentId: holder.agentId,
        userId,
        action,
        counts: JSON.stringify(counts),
      })
      .returningAll()
      .executeTakeFirstOrThrow();
    return toReceipt(row);
  }

  async function putConsent(tx: Tx, holder: repo.Holder, userId: string, status: 'granted' | 'refused') {
    const { tenantId, agentId } = holder;
    await tx
      .insertInto('memoryConsents')
      .values({ tenantId, agentId, userId, status })
      .onConflict((oc) =>
        oc.columns(['agentId', 'userId']).doUpdateSet((eb) => ({ status, updatedAt: eb.fn<Date>('now') })),
      )
      .execute();
  }

  async function consentOf(holder: repo.Holder, userId: string): Promise<MemoryConsent> {
    const row = await db
      .selectFrom('memoryConsents')
      .select(['status', 'updatedAt'])
      .where('tenantId', '=', holder.tenantId)
      .where('agentId', '=', holder.agentId)
      .where('userId', '=', userId)
      .executeTakeFirst();
    return row === undefined
      ? { status: 'none' }
      : { status: row.status, updatedAt: row.updatedAt.toISOString() };
  }

  async function idsWhere(tx: Tx, holder: repo.Holder, userId: string, taken: boolean): Promise<string[]> {
    let query = tx
      .selectFrom('agentMemories')
      .select('id')
      .where('tenantId', '=', holder.tenantId)
      .where('agentId', '=', holder.agentId);
    query = taken
      ? query.where('speakerId', '=', userId).where('consent', '=', 'granted')
      : query.where((eb) => eb.or([eb('speakerId', '=', userId), eb('subjectId', '=', userId)]));
    return (await query.execute()).map(({ id }) => id);
  }

  /** Journals and records of tools quote memories; of finished runs only, since an open one still reads its journal. */
  async function scrub(tx: Tx, { tenantId, agentId }: repo.Holder, userId: string): Promise<number> {
    const tools = sql`array[${sql.join(MEMORY_TOOLS)}]::text[]`;
    const runs = sql`select id from agent_runs where tenant_id = ${tenantId} and agent_id = ${agentId}
      and asker_id = ${userId} and status not in ('queued', 'running', 'waiting_approval', 'paused')`;
    const { rows } = await sql<{ id: string }>`
      update tool_executions set input_data = '{"forgotten": true}', output_data = null
      where tenant_id = ${tenantId} and agent_id = ${agentId} and tool_name = any(${tools})
        and run_id in (${runs}) returning id`.execute(tx);
    await sql`
      update run_steps set data = jsonb_set(data, '{result}', '"forgotten"')
      where tenant_id = ${tenantId} and kind = 'tool' and data->>'name' = any(${tools}) and run_id in (${runs})`.execute(
      tx,
    );
    await sql`
      update run_steps set data = jsonb_set(data || '{"text": ""}', '{calls}', (
        select coalesce(jsonb_agg(case when call->>'name' = any(${tools}) then call || '{"args": {}}' else call end), '[]')
        from jsonb_array_elements(data->'calls') call))
      where tenant_id = ${tenantId} and kind = 'model' and jsonb_typeof(data->'calls') = 'array' and run_id in (
          select run_id from run_steps where kind = 'tool' and data->>'name' = any(${tools}) and run_id in (${runs}))`.execute(
      tx,
    );
    await sql`delete from agent_replay_runs where tenant_id = ${tenantId} and run_id in (${runs})`.execute(
      tx,
    );
    return rows.length;
  }

  type Corrected = { row: repo.MemoryRow; done: MemoryReceipt };

  /** A fact in other words. What was made from the wrong ones is wrong as well, and what he said then no longer speaks for it. */
  async function reworded(
    holder: repo.Holder,
    userId: string,
    seen: repo.MemoryRow,
    { context }: Memory,
    content: string,
  ): Promise<Corrected> {
    const [vector] = await keeper.embed([content]);
    return database.transaction(async (tx) => {
      const revision = await repo.takeRevision(tx, holder, true);
      const derived = await repo.deleteDerived(tx, holder, [seen.id]);
      const laid = await keeper.reword(tx, seen, {
        content,
        context,
        vector: vector as repo.Vector,
        sensitive: seen.sensitive || isSensitive(content),
      });
      const row = await repo.updateRow(tx, holder.tenantId, seen.id, { ...laid, trust: 'told', revision });
      if (row === undefined) throw memoryNotFound();
      const by = { supersededBy: seen.id, speakerId: userId };
      await repo.endValidity(tx, holder, seen.evidence, clock.date(), by);
      return { row, done: await receipt(tx, holder, userId, 'correct', { corrected: 1, derived }) };
    });
  }

  /** What he said, he said: a fact takes its place, known to those who knew the words, and what was made from them goes. */
  async function insteadOf(
    holder: repo.Holder,
    userId: string,
    seen: repo.MemoryRow,
    _: Memory,
    content: string,
  ): Promise<Corrected> {
    const { consent, audience, occurredAt, roomId, sensitive } = seen;
    let done: MemoryReceipt | undefined;
    const [row] = await keeper.keep(
      holder,
      [
        {
          input: {
            content,
            consent,
            audience,
            occurredAt,
            validFrom: clock.date(),
            ...(sensitive ? { sensitive } : {}),
          },
          source: { roomId: roomId ?? undefined, speakerId: userId, subjectId: userId },
        },
      ],
      async (tx, [fact]) => {
        await repo.takeRevision(tx, holder, true);
        // Unless it had been drawn from them before.
        const drawn = fact?.evidence.includes(seen.id);
        const derived = drawn ? 0 : await repo.deleteDerived(tx, holder, [seen.id]);
        await repo.endValidity(tx, holder, [seen.id], clock.date(), { supersededBy: fact?.id });
        done = await receipt(tx, holder, userId, 'correct', { corrected: 1, derived });
      },
    );
    if (row === undefined || done === undefined) throw memoryNotFound();
    return { row, done };
  }

  return {
    consentOf,

    /** @param readers who will read the answer, when it is given in a room */
    async about(holder: repo.Holder, userId: string, readers?: Readers): Promise<Memory[]> {
      const rows = (await rowsAbout(holder, userId)).filter((row) => row.trust !== 'quarantined');
      const rooms = [...new Set(rows.flatMap(({ roomId }) => roomId ?? []))];
      const knows =
        readers === undefined ? () => true : (await lookAround(db, holder, readers, rooms)).mayKnow;
      return [...(await reveal(rows.filter((row) => knows(row)))).values()];
    },

    /**
     * Deletes what he said and what is kept about him, all that was made from it, and the keys of what was sealed for him; nothing
     * more is taken down until he allows it again.
     */
    async forget(holder: repo.Holder, userId: string): Promise<MemoryReceipt> {
      const done = await database.transaction(async (tx) => {
        await repo.takeRevision(tx, holder, true);
        const counts = await repo.deleteWithDerived(tx, holder, await idsWhere(tx, holder, userId, false));
        const keysDestroyed = await keys.destroy(tx, holder.tenantId, holder.agentId, userId);
        const recordsErased = await scrub(tx, holder, userId);
        await putConsent(tx, holder, userId, 'refused');
        return receipt(tx, holder, userId, 'forget', { ...counts, keysDestroyed, recordsErased });
      });
      drop(holder);
      return done;
    },

    /** Other words for what he said. @throws AppError not_found for what another person said */
    async correct(
      holder: repo.Holder,
      userId: string,
      memoryId: string,
      content: string,
    ): Promise<{ memory: Memory; receipt: MemoryReceipt }> {
      const [seen] = (await repo.findMemories(db, holder, [memoryId])).filter(
        ({ speakerId }) => speakerId === userId,
      );
      if (seen === undefined) throw memoryNotFound();
      if (seen.layer !== 'fact' && seen.layer !== 'turn')
        throw new AppError(
          'conflict',
          'made_of_others',
          `This is made of other memories; correct those it cites: ${seen.evidence.slice(0, MOST_NAMED).join(', ')}`,
        );
      const before = (await reveal([seen])).get(memoryId);
      if (before === undefined) throw memoryNotFound();
      const right = seen.layer === 'turn' ? insteadOf : reworded;
      const { row, done } = await right(holder, userId, seen, before, content);
      const memory = (await reveal([row])).get(row.id);
      if (memory === undefined) throw memoryNotFound();
      if (row.roomId !== null) await consolidate(holder, row.roomId);
      return { memory, receipt: done };
    },

    /** A refusal also erases what was taken down under an earlier consent. */
    async setConsent(
      holder: repo.Holder,
      userId: string,
      status: 'granted' | 'refused',
    ): Promise<MemoryConsent & { receipt: MemoryReceipt }> {
      const done = await database.transaction(async (tx) => {
        await repo.takeRevision(tx, holder, status === 'refused');
        const counts =
          status === 'refused'
            ? await repo.deleteWithDerived(tx, holder, await idsWhere(tx, holder, userId, true))
            : {};
        await putConsent(tx, holder, userId, status);
        return receipt(tx, holder, userId, 'consent', counts);
      });
      if (status === 'refused') drop(holder);
      return { ...(await consentOf(holder, userId)), receipt: done };
    },

    async receipts(holder: repo.Holder, userId: string): Promise<MemoryReceipt[]> {
      const rows = await db
        .selectFrom('memoryReceipts')
        .selectAll()
        .where('tenantId', '=', holder.tenantId)
        .where('agentId', '=', holder.agentId)
        .where('userId', '=', userId)
        .orderBy('id', 'desc')
        .limit(MOST_SHOWN)
        .execute();
      return rows.map(toReceipt);
    },
  };
}

const toReceipt = (row: Selectable<MemoryReceiptsTable>): MemoryReceipt => ({
  id: row.id,
  agentId: row.agentId,
  action: row.action,
  counts: row.counts,
  createdAt: row.createdAt.toISOString(),
});
