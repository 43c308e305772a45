// A chat server in memory, small but true to the wire: gapless logs, idempotent sends, resume, resync.
// For tests of clients. Must never be taken for the server's specification; that is its contract.
import type { Problem } from '../api.ts';
import type { JoinReply, LogEvent, Me, Member, Message, RoomInfo } from '../wire.ts';

export interface FakeConnection {
  readonly userId: string;
  readonly rooms: Set<string>;
  /** The one it was opened with, or renewed by. */
  token: string;
  event(name: string, payload: unknown): void;
  drop(reason: string): void;
}

interface FakeRoom {
  info: RoomInfo;
  log: LogEvent[];
  /** The log reaches back to here only. */
  reachesTo: number;
  members: Map<string, Member>;
  reads: Map<string, number>;
}
type Reply = { ok: true; data: unknown } | { ok: false; error: Problem };

export interface FakeServer {
  user(name: string): Me;
  /** Creates a room that all users, now and later, are members of. */
  createRoom(slug: string): RoomInfo;
  log(room: string): readonly LogEvent[];
  messages(room: string): Message[];
  /** A message by someone else, straight into the log. */
  post(room: string, author: string, body: string, more?: Partial<Message>): Message;
  edit(messageId: string, body: string): Message;
  remove(messageId: string): Message;
  append(room: string, type: string, payload: (seq: number) => object): void;
  signal(room: string, name: string, payload: object): void;
  /** Straight to the connections of one user. */
  tellUser(user: string, name: string, payload: object): void;
  /** The user is a member of the room no longer. */
  removeMember(room: string, user: string): void;
  /** Forgets entries up to `seq`: clients behind it must resync. */
  truncate(room: string, seq: number): void;
  /** The next calls of this operation get these answers; `'drop'` means none, though the work is done. */
  answer(operation: string, ...answers: (Partial<Problem> | 'drop')[]): void;
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
  id: string;
  body: string;
  threadId?: string;
  metadata?: Record<string, unknown>;
  seq: number;
  on: boolean;
  afterSeq?: number;
  before?: number;
  around?: number;
  limit?: number;
  token: string;
}

const TIME = '2026-01-01T00:00:00.000Z';
const PAGE = 500;
const NEWEST = 50;
const uuid = (n: number): string => `00000000-0000-7000-8000-${n.toString(16).padStart(12, '0')}`;

