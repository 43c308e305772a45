// Queries on memberships: who is in a room, as what, and up to where they have read. No policy, no events, no clocks.
import { type Selectable, sql } from 'kysely';
import type { Db, Tx } from '../../core/db/database.ts';
import type { MemberRole } from './contract.ts';
import type { MembershipsTable } from './tables.ts';

export type MembershipRow = Selectable<MembershipsTable>;

export interface MemberRow extends Pick<MembershipRow, 'role' | 'joinedAt' | 'readSeq'> {
  id: string;
  kind: 'human' | 'agent';
  handle: string;
  name: string;
  avatarUrl: string | null;
  ownerId: string | null;
  /** Muted in this room until then. */
  mutedHere: Date | null;
}

/** Inserts those who are not members yet, and answers them. */
export const insertMemberships = (
  tx: Tx,
  rows: {
    roomId: string;
    userId: string;
    tenantId: string;
    role: MemberRole;
    readSeq: number;
    profileTold: number;
  }[],
): Promise<MembershipRow[]> =>
  tx
    .insertInto('memberships')
    .values(rows)
    .onConflict((oc) => oc.doNothing())
    .returningAll()
    .execute();

export async function listRoomIdsOf(db: Db | Tx, tenantId: string, userId: string): Promise<string[]> {
  const rows = await db
    .selectFrom('memberships')
    .select('roomId')
    .where('tenantId', '=', tenantId)
    .where('userId', '=', userId)
    .orderBy('roomId')
    .execute();
  return rows.map((row) => row.roomId);
}

/** Rooms whose logs have not said yet how this user is shown now. */
export async function listUntold(
  db: Db,
  tenantId: string,
  userId: string,
  limit: number,
  after: string | undefined,
): Promise<string[]> {
  let query = db
    .selectFrom('memberships')
    .innerJoin('users', 'users.id', 'memberships.userId')
    .where('memberships.tenantId', '=', tenantId)
    .where('memberships.userId', '=', userId)
    .whereRef('memberships.profileTold', '<', 'users.profileVersion');
  if (after !== undefined) query = query.where('memberships.roomId', '>', after);
  const rows = await query.select('memberships.roomId').orderBy('memberships.roomId').limit(limit).execute();
  return rows.map((row) => row.roomId);
}

/** @returns whether there was something that this room was not told */
export async function markTold(tx: Tx, tenantId: string, roomId: string, userId: string): Promise<boolean> {
  const { rows } = await sql`
    update memberships m set profile_told = u.profile_version from users u
    where m.tenant_id = ${tenantId} and m.room_id = ${roomId} and m.user_id = ${userId}
      and u.id = m.user_id and m.profile_told < u.profile_version
    returning 1`.execute(tx);
  return rows.length > 0;
}

export const deleteMembership = async (tx: Tx, roomId: string, userId: string): Promise<boolean> => {
  const { numDeletedRows } = await tx
    .deleteFrom('memberships')
    .where('roomId', '=', roomId)
    .where('userId', '=', userId)
    .executeTakeFirst();
  return numDeletedRows > 0n;
};

export const updateMembershipRole = (tx: Tx, roomId: string, userId: string, role: MemberRole) =>
  tx
    .updateTable('memberships')
    .set({ role })
    .where('roomId', '=', roomId)
    .where('userId', '=', userId)
    .returningAll()
    .executeTakeFirst();

/** Moves a read mark forward, never back, nor beyond the room's newest entry. */
export const advanceReadSeq = (tx: Tx | Db, roomId: string, userId: string, seq: number) =>
  tx
    .updateTable('memberships')
    .set({
      readSeq: sql<number>`greatest(read_seq, least(${seq}::bigint, (select last_seq from rooms where id = ${roomId}::uuid)))`,
      readAt: sql<Date>`case when ${seq}::bigint > read_seq then now() else read_at end`,
      unreadFrom: null,
    })
    .where('roomId', '=', roomId)
    .where('userId', '=', userId)
    .returning('readSeq')
    .executeTakeFirst();

export const setUnreadFrom = (db: Db, roomId: string, userId: string, seq: number) =>
  db
    .updateTable('memberships')
    .set({ unreadFrom: seq })
    .where('roomId', '=', roomId)
    .where('userId', '=', userId)
    .execute();

/** Whether a person other than this one owns the room. */
export async function hasOtherOwner(tx: Tx, roomId: string, userId: string): Promise<boolean> {
  const row = await members(tx, roomId)
    .where('memberships.role', '=', 'owner')
    .where('users.kind', '=', 'human')
    .where('users.id', '!=', userId)
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}

/** People who are members, in no particular order. */
export async function listPeopleIds(tx: Tx, roomId: string, limit: number): Promise<string[]> {
  const rows = await tx
    .selectFrom('memberships')
    .innerJoin('users', 'users.id', 'memberships.userId')
    .where('memberships.roomId', '=', roomId)
    .where('users.kind', '=', 'human')
    .select('users.id')
    .limit(limit)
    .execute();
  return rows.map((row) => row.id);
}

/** People who are members, with their roles, owners first. @param leading only owners and admins */
export const listPeople = (
  tx: Tx,
  roomId: string,
  leading: boolean,
  limit: number,
): Promise<{ userId: string; role: MemberRole }[]> =>
  tx
    .selectFrom('memberships')
    .innerJoin('users', 'users.id', 'memberships.userId')
    .where('memberships.roomId', '=', roomId)
    .where('memberships.role', 'in', leading ? ['owner', 'admin'] : ['owner', 'admin', 'member'])
    .where('users.kind', '=', 'human')
    .select(['memberships.userId', 'memberships.role'])
    .orderBy('memberships.role', 'desc')
    .limit(limit)
    .execute();

const MEMBER_COLUMNS = [
  'memberships.role',
  'memberships.joinedAt',
  'memberships.readSeq',
  'users.id',
  'users.kind',
  'users.handle',
  'users.name',
  'users.avatarUrl',
  'users.ownerId',
] as const;

const mutedHere = sql<Date | null>`case when users.sanctioned then muted_here(users.id, memberships.room_id) end`;

const members = (db: Db | Tx, roomId: string) =>
  db
    .selectFrom('memberships')
    .innerJoin('users', 'users.id', 'memberships.userId')
    .where('memberships.roomId', '=', roomId)
    .select(MEMBER_COLUMNS)
    .select(mutedHere.as('mutedHere'));

/** Agents first, then by handle: a long list is cut where it hurts least. */
export const listMembers = (
  db: Db | Tx,
  roomId: string,
  limit: number,
  after?: { kind: string; handle: string },
): Promise<MemberRow[]> => {
  let query = members(db, roomId);
  if (after !== undefined)
    query = query.where(sql<boolean>`(users.kind, users.handle) > (${after.kind}, ${after.handle})`);
  return query.orderBy('users.kind').orderBy('users.handle').limit(limit).execute();
};

export const findMember = (db: Db | Tx, roomId: string, userId: string): Promise<MemberRow | undefined> =>
  members(db, roomId).where('users.id', '=', userId).executeTakeFirst();

export const listMembersAmong = (tx: Tx, roomId: string, ids: string[]): Promise<MemberRow[]> =>
  members(tx, roomId).where('users.id', 'in', ids).execute();

export const listAgentMembers = (db: Db | Tx, roomId: string): Promise<MemberRow[]> =>
  members(db, roomId).where('users.kind', '=', 'agent').where('users.deletedAt', 'is', null).execute();
