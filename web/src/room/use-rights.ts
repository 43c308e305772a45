// What I may do with the messages of a room: as the server says, and by my role until it has said so.
import type { Capability, RoomHandle } from '@parley/client';
import { useMemo } from 'react';
import type { Rights } from '../messages/message-commands.tsx';
import { usePart } from '../session/use-client.ts';
import { useFollowRights } from './use-can.ts';

export function useRights(room: RoomHandle): Rights {
  useFollowRights(room);
  const can = usePart(room.rights, (snapshot) => snapshot.can);
  const role = usePart(room, (snapshot) => snapshot.me?.role);
  const kind = usePart(room, (snapshot) => snapshot.room?.kind);
  const mode = usePart(room, (snapshot) => snapshot.room?.reactionMode);
  return useMemo(() => {
    const moderates = role === 'owner' || role === 'admin';
    const may = (action: Capability, usual: boolean): boolean => can[action]?.allowed ?? usual;
    return {
      moderates: may('message.delete_any', moderates),
      versions: may('message.versions', moderates),
      pins: may('message.pin', moderates) || (kind === 'direct' && role !== undefined),
      everyone: may('mention.everyone', role !== undefined && (moderates || kind !== 'channel')),
      reacts: may('message.react', role !== undefined) && mode !== 'off',
      acts: may('moderation.act', false),
    };
  }, [can, role, kind, mode]);
}
