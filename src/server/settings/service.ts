// Settings of rooms that other parts act by. Whoever sees the room sees them; who may change its name may change them.
import type { Database, Db, Tx } from '../../core/db/database.ts';
import { AppError } from '../../core/errors.ts';
import type { Events } from '../../core/events.ts';
import type { Scope } from '../../core/scope.ts';
import type { RoomsService } from '../rooms/service.ts';
import type { RoomSettings } from './contract.ts';
import * as repo from './repository.ts';

export type SettingsService = ReturnType<typeof createSettingsService>;

/** Said inside the committing transaction. */
export interface SettingsChanged {
  tenantId: string;
  roomId: string;
  before: RoomSettings;
  after: RoomSettings;
}

/** What holds for a room that nobody changed. */
const DEFAULTS: RoomSettings = { language: 'english', linkPreviews: true, retentionDays: null };

export function createSettingsService(deps: { database: Database; events: Events; rooms: RoomsService }) {
  const { database, events, rooms } = deps;

  const of = async (at: Db | Tx, tenantId: string, roomId: string): Promise<RoomSettings> =>
    (await repo.findSettings(at, tenantId, roomId)) ?? DEFAULTS;

  return {
    of,

    async get(scope: Scope, key: string): Promise<RoomSettings> {
      const { row } = await rooms.requireVisible(scope, key);
      return of(database.db, scope.tenantId, row.id);
    },

    async update(
      scope: Scope,
      key: string,
      change: { [K in keyof RoomSettings]?: RoomSettings[K] | undefined },
    ): Promise<RoomSettings> {
      return rooms.change(scope, key, async (tx, here) => {
        rooms.requireRight(here, 'room.update');
        if (change.retentionDays !== undefined && here.role !== 'owner' && !here.admin)
          throw new AppError(
            'forbidden',
            'not_allowed',
            'Only the owner of the room changes how long its messages are kept.',
          );
        const { id: roomId, tenantId } = here.row;
        const before = await of(tx, tenantId, roomId);
        const given = Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined));
        const after: RoomSettings = { ...before, ...given };
        await repo.putSettings(tx, here.row, after);
        await events.emit<SettingsChanged>(tx, 'room_settings.changed', [
          { tenantId, roomId, before, after },
        ]);
        return after;
      });
    },
  };
}
