// What I may do in a room as the server says, kept live while a room is open. Must never decide anything itself.
import type { Capability, ReplyOf, RoomHandle } from '@parley/client';
import { useEffect } from 'react';
import { usePart } from '../session/use-client.ts';

export type May = ReplyOf<'can'>['can'][Capability];

export function useFollowRights(room: RoomHandle): void {
  useEffect(() => room.rights.follow(), [room]);
}

/** Undefined until it is known. */
export const useMay = (room: RoomHandle, action: Capability): May =>
  usePart(room.rights, ({ can }) => can[action]);

export const useCan = (room: RoomHandle, action: Capability): boolean =>
  useMay(room, action)?.allowed === true;
