// Rooms and who is in them. Every change of a room is an entry of its log, in the same transaction.
// Must answer "not found" alike for a missing room and for one the caller may not know of.
import { LRUCache } from 'lru-cache';
import type { Database, Db, Tx } from '../../core/db/database.ts';
import { AppError, notFound } from '../../core/errors.ts';
import type { Events } from '../../core/events.ts';
import { newId } from '../../core/ids.ts';
import type { Scope } from '../../core/scope.ts';
import type { User } from '../identity/contract.ts';
import { type IdentityService, isUuid, toUser, type UserCreated } from '../identity/service.ts';
import type { Member, MemberRole, MyMembership, Room, RoomListItem } from './contract.ts';
import { canInRoom } from './policy.ts';
import * as repo from './repository.ts';

/** A change to a room's log, before it has its seq. */
export interface NewEntry {
  type: string;
  payload: (seq: number) => object;
  /** The user who may see nothing after this entry. */
  evict?: string;
}

/** The room log as rooms need it; implemented in messages/log.ts. */
export interface RoomLog {
  /** Takes the next seqs under the room's lock, stores the entries, publishes them after commit. */
  append(tx: Tx, room: { id: string; tenantId: string }, entries: NewEntry[]): Promise<number>;
}

export interface MembershipChanged {
  tenantId: string;
  roomId: string;
  user: Member['user'];
  change: 'joined' | 'left';
  by: string;
}

export type RoomsService = ReturnType<typeof createRoomsService>;

export const toRoom = (row: repo.RoomRow): Room => ({
  id: row.id,
  ...(row.slug === null ? {} : { slug: row.slug }),
  kind: row.kind,
  name: row.name,
  ...(row.topic === null ? {} : { topic: row.topic }),
  visibility: row.visibility,
  agentsAllowed: row.agentsAllowed,
  lastSeq: row.lastSeq,
  createdAt: row.createdAt.toISOString(),
});

export const toMember = (row: repo.MemberRow): Member => ({
  user: toUser(row),
  role: row.role,
  joinedAt: row.joinedAt.toISOString(),
});

const ROOM_NOT_FOUND = () => notFound('room_not_found', 'There is no such room, or you may not see it.');

export interface RoomsDeps {
  database: Database;
  events: Events;
  identity: IdentityService;
  log: RoomLog;
}

