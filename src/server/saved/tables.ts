// Tables of saved messages, as Kysely sees them.
import type { Generated } from 'kysely';

export interface SavedMessagesTable {
  userId: string;
  messageId: string;
  tenantId: string;
  roomId: string;
  note: string;
  savedAt: Generated<Date>;
}

export interface SavedTables {
  savedMessages: SavedMessagesTable;
}
