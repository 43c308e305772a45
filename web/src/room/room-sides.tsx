// What the address puts beside the room: a thread, or one of its lists.
import type { ChatMessage, RoomHandle, User } from '@parley/client';
import type { Rights } from '../messages/message-commands.tsx';
import type { MessageDialog } from '../messages/message-dialogs.tsx';
import type { Saved } from '../messages/use-saved.ts';
import { goToHref, hrefOf, type RoomRoute } from '../parts/route.ts';
import { PinsPanel } from './pins-panel.tsx';
import { SearchPanel } from './search-panel.tsx';
import { ThreadPanel } from './thread-panel.tsx';
import { ThreadsPanel } from './threads-panel.tsx';

interface RoomSidesProps {
  route: RoomRoute;
  room: RoomHandle;
  roomName: string;
  people: readonly User[];
  rights: Rights;
  saved: Saved;
  /** A reply that one came for. */
  marked: string | undefined;
  disabledReason?: string;
  onDialog(dialog: MessageDialog): void;
  onMarkedUnread(message: ChatMessage): void;
}

export function RoomSides({ route, marked, ...props }: RoomSidesProps) {
  const { room, roomName, rights } = props;
  const onClose = () => goToHref(hrefOf({ id: route.key }));
  if (route.threadId !== undefined)
    return (
      <ThreadPanel
        key={route.threadId}
        {...props}
        rootId={route.threadId}
        marked={marked}
        onClose={onClose}
      />
    );
  const common = { room, roomName, onClose };
  switch (route.side) {
    case 'pins':
      return <PinsPanel {...common} mayUnpin={rights.pins} />;
    case 'search':
      return <SearchPanel {...common} />;
    case 'threads':
      return <ThreadsPanel {...common} />;
    default:
      return null;
  }
}
