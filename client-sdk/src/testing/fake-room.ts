// One room of the server in memory: its log, and the state of each message that the log leads to.
// Must never tell anyone: fake-server.ts does.
import type { LogEvent, Member, Message, MyMembership, MyThread, ReplyOf, RoomInfo, User } from '../wire.ts';

export const TIME = '2026-01-01T00:00:00.000Z';

type Pinned = NonNullable<Message['pinned']>;

export interface FakeRoom {
  info: RoomInfo;
  readonly log: LogEvent[];
  /** The log reaches back to here only. */
  reachesTo: number;
  readonly members: Map<string, Member>;
  readonly reads: Map<string, number>;
  /** User → seq from which the room is marked unread. */
  readonly unreadFrom: Map<string, number>;
  /** By id, in the order of seq; without what is kept beside. */
  readonly messages: Map<string, Message>;
  /** First message of a thread → ids of its replies, in their order. */
  readonly replies: Map<string, string[]>;
  /** Message → emoji → who. */
  readonly reactions: Map<string, Map<string, Set<string>>>;
  readonly pins: Map<string, Pinned>;
  /** `user/root` → what the user has read of the thread, and whether it is followed. */
  readonly threadMarks: Map<string, { readSeq: number; following?: boolean }>;
  /** What its members may not do. */
  refused: ReplyOf<'can'>['can'];
}

export const createFakeRoom = (info: RoomInfo, members: Map<string, Member>): FakeRoom => ({
  info,
  log: [],
  reachesTo: 0,
  members,
  reads: new Map(),
  unreadFrom: new Map(),
  messages: new Map(),
  replies: new Map(),
  reactions: new Map(),
  pins: new Map(),
  threadMarks: new Map(),
  refused: {},
});

export const repliesOf = (room: FakeRoom, rootId: string): Message[] =>
  (room.replies.get(rootId) ?? []).map((id) => room.messages.get(id) as Message);

/** Puts a new message, or another state of one. */
export function keep(room: FakeRoom, message: Message): void {
  const isNew = !room.messages.has(message.id);
  room.messages.set(message.id, message);
  if (!isNew || message.threadId === undefined) return;
  room.replies.set(message.threadId, [...(room.replies.get(message.threadId) ?? []), message.id]);
}

/** A message as a reader sees it now; entries are the same for everyone, so for them nothing is mine. */
export function shown(room: FakeRoom, message: Message, readerId?: string): Message {
  const replies = repliesOf(room, message.id).filter((reply) => reply.deletedAt === undefined);
  const last = replies.at(-1);
  const thread = last && { replies: replies.length, lastReplySeq: last.seq, lastReplyAt: last.createdAt };
  const pinned = room.pins.get(message.id);
  return {
    ...message,
    reactions: reactionsOf(room, message.id).map(({ emoji, users }) => ({
      emoji,
      count: users.size,
      mine: readerId !== undefined && users.has(readerId),
    })),
    ...(pinned === undefined ? {} : { pinned }),
    ...(thread === undefined ? {} : { thread }),
  };
}

const reactionsOf = (room: FakeRoom, messageId: string) =>
  [...(room.reactions.get(messageId) ?? [])].map(([emoji, users]) => ({ emoji, users }));

export const messagesOf = (room: FakeRoom, readerId?: string): Message[] =>
  [...room.messages.values()].map((message) => shown(room, message, readerId));

/** Like the real one: entries about a message show its present state. */
export function replay(room: FakeRoom): LogEvent[] {
  return room.log.map((entry) => {
    const { payload } = entry;
    const isPost = 'body' in payload;
    const message = room.messages.get(String(isPost ? payload.id : payload.messageId));
    if (message === undefined || !(isPost || 'message' in payload)) return entry;
    const now = shown(room, message);
    return { ...entry, payload: isPost ? { ...now } : { ...payload, message: now } };
  });
}

/** Adds or takes an emoji of a user. @returns whether that changed anything */
export function setReaction(
  room: FakeRoom,
  messageId: string,
  userId: string,
  emoji: string,
  on: boolean,
): boolean {
  const byEmoji = room.reactions.get(messageId) ?? new Map<string, Set<string>>();
  room.reactions.set(messageId, byEmoji);
  const users = byEmoji.get(emoji) ?? new Set();
  if (users.has(userId) === on) return false;
  if (on) byEmoji.set(emoji, users.add(userId));
  else users.delete(userId);
  if (users.size === 0) byEmoji.delete(emoji);
  return true;
}

/** What the entry about a reaction says of the message. */
export const reactionCounts = (room: FakeRoom, messageId: string) =>
  reactionsOf(room, messageId).map(({ emoji, users }) => ({ emoji, count: users.size }));

export const memberOf = (user: User): Member => ({ user, role: 'member', joinedAt: TIME });

const mentions = (message: Message, userId: string): boolean =>
  message.mentions.some(
    (one) => one.userId === userId || one.kind === 'all' || one.userIds?.includes(userId),
  );

const newerThan = (messages: Iterable<Message>, seq: number, userId: string): Message[] =>
  [...messages].filter(
    (message) => message.seq > seq && message.author.id !== userId && message.deletedAt === undefined,
  );

export function membershipOf(room: FakeRoom, user: User): MyMembership {
  const readSeq = room.reads.get(user.id) ?? 0;
  const unreadFrom = room.unreadFrom.get(user.id);
  const from = unreadFrom === undefined ? readSeq : Math.min(readSeq, unreadFrom - 1);
  const unread = newerThan(room.messages.values(), from, user.id);
  return {
    ...memberOf(user),
    readSeq,
    ...(unreadFrom === undefined ? {} : { unreadFrom }),
    unread: unread.length,
    mentions: unread.filter((message) => mentions(message, user.id)).length,
  };
}

export function threadOf(room: FakeRoom, root: Message, userId: string): MyThread {
  const mark = room.threadMarks.get(`${userId}/${root.id}`);
  const replies = repliesOf(room, root.id);
  const readSeq = mark?.readSeq ?? 0;
  const unread = newerThan(replies, readSeq, userId);
  const takesPart = [root, ...replies.filter((reply) => reply.deletedAt === undefined)].some(
    (message) => message.author.id === userId || message.mentions.some((one) => one.userId === userId),
  );
  return {
    roomId: room.info.id,
    messageId: root.id,
    readSeq,
    unread: unread.length,
    mentions: unread.filter((message) => mentions(message, userId)).length,
    following: mark?.following ?? takesPart,
  };
}
