// Bringing people and agents into the room: by name, or by a link.
import { Button, Loader, Modal, Tabs, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import type { User } from '@parley/client';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import tabs from '../agents/agent-page.module.css';
import { useAnnounce } from '../parts/announcer.tsx';
import { Avatar } from '../parts/avatar.tsx';
import { AgentBadge } from '../parts/badge.tsx';
import { messageOf } from '../parts/errors.ts';
import styles from '../rooms/dialog-list.module.css';
import { useMembers } from '../rooms/room-name.ts';
import { useClient } from '../session/use-client.ts';
import { InviteLinks } from './invite-links.tsx';
import type { RoomDialogProps } from './room-menu.tsx';

export function AddPeopleDialog(props: RoomDialogProps) {
  return (
    <Modal opened={props.opened} onClose={props.onClose} title={`Add to ${props.roomName}`}>
      {props.opened && (
        <Tabs defaultValue="people" keepMounted={false}>
          <Tabs.List className={tabs.tabs ?? ''}>
            <Tabs.Tab value="people">By name</Tabs.Tab>
            <Tabs.Tab value="links">By link</Tabs.Tab>
          </Tabs.List>
          <Tabs.Panel value="people">
            <People {...props} />
          </Tabs.Panel>
          <Tabs.Panel value="links">
            <InviteLinks room={props.room} roomName={props.roomName} />
          </Tabs.Panel>
        </Tabs>
      )}
    </Modal>
  );
}

function People({ room, roomName }: RoomDialogProps) {
  const client = useClient();
  const announce = useAnnounce();
  const members = useMembers(room);
  const [text, setText] = useState('');
  const [wanted] = useDebouncedValue(text.trim(), 200);
  const [adding, setAdding] = useState<string>();
  const [failed, setFailed] = useState<unknown>();
  const query = useQuery({
    queryKey: ['users', wanted],
    queryFn: ({ signal }) =>
      client.call('list_users', { limit: 50, ...(wanted === '' ? {} : { query: wanted }) }, { signal }),
    placeholderData: keepPreviousData,
  });
  const there = new Set(members.map(({ user }) => user.id));
  const users = (query.data?.data ?? []).filter(({ id }) => !there.has(id));

  async function add(user: User) {
    setAdding(user.id);
    setFailed(undefined);
    try {
      await client.call('add_member', { roomId: room.key, userId: user.id });
      announce(`${user.name} is in ${roomName} now`);
    } catch (error) {
      setFailed(error);
    } finally {
      setAdding(undefined);
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
        <p className={styles.waiting}>
          {wanted === '' ? 'Everyone of this server is here.' : 'Nobody else fits that.'}
        </p>
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
              loading={adding === user.id}
              aria-label={`Add ${user.name}`}
              onClick={() => add(user)}
            >
              Add
            </Button>
          </li>
        ))}
      </ul>
    </>
  );
}
