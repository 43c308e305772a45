// What entries say about a message besides its text: reactions, pins, replies. Pure.
// Entries are the same for everyone, so whose reactions are mine is kept here, never taken from an entry's message.
import type { LogEvent, Message } from './wire.ts';

type Reactions = Message['reactions'];
type Pinned = NonNullable<Message['pinned']>;

const withMine = (
  reactions: readonly { emoji: string; count: number }[],
  isMine: (emoji: string) => boolean,
): Reactions => reactions.map(({ emoji, count }) => ({ emoji, count, mine: isMine(emoji) }));

const mineIn = (message: Message | undefined, emoji: string): boolean =>
  message?.reactions.some((r) => r.emoji === emoji && r.mine) ?? false;

/** A message out of an entry, with what only this reader knows of it. */
export const keepMine = (known: Message | undefined, incoming: Message): Message =>
  known === undefined || incoming.reactions.length === 0
    ? incoming
    : { ...incoming, reactions: withMine(incoming.reactions, (emoji) => mineIn(known, emoji)) };

/** A message out of an answer to a call: its text counts, what else is known of it comes by entries, in their order. */
export function keepSatellites(known: Message, incoming: Message): Message {
  const { pinned: _, thread: __, ...rest } = incoming;
  const thread = known.thread === undefined ? {} : { thread: known.thread };
  // A tombstone has neither reactions nor a pin.
  if (incoming.deletedAt !== undefined) return { ...rest, ...thread };
  return {
    ...rest,
    ...thread,
    reactions: known.reactions,
    ...(known.pinned === undefined ? {} : { pinned: known.pinned }),
  };
}

/** The thread that an entry adds a reply to or takes one from. */
export function threadOf({ type, payload }: LogEvent): string | undefined {
  if (type === 'new_message' || type === 'agent_message') return (payload as unknown as Message).threadId;
  return type === 'message_deleted' ? (payload.message as Message).threadId : undefined;
}

/** Counts the replies of these threads, in place, where their first message is loaded: then all that came after it is. */
export function countReplies(list: Message[], rootIds: ReadonlySet<string>): void {
  const threads = new Map<string, NonNullable<Message['thread']>>();
  for (const { threadId, deletedAt, seq, createdAt } of list) {
    if (threadId === undefined || deletedAt !== undefined || !rootIds.has(threadId)) continue;
    const replies = (threads.get(threadId)?.replies ?? 0) + 1;
    threads.set(threadId, { replies, lastReplySeq: seq, lastReplyAt: createdAt });
  }
  for (const [place, root] of list.entries()) {
    if (!rootIds.has(root.id)) continue;
    const { thread: _, ...rest } = root;
    const thread = threads.get(root.id);
    list[place] = thread === undefined ? rest : { ...rest, thread };
  }
}

/** The place of the message that an entry is about; undefined for entries about something else. */
export function targetOf({ type, payload }: LogEvent): number | undefined {
  switch (type) {
    case 'reaction_added':
    case 'reaction_removed':
    case 'message_pinned':
    case 'message_unpinned':
      return payload.messageSeq as number;
    default:
      return undefined;
  }
}

/** The message after an entry that `targetOf` found to be about it. */
export function applySatellite(
  message: Message,
  { type, payload }: LogEvent,
  myId: string | undefined,
): Message {
  if (type === 'message_pinned') return { ...message, pinned: payload.pinned as Pinned };
  if (type === 'message_unpinned') {
    const { pinned: _, ...rest } = message;
    return rest;
  }
  const { userId, emoji, reactions } = payload as {
    userId: string;
    emoji: string;
    reactions: { emoji: string; count: number }[];
  };
  const isMine = (one: string) =>
    one === emoji && userId === myId ? type === 'reaction_added' : mineIn(message, one);
  return { ...message, reactions: withMine(reactions, isMine) };
}
