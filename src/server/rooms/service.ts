// Rooms: found, listed, made, changed, ended. Every change of a room is an entry of its log, in the same transaction.
// Who is in them is in membership.ts, who may what in access.ts.
import type { Bus } from '../../core/bus.ts';
import type { Database, Db, Tx } from '../../core/db/database.ts';
import { AppError, notFound } from '../../core/errors.ts';
import type { Events } from '../../core/events.ts';
import { newId } from '../../core/ids.ts';
import type { Jobs } from '../../core/jobs.ts';
import type { Pace } from '../../core/pace.ts';
import type { Scope } from '../../core/scope.ts';
import { type IdentityService, isUuid } from '../identity/service.ts';
import { agentsNotAllowed, banned, createAccess, type Here } from './access.ts';
import type { MyMembership, ReactionMode, Room, RoomListItem } from './contract.ts';
import * as countedRepo from './counted-repository.ts';
import { createEntrance } from './entrance.ts';
import * as memberRepo from './members-repository.ts';
import { createMemberships, LOBBY } from './membership.ts';
import { type RoomChanged, watchRooms } from './personal-signals.ts';
import { canInRoom } from './policy.ts';
import { createProfiles, directTitle } from './profiles.ts';
import * as repo from './repository.ts';
import { createRights } from './rights.ts';
import type { NewEntry, RoomLog } from './room-log.ts';
import { mutedIn, toCounts, toMember, toRoom } from './view.ts';

export { type Here, notAMember, refusal } from './access.ts';
export { LOBBY, type MembershipChanged } from './membership.ts';
export { canInRoom, decideRight, type InRoom, isExempt, rankOf } from './policy.ts';
export type { NewEntry, RoomLog } from './room-log.ts';

export type RoomsService = ReturnType<typeof createRoomsService>;

export interface RoomsDeps {
  database: Database;
  events: Events;
  identity: IdentityService;
  log: RoomLog;
  bus: Bus;
  jobs: Jobs;
  pace: Pace;
}

