// Messages and reminders for later: a row, and a job enqueued with it. A message is stored and its item ended in one transaction,
// under an id made of the item's, so that it is sent once however often the job runs.
import type { Bus } from '../../core/bus.ts';
import type { Clock } from '../../core/clock.ts';
import type { Database, Tx } from '../../core/db/database.ts';
import { AppError, isUnavailable, notFound } from '../../core/errors.ts';
import type { Events } from '../../core/events.ts';
import { derivedId, newId } from '../../core/ids.ts';
import type { JobDef, Jobs } from '../../core/jobs.ts';
import type { Scope } from '../../core/scope.ts';
import type { IdentityService } from '../identity/service.ts';
import type { MessagesService } from '../messages/service.ts';
import type { PersonAsked } from '../notifications/service.ts';
import type { RoomsService } from '../rooms/service.ts';
import { type ScheduledItem, scheduledChanged } from './contract.ts';
import * as repo from './repository.ts';

export type ScheduledService = ReturnType<typeof createScheduledService>;

const MAX_WAITING = 500;
const MAX_AHEAD_MS = 366 * 24 * 3600 * 1000;
/** Late items that a start gives to the jobs at once; the rest have jobs of their own. */
const MAX_SWEPT = 10_000;

interface Due {
  tenantId: string;
  id: string;
  version: number;
}