export function createFakeServer(): FakeServer {
  const users = new Map<string, Me>();
  const rooms = new Map<string, FakeRoom>();
  const connections = new Set<FakeConnection>();
  const answers = new Map<string, (Partial<Problem> | 'drop')[]>();
  const calls: FakeServer['calls'] = [];
  const refusedTokens = new Set<string>();
  let ids = 0;

  function user(name: string): Me {
    const known = users.get(name);
    if (known !== undefined) return known;
    const me: Me = { id: uuid(++ids), kind: 'human', handle: name, name, role: 'member', tenantId: uuid(0) };
    users.set(name, me);
    for (const room of rooms.values()) room.members.set(me.id, memberOf(me));
    return me;
  }
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
  const messages = (key: string): Message[] => {
    const found = new Map<string, Message>();
    for (const { payload } of need(key).log) {
      const message = ('message' in payload ? payload.message : payload) as Message;
      if ('body' in message) found.set(message.id, message);
    }
    return [...found.values()].sort((a, b) => a.seq - b.seq);
  };
  const findMessage = (id: unknown): Message | undefined =>
    [...rooms.keys()].flatMap(messages).find((message) => message.id === id);

  function post(key: string, author: string, body: string, more: Partial<Message> = {}): Message {
    const room = need(key);
    const { role: _, tenantId: __, ...by } = user(author);
    let message: Message | undefined;
    append(key, (more.author ?? by).kind === 'agent' ? 'agent_message' : 'new_message', (seq) => {
      message = {
        id: uuid(++ids),
        roomId: room.info.id,
        seq,
        author: by,
        kind: 'text',
        body,
        mentions: [],
        attachments: [],
        reactions: [],
        version: 1,
        metadata: {},
        createdAt: TIME,
        ...more,
      };
      return message;
    });
    return message as Message;
  }
  function change(type: string, messageId: string, how: Partial<Message>): Message {
    const old = findMessage(messageId) ?? fail('not_found', 'message_not_found', 404);
    const message: Message = { ...old, ...how, version: old.version + 1 };
    append(old.roomId, type, (seq) => ({ roomId: old.roomId, seq, messageId, message }));
    return message;
  }
  const edit = (id: string, body: string) => change('message_updated', id, { body, editedAt: TIME });
  const remove = (id: string) => change('message_deleted', id, { body: '', deletedAt: TIME });

  /** Like the real one: entries about a message show its present state. */
  function replay(room: FakeRoom): LogEvent[] {
    const now = new Map(messages(room.info.id).map((message) => [message.id, message]));
    return room.log.map((entry) => {
      const id = 'body' in entry.payload ? entry.payload.id : entry.payload.messageId;
      const message = now.get(String(id));
      if (message === undefined) return entry;
      const payload = 'body' in entry.payload ? { ...message } : { ...entry.payload, message };
      return { ...entry, payload };
    });
  }
  function events(room: FakeRoom, afterSeq: number, limit: number) {
    const rest = replay(room).filter((entry) => entry.seq > afterSeq);
    const resync = afterSeq < room.reachesTo || afterSeq > room.info.lastSeq;
    const page = resync ? [] : rest.slice(0, limit);
    return { events: page, lastSeq: room.info.lastSeq, hasMore: rest.length > page.length, resync };
  }
  function membership(room: FakeRoom, userId: string) {
    const readSeq = room.reads.get(userId) ?? 0;
    const unread = messages(room.info.id).filter(
      (message) => message.seq > readSeq && message.author.id !== userId && message.deletedAt === undefined,
    );
    const mentions = unread.filter((message) => message.mentions.some((one) => one.userId === userId)).length;
    return { ...memberOf(byId(userId)), readSeq, unread: unread.length, mentions };
  }

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
    list_messages({ roomId, before, around, limit = 50 }) {
      const all = messages(roomId);
      const end =
        before === undefined
          ? around === undefined
            ? all.length
            : all.filter((message) => message.seq <= around + limit / 2).length
          : all.filter((message) => message.seq < before).length;
      const start = Math.max(0, end - limit);
      return { data: all.slice(start, end), hasMoreBefore: start > 0, hasMoreAfter: end < all.length };
    },
    send_message({ roomId, id, body, metadata, threadId }, { userId }) {
      const old = findMessage(id);
      if (old !== undefined) return old.body === body ? old : fail('conflict', 'message_id_reused', 409);
      const more: Partial<Message> = { id, metadata: metadata ?? {} };
      if (threadId !== undefined) more.threadId = threadId;
      return post(roomId, byId(userId).handle, body, more);
    },
    edit_message: ({ messageId, body }) => edit(messageId, body),
    delete_message: ({ messageId }) => remove(messageId),
    mark_read({ roomId, seq }, { userId }) {
      const room = need(roomId);
      room.reads.set(userId, Math.max(seq, room.reads.get(userId) ?? 0));
      tell(room, 'read', { roomId: room.info.id, userId, readSeq: room.reads.get(userId) });
      return membership(room, userId);
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
    invoke_agent: () => ({}),
  };

  return {
    user,
    calls,
    refusedTokens,
    append,
    post,
    edit,
    remove,
    messages,
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
        createdAt: TIME,
      };
      const members = new Map([...users.values()].map((one) => [one.id, memberOf(one)]));
      rooms.set(info.id, { info, log: [], reachesTo: 0, members, reads: new Map() });
      return info;
    },
    log: (key) => need(key).log,
    signal: (key, name, payload) => tell(need(key), name, { roomId: need(key).info.id, ...payload }),
    tellUser(name, type, payload) {
      const { id } = user(name);
      for (const one of connections) if (one.userId === id) one.event(type, payload);
    },
    removeMember(key, name) {
      const room = need(key);
      const { id } = user(name);
      room.members.delete(id);
      append(key, 'member_left', (seq) => ({ roomId: room.info.id, seq, userId: id, by: id }));
    },
    truncate(key, seq) {
      need(key).reachesTo = seq;
    },
    answer(operation, ...next) {
      answers.set(operation, [...(answers.get(operation) ?? []), ...next]);
    },
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

const memberOf = ({ role: _, tenantId: __, ...user }: Me): Member => ({
  user,
  role: 'member',
  joinedAt: TIME,
});

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
