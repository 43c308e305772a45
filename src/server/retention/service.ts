// Deletes what a room keeps no longer, as its owner set it: each message becomes a tombstone, as if its author had deleted it.
import { sql } from 'kysely';
import type { Database } from '../../core/db/database.ts';
import type { MessagesService } from '../messages/service.ts';

export type Retention = ReturnType<typeof createRetention>;

/** Messages of one transaction. */
const STEP = 50;
/** Of one room in one round: others have their turn. */
const MOST_STEPS = 40;

export function createRetention({ database, messages }: { database: Database; messages: MessagesService }) {
  return {
    /** @returns messages that were deleted */
    async sweep(signal?: AbortSignal): Promise<number> {
      const { rows } = await sql<{ roomId: string; tenantId: string; before: Date }>`
        select s.room_id, s.tenant_id, now() - make_interval(days => s.retention_days) as before
        from room_settings s where s.retention_days is not null and exists (
          select 1 from messages m where m.room_id = s.room_id and m.deleted_at is null
            and m.created_at < now() - make_interval(days => s.retention_days))`.execute(database.db);
      let total = 0;
      for (const { roomId, tenantId, before } of rows) {
        for (let step = 0; step < MOST_STEPS && signal?.aborted !== true; step++) {
          const { messages: gone } = await messages.wipe(tenantId, roomId, { before }, STEP);
          total += gone;
          if (gone < STEP) break;
        }
      }
      return total;
    },
  };
}
