// Who is in a room: let in, put in, promoted, taken out. Everything happens under the room's lock, as entries of its log, and
// the caller's right is read there as well. Must never let in who was removed, nor take a room's last owner away on request.
import { note, by as who } from '../../core/audit-note.ts';
import type { Database, Tx } from '../../core/db/database.ts';
import { AppError, notFound } from '../../core/errors.ts';
import type { Events } from '../../core/events.ts';
import type { Scope } from '../../core/scope.ts';
import type { User } from '../identity/contract.ts';
import { type IdentityService, toUser, type UserCreated, type UserRemoved } from '../identity/service.ts';
import { type Access, agentsNotAllowed, banned, type Here, notAMember, roomNotFound } from './access.ts';
import type { Member, MemberRole, MyMembership, Room } from './contract.ts';
import * as countedRepo from './counted-repository.ts';
import * as memberRepo from './members-repository.ts';
import { rankOf } from './policy.ts';
import * as repo from './repository.ts';
import type { RoomLog } from './room-log.ts';
import { mutedIn, toCounts, toMember, toRoom } from './view.ts';

export const LOBBY = 'lobby';

/** Said in the transaction, for each user who came or went. */
export interface MembershipChanged {
  tenantId: string;
  roomId: string;
  /** As it stands after the change. */
  room: Room;
  user: Member['user'];
  change: 'joined' | 'left';
  role: MemberRole;
  joinedAt: string;
  /** What is read by who comes: everything up to there. */
  readSeq: number;
  by: string;
}

/** Said in the transaction when a member's role changed. */
export interface RoleChanged {
  tenantId: string;
  room: Room;
  member: Member;
}

export type Memberships = ReturnType<typeof createMemberships>;

