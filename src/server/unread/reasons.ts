// Why a message counts as unread for somebody, or does not. Pure.
import type { UnreadEntry } from './contract.ts';
import type { Mark, Newer } from './repository.ts';

type Reason = UnreadEntry['reason'];

const BECAUSE: Record<Reason, string> = {
  message: 'It is newer than the read mark.',
  reply: 'It is newer than the read mark: replies in threads count in the room as well.',
  mention_me: 'It is newer than the read mark, and mentions them.',
  mention_all: 'It is newer than the read mark, and is for everyone (@all).',
  mention_here: 'It is newer than the read mark, and is for those who were there when it was said (@here).',
  own: 'They wrote it themselves.',
  deleted: 'It was deleted.',
};

function reasonOf(row: Newer, userId: string): Reason {
  if (row.authorId === userId) return 'own';
  if (row.deleted) return 'deleted';
  if (row.mentioned.some((mention) => mention.userId === userId)) return 'mention_me';
  if (row.mentioned.some(({ kind }) => kind === 'all')) return 'mention_all';
  if (row.mentioned.some(({ userIds }) => userIds?.includes(userId))) return 'mention_here';
  return row.threadId === null ? 'message' : 'reply';
}

export function sorted(rows: Newer[], userId: string) {
  const entries = rows.map((row): UnreadEntry => {
    const reason = reasonOf(row, userId);
    return {
      seq: row.seq,
      messageId: row.id,
      author: { id: row.authorId, handle: row.handle, name: row.name },
      ...(row.threadId === null ? {} : { threadId: row.threadId }),
      reason,
      because: BECAUSE[reason],
    };
  });
  const isOut = ({ reason }: UnreadEntry) => reason === 'own' || reason === 'deleted';
  const counted = entries.filter((entry) => !isOut(entry));
  return {
    counted,
    mentioned: counted.filter(({ reason }) => reason.startsWith('mention_')),
    excluded: entries.filter(isOut),
  };
}

export function becauseOfMark({ readSeq, readAt, unreadFrom, countsAfter }: Mark, thread: boolean): string {
  if (unreadFrom !== null && unreadFrom - 1 === countsAfter && countsAfter < readSeq)
    return `They have read up to ${readSeq}, and marked the room unread from ${unreadFrom} on.`;
  if (readAt !== null) return `They have read up to ${readSeq}.`;
  if (thread)
    return readSeq === 0 ? 'They have read nothing of the thread.' : `They have read up to ${readSeq}.`;
  return `The mark stands at ${readSeq} since they joined: what was there before counts as read.`;
}

export function becauseOf({ unread, mentions, lastSeq, countsAfter }: Mark, excluded: number): string {
  if (countsAfter >= lastSeq) return 'Nothing has come since the read mark.';
  const messages = unread === 1 ? '1 message' : `${unread} messages`;
  const out = excluded === 0 ? '' : `; ${excluded} newer ones are their own or deleted`;
  return `${messages} by others came after ${countsAfter}, ${mentions === 0 ? 'none' : mentions} of these for them${out}.`;
}
