// Moves the read mark while the newest message is really before the reader's eyes.
import type { RoomHandle } from '@parley/client';
import { useEffect } from 'react';
import { usePart } from '../session/use-client.ts';

export function useMarkRead(room: RoomHandle, atBottom: boolean): void {
  const lastSeq = usePart(room, (snapshot) => (snapshot.status === 'live' ? snapshot.lastSeq : 0));
  useEffect(() => {
    if (!atBottom || lastSeq === 0) return;
    const mark = () => {
      if (document.visibilityState !== 'visible' || !document.hasFocus()) return;
      // A mark that is lost is made again with the next message or visit.
      void room.markRead(lastSeq).catch(() => {});
    };
    mark();
    globalThis.addEventListener('focus', mark);
    document.addEventListener('visibilitychange', mark);
    return () => {
      globalThis.removeEventListener('focus', mark);
      document.removeEventListener('visibilitychange', mark);
    };
  }, [room, atBottom, lastSeq]);
}
