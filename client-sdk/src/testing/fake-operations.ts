// Operations of the server in memory on rooms, messages and threads: what a call does and is answered.
// Must never be taken for the server's specification; that is its contract.
import type { JoinReply, Message } from '../wire.ts';
import type { FakeCommands } from './fake-commands.ts';
import { personalOperations } from './fake-personal-operations.ts';
import { fail, problemOf } from './fake-problems.ts';
import { messagesOf, replay, repliesOf, shown, threadOf } from './fake-room.ts';
import { type FakeConnection, type FakeWorld, nameOf } from './fake-world.ts';

/** Fields of all operations' inputs; each handler reads its own. */
export interface AnyInput {
  roomId: string;
  messageId: string;
  agentId: string;
  actionId: string;
  text?: string;
  name?: string;
  id: string;
  body: string;
  threadId?: string;
  metadata?: Record<string, unknown>;
  confirm?: boolean;
  seq: number;
  on: boolean;
  afterSeq?: number;
  before?: number;
  after?: number;
  around?: number;
  limit?: number;
  token: string;
  emoji: string;
  following: boolean;
  unread?: boolean;
  cursor?: string;
  ids?: string[];
  upTo?: number;
  notificationId: string;
  note?: string;
  updatedAt?: string;
  mentions?: Message['mentions'];
}

export type Handler = (input: AnyInput, connection: FakeConnection) => unknown;

const PAGE = 500;
const NEWEST = 50;

