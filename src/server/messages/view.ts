// Rows → what clients see. Pure.
import type { Message } from './contract.ts';
import type { EventRow, MessageWithAuthor } from './repository.ts';

/** @param mine the emoji that whoever asks gave the message; in the log, which all read alike, nobody's */
export const toMessage = (row: MessageWithAuthor, mine?: ReadonlySet<string>): Message => ({
  id: row.id,
  roomId: row.roomId,
  seq: row.seq,
  author: {
    id: row.authorId,
    kind: row.authorKind,
    handle: row.authorHandle,
    name: row.authorName,
    ...(row.authorAvatarUrl === null ? {} : { avatarUrl: row.authorAvatarUrl }),
    ...(row.authorOwnerId === null ? {} : { ownerId: row.authorOwnerId }),
  },
  kind: row.kind,
  body: row.body,
  ...(row.threadId === null ? {} : { threadId: row.threadId }),
  ...(row.replyCount === 0 || row.lastReplySeq === null || row.lastReplyAt === null
    ? {}
    : {
        thread: {
          replies: row.replyCount,
          lastReplySeq: row.lastReplySeq,
          lastReplyAt: row.lastReplyAt.toISOString(),
        },
      }),
  mentions: row.mentions,
  attachments: row.attachments,
  ...(row.cards.length === 0 ? {} : { cards: row.cards }),
  ...(row.previews.length === 0 ? {} : { previews: row.previews }),
  reactions: row.reactions.map((r) => ({ ...r, mine: mine?.has(r.emoji) ?? false })),
  ...(row.pinnedAt === null || row.pinnedBy === null
    ? {}
    : { pinned: { by: row.pinnedBy, at: row.pinnedAt.toISOString() } }),
  version: row.version,
  metadata: row.metadata,
  createdAt: row.createdAt.toISOString(),
  ...(row.editedAt === null ? {} : { editedAt: row.editedAt.toISOString() }),
  ...(row.deletedAt === null ? {} : { deletedAt: row.deletedAt.toISOString() }),
  ...(row.run === null ? {} : { run: row.run }),
});

/** The payload of a log entry. Entries about a message show its present state, so a deleted text is nowhere. */
export function eventPayload(roomId: string, event: EventRow): Record<string, unknown> {
  if (event.message === null) return event.payload ?? { roomId, seq: event.seq };
  const message = toMessage(event.message);
  if (event.type === 'message_updated') return { roomId, seq: event.seq, message };
  if (event.type === 'message_deleted') return { roomId, seq: event.seq, messageId: message.id, message };
  return message as unknown as Record<string, unknown>;
}
