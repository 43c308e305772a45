// Unread and mention counts, derived from what is loaded. Pure. Counts as the server does:
// messages by others after the read mark that are not deleted.
import { placeOf } from './message-list.ts';
import type { Message, MyMembership } from './wire.ts';

export function mentionsMe(message: Message, myId: string): boolean {
  return message.mentions.some((m) => m.kind === 'all' || m.kind === 'here' || m.userId === myId);
}

export const countsFor = (message: Message, me: MyMembership): boolean =>
  message.author.id !== me.user.id && message.deletedAt === undefined && message.seq > me.readSeq;

/** Exact when everything after the read mark is loaded (`base` ≤ readSeq); otherwise undefined. */
export function deriveCounts(
  list: readonly Message[],
  base: number,
  me: MyMembership,
): { unread: number; mentions: number } | undefined {
  if (me.readSeq < base) return undefined;
  let unread = 0;
  let mentions = 0;
  for (let i = placeOf(list, me.readSeq + 1); i < list.length; i++) {
    const message = list[i] as Message;
    if (!countsFor(message, me)) continue;
    unread += 1;
    if (mentionsMe(message, me.user.id)) mentions += 1;
  }
  return { unread, mentions };
}

/** The same object when nothing changed. */
export function withCounts(me: MyMembership, counts: { unread: number; mentions: number }): MyMembership {
  return me.unread === counts.unread && me.mentions === counts.mentions ? me : { ...me, ...counts };
}
