// Queries of the floor: turns that gather, wait, give way or begin anew, what a last look shows, and what was said lately.
// Times are the database's. No policy.
import { type Insertable, type Selectable, sql } from 'kysely';
import type { Db, Tx } from '../../core/db/database.ts';
import { LIMIT_MINUTES } from './floor-limits.ts';
import { BURST_MS } from './floor-plan.ts';
import type { RunRow } from './repository.ts';
import type { RoomFloorTable, TurnHandling } from './tables.ts';
import type { RoomMode } from './turn-taking.ts';

export type RoomFloorRow = Selectable<RoomFloorTable>;

/** The last moment of a wait that begins now. */
export const burstEnd = () => sql<Date>`now() + make_interval(secs => ${BURST_MS / 1000})`;

/** When somebody said his last few things in a room, oldest first. */
export async function listTimesOf(
  tx: Tx,
  roomId: string,
  authorId: string,
  limit: number,
): Promise<number[]> {
  const { rows } = await sql<{ createdAt: Date }>`
    select created_at from (select author_id, created_at, seq from messages where room_id = ${roomId} order by seq desc limit 60) lately
    where author_id = ${authorId} order by seq desc limit ${limit}`.execute(tx);
  return rows.map((row) => row.createdAt.getTime()).reverse();
}

export type Retarget = Pick<RunRow, 'triggerMessageId' | 'triggerReason' | 'askerId' | 'rootId' | 'hop'>;

/** A pending turn answers a newer message from now on; undefined when it has begun. @param atOnce nothing more is waited for */
export async function retargetPending(
  tx: Tx,
  tenantId: string,
  id: string,
  to: Retarget,
  atOnce: boolean,
): Promise<(RunRow & { was: string; openForMs: number }) | undefined> {
  const { rows } = await sql<RunRow & { was: string; openForMs: number }>`
    with old as (select id, trigger_message_id from agent_runs where tenant_id = ${tenantId} and id = ${id} and status = 'queued' and gathers for update)
    update agent_runs r set trigger_message_id = ${to.triggerMessageId}, asker_id = ${to.askerId}, root_id = ${to.rootId}, hop = ${to.hop},
      trigger_reason = case when ${to.triggerReason} = 'follow_up' then r.trigger_reason else ${to.triggerReason} end,
      burst = r.burst + 1, due_at = case when ${atOnce} then null else r.due_at end, updated_at = now()
    from old where r.id = old.id
    returning r.*, old.trigger_message_id as was, (extract(epoch from now() - r.created_at) * 1000)::int as open_for_ms`.execute(
    tx,
  );
  return rows[0];
}

/** One more message that the pending turn answers along with its own; false when it has begun. */
export async function isPending(tx: Tx, tenantId: string, id: string): Promise<boolean> {
  const { rows } = await sql`
    select from agent_runs where tenant_id = ${tenantId} and id = ${id} and status = 'queued' and gathers for update`.execute(
    tx,
  );
  return rows.length > 0;
}

/**
 * Begins a turn anew, for a newer message or for the words as they are now; nothing it did stays. Undefined when it is over, or
 * has used a tool: what was done is done.
 */
export async function restartRun(
  tx: Tx,
  tenantId: string,
  id: string,
  to: Partial<Retarget>,
  most: number,
): Promise<(RunRow & { was: string }) | undefined> {
  const { rows } = await sql<{ was: string }>`
    select trigger_message_id as was from agent_runs where tenant_id = ${tenantId} and id = ${id} and generation < ${most}
      and status in ('queued', 'running') for update`.execute(tx);
  const [found] = rows;
  if (found === undefined) return undefined;
  const acts = await tx
    .selectFrom('runSteps')
    .select('step')
    .where('tenantId', '=', tenantId)
    .where('runId', '=', id)
    .where('kind', 'in', ['tool', 'intent', 'approval'])
    .limit(1)
    .execute();
  if (acts.length > 0) return undefined;
  await tx.deleteFrom('runSteps').where('tenantId', '=', tenantId).where('runId', '=', id).execute();
  await tx.deleteFrom('runSteers').where('tenantId', '=', tenantId).where('runId', '=', id).execute();
  const run = await tx
    .updateTable('agentRuns')
    .set((eb) => ({
      ...to,
      status: 'queued',
      leaseUntil: null,
      attempts: 0,
      revision: null,
      partial: null,
      leaseEpoch: eb('leaseEpoch', '+', 1),
      generation: eb('generation', '+', 1),
      updatedAt: sql<Date>`now()`,
    }))
    .where('tenantId', '=', tenantId)
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirstOrThrow();
  return { ...run, was: found.was };
}

