// What the workspace of rooms and the knowledge of agents offer.
import { handle, type Module } from '../../core/module.ts';
import * as c from './contract.ts';
import type { KnowledgeService } from './knowledge.ts';
import type { WorkspaceService } from './service.ts';

const deleted = { deleted: true as const };

export const workspaceModule = (work: WorkspaceService, knowledge: KnowledgeService): Module => ({
  name: 'workspace',
  events: c.workspaceEvents,
  operations: [
    handle(c.listTodos, (scope, input) => work.listTodos(scope, input)),
    handle(c.createTodo, (scope, input) => work.createTodo(scope, input)),
    handle(c.updateTodo, (scope, input) => work.updateTodo(scope, input)),
    handle(c.deleteTodo, async (scope, { todoId }) => {
      await work.deleteTodo(scope, todoId);
      return deleted;
    }),
    handle(c.listCalendar, (scope, input) => work.listCalendar(scope, input)),
    handle(c.createCalendarEvent, (scope, input) => work.createEvent(scope, input)),
    handle(c.deleteCalendarEvent, async (scope, { eventId }) => {
      await work.deleteEvent(scope, eventId);
      return deleted;
    }),
    handle(c.listFiles, (scope, input) => work.listFiles(scope, input)),
    handle(c.readFile, (scope, { fileId }) => work.readFile(scope, { id: fileId })),
    handle(c.writeFile, (scope, input) => work.writeFile(scope, input)),
    handle(c.deleteFile, async (scope, { fileId }) => {
      await work.deleteFile(scope, fileId);
      return deleted;
    }),
    handle(c.listKnowledge, (scope, input) => knowledge.list(scope, input)),
    handle(c.addKnowledge, (scope, input) => knowledge.add(scope, input)),
    handle(c.deleteKnowledge, async (scope, { articleId }) => {
      await knowledge.remove(scope, articleId);
      return deleted;
    }),
    handle(c.searchKnowledge, (scope, input) => knowledge.search(scope, input)),
  ],
});
