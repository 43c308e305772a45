// Between which messages private replies stand. Pure.
import type { ChatMessage, PrivateReply } from '@parley/client';

export interface Placed {
  /** By the message they come after. */
  after: ReadonlyMap<string, readonly PrivateReply[]>;
  /** Before there is any message. */
  alone: readonly PrivateReply[];
}

const NONE: Placed = { after: new Map(), alone: [] };

/** @param messages by seq, unconfirmed ones last; what is older than all of them is left out while there is more before */
export function placeReplies(
  replies: readonly PrivateReply[],
  messages: readonly ChatMessage[],
  hasMoreBefore: boolean,
): Placed {
  if (replies.length === 0) return NONE;
  const after = new Map<string, PrivateReply[]>();
  const alone: PrivateReply[] = [];
  for (const reply of replies) {
    const before = messages.findLast(({ seq }) => seq > 0 && seq <= reply.afterSeq);
    if (before !== undefined) after.set(before.id, [...(after.get(before.id) ?? []), reply]);
    else if (!hasMoreBefore) alone.push(reply);
  }
  return { after, alone };
}
