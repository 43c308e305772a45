// Queries on rooms and memberships. No policy, no events, no clocks.
import { type Selectable, sql } from 'kysely';
import type { Db, Tx } from '../../core/db/database.ts';
import type { MemberRole } from './contract.ts';
import type { MembershipRow } from './members-repository.ts';
import type { RoomsTable } from './tables.ts';

export type RoomRow = Selectable<RoomsTable>;

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

/** Somebody who may come in, as they are now. */
export interface Present {
  id: string;
  kind: 'human' | 'agent';
  handle: string;
  name: string;
  avatarUrl: string | null;
  ownerId: string | null;
  profileVersion: number;
  sanctioned: boolean;
  bannedUntil: Date | null;
}

/** Names of those of the users who were not removed. */
export async function namesOf(tx: Tx, tenantId: string, ids: string[]): Promise<string[]> {
  const rows = await tx
    .selectFrom('users')
    .select('name')
    .where('tenantId', '=', tenantId)
    .where('id', 'in', ids)
    .where('deletedAt', 'is', null)
    .execute();
  return rows.map((row) => row.name);
}

/** Those of the users who were not removed, and are not before this transaction ends. */
export async function lockPresent(
  tx: Tx,
  tenantId: string,
  roomId: string,
  ids: string[],
): Promise<Present[]> {
  if (ids.length === 0) return [];
  return tx
    .selectFrom('users')
    .select(['id', 'kind', 'handle', 'name', 'avatarUrl', 'ownerId', 'profileVersion', 'sanctioned'])
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
