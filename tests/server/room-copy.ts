// A client's copy of a room and what it does with each entry of the log, as docs/protocol.md tells it to. Must never ask the server.
import type { LogEvent, Message } from '../../src/server/messages/contract.ts';
import type { Member, Room } from '../../src/server/rooms/contract.ts';
import type { Answer } from '../support/surfaces.ts';

export interface Copy {
  room: Partial<Room>;
  members: Map<string, Member>;
  messages: Map<string, Message>;
}

/** @throws Error for an entry of a type that clients are told nothing of here */
export function apply(copy: Copy, { type, payload }: LogEvent, myId: string): void {
  const p = payload as Answer;
  const mineIn = (id: string, emoji: string) =>
    copy.messages.get(id)?.reactions.some((r) => r.emoji === emoji && r.mine) ?? false;
  const keep = (message: Message) => {
    if ((copy.messages.get(message.id)?.version ?? 0) > message.version) return;
    const reactions = message.reactions.map((r) => ({ ...r, mine: mineIn(message.id, r.emoji) }));
    const { thread: _, ...rest } = message;
    copy.messages.set(message.id, { ...rest, reactions });
  };
  if (type === 'reaction_added' || type === 'reaction_removed') {
    const known = copy.messages.get(p.messageId);
    if (known === undefined) return;
    const reactions = p.reactions.map((r: { emoji: string; count: number }) => ({
      ...r,
      mine: r.emoji === p.emoji && p.userId === myId ? type === 'reaction_added' : mineIn(known.id, r.emoji),
    }));
    copy.messages.set(known.id, { ...known, reactions });
    return;
  }
  if (type === 'message_pinned' || type === 'message_unpinned') {
    const known = copy.messages.get(p.messageId);
    if (known === undefined) return;
    const { pinned: _, ...bare } = known;
    copy.messages.set(known.id, type === 'message_pinned' ? { ...bare, pinned: p.pinned } : bare);
    return;
  }
  if (type === 'new_message' || type === 'agent_message') keep(p);
  else if (type === 'message_updated' || type === 'message_deleted') keep(p.message);
  else if (type === 'member_joined' || type === 'member_updated') {
    const { user } = p.member;
    copy.members.set(user.id, p.member);
    for (const message of copy.messages.values())
      if (message.author.id === user.id) copy.messages.set(message.id, { ...message, author: user });
  } else if (type === 'member_left') copy.members.delete(p.userId);
  else if (type === 'room_updated') copy.room = p.room;
  else throw new Error(`An entry of a type that this copy does not know: ${type}`);
}

/** Oldest first, each with what it shows of its replies, counted. */
export function messagesOf(copy: Copy): Message[] {
  const messages = [...copy.messages.values()].sort((a, b) => a.seq - b.seq);
  return messages.map(({ thread: _, ...root }) => {
    const replies = messages.filter((m) => m.threadId === root.id && m.deletedAt === undefined);
    const last = replies.at(-1);
    if (last === undefined) return root;
    return {
      ...root,
      thread: { replies: replies.length, lastReplySeq: last.seq, lastReplyAt: last.createdAt },
    };
  });
}
