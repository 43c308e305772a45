// Queries on settings of rooms. No policy.
import type { Db, Tx } from '../../core/db/database.ts';
import type { RoomSettings } from './contract.ts';

export const findSettings = (
  db: Db | Tx,
  tenantId: string,
  roomId: string,
): Promise<RoomSettings | undefined> =>
  db
    .selectFrom('roomSettings')
    .select(['language', 'linkPreviews', 'retentionDays'])
    .where('tenantId', '=', tenantId)
    .where('roomId', '=', roomId)
    .executeTakeFirst();

export const putSettings = (tx: Tx, room: { id: string; tenantId: string }, settings: RoomSettings) =>
  tx
    .insertInto('roomSettings')
    .values({ roomId: room.id, tenantId: room.tenantId, ...settings })
    .onConflict((oc) =>
      oc.column('roomId').doUpdateSet((eb) => ({ ...settings, updatedAt: eb.fn<Date>('now') })),
    )
    .execute();
