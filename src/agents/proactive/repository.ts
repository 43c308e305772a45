// Queries on goals, on what agents considered saying first, and on the places where they may. No policy.
import { type Insertable, type Selectable, sql } from 'kysely';
import type { Db, Tx } from '../../core/db/database.ts';
import type { OpeningKind, ProactiveSettings } from './contract.ts';
import type { AgentGoalsTable, AgentOpeningsTable } from './tables.ts';

export type GoalRow = Selectable<AgentGoalsTable>;
export type OpeningRow = Selectable<AgentOpeningsTable>;

/** An agent in a room. */
export interface Place {
  tenantId: string;
  agentId: string;
  roomId: string;
}

export interface PlaceRow extends Place {
  proactive: Partial<ProactiveSettings>;
  agentsAllowed: boolean;
  agentsProactive: 'never' | 'by_invitation' | 'always';
  invitedByAdmin: boolean;
  isActive: boolean;
  suspended: boolean;
  stopped: boolean;
  lastSeq: number;
}

/** Where agents that are to speak first are members, a page after the other. */
export async function listPlaces(db: Db, after: Place | undefined, limit: number): Promise<Place[]> {
  const { rows } = await sql<Place>`
    select ar.tenant_id, ar.agent_id, ar.room_id from agent_rooms ar
    join ai_agents a on a.id = ar.agent_id and a.deleted_at is null and a.is_active and a.proactive @> '{"enabled": true}'
    where (ar.agent_id, ar.room_id) > (${after?.agentId ?? NOBODY}::uuid, ${after?.roomId ?? NOBODY}::uuid)
    order by ar.agent_id, ar.room_id limit ${limit}`.execute(db);
  return rows;
}

const NOBODY = '00000000-0000-0000-0000-000000000000';

/** How the place is now. */
export async function readPlace(db: Db | Tx, place: Place): Promise<PlaceRow | undefined> {
  const { rows } = await sql<PlaceRow>`
    select ar.tenant_id, ar.agent_id, ar.room_id, ar.invited_by_admin, a.proactive, a.is_active, u.suspended_at is not null as suspended,
      r.agents_allowed, r.agents_proactive, r.last_seq, agent_is_stopped(ar.tenant_id, ar.agent_id, ar.room_id) as stopped
    from agent_rooms ar
    join ai_agents a on a.id = ar.agent_id and a.tenant_id = ar.tenant_id and a.deleted_at is null
    join users u on u.id = ar.agent_id
    join rooms r on r.id = ar.room_id and r.deleted_at is null
    where ar.tenant_id = ${place.tenantId} and ar.agent_id = ${place.agentId} and ar.room_id = ${place.roomId}`.execute(
    db,
  );
  return rows[0];
}

/** Nobody says anything in the room until the transaction is over. */
export const lockRoom = async (tx: Tx, roomId: string): Promise<void> => {
  await sql`select from rooms where id = ${roomId} for update`.execute(tx);
};

export interface Reason {
  kind: OpeningKind;
  subjectId: string;
  occasion: string;
  /** Who wished for it; null where that person is not in the room, or nobody did. */
  personId: string | null;
}

/**
 * What the agent has a reason to say here, most pressing first, without what it has decided to say already.
 * @param day the agent's own, as 2026-11-21
 */
export async function listReasons(
  tx: Tx,
  place: Place,
  settings: Pick<ProactiveSettings, 'prompts' | 'unansweredMinutes'>,
  at: { now: Date; day: string },
): Promise<Reason[]> {
  const { tenantId, agentId, roomId } = place;
  const wants = (prompt: ProactiveSettings['prompts'][number]) => settings.prompts.includes(prompt);
  const { rows } = await sql<Reason>`
    with reasons as (
      select 'calendar_soon' as kind, id as subject_id, extract(epoch from starts_at)::text as occasion, null::uuid as person_id, 1 as rank, starts_at as at
      from calendar_events where ${wants('due')} and tenant_id = ${tenantId} and room_id = ${roomId}
        and starts_at > ${at.now} and starts_at <= ${at.now}::timestamptz + interval '15 minutes'
      union all
      select 'todo_due', id, extract(epoch from due_at)::text, null, 2, due_at
      from room_todos where ${wants('due')} and tenant_id = ${tenantId} and room_id = ${roomId} and done_at is null
        and due_at <= ${at.now} and due_at > ${at.now}::timestamptz - interval '1 day'
      union all
      select 'unanswered', m.id, '', null, 3, m.created_at
      from messages m join users u on u.id = m.author_id and u.kind = 'human'
      where ${wants('unanswered')} and m.tenant_id = ${tenantId} and m.room_id = ${roomId}
        and m.seq = (select max(seq) from messages where room_id = ${roomId} and kind <> 'system')
        and m.deleted_at is null and m.mentions = '[]' and position('?' in m.body) > 0
        and m.created_at <= ${at.now}::timestamptz - make_interval(mins => ${settings.unansweredMinutes})
        and m.created_at > ${at.now}::timestamptz - interval '2 days'
      union all
      select 'goal', g.id, case when g.due_at <= ${at.now} then 'due ' || extract(epoch from g.due_at)::text else ${at.day} end,
        (select m.user_id from memberships m join users u on u.id = m.user_id and u.kind = 'human'
          where m.room_id = ${roomId} and m.user_id = g.created_by), case when g.due_at <= ${at.now} then 0 else 4 end,
        coalesce(g.due_at, g.created_at)
      from agent_goals g where ${wants('goals')} and g.tenant_id = ${tenantId} and g.agent_id = ${agentId}
        and g.state = 'open' and (g.room_id is null or g.room_id = ${roomId}))
    select kind, subject_id, occasion, person_id from reasons
    where not exists (select from agent_openings o where o.agent_id = ${agentId} and o.room_id = ${roomId} and o.kind = reasons.kind
      and o.subject_id = reasons.subject_id and o.occasion = reasons.occasion and o.decision = 'speak')
    order by rank, at limit 5`.execute(tx);
  return rows;
}

