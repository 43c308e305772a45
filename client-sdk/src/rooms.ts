// My rooms with their counts: the server's list, kept live by the rooms that are joined and by what I am told personally.
// Must never count anything itself: a joined room's own membership says it.
import type { Off, RoomSummary, Rooms, RoomsSnapshot } from './api.ts';
import { toParleyError } from './error.ts';
import type { Room } from './room.ts';
import type { TypedCall } from './room-messages.ts';
import { createStore } from './store.ts';
import type { Events, RoomListItem } from './wire.ts';

export interface RoomsList extends Rooms {
  /** A signal came; those about my rooms change the list. */
  told(name: string, payload: unknown): void;
  /** A joined room changed. */
  roomChanged(room: Room): void;
  /** Nothing of it is true for another user. */
  forget(): void;
}

export interface RoomsParts {
  call: TypedCall;
  /** Joins a room and returns its off. */
  join(roomId: string): Off;
  /** A room that is listened to right now, by id. */
  live(roomId: string): Room | undefined;
  /** Tells which id a slug stands for. */
  learn(slug: string, id: string): void;
}

const EMPTY: RoomsSnapshot = { status: 'idle', list: [], unread: 0, mentions: 0 };
/** Pages of 200 rooms; more than 20 would be a loop. */
const MAX_PAGES = 20;
/** Fetches of the list in a row, each because something changed during the one before. */
const MAX_FETCHES = 3;
/** The server lets one connection listen to 100 rooms; some are left for those that the application opens. */
const MAX_FOLLOWED = 80;

export function createRooms(parts: RoomsParts): RoomsList {
  const store = createStore<RoomsSnapshot>(EMPTY);
  let refreshing: Promise<readonly RoomSummary[]> | undefined;
  let generation = 0;
  let followers = 0;
  const followed = new Map<string, Off>();
  /** Room id → how far its log was at the newest signal about it: signals may overtake each other. */
  const toldAt = new Map<string, number>();
  /** Something was told while the list was being fetched, which may or may not be in it. */
  let stale = false;

  function publish(list: readonly RoomSummary[], status: RoomsSnapshot['status'], error?: unknown): void {
    store.set({
      status,
      list,
      unread: list.reduce((sum, room) => sum + room.unread, 0),
      mentions: list.reduce((sum, room) => sum + room.mentions, 0),
      ...(error === undefined ? {} : { error: toParleyError(error) }),
    });
    follow();
  }

  async function fetchAll(
    scope: 'mine' | 'public',
    options?: Parameters<TypedCall>[2],
  ): Promise<RoomListItem[]> {
    const all: RoomListItem[] = [];
    let cursor: string | undefined;
    for (let page = 0; page < MAX_PAGES; page++) {
      const input = { scope, limit: 200, ...(cursor === undefined ? {} : { cursor }) };
      const { data, nextCursor } = await parts.call('list_rooms', input, options);
      all.push(...data);
      if (nextCursor === undefined) break;
      cursor = nextCursor;
    }
    for (const { slug, id } of all) if (slug !== undefined) parts.learn(slug, id);
    return all;
  }

  async function refresh(options?: Parameters<TypedCall>[2]): Promise<readonly RoomSummary[]> {
    const mine = generation;
    if (store.getSnapshot().status !== 'ready') publish(store.getSnapshot().list, 'loading');
    try {
      let items: RoomListItem[] = [];
      for (let fetches = 0; fetches === 0 || (stale && fetches < MAX_FETCHES); fetches++) {
        stale = false;
        items = await fetchAll('mine', options);
      }
      if (mine === generation)
        publish(
          items.map((item) => withLive(summaryOf(item), parts.live(item.id))),
          'ready',
        );
    } catch (error) {
      if (mine === generation) publish(store.getSnapshot().list, 'error', error);
      throw error;
    }
    return store.getSnapshot().list;
  }

  /** Keeps the followed rooms equal to the list. */
  function follow(): void {
    const wanted = new Set(
      followers > 0
        ? store
            .getSnapshot()
            .list.slice(0, MAX_FOLLOWED)
            .map((room) => room.id)
        : [],
    );
    for (const id of wanted) if (!followed.has(id)) followed.set(id, parts.join(id));
    for (const [id, off] of [...followed]) {
      if (wanted.has(id)) continue;
      followed.delete(id);
      off();
    }
  }

  function applied(
    name: 'room_added' | 'room_removed' | 'room_changed',
    payload: unknown,
    list: readonly RoomSummary[],
  ): readonly RoomSummary[] {
    if (name === 'room_removed') {
      const { roomId } = payload as Events['room_removed'];
      return list.some((one) => one.id === roomId) ? list.filter((one) => one.id !== roomId) : list;
    }
    const { room } = payload as Events['room_added' | 'room_changed'];
    if (room.slug !== undefined) parts.learn(room.slug, room.id);
    const place = list.findIndex((one) => one.id === room.id);
    const old = list[place];
    if (name === 'room_added') {
      if (old !== undefined) return list;
      const after = list.findIndex((one) => one.id > room.id);
      const summary = withLive(summaryOf(room), parts.live(room.id));
      return list.toSpliced(after < 0 ? list.length : after, 0, summary);
    }
    // A room that is listened to knows better, from its log.
    if (old === undefined || parts.live(room.id) !== undefined) return list;
    const { role } = payload as Events['room_changed'];
    const me = old.me === undefined || role === undefined ? old.me : { ...old.me, role };
    const lastSeq = Math.max(old.lastSeq, room.lastSeq);
    return list.with(place, { ...old, ...room, lastSeq, ...(me === undefined ? {} : { me }) });
  }

  const rooms: RoomsList = {
    getSnapshot: store.getSnapshot,
    subscribe: store.subscribe,
    refresh(options) {
      refreshing ??= refresh(options).finally(() => {
        refreshing = undefined;
      });
      return refreshing;
    },
    follow() {
      followers += 1;
      follow();
      let on = true;
      return () => {
        if (on) followers -= 1;
        on = false;
        follow();
      };
    },
    async create(input, options) {
      const room = await parts.call('create_room', input, options);
      await rooms.refresh().catch(() => {});
      return room;
    },
    async openDirect(userIds, options) {
      const room = await parts.call('open_direct_room', { userIds }, options);
      await rooms.refresh().catch(() => {});
      return room;
    },
    listPublic: (options) => fetchAll('public', options),
    async quit(idOrSlug, options) {
      await parts.call('quit_room', { roomId: idOrSlug }, options);
      const { list, status } = store.getSnapshot();
      publish(
        list.filter((room) => room.id !== idOrSlug && room.slug !== idOrSlug),
        status,
      );
    },
    told(name, payload) {
      if (!(name === 'room_added' || name === 'room_removed' || name === 'room_changed')) return;
      const { roomId, at } = placeOf(name, payload);
      if (at < (toldAt.get(roomId) ?? 0)) return;
      toldAt.set(roomId, at);
      stale = true;
      const { list, status } = store.getSnapshot();
      if (status !== 'ready') return;
      const next = applied(name, payload, list);
      if (next !== list) publish(next, status);
    },
    roomChanged(room) {
      const { roomId } = room;
      const { list, status } = store.getSnapshot();
      if (roomId === undefined) return;
      const place = list.findIndex((one) => one.id === roomId);
      const { error, deleted, room: info, me } = room.handle.getSnapshot();
      const gone = deleted || error?.reason === 'not_a_member';
      if (gone && place >= 0) return publish(list.toSpliced(place, 1), status);
      if (gone || info === undefined || me === undefined || !room.wanted) return;
      const old = list[place];
      if (old === undefined) {
        // A room that is not in a list not fetched yet will be in it.
        if (status === 'ready') publish([...list, withLive(summaryOf({ ...info, me }), room)], status);
        return;
      }
      const next = withLive(old, room);
      if (next !== old) publish(list.with(place, next), status);
    },
    forget() {
      generation += 1;
      refreshing = undefined;
      toldAt.clear();
      store.set(EMPTY);
      follow();
    },
  };
  return rooms;
}

