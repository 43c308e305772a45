// Tells people, wherever they are connected, that they came into a room, left one, or that a room of theirs changed: signals on
// `user:<id>`, sent after the commit. They may be lost; what must not be is in the room's log and in `rooms.list`.
import type { z } from 'zod';
import type { Bus } from '../../core/bus.ts';
import type { EventDef } from '../../core/contract.ts';
import type { Database, Tx } from '../../core/db/database.ts';
import type { Events } from '../../core/events.ts';
import { type Room, roomAdded, roomChanged, roomRemoved } from './contract.ts';
import * as memberRepo from './members-repository.ts';
import type { MembershipChanged, RoleChanged } from './membership.ts';

/** Said in the transaction when a room was changed, or deleted for everyone. */
export interface RoomChanged {
  tenantId: string;
  room: Room;
  by: string;
  deleted: boolean;
}

/** Members told of a change one by one; in a larger room the others see it in its log, or when they next fetch their list. */
const MAX_TOLD = 1000;

export function watchRooms(deps: { database: Database; events: Events; bus: Bus }): void {
  const { database, events, bus } = deps;

  function tell<P extends z.ZodType>(
    tx: Tx,
    def: EventDef<P>,
    userIds: string[],
    payload: z.output<P>,
  ): void {
    if (userIds.length === 0) return;
    const json = JSON.stringify(payload);
    database.afterCommit(tx, () => {
      for (const userId of userIds) bus.publish(`user:${userId}`, { kind: 'signal', type: def.type, json });
    });
  }

  events.on<MembershipChanged>('membership.changed', async (tx, changes) => {
    for (const { roomId, room, user, change, role, joinedAt, readSeq, by } of changes) {
      if (user.kind !== 'human') continue;
      // Whoever comes has nothing to read yet.
      const me = { user, role, joinedAt, readSeq, unread: 0, mentions: 0 };
      if (change === 'joined') tell(tx, roomAdded, [user.id], { roomId, room: { ...room, me }, by });
      else tell(tx, roomRemoved, [user.id], { roomId, lastSeq: room.lastSeq, by });
    }
  });

  events.on<RoleChanged>('membership.role_changed', async (tx, changes) => {
    for (const { room, member } of changes)
      if (member.user.kind === 'human')
        tell(tx, roomChanged, [member.user.id], { roomId: room.id, room, role: member.role });
  });

  events.on<RoomChanged>('room.changed', async (tx, changes) => {
    for (const { room, by, deleted } of changes) {
      const people = await memberRepo.listPeopleIds(tx, room.id, MAX_TOLD);
      if (deleted)
        tell(tx, roomRemoved, people, { roomId: room.id, lastSeq: room.lastSeq, by, deleted: true });
      else tell(tx, roomChanged, people, { roomId: room.id, room });
    }
  });
}
