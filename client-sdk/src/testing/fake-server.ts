// A chat server in memory, small but true to the wire: gapless logs, idempotent sends, resume, resync.
// For tests of clients. Must never be taken for the server's specification; that is its contract.
import type { Problem } from '../api.ts';
import type {
  JoinReply,
  LogEvent,
  Me,
  Message,
  MyMembership,
  Notification,
  ReplyOf,
  RoomInfo,
} from '../wire.ts';
import { createFakeCommands } from './fake-commands.ts';
import { createFakePerson, type FakePerson, notify, setDraft, setRead, unreadOf } from './fake-personal.ts';
import {
  createFakeRoom,
  type FakeRoom,
  keep,
  memberOf,
  membershipOf,
  messagesOf,
  reactionCounts,
  replay,
  repliesOf,
  setReaction,
  shown,
  threadOf,
} from './fake-room.ts';

export interface FakeConnection {
  readonly userId: string;
  readonly rooms: Set<string>;
  /** The one it was opened with, or renewed by. */
  token: string;
  event(name: string, payload: unknown): void;
  drop(reason: string): void;
}

type Reply = { ok: true; data: unknown } | { ok: false; error: Problem };

export interface FakeServer {
  user(name: string): Me;
  /** Creates a room that all users, now and later, are members of. */
  createRoom(slug: string): RoomInfo;
  log(room: string): readonly LogEvent[];
  /** As everyone sees them, or one user. */
  messages(room: string, user?: string): Message[];
  /** A message by someone else, straight into the log. */
  post(room: string, author: string, body: string, more?: Partial<Message>): Message;
  edit(messageId: string, body: string): Message;
  remove(messageId: string): Message;
  react(messageId: string, user: string, emoji: string, on?: boolean): void;
  pin(messageId: string, user: string, on?: boolean): void;
  /** The answer to a call of a user, as it would be made now; for comparing with what a client shows. */
  ask(user: string, operation: string, input: Record<string, unknown>): unknown;
  append(room: string, type: string, payload: (seq: number) => object): void;
  /** What members may not do in a room, by capability; what stood before is given up. */
  forbid(room: string, refused: ReplyOf<'can'>['can']): void;
  /** The commands of a room, from now on; who listens is told. */
  setCommands(room: string, ...names: string[]): void;
  /** Calls of commands that were carried out. */
  ran(): number;
  signal(room: string, name: string, payload: object): void;
  /** Straight to the connections of one user. */
  tellUser(user: string, name: string, payload: object): void;
  /** The user is a member of the room no longer. */
  removeMember(room: string, user: string): void;
  /** Forgets entries up to `seq`: clients behind it must resync. */
  truncate(room: string, seq: number): void;
  /** The next calls of this operation get these answers; `'drop'` means none, though the work is done. */
  answer(operation: string, ...answers: (Partial<Problem> | 'drop')[]): void;
  has(messageId: string): boolean;
  /** Planned answers are given up. */
  unplan(): void;
  /** How a room stands for one of its members. */
  membership(room: string, user: string): MyMembership;
  /** Every call that arrived: operation and input, oldest first. */
  readonly calls: { name: string; input: Record<string, unknown> }[];
  disconnectAll(reason?: string): void;
  refusedTokens: Set<string>;
  open(
    token: string,
    connection: Omit<FakeConnection, 'userId' | 'rooms' | 'token'>,
  ): FakeConnection | undefined;
  close(connection: FakeConnection): void;
  handle(connection: FakeConnection, name: string, input: Record<string, unknown>): Reply | undefined;
}