const summaryOf = (item: RoomListItem): RoomSummary => ({
  ...item,
  unread: item.me?.unread ?? 0,
  mentions: item.me?.mentions ?? 0,
});

/** The same object when nothing changed. */
function withLive(summary: RoomSummary, room: Room | undefined): RoomSummary {
  const { room: info, me, messages } = room?.handle.getSnapshot() ?? {};
  if (info === undefined || me === undefined) return summary;
  const last = messages?.findLast((message) => message.seq > 0);
  const same =
    summary.me === me &&
    summary.lastMessage === last &&
    summary.lastSeq === info.lastSeq &&
    sameInfo(summary, info);
  if (same) return summary;
  return {
    ...summary,
    ...info,
    me,
    unread: me.unread,
    mentions: me.mentions,
    ...(last === undefined ? {} : { lastMessage: last }),
  };
}

const sameInfo = (a: RoomListItem, b: RoomListItem): boolean =>
  a.name === b.name &&
  a.topic === b.topic &&
  a.visibility === b.visibility &&
  a.agentsAllowed === b.agentsAllowed &&
  a.agentsProactive === b.agentsProactive;

/** Which room a signal is about, and how far its log was. */
function placeOf(
  name: 'room_added' | 'room_removed' | 'room_changed',
  payload: unknown,
): { roomId: string; at: number } {
  if (name === 'room_removed') {
    const { roomId, lastSeq } = payload as Events['room_removed'];
    return { roomId, at: lastSeq };
  }
  const { roomId, room } = payload as Events['room_added' | 'room_changed'];
  return { roomId, at: room.lastSeq };
}