export function createRoomsService({ database, events, identity, log, bus, jobs, pace }: RoomsDeps) {
  const { db } = database;
  const access = createAccess(database);
  const { requireVisible, requireMember } = access;
  const memberships = createMemberships({ database, events, identity, log, access });
  const { admit } = memberships;
  const entrance = createEntrance({
    database,
    access,
    memberships,
    restOf: (roomId) => pace.rest(`room:${roomId}`),
  });
  watchRooms({ database, events, bus });

  const roomUpdated = (row: repo.RoomRow, deleted = false): NewEntry => ({
    type: 'room_updated',
    payload: (seq) => ({
      roomId: row.id,
      seq,
      room: toRoom({ ...row, lastSeq: seq }),
      ...(deleted ? { deleted: true } : {}),
    }),
  });

  /** Appends the change of a locked room and says it to whoever listens in the transaction. */
  async function tellChange(tx: Tx, row: repo.RoomRow, by: string, deleted = false): Promise<Room> {
    const lastSeq = await log.append(tx, row, [roomUpdated(row, deleted)]);
    const room = toRoom({ ...row, lastSeq });
    await events.emit<RoomChanged>(tx, 'room.changed', [{ tenantId: row.tenantId, room, by, deleted }]);
    return room;
  }

  const rights = createRights({
    database,
    events,
    access,
    tellChange,
    tellMember: memberships.tellChange,
  });

  const profileJob = createProfiles({
    database,
    events,
    jobs,
    tellMember: memberships.tellChange,
    tellRoom: tellChange,
  });

  return {
    jobs: [profileJob],
    can: rights.can,
    rights: rights.get,
    setRights: rights.set,
    findVisible: access.findVisible,
    requireVisible,
    requireMember,
    resolveId: access.resolveId,
    change: access.change,
    requireRight: access.requireRight,
    /** What a caller is in a room that he was found to see, as far as the room's own rules decide. */
    seenAs: (scope: Scope, { row, membership }: Pick<repo.RoomSeen, 'row' | 'membership'>): Here => ({
      row,
      userId: scope.user.id,
      role: membership?.role,
      admin: scope.role === 'admin',
    }),
    /** What somebody is in a locked room; undefined where there is no such user. */
    standingOf: (tx: Tx, row: repo.RoomRow, userId: string) => access.standing(tx, row, userId, true),
    rowOf: (tx: Tx, tenantId: string, id: string) => repo.findRoom(tx, tenantId, { id }),
    expel: memberships.expel,
    letIn: memberships.letIn,
    enterBy: memberships.enterBy,

    /** @throws AppError forbidden `banned` */
    requireNotBanned(here: Here | undefined): void {
      if (here?.bannedUntil != null) throw banned(here.bannedUntil, 'They are');
    },

    /** A room as somebody sees it who was told of it, and whether he is in it. Whoever asks has seen to his right. */
    async glimpse(scope: Scope, roomId: string): Promise<{ room: Room; isMember: boolean } | undefined> {
      const seen = await repo.findRoomSeenBy(db, scope.tenantId, { id: roomId }, scope.user.id);
      return seen && { room: toRoom(seen.row), isMember: seen.membership !== undefined };
    },
    tellMember: memberships.tellChange,

    /** Somebody is banned from this room from now on: whoever looks at it asks. */
    markBans: async (tx: Tx, roomId: string): Promise<void> =>
      void (await repo.updateRoom(tx, roomId, { hasBans: true })),

    /** The rules of a locked room are others from now on: answers their version. */
    async raiseRulesVersion(tx: Tx, row: repo.RoomRow): Promise<number> {
      const { rulesVersion } = await repo.updateRoom(tx, row.id, { rulesVersion: row.rulesVersion + 1 });
      return rulesVersion;
    },

    async setSlowMode(tx: Tx, row: repo.RoomRow, seconds: number, by: string): Promise<Room> {
      return tellChange(tx, await repo.updateRoom(tx, row.id, { slowModeSeconds: seconds }), by);
    },

    /** People who look after a room. */
    async moderatorsOf(tx: Tx, row: repo.RoomRow, limit: number): Promise<string[]> {
      const people = await memberRepo.listPeople(tx, row.id, row.rights === null, limit);
      return people
        .filter(({ userId, role }) => canInRoom('moderation.review', { row, userId, role, admin: false }))
        .map(({ userId }) => userId);
    },

    /** Ids of the rooms that the caller looks after. */
    async moderatedBy(scope: Scope): Promise<string[]> {
      const mine = await repo.listRoomsLookedAfter(db, scope.tenantId, scope.user.id);
      return mine
        .filter(({ role, ...row }) =>
          canInRoom('moderation.review', { row, userId: scope.user.id, role, admin: false }),
        )
        .map(({ id }) => id);
    },

    /** What a caller is in a room, with what stands against him. @throws AppError not_found */
    async standing(at: Db | Tx, scope: Scope, roomId: string): Promise<Here> {
      const row = await access.find(scope, roomId, at);
      const here = row && (await access.standing(at, row, scope.user.id, scope.role === 'admin'));
      if (here === undefined)
        throw notFound('room_not_found', 'There is no such room, or you may not see it.');
      return here;
    },
    myMembership: entrance.mine,
    join: entrance.join,
    leave: memberships.leave,
    members: memberships.list,
    firstMembers: entrance.first,

    /** A room that the caller may see, with its first members. @throws AppError not_found */
    async sight(scope: Scope, roomId: string, limit: number) {
      // Together; nothing is told of a room that he may not see.
      const [{ row }, members] = await Promise.all([
        requireVisible(scope, roomId),
        memberships.first(roomId, limit),
      ]);
      return { row, members };
    },

    addMember: memberships.add,
    updateMember: memberships.changeRole,
    removeMember: memberships.remove,
    place: memberships.place,
    withdraw: memberships.withdraw,

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
      const mine = await countedRepo.listRoomsOf(
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
                  ...mutedIn(me),
                  ...toCounts(me),
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
        ...(membership === undefined ? {} : { me: await memberships.mine(scope, row.id) }),
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
        const [owner] = await admit(tx, row, [scope.user], 'owner', scope.user.id);
        if (owner === undefined) throw notFound('user_not_found', 'This account does not exist any more.');
        const added = await admit(tx, { ...row, lastSeq: 1 }, users, 'member', scope.user.id);
        return toRoom({ ...row, lastSeq: 1 + added.length });
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
          name: directTitle(users.map((u) => u.name)),
          topic: null,
          visibility: 'private',
          agentsAllowed: true,
          directKey,
          createdBy: scope.user.id,
        });
        if (row === undefined)
          return toRoom((await repo.findDirectRoom(tx, scope.tenantId, directKey)) as repo.RoomRow);
        const added = await admit(tx, row, users, 'member', scope.user.id);
        return toRoom({ ...row, lastSeq: added.length });
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
        reactionMode?: ReactionMode | undefined;
        agentsProactive?: Room['agentsProactive'] | undefined;
      },
    ): Promise<Room> {
      return access.change(scope, key, async (tx, here) => {
        const { row } = here;
        const asked = Object.keys(change).filter((name) => change[name as keyof typeof change] !== undefined);
        // Nobody owns a direct room: each of its people decides who may disturb them there.
        const ofEach = asked.length === 1 && asked[0] === 'agentsProactive' && scope.user.kind === 'human';
        if (row.kind !== 'direct' || here.role === undefined || !ofEach)
          access.requireRight(here, 'room.update');
        if (row.kind === 'direct' && !ofEach)
          throw new AppError(
            'conflict',
            'direct_room',
            'A direct room has no settings; create a group instead.',
          );
        const set = Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined));
        if (Object.keys(set).length === 0) return toRoom(row);
        return tellChange(tx, await repo.updateRoom(tx, row.id, set), scope.user.id);
      });
    },

    /** Calls a room otherwise, for the server itself; of one that was deleted nobody hears. */
    async rename(tenantId: string, roomId: string, name: string, by: string): Promise<void> {
      await database.transaction(async (tx) => {
        const row = await repo.lockRoom(tx, tenantId, roomId);
        if (row?.name === name) return;
        const renamed = await repo.updateRoom(tx, roomId, { name });
        if (row !== undefined) await tellChange(tx, renamed, by);
      });
    },

    async remove(scope: Scope, key: string): Promise<void> {
      const { slug } = await access.change(scope, key, async (tx, here) => {
        access.requireRight(here, 'room.delete');
        const { row } = here;
        if (row.slug === LOBBY) throw new AppError('conflict', 'lobby', 'The lobby cannot be deleted.');
        await tellChange(tx, row, scope.user.id, true);
        // The slug and the pair become free for a new room.
        await repo.updateRoom(tx, row.id, { deletedAt: identity.now(), slug: null, directKey: null });
        return row;
      });
      access.forgetSlug(scope.tenantId, slug);
    },

    /** Agents that are members of the room. */
    agentsIn: async (at: Db | Tx, roomId: string) =>
      (await memberRepo.listAgentMembers(at, roomId)).map(toMember),

    /** The room counts as unread from this seq on, until the read mark is set the next time. */
    async markUnread(scope: Scope, roomId: string, seq: number): Promise<MyMembership> {
      await memberRepo.setUnreadFrom(db, roomId, scope.user.id, seq);
      return memberships.mine(scope, roomId);
    },

    async advanceReadMark(
      scope: Scope,
      key: string,
      seq: number,
    ): Promise<{ roomId: string; me: MyMembership }> {
      const { row } = await requireMember(scope, key);
      await memberRepo.advanceReadSeq(db, row.id, scope.user.id, seq);
      return { roomId: row.id, me: await memberships.mine(scope, row.id) };
    },
  };
}
