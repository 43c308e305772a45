// Tables of search, as Kysely sees them.
import type { ColumnType, Generated } from 'kysely';

export interface MessageWordsTable {
  messageId: string;
  tenantId: string;
  roomId: string;
  authorId: string;
  hasLink: boolean;
  createdAt: Date;
  /** A tsvector that words.ts wrote. */
  words: ColumnType<never, string, string>;
}

export interface SearchMarksTable {
  roomId: string;
  tenantId: string;
  /** Entries of the room's log up to here are indexed. */
  seq: Generated<number>;
}

export interface SearchTables {
  messageWords: MessageWordsTable;
  searchMarks: SearchMarksTable;
}
