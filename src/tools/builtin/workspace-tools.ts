// Tools that work on what a room shares: its to-dos, calendar, files and documents. Always the room the agent was asked in, so
// that everyone who reads the answer may see what it is about.
import { z } from 'zod';
import { derivedId } from '../../core/ids.ts';
import type { User } from '../../server/identity/contract.ts';
import { type Operate, refusable } from '../operate.ts';
import { defineTool, type Json, type Tool, type ToolContext, type ToolResult, toolFailure } from '../tool.ts';
import { type CalendarEvent, FilePath, type RoomFile, type Todo } from '../workspace/contract.ts';
import { documentOf, freeSpans } from './documents.ts';

const When = z.iso
  .datetime({ offset: true })
  .describe('ISO 8601 with an offset, e.g. 2026-03-05T14:00:00+01:00.');
const Title = z.string().trim().min(1).max(200);

const tasksInput = z.discriminatedUnion('action', [
  z.strictObject({ action: z.literal('list'), open: z.boolean().optional() }),
  z.strictObject({
    action: z.literal('add'),
    title: Title,
    notes: z.string().max(4000).optional(),
    assignee: z.string().max(64).optional().describe('Handle of a member of the room.'),
    dueAt: When.optional(),
  }),
  z.strictObject({ action: z.enum(['complete', 'reopen', 'remove']), id: z.uuid() }),
]);
type TasksInput = z.infer<typeof tasksInput>;

const calendarInput = z.discriminatedUnion('action', [
  z.strictObject({ action: z.literal('list'), from: When, to: When }),
  z.strictObject({
    action: z.literal('schedule'),
    title: Title,
    startsAt: When,
    endsAt: When,
    description: z.string().max(4000).optional(),
  }),
  z.strictObject({
    action: z.literal('availability'),
    from: When,
    to: When,
    minutes: z.number().int().min(5).max(1440).default(30),
  }),
  z.strictObject({ action: z.literal('cancel'), id: z.uuid() }),
]);
type CalendarInput = z.infer<typeof calendarInput>;

const filesInput = z.discriminatedUnion('action', [
  z.strictObject({ action: z.literal('list') }),
  z.strictObject({ action: z.enum(['read', 'delete']), path: FilePath }),
  z.strictObject({
    action: z.literal('write'),
    path: FilePath,
    body: z.string().max(50_000),
    version: z.number().int().min(0).optional().describe('The version you read; 0 if there must be none.'),
  }),
]);
type FilesInput = z.infer<typeof filesInput>;

const documentInput = z.strictObject({
  title: Title,
  format: z.enum(['markdown', 'html', 'csv', 'slides']).default('markdown'),
  content: z
    .string()
    .min(1)
    .max(50_000)
    .describe('Markdown; for "slides" with a line "---" between slides; for "csv" the rows.'),
});

/** Characters of a file that a model is given. */
const MOST_READ = 10_000;

