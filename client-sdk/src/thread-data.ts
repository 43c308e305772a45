// One thread, folded from pages of the server and the room's own list. Pure. Keeps I22–I24 of SPEC.md.
// Must never show replies with a hole between them.
import type { ChatMessage } from './api.ts';
import { changedSeq, mayChange, withChanges } from './message-changes.ts';
import { placeOf } from './message-list.ts';
import { countReplies, threadOf } from './satellites.ts';
import { mentionsMe } from './unread.ts';
import type { LogEvent, Message, MyThread } from './wire.ts';

export interface ThreadData {
  /** The first message, while the room's list does not have it. */
  readonly root: Message | undefined;
  /** Replies that were fetched, by seq; between the first of them and the room's list none is missing. */
  readonly older: readonly Message[];
  /** The server has none before `older`. */
  readonly complete: boolean;
  /** How the server says it stands for me, counted up to `countedTo`. */
  readonly me: MyThread | undefined;
  readonly countedTo: number;
  /** Entries kept while a page is on its way. */
  readonly late: readonly LogEvent[] | undefined;
}

export const emptyThread: ThreadData = {
  root: undefined,
  older: [],
  complete: false,
  me: undefined,
  countedTo: 0,
  late: undefined,
};

export interface ThreadPage {
  root: Message;
  data: readonly Message[];
  hasMoreBefore: boolean;
  me?: MyThread | undefined;
}

/** Adds a page: the newest replies, or those before the ones that are known. `base`: where the room's list begins. */
export function addPage(
  data: ThreadData,
  page: ThreadPage,
  base: number,
  myId: string | undefined,
): ThreadData {
  const late = data.late ?? [];
  const [root] = withChanges([page.root], late, myId);
  const counted = late.filter(
    (entry) => !page.data.some((reply) => reply.deletedAt !== undefined && reply.seq === changedSeq(entry)),
  );
  const fresh = page.data.filter(
    (reply) => reply.seq <= base && reply.seq < (data.older[0]?.seq ?? Infinity),
  );
  const older = withChanges(fresh, late, myId);
  return {
    ...data,
    root: countedRoot(root as Message, counted),
    older: [...older, ...data.older],
    complete: !page.hasMoreBefore,
    late: undefined,
  };
}

/** Keeps what the room's list lets go of: of a thread that is known no reply may be missing. */
export function takeOver(data: ThreadData, gone: readonly Message[], rootId: string): ThreadData {
  if (data.root === undefined) return data;
  const from = gone[0]?.seq ?? Infinity;
  const root = gone.find(({ id }) => id === rootId);
  const older = [
    ...data.older.filter(({ seq }) => seq < from),
    ...gone.filter(({ threadId }) => threadId === rootId),
  ];
  // The list that had the first message had all replies.
  return { ...data, root: root ?? data.root, older, complete: data.complete || root !== undefined };
}

/** How the thread stands for me, as the server says. My read mark never moves back. */
export function adoptMe(data: ThreadData, me: MyThread, countedTo: number): ThreadData {
  const readSeq = Math.max(me.readSeq, data.me?.readSeq ?? 0);
  return { ...data, me: { ...me, readSeq }, countedTo };
}

/** I read up to `seq`: shown before the server says it. */
export function readThread(data: ThreadData, seq: number): ThreadData {
  const { me, countedTo } = data;
  if (me === undefined || seq <= me.readSeq) return data;
  const counts = seq >= countedTo ? { unread: 0, mentions: 0 } : {};
  return { ...data, me: { ...me, ...counts, readSeq: seq } };
}

export function applyToThread(
  data: ThreadData,
  entries: readonly LogEvent[],
  rootId: string,
  myId: string | undefined,
): ThreadData {
  const about = entries.filter((entry) => mayChange(entry) || threadOf(entry) === rootId);
  if (about.length === 0) return data;
  const late = data.late === undefined ? undefined : [...data.late, ...about];
  const older = withChanges(data.older, about, myId);
  const [changed] = data.root === undefined ? [] : withChanges([data.root], about, myId);
  const root =
    changed === undefined
      ? undefined
      : countedRoot(
          changed,
          about.filter((entry) => threadOf(entry) === rootId),
        );
  return late === data.late && older === data.older && root === data.root
    ? data
    : { ...data, late, older, root };
}

