// Tables of versions, as Kysely sees them.
import type { ColumnType } from 'kysely';
import type { Mention } from '../messages/contract.ts';

/** Written once, never changed. */
export interface MessageVersionsTable {
  messageId: string;
  version: ColumnType<number, number, never>;
  tenantId: string;
  body: ColumnType<string, string, never>;
  mentions: ColumnType<Mention[], string, never>;
  writtenAt: ColumnType<Date, Date, never>;
}

export interface VersionsTables {
  messageVersions: MessageVersionsTable;
}
