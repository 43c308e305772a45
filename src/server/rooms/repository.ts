// Queries on rooms and memberships. No policy, no events, no clocks.
import { type Selectable, sql } from 'kysely';
import type { Db, Tx } from '../../core/db/database.ts';
import type { MemberRole } from './contract.ts';
import type { MembershipsTable, RoomsTable } from './tables.ts';

export type RoomRow = Selectable<RoomsTable>;
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

/** Unread is counted up to here; more says nothing more to a reader. */
export const UNREAD_CAP = 1000;

export const findRoom = (
  db: Db | Tx,
  tenantId: string,
  by: { id: string } | { slug: string },
): Promise<RoomRow | undefined> => {
  const query = db
    .selectFrom('rooms')
    .selectAll()
    .where('tenantId', '=', tenantId)
    .where('deletedAt', 'is', null);
  return ('id' in by ? query.where('id', '=', by.id) : query.where('slug', '=', by.slug)).executeTakeFirst();
};

export interface RoomSeen {
  row: RoomRow;
  membership: Pick<MembershipRow, 'role' | 'readSeq' | 'joinedAt'> | undefined;
  bannedUntil: Date | null;
}

/** A room and what a user is in it, in one look. */
export async function findRoomSeenBy(
  db: Db | Tx,
  tenantId: string,
  by: { id: string } | { slug: string },
  userId: string,
): Promise<RoomSeen | undefined> {
  const query = db
    .selectFrom('rooms')
    .leftJoin('memberships', (on) =>
      on.onRef('memberships.roomId', '=', 'rooms.id').on('memberships.userId', '=', userId),
    )
    .selectAll('rooms')
    .select(['memberships.role as memberRole', 'memberships.readSeq', 'memberships.joinedAt'])
    .select(
      sql<Date | null>`case when rooms.has_bans and memberships.user_id is null then banned_until(${userId}::uuid, rooms.id) end`.as(
        'bannedUntil',
      ),
    )
    .where('rooms.tenantId', '=', tenantId)
    .where('rooms.deletedAt', 'is', null);
  const found = await ('id' in by
    ? query.where('rooms.id', '=', by.id)
    : query.where('rooms.slug', '=', by.slug)
  ).executeTakeFirst();
  if (found === undefined) return undefined;
  const { memberRole, readSeq, joinedAt, bannedUntil, ...row } = found;
  const isMember = memberRole !== null && readSeq !== null && joinedAt !== null;
  return { row, membership: isMember ? { role: memberRole, readSeq, joinedAt } : undefined, bannedUntil };
}

/** The room's row, locked until the transaction ends: whoever holds it may take the next seq. */
export const lockRoom = (tx: Tx, tenantId: string, id: string): Promise<RoomRow | undefined> =>
  tx
    .selectFrom('rooms')
    .selectAll()
    .where('tenantId', '=', tenantId)
    .where('id', '=', id)
    .where('deletedAt', 'is', null)
    .forUpdate()
    .executeTakeFirst();

export const lockRoomBySlug = (tx: Tx, tenantId: string, slug: string): Promise<RoomRow | undefined> =>
  tx
    .selectFrom('rooms')
    .selectAll()
    .where('tenantId', '=', tenantId)
    .where('slug', '=', slug)
    .where('deletedAt', 'is', null)
    .forUpdate()
    .executeTakeFirst();

export const findUserOwner = (
  db: Db,
  tenantId: string,
  id: string,
): Promise<{ ownerId: string | null } | undefined> =>
  db
    .selectFrom('users')
    .select('ownerId')
    .where('tenantId', '=', tenantId)
    .where('id', '=', id)
    .executeTakeFirst();

export interface Standing {
  /** Null for who is not a member. */
  roomRole: MemberRole | null;
  role: 'admin' | 'member';
  suspendedAt: Date | null;
  deletedAt: Date | null;
  mutedUntil: Date | null;
  bannedUntil: Date | null;
}