export function createScheduledService(deps: {
  database: Database;
  bus: Bus;
  clock: Clock;
  events: Events;
  jobs: Jobs;
  identity: IdentityService;
  rooms: RoomsService;
  messages: MessagesService;
}) {
  const { database, bus, clock, events, jobs, identity, rooms, messages } = deps;
  const { db } = database;

  const due: JobDef<Due> = {
    name: 'scheduled.due',
    retryLimit: 50,
    expireInSeconds: 60,
    concurrency: 2,
    async handle({ tenantId, id, version }) {
      const row = await repo.find(db, tenantId, id);
      if (row === undefined || row.status !== 'waiting' || row.version !== version) return;
      if (row.dueAt.getTime() > clock.now()) {
        await database.transaction((tx) => enqueue(tx, row));
        return;
      }
      try {
        if (row.kind === 'message') await send(row);
        else await remind(row);
      } catch (error) {
        // What a person would be told is said to them; what may pass is tried again.
        if (!(error instanceof AppError) || isUnavailable(error) || error.code === 'internal') throw error;
        const failed = await repo.finish(db, row, { failure: error.reason });
        if (failed !== undefined) tell(failed);
      }
    },
  };

  const enqueue = (tx: Tx, { tenantId, id, version, dueAt }: repo.ItemRow) =>
    jobs.enqueue<Due>(tx, due, [{ tenantId, id, version }], {
      delaySeconds: Math.max(0, Math.ceil((dueAt.getTime() - clock.now()) / 1000)),
    });

  async function send(row: repo.ItemRow): Promise<void> {
    const scope = await identity.wordScope(row.tenantId, row.userId);
    let done: repo.ItemRow | undefined;
    await messages.send(
      scope,
      {
        roomId: row.roomId as string,
        body: row.body,
        id: derivedId('scheduled', row.id),
        confirm: true,
        ...(row.threadId === null ? {} : { threadId: row.threadId }),
      },
      {
        async within(tx, message) {
          done = await repo.finish(tx, row, { sentMessageId: message.id });
          // Changed or cancelled since it was read: then this text is not to be sent.
          if (done === undefined)
            throw new AppError('conflict', 'scheduled_changed', 'It was changed or ended meanwhile.');
        },
      },
    );
    if (done !== undefined) tell(done);
  }

  async function remind(row: repo.ItemRow): Promise<void> {
    await database.transaction(async (tx) => {
      const done = await repo.finish(tx, row, {});
      if (done === undefined) return;
      const asked: PersonAsked = {
        tenantId: row.tenantId,
        userIds: [row.userId],
        kind: 'reminder',
        key: `reminder:${row.id}`,
        roomId: row.roomId,
        messageId: row.messageId,
        subject: { scheduledId: row.id, note: row.body },
      };
      await events.emit<PersonAsked>(tx, 'person.asked', [asked]);
      database.afterCommit(tx, () => tell(done));
    });
  }

  function tell(row: repo.ItemRow): void {
    const json = JSON.stringify({ item: toItem(row) });
    bus.publish(`user:${row.userId}`, { kind: 'signal', type: scheduledChanged.type, json });
  }

  function timeOf(dueAt: string): Date {
    const at = new Date(dueAt);
    const ahead = at.getTime() - clock.now();
    if (ahead <= 0 || ahead > MAX_AHEAD_MS)
      throw new AppError('invalid', 'invalid_due', 'dueAt: name a time to come, within 366 days.');
    return at;
  }

  async function make(
    scope: Scope,
    item: Pick<repo.ItemRow, 'kind' | 'roomId' | 'threadId' | 'messageId' | 'body' | 'dueAt'>,
  ): Promise<ScheduledItem> {
    if (scope.user.kind !== 'human')
      throw new AppError('forbidden', 'people_only', 'Only people leave things for later.');
    const { tenantId, user } = scope;
    const row = await database.transaction(async (tx) => {
      const made = await repo.insert(tx, { ...item, id: newId(), tenantId, userId: user.id }, MAX_WAITING);
      if (made === undefined)
        throw new AppError(
          'conflict',
          'too_many_scheduled',
          `At most ${MAX_WAITING} wait at a time; cancel some first.`,
        );
      await enqueue(tx, made);
      return made;
    });
    tell(row);
    return toItem(row);
  }

  async function requireMine(scope: Scope, id: string): Promise<repo.ItemRow> {
    const row = await repo.find(db, scope.tenantId, id);
    if (row === undefined || row.userId !== scope.user.id)
      throw notFound('scheduled_not_found', 'There is no such item of yours.');
    return row;
  }

  const over = () =>
    new AppError('conflict', 'scheduled_over', 'It does not wait any more; look at its status.');

  return {
    job: due,

    /** Jobs of items whose time came while no server was there. */
    async sweep(): Promise<void> {
      const late = await repo.listDue(db, clock.date(), MAX_SWEPT);
      if (late.length > 0)
        await database.transaction(async (tx) => {
          const data = late.map(({ tenantId, id, version }) => ({ tenantId, id, version }));
          await jobs.enqueue<Due>(tx, due, data);
        });
    },

    async message(
      scope: Scope,
      input: { roomId: string; body: string; threadId?: string | undefined; dueAt: string },
    ): Promise<ScheduledItem> {
      const dueAt = timeOf(input.dueAt);
      const { row: room } = await rooms.requireMember(scope, input.roomId);
      const { body, threadId = null } = input;
      if (threadId !== null && (await messages.require(scope, threadId)).roomId !== room.id)
        throw notFound('thread_not_found', 'threadId names no message of this room.');
      return make(scope, { kind: 'message', roomId: room.id, threadId, messageId: null, body, dueAt });
    },

    async reminder(
      scope: Scope,
      input: { messageId?: string | undefined; note: string; dueAt: string },
    ): Promise<ScheduledItem> {
      const dueAt = timeOf(input.dueAt);
      const about =
        input.messageId === undefined ? undefined : await messages.require(scope, input.messageId);
      if (about !== undefined) await rooms.requireMember(scope, about.roomId);
      return make(scope, {
        kind: 'reminder',
        roomId: about?.roomId ?? null,
        threadId: null,
        messageId: about?.id ?? null,
        body: input.note,
        dueAt,
      });
    },

    async list(
      scope: Scope,
      input: { waiting: boolean; limit: number; cursor?: string | undefined },
    ): Promise<{ data: ScheduledItem[]; nextCursor?: string }> {
      const { waiting, limit, cursor: before } = input;
      const rows = await repo.list(db, scope.tenantId, scope.user.id, { waiting, before, limit: limit + 1 });
      const some = rows.slice(0, limit);
      const last = some.at(-1);
      const more = rows.length > limit && last !== undefined;
      return { data: some.map(toItem), ...(more ? { nextCursor: last.id } : {}) };
    },

    async change(
      scope: Scope,
      input: { scheduledId: string; body?: string | undefined; dueAt?: string | undefined },
    ): Promise<ScheduledItem> {
      const before = await requireMine(scope, input.scheduledId);
      const set = {
        ...(input.body === undefined ? {} : { body: input.body }),
        ...(input.dueAt === undefined ? {} : { dueAt: timeOf(input.dueAt) }),
      };
      if (Object.keys(set).length === 0) return toItem(before);
      const row = await database.transaction(async (tx) => {
        const changed = await repo.change(tx, before.id, set);
        if (changed === undefined) throw over();
        await enqueue(tx, changed);
        return changed;
      });
      tell(row);
      return toItem(row);
    },

    async cancel(scope: Scope, id: string): Promise<ScheduledItem> {
      const before = await requireMine(scope, id);
      if (before.status === 'cancelled') return toItem(before);
      const row = await repo.cancel(db, id);
      if (row === undefined) throw over();
      tell(row);
      return toItem(row);
    },
  };
}

const toItem = (row: repo.ItemRow): ScheduledItem => ({
  id: row.id,
  kind: row.kind,
  ...(row.roomId === null ? {} : { roomId: row.roomId }),
  ...(row.threadId === null ? {} : { threadId: row.threadId }),
  ...(row.messageId === null ? {} : { messageId: row.messageId }),
  body: row.body,
  dueAt: row.dueAt.toISOString(),
  status: row.status,
  ...(row.reason === null ? {} : { reason: row.reason }),
  ...(row.sentMessageId === null ? {} : { sentMessageId: row.sentMessageId }),
  createdAt: row.createdAt.toISOString(),
});
