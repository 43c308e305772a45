// What the server in memory knows and does: people, rooms with their logs, and telling whoever is connected.
// Must never answer calls: the operations do.
import type { Me, Message, Notification, RoomInfo } from '../wire.ts';
import { createFakePerson, type FakePerson, notify, unreadOf } from './fake-personal.ts';
import { fail } from './fake-problems.ts';
import {
  createFakeRoom,
  type FakeRoom,
  keep,
  memberOf,
  membershipOf,
  reactionCounts,
  replay,
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

export type FakeWorld = ReturnType<typeof createFakeWorld>;

const uuid = (n: number): string => `00000000-0000-7000-8000-${n.toString(16).padStart(12, '0')}`;

/** @param now milliseconds since 1970 */
export function createFakeWorld(now: () => number) {
  const users = new Map<string, Me>();
  const people = new Map<string, FakePerson>();
  const rooms = new Map<string, FakeRoom>();
  const connections = new Set<FakeConnection>();
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

  function createRoom(slug: string): RoomInfo {
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
  }

  return {
    rooms,
    connections,
    time,
    user,
    person,
    byId,
    need,
    append,
    tell,
    tellUser,
    locate,
    require,
    requireRoot,
    post,
    edit,
    remove,
    react,
    pin,
    events,
    membership,
    markThread,
    inboxChanged,
    readable,
    createRoom,
  };
}

/** A token is a user's name, or a JWT whose subject it is. */
export function nameOf(token: string): string {
  const claims = token.split('.')[1];
  if (claims === undefined) return token;
  return String((JSON.parse(atob(claims)) as { sub?: unknown }).sub ?? token);
}
