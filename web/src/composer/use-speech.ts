// Whether one may write in a room now, in words, with the time until that changes. Must never stop a message by itself: the server
// does, and what is slowed down goes out later.
import type { RoomHandle } from '@parley/client';
import { useEffect, useMemo, useState } from 'react';
import { formatElapsed, formatWhen } from '../parts/times.ts';
import { type May, useMay } from '../room/use-can.ts';

export interface Speech {
  /** Why one cannot write at all. */
  blocked?: string;
  /** What holds for the next message. */
  notice?: string;
}

const FREE: Speech = {};
/** A countdown is shown for what ends that soon. */
const SOON_MS = 60 * 60_000;

export function useSpeech(room: RoomHandle): Speech {
  const may = useMay(room, 'message.send');
  // What is told as a span counts from the moment it was told.
  const ends = useMemo(() => endOf(may), [may]);
  const [now, setNow] = useState(() => Date.now());
  const counts = ends !== undefined && ends > now && ends - now < SOON_MS;
  useEffect(() => {
    if (ends === undefined) return;
    setNow(Date.now());
    if (!counts) return;
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, [ends, counts]);
  if (may === undefined || may.allowed) return FREE;
  const left = ends === undefined ? undefined : ends - now;
  switch (may.reason) {
    case 'slow_mode':
      return left === undefined || left <= 0
        ? FREE
        : { notice: `Slow mode: your next message goes out in ${formatElapsed(left + 999)}` };
    case 'muted':
      if (ends === undefined || left === undefined)
        return { blocked: 'You are muted here until a moderator ends it. You can still read.' };
      return {
        blocked:
          left < SOON_MS
            ? `You are muted here for another ${formatElapsed(Math.max(0, left) + 999)}`
            : `You are muted here until ${formatWhen(new Date(ends).toISOString())}`,
      };
    case 'room_rule':
      return { blocked: 'In this room only those who look after it write.' };
    case 'role':
      return { blocked: 'Your role in this room does not write. An owner can change that.' };
    default:
      return FREE;
  }
}

function endOf(may: May): number | undefined {
  if (may?.retryAfterMs !== undefined) return Date.now() + may.retryAfterMs;
  return may?.until === undefined ? undefined : Date.parse(may.until);
}