export function createMemberships(deps: {
  database: Database;
  events: Events;
  identity: IdentityService;
  log: RoomLog;
  access: Access;
}) {
  const { events, identity, log, access } = deps;
  const { db } = deps.database;

  /** Adds users to a locked room, appends `member_joined` for those who are new; passes over who was removed or is banned. */
  async function admit(
    tx: Tx,
    row: repo.RoomRow,
    users: User[],
    role: MemberRole,
    by: string | 'themselves',
  ): Promise<Member[]> {
    const ids = users.map((user) => user.id);
    const found = await repo.lockPresent(tx, row.tenantId, row.id, ids);
    // As they are now: a caller's connection may be older than the name.
    const present = new Map(found.filter((one) => one.bannedUntil === null).map((one) => [one.id, one]));
    if (present.size === 0) return [];
    const added = await memberRepo.insertMemberships(
      tx,
      ids
        .flatMap((id) => present.get(id) ?? [])
        .map(({ id: userId, profileVersion: profileTold }) => ({
          roomId: row.id,
          userId,
          tenantId: row.tenantId,
          role,
          readSeq: row.lastSeq,
          profileTold,
        })),
    );
    if (added.length === 0) return [];
    // Who was muted here before still is.
    const sanctioned = found.filter((one) => one.sanctioned).map(({ id }) => id);
    const rows = sanctioned.length === 0 ? [] : await memberRepo.listMembersAmong(tx, row.id, sanctioned);
    const muted = new Map(rows.map((one) => [one.id, mutedIn(one)]));
    const members = added.map((m) => ({
      user: toUser(present.get(m.userId) as repo.Present),
      role: m.role,
      joinedAt: m.joinedAt.toISOString(),
      ...muted.get(m.userId),
    }));
    const lastSeq = await log.append(
      tx,
      row,
      members.map((member) => ({
        type: 'member_joined',
        payload: (seq) => ({ roomId: row.id, seq, member }),
      })),
    );
    await announce(tx, { ...row, lastSeq }, members, 'joined', row.lastSeq, by);
    return members;
  }

  async function letIn(tx: Tx, row: repo.RoomRow, user: User, role: MemberRole, by: string): Promise<void> {
    if (user.kind === 'agent' && !row.agentsAllowed) throw agentsNotAllowed();
    const [added] = await admit(tx, row, [user], role, by);
    if (added !== undefined || (await memberRepo.findMember(tx, row.id, user.id)) !== undefined) return;
    const bannedUntil = (await access.standing(tx, row, user.id, false))?.bannedUntil ?? null;
    if (bannedUntil !== null) throw banned(bannedUntil, by === user.id ? 'You are' : 'They are');
    throw roomNotFound();
  }

  async function dismiss(tx: Tx, row: repo.RoomRow, userId: string, by: string): Promise<boolean> {
    const member = await memberRepo.findMember(tx, row.id, userId);
    if (member === undefined || !(await memberRepo.deleteMembership(tx, row.id, userId))) return false;
    const lastSeq = await log.append(tx, row, [
      { type: 'member_left', payload: (seq) => ({ roomId: row.id, seq, userId, by }), evict: userId },
    ]);
    await announce(tx, { ...row, lastSeq }, [toMember(member)], 'left', member.readSeq, by);
    return true;
  }

  function announce(
    tx: Tx,
    row: repo.RoomRow,
    members: Member[],
    change: MembershipChanged['change'],
    readSeq: number,
    by: string | 'themselves',
  ): Promise<void> {
    const { tenantId, id: roomId } = row;
    const room = toRoom(row);
    return events.emit<MembershipChanged>(
      tx,
      'membership.changed',
      members.map(({ user, role, joinedAt }) => ({
        tenantId,
        roomId,
        room,
        user,
        change,
        role,
        joinedAt,
        readSeq,
        by: by === 'themselves' ? user.id : by,
      })),
    );
  }

  /** A room that has an owner keeps one: nobody else could ever appoint another. */
  async function requireAnotherOwner(tx: Tx, roomId: string, member: memberRepo.MemberRow): Promise<void> {
    if (member.role !== 'owner' || member.kind !== 'human') return;
    if (await memberRepo.hasOtherOwner(tx, roomId, member.id)) return;
    throw new AppError(
      'conflict',
      'last_owner',
      'A room keeps an owner: make another member its owner first, or delete the room.',
    );
  }

  async function requireTarget(tx: Tx, roomId: string, userId: string): Promise<memberRepo.MemberRow> {
    const member = await memberRepo.findMember(tx, roomId, userId);
    if (member === undefined) throw notFound('member_not_found', 'There is no such member.');
    return member;
  }

  /** Takes a user out of every room, as when the account is deleted. Afterwards nobody lets him in any more, once `tx` deletes him. */
  async function withdraw(tx: Tx, tenantId: string, userId: string, by: string): Promise<void> {
    await leaveAll(tx, tenantId, userId, by);
    // Whoever was just letting him in elsewhere has done so by now; whoever will, waits for this transaction.
    await repo.lockUser(tx, tenantId, userId);
    await leaveAll(tx, tenantId, userId, by);
  }

  async function leaveAll(tx: Tx, tenantId: string, userId: string, by: string): Promise<void> {
    // Always in the same order, so that two of these cannot wait for each other.
    for (const roomId of await memberRepo.listRoomIdsOf(tx, tenantId, userId)) {
      const row = await repo.lockRoom(tx, tenantId, roomId);
      if (row !== undefined) await dismiss(tx, row, userId, by);
    }
  }

  async function welcome(tx: Tx, people: UserCreated[]): Promise<void> {
    for (const { tenantId, user } of people) {
      if (user.kind !== 'human') continue;
      const lobby = await repo.lockRoomBySlug(tx, tenantId, LOBBY);
      if (lobby !== undefined) await admit(tx, lobby, [user], 'member', user.id);
    }
  }

  events.on<UserCreated>('user.created', welcome);
  events.on<UserCreated>('user.restored', welcome);
  events.on<UserRemoved>('user.removed', async (tx, removed) => {
    for (const { tenantId, userId, by } of removed) await withdraw(tx, tenantId, userId, by);
  });

  return {
    admit,
    withdraw,

    async mine(scope: Scope, roomId: string): Promise<MyMembership> {
      const member = await countedRepo.findMemberWithCounts(db, roomId, scope.user.id);
      if (member === undefined) throw notAMember();
      return { ...toMember(member), ...toCounts(member) };
    },

    /** Makes people members of a public room by one commit. @returns who was let in; the others have to ask alone */
    async admitPublic(tenantId: string, roomId: string, users: User[]) {
      return deps.database.transaction(async (tx) => {
        const row = await access.lock(tx, { tenantId }, roomId);
        const room = toRoom(row);
        if (row.visibility !== 'public') return { room, admitted: new Set<string>() };
        const suspended = await repo.findSuspended(
          tx,
          tenantId,
          users.map((user) => user.id),
        );
        const welcome = users.filter(
          (user, i) =>
            !suspended.includes(user.id) &&
            (user.kind === 'human' || row.agentsAllowed) &&
            users.findIndex((other) => other.id === user.id) === i,
        );
        const added = await admit(tx, row, welcome, 'member', 'themselves');
        const lastSeq = row.lastSeq + added.length;
        return { room: { ...room, lastSeq }, admitted: new Set(added.map((member) => member.user.id)) };
      });
    },

    /** Makes the caller a member of a public room; nothing happens if he is one. */
    async join(scope: Scope, key: string): Promise<{ room: Room }> {
      const { row, membership } = await access.requireVisible(scope, key);
      if (membership !== undefined) return { room: toRoom(row) };
      await access.change(scope, row.id, async (tx, { row: locked, role }) => {
        if (role !== undefined) return;
        if (scope.user.kind === 'agent' && !locked.agentsAllowed) throw agentsNotAllowed();
        const [admitted] = await admit(tx, locked, [scope.user], 'member', scope.user.id);
        if (admitted === undefined) throw roomNotFound();
      });
      return { room: toRoom((await access.find(scope, row.id)) ?? row) };
    },

    async leave(scope: Scope, key: string): Promise<void> {
      const leaving = async (tx: Tx, { row, role }: Here) => {
        if (role === undefined) throw notAMember();
        if (row.kind === 'direct')
          throw new AppError('conflict', 'direct_room', 'A direct room cannot be left.');
        await requireAnotherOwner(tx, row.id, await requireTarget(tx, row.id, scope.user.id));
        await dismiss(tx, row, scope.user.id, scope.user.id);
      };
      await access.change(scope, key, leaving, { toLeave: true });
    },

    async add(scope: Scope, key: string, userId: string, role: 'admin' | 'member'): Promise<Member> {
      return access.change(scope, key, async (tx, here) => {
        const { row } = here;
        if (here.role === undefined) throw notAMember();
        if (row.kind === 'direct')
          throw new AppError(
            'conflict',
            'direct_room',
            'A direct room keeps its members; create a group instead.',
          );
        access.requireRight(here, 'member.add');
        if (role !== 'member' && rankOf(here) < 2)
          throw new AppError('forbidden', 'not_allowed', 'Only an owner or admin of the room makes admins.');
        const [user] = await identity.findMany(tx, scope.tenantId, [userId]);
        if (user === undefined) throw notFound('user_not_found', 'There is no such user.');
        if (user.kind === 'agent' && !row.agentsAllowed) throw agentsNotAllowed();
        const [added] = await admit(tx, row, [user], role, scope.user.id);
        if (added !== undefined) return added;
        const member = await memberRepo.findMember(tx, row.id, userId);
        if (member !== undefined) return toMember(member);
        const bannedUntil = (await access.standing(tx, row, userId, false))?.bannedUntil ?? null;
        if (bannedUntil !== null) throw banned(bannedUntil, 'They are');
        throw notFound('user_not_found', 'There is no such user.');
      });
    },

    async changeRole(scope: Scope, key: string, userId: string, role: MemberRole): Promise<Member> {
      return access.change(scope, key, async (tx, here) => {
        const { row } = here;
        access.requireRight(here, 'member.role');
        const target = await requireTarget(tx, row.id, userId);
        if (role !== 'owner') await requireAnotherOwner(tx, row.id, target);
        await memberRepo.updateMembershipRole(tx, row.id, userId, role);
        const member = toMember({ ...target, role });
        const lastSeq = await log.append(tx, row, [
          { type: 'member_updated', payload: (seq) => ({ roomId: row.id, seq, member }) },
        ]);
        const room = toRoom({ ...row, lastSeq });
        await events.emit<RoleChanged>(tx, 'membership.role_changed', [
          { tenantId: row.tenantId, room, member },
        ]);
        await note(events, tx, {
          ...who(scope),
          action: 'room_member.role_changed',
          subject: { type: 'user', id: userId },
          roomId: row.id,
          ...(member.user.kind === 'agent' ? { agentId: userId } : {}),
          details: { role },
        });
        return member;
      });
    },

    /** @param by who does it, where that is not whose right it is */
    async remove(scope: Scope, key: string, userId: string, by = scope.user.id): Promise<void> {
      const toLeave = userId === scope.user.id;
      const removing = async (tx: Tx, here: Here) => {
        const { row } = here;
        if (!toLeave) access.requireRight(here, 'member.remove');
        if (row.kind === 'direct')
          throw new AppError('conflict', 'direct_room', 'A direct room keeps its members.');
        const target = await requireTarget(tx, row.id, userId);
        if (target.role === 'owner' && here.role !== 'owner' && !here.admin)
          throw new AppError('forbidden', 'not_allowed', 'Only an owner removes an owner.');
        await requireAnotherOwner(tx, row.id, target);
        await dismiss(tx, row, userId, by);
      };
      await access.change(scope, key, removing, { toLeave });
    },

    /** Makes somebody a member of a locked room; nothing for who is one. @throws AppError for who is banned, or gone */
    letIn,

    /**
     * The caller comes into a room that he need not see, by what `ticket` finds under its lock.
     * @returns undefined where there is no such room
     */
    async enterBy(
      scope: Scope,
      roomId: string,
      ticket: (tx: Tx, isMember: boolean) => Promise<{ role: 'admin' | 'member'; by: string }>,
    ): Promise<Room | undefined> {
      return deps.database.transaction(async (tx) => {
        const row = await repo.lockRoom(tx, scope.tenantId, roomId);
        if (row === undefined || row.kind === 'direct') return undefined;
        const here = await access.standing(tx, row, scope.user.id, false);
        if (here === undefined || here.suspendedAt !== null || here.deletedAt !== null)
          throw new AppError('forbidden', 'suspended', 'This account is suspended; ask an administrator.');
        const { role, by } = await ticket(tx, here.role !== undefined);
        if (here.role !== undefined) return toRoom(row);
        await letIn(tx, row, scope.user, role, by);
        return toRoom({ ...row, lastSeq: row.lastSeq + 1 });
      });
    },

    /** Takes somebody out of a locked room by a moderator's word. @throws AppError conflict for its last owner */
    async expel(tx: Tx, row: repo.RoomRow, userId: string, by: string): Promise<void> {
      await requireAnotherOwner(tx, row.id, await requireTarget(tx, row.id, userId));
      await dismiss(tx, row, userId, by);
    },

    /** Says in the log of a locked room that something about a member changed; nothing for who is none. */
    async tellChange(tx: Tx, row: repo.RoomRow, userId: string): Promise<void> {
      const found = await memberRepo.findMember(tx, row.id, userId);
      if (found === undefined) return;
      const member = toMember(found);
      await log.append(tx, row, [
        { type: 'member_updated', payload: (seq) => ({ roomId: row.id, seq, member }) },
      ]);
    },

    /** Makes users members without asking for a right: for what the server itself sets up. */
    async place(tx: Tx, tenantId: string, roomId: string, userIds: string[]): Promise<void> {
      const [first] = userIds;
      if (first === undefined) return;
      const users = await identity.findMany(tx, tenantId, userIds);
      await admit(tx, await access.lock(tx, { tenantId }, roomId), users, 'member', first);
    },

    /** The first members of a room the caller was let into: agents first, then by handle. */
    first: async (roomId: string, limit: number): Promise<Member[]> =>
      (await memberRepo.listMembers(db, roomId, limit)).map(toMember),

    async list(scope: Scope, key: string, page: { limit: number; cursor?: string | undefined }) {
      const { row } = await access.requireVisible(scope, key);
      const [kind, handle] = page.cursor?.split(':') ?? [];
      const after = kind !== undefined && handle !== undefined ? { kind, handle } : undefined;
      const rows = await memberRepo.listMembers(db, row.id, page.limit + 1, after);
      const last = rows[page.limit - 1];
      return {
        data: rows.slice(0, page.limit).map(toMember),
        ...(rows.length > page.limit && last !== undefined
          ? { nextCursor: `${last.kind}:${last.handle}` }
          : {}),
      };
    },
  };
}