export function createRoomsService({ database, events, identity, log }: RoomsDeps) {
  const { db } = database;
  /**
   * Slug → id; a slug never moves to another room while that room lives. Promises, so that calls made one after
   * another resolve in that order also while the first is being looked up.
   */
  const slugs = new LRUCache<string, Promise<string>>({ max: 10_000, ttl: 5_000 });

  async function findRoom(
    at: Db | Tx,
    scope: Pick<Scope, 'tenantId'>,
    key: string,
  ): Promise<repo.RoomRow | undefined> {
    if (isUuid(key)) return repo.findRoom(at, scope.tenantId, { id: key });
    return repo.findRoom(at, scope.tenantId, { slug: key });
  }

  /** The room if the caller may see it, with the membership if there is one. */
  async function requireVisible(scope: Scope, key: string, at: Db | Tx = db) {
    const by = isUuid(key) ? { id: key } : { slug: key };
    const seen = await repo.findRoomSeenBy(at, scope.tenantId, by, scope.user.id);
    if (seen === undefined || (seen.membership === undefined && seen.row.visibility !== 'public'))
      throw ROOM_NOT_FOUND();
    return seen;
  }

  async function requireMember(scope: Scope, key: string, at: Db | Tx = db) {
    const { row, membership } = await requireVisible(scope, key, at);
    if (membership === undefined) throw notAMember();
    return { row, membership };
  }

  function requireRight(
    scope: Scope,
    action: Parameters<typeof canInRoom>[0],
    role: MemberRole | undefined,
  ): void {
    if (!canInRoom(action, role, scope.role === 'admin')) {
      throw new AppError(
        'forbidden',
        'not_allowed',
        `Your role in this room does not allow "${action}"; ask its owner.`,
      );
    }
  }

  /** Adds users to a locked room, appends `member_joined` for those who are new. */
  async function admit(
    tx: Tx,
    row: repo.RoomRow,
    users: User[],
    role: MemberRole,
    by: string,
  ): Promise<Member[]> {
    if (users.length === 0) return [];
    const added = await repo.insertMemberships(
      tx,
      users.map((user) => ({
        roomId: row.id,
        userId: user.id,
        tenantId: row.tenantId,
        role,
        readSeq: row.lastSeq,
      })),
    );
    if (added.length === 0) return [];
    const byId = new Map(users.map((user) => [user.id, user]));
    const members = added.map((m) => ({
      user: byId.get(m.userId) as User,
      role: m.role,
      joinedAt: m.joinedAt.toISOString(),
    }));
    await log.append(
      tx,
      row,
      members.map((member) => ({
        type: 'member_joined',
        payload: (seq) => ({ roomId: row.id, seq, member }),
      })),
    );
    await events.emit(
      tx,
      'membership.changed',
      members.map(
        (m): MembershipChanged => ({
          tenantId: row.tenantId,
          roomId: row.id,
          user: m.user,
          change: 'joined',
          by,
        }),
      ),
    );
    return members;
  }

  async function dismiss(tx: Tx, row: repo.RoomRow, userId: string, by: string): Promise<boolean> {
    const member = await repo.findMember(tx, row.id, userId);
    if (member === undefined || !(await repo.deleteMembership(tx, row.id, userId))) return false;
    await log.append(tx, row, [
      { type: 'member_left', payload: (seq) => ({ roomId: row.id, seq, userId, by }), evict: userId },
    ]);
    await events.emit(tx, 'membership.changed', [
      {
        tenantId: row.tenantId,
        roomId: row.id,
        user: toUser(member),
        change: 'left',
        by,
      } satisfies MembershipChanged,
    ]);
    return true;
  }

  async function myMembership(scope: Scope, roomId: string): Promise<MyMembership> {
    const member = await repo.findMemberWithCounts(db, roomId, scope.user.id);
    if (member === undefined) throw notAMember();
    const { readSeq, unread, mentions } = member;
    return { ...toMember(member), readSeq, unread, mentions };
  }

  async function lock(tx: Tx, scope: Pick<Scope, 'tenantId'>, id: string): Promise<repo.RoomRow> {
    const row = await repo.lockRoom(tx, scope.tenantId, id);
    if (row === undefined) throw ROOM_NOT_FOUND();
    return row;
  }

  const roomUpdated = (row: repo.RoomRow, deleted = false): NewEntry => ({
    type: 'room_updated',
    payload: (seq) => ({
      roomId: row.id,
      seq,
      room: toRoom({ ...row, lastSeq: seq }),
      ...(deleted ? { deleted: true } : {}),
    }),
  });

  events.on<UserCreated>('user.created', async (tx, created) => {
    for (const { tenantId, user } of created) {
      if (user.kind !== 'human') continue;
      const lobby = await repo.lockRoomBySlug(tx, tenantId, LOBBY);
      if (lobby !== undefined) await admit(tx, lobby, [user], 'member', user.id);
    }
  });

  return {
    requireVisible,
    requireMember,
    myMembership,

    /** Id of a room named by id or slug, without a check of rights. @throws AppError not_found */
    resolveId(scope: Scope, key: string): Promise<string> | string {
      if (isUuid(key)) return key.toLowerCase();
      const name = `${scope.tenantId}:${key}`;
      let id = slugs.get(name);
      if (id === undefined) {
        id = findRoom(db, scope, key).then((row) => {
          if (row === undefined) throw ROOM_NOT_FOUND();
          return row.id;
        });
        id.catch(() => slugs.delete(name));
        slugs.set(name, id);
      }
      return id;
    },

    /** The public room everyone starts in. */
    ensureLobby: (tenantId: string) =>
      database.transaction(async (tx) => {
        await repo.insertRoom(tx, {
          id: newId(),
          tenantId,
          slug: LOBBY,
          kind: 'channel',
          name: 'Lobby',
          topic: 'Everyone starts here. Ask @parley anything.',
          visibility: 'public',
          agentsAllowed: true,
          directKey: null,
          createdBy: null,
        });
        return toRoom((await repo.findRoom(tx, tenantId, { slug: LOBBY })) as repo.RoomRow);
      }),

    async list(scope: Scope, page: { limit: number; cursor?: string | undefined; scope: 'mine' | 'public' }) {
      const cursor = page.cursor !== undefined && isUuid(page.cursor) ? page.cursor : undefined;
      const open =
        page.scope === 'mine'
          ? undefined
          : await repo.listPublicRooms(db, scope.tenantId, page.limit + 1, cursor);
      const mine = await repo.listRoomsOf(
        db,
        scope.tenantId,
        scope.user.id,
        page.limit + 1,
        cursor,
        open?.map((row) => row.id),
      );
      const joined = new Map(mine.map((row) => [row.id, row]));
      const rows = open ?? mine;
      const data = rows.slice(0, page.limit).map((row): RoomListItem => {
        const me = joined.get(row.id);
        return {
          ...toRoom(row),
          ...(me === undefined
            ? {}
            : {
                me: {
                  user: scope.user,
                  role: me.role,
                  joinedAt: me.joinedAt.toISOString(),
                  readSeq: me.readSeq,
                  unread: me.unread,
                  mentions: me.mentions,
                },
              }),
        };
      });
      const last = data.at(-1);
      return { data, ...(rows.length > page.limit && last !== undefined ? { nextCursor: last.id } : {}) };
    },

    async get(scope: Scope, key: string): Promise<RoomListItem> {
      const { row, membership } = await requireVisible(scope, key);
      return {
        ...toRoom(row),
        ...(membership === undefined ? {} : { me: await myMembership(scope, row.id) }),
      };
    },

    async create(
      scope: Scope,
      input: {
        name: string;
        slug?: string | undefined;
        kind: 'channel' | 'group';
        topic?: string | undefined;
        visibility?: 'public' | 'private' | undefined;
        agentsAllowed: boolean;
        memberIds: string[];
      },
    ): Promise<Room> {
      return database.transaction(async (tx) => {
        const others = [...new Set(input.memberIds)].filter((id) => id !== scope.user.id);
        const users = await identity.findMany(tx, scope.tenantId, others);
        if (users.length !== others.length)
          throw notFound('user_not_found', 'memberIds names someone who does not exist.');
        if (!input.agentsAllowed && users.some((u) => u.kind === 'agent')) throw agentsNotAllowed();
        const row = await repo.insertRoom(tx, {
          id: newId(),
          tenantId: scope.tenantId,
          slug: input.slug ?? null,
          kind: input.kind,
          name: input.name,
          topic: input.topic ?? null,
          visibility: input.visibility ?? (input.kind === 'channel' ? 'public' : 'private'),
          agentsAllowed: input.agentsAllowed,
          directKey: null,
          createdBy: scope.user.id,
        });
        if (row === undefined)
          throw new AppError('conflict', 'slug_taken', `The slug "${input.slug}" is taken; choose another.`);
        await admit(tx, row, [scope.user], 'owner', scope.user.id);
        await admit(tx, { ...row, lastSeq: 1 }, users, 'member', scope.user.id);
        return toRoom({ ...row, lastSeq: 1 + others.length });
      });
    },

    async openDirect(scope: Scope, userIds: string[]): Promise<Room> {
      const ids = [...new Set([scope.user.id, ...userIds])].sort();
      if (ids.length < 2)
        throw new AppError('invalid', 'invalid_input', 'userIds: name at least one other user.');
      const directKey = ids.join(',');
      const existing = await repo.findDirectRoom(db, scope.tenantId, directKey);
      if (existing !== undefined) return toRoom(existing);
      return database.transaction(async (tx) => {
        const users = await identity.findMany(tx, scope.tenantId, ids);
        if (users.length !== ids.length)
          throw notFound('user_not_found', 'userIds names someone who does not exist.');
        const row = await repo.insertRoom(tx, {
          id: newId(),
          tenantId: scope.tenantId,
          slug: null,
          kind: 'direct',
          name: users
            .map((u) => u.name)
            .sort()
            .join(', ')
            .slice(0, 200),
          topic: null,
          visibility: 'private',
          agentsAllowed: true,
          directKey,
          createdBy: scope.user.id,
        });
        if (row === undefined)
          return toRoom((await repo.findDirectRoom(tx, scope.tenantId, directKey)) as repo.RoomRow);
        await admit(tx, row, users, 'member', scope.user.id);
        return toRoom({ ...row, lastSeq: ids.length });
      });
    },

    async update(
      scope: Scope,
      key: string,
      change: {
        name?: string | undefined;
        topic?: string | null | undefined;
        visibility?: 'public' | 'private' | undefined;
        agentsAllowed?: boolean | undefined;
      },
    ): Promise<Room> {
      return database.transaction(async (tx) => {
        const { row, membership } = await requireVisible(scope, key, tx);
        requireRight(scope, 'room.update', membership?.role);
        const locked = await lock(tx, scope, row.id);
        if (locked.kind === 'direct')
          throw new AppError(
            'conflict',
            'direct_room',
            'A direct room has no settings; create a group instead.',
          );
        const set = Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined));
        if (Object.keys(set).length === 0) return toRoom(locked);
        const updated = await repo.updateRoom(tx, row.id, set);
        const seq = await log.append(tx, updated, [roomUpdated(updated)]);
        return toRoom({ ...updated, lastSeq: seq });
      });
    },

    async remove(scope: Scope, key: string): Promise<void> {
      await database.transaction(async (tx) => {
        const { row, membership } = await requireVisible(scope, key, tx);
        requireRight(scope, 'room.delete', membership?.role);
        const locked = await lock(tx, scope, row.id);
        if (locked.slug === LOBBY) throw new AppError('conflict', 'lobby', 'The lobby cannot be deleted.');
        await log.append(tx, locked, [roomUpdated(locked, true)]);
        // The slug and the pair become free for a new room.
        await repo.updateRoom(tx, row.id, { deletedAt: identity.now(), slug: null, directKey: null });
      });
      slugs.delete(`${scope.tenantId}:${key}`);
    },

    /** Makes the caller a member of a public room; nothing happens if he is one. */
    async join(scope: Scope, key: string): Promise<{ room: Room }> {
      const { row, membership } = await requireVisible(scope, key);
      if (membership !== undefined) return { room: toRoom(row) };
      await database.transaction(async (tx) => {
        const locked = await lock(tx, scope, row.id);
        if (locked.visibility !== 'public') throw ROOM_NOT_FOUND();
        if (scope.user.kind === 'agent' && !locked.agentsAllowed) throw agentsNotAllowed();
        await admit(tx, locked, [scope.user], 'member', scope.user.id);
      });
      return { room: toRoom((await findRoom(db, scope, row.id)) ?? row) };
    },

    async leave(scope: Scope, key: string): Promise<void> {
      await database.transaction(async (tx) => {
        const { row } = await requireMember(scope, key, tx);
        if (row.kind === 'direct')
          throw new AppError('conflict', 'direct_room', 'A direct room cannot be left.');
        await dismiss(tx, await lock(tx, scope, row.id), scope.user.id, scope.user.id);
      });
    },

    /** The first members of a room the caller was let into: agents first, then by handle. */
    firstMembers: async (roomId: string, limit: number): Promise<Member[]> =>
      (await repo.listMembers(db, roomId, limit)).map(toMember),

    async members(scope: Scope, key: string, page: { limit: number; cursor?: string | undefined }) {
      const { row } = await requireVisible(scope, key);
      const [kind, handle] = page.cursor?.split(':') ?? [];
      const after = kind !== undefined && handle !== undefined ? { kind, handle } : undefined;
      const rows = await repo.listMembers(db, row.id, page.limit + 1, after);
      const last = rows[page.limit - 1];
      return {
        data: rows.slice(0, page.limit).map(toMember),
        ...(rows.length > page.limit && last !== undefined
          ? { nextCursor: `${last.kind}:${last.handle}` }
          : {}),
      };
    },

    async addMember(scope: Scope, key: string, userId: string, role: 'admin' | 'member'): Promise<Member> {
      return database.transaction(async (tx) => {
        const { row, membership } = await requireMember(scope, key, tx);
        if (row.kind === 'direct')
          throw new AppError(
            'conflict',
            'direct_room',
            'A direct room keeps its members; create a group instead.',
          );
        if (row.visibility === 'private' || role !== 'member')
          requireRight(scope, 'member.add', membership.role);
        const [user] = await identity.findMany(tx, scope.tenantId, [userId]);
        if (user === undefined) throw notFound('user_not_found', 'There is no such user.');
        const locked = await lock(tx, scope, row.id);
        if (user.kind === 'agent' && !locked.agentsAllowed) throw agentsNotAllowed();
        const [added] = await admit(tx, locked, [user], role, scope.user.id);
        return added ?? toMember((await repo.findMember(tx, row.id, userId)) as repo.MemberRow);
      });
    },

    async updateMember(scope: Scope, key: string, userId: string, role: MemberRole): Promise<Member> {
      return database.transaction(async (tx) => {
        const { row, membership } = await requireVisible(scope, key, tx);
        requireRight(scope, 'member.role', membership?.role);
        const locked = await lock(tx, scope, row.id);
        if ((await repo.updateMembershipRole(tx, row.id, userId, role)) === undefined)
          throw notFound('member_not_found', 'There is no such member.');
        const member = toMember((await repo.findMember(tx, row.id, userId)) as repo.MemberRow);
        await log.append(tx, locked, [
          { type: 'member_updated', payload: (seq) => ({ roomId: row.id, seq, member }) },
        ]);
        return member;
      });
    },

    async removeMember(scope: Scope, key: string, userId: string): Promise<void> {
      await database.transaction(async (tx) => {
        const { row, membership } = await requireVisible(scope, key, tx);
        if (userId !== scope.user.id) requireRight(scope, 'member.remove', membership?.role);
        if (row.kind === 'direct')
          throw new AppError('conflict', 'direct_room', 'A direct room keeps its members.');
        const target = await repo.findMembership(tx, row.id, userId);
        if (target === undefined) throw notFound('member_not_found', 'There is no such member.');
        if (target.role === 'owner' && membership?.role !== 'owner' && scope.role !== 'admin') {
          throw new AppError('forbidden', 'not_allowed', 'Only an owner removes an owner.');
        }
        await dismiss(tx, await lock(tx, scope, row.id), userId, scope.user.id);
      });
    },

    /** Makes users members without asking for a right: for what the server itself sets up. */
    async place(tx: Tx, tenantId: string, roomId: string, userIds: string[]): Promise<void> {
      const [first] = userIds;
      if (first === undefined) return;
      const users = await identity.findMany(tx, tenantId, userIds);
      await admit(tx, await lock(tx, { tenantId }, roomId), users, 'member', first);
    },

    /** Takes a user out of every room, as when the account is deleted. */
    async withdraw(tx: Tx, tenantId: string, userId: string, by: string): Promise<void> {
      // Always in the same order, so that two of these cannot wait for each other.
      for (const roomId of await repo.listRoomIdsOf(tx, tenantId, userId)) {
        const row = await repo.lockRoom(tx, tenantId, roomId);
        if (row !== undefined) await dismiss(tx, row, userId, by);
      }
    },

    /** Agents that are members of the room. */
    agentsIn: async (at: Db | Tx, roomId: string) => (await repo.listAgentMembers(at, roomId)).map(toMember),

    async advanceReadMark(
      scope: Scope,
      key: string,
      seq: number,
    ): Promise<{ roomId: string; me: MyMembership }> {
      const { row } = await requireMember(scope, key);
      await repo.advanceReadSeq(db, row.id, scope.user.id, seq);
      return { roomId: row.id, me: await myMembership(scope, row.id) };
    },
  };
}

export { canInRoom } from './policy.ts';

export const LOBBY = 'lobby';

export const notAMember = () =>
  new AppError('forbidden', 'not_a_member', 'You are not a member of this room; join it first.');
const agentsNotAllowed = () =>
  new AppError(
    'forbidden',
    'agents_not_allowed',
    'This room does not allow agents; its owner can change that.',
  );
