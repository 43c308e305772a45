// What rooms of mine are called here, and where they are; direct rooms by the others in them.
import { roomName } from '../rooms/room-name.ts';
import { useClient, useMe, useStore } from '../session/use-client.ts';

export interface KnownRoom {
  id: string;
  slug?: string | undefined;
  name: string;
  isDirect: boolean;
}

export function useRoomNames(): { all: KnownRoom[]; of(roomId: string): KnownRoom } {
  const client = useClient();
  const me = useMe();
  const { list } = useStore(client.rooms);
  const all = list.map((room) => ({
    id: room.id,
    slug: room.slug,
    name: roomName(room, client.room(room.id).getSnapshot().members, me.id),
    isDirect: room.kind === 'direct',
  }));
  return {
    all,
    of: (roomId) =>
      all.find(({ id }) => id === roomId) ?? { id: roomId, name: 'a room you have left', isDirect: false },
  };
}
