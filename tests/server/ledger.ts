// What a person should see counted and found, worked out from the log of rooms and from what they marked themselves, with rules written
// down here once more. Must never use the product's own counting.
import type { LogEntry } from '../../src/core/bus.ts';
import type { Answer } from '../support/surfaces.ts';

interface Said {
  id: string;
  seq: number;
  roomId: string;
  author: string;
  body: string;
  threadId: string | undefined;
  deleted: boolean;
  /** By name, of those who were members when it was written. */
  named: Set<string>;
  all: boolean;
  /** Of everyone, or of those who are there, where nobody is. */
  mentions: boolean;
}

interface Membership {
  role: 'owner' | 'admin' | 'member';
  readSeq: number;
  unreadFrom: number | undefined;
  level: 'all' | 'mentions' | 'none';
  muted: boolean;
}

interface Place {
  kind: 'channel' | 'group';
  lastSeq: number;
  members: Map<string, Membership>;
}

interface ThreadMark {
  readSeq: number;
  following?: boolean;
}

/** @param handles of all people, with their ids */
export function createLedger(handles: Map<string, string>) {
  const places = new Map<string, Place>();
  const said = new Map<string, Said>();
  const marks = new Map<string, ThreadMark>();
  const inboxes = new Map<string, { messageId: string; kind: string; read: boolean }[]>();
  const place = (roomId: string) => places.get(roomId) as Place;
  const markOf = (rootId: string, user: string): ThreadMark => {
    const name = `${rootId} ${user}`;
    const mark = marks.get(name) ?? { readSeq: 0 };
    marks.set(name, mark);
    return mark;
  };
  const inboxOf = (user: string) => inboxes.get(user) ?? inboxes.set(user, []).get(user) ?? [];

  function mentionsIn(at: Place, author: string, body: string): Pick<Said, 'named' | 'all' | 'mentions'> {
    const words = body.split(' ').filter((word) => word.startsWith('@'));
    const mayAll = at.kind === 'group' || at.members.get(author)?.role !== 'member';
    const ids = words.flatMap((word) => handles.get(word.slice(1)) ?? []);
    const named = new Set(ids.filter((id) => at.members.has(id)));
    const all = mayAll && words.includes('@all');
    return { named, all, mentions: named.size > 0 || all || (mayAll && words.includes('@here')) };
  }

  const concerns = (one: Said, user: string) => one.all || one.named.has(user);

  function follows(rootId: string, user: string): boolean {
    const chosen = markOf(rootId, user).following;
    if (chosen !== undefined) return chosen;
    const root = said.get(rootId);
    const replies = [...said.values()].filter((one) => one.threadId === rootId && !one.deleted);
    if (root?.author === user || root?.named.has(user)) return true;
    return replies.some((one) => one.author === user || one.named.has(user));
  }

  /** Into whose inbox it comes, now that it was said. */
  function notify(one: Said): void {
    for (const [user, { level, muted }] of place(one.roomId).members) {
      if (user === one.author || muted || level === 'none') continue;
      const kind = concerns(one, user)
        ? 'mention'
        : one.threadId !== undefined && follows(one.threadId, user)
          ? 'reply'
          : 'message';
      if (kind !== 'message' || level === 'all') inboxOf(user).push({ messageId: one.id, kind, read: false });
    }
  }

  function enter(roomId: string, { seq, type, json }: LogEntry): void {
    const p = JSON.parse(json) as Answer;
    const at = place(roomId);
    at.lastSeq = seq;
    if (type === 'member_joined')
      at.members.set(p.member.user.id, {
        role: p.member.role,
        readSeq: seq - 1,
        unreadFrom: undefined,
        level: 'mentions',
        muted: false,
      });
    else if (type === 'member_left') at.members.delete(p.userId);
    else if (type === 'member_updated') {
      const member = at.members.get(p.member.user.id);
      if (member !== undefined) member.role = p.member.role;
    } else if (type === 'new_message') {
      const one: Said = {
        id: p.id,
        seq,
        roomId,
        author: p.author.id,
        body: p.body,
        threadId: p.threadId,
        deleted: false,
        ...mentionsIn(at, p.author.id, p.body),
      };
      said.set(one.id, one);
      notify(one);
    } else if (type === 'message_updated') {
      const one = said.get(p.message.id) as Said;
      Object.assign(one, { body: p.message.body }, mentionsIn(at, one.author, p.message.body));
    } else if (type === 'message_deleted') {
      const one = said.get(p.messageId) as Said;
      Object.assign(one, { body: '', deleted: true, named: new Set(), all: false, mentions: false });
    } else throw new Error(`What ${type} means for counts is not written down here.`);
  }

  const standing = () => [...said.values()].filter((one) => !one.deleted);
  const readable = (user: string) => standing().filter((one) => place(one.roomId).members.has(user));
  const countOf = (some: Said[], user: string) => ({
    unread: some.length,
    mentions: some.filter((one) => concerns(one, user)).length,
  });

  return {
    add: (roomId: string, kind: Place['kind']) =>
      void places.set(roomId, { kind, lastSeq: 0, members: new Map() }),
    lastSeq: (roomId: string): number => place(roomId).lastSeq,
    isMember: (roomId: string, user: string): boolean => place(roomId).members.has(user),
    messages: () => [...said.values()],
    enter,

    // ——— what people marked ———
    readRoom(roomId: string, user: string, seq: number): void {
      const me = place(roomId).members.get(user) as Membership;
      me.readSeq = Math.max(me.readSeq, Math.min(seq, place(roomId).lastSeq));
      me.unreadFrom = undefined;
    },
    unreadFrom(messageId: string, user: string): void {
      const { roomId, seq } = said.get(messageId) as Said;
      (place(roomId).members.get(user) as Membership).unreadFrom = seq;
    },
    readThread(messageId: string, user: string, seq: number): void {
      const { id, roomId, threadId } = said.get(messageId) as Said;
      const mark = markOf(threadId ?? id, user);
      mark.readSeq = Math.max(mark.readSeq, Math.min(seq, place(roomId).lastSeq));
    },
    follow(messageId: string, user: string, following: boolean): void {
      const { id, threadId } = said.get(messageId) as Said;
      markOf(threadId ?? id, user).following = following;
    },
    setLevel: (roomId: string, user: string, set: Partial<Pick<Membership, 'level' | 'muted'>>) =>
      void Object.assign(place(roomId).members.get(user) as Membership, set),
    readInbox(user: string): void {
      for (const one of inboxOf(user)) one.read = true;
    },
    unreadNotification(messageId: string, user: string): void {
      for (const one of inboxOf(user)) if (one.messageId === messageId) one.read = false;
    },

    // ——— what they should see ———
    room(roomId: string, user: string) {
      const { readSeq, unreadFrom = Infinity } = place(roomId).members.get(user) as Membership;
      const from = Math.min(readSeq, unreadFrom - 1);
      const newer = standing().filter(
        (one) => one.roomId === roomId && one.seq > from && one.author !== user,
      );
      return countOf(newer, user);
    },
    /** By the message that it hangs on. */
    threads(roomId: string, user: string) {
      const roots = [...said.values()].filter((one) => one.roomId === roomId);
      return new Map(
        roots.flatMap((root) => {
          const replies = standing().filter((one) => one.threadId === root.id);
          if (replies.length === 0) return [];
          const newer = replies.filter(
            (one) => one.seq > markOf(root.id, user).readSeq && one.author !== user,
          );
          return [[root.id, { ...countOf(newer, user), following: follows(root.id, user) }] as const];
        }),
      );
    },
    inbox(user: string) {
      const ids = new Set(readable(user).map(({ id }) => id));
      return inboxOf(user).filter(({ messageId }) => ids.has(messageId));
    },
    found: (user: string, holds: (one: Said) => boolean) =>
      readable(user)
        .filter(holds)
        .map(({ id }) => id)
        .sort(),
  };
}
