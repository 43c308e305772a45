// What one room looks like, folded from its log entries. Pure. Keeps I7, I8 and I11 of SPEC.md.
// Must only be given entries in order and once: room-log.ts sees to that.
import { withAuthor } from './authors.ts';
import { changedSeq, withChanges } from './message-changes.ts';
import { findBySeq, placeOf, put } from './message-list.ts';
import { applySatellite, countReplies, keepMine, keepSatellites, targetOf, threadOf } from './satellites.ts';
import type { Streams } from './streams.ts';
import { dropStream } from './streams.ts';
import { countsFor, deriveCounts, mentionsMe, withCounts } from './unread.ts';
import type { JoinReply, LogEvent, Member, Message, MyMembership, RoomInfo } from './wire.ts';

export interface RoomData {
  readonly room: RoomInfo | undefined;
  readonly me: MyMembership | undefined;
  readonly members: readonly Member[];
  /** By seq; all messages after `base`, no holes. */
  readonly list: readonly Message[];
  /** Nothing at or below this seq is loaded. */
  readonly base: number;
  /** Entries up to here are applied. */
  readonly applied: number;
  /** Entries up to here are in the counts that the server gave with the join. */
  readonly countedTo: number;
  readonly deleted: boolean;
  /** I am no longer a member. */
  readonly evicted: boolean;
  readonly streams: Streams;
  readonly typing: Readonly<Record<string, number>>;
  /** Entries about messages that are not loaded, in order, kept while a page of history is on its way. */
  readonly late: readonly LogEvent[] | undefined;
  /** The list may be so long before its beginning is let go of: longer where it was paged back. */
  readonly most: number;
}

/** What is said live makes the list grow so far; then it is cut to its newest. */
export const MOST_LIVE = 1000;
const KEPT_LIVE = 500;

export const emptyRoom: RoomData = {
  room: undefined,
  me: undefined,
  members: [],
  list: [],
  base: 0,
  applied: 0,
  countedTo: 0,
  deleted: false,
  evicted: false,
  streams: {},
  typing: {},
  late: undefined,
  most: MOST_LIVE,
};

/** What a join tells besides entries. Call before applying its entries. */
export function applyJoin(data: RoomData, reply: JoinReply): RoomData {
  return {
    ...data,
    room: reply.room,
    me: reply.me,
    members: reply.members,
    countedTo: reply.lastSeq,
    deleted: false,
    evicted: false,
  };
}

export const resetList = (data: RoomData, base: number): RoomData => ({
  ...data,
  list: [],
  base,
  applied: base,
  most: MOST_LIVE,
  streams: {},
});

export function applyEntries(data: RoomData, entries: readonly LogEvent[]): RoomData {
  const draft: Draft = { ...data, list: [...data.list] };
  let touched = false;
  for (const entry of entries) touched = applyEntry(draft, entry) || touched;
  const answered = new Set(entries.flatMap((entry) => threadOf(entry) ?? []));
  if (answered.size > 0) countReplies(draft.list, answered);
  if (!touched) draft.list = data.list as Message[];
  const last = entries.at(-1)?.seq ?? data.applied;
  draft.applied = last;
  if (draft.room !== undefined && draft.room.lastSeq < last) draft.room = { ...draft.room, lastSeq: last };
  if (draft.me !== undefined) draft.me = withCounts(draft.me, derive(draft, draft.me) ?? draft.me);
  return draft;
}

type Draft = { -readonly [K in keyof RoomData]: RoomData[K] } & { list: Message[] };

/** True if the list changed. An entry of an unknown type changes nothing but is counted as applied. */
function applyEntry(draft: Draft, entry: LogEvent): boolean {
  const { seq, type, payload } = entry;
  const target = targetOf(entry);
  if (target !== undefined) return changeSatellite(draft, entry, target);
  switch (type) {
    case 'new_message':
    case 'agent_message':
      return addMessage(draft, payload as unknown as Message);
    case 'member_joined':
    case 'member_updated':
      return changeMember(draft, entry, payload.member as Member);
    case 'member_left':
      draft.members = draft.members.filter((member) => member.user.id !== payload.userId);
      if (draft.me?.user.id === payload.userId && seq > draft.countedTo) draft.evicted = true;
      return false;
    case 'room_updated':
      draft.room = payload.room as RoomInfo;
      draft.deleted ||= payload.deleted === true;
      return false;
    default:
      // message_updated, message_deleted, and whatever else says how a message stands now.
      return changedSeq(entry) === undefined ? false : changeMessage(draft, entry);
  }
}

/** Slow mode was ended, or I look after the room now, whom it never holds up. Call with the entries applied. */
export const easesSlowMode = ({ room, me }: RoomData, entries: readonly LogEvent[]): boolean =>
  entries.some(({ type, payload }) => {
    if (type === 'room_updated') return room?.slowModeSeconds === undefined;
    if (type !== 'member_updated' || me === undefined || me.role === 'member') return false;
    return (payload.member as Member).user.id === me.user.id;
  });