export async function readMoment(tx: Tx, place: Place, at: { day: string; timeZone: string }, most: number) {
  const { agentId, roomId } = place;
  const { rows } = await sql<{
    lastSaidAt: Date | null;
    atWork: boolean;
    today: number;
    sincePerson: number;
    rootId: string | null;
  }>`
    with person as (select id, seq from messages where room_id = ${roomId} and kind = 'text' order by seq desc limit 1)
    select (select max(created_at) from messages where room_id = ${roomId} and kind <> 'system') as last_said_at,
      exists (select from agent_runs where room_id = ${roomId} and status in ('queued', 'running', 'waiting_approval')) as at_work,
      (select count(*)::int from agent_openings o join agent_runs r on r.trigger_message_id = o.id and r.agent_id = o.agent_id
        where o.agent_id = ${agentId} and o.room_id = ${roomId} and o.decision = 'speak'
          and r.status not in ('silent', 'failed', 'cancelled')
          and to_char(o.updated_at at time zone ${at.timeZone}, 'YYYY-MM-DD') = ${at.day}) as today,
      (select count(*)::int from (select from messages where room_id = ${roomId} and kind = 'agent' and hop > 1
        and seq > coalesce((select seq from person), 0) limit ${most}) said) as since_person,
      (select id from person) as root_id`.execute(tx);
  return rows[0] as (typeof rows)[number];
}

/** Puts down what was decided about a reason; what it decided to say already stays so. */
export async function putOpening(
  tx: Tx,
  opening: Omit<Insertable<AgentOpeningsTable>, 'createdAt' | 'updatedAt'>,
  now: Date,
): Promise<OpeningRow | undefined> {
  const { decision, reason, afterSeq } = opening;
  return tx
    .insertInto('agentOpenings')
    .values({ ...opening, createdAt: now, updatedAt: now })
    .onConflict((oc) =>
      oc
        .columns(['agentId', 'roomId', 'kind', 'subjectId', 'occasion'])
        .doUpdateSet({ decision, reason, afterSeq, updatedAt: now })
        .where('agentOpenings.decision', '=', 'silent')
        .where('agentOpenings.reason', '<>', reason),
    )
    .returningAll()
    .executeTakeFirst();
}

export const findOpening = (db: Db | Tx, tenantId: string, id: string): Promise<OpeningRow | undefined> =>
  db
    .selectFrom('agentOpenings')
    .selectAll()
    .where('tenantId', '=', tenantId)
    .where('id', '=', id)
    .executeTakeFirst();

export type OpeningWithRun = OpeningRow & {
  runId: string | null;
  runStatus: string | null;
  runReason: string | null;
};

/** Newest first. */
export const listOpenings = (
  db: Db,
  tenantId: string,
  agentId: string,
  page: { beforeId: string | undefined; limit: number },
): Promise<OpeningWithRun[]> => {
  let query = db
    .selectFrom('agentOpenings as o')
    .leftJoin('agentRuns as r', (join) =>
      join.onRef('r.triggerMessageId', '=', 'o.id').onRef('r.agentId', '=', 'o.agentId'),
    )
    .selectAll('o')
    .select(['r.id as runId', 'r.status as runStatus', 'r.reason as runReason'])
    .where('o.tenantId', '=', tenantId)
    .where('o.agentId', '=', agentId);
  if (page.beforeId !== undefined) query = query.where('o.id', '<', page.beforeId);
  return query.orderBy('o.id', 'desc').limit(page.limit).execute();
};

