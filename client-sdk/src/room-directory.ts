// All room handles of a client by their keys, which slug is which id, and who hears which event.
// Must never create rooms or read what events mean beyond `roomId` and `seq`.
import type { Room } from './room.ts';
import type { LogEvent } from './wire.ts';

export interface Directory {
  get(key: string, create: () => Room): Room;
  all(): Room[];
  /** Handles on the room that goes by this id or slug. */
  allOf(key: string): Room[];
  /** One name for all keys of a room, as far as known. */
  canonical(key: string): string;
  same(a: string, b: string): boolean;
  learn(slug: string, id: string): void;
  /** A room may have got to know its id: what came for it early is delivered. */
  resolve(room: Room): void;
  deliver(name: string, payload: unknown): void;
}

/** Events for a room whose id is not known yet, while its join is on the way. */
const MAX_EARLY = 500;

export function createDirectory(): Directory {
  const rooms = new Map<string, Room>();
  const idOf = new Map<string, string>();
  let early: { name: string; payload: object; roomId: string }[] = [];

  const canonical = (key: string): string => idOf.get(key) ?? key;
  const same = (a: string, b: string): boolean => canonical(a) === canonical(b);
  const all = (): Room[] => [...rooms.values()];
  const allOf = (key: string): Room[] =>
    all().filter(
      (room) => same(room.handle.key, key) || (room.roomId !== undefined && room.roomId === canonical(key)),
    );
  const isUnknown = (room: Room): boolean =>
    room.wanted && room.roomId === undefined && !idOf.has(room.handle.key);

  return {
    canonical,
    same,
    all,
    allOf,
    get(key, create) {
      const known = rooms.get(key);
      if (known !== undefined) return known;
      const room = create();
      rooms.set(key, room);
      return room;
    },
    learn(slug, id) {
      idOf.set(slug, id);
    },
    resolve(room) {
      const { roomId } = room;
      if (roomId === undefined || idOf.get(room.handle.key) === roomId || room.handle.key === roomId) return;
      idOf.set(room.handle.key, roomId);
      const mine = early.filter((event) => event.roomId === roomId);
      early = all().some(isUnknown) ? early.filter((event) => event.roomId !== roomId) : [];
      for (const { name, payload } of mine) deliverTo(room, name, payload);
    },
    deliver(name, payload) {
      if (typeof payload !== 'object' || payload === null || !('roomId' in payload)) return;
      const roomId = String(payload.roomId);
      const known = allOf(roomId);
      for (const room of known) deliverTo(room, name, payload);
      // How the room stands for me is said by the join, and later than this.
      if (name === 'room_unread') return;
      if (known.length === 0 && early.length < MAX_EARLY && all().some(isUnknown))
        early.push({ name, payload, roomId });
    },
  };
}

/** A message is an entry whatever its event is called; `typing` and the like carry no seq. */
function deliverTo(room: Room, name: string, payload: object): void {
  if ('seq' in payload && typeof payload.seq === 'number')
    room.entry({ seq: payload.seq, type: name, payload: payload as LogEvent['payload'] });
  else room.signal(name, payload);
}
