// Takes down what people said in a room once it is quiet: turns of those who allow it, and facts drawn from them that cite them; what
// is made of those is made in consolidation.ts. Idempotent. Must never take down an agent's words, recalled ones among
// them, or those of anyone who has not allowed it.
import { sql } from 'kysely';
import type { Clock } from '../core/clock.ts';
import type { Database, Tx } from '../core/db/database.ts';
import type { Events } from '../core/events.ts';
import { derivedId } from '../core/ids.ts';
import type { JobDef, Jobs } from '../core/jobs.ts';
import type { Message } from '../server/messages/contract.ts';
import type { Consolidate } from './consolidation.ts';
import type { Keeper, MemorySource, NewMemory } from './keeper.ts';
import type * as repo from './repository.ts';
import type { FactExtractor } from './slots.ts';
import { importanceOf, junkOf } from './worth.ts';

export const QUIET_JOB = 'memory.quiet-room';
/** Without a message for so long, a room is quiet. */
const QUIET_SECONDS = 120;
const PAGE = 200;
const MAX_CHARS = 4000;

export interface QuietJob {
  tenantId: string;
  agentId: string;
  roomId: string;
}

export interface QuietRoomDeps {
  database: Database;
  clock: Clock;
  jobs: Jobs;
  events: Events;
  keeper: Keeper;
  extractor: FactExtractor;
  consolidate: Consolidate;
  /** Whether nothing may be done for the agent at present. */
  isHalted(tx: Tx, job: QuietJob): Promise<boolean>;
}

interface SaidRow {
  id: string;
  seq: number;
  body: string;
  authorId: string;
  name: string;
  createdAt: Date;
  taken: boolean;
  toAgent: boolean;
}

