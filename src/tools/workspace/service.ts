// To-dos, calendar and files belong to a room: its members, people and agents alike, read and write them, and so an answer in the
// room tells nobody what they could not see. Whoever listens to the room hears of every change. Must never answer differently for what is missing and what may not be seen.
import type { Bus } from '../../core/bus.ts';
import type { EventDef, InputOf } from '../../core/contract.ts';
import type { Database, Tx } from '../../core/db/database.ts';
import { AppError, notFound } from '../../core/errors.ts';
import { newId } from '../../core/ids.ts';
import type { Scope } from '../../core/scope.ts';
import { isUuid } from '../../server/identity/service.ts';
import type { RoomsService } from '../../server/rooms/service.ts';
import * as c from './contract.ts';
import * as repo from './repository.ts';
import { toEvent, toFile, toTodo } from './view.ts';

export type WorkspaceService = ReturnType<typeof createWorkspace>;

/** Of each kind in one room. */
const MOST_IN_ROOM = 2000;
const MOST_FILES = 500;
const MOST_EVENTS = 500;
const LONGEST_SPAN_MS = 400 * 24 * 3600_000;

const missing = (what: string) => () =>
  notFound(`${what}_not_found`, `There is no such ${what}, or you may not see it.`);
export const reused = () =>
  new AppError('conflict', 'id_reused', 'This id names something else already; choose another.');
export const full = (what: string, most: number) =>
  new AppError('conflict', 'full', `There are ${most} ${what} already; remove some first.`);

