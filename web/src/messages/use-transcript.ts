// What the transcript shows of a room: what was said to the room itself, wherever in its past the reader stands.
// Replies stand in their threads.
import type { ChatMessage, RoomHandle } from '@parley/client';
import { useEffect, useMemo } from 'react';
import { useStore } from '../session/use-client.ts';

export interface Transcript {
  messages: readonly ChatMessage[];
  hasMoreBefore: boolean;
  /** The newest message is not among them. */
  hasMoreAfter: boolean;
  loading: 'before' | 'after' | 'around' | undefined;
  /** Why the last page did not come. */
  failed: unknown;
  loadBefore(): void;
  loadAfter(): void;
  retry(): void;
}

export function useTranscript(room: RoomHandle): Transcript {
  const { history } = room;
  const { messages: all, hasMoreBefore, hasMoreAfter, loading, error } = useStore(history);
  const messages = useMemo(() => all.filter(({ threadId }) => threadId === undefined), [all]);
  // Who comes back to a room comes to its newest.
  useEffect(() => () => history.toNewest(), [history]);
  const may = loading === undefined && error === undefined;
  return {
    messages,
    hasMoreBefore,
    hasMoreAfter,
    loading,
    failed: error,
    loadBefore: () => {
      if (hasMoreBefore && may) void history.loadBefore();
    },
    loadAfter: () => {
      if (hasMoreAfter && may) void history.loadAfter();
    },
    retry: () => void history.loadBefore(),
  };
}
