// What I may do in a room, as the server says: asked while somebody follows, and again when something may have changed it.
// Keeps I35 of SPEC.md. Must never decide a right itself; it shows one, and the server decides.
import type { Rights, RightsSnapshot } from './api-room.ts';
import { backoff, REFETCH } from './backoff.ts';
import { toParleyError } from './error.ts';
import type { Clock, Timers } from './ports.ts';
import type { RoomContext, RoomPart } from './room-part.ts';
import { createStore, sameFields } from './store.ts';
import type { LogEvent, Message } from './wire.ts';

type May = NonNullable<RightsSnapshot['can'][keyof RightsSnapshot['can']]>;

/** A right that ends or begins at a time is asked for a moment after it. */
const AFTERWARDS_MS = 200;
/** Where our clock says that the time is over and the server's does not yet. */
const AGAIN_MS = 5000;
const MAX_WAIT_MS = 24 * 60 * 60 * 1000;

export function createRights(room: RoomContext & { clock: Clock; timers: Timers; random: () => number }): {
  api: Rights;
  part: RoomPart;
} {
  const store = createStore<RightsSnapshot>({ status: 'idle', can: {} });
  let followers = 0;
  let turn = 0;
  let failures = 0;
  let cancel = () => {};

  const wanted = () => followers > 0 && room.isLive();

  async function ask(): Promise<void> {
    if (!wanted()) return;
    const mine = ++turn;
    cancel();
    if (store.getSnapshot().status === 'idle') store.set({ status: 'loading', can: {} });
    try {
      const { can } = await room.call('can', { roomId: room.key });
      if (mine !== turn) return;
      failures = 0;
      show(can);
      plan(waitFor(Object.values(can), room.clock.now()));
    } catch (thrown) {
      const error = toParleyError(thrown);
      // A lost connection is followed by another, and that by another question.
      if (mine !== turn || error.code === 'disconnected') return;
      store.set({ ...store.getSnapshot(), status: 'error', error });
      if (!error.retryable) return;
      failures += 1;
      plan(backoff(REFETCH, failures, room.random, error.retryAfterMs));
    }
  }

  function plan(ms: number | undefined): void {
    if (ms !== undefined && wanted()) cancel = room.timers.after(ms, () => void ask());
  }

  /** What stayed as it was stays the same object, so that a button is drawn again only when its own right changes. */
  function show(can: RightsSnapshot['can']): void {
    const before = store.getSnapshot();
    const kept = Object.fromEntries(
      Object.entries(can).map(([action, may]) => {
        const old = before.can[action as keyof typeof can];
        return [action, old !== undefined && sameFields<May>(old, may) ? old : may];
      }),
    ) as RightsSnapshot['can'];
    const same = before.status === 'ready' && sameFields(before.can, kept);
    if (!same) store.set({ status: 'ready', can: kept });
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
    show() {
      if (!room.isLive()) cancel();
    },
    forget() {
      turn += 1;
      failures = 0;
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

/** Until the first right changes by itself, as far as the answer says. */
function waitFor(all: readonly May[], now: number): number | undefined {
  const waits = all.flatMap(({ retryAfterMs, until }) => {
    if (retryAfterMs !== undefined) return retryAfterMs + AFTERWARDS_MS;
    if (until === undefined) return [];
    const left = Date.parse(until) - now;
    return left < 0 ? AGAIN_MS : left + AFTERWARDS_MS;
  });
  return waits.length === 0 ? undefined : Math.min(...waits, MAX_WAIT_MS);
}