export function createWorkspace(deps: {
  database: Database;
  rooms: RoomsService;
  /** Signals to whoever listens to a room, or to one person. */
  bus: Pick<Bus, 'publish'>;
}) {
  const { database, rooms, bus } = deps;
  const { db } = database;

  const say = (tx: Tx, topic: string, { type }: EventDef, payload: object): void => {
    const json = JSON.stringify(payload);
    database.afterCommit(tx, () => bus.publish(topic, { kind: 'signal', type, json }));
  };
  const tell = (tx: Tx, scope: Scope, event: EventDef, payload: { roomId: string }): void =>
    say(tx, `room:${payload.roomId}`, event, { ...payload, by: scope.user.id });

  function tellTodo(
    tx: Tx,
    scope: Scope,
    change: 'created' | 'updated',
    todo: c.Todo,
    before?: string | null,
  ) {
    const { roomId, assigneeId } = todo;
    tell(tx, scope, c.taskListUpdated, { roomId, ...{ change, todoId: todo.id, todo } });
    if (assigneeId === undefined || assigneeId === scope.user.id || assigneeId === before) return;
    say(tx, `user:${assigneeId}`, c.taskAssigned, { roomId, by: scope.user.id, todo });
  }

  /** The row if the caller is a member of its room; alike for all else. */
  async function seen<R extends { roomId: string }>(
    scope: Scope,
    row: R | undefined,
    what: string,
    at: Database['db'] | Tx = db,
  ): Promise<R> {
    const none = missing(what);
    if (row === undefined) throw none();
    await rooms.requireMember(scope, row.roomId, at).catch((error: unknown) => {
      throw error instanceof AppError && error.code !== 'unavailable' ? none() : error;
    });
    return row;
  }

  const into = <T>(scope: Scope, roomKey: string, fn: (tx: Tx, roomId: string) => Promise<T>): Promise<T> =>
    database.transaction(async (tx) => {
      const { row } = await rooms.requireMember(scope, roomKey, tx);
      return fn(tx, row.id);
    });

  async function requireRoom(
    tx: Tx,
    table: 'roomTodos' | 'calendarEvents' | 'roomFiles',
    at: {
      tenantId: string;
      roomId: string;
      most: number;
      what: string;
    },
  ): Promise<void> {
    if ((await repo.countIn(tx, table, at.tenantId, { roomId: at.roomId })) >= at.most)
      throw full(at.what, at.most);
  }

  async function requireAssignee(tx: Tx, scope: Scope, roomId: string, userId: string): Promise<void> {
    const assignee = { ...scope, user: { ...scope.user, id: userId } };
    await rooms.requireMember(assignee, roomId, tx).catch(() => {
      throw new AppError('invalid', 'not_a_member', 'assigneeId: they are not a member of this room.');
    });
  }

  const dateOf = (time: string | null | undefined): Date | null => (time == null ? null : new Date(time));

  return {
    async listTodos(scope: Scope, { roomId, open, limit, cursor }: InputOf<typeof c.listTodos>) {
      const { row } = await rooms.requireMember(scope, roomId);
      const rows = await repo.listTodos(db, scope.tenantId, row.id, {
        open,
        afterId: cursor !== undefined && isUuid(cursor) ? cursor : undefined,
        limit: limit + 1,
      });
      const data = rows.slice(0, limit).map(toTodo);
      const last = data.at(-1);
      return { data, ...(rows.length > limit && last !== undefined ? { nextCursor: last.id } : {}) };
    },

    createTodo: (scope: Scope, input: InputOf<typeof c.createTodo>): Promise<c.Todo> =>
      into(scope, input.roomId, async (tx, roomId) => {
        const { tenantId } = scope;
        await requireRoom(tx, 'roomTodos', { tenantId, roomId, most: MOST_IN_ROOM, what: 'to-dos' });
        if (input.assigneeId !== undefined) await requireAssignee(tx, scope, roomId, input.assigneeId);
        const id = input.id ?? newId();
        const row = await repo.insertTodo(tx, {
          id,
          tenantId,
          roomId,
          title: input.title,
          notes: input.notes ?? null,
          assigneeId: input.assigneeId ?? null,
          dueAt: dateOf(input.dueAt),
          doneAt: null,
          createdBy: scope.user.id,
        });
        if (row === undefined) return toTodo(same(await repo.findTodo(tx, tenantId, id), scope, roomId));
        tellTodo(tx, scope, 'created', toTodo(row));
        return toTodo(row);
      }),

    async updateTodo(scope: Scope, input: InputOf<typeof c.updateTodo>): Promise<c.Todo> {
      return database.transaction(async (tx) => {
        const { todoId, dueAt, ...set } = input;
        const row = await seen(scope, await repo.findTodo(tx, scope.tenantId, todoId), 'todo', tx);
        if (input.assigneeId != null) await requireAssignee(tx, scope, row.roomId, input.assigneeId);
        const known = Object.fromEntries(Object.entries(set).filter(([, value]) => value !== undefined));
        const changed = await repo.updateTodo(tx, scope.tenantId, todoId, {
          ...known,
          ...(dueAt === undefined ? {} : { dueAt: dateOf(dueAt) }),
        });
        const todo = toTodo(await seen(scope, changed, 'todo', tx));
        tellTodo(tx, scope, 'updated', todo, row.assigneeId);
        return todo;
      });
    },

    async deleteTodo(scope: Scope, id: string): Promise<void> {
      await database.transaction(async (tx) => {
        const { roomId } = await seen(scope, await repo.findTodo(tx, scope.tenantId, id), 'todo', tx);
        if (await repo.remove(tx, 'roomTodos', scope.tenantId, id))
          tell(tx, scope, c.taskListUpdated, { roomId, ...{ change: 'deleted', todoId: id } });
      });
    },

    async listCalendar(scope: Scope, { roomId, from, to }: InputOf<typeof c.listCalendar>) {
      const { row } = await rooms.requireMember(scope, roomId);
      const span = { from: new Date(from), to: new Date(to), limit: MOST_EVENTS };
      const ms = span.to.getTime() - span.from.getTime();
      if (ms <= 0 || ms > LONGEST_SPAN_MS)
        throw new AppError('invalid', 'bad_span', 'to: lies after from, and at most 400 days later.');
      return { data: (await repo.listEvents(db, scope.tenantId, row.id, span)).map(toEvent) };
    },

    createEvent: (scope: Scope, input: InputOf<typeof c.createCalendarEvent>): Promise<c.CalendarEvent> =>
      into(scope, input.roomId, async (tx, roomId) => {
        const { tenantId } = scope;
        const [startsAt, endsAt] = [new Date(input.startsAt), new Date(input.endsAt)];
        if (endsAt <= startsAt) throw new AppError('invalid', 'bad_span', 'endsAt: lies after startsAt.');
        await requireRoom(tx, 'calendarEvents', { tenantId, roomId, most: MOST_IN_ROOM, what: 'entries' });
        const id = input.id ?? newId();
        const row = await repo.insertEvent(tx, {
          id,
          tenantId,
          roomId,
          title: input.title,
          description: input.description ?? null,
          startsAt,
          endsAt,
          createdBy: scope.user.id,
        });
        if (row === undefined) return toEvent(same(await repo.findEvent(tx, tenantId, id), scope, roomId));
        const event = toEvent(row);
        tell(tx, scope, c.calendarUpdated, { roomId, ...{ change: 'created', eventId: id, event } });
        return event;
      }),

    async deleteEvent(scope: Scope, id: string): Promise<void> {
      await database.transaction(async (tx) => {
        const { roomId } = await seen(scope, await repo.findEvent(tx, scope.tenantId, id), 'event', tx);
        if (await repo.remove(tx, 'calendarEvents', scope.tenantId, id))
          tell(tx, scope, c.calendarUpdated, { roomId, ...{ change: 'deleted', eventId: id } });
      });
    },

    async listFiles(scope: Scope, { roomId, limit, cursor }: InputOf<typeof c.listFiles>) {
      const { row } = await rooms.requireMember(scope, roomId);
      const rows = await repo.listFiles(db, scope.tenantId, row.id, { afterPath: cursor, limit: limit + 1 });
      const data = rows.slice(0, limit).map(toFile);
      const last = data.at(-1);
      return { data, ...(rows.length > limit && last !== undefined ? { nextCursor: last.path } : {}) };
    },

    async readFile(scope: Scope, by: { id: string } | { roomId: string; path: string }) {
      const row = await seen(scope, await repo.findFile(db, scope.tenantId, by), 'file');
      return { ...toFile(row), body: row.body };
    },

    writeFile: (scope: Scope, input: InputOf<typeof c.writeFile>): Promise<c.RoomFile> =>
      into(scope, input.roomId, async (tx, roomId) => {
        const { tenantId } = scope;
        const { path, body, encoding, contentType, version, writeId } = input;
        const there = await repo.findFile(tx, tenantId, { roomId, path });
        if (there !== undefined && writeId !== undefined && there.writtenBy === writeId) return toFile(there);
        if (there === undefined)
          await requireRoom(tx, 'roomFiles', { tenantId, roomId, most: MOST_FILES, what: 'files' });
        const bytes = bytesOf(body, encoding);
        const stale = new AppError(
          'conflict',
          'version_changed',
          `version: the file has version ${there?.version ?? 0} now; read it again.`,
        );
        if (version !== undefined && (there?.version ?? 0) !== version) throw stale;
        const row = await repo.writeFile(
          tx,
          {
            id: newId(),
            tenantId,
            roomId,
            path,
            contentType,
            encoding,
            body,
            bytes,
            writtenBy: writeId ?? null,
            updatedBy: scope.user.id,
          },
          version,
        );
        if (row === undefined) throw stale;
        const file = toFile(row);
        const change = file.version === 1 ? 'created' : 'updated';
        tell(tx, scope, c.fileUpdated, { roomId, ...{ change, fileId: file.id, file } });
        return file;
      }),

    async deleteFile(scope: Scope, id: string): Promise<void> {
      await database.transaction(async (tx) => {
        const { roomId } = await seen(scope, await repo.findFile(tx, scope.tenantId, { id }), 'file', tx);
        if (await repo.remove(tx, 'roomFiles', scope.tenantId, id))
          tell(tx, scope, c.fileUpdated, { roomId, ...{ change: 'deleted', fileId: id } });
      });
    },
  };
}

/** What stands under an id already, if it is the caller's own earlier try. */
function same<R extends { roomId: string; createdBy: string }>(
  row: R | undefined,
  scope: Scope,
  roomId: string,
): R {
  if (row === undefined || row.createdBy !== scope.user.id || row.roomId !== roomId) throw reused();
  return row;
}

/** @throws AppError invalid for what is not base64 */
function bytesOf(body: string, encoding: 'utf8' | 'base64'): number {
  if (encoding === 'utf8') return Buffer.byteLength(body);
  const bytes = Buffer.from(body, 'base64');
  if (bytes.toString('base64').replace(/=+$/, '') !== body.replace(/=+$/, ''))
    throw new AppError('invalid', 'not_base64', 'body: is not base64.');
  return bytes.length;
}
