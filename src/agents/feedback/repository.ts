// Queries on feedback and suggestions. No policy.
import { type Selectable, sql } from 'kysely';
import type { Db, Tx } from '../../core/db/database.ts';
import type { SuggestionKind } from './learning.ts';
import type { AgentFeedbackTable, AgentSuggestionsTable } from './tables.ts';

export type FeedbackRow = Selectable<AgentFeedbackTable>;
export type SuggestionRow = Selectable<AgentSuggestionsTable>;

interface Holder {
  tenantId: string;
  agentId: string;
}

/** Feedback on one agent takes turns, so that what it moves is moved once. */
export const lockAgent = (tx: Tx, { tenantId, agentId }: Holder): Promise<unknown> =>
  tx
    .selectFrom('aiAgents')
    .select('id')
    .where('tenantId', '=', tenantId)
    .where('id', '=', agentId)
    .forUpdate()
    .execute();

export const find = (tx: Tx, tenantId: string, messageId: string, userId: string) =>
  tx
    .selectFrom('agentFeedback')
    .selectAll()
    .where('tenantId', '=', tenantId)
    .where('messageId', '=', messageId)
    .where('userId', '=', userId)
    .executeTakeFirst();

export const put = (
  tx: Tx,
  row: Pick<
    FeedbackRow,
    'messageId' | 'userId' | 'tenantId' | 'agentId' | 'roomId' | 'rating' | 'comment' | 'memoryIds'
  >,
): Promise<unknown> =>
  tx
    .insertInto('agentFeedback')
    .values(row)
    .onConflict((oc) =>
      oc.columns(['messageId', 'userId']).doUpdateSet((eb) => ({
        rating: row.rating,
        comment: row.comment,
        updatedAt: eb.fn<Date>('now'),
      })),
    )
    .execute();

export const remove = (tx: Tx, tenantId: string, messageId: string, userId: string): Promise<unknown> =>
  tx
    .deleteFrom('agentFeedback')
    .where('tenantId', '=', tenantId)
    .where('messageId', '=', messageId)
    .where('userId', '=', userId)
    .execute();

const LATELY = sql<Date>`now() - interval '30 days'`;

/** Each person's mean rating in a room of late. */
export async function listOpinions(tx: Tx, { tenantId, agentId }: Holder, roomId: string): Promise<number[]> {
  const rows = await tx
    .selectFrom('agentFeedback')
    .select(sql<number>`avg(rating)::float8`.as('opinion'))
    .where('tenantId', '=', tenantId)
    .where('agentId', '=', agentId)
    .where('roomId', '=', roomId)
    .where('updatedAt', '>', LATELY)
    .groupBy('userId')
    .execute();
  return rows.map(({ opinion }) => opinion);
}

export const setReadiness = (
  tx: Tx,
  { tenantId, agentId }: Holder,
  roomId: string,
  readiness: number,
): Promise<unknown> =>
  tx
    .updateTable('agentRooms')
    .set({ readiness })
    .where('tenantId', '=', tenantId)
    .where('agentId', '=', agentId)
    .where('roomId', '=', roomId)
    .execute();

/** Comments on disliked answers of late, since a suggestion of the kind was last decided on. */
export async function listComplaints(
  tx: Tx,
  { tenantId, agentId }: Holder,
  kind: SuggestionKind,
): Promise<{ userId: string; comment: string }[]> {
  const { rows } = await sql<{ userId: string; comment: string }>`
    select user_id, comment from agent_feedback
    where tenant_id = ${tenantId} and agent_id = ${agentId} and rating < 0 and comment is not null
      and updated_at > ${LATELY}
      and updated_at > coalesce((select max(decided_at) from agent_suggestions
        where agent_id = ${agentId} and kind = ${kind}), 'epoch'::timestamptz)
    order by updated_at desc limit 500`.execute(tx);
  return rows;
}

export const putSuggestion = (
  tx: Tx,
  row: Pick<SuggestionRow, 'id' | 'tenantId' | 'agentId' | 'kind' | 'votes'>,
): Promise<unknown> =>
  tx
    .insertInto('agentSuggestions')
    .values(row)
    .onConflict((oc) =>
      oc.columns(['agentId', 'kind']).where('status', '=', 'open').doUpdateSet({ votes: row.votes }),
    )
    .execute();

export const listSuggestions = (db: Db, { tenantId, agentId }: Holder): Promise<SuggestionRow[]> =>
  db
    .selectFrom('agentSuggestions')
    .selectAll()
    .where('tenantId', '=', tenantId)
    .where('agentId', '=', agentId)
    .orderBy('id', 'desc')
    .limit(100)
    .execute();

export const findSuggestion = (
  db: Db | Tx,
  tenantId: string,
  id: string,
): Promise<SuggestionRow | undefined> =>
  db
    .selectFrom('agentSuggestions')
    .selectAll()
    .where('tenantId', '=', tenantId)
    .where('id', '=', id)
    .executeTakeFirst();

/** @returns false when it was decided before */
export async function decide(
  tx: Tx,
  tenantId: string,
  id: string,
  set: { status: 'accepted' | 'dismissed'; decidedBy: string },
): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('agentSuggestions')
    .set((eb) => ({ ...set, decidedAt: eb.fn<Date>('now') }))
    .where('tenantId', '=', tenantId)
    .where('id', '=', id)
    .where('status', '=', 'open')
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

export async function count(db: Db, { tenantId, agentId }: Holder) {
  const { liked, disliked } = await db
    .selectFrom('agentFeedback')
    .select([
      sql<number>`(count(*) filter (where rating > 0))::int`.as('liked'),
      sql<number>`(count(*) filter (where rating < 0))::int`.as('disliked'),
    ])
    .where('tenantId', '=', tenantId)
    .where('agentId', '=', agentId)
    .executeTakeFirstOrThrow();
  return { liked, disliked };
}

export const listReadiness = (db: Db, { tenantId, agentId }: Holder) =>
  db
    .selectFrom('agentRooms')
    .select(['roomId', 'readiness as shift'])
    .where('tenantId', '=', tenantId)
    .where('agentId', '=', agentId)
    .where('readiness', '!=', 0)
    .orderBy('roomId')
    .limit(200)
    .execute();

/** By message, newest first. */
export const list = (
  db: Db,
  { tenantId, agentId }: Holder,
  page: { before: { messageId: string; userId: string } | undefined; limit: number },
): Promise<FeedbackRow[]> => {
  let query = db
    .selectFrom('agentFeedback')
    .selectAll()
    .where('tenantId', '=', tenantId)
    .where('agentId', '=', agentId);
  if (page.before !== undefined) {
    const { messageId, userId } = page.before;
    query = query.where(sql<boolean>`(message_id, user_id) < (${messageId}::uuid, ${userId}::uuid)`);
  }
  return query.orderBy('messageId', 'desc').orderBy('userId', 'desc').limit(page.limit).execute();
};
