// One of my rooms in the list: what it is, what it is called, what is unread.
import type { RoomSummary } from '@parley/client';
import { IconHash, IconLock, IconUsersGroup } from '@tabler/icons-react';
import { Avatar } from '../parts/avatar.tsx';
import { CountBadge } from '../parts/badge.tsx';
import { hrefOf } from '../parts/route.ts';
import { useMe, usePart, useRoom } from '../session/use-client.ts';
import styles from './room-link.module.css';
import { partner, roomName, useMembers } from './room-name.ts';

interface RoomLinkProps {
  summary: RoomSummary;
  open: boolean;
  tabStop: boolean;
  onOpen(): void;
}

export function RoomLink({ summary, open, tabStop, onOpen }: RoomLinkProps) {
  const room = useRoom(summary.id);
  const members = useMembers(room);
  const me = useMe();
  const presence = usePart(room, (snapshot) => snapshot.presence);
  const other = partner(summary, members, me.id);
  const Sign =
    summary.kind === 'direct' ? IconUsersGroup : summary.visibility === 'private' ? IconLock : IconHash;
  return (
    <li>
      <a
        className={styles.link}
        href={hrefOf(summary)}
        data-roving=""
        data-unread={summary.unread > 0 || undefined}
        aria-current={open ? 'page' : undefined}
        tabIndex={tabStop ? 0 : -1}
        onClick={onOpen}
      >
        <span className={styles.sign}>
          {other === undefined ? (
            <Sign size={17} stroke={1.9} aria-hidden="true" />
          ) : (
            <Avatar user={other} size="sm" present={presence[other.id] !== undefined} />
          )}
        </span>
        <span className={styles.name}>{roomName(summary, members, me.id)}</span>
        <Unread summary={summary} />
      </a>
    </li>
  );
}

function Unread({ summary }: { summary: RoomSummary }) {
  const { unread, mentions } = summary;
  if (unread === 0) return null;
  const words = `, ${unread} unread${mentions > 0 ? `, ${mentions} ${mentions === 1 ? 'mentions' : 'mention'} you` : ''}`;
  return mentions > 0 ? (
    <CountBadge count={mentions} strong label={words} />
  ) : (
    <CountBadge count={unread} strong={summary.kind === 'direct'} label={words} />
  );
}
