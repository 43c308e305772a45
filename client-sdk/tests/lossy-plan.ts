// What may happen in a bad hour, how often, and over which network.

const OPS = [
  ['post', 4],
  ['postReply', 3],
  ['postMention', 1],
  ['replyMention', 1],
  ['theirEdit', 2],
  ['theirDelete', 1],
  ['theirReaction', 2],
  ['theirPin', 1],
  ['send', 6],
  ['sendReply', 3],
  ['edit', 2],
  ['delete', 1],
  ['react', 2],
  ['unreact', 1],
  ['pin', 1],
  ['unpin', 1],
  ['read', 2],
  ['unread', 1],
  ['readThread', 1],
  ['followThread', 1],
  ['older', 2],
  ['olderReplies', 1],
  ['past', 1],
  ['pastPage', 2],
  ['run', 1],
  ['draft', 2],
  ['readInbox', 1],
  ['save', 1],
  ['cut', 2],
  ['restart', 1],
  ['expire', 1],
  ['reload', 1],
  ['longAway', 1],
  ['putOff', 1],
  ['ask', 1],
] as const;
export type Op = (typeof OPS)[number][0];
export const BAG: readonly Op[] = OPS.flatMap(([op, weight]) => Array.from({ length: weight }, () => op));

export const FAULTS = { drop: 0.1, duplicate: 0.1, min: 1, max: 300, reorder: true };
/** Nothing is lost: what is told in the log is shown in the end. */
export const OUT_OF_ORDER = { drop: 0, duplicate: 0.1, min: 1, max: 300, reorder: true };
/** As one connection to one node is: what is told besides the log is shown as well. */
export const SLOW = { drop: 0, duplicate: 0, min: 1, max: 300, reorder: false };
export const WELL = { drop: 0, duplicate: 0, min: 1, max: 5, reorder: false };
export const TOKEN_LIFE_S = 25;
