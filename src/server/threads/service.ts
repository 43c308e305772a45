// Threads: one level of replies, a filter on the room's own sequence. What is unread is counted when it is asked for.
// Must never make a second order beside the room's.
import type { Bus } from '../../core/bus.ts';
import type { Database } from '../../core/db/database.ts';
import { AppError } from '../../core/errors.ts';
import type { Scope } from '../../core/scope.ts';
import type { Message } from '../messages/contract.ts';
import type { MessagesService } from '../messages/service.ts';
import type { RoomsService } from '../rooms/service.ts';
import { type MyThread, threadChanged } from './contract.ts';
import * as repo from './repository.ts';

export type ThreadsService = ReturnType<typeof createThreadsService>;

export function createThreadsService(deps: {
  database: Database;
  bus: Bus;
  rooms: RoomsService;
  messages: MessagesService;
}) {
  const { bus, rooms, messages } = deps;
  const { db } = deps.database;

  /** The message a thread hangs on, also for who asks by a reply. */
  async function requireRoot(scope: Scope, id: string) {
    const row = await messages.require(scope, id);
    return row.threadId === null ? row : messages.require(scope, row.threadId);
  }

  async function stateOf(scope: Scope, root: { id: string; roomId: string }): Promise<MyThread> {
    const [state] = await repo.listStates(db, scope.user.id, [root.id]);
    return toMyThread(root.roomId, state as repo.ThreadState);
  }

  async function mark(
    scope: Scope,
    messageId: string,
    write: (at: { rootId: string; userId: string; tenantId: string; roomId: string }) => Promise<unknown>,
  ): Promise<MyThread> {
    const root = await requireRoot(scope, messageId);
    await rooms.requireMember(scope, root.roomId);
    const { tenantId, user } = scope;
    await write({ rootId: root.id, userId: user.id, tenantId, roomId: root.roomId });
    const me = await stateOf(scope, root);
    bus.publish(`user:${user.id}`, { kind: 'signal', type: threadChanged.type, json: JSON.stringify(me) });
    return me;
  }

  return {
    async get(
      scope: Scope,
      input: {
        messageId: string;
        before?: number | undefined;
        after?: number | undefined;
        limit: number;
      },
    ) {
      const row = await requireRoot(scope, input.messageId);
      const [root] = await messages.shownTo(scope, [row]);
      const { messageId: _, ...page } = input;
      const { data, hasMoreBefore, hasMoreAfter } = await messages.list(scope, {
        ...page,
        roomId: row.roomId,
        repliesTo: row.id,
      });
      const { membership } = await rooms.requireVisible(scope, row.roomId);
      return {
        root: root as Message,
        data,
        hasMoreBefore,
        hasMoreAfter,
        ...(membership === undefined ? {} : { me: await stateOf(scope, row) }),
      };
    },

    async list(
      scope: Scope,
      input: { roomId: string; following: boolean; limit: number; cursor?: string | undefined },
    ): Promise<{ data: { root: Message; me: MyThread }[]; nextCursor?: string }> {
      const { row } = await rooms.requireMember(scope, input.roomId);
      const before = input.cursor === undefined ? null : Number(input.cursor);
      if (before !== null && !Number.isSafeInteger(before))
        throw new AppError('invalid', 'invalid_input', 'cursor: use the nextCursor of the page before.');
      const { following, limit } = input;
      const found = await repo.listRoots(db, row.id, scope.user.id, { following, before, limit: limit + 1 });
      const page = found.slice(0, limit);
      const ids = page.map(({ id }) => id);
      if (ids.length === 0) return { data: [] };
      const [roots, states] = await Promise.all([
        messages.byIds(scope, ids),
        repo.listStates(db, scope.user.id, ids),
      ]);
      const data = ids.flatMap((id) => {
        const root = roots.find((message) => message.id === id);
        const state = states.find((one) => one.rootId === id);
        return root === undefined || state === undefined ? [] : [{ root, me: toMyThread(row.id, state) }];
      });
      const last = page.at(-1);
      const more = found.length > limit && last !== undefined;
      return { data, ...(more ? { nextCursor: String(last.lastReplySeq) } : {}) };
    },

    read: (scope: Scope, messageId: string, seq: number): Promise<MyThread> =>
      mark(scope, messageId, (at) => repo.advance(db, at, seq)),

    follow: (scope: Scope, messageId: string, following: boolean): Promise<MyThread> =>
      mark(scope, messageId, ({ roomId: _, ...at }) => repo.setFollowing(db, at, following)),
  };
}

const toMyThread = (roomId: string, { rootId, ...state }: repo.ThreadState): MyThread => ({
  roomId,
  messageId: rootId,
  ...state,
});
