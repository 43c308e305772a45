// Private replies to commands of mine, as a room shows them. Pure. Must never be stored: nobody else may find them here later.
import type { PrivateReply } from './api-commands.ts';

export interface PrivateReplies {
  readonly shown: readonly PrivateReply[];
  /** Ids that were taken away: what is told again stays away. */
  readonly gone: readonly string[];
}

export const noReplies: PrivateReplies = { shown: [], gone: [] };

const MAX_SHOWN = 20;
const MAX_GONE = 100;

/** A reply comes in the answer and as a signal, in any order: it is one, and the answer knows its thread. */
export function addReply(replies: PrivateReplies, reply: PrivateReply): PrivateReplies {
  if (replies.gone.includes(reply.id)) return replies;
  const place = replies.shown.findIndex(({ id }) => id === reply.id);
  if (place < 0) return { ...replies, shown: [...replies.shown, reply].slice(-MAX_SHOWN) };
  const known = replies.shown[place] as PrivateReply;
  if (known.threadId !== undefined || reply.threadId === undefined) return replies;
  return { ...replies, shown: replies.shown.with(place, { ...known, threadId: reply.threadId }) };
}

export function dismissReply(replies: PrivateReplies, id: string): PrivateReplies {
  if (!replies.shown.some((reply) => reply.id === id)) return replies;
  return {
    shown: replies.shown.filter((reply) => reply.id !== id),
    gone: [...replies.gone, id].slice(-MAX_GONE),
  };
}
