// Tables of what is left for later, as Kysely sees them.
import type { Generated } from 'kysely';

export interface ScheduledItemsTable {
  id: string;
  tenantId: string;
  userId: string;
  kind: 'message' | 'reminder';
  roomId: string | null;
  threadId: string | null;
  messageId: string | null;
  body: string;
  dueAt: Date;
  /** One more with each change: a job of an older one does nothing. */
  version: Generated<number>;
  status: Generated<'waiting' | 'done' | 'cancelled' | 'failed'>;
  reason: string | null;
  sentMessageId: string | null;
  createdAt: Generated<Date>;
  doneAt: Date | null;
}

export interface ScheduledTables {
  scheduledItems: ScheduledItemsTable;
}
