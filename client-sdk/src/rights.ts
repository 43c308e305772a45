// What I may do in a room, as the server says: asked while somebody follows, and again when something may have changed it.
// Must never decide a right itself; it shows one, and the server decides.
import type { Rights, RightsSnapshot } from './api-room.ts';
import { toParleyError } from './error.ts';
import type { Clock, Timers } from './ports.ts';
import type { RoomContext, RoomPart } from './room-part.ts';
import { createStore } from './store.ts';
import type { LogEvent, Message } from './wire.ts';

/** A right that ends or begins at a time is asked for a moment after it. */
const AFTERWARDS_MS = 200;

export function createRights(room: RoomContext & { clock: Clock; timers: Timers }): {
  api: Rights;
  part: RoomPart;
} {
  const store = createStore<RightsSnapshot>({ status: 'idle', can: {} });
  let followers = 0;
  let turn = 0;
  let cancel = () => {};

  async function ask(): Promise<void> {
    if (followers === 0 || !room.isLive()) return;
    const mine = ++turn;
    cancel();
    if (store.getSnapshot().status === 'idle') store.set({ status: 'loading', can: {} });
    try {
      const { can } = await room.call('can', { roomId: room.key });
      if (mine !== turn) return;
      store.set({ status: 'ready', can });
      const now = room.clock.now();
      const waits = Object.values(can).flatMap((may) => {
        if (may?.retryAfterMs !== undefined) return may.retryAfterMs;
        return may?.until === undefined ? [] : Date.parse(may.until) - now;
      });
      const soonest = Math.min(...waits.filter((ms) => ms >= 0 && ms < 2 ** 31 - 1000));
      if (Number.isFinite(soonest)) cancel = room.timers.after(soonest + AFTERWARDS_MS, () => void ask());
    } catch (thrown) {
      const error = toParleyError(thrown);
      // A lost connection is followed by another, and that by another question.
      if (mine === turn && error.code !== 'disconnected')
        store.set({ ...store.getSnapshot(), status: 'error', error });
    }
  }

  /** Roles and rules change by entries; slow mode begins with a message of mine. */
  function concerns({ type, payload }: LogEvent): boolean {
    const myId = room.state().me?.user.id;
    if (type === 'room_updated') return true;
    if (type === 'member_updated' || type === 'member_joined')
      return (payload as { member?: { user: { id: string } } }).member?.user.id === myId;
    return type === 'new_message' && (payload as unknown as Message).author.id === myId;
  }

  const part: RoomPart = {
    entries(entries) {
      if (entries.some(concerns)) void ask();
    },
    live: () => void ask(),
    reset: () => {},
    signal: () => {},
    show: () => {},
    forget() {
      turn += 1;
      cancel();
      store.set({ status: 'idle', can: {} });
    },
  };
  const api: Rights = {
    subscribe: store.subscribe,
    getSnapshot: store.getSnapshot,
    follow() {
      followers += 1;
      const leave = room.join();
      if (followers === 1) void ask();
      let released = false;
      return () => {
        if (released) return;
        released = true;
        followers -= 1;
        if (followers === 0) cancel();
        leave();
      };
    },
  };
  return { api, part };
}
