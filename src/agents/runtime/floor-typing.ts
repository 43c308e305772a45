// Who is typing in the rooms that agents listen to, as the room itself hears it. Signals may be lost: then nobody types. Must
// never keep more than so many rooms in mind, nor store anything.
import { LRUCache } from 'lru-cache';
import type { Bus } from '../../core/bus.ts';
import type { Clock } from '../../core/clock.ts';

/** Of the rooms where something was said, the latest. */
const MAX_ROOMS = 500;
/** However long a client says that somebody types. */
const LONGEST_MS = 10_000;

export interface Typing {
  /** Listens to a room from now on. */
  attend(roomId: string): void;
  /** He sent what he was typing. */
  sent(roomId: string, userId: string): void;
  /** Until when somebody types by the clock's elapsed time; a time that is over when he does not. */
  until(roomId: string, userId: string): number;
  /** Somebody beside these types. */
  isAnyone(roomId: string, besides: readonly string[]): boolean;
  /** Called with every change. */
  onChange(listener: (roomId: string, userId: string) => void): void;
  stop(): void;
}

export function createTyping({
  bus,
  clock,
}: {
  bus: Pick<Bus, 'subscribe'>;
  clock: Pick<Clock, 'elapsed'>;
}): Typing {
  const rooms = new LRUCache<string, { typists: Map<string, number>; unsubscribe: () => void }>({
    max: MAX_ROOMS,
    dispose: ({ unsubscribe }) => unsubscribe(),
  });
  const listeners: ((roomId: string, userId: string) => void)[] = [];

  function hear(roomId: string, typists: Map<string, number>, json: string): void {
    const { userId, on, expiresInMs } = JSON.parse(json) as {
      userId: string;
      on: boolean;
      expiresInMs: number;
    };
    if (on) typists.set(userId, clock.elapsed() + Math.min(expiresInMs, LONGEST_MS));
    else typists.delete(userId);
    for (const listener of listeners) listener(roomId, userId);
  }

  return {
    attend(roomId) {
      if (rooms.get(roomId) !== undefined) return;
      const typists = new Map<string, number>();
      const unsubscribe = bus.subscribe(`room:${roomId}`, (message) => {
        if (message.kind === 'signal' && message.type === 'typing') hear(roomId, typists, message.json);
      });
      rooms.set(roomId, { typists, unsubscribe });
    },
    sent: (roomId, userId) => void rooms.peek(roomId)?.typists.delete(userId),
    until: (roomId, userId) => rooms.peek(roomId)?.typists.get(userId) ?? Number.NEGATIVE_INFINITY,
    isAnyone(roomId, besides) {
      const now = clock.elapsed();
      const typists = rooms.peek(roomId)?.typists ?? new Map<string, number>();
      return [...typists].some(([userId, until]) => until > now && !besides.includes(userId));
    },
    onChange: (listener) => void listeners.push(listener),
    stop: () => rooms.clear(),
  };
}
