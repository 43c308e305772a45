// Moves a thread's read mark while its newest reply is really before the reader's eyes.
import type { ThreadHandle } from '@parley/client';
import { useEffect } from 'react';
import { usePart } from '../session/use-client.ts';

export function useReadWhileSeen(thread: ThreadHandle, seen: boolean): void {
  const newest = usePart(thread, ({ replies }) => replies.reduce((most, { seq }) => Math.max(most, seq), 0));
  const unread = usePart(thread, (snapshot) => snapshot.unread);
  useEffect(() => {
    if (!seen || newest === 0 || unread === 0) return;
    const mark = () => {
      if (document.visibilityState !== 'visible' || !document.hasFocus()) return;
      // A mark that is lost is made again with the next reply or visit.
      void thread.markRead(newest).catch(() => {});
    };
    mark();
    globalThis.addEventListener('focus', mark);
    document.addEventListener('visibilitychange', mark);
    return () => {
      globalThis.removeEventListener('focus', mark);
      document.removeEventListener('visibilitychange', mark);
    };
  }, [thread, seen, newest, unread]);
}
