// What I may do in a room, from my role in it and how it is set.
import type { RoomHandle } from '@parley/client';
import { useMemo } from 'react';
import type { Rights } from '../messages/message-commands.tsx';
import { usePart } from '../session/use-client.ts';

export function useRights(room: RoomHandle): Rights {
  const role = usePart(room, (snapshot) => snapshot.me?.role);
  const kind = usePart(room, (snapshot) => snapshot.room?.kind);
  const mode = usePart(room, (snapshot) => snapshot.room?.reactionMode);
  return useMemo(() => {
    const moderates = role === 'owner' || role === 'admin';
    return {
      moderates,
      pins: moderates || (kind === 'direct' && role !== undefined),
      everyone: role !== undefined && (moderates || kind !== 'channel'),
      reacts: role !== undefined && mode !== 'off',
    };
  }, [role, kind, mode]);
}