/** Fields of all operations' inputs; each handler reads its own. */
interface AnyInput {
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

const PAGE = 500;
const NEWEST = 50;
const uuid = (n: number): string => `00000000-0000-7000-8000-${n.toString(16).padStart(12, '0')}`;

/** @param now milliseconds since 1970 */
export function createFakeServer(now: () => number = () => Date.UTC(2026, 0, 1)): FakeServer {
  const users = new Map<string, Me>();
  const people = new Map<string, FakePerson>();
  const rooms = new Map<string, FakeRoom>();
  const connections = new Set<FakeConnection>();
  const answers = new Map<string, (Partial<Problem> | 'drop')[]>();
  const commands = createFakeCommands();
  const calls: FakeServer['calls'] = [];
  const refusedTokens = new Set<string>();
  let ids = 0;
  const time = () => new Date(now()).toISOString();

  function user(name: string): Me {
    const known = users.get(name);
    if (known !== undefined) return known;
    const me: Me = { id: uuid(++ids), kind: 'human', handle: name, name, role: 'member', tenantId: uuid(0) };
    users.set(name, me);
    for (const room of rooms.values()) room.members.set(me.id, memberOf(plain(me)));
    return me;
  }
  function person(userId: string): FakePerson {
    const known = people.get(userId) ?? createFakePerson();
    people.set(userId, known);
    return known;
  }
  const plain = ({ role: _, tenantId: __, ...user }: Me) => user;
  const byId = (id: string) => [...users.values()].find((one) => one.id === id) as Me;
  const find = (key: unknown) => [...rooms.values()].find(({ info }) => info.id === key || info.slug === key);
  const need = (key: unknown): FakeRoom => find(key) ?? fail('not_found', 'room_not_found', 404);

  function append(key: string, type: string, payload: (seq: number) => object): void {
    const room = need(key);
    const seq = room.info.lastSeq + 1;
    room.info = { ...room.info, lastSeq: seq };
    const entry = { seq, type, payload: payload(seq) as Record<string, unknown> };
    room.log.push(entry);
    tell(room, type, entry.payload);
  }
  function tell(room: FakeRoom, name: string, payload: unknown): void {
    for (const one of connections) if (one.rooms.has(room.info.id)) one.event(name, payload);
  }
  function tellUser(userId: string, name: string, payload: unknown): void {
    for (const one of connections) if (one.userId === userId) one.event(name, payload);
  }
  /** The room that has a message, and the message. */
  function locate(id: unknown): { room: FakeRoom; message: Message } | undefined {
    for (const room of rooms.values()) {
      const message = room.messages.get(String(id));
      if (message !== undefined) return { room, message };
    }
    return undefined;
  }
  const require = (id: unknown) => locate(id) ?? fail('not_found', 'message_not_found', 404);
  /** The message that a thread hangs on, also for who asks by a reply. */
  function requireRoot(id: unknown) {
    const found = require(id);
    return found.message.threadId === undefined ? found : require(found.message.threadId);
  }

  function post(key: string, author: string, body: string, more: Partial<Message> = {}): Message {
    const room = need(key);
    const by = more.author ?? plain(user(author));
    const id = more.id ?? uuid(++ids);
    let message: Message | undefined;
    append(key, by.kind === 'agent' ? 'agent_message' : 'new_message', (seq) => {
      message = {
        id,
        roomId: room.info.id,
        seq,
        author: by,
        kind: 'text',
        body,
        mentions: mentionsIn(body),
        attachments: [],
        reactions: [],
        version: 1,
        metadata: {},
        createdAt: time(),
        ...more,
      };
      keep(room, message);
      return message;
    });
    const made = message as Message;
    if (made.threadId === undefined) {
      const { drafts } = person(by.id);
      if (drafts.has(room.info.id)) drafts.set(room.info.id, { body: '', updatedAt: time() });
    }
    for (const { userId } of made.mentions) if (userId !== undefined && userId !== by.id) told(userId, made);
    return made;
  }
  function told(userId: string, message: Message): void {
    const notification = notify(person(userId), uuid(++ids), message, time());
    tellUser(userId, 'notification', { notification });
  }
  const mentionsIn = (body: string): Message['mentions'] =>
    [...body.matchAll(/@(\w+)/g)].flatMap(({ 0: { length }, 1: name = '', index: offset }) => {
      const one = users.get(name);
      return one === undefined ? [] : [{ kind: 'user' as const, userId: one.id, offset, length }];
    });

  function change(type: string, messageId: string, how: Partial<Message>): Message {
    const { room, message: old } = require(messageId);
    const message: Message = { ...old, ...how, version: old.version + 1 };
    keep(room, message);
    append(old.roomId, type, (seq) => ({
      roomId: old.roomId,
      seq,
      messageId,
      message: shown(room, message),
    }));
    return message;
  }
  const edit = (id: string, body: string) =>
    change('message_updated', id, { body, mentions: mentionsIn(body), editedAt: time() });
  function remove(id: string): Message {
    const { room } = require(id);
    room.reactions.delete(id);
    room.pins.delete(id);
    return change('message_deleted', id, { body: '', mentions: [], attachments: [], deletedAt: time() });
  }
  function react(messageId: string, userId: string, emoji: string, on: boolean): void {
    const { room, message } = require(messageId);
    if (message.deletedAt !== undefined) fail('conflict', 'message_deleted', 409);
    if (!setReaction(room, messageId, userId, emoji, on)) return;
    append(message.roomId, on ? 'reaction_added' : 'reaction_removed', (seq) => ({
      roomId: message.roomId,
      seq,
      messageId,
      messageSeq: message.seq,
      userId,
      emoji,
      reactions: reactionCounts(room, messageId),
    }));
  }
  function pin(messageId: string, by: string, on: boolean): void {
    const { room, message } = require(messageId);
    if (message.deletedAt !== undefined) fail('conflict', 'message_deleted', 409);
    if (room.pins.has(messageId) === on) return;
    const pinned = { by, at: time() };
    if (on) room.pins.set(messageId, pinned);
    else room.pins.delete(messageId);
    append(message.roomId, on ? 'message_pinned' : 'message_unpinned', (seq) => ({
      roomId: message.roomId,
      seq,
      messageId,
      messageSeq: message.seq,
      ...(on ? { pinned } : { by }),
    }));
  }
  function events(room: FakeRoom, afterSeq: number, limit: number) {
    const rest = replay(room).filter((entry) => entry.seq > afterSeq);
    const resync = afterSeq < room.reachesTo || afterSeq > room.info.lastSeq;
    const page = resync ? [] : rest.slice(0, limit);
    return { events: page, lastSeq: room.info.lastSeq, hasMore: rest.length > page.length, resync };
  }
  const membership = (room: FakeRoom, userId: string) => membershipOf(room, plain(byId(userId)));
  function markThread(
    messageId: unknown,
    userId: string,
    how: (
      mark: { readSeq: number; following?: boolean },
      room: FakeRoom,
    ) => { readSeq: number; following?: boolean },
  ) {
    const { room, message } = requireRoot(messageId);
    const key = `${userId}/${message.id}`;
    room.threadMarks.set(key, how(room.threadMarks.get(key) ?? { readSeq: 0 }, room));
    const me = threadOf(room, message, userId);
    tellUser(userId, 'thread_changed', me);
    return me;
  }
  function inboxChanged(userId: string): { unread: number } {
    const unread = unreadOf(person(userId));
    tellUser(userId, 'notifications_changed', { unread });
    return { unread };
  }
  const readable = (one: Notification): boolean =>
    one.message === undefined || locate(one.message.id)?.message.deletedAt === undefined;

  type Handler = (input: AnyInput, connection: FakeConnection) => unknown;
  const handlers: Record<string, Handler> = {
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
    list_messages({ roomId, before, around, limit = 50 }, { userId }) {
      const all = messagesOf(need(roomId), userId);
      const end =
        before === undefined
          ? around === undefined
            ? all.length
            : all.filter((message) => message.seq <= around + limit / 2).length
          : all.filter((message) => message.seq < before).length;
      const start = Math.max(0, end - limit);
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
    list_notifications({ unread, cursor, limit = 50 }, { userId }) {
      const all = person(userId)
        .inbox.filter((one) => readable(one) && !(unread === true && one.readAt !== undefined))
        .filter((one) => cursor === undefined || one.place < Number(cursor))
        .reverse();
      const data = all.slice(0, limit);
      return {
        data,
        unread: person(userId).inbox.filter((one) => readable(one) && one.readAt === undefined).length,
        ...(all.length > data.length ? { nextCursor: String(data.at(-1)?.place) } : {}),
      };
    },
    mark_notifications_read({ ids: some, upTo }, { userId }) {
      setRead(person(userId), (one) => some?.includes(one.id) ?? one.place <= (upTo ?? 0), time());
      return inboxChanged(userId);
    },
    mark_notification_unread({ notificationId }, { userId }) {
      setRead(person(userId), (one) => one.id === notificationId, undefined);
      return inboxChanged(userId);
    },
    save_message({ messageId, note = '' }, { userId }) {
      const { room, message } = require(messageId);
      const savedAt = time();
      person(userId).saved.set(messageId, { note, savedAt });
      tellUser(userId, 'saved_changed', { roomId: room.info.id, messageId, saved: true, note });
      return { message: shown(room, message, userId), note, savedAt };
    },
    unsave_message({ messageId }, { userId }) {
      const { room } = require(messageId);
      if (person(userId).saved.delete(messageId))
        tellUser(userId, 'saved_changed', { roomId: room.info.id, messageId, saved: false });
      return { saved: false };
    },
    list_saved: (_, { userId }) => ({
      data: [...person(userId).saved].reverse().flatMap(([id, one]) => {
        const found = locate(id);
        if (found === undefined || found.message.deletedAt !== undefined) return [];
        return [{ message: shown(found.room, found.message, userId), ...one }];
      }),
    }),
    list_scheduled: () => ({ data: [] }),
    get_draft({ roomId }, { userId }) {
      const { id } = need(roomId).info;
      return { roomId: id, body: '', ...person(userId).drafts.get(id) };
    },
    set_draft({ roomId, body, updatedAt = time() }, { userId }) {
      const { id } = need(roomId).info;
      const at = updatedAt < time() ? updatedAt : time();
      const { kept, draft } = setDraft(person(userId), id, { body, updatedAt: at });
      if (kept) tellUser(userId, 'draft_changed', { roomId: id, ...draft });
      return { roomId: id, ...draft };
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

  return {
    user,
    calls,
    refusedTokens,
    append,
    post,
    edit,
    remove,
    react: (messageId, name, emoji, on = true) => react(messageId, user(name).id, emoji, on),
    pin: (messageId, name, on = true) => pin(messageId, user(name).id, on),
    messages: (key, name) => messagesOf(need(key), name === undefined ? undefined : user(name).id),
    ask(name, operation, input) {
      const nobody = { userId: user(name).id, rooms: new Set<string>(), token: '', event() {}, drop() {} };
      return handlers[operation]?.(input as unknown as AnyInput, nobody);
    },
    createRoom(slug) {
      const info: RoomInfo = {
        id: uuid(++ids),
        slug,
        kind: 'channel',
        name: slug,
        visibility: 'public',
        agentsAllowed: true,
        agentsProactive: 'by_invitation',
        lastSeq: 0,
        createdAt: time(),
      };
      const members = new Map([...users.values()].map((one) => [one.id, memberOf(plain(one))]));
      rooms.set(info.id, createFakeRoom(info, members));
      return info;
    },
    log: (key) => need(key).log,
    signal: (key, name, payload) => tell(need(key), name, { roomId: need(key).info.id, ...payload }),
    tellUser: (name, type, payload) => tellUser(user(name).id, type, payload),
    removeMember(key, name) {
      const room = need(key);
      const { id } = user(name);
      room.members.delete(id);
      append(key, 'member_left', (seq) => ({ roomId: room.info.id, seq, userId: id, by: id }));
    },
    ran: commands.ran,
    setCommands(key, ...names) {
      const room = need(key);
      commands.set(room.info.id, names);
      tell(room, 'commands_changed', { roomId: room.info.id });
    },
    forbid(key, refused) {
      need(key).refused = refused;
    },
    truncate(key, seq) {
      need(key).reachesTo = seq;
    },
    answer(operation, ...next) {
      answers.set(operation, [...(answers.get(operation) ?? []), ...next]);
    },
    has: (messageId) => locate(messageId) !== undefined,
    unplan: () => answers.clear(),
    membership: (key, name) => membership(need(key), user(name).id),
    disconnectAll(reason = 'transport close') {
      for (const one of [...connections]) {
        connections.delete(one);
        one.drop(reason);
      }
    },
    open(token, { event, drop }) {
      if (refusedTokens.has(token)) return undefined;
      const userId = user(nameOf(token)).id;
      const connection: FakeConnection = { userId, rooms: new Set(), token, event, drop };
      connections.add(connection);
      return connection;
    },
    close: (connection) => void connections.delete(connection),
    handle(connection, name, input) {
      calls.push({ name, input });
      const planned = answers.get(name)?.shift();
      if (planned !== undefined && planned !== 'drop') return { ok: false, error: problemOf(planned) };
      try {
        const data = (handlers[name] ?? (() => fail('not_found', 'unknown_operation', 404)))(
          input as unknown as AnyInput,
          connection,
        );
        return planned === 'drop' ? undefined : { ok: true, data };
      } catch (thrown) {
        return { ok: false, error: thrown as Problem };
      }
    },
  };
}

/** A token is a user's name, or a JWT whose subject it is. */
function nameOf(token: string): string {
  const claims = token.split('.')[1];
  if (claims === undefined) return token;
  return String((JSON.parse(atob(claims)) as { sub?: unknown }).sub ?? token);
}

const problemOf = (given: Partial<Problem>): Problem => ({
  type: 'about:blank',
  title: 'Refused',
  status: 500,
  code: 'internal',
  reason: 'internal',
  detail: 'Refused by the test',
  retryable: false,
  traceId: 'test',
  ...given,
});

function fail(code: Problem['code'], reason: string, status: number): never {
  throw problemOf({ code, reason, status });
}
