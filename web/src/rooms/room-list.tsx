// My rooms by kind, with ways to create one, to find one, and to talk to someone directly.

import { ActionIcon, Button, Loader, Tooltip } from '@mantine/core';
import type { RoomSummary } from '@parley/client';
import { IconCompass, IconMessageCirclePlus, IconPlus } from '@tabler/icons-react';
import { type ReactNode, useRef } from 'react';
import { messageOf } from '../parts/errors.ts';
import { useRovingFocus } from '../parts/use-roving-focus.ts';
import { useClient, useStore } from '../session/use-client.ts';
import { RoomLink } from './room-link.tsx';
import styles from './room-list.module.css';

export type RoomDialog = 'create' | 'browse' | 'direct';

interface RoomListProps {
  openRoom: string | undefined;
  onDialog(dialog: RoomDialog): void;
  onOpen(): void;
}

export function RoomList({ openRoom, onDialog, onOpen }: RoomListProps) {
  const client = useClient();
  const { status, list, error } = useStore(client.rooms);
  const channels = list.filter(({ kind }) => kind !== 'direct');
  const directs = list.filter(({ kind }) => kind === 'direct');
  const common = { openRoom, onOpen };

  return (
    <nav className={styles.nav} aria-label="Rooms">
      {status === 'error' && (
        <div className={styles.problem} role="alert">
          <p>The rooms could not be loaded. {messageOf(error)}</p>
          <Button
            size="compact-sm"
            variant="default"
            onClick={() => void client.rooms.refresh().catch(() => {})}
          >
            Try again
          </Button>
        </div>
      )}
      {list.length === 0 && (status === 'loading' || status === 'idle') && (
        <p className={styles.waiting}>
          <Loader size="xs" aria-hidden="true" /> Loading rooms…
        </p>
      )}
      <Section
        title="Rooms"
        rooms={channels}
        {...common}
        actions={
          <>
            <Action label="Browse public rooms" onClick={() => onDialog('browse')}>
              <IconCompass size={17} stroke={1.8} />
            </Action>
            <Action label="Create a room" onClick={() => onDialog('create')}>
              <IconPlus size={17} stroke={1.8} />
            </Action>
          </>
        }
      />
      <Section
        title="Direct"
        rooms={directs}
        {...common}
        actions={
          <Action label="Message a person or agent" onClick={() => onDialog('direct')}>
            <IconMessageCirclePlus size={17} stroke={1.8} />
          </Action>
        }
      />
    </nav>
  );
}

interface SectionProps {
  title: string;
  rooms: readonly RoomSummary[];
  openRoom: string | undefined;
  actions: ReactNode;
  onOpen(): void;
}

function Section({ title, rooms, openRoom, actions, onOpen }: SectionProps) {
  const list = useRef<HTMLUListElement>(null);
  const onKeyDown = useRovingFocus(list);
  const isOpen = (room: RoomSummary) => room.id === openRoom || room.slug === openRoom;
  const stop = Math.max(0, rooms.findIndex(isOpen));
  return (
    <section className={styles.section}>
      <div className={styles.head}>
        <h2 className={styles.title}>{title}</h2>
        {actions}
      </div>
      {rooms.length > 0 && (
        <ul ref={list} onKeyDown={onKeyDown}>
          {rooms.map((room, index) => (
            <RoomLink
              key={room.id}
              summary={room}
              open={isOpen(room)}
              tabStop={index === stop}
              onOpen={onOpen}
            />
          ))}
        </ul>
      )}
    </section>
  );
}

function Action({ label, onClick, children }: { label: string; onClick(): void; children: ReactNode }) {
  return (
    <Tooltip label={label}>
      <ActionIcon size={28} aria-label={label} onClick={onClick}>
        {children}
      </ActionIcon>
    </Tooltip>
  );
}
