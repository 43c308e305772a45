// The wire of what people and agents of a room work on together: to-dos, calendar, files; and of an agent's knowledge.
import { z } from 'zod';
import { defineEvent, defineOperation } from '../../core/contract.ts';
import { Id, Page, Timestamp } from '../../server/identity/contract.ts';
import { RoomKey } from '../../server/rooms/contract.ts';

/** Characters of one file in a room, and of one article. */
const MAX_FILE_CHARS = 6_000_000;
const MAX_ARTICLE_CHARS = 40_000;

const Title = z.string().trim().min(1, 'needs at least one character').max(200);
const Words = z.string().max(4000);
const made = { createdBy: Id, createdAt: Timestamp };
/** Chosen by the caller: the same id again answers the first result. */
const id = Id.optional();
const room = { roomId: RoomKey };

export const Todo = z.object({
  id: Id,
  roomId: Id,
  title: z.string(),
  notes: z.string().optional(),
  assigneeId: Id.optional(),
  dueAt: Timestamp.optional(),
  doneAt: Timestamp.optional(),
  /** 1, and one more with every change. */
  version: z.number().int(),
  ...made,
});
export type Todo = z.infer<typeof Todo>;

export const CalendarEvent = z.object({
  id: Id,
  roomId: Id,
  title: z.string(),
  description: z.string().optional(),
  startsAt: Timestamp,
  endsAt: Timestamp,
  ...made,
});
export type CalendarEvent = z.infer<typeof CalendarEvent>;

export const RoomFile = z.object({
  id: Id,
  roomId: Id,
  path: z.string(),
  contentType: z.string(),
  encoding: z.enum(['utf8', 'base64']),
  bytes: z.number().int(),
  /** 1, and one more with every write. */
  version: z.number().int(),
  updatedBy: Id,
  createdAt: Timestamp,
  updatedAt: Timestamp,
});
export type RoomFile = z.infer<typeof RoomFile>;

export const Article = z.object({ id: Id, agentId: Id, title: z.string(), body: z.string(), ...made });
export type Article = z.infer<typeof Article>;

export const FilePath = z
  .string()
  .min(1)
  .max(200)
  .regex(/^[^\p{Cc}\\]+$/u, 'has no control characters and no backslash')
  .refine(
    (path) => path.split('/').every((part) => part.trim() !== '' && part !== '.' && part !== '..'),
    'is like notes/plan.md',
  );

/** What was created or changed stands beside its id as it is now; what was removed does not. */
const change = {
  roomId: Id,
  change: z.enum(['created', 'updated', 'deleted']),
  by: Id,
};

export const taskListUpdated = defineEvent({
  type: 'task_list_updated',
  summary:
    'A to-do of the room was added, changed or removed; of two, the one with the higher version counts',
  kind: 'signal',
  audience: 'room',
  payload: z.object({ ...change, todoId: Id, todo: Todo.optional() }),
});
export const calendarUpdated = defineEvent({
  type: 'calendar_updated',
  summary: "An entry was put into the room's calendar or taken out",
  kind: 'signal',
  audience: 'room',
  payload: z.object({ ...change, eventId: Id, event: CalendarEvent.optional() }),
});
export const fileUpdated = defineEvent({
  type: 'file_updated',
  summary: 'A file of the room was written or removed; of two, the one with the higher version counts',
  kind: 'signal',
  audience: 'room',
  payload: z.object({ ...change, fileId: Id, file: RoomFile.optional() }),
});
export const taskAssigned = defineEvent({
  type: 'task_assigned',
  summary: 'Someone else, or an agent, gave me a to-do of a room',
  kind: 'signal',
  audience: 'user',
  payload: z.object({ roomId: Id, by: Id, todo: Todo }),
});
export const workspaceEvents = [taskListUpdated, calendarUpdated, fileUpdated, taskAssigned];

const deleted = z.object({ deleted: z.literal(true) });
const tag = 'Workspace';
const signedIn = { tag, permission: 'signed_in' as const };

export const listTodos = defineOperation({
  ...signedIn,
  name: 'todos.list',
  summary: 'To-dos of a room, oldest first',
  rest: { method: 'get', path: '/api/rooms/:roomId/todos' },
  socket: 'list_todos',
  input: z.object({ ...room, ...Page, open: z.stringbool().or(z.boolean()).optional() }),
  output: z.object({ data: z.array(Todo), nextCursor: z.string().optional() }),
  effect: 'read',
});
export const createTodo = defineOperation({
  ...signedIn,
  name: 'todos.create',
  summary: 'Add a to-do to a room',
  rest: { method: 'post', path: '/api/rooms/:roomId/todos', status: 201 },
  socket: 'create_todo',
  input: z.strictObject({
    ...room,
    id,
    title: Title,
    notes: Words.optional(),
    assigneeId: Id.optional(),
    dueAt: Timestamp.optional(),
  }),
  output: Todo,
  effect: 'reversible',
});
export const updateTodo = defineOperation({
  ...signedIn,
  name: 'todos.update',
  summary: 'Change a to-do, or tick it off with `done`',
  rest: { method: 'patch', path: '/api/todos/:todoId' },
  socket: 'update_todo',
  input: z.strictObject({
    todoId: Id,
    title: Title.optional(),
    notes: Words.nullable().optional(),
    assigneeId: Id.nullable().optional(),
    dueAt: Timestamp.nullable().optional(),
    done: z.boolean().optional(),
  }),
  output: Todo,
  effect: 'reversible',
});
export const deleteTodo = defineOperation({
  ...signedIn,
  name: 'todos.delete',
  summary: 'Remove a to-do',
  rest: { method: 'delete', path: '/api/todos/:todoId' },
  socket: 'delete_todo',
  input: z.object({ todoId: Id }),
  output: deleted,
  effect: 'irreversible',
});