export function createQuietRoom(deps: QuietRoomDeps) {
  const { database, clock, jobs, events, keeper, extractor, consolidate, isHalted } = deps;
  const { db } = database;

  events.on<{ heard: boolean; message: Message }>('message.sent', async (tx, sent) => {
    const people = sent.filter(
      ({ heard, message }) => heard && message.author.kind === 'human' && message.kind === 'text',
    );
    if (people.length === 0) return;
    const rooms = [...new Set(people.map(({ message }) => message.roomId))];
    const authors = [...new Set(people.map(({ message }) => message.author.id))];
    const { rows } = await sql<QuietJob>`
      select distinct r.tenant_id, r.agent_id, r.room_id from memory_consents c
      join agent_rooms r on r.agent_id = c.agent_id and r.tenant_id = c.tenant_id and r.room_id = any(${rooms}::uuid[])
      join ai_agents a on a.id = r.agent_id and a.memory_enabled and a.is_active and a.deleted_at is null
      where c.user_id = any(${authors}::uuid[]) and c.status = 'granted'`.execute(tx);
    for (const job of rows) await wake(tx, job);
  });

  /** One job for a room and agent in each span; it looks again whether the room is quiet. */
  async function wake(tx: Tx, job: QuietJob): Promise<void> {
    const span = Math.floor(clock.now() / (QUIET_SECONDS * 1000));
    await jobs.enqueue<QuietJob>(tx, { name: QUIET_JOB }, [job], {
      delaySeconds: QUIET_SECONDS,
      id: derivedId('quiet-room', job.agentId, job.roomId, String(span)),
    });
  }

  async function isQuiet({ roomId, tenantId }: QuietJob): Promise<boolean> {
    const { rows } = await sql<{ quiet: boolean }>`
      select coalesce(max(created_at) < ${clock.date()}::timestamptz - make_interval(secs => ${QUIET_SECONDS}), true) as quiet
      from messages where room_id = ${roomId} and tenant_id = ${tenantId}
        and seq > (select last_seq - 20 from rooms where id = ${roomId})`.execute(db);
    return rows[0]?.quiet ?? true;
  }

  /** What was said since the agent last took in the room, as long as it is a member. */
  async function readNew({ tenantId, agentId, roomId }: QuietJob): Promise<SaidRow[]> {
    const { rows } = await sql<SaidRow>`
      select m.id, m.seq, m.body, m.author_id, u.name, m.created_at,
        (u.kind = 'human' and m.kind = 'text' and m.deleted_at is null and exists (
          select 1 from memory_consents c
          where c.agent_id = ${agentId} and c.user_id = m.author_id and c.tenant_id = m.tenant_id
            and c.status = 'granted' and c.updated_at <= m.created_at)) as taken,
        (r.kind = 'direct' or m.mentions @> jsonb_build_array(jsonb_build_object('userId', ${agentId}::text))) as to_agent
      from messages m join users u on u.id = m.author_id
      join rooms r on r.id = m.room_id
      where m.tenant_id = ${tenantId} and m.room_id = ${roomId}
        and m.seq > coalesce((select upto_seq from memory_watermarks where agent_id = ${agentId} and room_id = ${roomId}), 0)
        and exists (select 1 from memberships b where b.room_id = ${roomId} and b.user_id = ${agentId}
          and b.joined_at <= m.created_at)
      order by m.seq limit ${PAGE}`.execute(db);
    return rows;
  }

  /** @returns how many messages it has looked at */
  async function takeDown(job: QuietJob, signal?: AbortSignal): Promise<number> {
    const holder: repo.Holder = { tenantId: job.tenantId, agentId: job.agentId };
    if (await database.transaction((tx) => isHalted(tx, job))) return 0;
    const said = await readNew(job);
    const last = said.at(-1);
    if (last === undefined) return 0;
    const worth = said.filter(({ taken, body }) => taken && junkOf(body) === undefined);
    const source = (row: SaidRow): MemorySource => ({
      roomId: job.roomId,
      messageId: row.id,
      speakerId: row.authorId,
      subjectId: row.authorId,
    });
    const turns = await keeper.keep(
      holder,
      worth.map((row) => ({
        input: {
          content: row.body.slice(0, MAX_CHARS),
          layer: 'turn' as const,
          memoryType: 'conversation' as const,
          context: { speaker: row.name },
          occurredAt: row.createdAt,
          consent: 'granted' as const,
        },
        source: source(row),
      })),
    );
    const facts: { input: NewMemory; row: SaidRow }[] = [];
    for (const [i, row] of worth.entries()) {
      const { body, name, createdAt, toAgent } = row;
      const drawn = await extractor.extract({ text: body, speaker: name, at: createdAt, toAgent }, signal);
      for (const { content, memoryType, slot, dueAt, lesson } of drawn) {
        const input: NewMemory = {
          content,
          memoryType,
          slot,
          dueAt,
          ...(lesson === undefined ? {} : { context: { lesson } }),
          trust: 'extracted',
          consent: 'granted',
          occurredAt: row.createdAt,
          importanceScore: importanceOf(row.body),
          evidence: [(turns[i] as repo.MemoryRow).id],
        };
        facts.push({ input, row });
      }
    }
    await keeper.keep(
      holder,
      facts.map(({ input, row }) => ({ input, source: source(row) })),
    );
    await consolidate(holder, job.roomId);
    await database.transaction((tx) => advance(tx, job, last.seq));
    return said.length;
  }

  async function advance(tx: Tx, { tenantId, agentId, roomId }: QuietJob, uptoSeq: number): Promise<void> {
    await tx
      .insertInto('memoryWatermarks')
      .values({ tenantId, agentId, roomId, uptoSeq })
      .onConflict((oc) => oc.columns(['agentId', 'roomId']).doUpdateSet({ uptoSeq }))
      .execute();
  }

  const job: JobDef<QuietJob> = {
    name: QUIET_JOB,
    retryLimit: 3,
    expireInSeconds: 300,
    concurrency: 1,
    async handle(data, { signal }) {
      if (!(await isQuiet(data))) return database.transaction((tx) => wake(tx, data));
      while ((await takeDown(data, signal)) === PAGE) signal.throwIfAborted();
    },
  };

  return { job, takeDown };
}