/** The count of replies as entries move it, where the room's list does not have the first message and cannot count. */
export function countedRoot(root: Message, entries: readonly LogEvent[]): Message {
  let { thread } = root;
  for (const entry of entries) {
    if (threadOf(entry) !== root.id) continue;
    if (entry.type === 'message_deleted') {
      if (thread === undefined) continue;
      thread = thread.replies > 1 ? { ...thread, replies: thread.replies - 1 } : undefined;
    } else if (entry.seq > (thread?.lastReplySeq ?? 0)) {
      const { createdAt } = entry.payload as unknown as Message;
      thread = { replies: (thread?.replies ?? 0) + 1, lastReplySeq: entry.seq, lastReplyAt: createdAt };
    }
  }
  if (thread === root.thread) return root;
  const { thread: _, ...rest } = root;
  return thread === undefined ? rest : { ...rest, thread };
}

export interface ThreadView {
  root: ChatMessage | undefined;
  replies: readonly ChatMessage[];
  hasMoreBefore: boolean;
  unread: number;
  mentions: number;
}

/**
 * @param list the room's confirmed messages, all after `base`
 * @param rest what the room shows after them: my own that are ahead of the log, or not confirmed
 */
export function viewThread(
  data: ThreadData,
  room: { list: readonly Message[]; base: number; rest: readonly ChatMessage[] },
  rootId: string,
  myId: string | undefined,
): ThreadView {
  const { list, base, rest } = room;
  const listed =
    data.root === undefined
      ? list.find((message) => message.id === rootId)
      : data.root.seq > base
        ? list[placeOf(list, data.root.seq)]
        : undefined;
  const root = listed ?? data.root;
  const isMine = (message: Message) => message.threadId === rootId;
  const later = (root === undefined ? list : list.slice(placeOf(list, root.seq))).filter(isMine);
  const older = data.older.filter((reply) => reply.seq <= base);
  const confirmed = [...older, ...later];
  // The room's list reaches back to the first message: then it has all replies.
  const complete = data.complete || listed !== undefined;
  const covered = complete ? 0 : (older[0]?.seq ?? base + 1) - 1;
  return {
    root: listed ?? (complete && root !== undefined ? recounted(root, confirmed) : root),
    replies: [...confirmed, ...rest.filter(isMine)],
    hasMoreBefore: !complete,
    ...countsOf(data, confirmed, covered, myId),
  };
}

function recounted(root: Message, replies: readonly Message[]): Message {
  const list = [root, ...replies];
  countReplies(list, new Set([root.id]));
  const { thread } = list[0] as Message;
  return thread?.replies === root.thread?.replies && thread?.lastReplySeq === root.thread?.lastReplySeq
    ? root
    : (list[0] as Message);
}

/** Counted where everything that may be unread is loaded; else the server's count, moved by what came since. */
function countsOf(
  { me, countedTo }: ThreadData,
  replies: readonly Message[],
  covered: number,
  myId: string | undefined,
): { unread: number; mentions: number } {
  if (me === undefined) return { unread: 0, mentions: 0 };
  const exact = me.readSeq >= covered;
  const from = exact ? me.readSeq : Math.max(me.readSeq, countedTo);
  const newer = replies.filter(
    (reply) => reply.seq > from && reply.author.id !== myId && reply.deletedAt === undefined,
  );
  const mentioned = newer.filter((reply) => myId !== undefined && mentionsMe(reply, myId));
  return {
    unread: newer.length + (exact ? 0 : me.unread),
    mentions: mentioned.length + (exact ? 0 : me.mentions),
  };
}
