// Invitations by name: somebody is told, and accepts or declines. Agents have nobody to ask: they come in as by `invite_agent`.
// Must never let in who is banned, nor tell anybody of another's invitation.
import { by, note } from '../../core/audit-note.ts';
import type { InputOf, OutputOf } from '../../core/contract.ts';
import type { Database, Tx } from '../../core/db/database.ts';
import { AppError, notFound } from '../../core/errors.ts';
import type { Events } from '../../core/events.ts';
import { isUuid, newId } from '../../core/ids.ts';
import type { Scope } from '../../core/scope.ts';
import type { User } from '../identity/contract.ts';
import { handleKey, type IdentityService } from '../identity/service.ts';
import type { PersonAsked } from '../notifications/service.ts';
import type { RoomsService } from '../rooms/service.ts';
import type { acceptInvitation, Invitation, inviteUser, listInvitations } from './contract.ts';
import * as repo from './repository.ts';

export type InvitationsService = ReturnType<typeof createInvitations>;

export function createInvitations(deps: {
  database: Database;
  events: Events;
  identity: IdentityService;
  rooms: RoomsService;
}) {
  const { database, events, identity, rooms } = deps;
  const { db } = database;

  const invitationNotFound = () =>
    notFound('invitation_not_found', 'There is no such invitation for you; ask for another.');

  async function show(
    at: Database['db'] | Tx,
    tenantId: string,
    rows: repo.InvitationWithRoom[],
  ): Promise<Invitation[]> {
    const inviters = await identity.findMany(at, tenantId, [...new Set(rows.map((row) => row.invitedBy))]);
    const counts = await repo.countMembers(at, [...new Set(rows.map((row) => row.roomId))]);
    return rows.flatMap((row) => {
      const invitedBy = inviters.find(({ id }) => id === row.invitedBy);
      return invitedBy === undefined ? [] : [toInvitation(row, invitedBy, counts.get(row.roomId) ?? 0)];
    });
  }

  async function mine(scope: Scope, id: string): Promise<repo.InvitationWithRoom> {
    const [row] = await repo.listInvitations(db, scope.tenantId, scope.user.id, {
      id,
      pending: false,
      limit: 1,
    });
    if (row === undefined) throw invitationNotFound();
    return row;
  }

  return {
    async invite(
      scope: Scope,
      { roomId: key, userId, handle }: InputOf<typeof inviteUser>,
    ): Promise<Invitation> {
      return rooms.change(scope, key, async (tx, here) => {
        rooms.requireRight(here, 'member.add');
        const who =
          userId === undefined ? { handleKey: handleKey((handle ?? '').replace(/^@/, '')) } : { id: userId };
        const id = await repo.findUserId(tx, scope.tenantId, who);
        const [user] = id === undefined ? [] : await identity.findMany(tx, scope.tenantId, [id]);
        if (user === undefined) throw notFound('user_not_found', 'There is no such user.');
        const { row: room } = here;
        const target = await rooms.standingOf(tx, room, user.id);
        if (target?.role !== undefined)
          throw new AppError('conflict', 'already_member', 'They are in the room already.');
        rooms.requireNotBanned(target);
        const { row, isNew } = await repo.putInvitation(tx, {
          id: newId(),
          tenantId: scope.tenantId,
          roomId: room.id,
          userId: user.id,
          invitedBy: scope.user.id,
        });
        const isAgent = user.kind === 'agent';
        if (isAgent) {
          await rooms.letIn(tx, room, user, 'member', scope.user.id);
          await repo.decide(tx, row.id, 'accepted');
        }
        if (isNew) {
          await note(events, tx, {
            ...by(scope),
            action: 'invitation.created',
            subject: { type: 'user', id: user.id },
            roomId: room.id,
            ...(isAgent ? { agentId: user.id } : {}),
          });
          if (!isAgent) await tell(tx, scope, row, room.name);
        }
        const status = isAgent ? ('accepted' as const) : row.status;
        const { kind, name, topic } = room;
        return (await show(tx, scope.tenantId, [{ ...row, status, kind, name, topic }]))[0] as Invitation;
      });
    },

    async list(scope: Scope, { limit, cursor }: InputOf<typeof listInvitations>) {
      const rows = await repo.listInvitations(db, scope.tenantId, scope.user.id, {
        pending: true,
        beforeId: cursor !== undefined && isUuid(cursor) ? cursor : undefined,
        limit: limit + 1,
      });
      const data = await show(db, scope.tenantId, rows.slice(0, limit));
      const last = data.at(-1);
      return { data, ...(rows.length > limit && last !== undefined ? { nextCursor: last.id } : {}) };
    },

    async accept(scope: Scope, id: string): Promise<OutputOf<typeof acceptInvitation>> {
      const { roomId, status, invitedBy } = await mine(scope, id);
      if (status === 'declined') throw invitationNotFound();
      const room = await rooms.enterBy(scope, roomId, async (tx, isMember) => {
        // Accepted before: who left since then has to be invited again.
        if (!(await repo.decide(tx, id, 'accepted')) && !isMember) throw invitationNotFound();
        return { role: 'member', by: invitedBy };
      });
      if (room === undefined) throw invitationNotFound();
      return { room, me: await rooms.myMembership(scope, room.id) };
    },

    async decline(scope: Scope, id: string): Promise<void> {
      const { status } = await mine(scope, id);
      if (status === 'declined') return;
      const declined = await database.transaction((tx) => repo.decide(tx, id, 'declined'));
      if (!declined)
        throw new AppError(
          'conflict',
          'already_accepted',
          'You accepted it already; leave the room instead.',
        );
    },
  };

  async function tell(tx: Tx, scope: Scope, row: repo.InvitationRow, roomName: string): Promise<void> {
    await events.emit<PersonAsked>(tx, 'person.asked', [
      {
        tenantId: row.tenantId,
        userIds: [row.userId],
        kind: 'invitation',
        key: `invitation:${row.id}`,
        roomId: row.roomId,
        messageId: null,
        subject: { invitationId: row.id, roomName, invitedBy: { id: scope.user.id, name: scope.user.name } },
      },
    ]);
  }
}

const toInvitation = (row: repo.InvitationWithRoom, invitedBy: User, memberCount: number): Invitation => ({
  id: row.id,
  room: {
    id: row.roomId,
    kind: row.kind,
    name: row.name,
    ...(row.topic === null ? {} : { topic: row.topic }),
    memberCount,
  },
  userId: row.userId,
  invitedBy,
  status: row.status,
  createdAt: row.createdAt.toISOString(),
});
