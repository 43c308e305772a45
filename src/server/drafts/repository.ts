// Queries on drafts, which stand with the membership: whoever leaves a room leaves the draft. No policy, no events, no clocks.
import { sql } from 'kysely';
import type { Db } from '../../core/db/database.ts';

export interface DraftRow {
  roomId: string;
  draft: string | null;
  draftAt: Date | null;
}

/** Drafts that are listed at once. */
const MAX_LISTED = 200;

/** Keeps a text unless a newer one is kept; one without a time is of this moment, and none is of a later one. */
export async function set(
  db: Db,
  roomId: string,
  userId: string,
  body: string,
  at: Date | undefined,
): Promise<DraftRow | undefined> {
  const time = sql`least(coalesce(${at ?? null}::timestamptz, now()), now())`;
  const { rows } = await sql<DraftRow>`
    update memberships set draft = nullif(${body}, ''), draft_at = ${time}
    where room_id = ${roomId} and user_id = ${userId} and (draft_at is null or ${at === undefined}::boolean or draft_at < ${time})
    returning room_id, draft, draft_at`.execute(db);
  return rows[0];
}

export const find = (db: Db, roomId: string, userId: string): Promise<DraftRow | undefined> =>
  db
    .selectFrom('memberships')
    .select(['roomId', 'draft', 'draftAt'])
    .where('roomId', '=', roomId)
    .where('userId', '=', userId)
    .executeTakeFirst();

export const list = (db: Db, tenantId: string, userId: string): Promise<DraftRow[]> =>
  db
    .selectFrom('memberships')
    .innerJoin('rooms', 'rooms.id', 'memberships.roomId')
    .select(['memberships.roomId', 'memberships.draft', 'memberships.draftAt'])
    .where('memberships.tenantId', '=', tenantId)
    .where('memberships.userId', '=', userId)
    .where('memberships.draft', 'is not', null)
    .where('rooms.deletedAt', 'is', null)
    .orderBy('memberships.draftAt', 'desc')
    .limit(MAX_LISTED)
    .execute();