/** Notes that a message has no turn of its own any more. @param runId null where it has one again */
export const coverTurn = (
  tx: Tx,
  agentId: string,
  messageId: string,
  runId: string | null,
  handling: TurnHandling,
): Promise<unknown> =>
  tx
    .updateTable('agentTurns')
    .set({ runId, handling })
    .where('messageId', '=', messageId)
    .where('agentId', '=', agentId)
    .execute();

/** Nothing more is waited for, if that message is still the newest. Answers the run if it may begin. */
export async function endWait(tx: Tx, runId: string, burst: number): Promise<Pick<RunRow, 'id' | 'lane'>[]> {
  const ended = await tx
    .updateTable('agentRuns')
    .set({ dueAt: null, updatedAt: sql<Date>`now()` })
    .where('id', '=', runId)
    .where('burst', '=', burst)
    .where('status', '=', 'queued')
    .where('dueAt', 'is not', null)
    .returning(['id', 'lane', 'afterRunId'])
    .execute();
  return ended.filter((run) => run.afterRunId === null);
}

export interface Look {
  deleted: boolean;
  editedAt: Date | null;
  /** The words still name the agent. */
  mentioned: boolean;
  inRoom: boolean;
  suspended: boolean;
  active: boolean;
  agentsAllowed: boolean;
  muted: boolean;
  roomMode: RoomMode;
}

/** How things stand for a turn now; undefined where its message or room is gone. */
export async function lookAgain(
  at: Db | Tx,
  run: Pick<RunRow, 'tenantId' | 'id'>,
): Promise<Look | undefined> {
  const { rows } = await sql<Look>`
    select coalesce(m.deleted_at, c.deleted_at) is not null as deleted, m.edited_at, u.suspended_at is not null as suspended, r.agents_allowed,
      coalesce(m.mentions @> jsonb_build_array(jsonb_build_object('userId', x.agent_id)), false) as mentioned,
      exists (select from memberships s where s.room_id = x.room_id and s.user_id = x.agent_id) as in_room,
      a.is_active and a.deleted_at is null as active,
      u.sanctioned and muted_until(x.agent_id, x.room_id) is not null as muted, coalesce(f.response_mode, 'lively') as room_mode
    from agent_runs x
    left join messages m on m.id = x.trigger_message_id
    left join agent_asks k on k.id = x.trigger_message_id and m.id is null
    left join messages c on c.id = k.message_id
    join rooms r on r.id = x.room_id and r.deleted_at is null
    join users u on u.id = x.agent_id
    join ai_agents a on a.id = x.agent_id
    left join room_floor f on f.room_id = x.room_id
    where x.tenant_id = ${run.tenantId} and x.id = ${run.id} and (m.id is not null or k.id is not null)`.execute(
    at,
  );
  return rows[0];
}

/** Turns of these limits that ended in a message lately: of the pair, and in the room. */
export async function countLately(
  tx: Tx,
  { roomId, agentId, otherId, hop }: { roomId: string; agentId: string; otherId: string; hop: number },
): Promise<{ pair: number; room: number }> {
  const { rows } = await sql<{ pair: number; room: number }>`
    select count(*)::int as room, count(*) filter (where case when ${hop}::int > 1
        then hop > 1 and ((agent_id = ${agentId} and asker_id = ${otherId}) or (agent_id = ${otherId} and asker_id = ${agentId}))
        else trigger_reason = 'score' and agent_id = ${agentId} and asker_id = ${otherId} end)::int as pair
    from agent_runs where room_id = ${roomId} and status = 'completed' and (hop > 1 or trigger_reason = 'score')
      and finished_at > now() - make_interval(mins => ${LIMIT_MINUTES})`.execute(tx);
  return rows[0] ?? { pair: 0, room: 0 };
}

export const findRoomFloor = (
  at: Db | Tx,
  tenantId: string,
  roomId: string,
): Promise<RoomFloorRow | undefined> =>
  at
    .selectFrom('roomFloor')
    .selectAll()
    .where('tenantId', '=', tenantId)
    .where('roomId', '=', roomId)
    .executeTakeFirst();

export const upsertRoomFloor = (
  tx: Tx,
  row: Insertable<RoomFloorTable>,
  set: Partial<Pick<RoomFloorRow, 'responseMode' | 'interruption'>>,
): Promise<RoomFloorRow> =>
  tx
    .insertInto('roomFloor')
    .values({ ...row, ...set })
    .onConflict((oc) =>
      oc.column('roomId').doUpdateSet({ ...set, updatedBy: row.updatedBy, updatedAt: sql<Date>`now()` }),
    )
    .returningAll()
    .executeTakeFirstOrThrow();
