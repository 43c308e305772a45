// What a room asks of its agents: the most they may do unasked, and what a message does that reaches one at work. Set by who may
// change the room. Must never let a room make an agent readier than its owner made it.
import type { InputOf } from '../../core/contract.ts';
import type { Database } from '../../core/db/database.ts';
import { AppError } from '../../core/errors.ts';
import type { Scope } from '../../core/scope.ts';
import type { RoomsService } from '../../server/rooms/service.ts';
import type { RoomAgentSettings, updateRoomAgentSettings } from './contract.ts';
import * as repo from './floor-repository.ts';

export type FloorSettings = ReturnType<typeof createFloorSettings>;

export function createFloorSettings({
  database,
  rooms,
}: {
  database: Database;
  rooms: Pick<RoomsService, 'requireVisible' | 'change' | 'requireRight'>;
}) {
  const view = (roomId: string, row: repo.RoomFloorRow | undefined): RoomAgentSettings => ({
    roomId,
    responseMode: row?.responseMode ?? 'lively',
    interruption: row?.interruption ?? 'queue',
  });

  return {
    async get(scope: Scope, key: string): Promise<RoomAgentSettings> {
      const { row } = await rooms.requireVisible(scope, key);
      return view(row.id, await repo.findRoomFloor(database.db, scope.tenantId, row.id));
    },

    update(
      scope: Scope,
      { roomId: key, responseMode, interruption }: InputOf<typeof updateRoomAgentSettings>,
    ): Promise<RoomAgentSettings> {
      return rooms.change(scope, key, async (tx, here) => {
        rooms.requireRight(here, 'room.update');
        const { id: roomId, kind } = here.row;
        if (kind === 'direct')
          throw new AppError(
            'conflict',
            'direct_room',
            'A direct room has no settings; create a group instead.',
          );
        const row = await repo.upsertRoomFloor(
          tx,
          { roomId, tenantId: scope.tenantId, updatedBy: scope.user.id },
          {
            ...(responseMode === undefined ? {} : { responseMode }),
            ...(interruption === undefined ? {} : { interruption }),
          },
        );
        return view(roomId, row);
      });
    },
  };
}
