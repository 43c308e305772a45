// Links into rooms: made by who may add members, taken by whoever has the token, as often as was said and once a person. Must never
// keep a token, nor tell one that is wrong from one that holds no more.
import { createHash } from 'node:crypto';
import { by, note } from '../../core/audit-note.ts';
import type { Clock } from '../../core/clock.ts';
import type { InputOf, OutputOf } from '../../core/contract.ts';
import type { Database } from '../../core/db/database.ts';
import { AppError, notFound } from '../../core/errors.ts';
import type { Events } from '../../core/events.ts';
import { isUuid, newId, randomToken } from '../../core/ids.ts';
import type { Scope } from '../../core/scope.ts';
import type { IdentityService } from '../identity/service.ts';
import { canInRoom, type RoomsService, rankOf } from '../rooms/service.ts';
import type {
  acceptInvite,
  createInvite,
  Invite,
  listInvites,
  previewInvite,
  revokeInvite,
} from './contract.ts';
import * as repo from './repository.ts';

export type LinksService = ReturnType<typeof createLinks>;

const TOKEN_BYTES = 24;
const MOST_PER_ROOM = 100;

const hashOf = (token: string): string => createHash('sha256').update(token).digest('hex');

export function createLinks(deps: {
  database: Database;
  events: Events;
  clock: Clock;
  identity: IdentityService;
  rooms: RoomsService;
}) {
  const { database, events, clock, identity, rooms } = deps;
  const { db } = database;

  const inviteNotFound = () =>
    notFound(
      'invite_not_found',
      'This link lets nobody in: it is wrong, used up, revoked or over. Ask for another.',
    );

  return {
    async create(scope: Scope, input: InputOf<typeof createInvite>): Promise<OutputOf<typeof createInvite>> {
      const { roomId: key, role, maxUses, expiresAt } = input;
      if (expiresAt !== undefined && Date.parse(expiresAt) <= clock.now())
        throw new AppError('invalid', 'invalid_input', 'expiresAt: give a time to come.');
      const token = randomToken(TOKEN_BYTES);
      const row = await rooms.change(scope, key, async (tx, here) => {
        rooms.requireRight(here, 'member.add');
        if (role === 'admin' && rankOf(here) < 2)
          throw new AppError(
            'forbidden',
            'not_allowed',
            'Only an owner or admin of the room lets admins in.',
          );
        const { id: roomId, tenantId } = here.row;
        if ((await repo.countInvites(tx, roomId)) >= MOST_PER_ROOM)
          throw new AppError(
            'conflict',
            'too_many_invites',
            `A room has at most ${MOST_PER_ROOM} links; revoke one first.`,
          );
        const made = await repo.insertInvite(tx, {
          id: newId(),
          tenantId,
          roomId,
          tokenHash: hashOf(token),
          role,
          maxUses: maxUses ?? null,
          expiresAt: expiresAt === undefined ? null : new Date(expiresAt),
          createdBy: scope.user.id,
        });
        await note(events, tx, {
          ...by(scope),
          action: 'invite.created',
          subject: { type: 'invite', id: made.id },
          roomId,
          details: { role, maxUses, expiresAt },
        });
        return made;
      });
      return { ...toInvite(row), token, url: `/#/invites/${token}` };
    },

    async list(scope: Scope, { roomId: key, limit, cursor }: InputOf<typeof listInvites>) {
      const seen = await rooms.requireVisible(scope, key);
      rooms.requireRight(rooms.seenAs(scope, seen), 'member.add');
      const rows = await repo.listInvites(db, scope.tenantId, seen.row.id, {
        beforeId: cursor !== undefined && isUuid(cursor) ? cursor : undefined,
        limit: limit + 1,
      });
      const data = rows.slice(0, limit).map(toInvite);
      const last = data.at(-1);
      return { data, ...(rows.length > limit && last !== undefined ? { nextCursor: last.id } : {}) };
    },

    async revoke(scope: Scope, { roomId: key, inviteId }: InputOf<typeof revokeInvite>): Promise<void> {
      await rooms.change(scope, key, async (tx, here) => {
        const row = await repo.findInvite(tx, scope.tenantId, inviteId);
        const may = row?.createdBy === scope.user.id || canInRoom('member.remove', here);
        if (row === undefined || row.roomId !== here.row.id || !may)
          throw notFound('invite_not_found', 'There is no such link, or it is not yours to revoke.');
        await repo.revokeInvite(tx, row.id, scope.user.id);
        await note(events, tx, {
          ...by(scope),
          action: 'invite.revoked',
          subject: { type: 'invite', id: row.id },
          roomId: row.roomId,
        });
      });
    },

    async preview(
      scope: Scope,
      { token }: InputOf<typeof previewInvite>,
    ): Promise<OutputOf<typeof previewInvite>> {
      const row = await repo.findByToken(db, scope.tenantId, hashOf(token));
      if (row === undefined) throw inviteNotFound();
      const glimpse = await rooms.glimpse(scope, row.roomId);
      const [invitedBy] = await identity.findMany(db, scope.tenantId, [row.createdBy]);
      if (glimpse === undefined || invitedBy === undefined || !(row.hasRoom || glimpse.isMember))
        throw inviteNotFound();
      const { room, isMember } = glimpse;
      const memberCount = (await repo.countMembers(db, [room.id])).get(room.id) ?? 0;
      return {
        room: {
          id: room.id,
          kind: room.kind,
          name: room.name,
          ...(room.topic === undefined ? {} : { topic: room.topic }),
          memberCount,
        },
        invitedBy,
        role: row.role,
        ...(row.expiresAt === null ? {} : { expiresAt: row.expiresAt.toISOString() }),
        isMember,
      };
    },

    async accept(
      scope: Scope,
      { token }: InputOf<typeof acceptInvite>,
    ): Promise<OutputOf<typeof acceptInvite>> {
      const tokenHash = hashOf(token);
      const found = await repo.findByToken(db, scope.tenantId, tokenHash);
      if (found === undefined) throw inviteNotFound();
      const room = await rooms.enterBy(scope, found.roomId, async (tx, isMember) => {
        const row = await repo.findByToken(tx, scope.tenantId, tokenHash);
        if (row === undefined) throw inviteNotFound();
        // Whoever came by it before comes in again without a use more.
        if (!isMember && !(await repo.hasUsed(tx, row.id, scope.user.id))) {
          if (!(await repo.takeUse(tx, row, scope.user.id))) throw inviteNotFound();
        }
        return { role: row.role, by: scope.user.id };
      });
      if (room === undefined) throw inviteNotFound();
      return { room, me: await rooms.myMembership(scope, room.id) };
    },
  };
}

const toInvite = (row: repo.InviteRow): Invite => ({
  id: row.id,
  roomId: row.roomId,
  role: row.role,
  ...(row.maxUses === null ? {} : { maxUses: row.maxUses }),
  uses: row.uses,
  ...(row.expiresAt === null ? {} : { expiresAt: row.expiresAt.toISOString() }),
  createdBy: row.createdBy,
  createdAt: row.createdAt.toISOString(),
});
