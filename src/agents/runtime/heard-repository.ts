// Queries on what the floor looks at when something was said: the agents of rooms, what was said before, chains of agents. No policy.
import { sql } from 'kysely';
import type { Db, Tx } from '../../core/db/database.ts';
import type { MemberRole, RoomRights } from '../../server/rooms/contract.ts';
import { isSpent } from '../budgets/repository.ts';
import type { ProactiveSettings } from '../proactive/contract.ts';
import type { Interruption, Pending, UnderWay } from './floor-plan.ts';
import type { AgentMode, RoomMode } from './turn-taking.ts';

export interface RoomAgent {
  tenantId: string;
  roomId: string;
  agentId: string;
  isActive: boolean;
  suspended: boolean;
  /** By an emergency stop. */
  stopped: boolean;
  agentsAllowed: boolean;
  /** By a moderator. */
  mutedUntil: Date | null;
  roomKind: 'channel' | 'group' | 'direct';
  visibility: 'public' | 'private';
  /** What the room changed of the usual rights; its own role is read only then. */
  rights: RoomRights | null;
  roomRole: MemberRole | null;
  responseMode: AgentMode;
  /** The most that agents may do in the room. */
  roomMode: RoomMode;
  interruption: Interruption;
  /** What it, its owner or its tenant may spend today is spent. */
  broke: boolean;
  interests: string[] | null;
  expertise: string[] | null;
  pending: Pending | null;
  /** Oldest first. */
  underWay: UnderWay[] | null;
  /** 0 to 1, where its character says. */
  extraversion: number | null;
  /** What people's feedback adds to the score. */
  readiness: number;
  proactive: Partial<ProactiveSettings>;
}

/** Agents of all these rooms at once; reads nothing else when there are none. */
export async function listRoomAgents(tx: Db | Tx, roomIds: string[]): Promise<RoomAgent[]> {
  const { rows } = await sql<RoomAgent>`
    select ar.tenant_id, ar.room_id, ar.agent_id, ar.readiness, a.is_active, a.response_mode, a.proactive,
      (a.personality->'traits'->>'extraversion')::real as extraversion, u.suspended_at is not null as suspended, r.agents_allowed,
      case when u.sanctioned then muted_until(ar.agent_id, ar.room_id) end as muted_until, r.kind as room_kind, r.visibility, r.rights,
      case when r.rights is not null then (select role from memberships where room_id = ar.room_id and user_id = ar.agent_id) end as room_role,
      a.personality->'interests' as interests, a.personality->'expertise' as expertise,
      coalesce(f.response_mode, 'lively') as room_mode, coalesce(f.interruption, 'queue') as interruption,
      ${isSpent(sql`ar.tenant_id`, sql`a.created_by`, sql`ar.agent_id`)} as broke,
      (select jsonb_build_object('id', p.id, 'askerId', p.asker_id, 'reason', p.trigger_reason) from agent_runs p
        where p.agent_id = ar.agent_id and p.room_id = ar.room_id and p.status = 'queued' and p.gathers) as pending,
      (select jsonb_agg(jsonb_build_object('id', w.id, 'askerId', w.asker_id, 'generation', w.generation) order by w.created_at, w.id)
        from agent_runs w where w.room_id = ar.room_id and w.agent_id = ar.agent_id
        and w.status in ('queued', 'running') and not w.gathers and w.lane = 'interactive') as under_way,
      exists (select from agent_stops s where s.tenant_id = ar.tenant_id and s.lifted_at is null and (s.target = 'all'
        or (s.target = 'agent' and s.target_id = ar.agent_id) or (s.target = 'room' and s.target_id = ar.room_id)
        or (s.target = 'owner' and s.target_id = a.created_by))) as stopped
    from agent_rooms ar
    join ai_agents a on a.id = ar.agent_id and a.tenant_id = ar.tenant_id and a.deleted_at is null
    join users u on u.id = ar.agent_id
    join rooms r on r.id = ar.room_id
    left join room_floor f on f.room_id = ar.room_id
    where ar.room_id = any(${roomIds}::uuid[])`.execute(tx);
  return rows;
}

export async function listAuthors(tx: Tx, messageIds: string[]): Promise<Map<string, string>> {
  const rows = await tx
    .selectFrom('messages')
    .select(['id', 'authorId'])
    .where('id', 'in', messageIds)
    .execute();
  return new Map(rows.map((row) => [row.id, row.authorId]));
}

export interface SaidRow {
  id: string;
  seq: number;
  authorId: string;
  handle: string;
  body: string;
  threadId: string | null;
  mentions: { userId?: string }[];
  createdAt: Date;
}

/** What was said last in a room, oldest first, without what was taken back. */
export async function listSaid(tx: Db | Tx, roomId: string, limit: number): Promise<SaidRow[]> {
  const rows = await tx
    .selectFrom('messages as m')
    .innerJoin('users as u', 'u.id', 'm.authorId')
    .select(['m.id', 'm.seq', 'm.authorId', 'u.handle', 'm.body', 'm.threadId', 'm.mentions', 'm.createdAt'])
    .where('m.roomId', '=', roomId)
    .where('m.deletedAt', 'is', null)
    .where('m.kind', '<>', 'system')
    .orderBy('m.seq', 'desc')
    .limit(limit)
    .execute();
  return rows.reverse() as SaidRow[];
}

/** Answers of agents to agents that one act of a person has caused so far, at most `limit`. */
export async function countChain(tx: Tx, roomId: string, rootId: string, limit: number): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*)::int as count from (
      select from messages where room_id = ${roomId} and root_id = ${rootId} and kind = 'agent' and hop > 1
        and seq > coalesce((select seq from messages where id = ${rootId}), 0) limit ${limit}) counted`.execute(
    tx,
  );
  return rows[0]?.count ?? 0;
}

/** Runs of agents that were to answer agents, by the act of a person that began it. */
export async function countChainRuns(tx: Tx, rootIds: string[]): Promise<Map<string, number>> {
  const { rows } = await sql<{ rootId: string; count: number }>`
    select root_id, count(*)::int as count from agent_runs where root_id = any(${rootIds}::uuid[]) and hop > 1
    group by root_id`.execute(tx);
  return new Map(rows.map((row) => [row.rootId, row.count]));
}

/** Agents in a room. */
export async function countAgents(db: Db, roomId: string): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*)::int as count from agent_rooms where room_id = ${roomId}`.execute(db);
  return rows[0]?.count ?? 0;
}