export function createWorkspaceTools(operate: Operate): Tool[] {
  const common = { effect: 'write_internal' as const, timeoutMs: 10_000, permissions: [] };
  return [
    defineTool<TasksInput>({
      ...common,
      name: 'tasks',
      description: "The room's to-do list: list, add, complete, reopen or remove items.",
      input: tasksInput,
      execute: (input, ctx) => refusable(() => tasks(input, ctx)),
    }),
    defineTool<CalendarInput>({
      ...common,
      name: 'calendar',
      description: "The room's calendar: list entries, schedule or cancel one, or find free time.",
      input: calendarInput,
      execute: (input, ctx) => refusable(() => calendar(input, ctx)),
    }),
    defineTool<FilesInput>({
      ...common,
      name: 'files',
      description: 'Files of this room: list, read, write or delete them by path.',
      input: filesInput,
      execute: (input, ctx) => refusable(() => files(input, ctx)),
    }),
    defineTool<z.infer<typeof documentInput>>({
      ...common,
      name: 'create_document',
      description:
        'Writes a document, a table or a presentation, and keeps it as a file of this room that its members can open.',
      input: documentInput,
      execute: (input, ctx) =>
        refusable(async () => {
          const { path, body, contentType } = documentOf(input);
          const file = await write(ctx, { path, body, contentType });
          return { ok: true, output: { path, id: file.id, version: file.version }, summary: path };
        }),
    }),
  ];

  async function tasks(input: TasksInput, ctx: ToolContext): Promise<ToolResult> {
    if (input.action === 'list') {
      const page = {
        roomId: ctx.roomId,
        limit: 100,
        ...(input.open === undefined ? {} : { open: input.open }),
      };
      const { data } = await operate.asAgent<{ data: Todo[] }>(ctx, 'todos.list', page);
      return { ok: true, output: { tasks: data.map(shown) }, summary: `${data.length} tasks` };
    }
    if (input.action === 'add') {
      const { assignee, action: _, ...more } = input;
      const user =
        assignee === undefined
          ? undefined
          : await operate.asAgent<User>(ctx, 'users.get', { userId: assignee.replace(/^@/, '') });
      const todo = await operate.asAgent<Todo>(ctx, 'todos.create', {
        roomId: ctx.roomId,
        id: idOf(ctx, 'todo'),
        ...more,
        ...(user === undefined ? {} : { assigneeId: user.id }),
      });
      return { ok: true, output: { task: shown(todo) }, summary: `added ${todo.title}` };
    }
    const { data } = await operate.asAgent<{ data: Todo[] }>(ctx, 'todos.list', {
      roomId: ctx.roomId,
      limit: 200,
    });
    // An id from elsewhere is of no use here, whatever the agent may see there.
    if (!data.some((todo) => todo.id === input.id))
      return toolFailure('todo_not_found', 'There is no such task in this room; list them first.');
    if (input.action === 'remove') {
      await operate.asAgent(ctx, 'todos.delete', { todoId: input.id });
      return { ok: true, output: { removed: input.id } };
    }
    const change = { todoId: input.id, done: input.action === 'complete' };
    const todo = await operate.asAgent<Todo>(ctx, 'todos.update', change);
    return { ok: true, output: { task: shown(todo) }, summary: `${input.action} ${todo.title}` };
  }

  async function calendar(input: CalendarInput, ctx: ToolContext): Promise<ToolResult> {
    const { roomId } = ctx;
    if (input.action === 'schedule') {
      const { action: _, ...more } = input;
      const event = await operate.asAgent<CalendarEvent>(ctx, 'calendar.create', {
        roomId,
        id: idOf(ctx, 'event'),
        ...more,
      });
      return { ok: true, output: { event: shown(event) }, summary: `scheduled ${event.title}` };
    }
    if (input.action === 'cancel') {
      const year = 365 * 24 * 3600_000;
      const near = {
        from: new Date(ctx.now.getTime() - 30 * 24 * 3600_000).toISOString(),
        to: new Date(ctx.now.getTime() + year).toISOString(),
      };
      const { data } = await operate.asAgent<{ data: CalendarEvent[] }>(ctx, 'calendar.list', {
        roomId,
        ...near,
      });
      if (!data.some((event) => event.id === input.id))
        return toolFailure('event_not_found', 'There is no such entry in this calendar; list them first.');
      await operate.asAgent(ctx, 'calendar.delete', { eventId: input.id });
      return { ok: true, output: { cancelled: input.id } };
    }
    const { from, to } = input;
    const { data } = await operate.asAgent<{ data: CalendarEvent[] }>(ctx, 'calendar.list', {
      roomId,
      from,
      to,
    });
    if (input.action === 'list')
      return { ok: true, output: { events: data.map(shown) }, summary: `${data.length} entries` };
    const free = freeSpans(data, { from, to, minutes: input.minutes });
    return { ok: true, output: { free }, summary: `${free.length} free spans` };
  }

  async function files(input: FilesInput, ctx: ToolContext): Promise<ToolResult> {
    if (input.action === 'write') {
      const { path, body, version } = input;
      const file = await write(ctx, { path, body, contentType: 'text/plain', version });
      return {
        ok: true,
        output: { path, version: file.version, bytes: file.bytes },
        summary: `wrote ${path}`,
      };
    }
    const { data } = await operate.asAgent<{ data: RoomFile[] }>(ctx, 'files.list', {
      roomId: ctx.roomId,
      limit: 200,
    });
    if (input.action === 'list') {
      const known = data.map(({ path, contentType, bytes, version }) => ({
        path,
        contentType,
        bytes,
        version,
      }));
      return { ok: true, output: { files: known }, summary: `${known.length} files` };
    }
    const found = data.find((file) => file.path === input.path);
    if (found === undefined)
      return toolFailure('file_not_found', `There is no file "${input.path}" in this room; list them first.`);
    if (input.action === 'delete') {
      await operate.asAgent(ctx, 'files.delete', { fileId: found.id });
      return { ok: true, output: { deleted: found.path } };
    }
    if (found.encoding !== 'utf8') return toolFailure('not_text', `${found.path} is not text.`);
    const file = await operate.asAgent<RoomFile & { body: string }>(ctx, 'files.get', { fileId: found.id });
    const body = file.body.slice(0, MOST_READ).toWellFormed();
    return {
      ok: true,
      output: { path: file.path, version: file.version, body, cut: file.body.length > MOST_READ },
      summary: file.path,
    };
  }

  function write(
    ctx: ToolContext,
    file: { path: string; body: string; contentType: string; version?: number | undefined },
  ): Promise<RoomFile> {
    const { version, ...known } = file;
    return operate.asAgent<RoomFile>(ctx, 'files.write', {
      roomId: ctx.roomId,
      writeId: idOf(ctx, 'file'),
      ...known,
      ...(version === undefined ? {} : { version }),
    });
  }
}

/** The same for every try of one call, so that a second try finds what the first one made. */
const idOf = (ctx: ToolContext, kind: string): string =>
  derivedId(kind, ctx.agentId, ctx.idempotencyKey ?? ctx.runId);

/** Without what means nothing to a model. */
function shown(item: Todo | CalendarEvent): Json {
  const { roomId: _, createdBy: __, createdAt: ___, ...rest } = item;
  return rest as Json;
}
