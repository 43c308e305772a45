// Public rooms: those I am in, and those I may join.
import { Button, Loader, Modal, TextInput } from '@mantine/core';
import { IconHash } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { messageOf } from '../parts/errors.ts';
import { goTo } from '../parts/route.ts';
import { useClient } from '../session/use-client.ts';
import styles from './dialog-list.module.css';

export function BrowseDialog({ opened, onClose }: { opened: boolean; onClose(): void }) {
  return (
    <Modal opened={opened} onClose={onClose} title="Public rooms">
      <PublicRooms onClose={onClose} />
    </Modal>
  );
}

function PublicRooms({ onClose }: { onClose(): void }) {
  const client = useClient();
  const [filter, setFilter] = useState('');
  const query = useQuery({
    queryKey: ['rooms', 'public'],
    queryFn: ({ signal }) => client.rooms.listPublic({ signal }),
  });
  const wanted = filter.trim().toLocaleLowerCase();
  const rooms = (query.data ?? [])
    .filter((room) => room.visibility === 'public' && room.kind !== 'direct')
    .filter((room) => `${room.name} ${room.topic ?? ''}`.toLocaleLowerCase().includes(wanted));

  return (
    <>
      <TextInput
        label="Find a room"
        value={filter}
        onChange={(event) => setFilter(event.currentTarget.value)}
        data-autofocus
      />
      {query.isPending && (
        <p className={styles.waiting}>
          <Loader size="xs" aria-hidden="true" /> Loading rooms…
        </p>
      )}
      {query.isError && (
        <div className={styles.problem} role="alert">
          {messageOf(query.error)}{' '}
          <Button size="compact-sm" variant="default" onClick={() => query.refetch()}>
            Try again
          </Button>
        </div>
      )}
      {query.isSuccess && rooms.length === 0 && (
        <p className={styles.waiting}>
          {wanted === '' ? 'There are no public rooms yet.' : 'No public room fits that.'}
        </p>
      )}
      <ul className={styles.list}>
        {rooms.map((room) => (
          <li key={room.id} className={styles.item}>
            <IconHash size={18} stroke={1.9} aria-hidden="true" />
            <span className={styles.words}>
              <span className={styles.name}>{room.name}</span>
              {room.topic !== undefined && <span className={styles.about}>{room.topic}</span>}
            </span>
            <Button
              size="xs"
              variant={room.me === undefined ? 'filled' : 'default'}
              aria-label={`${room.me === undefined ? 'Join' : 'Open'} ${room.name}`}
              onClick={() => {
                goTo(room);
                onClose();
              }}
            >
              {room.me === undefined ? 'Join' : 'Open'}
            </Button>
          </li>
        ))}
      </ul>
    </>
  );
}
