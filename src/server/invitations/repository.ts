// Queries on links into rooms and on invitations by name. Whether a link still holds is decided by the database's clock. No policy.
import { type Insertable, type Selectable, sql } from 'kysely';
import type { Db, Tx } from '../../core/db/database.ts';
import type { RoomInvitationsTable, RoomInvitesTable } from './tables.ts';

export type InviteRow = Selectable<RoomInvitesTable>;
export type InvitationRow = Selectable<RoomInvitationsTable>;

const holds = sql<boolean>`(revoked_at is null and (expires_at is null or expires_at > now()))`;
const hasRoom = sql<boolean>`(max_uses is null or uses < max_uses)`;

export const insertInvite = (tx: Tx, row: Insertable<RoomInvitesTable>): Promise<InviteRow> =>
  tx.insertInto('roomInvites').values(row).returningAll().executeTakeFirstOrThrow();

export const countInvites = async (tx: Tx, roomId: string): Promise<number> =>
  (
    await tx
      .selectFrom('roomInvites')
      .select((eb) => eb.fn.countAll<number>().as('n'))
      .where('roomId', '=', roomId)
      .where(holds)
      .where(hasRoom)
      .executeTakeFirstOrThrow()
  ).n;

/** Those that let people in, newest first. */
export const listInvites = (
  db: Db,
  tenantId: string,
  roomId: string,
  page: { beforeId: string | undefined; limit: number },
): Promise<InviteRow[]> => {
  let query = db
    .selectFrom('roomInvites')
    .selectAll()
    .where('tenantId', '=', tenantId)
    .where('roomId', '=', roomId)
    .where(holds)
    .where(hasRoom);
  if (page.beforeId !== undefined) query = query.where('id', '<', page.beforeId);
  return query.orderBy('id', 'desc').limit(page.limit).execute();
};

/** The link with this token, unless it was revoked or has expired; used up or not. */
export const findByToken = (
  at: Db | Tx,
  tenantId: string,
  tokenHash: string,
): Promise<(InviteRow & { hasRoom: boolean }) | undefined> =>
  at
    .selectFrom('roomInvites')
    .selectAll()
    .select(hasRoom.as('hasRoom'))
    .where('tenantId', '=', tenantId)
    .where('tokenHash', '=', tokenHash)
    .where(holds)
    .executeTakeFirst();

export const findInvite = (tx: Tx, tenantId: string, id: string): Promise<InviteRow | undefined> =>
  tx
    .selectFrom('roomInvites')
    .selectAll()
    .where('tenantId', '=', tenantId)
    .where('id', '=', id)
    .executeTakeFirst();

export const revokeInvite = (tx: Tx, id: string, by: string) =>
  tx
    .updateTable('roomInvites')
    .set({ revokedAt: sql<Date>`now()`, revokedBy: by })
    .where('id', '=', id)
    .where('revokedAt', 'is', null)
    .execute();

export async function hasUsed(tx: Tx, inviteId: string, userId: string): Promise<boolean> {
  const row = await tx
    .selectFrom('roomInviteUses')
    .select('inviteId')
    .where('inviteId', '=', inviteId)
    .where('userId', '=', userId)
    .executeTakeFirst();
  return row !== undefined;
}

/** Takes a use of the link for somebody; false when none is left. */
export async function takeUse(tx: Tx, invite: InviteRow, userId: string): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('roomInvites')
    .set((eb) => ({ uses: eb('uses', '+', 1) }))
    .where('id', '=', invite.id)
    .where(holds)
    .where(hasRoom)
    .executeTakeFirst();
  if (numUpdatedRows === 0n) return false;
  await tx
    .insertInto('roomInviteUses')
    .values({ inviteId: invite.id, userId, tenantId: invite.tenantId })
    .execute();
  return true;
}

export const countMembers = async (at: Db | Tx, roomIds: string[]): Promise<Map<string, number>> => {
  if (roomIds.length === 0) return new Map();
  const rows = await at
    .selectFrom('memberships')
    .select(['roomId', (eb) => eb.fn.countAll<number>().as('n')])
    .where('roomId', 'in', roomIds)
    .groupBy('roomId')
    .execute();
  return new Map(rows.map(({ roomId, n }) => [roomId, n]));
};

export const findUserId = async (
  at: Db | Tx,
  tenantId: string,
  by: { id: string } | { handleKey: string },
): Promise<string | undefined> => {
  const query = at
    .selectFrom('users')
    .select('id')
    .where('tenantId', '=', tenantId)
    .where('deletedAt', 'is', null);
  const row = await ('id' in by
    ? query.where('id', '=', by.id)
    : query.where('handleKey', '=', by.handleKey)
  ).executeTakeFirst();
  return row?.id;
};

/** The invitation that waits, made unless there is one. */
export async function putInvitation(
  tx: Tx,
  row: Insertable<RoomInvitationsTable>,
): Promise<{ row: InvitationRow; isNew: boolean }> {
  const made = await tx
    .insertInto('roomInvitations')
    .values(row)
    .onConflict((oc) => oc.columns(['roomId', 'userId']).where('status', '=', 'pending').doNothing())
    .returningAll()
    .executeTakeFirst();
  if (made !== undefined) return { row: made, isNew: true };
  const found = await tx
    .selectFrom('roomInvitations')
    .selectAll()
    .where('roomId', '=', row.roomId)
    .where('userId', '=', row.userId)
    .where('status', '=', 'pending')
    .executeTakeFirstOrThrow();
  return { row: found, isNew: false };
}

export type InvitationWithRoom = InvitationRow & {
  kind: 'channel' | 'group' | 'direct';
  name: string;
  topic: string | null;
};

/** Of somebody, newest first, into rooms that are still there. */
export const listInvitations = (
  at: Db | Tx,
  tenantId: string,
  userId: string,
  page: { id?: string | undefined; pending: boolean; beforeId?: string | undefined; limit: number },
): Promise<InvitationWithRoom[]> => {
  let query = at
    .selectFrom('roomInvitations')
    .innerJoin('rooms', 'rooms.id', 'roomInvitations.roomId')
    .selectAll('roomInvitations')
    .select(['rooms.kind', 'rooms.name', 'rooms.topic'])
    .where('roomInvitations.tenantId', '=', tenantId)
    .where('roomInvitations.userId', '=', userId)
    .where('rooms.deletedAt', 'is', null);
  if (page.pending) query = query.where('roomInvitations.status', '=', 'pending');
  if (page.id !== undefined) query = query.where('roomInvitations.id', '=', page.id);
  if (page.beforeId !== undefined) query = query.where('roomInvitations.id', '<', page.beforeId);
  return query.orderBy('roomInvitations.id', 'desc').limit(page.limit).execute();
};

/** The one change that decides; false when it was decided. */
export async function decide(tx: Tx, id: string, status: 'accepted' | 'declined'): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('roomInvitations')
    .set({ status, decidedAt: sql<Date>`now()` })
    .where('id', '=', id)
    .where('status', '=', 'pending')
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}
