// Rows of the workspace → what callers see. Pure.
import type { Article, CalendarEvent, RoomFile, Todo } from './contract.ts';
import type { ArticleRow, EventRow, FileHead, TodoRow } from './repository.ts';

export const toTodo = (row: TodoRow): Todo => ({
  id: row.id,
  roomId: row.roomId,
  title: row.title,
  ...(row.notes === null ? {} : { notes: row.notes }),
  ...(row.assigneeId === null ? {} : { assigneeId: row.assigneeId }),
  ...(row.dueAt === null ? {} : { dueAt: row.dueAt.toISOString() }),
  ...(row.doneAt === null ? {} : { doneAt: row.doneAt.toISOString() }),
  version: row.version,
  createdBy: row.createdBy,
  createdAt: row.createdAt.toISOString(),
});

export const toEvent = (row: EventRow): CalendarEvent => ({
  id: row.id,
  roomId: row.roomId,
  title: row.title,
  ...(row.description === null ? {} : { description: row.description }),
  startsAt: row.startsAt.toISOString(),
  endsAt: row.endsAt.toISOString(),
  createdBy: row.createdBy,
  createdAt: row.createdAt.toISOString(),
});

export const toFile = (row: FileHead): RoomFile => ({
  id: row.id,
  roomId: row.roomId,
  path: row.path,
  contentType: row.contentType,
  encoding: row.encoding,
  bytes: row.bytes,
  version: row.version,
  updatedBy: row.updatedBy,
  createdAt: row.createdAt.toISOString(),
  updatedAt: row.updatedAt.toISOString(),
});

export const toArticle = (row: ArticleRow): Article => ({
  id: row.id,
  agentId: row.agentId,
  title: row.title,
  body: row.body,
  createdBy: row.createdBy,
  createdAt: row.createdAt.toISOString(),
});
