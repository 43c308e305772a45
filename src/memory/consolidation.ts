// Makes of an agent's turns and facts in one room its episodes, cards of persons and notes, anew wherever what they were made from has
// changed or gone. Takes nothing away: an older card or note keeps its dates. Must never join what was said in different rooms, nor
// make anything of those who have not allowed it, or of what is in quarantine.
import { sql } from 'kysely';
import type { Clock } from '../core/clock.ts';
import type { Database } from '../core/db/database.ts';
import { cardOf, type Digest, episodeOf, exchangesOf, type Ground, notesOf } from './digest.ts';
import type { Keeper } from './keeper.ts';
import * as repo from './repository.ts';
import type { Lesson } from './slots.ts';

/** @returns how many memories were made or found to stand */
export type Consolidate = (holder: repo.Holder, roomId: string) => Promise<number>;

/** Turns without an episode, and facts, of one room that one look takes. */
const MOST_TURNS = 1000;
const MOST_FACTS = 2000;
const MOST_ROOMS = 200;

interface GroundId {
  id: string;
  name: string | null;
}

export function createConsolidation(deps: { database: Database; clock: Clock; keeper: Keeper }) {
  const { database, clock, keeper } = deps;
  const { db } = database;

  const allowed = sql`exists (select 1 from memory_consents c where c.agent_id = m.agent_id and c.tenant_id = m.tenant_id
    and c.user_id = coalesce(m.subject_id, m.speaker_id) and c.status = 'granted') and (m.speaker_id is null or exists (
    select 1 from memory_consents c where c.agent_id = m.agent_id and c.tenant_id = m.tenant_id and c.user_id = m.speaker_id
      and c.status = 'granted'))`;
  const standing = sql`m.valid_to is null and m.audience = 'room' and m.trust <> 'quarantined' and m.state <> 'archived'`;

  /** Turns that no episode cites, and all facts that hold, oldest first. */
  async function grounds(holder: repo.Holder, roomId: string, layer: 'turn' | 'fact'): Promise<Ground[]> {
    const { tenantId, agentId } = holder;
    const open =
      layer === 'fact'
        ? sql`true`
        : sql`not exists (select 1 from agent_memories e where e.agent_id = m.agent_id and e.tenant_id = m.tenant_id
            and e.layer = 'episode' and e.evidence @> array[m.id])`;
    const { rows: found } = await sql<GroundId>`
      select m.id, u.name from agent_memories m left join users u on u.id = m.speaker_id and u.tenant_id = m.tenant_id
      where m.tenant_id = ${tenantId} and m.agent_id = ${agentId} and m.room_id = ${roomId} and m.layer = ${layer}
        and ${standing} and ${allowed} and ${open}
      order by m.occurred_at desc, m.id desc limit ${layer === 'turn' ? MOST_TURNS : MOST_FACTS}`.execute(db);
    const names = new Map(found.map(({ id, name }) => [id, name]));
    // Without those whose message was deleted or says something else by now.
    const rows = await repo.findMemories(db, holder, [...names.keys()]);
    const words = await keeper.read(rows);
    return rows
      .flatMap((row): Ground[] => {
        const said = words.get(row.id);
        if (said === undefined) return [];
        const { id, importanceScore: importance, occurredAt, dueAt, sensitive, evidence } = row;
        const { speakerId, subjectId } = row;
        const lesson = said.context.lesson as Lesson | undefined;
        const speakerName = names.get(id) ?? 'somebody';
        const of = { id, importance, occurredAt, dueAt, sensitive, evidence, speakerId, subjectId };
        return [{ ...of, content: said.content, speakerName, lesson }];
      })
      .sort((a, b) => a.occurredAt.getTime() - b.occurredAt.getTime() || (a.id < b.id ? -1 : 1));
  }

  const consolidate: Consolidate = async (holder, roomId) => {
    const now = clock.date();
    const [turns, facts] = [await grounds(holder, roomId, 'turn'), await grounds(holder, roomId, 'fact')];
    const persons = Map.groupBy(facts, ({ subjectId }) => subjectId ?? '');
    const made: Digest[] = [
      ...exchangesOf(turns).map((exchange) => episodeOf(exchange, facts, roomId)),
      ...[...persons].flatMap(([person, known]) =>
        person === '' ? [] : (cardOf(known, person, roomId, now) ?? []),
      ),
      ...notesOf(facts, roomId, now),
    ];
    const standing = await standingDigests(holder, roomId);
    const fresh = made.filter((one) => !standing.has(nameOf(one.input)));
    const wanted = new Set(made.map(({ input }) => nameOf(input)));
    const outdated = [...standing].flatMap(([name, id]) => (wanted.has(name) ? [] : [id]));
    if (fresh.length + outdated.length > 0)
      await keeper.keep(holder, fresh, (tx) => repo.endValidity(tx, holder, outdated, now));
    return made.length;
  };

  /** Ids of the cards and notes that stand, by what they say and cite. */
  async function standingDigests(holder: repo.Holder, roomId: string): Promise<Map<string, string>> {
    const rows = await db
      .selectFrom('agentMemories')
      .select(['id'])
      .where('tenantId', '=', holder.tenantId)
      .where('agentId', '=', holder.agentId)
      .where('roomId', '=', roomId)
      .where('layer', 'in', ['relationship', 'note'])
      .where('validTo', 'is', null)
      .execute();
    const found = await repo.findMemories(
      db,
      holder,
      rows.map(({ id }) => id),
    );
    const words = await keeper.read(found);
    return new Map(
      found.map((row) => [nameOf({ content: words.get(row.id)?.content, evidence: row.evidence }), row.id]),
    );
  }

  return {
    consolidate,

    /** Every room that the agent remembers something of. */
    async consolidateAll(holder: repo.Holder, signal?: AbortSignal): Promise<void> {
      const { rows } = await sql<{ roomId: string }>`
        select distinct room_id from agent_memories
        where tenant_id = ${holder.tenantId} and agent_id = ${holder.agentId} and room_id is not null
          and layer in ('turn', 'fact') limit ${MOST_ROOMS}`.execute(db);
      for (const { roomId } of rows) {
        signal?.throwIfAborted();
        await consolidate(holder, roomId);
      }
    },
  };
}

const nameOf = ({
  content,
  evidence,
}: {
  content?: string | undefined;
  evidence?: string[] | undefined;
}): string => `${content}\n${evidence?.join()}`;
