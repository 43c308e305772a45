// The head of a room: its name and topic, who is in it, how the connection stands.

import { ActionIcon, Tooltip } from '@mantine/core';
import type { ConnectionSnapshot, RoomHandle } from '@parley/client';
import {
  IconHash,
  IconLock,
  IconMenu2,
  IconMessages,
  IconPin,
  IconSearch,
  IconUsers,
} from '@tabler/icons-react';
import type { Jump } from '../messages/use-jump.ts';
import { Avatar } from '../parts/avatar.tsx';
import { hrefOf, type RoomSide, sideHref } from '../parts/route.ts';
import { partner, roomName, useMembers } from '../rooms/room-name.ts';
import { useClient, useMe, usePart, useStore } from '../session/use-client.ts';
import styles from './room-header.module.css';
import { RoomMenu } from './room-menu.tsx';

interface RoomHeaderProps {
  room: RoomHandle;
  membersOpen: boolean;
  /** What stands beside the room now. */
  side: RoomSide | undefined;
  jump: Jump;
  onMembers(): void;
  onRooms(): void;
}

const SIDES = [
  { side: 'search', label: 'Search in this room', Icon: IconSearch },
  { side: 'threads', label: 'Threads', Icon: IconMessages },
  { side: 'pins', label: 'Pinned messages', Icon: IconPin },
] as const;

const FACES = 3;

export function RoomHeader({ room, membersOpen, side, jump, onMembers, onRooms }: RoomHeaderProps) {
  const info = usePart(room, (snapshot) => snapshot.room);
  const members = useMembers(room);
  const me = useMe();
  const connection = useStore(useClient().state);
  const other = partner(info, members, me.id);
  const Sign = info?.visibility === 'private' ? IconLock : IconHash;
  const label = `${membersOpen ? 'Hide' : 'Show'} members`;

  return (
    <header className={styles.header}>
      <ActionIcon className={styles.rooms ?? ''} size={40} aria-label="Show rooms" onClick={onRooms}>
        <IconMenu2 size={20} aria-hidden="true" />
      </ActionIcon>
      <div className={styles.words}>
        <h1 className={styles.name}>
          {other !== undefined ? (
            <Avatar user={other} size="sm" />
          ) : (
            info?.kind !== 'direct' && <Sign size={18} stroke={2} aria-hidden="true" />
          )}
          <span className={styles.title}>{roomName(info, members, me.id)}</span>
        </h1>
        {info?.topic !== undefined && info.topic !== '' && (
          <p className={styles.topic} title={info.topic}>
            {info.topic}
          </p>
        )}
      </div>
      <ConnectionLight status={connection.status} />
      <nav className={styles.sides} aria-label="Beside the room">
        {SIDES.map(({ side: name, label: words, Icon }) => {
          const address = info ?? { id: room.key };
          const isOpen = side === name;
          return (
            <Tooltip key={name} label={isOpen ? `Close: ${words}` : words}>
              <a
                className={styles.side}
                href={isOpen ? hrefOf(address) : sideHref(address, name)}
                aria-label={words}
                aria-current={isOpen ? 'true' : undefined}
              >
                <Icon size={18} stroke={1.7} aria-hidden="true" />
              </a>
            </Tooltip>
          );
        })}
      </nav>
      <Tooltip label={label}>
        <button type="button" className={styles.members} aria-expanded={membersOpen} onClick={onMembers}>
          <span className={styles.faces}>
            {members.slice(0, FACES).map(({ user }) => (
              <Avatar key={user.id} user={user} size="sm" />
            ))}
          </span>
          <IconUsers size={18} stroke={1.7} aria-hidden="true" />
          <span className="reader-only">{label},</span>
          <span className={styles.count}>{members.length}</span>
        </button>
      </Tooltip>
      <RoomMenu room={room} roomName={roomName(info, members, me.id)} jump={jump} />
    </header>
  );
}

const WORDS: Record<ConnectionSnapshot['status'], string> = {
  idle: 'Not connected',
  connecting: 'Connecting…',
  'catching-up': 'Catching up…',
  online: 'Online',
  offline: 'Offline',
  unauthorized: 'Signed out',
  closed: 'Closed',
};

function ConnectionLight({ status }: { status: ConnectionSnapshot['status'] }) {
  return (
    <span className={styles.connection} data-status={status} data-testid="connection">
      <span>{WORDS[status]}</span>
    </span>
  );
}