/** What a user may be in a room at this moment. Under the room's lock it stays so, as far as the room is concerned. */
export const findStanding = (
  tx: Db | Tx,
  tenantId: string,
  roomId: string,
  userId: string,
): Promise<Standing | undefined> =>
  tx
    .selectFrom('users')
    .leftJoin('memberships', (on) =>
      on.onRef('memberships.userId', '=', 'users.id').on('memberships.roomId', '=', roomId),
    )
    .where('users.tenantId', '=', tenantId)
    .where('users.id', '=', userId)
    .select(['memberships.role as roomRole', 'users.role', 'users.suspendedAt', 'users.deletedAt'])
    .select([
      sql<Date | null>`case when users.sanctioned then muted_until(users.id, ${roomId}::uuid) end`.as(
        'mutedUntil',
      ),
      sql<Date | null>`case when users.sanctioned then banned_until(users.id, ${roomId}::uuid) end`.as(
        'bannedUntil',
      ),
    ])
    .executeTakeFirst();

/** How many ms somebody waits until he may speak again in a room of slow mode; not above zero: he may. */
export async function findSlowMs(at: Db | Tx, roomId: string, userId: string): Promise<number> {
  const { rows } = await sql<{ ms: number }>`
    select ceil(extract(epoch from s.spoke_at + make_interval(secs => r.slow_mode_seconds) - now()) * 1000)::float8 as ms
    from room_speakers s join rooms r on r.id = s.room_id
    where s.room_id = ${roomId} and s.user_id = ${userId} and r.slow_mode_seconds > 0`.execute(at);
  return rows[0]?.ms ?? 0;
}

/** Those of the users who are suspended. */
export async function findSuspended(tx: Tx, tenantId: string, ids: string[]): Promise<string[]> {
  const rows = await tx
    .selectFrom('users')
    .select('id')
    .where('tenantId', '=', tenantId)
    .where('id', 'in', ids)
    .where('suspendedAt', 'is not', null)
    .execute();
  return rows.map((row) => row.id);
}

/** Those of the users who were not removed, and are not before this transaction ends. */
export async function lockPresent(
  tx: Tx,
  tenantId: string,
  roomId: string,
  ids: string[],
): Promise<{ id: string; sanctioned: boolean; bannedUntil: Date | null }[]> {
  if (ids.length === 0) return [];
  return tx
    .selectFrom('users')
    .select(['id', 'sanctioned'])
    .select(
      sql<Date | null>`case when sanctioned then banned_until(id, ${roomId}::uuid) end`.as('bannedUntil'),
    )
    .where('tenantId', '=', tenantId)
    .where('id', 'in', ids)
    .where('deletedAt', 'is', null)
    .orderBy('id')
    .forKeyShare()
    .execute();
}

export const lockUser = (tx: Tx, tenantId: string, id: string) =>
  tx
    .selectFrom('users')
    .select('id')
    .where('tenantId', '=', tenantId)
    .where('id', '=', id)
    .forUpdate()
    .executeTakeFirst();

export const insertRoom = (
  tx: Tx,
  room: Pick<
    RoomRow,
    | 'id'
    | 'tenantId'
    | 'slug'
    | 'kind'
    | 'name'
    | 'topic'
    | 'visibility'
    | 'agentsAllowed'
    | 'directKey'
    | 'createdBy'
  >,
): Promise<RoomRow | undefined> =>
  tx
    .insertInto('rooms')
    .values(room)
    .onConflict((oc) => oc.doNothing())
    .returningAll()
    .executeTakeFirst();

export const findDirectRoom = (
  db: Db | Tx,
  tenantId: string,
  directKey: string,
): Promise<RoomRow | undefined> =>
  db
    .selectFrom('rooms')
    .selectAll()
    .where('tenantId', '=', tenantId)
    .where('directKey', '=', directKey)
    .where('deletedAt', 'is', null)
    .executeTakeFirst();

export const updateRoom = (
  tx: Tx,
  id: string,
  set: Partial<
    Pick<
      RoomRow,
      | 'name'
      | 'topic'
      | 'visibility'
      | 'agentsAllowed'
      | 'agentsProactive'
      | 'reactionMode'
      | 'deletedAt'
      | 'slug'
      | 'directKey'
      | 'slowModeSeconds'
      | 'rulesVersion'
      | 'hasBans'
    >
  > & { rights?: string | null },
): Promise<RoomRow> =>
  tx.updateTable('rooms').set(set).where('id', '=', id).returningAll().executeTakeFirstOrThrow();

