// Tables of to-dos, calendars, files and knowledge, as Kysely sees them.
import type { ColumnType, Generated } from 'kysely';

export interface RoomTodosTable {
  id: string;
  tenantId: string;
  roomId: string;
  title: string;
  notes: string | null;
  assigneeId: string | null;
  dueAt: Date | null;
  doneAt: Date | null;
  version: Generated<number>;
  createdBy: string;
  createdAt: Generated<Date>;
  updatedAt: Generated<Date>;
}

export interface CalendarEventsTable {
  id: string;
  tenantId: string;
  roomId: string;
  title: string;
  description: string | null;
  startsAt: Date;
  endsAt: Date;
  createdBy: string;
  createdAt: Generated<Date>;
}

export interface RoomFilesTable {
  id: string;
  tenantId: string;
  roomId: string;
  path: string;
  contentType: string;
  encoding: 'utf8' | 'base64';
  body: string;
  bytes: number;
  version: Generated<number>;
  /** The id its writer chose for the last write. */
  writtenBy: string | null;
  updatedBy: string;
  createdAt: Generated<Date>;
  updatedAt: Generated<Date>;
}

export interface KnowledgeArticlesTable {
  id: string;
  tenantId: string;
  agentId: string;
  title: string;
  body: string;
  words: ColumnType<string, never, never>;
  createdBy: string;
  createdAt: Generated<Date>;
}

export interface WorkspaceTables {
  roomTodos: RoomTodosTable;
  calendarEvents: CalendarEventsTable;
  roomFiles: RoomFilesTable;
  knowledgeArticles: KnowledgeArticlesTable;
}
