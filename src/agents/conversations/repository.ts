// Queries on agents' conversations. What is written down is counted anew each time, so that a job may run twice. No policy.
import { type Selectable, sql } from 'kysely';
import type { Db, Tx } from '../../core/db/database.ts';
import type { AgentConversationsTable, Cited, Relationship } from './tables.ts';

export type ConversationRow = Selectable<AgentConversationsTable>;

export interface Place {
  tenantId: string;
  agentId: string;
  roomId: string;
}

/** Answers of the agent in the room, and the newest of them. */
export async function countAnswers(tx: Tx, { tenantId, agentId, roomId }: Place) {
  const { rows } = await sql<{ answers: number; lastId: string | null; lastAt: Date | null }>`
    select count(*)::int as answers, max(finished_at) as last_at,
      (array_agg(reply_message_id order by finished_at desc))[1] as last_id
    from agent_runs
    where tenant_id = ${tenantId} and agent_id = ${agentId} and room_id = ${roomId}
      and status = 'completed' and reply_message_id is not null`.execute(tx);
  return rows[0] ?? { answers: 0, lastId: null, lastAt: null };
}

/** The people the agent answered most lately, with what they thought of it. */
export async function readRelationships(
  tx: Tx,
  { tenantId, agentId, roomId }: Place,
  limit: number,
): Promise<Record<string, Relationship>> {
  const { rows } = await sql<{
    askerId: string;
    exchanges: number;
    firstAt: Date;
    lastAt: Date;
    liked: number;
    disliked: number;
  }>`
    select r.asker_id, count(*)::int as exchanges, min(r.finished_at) as first_at, max(r.finished_at) as last_at,
      (select count(*)::int from agent_feedback f where f.agent_id = ${agentId} and f.room_id = ${roomId}
        and f.user_id = r.asker_id and f.rating > 0) as liked,
      (select count(*)::int from agent_feedback f where f.agent_id = ${agentId} and f.room_id = ${roomId}
        and f.user_id = r.asker_id and f.rating < 0) as disliked
    from agent_runs r join users u on u.id = r.asker_id and u.kind = 'human' and u.deleted_at is null
    where r.tenant_id = ${tenantId} and r.agent_id = ${agentId} and r.room_id = ${roomId}
      and r.status = 'completed' and r.finished_at is not null
    group by r.asker_id order by last_at desc limit ${limit}`.execute(tx);
  return Object.fromEntries(
    rows.map(({ askerId, firstAt, lastAt, ...rest }) => [
      askerId,
      { ...rest, firstAt: new Date(firstAt).toISOString(), lastAt: new Date(lastAt).toISOString() },
    ]),
  );
}

const allowed = sql`u.kind = 'human' and m.kind = 'text' and m.deleted_at is null
  and exists (select 1 from ai_agents a where a.id = c.agent_id and a.memory_enabled)
  and c.status = 'granted' and c.updated_at <= m.created_at`;

/** The newest messages of those who let the agent remember, oldest first. */
export async function listAllowed(
  tx: Tx,
  { tenantId, agentId, roomId }: Place,
  limit: number,
): Promise<{ id: string; body: string }[]> {
  const { rows } = await sql<{ id: string; body: string }>`
    select m.id, m.body from messages m
    join users u on u.id = m.author_id
    join memory_consents c on c.user_id = m.author_id and c.agent_id = ${agentId} and c.tenant_id = m.tenant_id
    where m.tenant_id = ${tenantId} and m.room_id = ${roomId} and ${allowed}
    order by m.seq desc limit ${limit}`.execute(tx);
  return rows.reverse();
}

/** What may be shown of these messages now: unchanged since they were cited, and still allowed. */
export async function readCited(
  db: Db,
  tenantId: string,
  cited: { agentId: string; messageIds: string[]; since: Date },
): Promise<Map<string, string>> {
  if (cited.messageIds.length === 0) return new Map();
  const { rows } = await sql<{ id: string; body: string }>`
    select m.id, m.body from messages m
    join users u on u.id = m.author_id
    join memory_consents c on c.user_id = m.author_id and c.agent_id = ${cited.agentId} and c.tenant_id = m.tenant_id
    where m.tenant_id = ${tenantId} and m.id = any(${cited.messageIds}::uuid[]) and ${allowed}
      and (m.edited_at is null or m.edited_at < ${cited.since})`.execute(db);
  return new Map(rows.map(({ id, body }) => [id, body]));
}

export async function save(
  tx: Tx,
  row: Place & {
    id: string;
    summary: Cited[];
    relationships: Record<string, Relationship>;
    lastMessageAt: Date | null;
    lastMessageId: string | null;
    messageCount: number;
  },
): Promise<void> {
  const { id, tenantId, agentId, roomId, lastMessageAt, lastMessageId, messageCount } = row;
  const said = {
    conversationSummary: JSON.stringify(row.summary),
    relationshipData: JSON.stringify(row.relationships),
    lastMessageAt,
    lastMessageId,
    messageCount,
  };
  await tx
    .insertInto('agentConversations')
    .values({ id, tenantId, agentId, roomId, ...said })
    .onConflict((oc) =>
      oc.columns(['agentId', 'roomId']).doUpdateSet((eb) => ({ ...said, updatedAt: eb.fn<Date>('now') })),
    )
    .execute();
}

/** Those begun last first. @param memberId only rooms that this user is in */
export function list(
  db: Db,
  tenantId: string,
  agentId: string,
  page: { viewerId: string; onlyTheirs: boolean; beforeId: string | undefined; limit: number },
): Promise<(ConversationRow & { roomName: string; visible: boolean })[]> {
  let query = db
    .selectFrom('agentConversations')
    .innerJoin('rooms', 'rooms.id', 'agentConversations.roomId')
    .leftJoin('memberships', (join) =>
      join
        .onRef('memberships.roomId', '=', 'agentConversations.roomId')
        .on('memberships.userId', '=', page.viewerId),
    )
    .selectAll('agentConversations')
    .select([
      'rooms.name as roomName',
      sql<boolean>`(memberships.user_id is not null or rooms.visibility = 'public')`.as('visible'),
    ])
    .where('agentConversations.tenantId', '=', tenantId)
    .where('agentConversations.agentId', '=', agentId)
    .where('rooms.deletedAt', 'is', null);
  if (page.onlyTheirs) query = query.where('memberships.userId', 'is not', null);
  if (page.beforeId !== undefined) query = query.where('agentConversations.id', '<', page.beforeId);
  return query.orderBy('agentConversations.id', 'desc').limit(page.limit).execute();
}