export function createFakeOperations(
  world: FakeWorld,
  { commands, refusedTokens }: { commands: FakeCommands; refusedTokens: ReadonlySet<string> },
): Record<string, Handler> {
  const { rooms, time, user, byId, need, tell, tellUser, locate, require, requireRoot } = world;
  const { post, edit, remove, react, pin, events, membership, markThread } = world;
  return {
    ...personalOperations(world),
    get_me: (_, { userId }) => byId(userId),
    list_rooms: (_, { userId }) => ({
      data: [...rooms.values()]
        .filter((room) => room.members.has(userId))
        .map((room) => ({ ...room.info, me: membership(room, userId) })),
    }),
    join_room({ roomId, afterSeq }, connection): JoinReply {
      const room = need(roomId);
      connection.rooms.add(room.info.id);
      const page =
        afterSeq === undefined
          ? { events: replay(room).slice(-NEWEST), lastSeq: room.info.lastSeq, hasMore: false, resync: false }
          : events(room, afterSeq, PAGE);
      const me = membership(room, connection.userId);
      return { room: room.info, me, members: [...room.members.values()], presence: {}, ...page };
    },
    leave_room({ roomId }, connection) {
      connection.rooms.delete(need(roomId).info.id);
      return {};
    },
    list_events: ({ roomId, afterSeq, limit }) => events(need(roomId), afterSeq ?? 0, limit ?? PAGE),
    list_messages({ roomId, before, after, around, limit = 50 }, { userId }) {
      const all = messagesOf(need(roomId), userId);
      const upTo = (seq: number) => all.filter((message) => message.seq <= seq).length;
      let end = all.length;
      if (before !== undefined) end = upTo(before - 1);
      else if (around !== undefined) end = upTo(around + limit / 2);
      else if (after !== undefined) end = Math.min(all.length, upTo(after) + limit);
      const start = after === undefined ? Math.max(0, end - limit) : upTo(after);
      return { data: all.slice(start, end), hasMoreBefore: start > 0, hasMoreAfter: end < all.length };
    },
    send_message({ roomId, id, body, metadata, threadId, confirm }, { userId }) {
      const old = locate(id);
      if (old !== undefined)
        return old.message.version > 1 || old.message.body === body
          ? shown(old.room, old.message, userId)
          : fail('conflict', 'message_id_reused', 409);
      if (body.includes('@all') && confirm !== true)
        throw problemOf({
          code: 'conflict',
          reason: 'confirm_mention',
          status: 409,
          errors: [{ path: 'confirm', message: '50' }],
        });
      const more: Partial<Message> = { id, metadata: metadata ?? {} };
      if (threadId !== undefined) more.threadId = requireRoot(threadId).message.id;
      return post(roomId, byId(userId).handle, body, more);
    },
    edit_message({ messageId, body }, { userId }) {
      const { room } = require(messageId);
      return shown(room, edit(messageId, body), userId);
    },
    delete_message({ messageId }, { userId }) {
      const { room } = require(messageId);
      return shown(room, remove(messageId), userId);
    },
    get_message({ messageId }, { userId }) {
      const { room, message } = require(messageId);
      return shown(room, message, userId);
    },
    add_reaction({ messageId, emoji }, { userId }) {
      react(messageId, userId, emoji, true);
      const { room, message } = require(messageId);
      return shown(room, message, userId);
    },
    remove_reaction({ messageId, emoji }, { userId }) {
      react(messageId, userId, emoji, false);
      const { room, message } = require(messageId);
      return shown(room, message, userId);
    },
    pin_message({ messageId }, { userId }) {
      pin(messageId, userId, true);
      const { room, message } = require(messageId);
      return shown(room, message, userId);
    },
    unpin_message({ messageId }, { userId }) {
      pin(messageId, userId, false);
      const { room, message } = require(messageId);
      return shown(room, message, userId);
    },
    list_pins({ roomId }, { userId }) {
      const room = need(roomId);
      const ids = [...room.pins.keys()].reverse();
      return { data: ids.map((id) => shown(room, room.messages.get(id) as Message, userId)) };
    },
    get_thread({ messageId, before = Infinity, limit = 50 }, { userId }) {
      const { room, message: root } = requireRoot(messageId);
      const all = repliesOf(room, root.id).filter((reply) => reply.seq < before);
      const data = all.slice(-limit).map((reply) => shown(room, reply, userId));
      return {
        root: shown(room, root, userId),
        data,
        hasMoreBefore: all.length > data.length,
        hasMoreAfter: false,
        me: threadOf(room, root, userId),
      };
    },
    mark_thread_read: ({ messageId, seq }, { userId }) =>
      markThread(messageId, userId, (mark, room) => ({
        ...mark,
        readSeq: Math.max(mark.readSeq, Math.min(seq, room.info.lastSeq)),
      })),
    follow_thread: ({ messageId, following }, { userId }) =>
      markThread(messageId, userId, (mark) => ({ ...mark, following })),
    mark_read({ roomId, seq }, { userId }) {
      const room = need(roomId);
      room.reads.set(userId, Math.max(seq, room.reads.get(userId) ?? 0));
      room.unreadFrom.delete(userId);
      tell(room, 'read', { roomId: room.info.id, userId, readSeq: room.reads.get(userId) });
      return membership(room, userId);
    },
    mark_unread({ messageId }, { userId }) {
      const { room, message } = require(messageId);
      room.unreadFrom.set(userId, message.seq);
      const me = membership(room, userId);
      tellUser(userId, 'room_unread', { roomId: room.info.id, me });
      return me;
    },
    typing({ roomId, on }, { userId }) {
      const room = need(roomId);
      tell(room, 'typing', { roomId: room.info.id, userId, on, expiresInMs: 6000 });
      return { ok: true };
    },
    renew_session({ token }, connection) {
      if (refusedTokens.has(token)) fail('unauthorized', 'invalid_token', 401);
      if (user(nameOf(token)).id !== connection.userId) fail('forbidden', 'not_renewable', 403);
      connection.token = token;
      return {};
    },
    agent_command: ({ agentId }) => ({ agentId, status: 'idle', runs: [] }),
    list_commands: ({ roomId }) => commands.list(need(roomId).info.id),
    run_command({ roomId, id, text, name = text?.slice(1).split(' ')[0] ?? '' }, { userId }) {
      const { info } = need(roomId);
      const ran = commands.run(info.id, userId, id, name) ?? fail('not_found', 'command_not_found', 404);
      if (!ran.repeated) tellUser(userId, 'command_reply', { roomId: info.id, id, name, ...ran.result });
      return ran.result;
    },
    can: ({ roomId }, { userId }) => ({
      roomId: need(roomId).info.id,
      userId,
      can: { 'message.send': { allowed: need(roomId).members.has(userId) }, ...need(roomId).refused },
    }),
    invoke_agent: () => ({}),
    card_action: ({ messageId, actionId, id }, { userId }) => ({
      messageId,
      actionId,
      id,
      by: userId,
      at: time(),
      version: 2,
    }),
  };
}
