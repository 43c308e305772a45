// Everyone on this server, to talk to one of them alone.

import { Button, Loader, Modal, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import type { User } from '@parley/client';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Avatar } from '../parts/avatar.tsx';
import { AgentBadge } from '../parts/badge.tsx';
import { messageOf } from '../parts/errors.ts';
import { goTo } from '../parts/route.ts';
import { useClient, useMe } from '../session/use-client.ts';
import styles from './dialog-list.module.css';

export function DirectDialog({ opened, onClose }: { opened: boolean; onClose(): void }) {
  return (
    <Modal opened={opened} onClose={onClose} title="Message a person or agent">
      <People onClose={onClose} />
    </Modal>
  );
}

function People({ onClose }: { onClose(): void }) {
  const client = useClient();
  const me = useMe();
  const [text, setText] = useState('');
  const [wanted] = useDebouncedValue(text.trim(), 200);
  const [opening, setOpening] = useState<string>();
  const [failed, setFailed] = useState<unknown>();
  const query = useQuery({
    queryKey: ['users', wanted],
    queryFn: ({ signal }) =>
      client.call('list_users', { limit: 50, ...(wanted === '' ? {} : { query: wanted }) }, { signal }),
    placeholderData: keepPreviousData,
  });
  const users = (query.data?.data ?? [])
    .filter(({ id }) => id !== me.id)
    .sort((a, b) => (a.kind === b.kind ? a.name.localeCompare(b.name) : a.kind === 'agent' ? -1 : 1));

  async function open(user: User) {
    setOpening(user.id);
    setFailed(undefined);
    try {
      goTo(await client.rooms.openDirect([user.id]));
      onClose();
    } catch (error) {
      setFailed(error);
      setOpening(undefined);
    }
  }

  return (
    <>
      <TextInput
        label="Find someone"
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
        data-autofocus
      />
      {query.isPending && (
        <p className={styles.waiting}>
          <Loader size="xs" aria-hidden="true" /> Loading people…
        </p>
      )}
      {(query.isError || failed !== undefined) && (
        <div className={styles.problem} role="alert">
          {messageOf(failed ?? query.error)}
        </div>
      )}
      {query.isSuccess && users.length === 0 && (
        <p className={styles.waiting}>{wanted === '' ? 'Nobody else is here yet.' : 'Nobody fits that.'}</p>
      )}
      <ul className={styles.list}>
        {users.map((user) => (
          <li key={user.id} className={styles.item}>
            <Avatar user={user} />
            <span className={styles.words}>
              <span className={styles.name}>
                {user.name} {user.kind === 'agent' && <AgentBadge />}
              </span>
              <span className={styles.about}>@{user.handle}</span>
            </span>
            <Button
              size="xs"
              variant="default"
              loading={opening === user.id}
              aria-label={`Message ${user.name}`}
              onClick={() => open(user)}
            >
              Message
            </Button>
          </li>
        ))}
      </ul>
    </>
  );
}
