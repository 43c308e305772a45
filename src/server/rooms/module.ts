// What rooms offer.
import { handle, type Module } from '../../core/module.ts';
import * as c from './contract.ts';
import type { RoomsService } from './service.ts';

export const roomsModule = (rooms: RoomsService): Module => ({
  name: 'rooms',
  operations: [
    handle(c.listRooms, (scope, page) => rooms.list(scope, page)),
    handle(c.createRoom, (scope, input) => rooms.create(scope, input)),
    handle(c.openDirectRoom, (scope, { userIds }) => rooms.openDirect(scope, userIds)),
    handle(c.getRoom, (scope, { roomId }) => rooms.get(scope, roomId)),
    handle(c.updateRoom, (scope, { roomId, ...change }) => rooms.update(scope, roomId, change)),
    handle(c.deleteRoom, async (scope, { roomId }) => {
      await rooms.remove(scope, roomId);
      return { deleted: true as const };
    }),
    handle(c.canDo, (scope, input) => rooms.can(scope, input)),
    handle(c.getRights, (scope, { roomId }) => rooms.rights(scope, roomId)),
    handle(c.setRights, (scope, input) => rooms.setRights(scope, input)),
    handle(c.joinRoom, async (scope, { roomId }) => {
      const { room } = await rooms.join(scope, roomId);
      return { room, me: await rooms.myMembership(scope, room.id) };
    }),
    handle(c.leaveRoom, async (scope, { roomId }) => {
      await rooms.leave(scope, roomId);
      return { left: true as const };
    }),
    handle(c.listMembers, (scope, { roomId, ...page }) => rooms.members(scope, roomId, page)),
    handle(c.addMember, (scope, { roomId, userId, role }) => rooms.addMember(scope, roomId, userId, role)),
    handle(c.updateMember, (scope, { roomId, userId, role }) =>
      rooms.updateMember(scope, roomId, userId, role),
    ),
    handle(c.removeMember, async (scope, { roomId, userId }) => {
      await rooms.removeMember(scope, roomId, userId);
      return { removed: true as const };
    }),
  ],
  events: c.roomsEvents,
  jobs: rooms.jobs,
});
