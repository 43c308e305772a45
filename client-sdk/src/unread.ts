// Unread and mention counts, derived from what is loaded. Pure. Counts as the server does:
// messages by others after the read mark, or from where the room was marked unread, that are not deleted.
import { placeOf } from './message-list.ts';
import type { Message, MyMembership } from './wire.ts';

export function mentionsMe(message: Message, myId: string): boolean {
  return message.mentions.some((m) => m.kind === 'all' || m.userId === myId || m.userIds?.includes(myId));
}

/** Everything above is unread. */
export const readUpTo = ({ readSeq, unreadFrom }: MyMembership): number =>
  unreadFrom === undefined ? readSeq : Math.min(readSeq, unreadFrom - 1);

export const countsFor = (message: Message, me: MyMembership): boolean =>
  message.author.id !== me.user.id && message.deletedAt === undefined && message.seq > readUpTo(me);

/** Exact when everything that may be unread is loaded; otherwise undefined. */
export function deriveCounts(
  list: readonly Message[],
  base: number,
  me: MyMembership,
): { unread: number; mentions: number } | undefined {
  const read = readUpTo(me);
  if (read < base) return undefined;
  let unread = 0;
  let mentions = 0;
  for (let i = placeOf(list, read + 1); i < list.length; i++) {
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
