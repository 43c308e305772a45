// What the transcript shows of a room: what was said to the room itself. Replies stand in their threads.
import type { ChatMessage, RoomHandle } from '@parley/client';
import { useCallback, useMemo, useState } from 'react';
import { usePart } from '../session/use-client.ts';

export interface Transcript {
  messages: readonly ChatMessage[];
  hasMoreBefore: boolean;
  /** The newest message is not among them. */
  hasMoreAfter: boolean;
  loading: boolean;
  /** Why the last page did not come. */
  failed: unknown;
  loadBefore(): void;
  loadAfter(): void;
  retry(): void;
}

export function useTranscript(room: RoomHandle): Transcript {
  const all = usePart(room, (snapshot) => snapshot.messages);
  const hasMoreBefore = usePart(room, (snapshot) => snapshot.hasMoreBefore);
  const loading = usePart(room, (snapshot) => snapshot.loadingBefore);
  const [failed, setFailed] = useState<unknown>();
  const messages = useMemo(() => all.filter(({ threadId }) => threadId === undefined), [all]);
  const retry = useCallback(() => {
    setFailed(undefined);
    room.messages.loadBefore(100).catch(setFailed);
  }, [room]);
  return {
    messages,
    hasMoreBefore,
    hasMoreAfter: false,
    loading,
    failed,
    loadBefore: () => {
      if (hasMoreBefore && !loading && failed === undefined) retry();
    },
    loadAfter: () => {},
    retry,
  };
}
