// Speaks about the open room at boundaries: someone starts replying, a message has come, one failed to go.
import type { RoomHandle } from '@parley/client';
import { useEffect } from 'react';
import { useAnnounce } from '../parts/announcer.tsx';
import { whatToSay } from './announcements.ts';

export function useRoomAnnouncements(room: RoomHandle, myId: string): void {
  const announce = useAnnounce();
  useEffect(() => {
    let before = room.getSnapshot();
    return room.subscribe(() => {
      const now = room.getSnapshot();
      const words = whatToSay(before, now, myId);
      before = now;
      if (words.length > 0) announce(words.join('. '));
    });
  }, [room, myId, announce]);
}