/** Inserts those who are not members yet, and answers them. */
export const insertMemberships = (
  tx: Tx,
  rows: { roomId: string; userId: string; tenantId: string; role: MemberRole; readSeq: number }[],
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

/** Rooms where somebody has a role above member, or that changed what members may. */
export const listRoomsLookedAfter = (db: Db, tenantId: string, userId: string) =>
  db
    .selectFrom('memberships')
    .innerJoin('rooms', 'rooms.id', 'memberships.roomId')
    .where('memberships.tenantId', '=', tenantId)
    .where('memberships.userId', '=', userId)
    .where('rooms.deletedAt', 'is', null)
    .where((eb) => eb.or([eb('memberships.role', '!=', 'member'), eb('rooms.rights', 'is not', null)]))
    .select(['rooms.id', 'rooms.kind', 'rooms.visibility', 'rooms.rights', 'memberships.role'])
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

/** Everything above is unread: after the read mark, or from where the room was marked unread. */
const readUpTo = sql`least(m.read_seq, m.unread_from - 1)`;

export interface Counts {
  unread: number;
  mentions: number;
  unreadFrom: number | null;
}

/**
 * A member with the messages by others after his read mark, and of these the ones that mention him. Derived, never
 * stored; in one look.
 */
export async function findMemberWithCounts(
  db: Db | Tx,
  roomId: string,
  userId: string,
): Promise<(MemberRow & Counts) | undefined> {
  const { rows } = await sql<MemberRow & Counts>`
    select m.role, m.joined_at, m.read_seq, m.unread_from, u.id, u.kind, u.handle, u.name, u.avatar_url, u.owner_id, n.unread, n.mentions,
      case when u.sanctioned then muted_here(u.id, m.room_id) end as muted_here
    from memberships m
    join users u on u.id = m.user_id
    cross join lateral (
      select count(*)::int as unread, (count(*) filter (where mentioned))::int as mentions from (
        select ${mentionsUser(userId)} as mentioned from messages
        where room_id = m.room_id and seq > ${readUpTo} and author_id <> m.user_id and deleted_at is null
        limit ${UNREAD_CAP}) newer) n
    where m.room_id = ${roomId} and m.user_id = ${userId}`.execute(db);
  return rows[0];
}

const mentionsUser = (userId: string) =>
  sql<boolean>`(mentions <> '[]'::jsonb and (mentions @> jsonb_build_array(jsonb_build_object('userId', ${userId}::text))
    or mentions @> '[{"kind":"all"}]'::jsonb or mentions @> jsonb_build_array(jsonb_build_object('userIds', jsonb_build_array(${userId}::text)))))`;

export type RoomWithMembership = RoomRow & {
  role: MemberRole;
  joinedAt: Date;
  readSeq: number;
  mutedHere: Date | null;
} & Counts;

export async function listRoomsOf(
  db: Db,
  tenantId: string,
  userId: string,
  limit: number,
  afterId?: string,
  /** Only these, where given. */
  among: string[] | null = null,
): Promise<RoomWithMembership[]> {
  const { rows } = await sql<RoomWithMembership>`
    select r.*, m.role, m.joined_at, m.read_seq, m.unread_from, u.unread, u.mentions,
      (select case when sanctioned then muted_here(id, r.id) end from users where id = m.user_id) as muted_here
    from memberships m
    join rooms r on r.id = m.room_id and r.deleted_at is null
    cross join lateral (
      select count(*)::int as unread, (count(*) filter (where mentioned))::int as mentions from (
        select ${mentionsUser(userId)} as mentioned from messages
        where room_id = r.id and seq > ${readUpTo} and author_id <> ${userId} and deleted_at is null
        limit ${UNREAD_CAP}) newer) u
    where m.user_id = ${userId} and m.tenant_id = ${tenantId} and r.id > ${afterId ?? '00000000-0000-0000-0000-000000000000'}::uuid
      and (${among}::uuid[] is null or r.id = any(${among}::uuid[]))
    order by r.id limit ${limit}`.execute(db);
  return rows;
}

export const listPublicRooms = (
  db: Db,
  tenantId: string,
  limit: number,
  afterId?: string,
): Promise<RoomRow[]> => {
  let query = db
    .selectFrom('rooms')
    .selectAll()
    .where('tenantId', '=', tenantId)
    .where('visibility', '=', 'public')
    .where('deletedAt', 'is', null);
  if (afterId !== undefined) query = query.where('id', '>', afterId);
  return query.orderBy('id').limit(limit).execute();
};
