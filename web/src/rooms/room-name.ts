// What a room is called here: its own name, or for a direct room the others in it.
import type { Member, RoomHandle, RoomInfo, User } from '@parley/client';
import { usePart } from '../session/use-client.ts';

export function roomName(room: RoomInfo | undefined, members: readonly Member[], myId: string): string {
  if (room === undefined) return 'Room';
  if (room.kind !== 'direct') return room.name;
  const others = members.filter(({ user }) => user.id !== myId).map(({ user }) => user.name);
  return others.length > 0 ? others.join(', ') : room.name || 'Direct room';
}

/** The one other of a direct room of two. */
export function partner(
  room: RoomInfo | undefined,
  members: readonly Member[],
  myId: string,
): User | undefined {
  if (room?.kind !== 'direct') return undefined;
  const others = members.filter(({ user }) => user.id !== myId);
  return others.length === 1 ? others[0]?.user : undefined;
}

export function useMembers(room: RoomHandle): readonly Member[] {
  return usePart(room, (snapshot) => snapshot.members);
}