/** What an opening is about, as it stands; undefined once it is settled or gone. */
export async function readSubject(
  db: Db | Tx,
  { tenantId, kind, subjectId, roomId, agentId }: OpeningRow,
): Promise<string | undefined> {
  const { rows } = await sql<{ text: string }>`
    select concat_ws(E'\n', title, notes) as text from room_todos
      where ${kind === 'todo_due'} and tenant_id = ${tenantId} and id = ${subjectId} and room_id = ${roomId} and done_at is null
    union all
    select concat_ws(E'\n', title, to_char(starts_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI "UTC"'), description) from calendar_events
      where ${kind === 'calendar_soon'} and tenant_id = ${tenantId} and id = ${subjectId} and room_id = ${roomId}
    union all
    select body from messages
      where ${kind === 'unanswered'} and tenant_id = ${tenantId} and id = ${subjectId} and room_id = ${roomId} and deleted_at is null
    union all
    select text from agent_goals
      where ${kind === 'goal'} and tenant_id = ${tenantId} and id = ${subjectId} and agent_id = ${agentId} and state = 'open'`.execute(
    db,
  );
  return rows[0]?.text;
}

/** Whether somebody else has said something between two entries of the log. */
export async function wasSaid(tx: Tx, place: Place, afterSeq: number, beforeSeq: number): Promise<boolean> {
  const { rows } = await sql<{ said: boolean }>`
    select exists (select from messages where room_id = ${place.roomId} and author_id <> ${place.agentId} and kind <> 'system'
      and deleted_at is null and seq > ${afterSeq} and seq < ${beforeSeq}) as said`.execute(tx);
  return rows[0]?.said === true;
}

export const insertGoal = (tx: Tx, goal: Insertable<AgentGoalsTable>): Promise<GoalRow | undefined> =>
  tx
    .insertInto('agentGoals')
    .values(goal)
    .onConflict((oc) => oc.doNothing())
    .returningAll()
    .executeTakeFirst();

export async function countOpenGoals(tx: Tx, tenantId: string, agentId: string): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*)::int as count from agent_goals
    where tenant_id = ${tenantId} and agent_id = ${agentId} and state = 'open'`.execute(tx);
  return rows[0]?.count ?? 0;
}

export const findGoal = (db: Db | Tx, tenantId: string, id: string): Promise<GoalRow | undefined> =>
  db
    .selectFrom('agentGoals')
    .selectAll()
    .where('tenantId', '=', tenantId)
    .where('id', '=', id)
    .executeTakeFirst();

/** Newest first. @param roomId those of the room, and those of every room */
export const listGoals = (
  db: Db,
  tenantId: string,
  agentId: string,
  page: {
    state: 'open' | 'done' | undefined;
    roomId: string | undefined;
    beforeId: string | undefined;
    limit: number;
  },
): Promise<GoalRow[]> => {
  let query = db
    .selectFrom('agentGoals')
    .selectAll()
    .where('tenantId', '=', tenantId)
    .where('agentId', '=', agentId);
  const { state, roomId, beforeId } = page;
  if (state !== undefined) query = query.where('state', '=', state);
  if (roomId !== undefined)
    query = query.where((eb) => eb.or([eb('roomId', 'is', null), eb('roomId', '=', roomId)]));
  if (beforeId !== undefined) query = query.where('id', '<', beforeId);
  return query.orderBy('id', 'desc').limit(page.limit).execute();
};

export const updateGoal = (
  tx: Tx,
  tenantId: string,
  id: string,
  set: {
    text?: string;
    dueAt?: Date | null;
    state?: 'open' | 'done';
    doneAt?: Date | null;
    doneBy?: string | null;
  },
): Promise<GoalRow | undefined> =>
  tx
    .updateTable('agentGoals')
    .set(set)
    .where('tenantId', '=', tenantId)
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirst();

export const deleteGoal = async (tx: Tx, tenantId: string, id: string): Promise<void> => {
  await tx.deleteFrom('agentGoals').where('tenantId', '=', tenantId).where('id', '=', id).execute();
};

/** The run that wrote a message. */
export const findRunOf = (db: Db, tenantId: string, messageId: string) =>
  db
    .selectFrom('agentRuns')
    .select(['id', 'agentId', 'roomId', 'triggerMessageId', 'triggerReason', 'createdAt'])
    .where('tenantId', '=', tenantId)
    .where('replyMessageId', '=', messageId)
    .executeTakeFirst();

/** The message with the card that began a run. */
export const findAskedBy = async (db: Db, tenantId: string, askId: string): Promise<string | undefined> =>
  (
    await db
      .selectFrom('agentAsks')
      .select('messageId')
      .where('tenantId', '=', tenantId)
      .where('id', '=', askId)
      .executeTakeFirst()
  )?.messageId ?? undefined;