export const listCalendar = defineOperation({
  ...signedIn,
  name: 'calendar.list',
  summary: "Entries of a room's calendar that touch a span of time, earliest first",
  rest: { method: 'get', path: '/api/rooms/:roomId/calendar' },
  socket: 'list_calendar',
  input: z.object({ ...room, from: Timestamp, to: Timestamp }),
  output: z.object({ data: z.array(CalendarEvent) }),
  effect: 'read',
});
export const createCalendarEvent = defineOperation({
  ...signedIn,
  name: 'calendar.create',
  summary: "Put an entry into a room's calendar",
  rest: { method: 'post', path: '/api/rooms/:roomId/calendar', status: 201 },
  socket: 'create_calendar_event',
  input: z.strictObject({
    ...room,
    id,
    title: Title,
    description: Words.optional(),
    startsAt: Timestamp,
    endsAt: Timestamp,
  }),
  output: CalendarEvent,
  effect: 'reversible',
});
export const deleteCalendarEvent = defineOperation({
  ...signedIn,
  name: 'calendar.delete',
  summary: 'Take an entry out of a calendar',
  rest: { method: 'delete', path: '/api/calendar/:eventId' },
  socket: 'delete_calendar_event',
  input: z.object({ eventId: Id }),
  output: deleted,
  effect: 'irreversible',
});

export const listFiles = defineOperation({
  ...signedIn,
  name: 'files.list',
  summary: 'Files of a room, by path, without their content',
  rest: { method: 'get', path: '/api/rooms/:roomId/files' },
  socket: 'list_files',
  input: z.object({ ...room, ...Page }),
  output: z.object({ data: z.array(RoomFile), nextCursor: z.string().optional() }),
  effect: 'read',
});
export const readFile = defineOperation({
  ...signedIn,
  name: 'files.get',
  summary: 'One file of a room, with its content',
  rest: { method: 'get', path: '/api/files/:fileId' },
  socket: 'get_file',
  input: z.object({ fileId: Id }),
  output: z.object({ ...RoomFile.shape, body: z.string() }),
  effect: 'read',
});
export const writeFile = defineOperation({
  ...signedIn,
  name: 'files.write',
  summary: 'Write a file of a room; what stood under the path is replaced',
  description:
    'Give `version` to refuse the write (409) when someone wrote since; 0 means that there must be none yet.',
  rest: { method: 'put', path: '/api/rooms/:roomId/files' },
  socket: 'write_file',
  input: z.strictObject({
    ...room,
    path: FilePath,
    body: z.string().max(MAX_FILE_CHARS),
    contentType: z
      .string()
      .max(100)
      .regex(/^[\w.+-]+\/[\w.+-]+$/, 'is like text/markdown')
      .default('text/plain'),
    encoding: z.enum(['utf8', 'base64']).default('utf8'),
    version: z.number().int().min(0).optional(),
    /** The same again answers the first result. */
    writeId: Id.optional(),
  }),
  output: RoomFile,
  effect: 'reversible',
});
export const deleteFile = defineOperation({
  ...signedIn,
  name: 'files.delete',
  summary: 'Remove a file of a room',
  rest: { method: 'delete', path: '/api/files/:fileId' },
  socket: 'delete_file',
  input: z.object({ fileId: Id }),
  output: deleted,
  effect: 'irreversible',
});

const agent = { agentId: Id };
export const listKnowledge = defineOperation({
  ...signedIn,
  name: 'knowledge.list',
  summary: "Articles of an agent's knowledge (its owner, or an administrator)",
  rest: { method: 'get', path: '/api/agents/:agentId/knowledge' },
  socket: 'list_knowledge',
  input: z.object({ ...agent, ...Page }),
  output: z.object({ data: z.array(Article), nextCursor: z.string().optional() }),
  effect: 'read',
});
export const addKnowledge = defineOperation({
  ...signedIn,
  name: 'knowledge.add',
  summary: "Add an article to an agent's knowledge; it may tell it to whoever asks",
  rest: { method: 'post', path: '/api/agents/:agentId/knowledge', status: 201 },
  socket: 'add_knowledge',
  input: z.strictObject({
    ...agent,
    id,
    title: Title,
    body: z.string().trim().min(1).max(MAX_ARTICLE_CHARS),
  }),
  output: Article,
  effect: 'reversible',
});
export const deleteKnowledge = defineOperation({
  ...signedIn,
  name: 'knowledge.delete',
  summary: "Remove an article of an agent's knowledge",
  rest: { method: 'delete', path: '/api/knowledge/:articleId' },
  socket: 'delete_knowledge',
  input: z.object({ articleId: Id }),
  output: deleted,
  effect: 'irreversible',
});
export const searchKnowledge = defineOperation({
  ...signedIn,
  name: 'knowledge.search',
  summary: "Passages of an agent's knowledge that bear on a question, best first",
  rest: { method: 'post', path: '/api/agents/:agentId/knowledge/search' },
  socket: 'search_knowledge',
  input: z.strictObject({
    ...agent,
    query: z.string().trim().min(1).max(500),
    limit: z.number().int().min(1).max(20).default(5),
  }),
  output: z.object({
    data: z.array(
      z.object({
        /** Of an article; a passage of what it was trained with has a `documentId`. */
        articleId: Id.optional(),
        documentId: Id.optional(),
        title: z.string(),
        passage: z.string(),
        score: z.number(),
      }),
    ),
  }),
  effect: 'read',
});
