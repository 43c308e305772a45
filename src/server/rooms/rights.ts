// What roles and members of a room may do beyond or short of the usual, and the question what somebody may. Must never answer
// otherwise than the checks do: both ask policy.ts about the same standing.
import { by, note } from '../../core/audit-note.ts';
import type { InputOf, OutputOf } from '../../core/contract.ts';
import type { Database, Tx } from '../../core/db/database.ts';
import { AppError, notFound } from '../../core/errors.ts';
import type { Events } from '../../core/events.ts';
import type { Scope } from '../../core/scope.ts';
import type { Access, Here } from './access.ts';
import {
  CAPABILITIES,
  type canDo,
  type RightsChange,
  type Room,
  type RoomRights,
  type setRights,
} from './contract.ts';
import * as memberRepo from './members-repository.ts';
import { canInRoom, decideRight, isChangeable, type Verdict } from './policy.ts';
import * as repo from './repository.ts';
import { isForGood } from './view.ts';

/** Members of a room about whom something is said by name. */
const MAX_MEMBERS = 100;

export function createRights(deps: {
  database: Database;
  events: Events;
  access: Access;
  tellChange(tx: Tx, row: repo.RoomRow, by: string): Promise<Room>;
  tellMember(tx: Tx, row: repo.RoomRow, userId: string): Promise<void>;
}) {
  const { events, access } = deps;
  const { db } = deps.database;

  const userNotFound = () => notFound('user_not_found', 'There is no such user.');

  return {
    async can(
      scope: Scope,
      { roomId: key, action, actions, userId }: InputOf<typeof canDo>,
    ): Promise<OutputOf<typeof canDo>> {
      const { row } = await access.requireKnown(scope, key);
      const who = userId?.toLowerCase() ?? scope.user.id;
      const mine = await access.standing(db, row, scope.user.id, scope.role === 'admin');
      if (mine === undefined) throw userNotFound();
      const asked = who === scope.user.id ? mine : await access.standing(db, row, who, true);
      if (asked === undefined) throw userNotFound();
      if (who !== scope.user.id && !canInRoom('moderation.review', mine)) {
        const target = await repo.findUserOwner(db, scope.tenantId, who);
        if (target?.ownerId !== scope.user.id)
          throw new AppError(
            'forbidden',
            'not_allowed',
            'Only moderators of the room ask what others may do in it.',
          );
      }
      const standing = await access.withPace(db, asked);
      const wanted = actions ?? (action === undefined ? CAPABILITIES : [action]);
      return {
        roomId: row.id,
        userId: who,
        can: Object.fromEntries(wanted.map((one) => [one, shown(decideRight(one, standing))])),
      };
    },

    async get(scope: Scope, key: string): Promise<RoomRights> {
      const { row, membership } = await access.requireVisible(scope, key);
      const who = { row, userId: scope.user.id, role: membership?.role, admin: scope.role === 'admin' };
      const { members, ...roles } = row.rights ?? {};
      return { ...roles, ...(members !== undefined && canInRoom('room.update', who) ? { members } : {}) };
    },

    async set(
      scope: Scope,
      { roomId: key, role, userId, add, take }: InputOf<typeof setRights>,
    ): Promise<RoomRights> {
      const fixed = [...(add ?? []), ...(take ?? [])].find((capability) => !isChangeable(capability));
      if (fixed !== undefined)
        throw new AppError(
          'invalid',
          'owners_alone',
          `"${fixed}" stays with owners of the room; leave it out.`,
        );
      const twice = add?.find((capability) => take?.includes(capability));
      if (twice !== undefined)
        throw new AppError('invalid', 'invalid_input', `"${twice}": either add it or take it away.`);
      const change: RightsChange = {
        ...(add === undefined || add.length === 0 ? {} : { add: [...new Set(add)] }),
        ...(take === undefined || take.length === 0 ? {} : { take: [...new Set(take)] }),
      };
      return access.change(scope, key, async (tx, here) => {
        access.requireRight(here, 'room.rights');
        const rights =
          role === undefined
            ? await ofMember(tx, here, userId as string, change)
            : ofRole(here, role, change);
        const row = await repo.updateRoom(tx, here.row.id, {
          rights: Object.keys(rights).length === 0 ? null : JSON.stringify(rights),
        });
        if (role !== undefined) await deps.tellChange(tx, row, scope.user.id);
        else await deps.tellMember(tx, row, userId as string);
        await note(events, tx, {
          ...by(scope),
          action: 'room.rights_changed',
          subject: { type: role === undefined ? 'user' : 'room', id: userId ?? row.id },
          roomId: row.id,
          details: { role, add: change.add, take: change.take },
        });
        return rights;
      });
    },
  };

  function ofRole({ row }: Here, role: 'admin' | 'member', change: RightsChange): RoomRights {
    const { [role]: _, ...others } = row.rights ?? {};
    return isEmpty(change) ? others : { ...others, [role]: change };
  }

  async function ofMember(tx: Tx, { row }: Here, userId: string, change: RightsChange): Promise<RoomRights> {
    const { members = {}, ...roles } = row.rights ?? {};
    const { [userId]: _, ...others } = members;
    if (!isEmpty(change) && (await memberRepo.findMember(tx, row.id, userId)) === undefined)
      throw notFound('member_not_found', 'There is no such member.');
    const now = isEmpty(change) ? others : { ...others, [userId]: change };
    if (Object.keys(now).length > MAX_MEMBERS)
      throw new AppError(
        'conflict',
        'too_many_rights',
        `A room says this of at most ${MAX_MEMBERS} members; give them a role instead.`,
      );
    return Object.keys(now).length === 0 ? roles : { ...roles, members: now };
  }
}

const isEmpty = ({ add, take }: RightsChange): boolean => add === undefined && take === undefined;

function shown(verdict: Verdict) {
  if (verdict.allowed) return { allowed: true };
  const { until, retryAfterMs, reason } = verdict;
  return {
    allowed: false,
    reason,
    ...(until === undefined || isForGood(until) ? {} : { until: until.toISOString() }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  };
}