function addMessage(draft: Draft, message: Message): boolean {
  const known = findBySeq(draft.list, message.seq);
  const me = draft.me;
  if (known === undefined && me !== undefined && message.seq > draft.countedTo && countsFor(message, me))
    draft.me = addCounts(me, message, 1);
  draft.streams = dropStream(draft.streams, message.id);
  if (message.author.id in draft.typing) {
    const { [message.author.id]: _, ...others } = draft.typing;
    draft.typing = others;
  }
  return put(draft.list, keepMine(known, message));
}

function changeMember(draft: Draft, entry: LogEvent, member: Member): boolean {
  draft.members = withMember(draft.members, member);
  adoptRole(draft, member);
  if (draft.late !== undefined) draft.late = [...draft.late, entry];
  const before = draft.list;
  draft.list = withAuthor(before, member.user) as Message[];
  return draft.list !== before;
}

function changeSatellite(draft: Draft, entry: LogEvent, target: number): boolean {
  const place = placeOf(draft.list, target);
  const known = draft.list[place];
  if (known?.seq !== target) {
    if (draft.late !== undefined) draft.late = [...draft.late, entry];
    return false;
  }
  draft.list[place] = applySatellite(known, entry, draft.me?.user.id);
  return true;
}

function changeMessage(draft: Draft, entry: LogEvent): boolean {
  const { seq } = entry;
  const message = entry.payload.message as Message;
  const known = findBySeq(draft.list, message.seq);
  if (known === undefined) {
    if (draft.late !== undefined) draft.late = [...draft.late, entry];
    return false;
  }
  const me = draft.me;
  const vanishes = known.deletedAt === undefined && message.deletedAt !== undefined;
  if (vanishes && me !== undefined && seq > draft.countedTo && countsFor(known, me))
    draft.me = addCounts(me, known, -1);
  return put(draft.list, keepMine(known, message));
}

const addCounts = (me: MyMembership, message: Message, by: 1 | -1): MyMembership => ({
  ...me,
  unread: Math.max(0, me.unread + by),
  mentions: Math.max(0, me.mentions + (mentionsMe(message, me.user.id) ? by : 0)),
});

/** Counts that can be derived are derived; the rest are the server's, moved by what came since. */
const derive = (data: RoomData, me: MyMembership): { unread: number; mentions: number } | undefined =>
  data.applied < data.countedTo ? undefined : deriveCounts(data.list, data.base, me);

/** Moves my read mark forward, never back, and ends being marked unread; `counts` are the server's, for when they cannot be derived. */
export function applyRead(
  data: RoomData,
  readSeq: number,
  counts?: { unread: number; mentions: number },
): RoomData {
  if (data.me === undefined || readSeq < data.me.readSeq) return data;
  const { unreadFrom, ...rest } = data.me;
  const moved = readSeq === data.me.readSeq && unreadFrom === undefined ? data.me : { ...rest, readSeq };
  const derived = derive(data, moved) ?? counts;
  const me = derived === undefined ? moved : withCounts(moved, derived);
  return me === data.me ? data : { ...data, me };
}

/** I marked the room unread: the server says from where. */
export function applyUnread(data: RoomData, me: MyMembership): RoomData {
  if (data.me === undefined || data.me.user.id !== me.user.id) return data;
  return { ...data, me: withCounts(me, derive(data, me) ?? me) };
}

/** Adds a page of history before `base`. `end`: the server has nothing older. */
export function prependPage(data: RoomData, page: readonly Message[], end: boolean): RoomData {
  const older = withChanges(
    page.filter((message) => message.seq <= data.base),
    data.late ?? [],
    data.me?.user.id,
  );
  const first = older[0];
  const base = end ? 0 : first === undefined ? data.base : Math.min(data.base, first.seq - 1);
  const list = [...older, ...data.list];
  return { ...data, list, base, late: undefined, most: Math.max(MOST_LIVE, list.length + KEPT_LIVE) };
}

/** How many messages at the beginning of the list are too many; none while a page that leads up to it is on its way. */
export const surplusOf = ({ list, most, late }: RoomData): number =>
  late !== undefined || list.length <= most ? 0 : list.length - KEPT_LIVE;

/** Lets go of the first so many messages: they can be paged to again. */
export function cutList(data: RoomData, count: number): RoomData {
  const list = data.list.slice(count);
  const first = list[0];
  return first === undefined ? data : { ...data, list, base: first.seq - 1, most: MOST_LIVE };
}

/** A message as an answer to a call of mine (edit, delete) gives it; the entry will follow. */
export function adoptAnswer(data: RoomData, message: Message): RoomData {
  const known = findBySeq(data.list, message.seq);
  if (known === undefined) return data;
  const list = [...data.list];
  return put(list, keepSatellites(known, message)) ? { ...data, list } : data;
}

function withMember(members: readonly Member[], member: Member): readonly Member[] {
  const place = members.findIndex((one) => one.user.id === member.user.id);
  return place < 0 ? [...members, member] : members.with(place, member);
}

function adoptRole(draft: Draft, member: Member): void {
  if (draft.me?.user.id === member.user.id) draft.me = { ...draft.me, user: member.user, role: member.role };
}
