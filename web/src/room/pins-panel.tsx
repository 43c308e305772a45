// What the room keeps at hand.
import { Button, Loader } from '@mantine/core';
import type { RoomHandle } from '@parley/client';
import { useEffect } from 'react';
import { EmptyState } from '../parts/empty-state.tsx';
import { messageOf } from '../parts/errors.ts';
import { useTell } from '../parts/notices.tsx';
import { useStore } from '../session/use-client.ts';
import { MessageCard } from './message-card.tsx';
import styles from './side-list.module.css';
import { SidePanel } from './side-panel.tsx';

interface PinsPanelProps {
  room: RoomHandle;
  roomName: string;
  mayUnpin: boolean;
  onClose(): void;
}

export function PinsPanel({ room, roomName, mayUnpin, onClose }: PinsPanelProps) {
  const { status, messages, error } = useStore(room.pins);
  const tell = useTell();
  useEffect(() => room.pins.follow(), [room]);
  return (
    <SidePanel title="Pinned" about={roomName} onClose={onClose}>
      <div className={styles.scroll}>
        {status === 'error' && messages.length === 0 && (
          <EmptyState
            tone="problem"
            title="The pins could not be loaded"
            actions={
              <Button variant="default" onClick={() => void room.pins.refresh().catch(() => {})}>
                Try again
              </Button>
            }
          >
            {messageOf(error)}
          </EmptyState>
        )}
        {(status === 'loading' || status === 'idle') && messages.length === 0 && (
          <p className={styles.waiting}>
            <Loader size="xs" aria-hidden="true" /> Loading pins…
          </p>
        )}
        {status === 'ready' && messages.length === 0 && (
          <EmptyState title="Nothing is pinned">
            Pin what people come back for: it stays here for everyone in the room.
          </EmptyState>
        )}
        <ul className={styles.list}>
          {messages.map((message) => (
            <li key={message.id}>
              <MessageCard room={room} message={message} side="pins">
                {mayUnpin && (
                  <Button
                    size="compact-xs"
                    variant="subtle"
                    color="gray"
                    onClick={() =>
                      room.messages.unpin(message.id).catch((cause) => tell('It is still pinned', cause))
                    }
                  >
                    Unpin
                  </Button>
                )}
              </MessageCard>
            </li>
          ))}
        </ul>
      </div>
    </SidePanel>
  );
}
