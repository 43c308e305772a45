// From messages to rows: where a day starts, where an author starts speaking, where the unread ones begin. Pure.
import type { ChatMessage } from '@parley/client';
import { dayKey } from '../parts/times.ts';

export interface Row {
  message: ChatMessage;
  startsDay: boolean;
  /** Shows author and time; the rows after it, by the same author, do not. */
  startsGroup: boolean;
  startsUnread: boolean;
}

const GROUP_MS = 5 * 60_000;

/** @param unreadAfter seq I had read when I opened the room; undefined marks nothing */
export function toRows(
  messages: readonly ChatMessage[],
  unreadAfter: number | undefined,
  myId: string,
): Row[] {
  let marked = unreadAfter === undefined;
  return messages.map((message, i) => {
    const before = messages[i - 1];
    const startsDay = before === undefined || dayKey(before.createdAt) !== dayKey(message.createdAt);
    const startsUnread =
      !marked && message.seq > (unreadAfter ?? 0) && message.author.id !== myId && before !== undefined;
    if (startsUnread) marked = true;
    return {
      message,
      startsDay,
      startsUnread,
      startsGroup: startsDay || startsUnread || before === undefined || !sameBreath(before, message),
    };
  });
}

function sameBreath(before: ChatMessage, message: ChatMessage): boolean {
  return (
    before.author.id === message.author.id &&
    before.kind === message.kind &&
    message.kind !== 'system' &&
    Date.parse(message.createdAt) - Date.parse(before.createdAt) < GROUP_MS
  );
}
